"""An open page of figures moves by itself."""

import html
import re
from datetime import timedelta
from uuid import UUID

import httpx
from litestar.types import ASGIApp

from portal import clock, db, redis
from portal.accounts.access import Role, SignedIn
from portal.reports import live
from portal.reports.asking import ask
from portal.reports.filters import read_filters
from portal.settings import settings
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_link, sign_in
from tests.conftest import browser
from tests.reports.conftest import hit, landing, record


async def add_story(northgate: Northgate) -> tuple[str, str]:
    """Two links of one channel; their ids."""
    channel_id = await add_channel(northgate.id)
    links = [await add_link(northgate.id, northgate.job_id, channel_id, f"nurse-{name}", label=name) for name in ("a", "b")]
    return str(links[0]), str(links[1])


async def tap(link_id: str, **changes: object) -> None:
    await record([hit(UUID(link_id), clock.now(), **changes)])


def poll_of(page: str) -> str:
    """Where the page asks whether it has moved."""
    found = re.search(r'id="live"[^>]* hx-get="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])


async def test_nothing_is_answered_while_nothing_moves(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    first, _ = await add_story(northgate)
    await tap(first)
    poll = poll_of((await marketer.get("/app/figures")).text)
    for _ in range(2):
        answer = await marketer.get(poll)
        assert (answer.status_code, answer.text) == (204, "")


async def test_a_tap_moves_tiles_and_table_in_the_view_that_is_open(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    first, second = await add_story(northgate)
    await tap(first)
    channel_id = str(await db.value("SELECT id FROM channel"))
    view = {"open": channel_id, "sort": "completed", "up": "1", "compare": "1", "period": "7"}
    poll = poll_of((await marketer.get("/app/figures", params=view)).text)
    await tap(second, visitor=b"another")
    moved = await marketer.get(poll)
    assert moved.status_code == 200
    whole = (await marketer.get("/app/figures", params=view)).text
    for part in (r'<table class="table" id="channel-rows".*?</table>', r'<ol class="tiles funnel card">.*?</ol>'):
        mine, theirs = re.search(part, moved.text, re.DOTALL), re.search(part, whole, re.DOTALL)
        assert mine and theirs
        assert mine[0].replace(' hx-swap-oob="true"', "") == theirs[0]
    assert 'aria-expanded="true"' in moved.text and 'aria-sort="ascending"' in moved.text
    assert '<strong class="tile-number">2</strong>' in moved.text
    assert (await marketer.get(poll_of(moved.text))).status_code == 204


async def test_landings_names_and_answers_move_it_too(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    first, _ = await add_story(northgate)
    click = hit(UUID(first), clock.now())
    await record([click])
    poll = poll_of((await marketer.get("/app/figures")).text)
    await record([landing(click)])
    answer = await marketer.get(poll)
    assert answer.status_code == 200
    person = await add_candidate(northgate.id)
    now = clock.now()
    one = await add_application(
        northgate.id, northgate.job_id, person, link_id=click.link_id, click_id=click.id, active_at=now, created_at=now
    )
    answer = await marketer.get(poll_of(answer.text))
    assert answer.status_code == 200
    now = clock.now()
    await db.run(
        "UPDATE application SET stage = 'completed', started_at = $2, completed_at = $2, active_at = $2 WHERE id = $1", one, now
    )
    assert (await marketer.get(poll_of(answer.text))).status_code == 200


async def test_pages_of_a_job_and_a_link_move_as_themselves(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    first, second = await add_story(northgate)
    await tap(first)
    await tap(second)
    for path in (f"/app/jobs/{northgate.job_id}/figures", f"/app/links/{first}/figures"):
        poll = poll_of((await marketer.get(path)).text)
        await tap(first)
        moved = await marketer.get(poll)
        assert moved.status_code == 200
        assert f'href="{path}?sort=' in moved.text
        assert 'href="/app/figures?' not in moved.text


async def test_the_first_tap_makes_an_empty_page_a_page_of_figures(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    first, second = await add_story(northgate)
    for path, by in (("/app/figures", first), (f"/app/links/{second}/figures?period=today", second)):
        poll = poll_of((await marketer.get(path)).text)
        assert (await marketer.get(poll)).status_code == 204
        await tap(by)
        assert (await marketer.get(poll)).headers["hx-refresh"] == "true"


async def test_a_period_that_is_over_asks_nothing(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    first, _ = await add_story(northgate)
    await tap(first)
    yesterday = f"{clock.now() - timedelta(days=1):%Y-%m-%d}"
    page = await marketer.get("/app/figures", params={"from": "2026-11-01", "to": yesterday})
    assert "data-live" not in page.text and "here now" not in page.text
    answer = await marketer.get("/app/figures/live", params={"from": "2026-11-01", "to": yesterday})
    assert answer.status_code == 204


async def test_people_who_are_here_now_are_counted_once(northgate: Northgate) -> None:
    first, second = await add_story(northgate)
    recent, old = NOW - timedelta(minutes=2), NOW - timedelta(minutes=6)
    came = hit(UUID(first), recent, visitor=b"came")
    await record(
        [
            *[came, hit(UUID(second), recent, visitor=b"came"), hit(UUID(first), old, visitor=b"left")],
            *[hit(UUID(second), recent, visitor=b"looks"), hit(UUID(second), recent, user_agent="curl/8.5.0", visitor=b"robot")],
        ]
    )
    person = await add_candidate(northgate.id, email="ana@example.com")
    own = await add_application(northgate.id, northgate.job_id, person, link_id=came.link_id, click_id=came.id, active_at=recent)
    link_id = await db.value("SELECT personal_link_id FROM application WHERE id = $1", own)
    await record([hit(link_id, recent, visitor=b"by mail")])
    for email, changes in (
        ("gone@example.com", {"active_at": old}),
        (
            "added@example.com",
            {"active_at": recent, "stage": "invited", "captured_at": None, "invited_at": recent, "door": "file"},
        ),
    ):
        await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id, email, email), **changes)
    assert await here(northgate.marketer, {}) == 2
    assert await here(northgate.marketer, {"job": str(northgate.job_id)}) == 2
    assert await here(northgate.marketer, {"link": first}) == 1


async def watch(member: SignedIn, query: dict[str, str]) -> live.Watch | None:
    asked = await ask(member, query, NOW, await read_filters(member.workspace_id, query))
    return await live.watch(member, asked, NOW)


async def here(member: SignedIn, query: dict[str, str]) -> int:
    found = await watch(member, query)
    assert found is not None
    return found.state.here


async def test_somebody_leaving_changes_the_counter_and_not_the_figures(
    northgate: Northgate, marketer: httpx.AsyncClient
) -> None:
    first, _ = await add_story(northgate)
    await tap(first)
    page = (await marketer.get("/app/figures")).text
    assert "1 person here now" in page
    await db.run("UPDATE click SET at = at - interval '10 minutes'")
    moved = await marketer.get(poll_of(page))
    assert "Nobody here now" in moved.text
    assert "channel-rows" not in moved.text
    assert (await marketer.get(poll_of(moved.text))).status_code == 204


async def test_what_has_moved_is_known_without_redis(northgate: Northgate) -> None:
    first, _ = await add_story(northgate)
    nothing: dict[str, str] = {}
    await redis.close()
    try:
        before = await watch(northgate.marketer, nothing)
        await record([hit(UUID(first), NOW)])
        after = await watch(northgate.marketer, nothing)
    finally:
        await redis.open(settings().redis_url)
    assert before is not None and after is not None
    assert after.has_moved(before.state.seen)


async def test_four_roles_watch_and_an_outsider_learns_nothing(app: ASGIApp, northgate: Northgate, outsider: SignedIn) -> None:
    first, _ = await add_story(northgate)
    for member in (*(getattr(northgate, role.value) for role in Role), outsider):
        async with browser(app) as client:
            await sign_in(client, member)
            poll = poll_of((await client.get("/app/figures")).text)
            await tap(first)
            assert (await client.get(poll)).status_code == (204 if member is outsider else 200)
            answer = await client.get("/app/figures/live", params={"job": str(northgate.job_id)})
            assert answer.status_code == (404 if member is outsider else 200)
