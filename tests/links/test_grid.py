"""The grid: all links of a campaign in one action."""

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.links import campaigns, channels, grid, making
from portal.links.campaigns import CampaignFields
from portal.links.making import PlannedLink, WantedLink
from portal.links.slugs import SlugFault
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_channel, add_job, add_link, insert

SPRING = CampaignFields(name="Spring nurses", starts_on=date(2027, 3, 1), ends_on=None, notes="")


def form(
    *jobs: UUID, channels: tuple[str, ...] = ("instagram/bio", "facebook/ad", "qr/poster"), slugs: Sequence[str] = (), **sent: str
) -> Form:
    class Sent(dict[str, object]):
        def getall(self, name: str) -> list[str]:
            return {"job": [str(job) for job in jobs], "channel": list(channels)}.get(name) or [str(self[name])]

    return Form(Sent({"job": "", "channel": ""} | sent | {f"slug:{n}": slug for n, slug in enumerate(slugs)}))


def wanted(campaign_id: UUID, sent: Form) -> list[WantedLink]:
    choice = grid.read_choice(sent)
    sent.check()
    return grid.wanted(choice, sent, campaign_id)


async def make(northgate: Northgate, asked: list[WantedLink], new: CampaignFields | None = None) -> list[PlannedLink]:
    return await grid.make(northgate.id, asked, new=new, member_id=northgate.marketer.id, now=NOW)


@pytest.fixture
async def campaign_id(northgate: Northgate) -> UUID:
    return await insert("campaign", workspace_id=northgate.id, name="Spring", code="spring", notes="", created_at=NOW)


def test_ads_multiply_ads_and_print_runs_multiply_print() -> None:
    job = db.new_id()
    asked = wanted(db.new_id(), form(job, ads="Nights\r\n Weekends \n\nNIGHTS", runs="1\n2\n3"))
    assert [(want.channel, want.label) for want in asked] == [
        ("instagram/bio", ""),
        ("facebook/ad", "Nights"),
        ("facebook/ad", "Weekends"),
        ("qr/poster", "1"),
        ("qr/poster", "2"),
        ("qr/poster", "3"),
    ]
    assert [want.slug_field for want in asked] == [f"slug:{n}" for n in range(6)]


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        (form(), ["job"]),
        (form(db.new_id(), channels=()), ["channel"]),
        (form(db.new_id(), ads="x" * 61), ["ads"]),
        (form(db.new_id(), runs="\n".join(str(n) for n in range(501))), ["channel"]),
    ],
    ids=["no job", "no channel", "long name", "too many"],
)
def test_a_choice_that_cannot_be_made_says_where(sent: Form, wrong: list[str]) -> None:
    grid.read_choice(sent)
    assert list(sent.errors) == wrong


def test_an_id_that_is_none_is_said() -> None:
    sent = Form({"job": "nonsense", "channel": "instagram/bio"})
    grid.read_choice(sent)
    assert "no longer" in sent.errors["job"]


async def test_a_campaign_and_all_its_links_are_made_as_they_were_shown(northgate: Northgate) -> None:
    other, new_id = await add_job(northgate.id, title="Porter"), db.new_id()
    asked = wanted(new_id, form(northgate.job_id, other, ads="Nights\nWeekends"))
    shown = await grid.preview(northgate.id, asked, SPRING)
    assert await db.value("SELECT count(*) FROM campaign") == 0
    assert await db.value("SELECT count(*) FROM channel") == 0, "looking makes nothing"
    made = await make(northgate, asked, SPRING)
    assert [link.slug for link in made] == [link.slug for link in shown]
    assert [link.slug for link in made][3:5] == ["night-nurse-qr-poster", "porter-ig-bio"]
    assert len(await campaigns.links_of_campaign(northgate.id, new_id)) == 8
    assert (await campaigns.get_campaign(northgate.id, new_id)).code == "spring-nurses"


async def test_sent_twice_it_makes_nothing_twice(northgate: Northgate) -> None:
    new_id = db.new_id()
    asked = wanted(new_id, form(northgate.job_id, ads="Nights\nWeekends"))
    both = await asyncio.gather(*(make(northgate, asked, SPRING) for _ in range(3)))
    assert sum(link.fresh for made in both for link in made) == 4
    assert await db.value("SELECT count(*) FROM link") == 4
    assert await db.value("SELECT count(*) FROM campaign") == 1


async def test_later_it_adds_only_what_is_missing(northgate: Northgate, campaign_id: UUID) -> None:
    await make(northgate, wanted(campaign_id, form(northgate.job_id, channels=("instagram/bio", "facebook/ad"))))
    more = wanted(campaign_id, form(northgate.job_id, channels=("instagram/bio", "x/bio", "facebook/ad"), ads="Nights"))
    shown = await grid.preview(northgate.id, more, None)
    assert [(link.channel.key, link.fresh) for link in shown] == [
        ("instagram/bio", False),
        ("x/bio", True),
        ("facebook/ad", True),
    ]
    await make(northgate, more)
    assert len(await campaigns.links_of_campaign(northgate.id, campaign_id)) == 4


