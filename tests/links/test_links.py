"""Making links as a set, and what happens to them afterwards."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from portal import changes, db, redis
from portal.accounts.access import SignedIn
from portal.links import channels, history, links, listing, making
from portal.links.links import LinkState
from portal.links.making import PlannedLink, WantedLink
from portal.links.slugs import SlugFault
from portal.web.forms import Invalid
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_job


class Want(msgspec.Struct, frozen=True):
    """A wanted link of whatever job."""

    channel: str
    slug: str = ""
    label: str = ""

    def of(self, job_id: UUID) -> WantedLink:
        return WantedLink(job_id=job_id, channel=self.channel, slug=self.slug, label=self.label)


SET = [Want(key) for key in ("instagram/bio", "instagram/story", "facebook/ad", "qr/poster")]


async def make(northgate: Northgate, *wanted: Want, job_id: UUID | None = None) -> list[PlannedLink]:
    asked = [want.of(job_id or northgate.job_id) for want in wanted]
    return await making.make_links(northgate.id, asked, member_id=northgate.marketer.id, now=NOW)


async def listed(workspace_id: UUID, **asked: str) -> list[UUID]:
    return await listing.find(workspace_id, listing.read_view(asked), now=NOW, clicks=nobody_tapped)


async def nobody_tapped(workspace_id: UUID, link_ids: Sequence[UUID]) -> dict[UUID, int]:
    return {}


async def test_a_set_of_links_is_made_with_readable_slugs(northgate: Northgate) -> None:
    made = await make(northgate, *SET)
    assert [link.slug for link in made] == [
        "night-nurse-ig-bio",
        "night-nurse-ig-story",
        "night-nurse-fb-ad",
        "night-nurse-qr-poster",
    ]
    shown = await links.links_of_job(northgate.id, northgate.job_id)
    assert [link.name for link in shown] == ["Instagram · Bio", "Instagram · Story", "Facebook · Ad", "Print · Poster"]
    assert {link.state(NOW) for link in shown} == {LinkState.ACTIVE}


async def test_the_same_form_sent_twice_makes_nothing_twice(northgate: Northgate) -> None:
    first = await make(northgate, *SET)
    again = await make(northgate, *SET)
    assert [link.link_id for link in again] == [link.link_id for link in first]
    assert not any(link.fresh for link in again)


async def test_a_double_click_makes_no_doubles(northgate: Northgate) -> None:
    both = await asyncio.gather(*(make(northgate, *SET) for _ in range(4)))
    assert len({link.link_id for made in both for link in made}) == len(SET)
    assert await db.value("SELECT count(*) FROM link") == len(SET)


async def test_two_jobs_of_one_title_get_slugs_of_their_own_at_the_same_moment(northgate: Northgate) -> None:
    other = await add_job(northgate.id)
    made = await asyncio.gather(make(northgate, *SET), make(northgate, *SET, job_id=other))
    assert sorted(link.slug for part in made for link in part if link.channel.key == "qr/poster") == [
        "night-nurse-qr-poster",
        "night-nurse-qr-poster-2",
    ]


async def test_a_label_tells_several_links_of_a_channel_apart(northgate: Northgate) -> None:
    made = await make(northgate, *(Want("facebook/ad", label=label) for label in ("", "Nights", "Weekends")))
    assert [link.slug for link in made] == ["night-nurse-fb-ad", "night-nurse-fb-ad-nights", "night-nurse-fb-ad-weekends"]


async def test_an_own_slug_is_used(northgate: Northgate) -> None:
    made = await make(northgate, Want("instagram/bio", slug="Spring-Nurses"))
    assert made[0].slug == "spring-nurses"


async def test_one_bad_slug_makes_nothing_and_each_says_why(northgate: Northgate) -> None:
    await make(northgate, Want("x/bio", slug="taken"))
    old = await make(northgate, Want("x/post", slug="old"))
    await history.archive(northgate.id, old[0].link_id, by=None, now=NOW)
    with pytest.raises(Invalid) as refused:
        await make(
            northgate,
            Want("instagram/bio", slug="fine"),
            Want("instagram/story", slug="app"),
            Want("instagram/post", slug="taken"),
            Want("instagram/ad", slug="old"),
            Want("instagram/dm", slug="fine"),
        )
    assert refused.value.errors == {
        "slug:instagram/story": SlugFault.RESERVED,
        "slug:instagram/post": SlugFault.TAKEN,
        "slug:instagram/ad": SlugFault.ARCHIVED,
        "slug:instagram/dm": SlugFault.TAKEN,
    }
    assert await db.value("SELECT count(*) FROM link WHERE slug = 'fine'") == 0


async def test_an_archived_link_of_another_workspace_is_just_taken(northgate: Northgate, outsider: SignedIn) -> None:
    job_id = await add_job(outsider.workspace_id)
    wanted = Want("x/bio", slug="theirs")
    made = await making.make_links(outsider.workspace_id, [wanted.of(job_id)], member_id=outsider.id, now=NOW)
    await history.archive(outsider.workspace_id, made[0].link_id, by=None, now=NOW)
    with pytest.raises(Invalid) as refused:
        await make(northgate, wanted)
    assert refused.value.errors == {"slug:x/bio": SlugFault.TAKEN}


async def test_an_unknown_channel_is_refused(northgate: Northgate) -> None:
    with pytest.raises(Invalid):
        await make(northgate, Want("myspace/bio"))


async def test_after_archiving_a_channel_gets_a_new_link_with_a_new_slug(northgate: Northgate) -> None:
    first = await make(northgate, SET[0])
    await history.archive(northgate.id, first[0].link_id, by=None, now=NOW)
    second = await make(northgate, SET[0])
    assert second[0].slug == "night-nurse-ig-bio-2"
    await history.restore(northgate.id, first[0].link_id, by=None, now=NOW)
    assert len(await links.links_of_job(northgate.id, northgate.job_id)) == 2


async def test_nobody_reaches_links_of_another_workspace(northgate: Northgate, outsider: SignedIn) -> None:
    link_id = (await make(northgate, SET[0]))[0].link_id
    theirs = outsider.workspace_id
    with pytest.raises(Missing):
        await links.get_link(theirs, link_id)
    with pytest.raises(Missing):
        await history.change(theirs, link_id, {"label": "Mine now"}, by=outsider.id, now=NOW)
    with pytest.raises(Missing):
        await history.pause(theirs, link_id, by=None, now=NOW)
    with pytest.raises(Missing):
        await history.archive(theirs, link_id, by=None, now=NOW)
    with pytest.raises(Missing):
        await making.make_links(theirs, [want.of(northgate.job_id) for want in SET], member_id=outsider.id, now=NOW)
    assert await links.links_of_job(theirs, northgate.job_id) == []
    assert await listed(theirs) == []
    assert await listing.fetch(theirs, [link_id]) == []
    assert (await links.get_link(northgate.id, link_id)).label == ""


async def test_editing_changes_what_can_be_changed(northgate: Northgate) -> None:
    link_id = (await make(northgate, SET[0]))[0].link_id
    values = {"label": "Spring", "note": "Until May", "card_title": "Nurses", "card_text": "Tonight"}
    await history.change(northgate.id, link_id, values | {"expires_at": NOW + timedelta(days=1)}, by=None, now=NOW)
    link = await links.get_link(northgate.id, link_id)
    assert (link.label, link.note, link.card_title, link.card_text) == ("Spring", "Until May", "Nurses", "Tonight")
    assert link.state(NOW) == LinkState.ACTIVE
    assert link.state(NOW + timedelta(days=1)) == LinkState.EXPIRED


@dataclass
class Changed:
    starts_at: timedelta | None = None
    expires_at: timedelta | None = None
    paused: bool = False
    archived: bool = False


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (Changed(), LinkState.ACTIVE),
        (Changed(expires_at=timedelta(0)), LinkState.EXPIRED),
        (Changed(expires_at=timedelta(seconds=1)), LinkState.ACTIVE),
        (Changed(starts_at=timedelta(seconds=1)), LinkState.NOT_STARTED),
        (Changed(starts_at=timedelta(0), expires_at=timedelta(days=1)), LinkState.ACTIVE),
        (Changed(starts_at=timedelta(days=2), expires_at=timedelta(days=-1)), LinkState.EXPIRED),
        (Changed(paused=True, expires_at=timedelta(days=-1)), LinkState.PAUSED),
        (Changed(paused=True, archived=True), LinkState.ARCHIVED),
    ],
)
async def test_pages_and_lists_agree_on_a_links_state(northgate: Northgate, change: Changed, state: LinkState) -> None:
    link_id = (await make(northgate, SET[0]))[0].link_id
    await db.run(
        "UPDATE link SET starts_at = $2, expires_at = $3, paused_at = $4, archived_at = $5 WHERE id = $1",
        link_id,
        NOW + change.starts_at if change.starts_at is not None else None,
        NOW + change.expires_at if change.expires_at is not None else None,
        NOW if change.paused else None,
        NOW if change.archived else None,
    )
    assert (await links.get_link(northgate.id, link_id)).state(NOW) == state
    assert {s for s in LinkState if await listed(northgate.id, state=s.value)} == {state}


async def test_own_channels_can_be_added_used_and_archived(northgate: Northgate, outsider: SignedIn) -> None:
    names = {"network_name": "Leeds Nurses forum", "placement_name": "Jobs board", "hint": "Pin the post"}
    channel_id = await channels.add_channel(northgate.id, **names, now=NOW)
    made = await make(northgate, Want("leeds-nurses-forum/jobs-board"))
    assert made[0].slug == "night-nurse-leeds-nurses-forum"
    assert "leeds-nurses-forum/jobs-board" not in {c.key for c in await channels.channels_of(outsider.workspace_id)}
    with pytest.raises(Invalid):
        await channels.add_channel(northgate.id, **names, now=NOW)
    with pytest.raises(Missing):
        await channels.set_archived(outsider.workspace_id, channel_id, at=NOW)
    await channels.set_archived(northgate.id, channel_id, at=NOW)
    assert "leeds-nurses-forum/jobs-board" not in {c.key for c in await channels.channels_of(northgate.id)}
    assert len(await links.links_of_job(northgate.id, northgate.job_id)) == 1


async def test_a_channel_of_the_catalogue_cannot_be_added_again(northgate: Northgate) -> None:
    with pytest.raises(Invalid):
        await channels.add_channel(northgate.id, network_name="Instagram", placement_name="Bio", hint="", now=NOW)


async def test_every_change_is_announced(northgate: Northgate) -> None:
    async with redis.client().pubsub() as heard:
        await heard.subscribe(changes.CHANNEL)
        await heard.get_message(timeout=1)
        link_id = (await make(northgate, SET[0]))[0].link_id
        await history.pause(northgate.id, link_id, by=None, now=NOW)
        said = [(await heard.get_message(timeout=1) or {}).get("data") for _ in range(2)]
    assert said == [b"slug:night-nurse-ig-bio", f"link:{link_id}".encode()]
