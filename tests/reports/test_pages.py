import html
import re
from datetime import timedelta
from itertools import cycle, pairwise
from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp

from portal import clock, db
from portal.accounts.access import SignedIn
from portal.reports import numbers
from portal.reports.board import FIRST_LINKS
from tests.cast import Northgate, add_application, add_candidate, add_channel, add_link, sign_in
from tests.conftest import browser
from tests.reports.conftest import World, hit, landing, record


async def some_figures(northgate: Northgate) -> str:
    """Three taps yesterday through two links of one channel, one of them by a preview; one person. The channel's id."""
    yesterday = clock.now() - timedelta(days=1)
    channel_id = await add_channel(northgate.id)
    links = [await add_link(northgate.id, northgate.job_id, channel_id, f"nurse-{name}", label=name) for name in ("a", "b")]
    taps = [hit(links[0], yesterday), hit(links[1], yesterday), hit(links[0], yesterday, user_agent="facebookexternalhit/1.1")]
    await record([*taps, landing(taps[0])])
    person = await add_candidate(northgate.id, "Ana Duarte", "ana@example.com")
    await add_application(northgate.id, northgate.job_id, person, link_id=links[0], created_at=yesterday)
    return str(channel_id)


async def test_before_the_first_tap_the_page_says_how_to_begin(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    for path in ("/app/figures", f"/app/jobs/{northgate.job_id}/figures"):
        page = await marketer.get(path)
        assert page.status_code == 200
        assert "Nothing to count yet" in page.text
    assert f"/app/jobs/{northgate.job_id}/share" in page.text


async def test_a_marketer_sees_figures_and_no_name(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await some_figures(northgate)
    for path in ("/app/figures", f"/app/jobs/{northgate.job_id}/figures"):
        page = await marketer.get(path)
        assert page.status_code == 200
        assert "Instagram · Story" in page.text
        assert "Not counted: 1 link preview." in page.text
        assert "An app fetched the card" in page.text
        assert "Ana" not in page.text


async def test_the_chart_can_be_read_as_a_table(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await some_figures(northgate)
    page = await marketer.get("/app/figures")
    assert page.text.count("<svg") > 1
    assert "Clicks and completions, as a table" in page.text


async def test_a_channel_opens_to_its_links(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    channel_id = await some_figures(northgate)
    shut, opened = await marketer.get("/app/figures"), await marketer.get("/app/figures", params={"open": channel_id})
    assert "“a”" not in shut.text
    assert "“a” · Night nurse" in opened.text
    assert 'aria-expanded="true"' in opened.text


async def test_a_channel_of_very_many_links_shows_the_most_clicked_first(
    marketer: httpx.AsyncClient, northgate: Northgate
) -> None:
    channel_id = await some_figures(northgate)
    for number in range(FIRST_LINKS + 1):
        await add_link(northgate.id, northgate.job_id, UUID(channel_id), f"nurse-{number:02}")
    opened = await marketer.get("/app/figures", params={"open": channel_id})
    assert opened.text.count("/nurse-") == FIRST_LINKS - 2
    assert "“a”" in opened.text
    assert "Show the other 3 links too" in opened.text
    more = re.search(r'href="([^"]+links=all)"', opened.text)
    assert more
    every = await marketer.get(html.unescape(more[1]))
    assert every.text.count("/nurse-") == FIRST_LINKS + 1
    assert "Show the other" not in every.text
    shut = re.search(f'href="([^"]+)" id="channel-{channel_id}"', every.text)
    assert shut and "links=" not in shut[1]


async def test_an_address_keeps_what_the_page_shows(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await some_figures(northgate)
    query = {"job": str(northgate.job_id), "period": "90", "sort": "completed"}
    page = await marketer.get("/app/figures", params=query)
    assert f'href="/app/figures?job={northgate.job_id}&amp;period=90&amp;sort=completed&amp;up=1"' in page.text
    assert f'href="/app/figures?job={northgate.job_id}&amp;period=7&amp;sort=completed"' in page.text
    assert 'aria-sort="descending"' in page.text


async def test_days_that_cannot_be_used_are_answered_with_a_sentence(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await some_figures(northgate)
    page = await marketer.get("/app/figures", params={"from": "2026-02-31", "to": "2026-01-01"})
    assert page.status_code == 422
    assert "Give the first day" in page.text
    assert 'value="2026-02-31"' in page.text


VIEWS: list[dict[str, str]] = [
    {"period": "all"},
    {"period": "7", "compare": "1"},
    {"period": "today", "compare": "1", "show": "rates"},
    {"sort": "rate", "up": "1"},
    {"sort": "to_started", "show": "times"},
    {"show": "costs", "period": "90", "sort": "cost_captured"},
    {"device": "phone", "compare": "1"},
    {"device": "toaster"},
    {"referrer": "none", "language": "none", "app": "Instagram"},
    {"verdict": "preview", "compare": "1", "show": "times"},
    {"verdict": "staff", "device": "phone"},
    {"zone": "Europe/Warsaw", "sort": "clicks"},
    {"zone": "Europe/Warsaw", "verdict": "bot"},
    *({name: "x"} for name in ("open", "sort", "show", "compare", "verdict", "period", "zone", "page")),
    {"app": "a\x00b'\"<b>%" + "x" * 300, "zone": "\x00", "system": "\ud7ff"},
]


async def test_any_view_is_a_page(marketer: httpx.AsyncClient, world: World) -> None:
    """Whatever stands in the address; each view also together with the one after it."""
    paths = cycle(("/app/figures", f"/app/jobs/{world.jobs[0]}/figures", f"/app/links/{world.links[1]}/figures"))
    for one, other in [*pairwise(VIEWS), *((view, {}) for view in VIEWS)]:
        path = next(paths)
        page = await marketer.get(path, params=one | other)
        assert page.status_code == 200, (path, one, other)
        assert "<b>%" not in page.text


async def test_a_filter_stands_as_a_chip_that_takes_it_away(marketer: httpx.AsyncClient, world: World) -> None:
    query = {"campaign": str(world.campaigns[0]), "device": "phone", "period": "90"}
    page = await marketer.get("/app/figures", params=query)
    assert "<h1>Autumn</h1>" in page.text
    assert "Campaign: Autumn" in page.text
    assert f'href="/app/figures?campaign={world.campaigns[0]}&amp;period=90"' in page.text
    assert 'href="/app/figures?device=phone&amp;period=90"' in page.text


async def test_the_view_that_is_copied_is_the_view_that_is_shown(marketer: httpx.AsyncClient, world: World) -> None:
    query = {
        "channel": str(world.channels[0]),
        "language": "none",
        "period": "7",
        "compare": "1",
        "show": "rates",
        "sort": "rate",
    }
    page = await marketer.get("/app/figures", params=query)
    copied = re.search(r'data-copy="http://portal.test([^"]*)"', page.text)
    assert copied is not None
    again = await marketer.get(html.unescape(copied[1]))
    assert without_token(again.text) == without_token(page.text)


def without_token(page: str) -> str:
    return re.sub(r'name="_csrf_token" value="[^"]*"', "", page)


async def test_what_is_not_known_is_a_dash_and_not_a_nought(marketer: httpx.AsyncClient, world: World) -> None:
    query = {"from": "2026-10-15", "to": "2026-11-20", "zone": "Europe/Warsaw"}
    page = await marketer.get("/app/figures", params=query)
    assert page.text.count("not known here") == 2
    assert "Nobody knows the time zone of a tap" in page.text


async def test_links_with_very_many_taps_say_what_is_not_counted_of_them_under_filters(
    marketer: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = {"from": "2026-01-01", "to": clock.now().date().isoformat(), "open": str(world.channels[0]), "device": "phone"}
    of_few = await marketer.get("/app/figures", params=query | {"app": "Instagram"})
    assert "Visitors by app are not kept." in of_few.text
    assert "link by link here" not in of_few.text
    monkeypatch.setattr(numbers, "FEW_HITS", 0)
    one = await marketer.get("/app/figures", params=query)
    several = await marketer.get("/app/figures", params=query | {"language": "en"})
    assert "Under a filter, so many landings are not counted link by link here" in one.text
    assert "Under several filters, so many taps and landings are not counted link by link here" in several.text


async def test_a_table_that_filters_leave_empty_does_not_ask_for_links(marketer: httpx.AsyncClient, world: World) -> None:
    page = await marketer.get("/app/figures", params={"verdict": "preview", "device": "phone"})
    assert "Nothing here fits the filters." in page.text
    assert "No link was made" not in page.text


async def test_a_view_without_anything_says_so(marketer: httpx.AsyncClient, world: World) -> None:
    page = await marketer.get("/app/figures", params={"app": "Nothing of that name"})
    assert "Nothing in this view" in page.text


async def test_a_period_is_held_against_the_one_before(marketer: httpx.AsyncClient, world: World) -> None:
    query = {"from": "2026-11-03", "to": "2026-11-20"}
    plain = await marketer.get("/app/figures", params=query)
    held = await marketer.get("/app/figures", params=query | {"compare": "1"})
    assert "Clicks in the period before" in held.text
    assert "Clicks in the period before" not in plain.text
    assert held.text.count('class="delta"') > plain.text.count('class="delta"') == 0


async def test_a_link_has_a_page_of_its_own(marketer: httpx.AsyncClient, world: World) -> None:
    other = {"job": str(world.jobs[1]), "campaign": str(world.campaigns[0]), "period": "90"}
    page = await marketer.get(f"/app/links/{world.links[1]}/figures", params=other)
    assert "Instagram · Story · B" in page.text
    assert "porter-ad" not in page.text
    assert "Job:" not in page.text


async def test_each_hit_that_was_not_counted_is_listed_with_its_reason(marketer: httpx.AsyncClient, world: World) -> None:
    query = {"from": "2026-10-01", "to": "2026-11-20"}
    expected = await db.value("SELECT count(*) FROM click WHERE verdict <> 'person' AND at < '2026-11-21'")
    page = await marketer.get("/app/figures/hits", params=query)
    assert f"1–50 of {expected}" in page.text
    assert "An app fetched the card" in page.text
    assert "facebookexternalhit" in page.text
    last = await marketer.get("/app/figures/hits", params=query | {"page": str(-(-expected // 50))})
    assert f"of {expected}" in last.text
    assert last.text.count("<time") == (expected - 1) % 50 + 1


async def test_hits_are_found_by_verdict_reason_place_and_filter(marketer: httpx.AsyncClient, world: World) -> None:
    period = {"from": "2026-10-01", "to": "2026-11-20"}
    where = "at < '2026-11-21' AND verdict"
    for query, condition in (
        ({"verdict": "preview"}, f"{where} = 'preview'"),
        ({"verdict": "bot", "reason": "library"}, f"{where} = 'bot' AND reason = 'library'"),
        ({"verdict": "person", "link": str(world.links[0])}, f"{where} = 'person' AND link_id = '{world.links[0]}'"),
        ({"device": "phone"}, f"{where} <> 'person' AND device = 'phone'"),
        ({"reason": "mail_gateway"}, f"{where} = 'scanner'"),
    ):
        expected = await db.value(f"SELECT count(*) FROM click WHERE {condition}")
        page = await marketer.get("/app/figures/hits", params=period | query)
        assert f" of {expected} hits" in page.text.replace("\n", " "), query


async def test_a_hit_on_a_personal_link_names_nobody(marketer: httpx.AsyncClient, world: World) -> None:
    page = await marketer.get("/app/figures/hits", params={"from": "2026-10-01", "to": "2026-11-20", "verdict": "scanner"})
    assert "A link in a message" in page.text
    assert "Person " not in page.text
    assert "@example.com" not in page.text


@pytest.mark.parametrize("query", [{"verdict": "x", "reason": "x", "page": "x"}, {"page": "99999"}, {"link": "", "job": ""}])
async def test_hits_that_nobody_finds_are_a_page_too(marketer: httpx.AsyncClient, world: World, query: dict[str, str]) -> None:
    assert (await marketer.get("/app/figures/hits", params=query)).status_code == 200


async def test_people_without_a_link_have_rows_of_their_own(marketer: httpx.AsyncClient, world: World) -> None:
    page = await marketer.get("/app/figures", params={"from": "2026-10-01", "to": f"{clock.now():%Y-%m-%d}"})
    assert "Direct, without a link" in page.text
    assert "Invited: " in page.text
    assert "by nudge" in page.text
    assert "after a nudge brought them back" in page.text


async def test_a_job_of_others_is_nobodys(app: ASGIApp, northgate: Northgate, outsider: SignedIn) -> None:
    await some_figures(northgate)
    async with browser(app) as client:
        await sign_in(client, outsider)
        assert (await client.get(f"/app/jobs/{northgate.job_id}/figures")).status_code == 404
        link_id = await db.value("SELECT id FROM link WHERE kind = 'channel' LIMIT 1")
        channel_id = await db.value("SELECT channel_id FROM link WHERE id = $1", link_id)
        assert (await client.get(f"/app/links/{link_id}/figures")).status_code == 404
        for path in ("/app/figures", "/app/figures/hits"):
            for query in ({"job": str(northgate.job_id)}, {"link": str(link_id)}, {"channel": str(channel_id)}):
                assert (await client.get(path, params=query)).status_code == 404
        assert "No such hit" in (await client.get("/app/figures/hits", params={"period": "all"})).text
        assert "Nothing to count yet" in (await client.get("/app/figures")).text


@pytest.mark.parametrize("value", ["x", "0198f3a0-0000-7000-8000-00000000beef"])
async def test_what_is_not_there_is_not_found(marketer: httpx.AsyncClient, value: str) -> None:
    for name in ("job", "campaign", "channel", "link"):
        for path in ("/app/figures", "/app/figures/hits"):
            assert (await marketer.get(path, params={name: value})).status_code == 404


async def test_looking_changes_nothing(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await some_figures(northgate)
    before = await db.rows("SELECT * FROM click_daily ORDER BY 1, 2, 3, 4, 5")
    await marketer.get("/app/figures")
    assert await db.rows("SELECT * FROM click_daily ORDER BY 1, 2, 3, 4, 5") == before
