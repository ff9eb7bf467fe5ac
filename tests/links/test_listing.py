"""All links: searched, filtered, in order; and the address that says so."""

from collections.abc import Sequence
from uuid import UUID

from portal import db
from portal.accounts.access import SignedIn
from portal.links import listing
from portal.links.listing import Sort, View, read_view
from tests.cast import NOW, Northgate, add_channel, add_job, add_link, insert


async def slugs(workspace_id: UUID, clicks: dict[UUID, int] | None = None, **asked: object) -> list[str]:
    async def counted(scope: UUID, link_ids: Sequence[UUID]) -> dict[UUID, int]:
        assert clicks is not None, "clicks are asked for only where the order is theirs"
        return clicks

    view = read_view({name: str(value) for name, value in asked.items()})
    found = await listing.find(workspace_id, view, now=NOW, clicks=counted)
    return [link.slug for link in await listing.fetch(workspace_id, found)]


def test_a_view_stands_in_its_address_and_is_read_back_from_it() -> None:
    view = View(q="night shift", job=db.new_id(), channel="instagram/story", state="paused", sort=Sort.CLICKS)
    assert read_view(view.query) == view
    assert View().href() == "/app/links"
    assert View(q="a b").href("/links.csv", sort="name") == "/app/links/links.csv?q=a+b&sort=name"
    assert View(state="paused", sort=Sort.NAME).href(state="") == "/app/links?sort=name"
    assert not View(sort=Sort.NAME).is_filtered


def test_nonsense_in_an_address_counts_as_not_there() -> None:
    assert read_view({"job": "x", "campaign": "1", "state": "x", "sort": "x", "q": " \0 "}) == View()
    assert len(read_view({"q": "x" * 5000}).q) == listing.LONGEST_SEARCH


async def test_words_filters_and_orders(northgate: Northgate, outsider: SignedIn) -> None:
    other = await add_job(northgate.id, title="Warehouse shift")
    campaign_id = await insert("campaign", workspace_id=northgate.id, name="Spring", code="spring", notes="", created_at=NOW)
    story = await add_channel(northgate.id)
    poster = await add_channel(northgate.id, network="qr", placement="poster", network_name="Print", code="qr-poster")
    first = await add_link(northgate.id, northgate.job_id, story, "first", campaign_id=campaign_id)
    second = await add_link(northgate.id, northgate.job_id, poster, "second", label="A", paused_at=NOW)
    third = await add_link(northgate.id, other, poster, "third", note="By the door", target_url="https://careers.example.com")
    await add_link(northgate.id, other, story, "gone", archived_at=NOW)
    for n, link_id in enumerate((first, second, third)):
        await db.run("UPDATE link SET created_at = created_at + make_interval(mins => $2) WHERE id = $1", link_id, n)

    here = northgate.id
    assert await slugs(here) == ["third", "second", "first"]
    assert await slugs(here, sort="name") == ["first", "third", "second"]
    assert await slugs(here, sort="clicks", clicks={first: 5, third: 7}) == ["third", "first", "second"]
    assert await slugs(here, q="DOOR warehouse") == ["third"]
    assert await slugs(here, q="spring") == ["first"]
    assert await slugs(here, q="careers.example") == ["third"]
    assert await slugs(here, job=other) == ["third"]
    assert await slugs(here, campaign=campaign_id) == ["first"]
    assert await slugs(here, channel="qr/poster", sort="name") == ["third", "second"]
    assert await slugs(here, channel="qr/poster", state="paused") == ["second"]
    assert await slugs(here, state="archived") == ["gone"]
    assert await slugs(here, q="%") == []
    assert [key for key, _ in await listing.used_channels(here)] == ["instagram/story", "qr/poster"]

    theirs = outsider.workspace_id
    assert await slugs(theirs) == await slugs(theirs, job=other) == await slugs(theirs, campaign=campaign_id) == []
    assert await listing.used_channels(theirs) == []
