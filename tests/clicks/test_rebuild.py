"""Figures that are counted again: they agree, and where they do not they are put right, beside workers that go on counting."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from portal import db
from portal.clicks import ingest, partitions, rebuild, visitors
from portal.clicks.hits import Hit
from portal.clicks.invariants import Scope, broken, missing
from portal.clicks.recount import Recount
from portal.settings import settings
from tests.cast import NOW, Northgate, add_channel, add_job, add_link, add_workspace
from tests.clicks.agents import OTHERS, PEOPLE
from tests.clicks.hitting import EVER, check_invariants, click, daily, ingest_all, landing, link_of, write

DAY = NOW.date()


async def again(start: date | None = None, end: date | None = None) -> Recount:
    total = Recount()
    async for day in rebuild.rebuild(start, end):
        total += day.found
    return total


def some_hits(dice: random.Random, links: list[UUID], count: int, days: int = 3) -> list[Hit]:
    hits = []
    for _ in range(count):
        agent = dice.choice([*PEOPLE, *OTHERS])[1]
        at = NOW + timedelta(minutes=dice.randrange(60 * 24 * days))
        outcome = dice.choice(["redirected", "redirected", "closed"])
        hits.append(click(dice.choice(links), at=at, user_agent=agent, visitor=dice.choice("abcdefgh"), outcome=outcome))
    return hits


@pytest.fixture
async def counted(northgate: Northgate) -> AsyncIterator[list[UUID]]:
    """Links with three days of clicks that were counted."""
    dice = random.Random(2)
    links = [await link_of(northgate, network, f"nurse-{network}") for network in ("instagram", "email")]
    hits = some_hits(dice, links, 300)
    await write(*hits, *(landing(hit) for hit in hits[::2]))
    await ingest_all()
    yield links


async def test_what_was_counted_rightly_agrees(counted: list[UUID]) -> None:
    found = await again()
    tables = ("click_daily", "click_hourly", "click_mix")
    lines = sum([await db.value(f"SELECT count(*) FROM {table}") for table in tables])
    assert found == Recount(clicks=300, lines=lines, differed=0)


async def test_nothing_agrees_with_nothing(northgate: Northgate) -> None:
    assert await again() == Recount()


async def figures() -> set[tuple[object, ...]]:
    hours = await db.rows("SELECT * FROM click_hourly")
    days = await db.rows("SELECT * FROM click_daily")
    return {tuple(row) for row in (*hours, *days)}


@pytest.mark.parametrize(
    ("harm", "table", "which", "lines_each"),
    [
        ("DELETE FROM click_hourly", "click_hourly", "verdict = 'bot'", 1),
        ("UPDATE click_hourly SET verdict = 'staff'", "click_hourly", "verdict = 'bot'", 2),
        ("UPDATE click_daily SET clicks = clicks + 1", "click_daily", "dimension = 'app'", 1),
        ("DELETE FROM click_daily", "click_daily", "dimension IN ('visitor', 'landed')", 1),
        ("UPDATE click_daily SET value = value || '!'", "click_daily", "dimension = 'referrer'", 2),
    ],
)
async def test_what_differs_is_put_right(counted: list[UUID], harm: str, table: str, which: str, lines_each: int) -> None:
    right, harmed = await figures(), await db.value(f"SELECT count(*) FROM {table} WHERE {which}")
    await db.run(f"{harm} WHERE {which}")
    assert (await broken(EVER) != []) is (lines_each == 1 or table == "click_hourly")
    assert harmed > 0
    assert (await again()).differed == harmed * lines_each
    assert await figures() == right
    assert (await again()).differed == 0
    await check_invariants()


async def test_lines_without_any_click_go(counted: list[UUID], northgate: Northgate) -> None:
    right, other = await figures(), await link_of(northgate, "tiktok", "other")
    await db.run("INSERT INTO click_hourly VALUES ($1, $2, $3, 'person', 4)", northgate.id, other, NOW + timedelta(days=9))
    await db.run("INSERT INTO click_daily VALUES ($1, $2, $3, 'app', 'Other', 4)", northgate.id, other, DAY - timedelta(days=9))
    assert (await again()).differed == 2
    assert await figures() == right


async def test_only_the_days_that_were_asked_for_are_counted_again(counted: list[UUID]) -> None:
    await db.run("UPDATE click_daily SET clicks = clicks + 1")
    assert (await again(DAY, DAY)).differed == await db.value("SELECT count(*) FROM click_daily WHERE day = $1", DAY)
    scope = Scope(start=DAY, end=DAY)
    assert await broken(scope) == []
    assert await broken(Scope(start=DAY, end=DAY + timedelta(days=1))) != []


@pytest.mark.parametrize(
    "timezone", ["Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/London"]
)
async def test_hours_and_days_agree_wherever_the_workspace_is(timezone: str) -> None:
    dice = random.Random(timezone)
    workspace = await add_workspace(timezone=timezone)
    link = await add_link(workspace, await add_job(workspace), await add_channel(workspace), "there")
    start = datetime(2026, 10, 24, tzinfo=UTC)  # the clocks change in Europe that night, and the month a week later
    await write(*(click(link, at=start + timedelta(minutes=dice.randrange(60 * 24 * 9)), visitor="ana") for _ in range(150)))
    await ingest_all()
    assert (await again()).differed == 0
    await check_invariants()
    for day in (date(2026, 10, 25), date(2026, 11, 1)):
        await db.run("UPDATE click_hourly SET clicks = clicks + 1")
        await db.run("UPDATE click_daily SET clicks = clicks + 1")
        assert (await again(day, day)).differed > 0
    assert (await again()).differed > 0
    assert (await again()).differed == 0
    await check_invariants()


async def test_counting_goes_on_while_figures_are_counted_again(counted: list[UUID]) -> None:
    hits = some_hits(random.Random(4), counted, 1500)
    await write(*hits, *(landing(hit) for hit in hits))
    done = asyncio.gather(*(ingest_all(limit=60) for _ in range(3)))
    looked, differed = 0, 0
    while not done.done():
        looked, differed = looked + 1, differed + (await again()).differed
        await asyncio.sleep(0)
    assert (looked > 0, differed) == (True, 0)
    assert await db.value("SELECT count(*) FROM click") == 1800
    await check_invariants()


async def test_who_was_met_is_put_right_while_the_day_lasts_and_left_forgotten_afterwards(counted: list[UUID]) -> None:
    right = await db.value("SELECT count(*) FROM visitor_day")
    await db.run("DELETE FROM visitor_day WHERE visitor = (SELECT min(visitor) FROM visitor_day)")
    await db.run("INSERT INTO visitor_day SELECT link_id, $1, 'nobody' FROM visitor_day LIMIT 1", DAY)
    assert (await again()).differed == 0
    assert await db.value("SELECT count(*) FROM visitor_day") == right
    await visitors.forget_old(NOW + timedelta(days=9))
    assert (await again()).differed == 0
    assert await db.value("SELECT count(*) FROM visitor_day") == 0


async def test_a_link_with_very_many_clicks_is_counted_in_pieces(counted: list[UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "LINKS_AT_ONCE", 1)
    await db.run("UPDATE click_daily SET clicks = 0")
    assert (await again()).differed == await db.value("SELECT count(*) FROM click_daily")
    await check_invariants()


async def test_every_hit_that_was_answered_is_somewhere(northgate: Northgate) -> None:
    link = await link_of(northgate, "qr", "nurse")
    kept, journalled, lost = click(link), click(link), click(link)
    await partitions.make_ahead(NOW)
    await write(kept)
    assert await ingest.ingest_batch(NOW) == 1
    await write(journalled)
    assert await missing({hit.id for hit in (kept, journalled, lost)}, settings().data_dir / "spool") == {lost.id}
    assert await daily("verdict") == {"person": 1}
