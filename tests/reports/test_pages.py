from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from litestar.types import ASGIApp

from portal import clock, db
from portal.accounts.access import SignedIn
from tests.cast import Northgate, add_application, add_candidate, add_channel, add_link, sign_in
from tests.conftest import browser
from tests.reports.conftest import World, hit, landing, record


@pytest.fixture
async def marketer(app: ASGIApp, northgate: Northgate) -> AsyncIterator[httpx.AsyncClient]:
    """Everybody in these tests: who may see the least sees all figures."""
    async with browser(app) as client:
        yield await sign_in(client, northgate.marketer)


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


@pytest.mark.parametrize("query", [{"period": "all"}, {"period": "7"}, {"sort": "rate", "up": "1"}, {"open": "x"}, {"sort": "x"}])
async def test_any_view_is_a_page(marketer: httpx.AsyncClient, world: World, query: dict[str, str]) -> None:
    assert (await marketer.get("/app/figures", params=query)).status_code == 200


async def test_people_without_a_link_have_rows_of_their_own(marketer: httpx.AsyncClient, world: World) -> None:
    page = await marketer.get("/app/figures", params={"from": "2026-10-01", "to": f"{clock.now():%Y-%m-%d}"})
    assert "Direct, without a link" in page.text
    assert "Invited: " in page.text
    assert "by nudge" in page.text


async def test_a_job_of_others_is_nobodys(app: ASGIApp, northgate: Northgate, outsider: SignedIn) -> None:
    await some_figures(northgate)
    async with browser(app) as client:
        await sign_in(client, outsider)
        assert (await client.get(f"/app/jobs/{northgate.job_id}/figures")).status_code == 404
        assert (await client.get("/app/figures", params={"job": str(northgate.job_id)})).status_code == 404
        assert "Nothing to count yet" in (await client.get("/app/figures")).text


@pytest.mark.parametrize("job", ["x", str(uuid4())])
async def test_a_job_that_is_not_there_is_not_found(marketer: httpx.AsyncClient, job: str) -> None:
    assert (await marketer.get("/app/figures", params={"job": job})).status_code == 404


async def test_looking_changes_nothing(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await some_figures(northgate)
    before = await db.rows("SELECT * FROM click_daily ORDER BY 1, 2, 3, 4, 5")
    await marketer.get("/app/figures")
    assert await db.rows("SELECT * FROM click_daily ORDER BY 1, 2, 3, 4, 5") == before