async def test_a_second_campaign_gets_links_of_its_own_named_after_it(northgate: Northgate, campaign_id: UUID) -> None:
    plain = [WantedLink(job_id=northgate.job_id, channel="instagram/bio")]
    first = await making.make_links(northgate.id, plain, member_id=None, now=NOW)
    spring = await make(northgate, wanted(campaign_id, form(northgate.job_id, channels=("instagram/bio",))))
    again = await make(northgate, wanted(db.new_id(), form(northgate.job_id, channels=("instagram/bio",))), SPRING)
    assert [made[0].slug for made in (first, spring, again)] == [
        "night-nurse-ig-bio",
        "night-nurse-ig-bio-spring",
        "night-nurse-ig-bio-spring-nurses",
    ]


async def test_one_bad_slug_makes_nothing_not_even_the_campaign(northgate: Northgate) -> None:
    await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "taken")
    sent = form(northgate.job_id, slugs=("taken", "fine", "fine"))
    asked = wanted(db.new_id(), sent)
    shown = await grid.preview(northgate.id, asked, SPRING)
    assert [link.fault for link in shown] == [SlugFault.TAKEN, None, SlugFault.TAKEN]
    with pytest.raises(Invalid) as refused:
        await make(northgate, asked, SPRING)
    assert refused.value.errors == {"slug:0": SlugFault.TAKEN, "slug:2": SlugFault.TAKEN}
    assert await db.value("SELECT count(*) FROM campaign") == 0
    assert await db.value("SELECT count(*) FROM link") == 1


async def test_no_proposal_takes_what_was_typed_for_another(northgate: Northgate, campaign_id: UUID) -> None:
    sent = form(northgate.job_id, channels=("instagram/bio", "instagram/story"), slugs=("", "night-nurse-ig-bio"))
    made = await make(northgate, wanted(campaign_id, sent))
    assert [link.slug for link in made] == ["night-nurse-ig-bio-spring", "night-nurse-ig-bio"]


async def test_five_hundred_links_are_made_in_one_go(northgate: Northgate, campaign_id: UUID) -> None:
    jobs = [await add_job(northgate.id, title=f"Ward {n}") for n in range(10)]
    sent = form(*jobs, channels=("facebook/ad", "instagram/ad"), ads="\n".join(f"Ad {n}" for n in range(25)))
    made = await make(northgate, wanted(campaign_id, sent))
    assert len({link.slug for link in made}) == grid.MOST
    assert sum(link.fresh for link in made) == grid.MOST


async def test_nothing_of_another_workspace_can_be_chosen(northgate: Northgate, outsider: SignedIn, campaign_id: UUID) -> None:
    theirs = await add_job(outsider.workspace_id)
    with pytest.raises(Missing):
        await make(northgate, wanted(campaign_id, form(northgate.job_id, theirs)))
    own = await insert("campaign", workspace_id=outsider.workspace_id, name="Theirs", code="theirs", notes="", created_at=NOW)
    with pytest.raises(Missing):
        await make(northgate, wanted(own, form(northgate.job_id)))
    with pytest.raises(Missing):
        await make(northgate, wanted(own, form(northgate.job_id)), SPRING)
    assert await db.value("SELECT count(*) FROM link") == 0


async def test_a_channel_that_was_archived_meanwhile_is_refused(northgate: Northgate, campaign_id: UUID) -> None:
    names = {"network_name": "Forum", "placement_name": "Jobs", "hint": ""}
    channel_id = await channels.add_channel(northgate.id, **names, now=NOW)
    await channels.set_archived(northgate.id, channel_id, at=NOW)
    with pytest.raises(Invalid) as refused:
        await make(northgate, wanted(campaign_id, form(northgate.job_id, channels=("forum/jobs",))))
    assert list(refused.value.errors) == ["channel"]


async def test_two_workspaces_that_want_one_slug_at_the_same_moment_get_two(northgate: Northgate, outsider: SignedIn) -> None:
    theirs = await add_job(outsider.workspace_id)

    async def both(workspace_id: UUID, job_id: UUID) -> list[PlannedLink]:
        asked = [WantedLink(job_id=job_id, channel=key) for key in ("instagram/bio", "instagram/story", "x/bio", "x/post")]
        return await making.make_links(workspace_id, asked, member_id=None, now=NOW)

    made = await asyncio.gather(both(northgate.id, northgate.job_id), both(outsider.workspace_id, theirs))
    assert len({link.slug for part in made for link in part}) == 8
    stored = {r["slug"] for r in await db.rows("SELECT slug FROM link")}
    assert stored == {link.slug for part in made for link in part}
