"""Old clicks go, their figures stay."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from portal import db
from portal.clicks import partitions, reclassify, retention
from portal.clicks.invariants import broken
from portal.settings import SettingsError, load
from tests.cast import Northgate
from tests.clicks.hitting import EVER, click, daily, ingest_all, landing, link_of, write
from tests.clicks.test_rebuild import again

JUNE = datetime(2033, 6, 15, 12, tzinfo=UTC)
MONTHS = [datetime(2033, month, 10, 12, tzinfo=UTC) for month in (2, 3, 4, 5)]


@pytest.fixture
async def link_id(northgate: Northgate) -> UUID:
    link_id = await link_of(northgate, "instagram", "nurse")
    hits = [click(link_id, at=at, visitor="ana") for at in MONTHS]
    await write(*hits, *map(landing, hits))
    await ingest_all(JUNE)
    return link_id


async def kept() -> list[int]:
    return [row["month"] for row in await db.rows("SELECT extract(month FROM at)::int AS month FROM click ORDER BY at")]


async def test_whole_months_go_with_their_landings_and_figures_stay(link_id: UUID) -> None:
    assert await retention.drop_before(date(2033, 4, 1)) >= 2
    assert await kept() == [4, 5]
    assert await db.value("SELECT min(at) FROM landing") > MONTHS[1]
    assert not [month for month in await partitions.months() if month < date(2033, 4, 1)]
    for dimension in ("verdict", "visitor", "landed", "app"):
        assert sum((await daily(dimension)).values()) == 4
    assert await retention.drop_before(date(2033, 4, 1)) == 0


async def test_days_without_their_clicks_are_neither_counted_nor_judged_again(link_id: UUID) -> None:
    await retention.drop_before(date(2033, 4, 1))
    assert (await again()).differed == 0
    assert (await reclassify.reclassify()).clicks == 2
    assert sum((await daily("verdict")).values()) == 4
    assert await broken(EVER) == []


async def test_a_day_that_lost_a_part_of_its_clicks_is_left_alone(link_id: UUID) -> None:
    midnight = datetime(2033, 4, 1, tzinfo=UTC)
    await db.run("UPDATE workspace SET timezone = 'America/New_York'")
    await write(*(click(link_id, at=midnight + timedelta(hours=n)) for n in (-2, 2)))
    await ingest_all(JUNE)
    assert await daily("verdict", date(2033, 3, 31)) == {"person": 2}
    await retention.drop_before(date(2033, 4, 1))
    assert (await again()).differed == 0
    assert await daily("verdict", date(2033, 3, 31)) == {"person": 2}


async def test_a_hit_that_comes_after_its_month_has_gone_is_counted_and_goes_too(link_id: UUID) -> None:
    await retention.drop_before(date(2033, 4, 1))
    await write(click(link_id, at=MONTHS[0]))
    await ingest_all(JUNE)
    assert await daily("verdict", MONTHS[0].date()) == {"person": 2}
    assert (await again()).differed == 0
    assert await retention.drop_before(date(2033, 4, 1)) == 1
    assert await daily("verdict", MONTHS[0].date()) == {"person": 2}


async def test_the_setting_says_how_many_months(link_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "PORTAL_SECRET_KEY": "x" * 32}
    monkeypatch.setattr(retention, "settings", lambda: load(env))
    assert await retention.drop_old(JUNE) == 0
    monkeypatch.setattr(retention, "settings", lambda: load(env | {"PORTAL_KEEP_CLICKS_MONTHS": "2"}))
    assert await retention.drop_old(JUNE) >= 2
    assert await kept() == [4, 5]


@pytest.mark.parametrize("months", ["-1", "many", "1.5", "5000"])
def test_a_wrong_number_of_months_is_said(months: str) -> None:
    with pytest.raises(SettingsError, match="PORTAL_KEEP_CLICKS_MONTHS"):
        load({"PORTAL_KEEP_CLICKS_MONTHS": months})


@pytest.mark.parametrize(
    ("month", "months", "first"),
    [
        (date(2026, 11, 1), 1, date(2026, 10, 1)),
        (date(2026, 11, 1), 11, date(2025, 12, 1)),
        (date(2026, 1, 1), 1, date(2025, 12, 1)),
        (date(2026, 1, 1), 24, date(2024, 1, 1)),
    ],
)
def test_months_are_counted_back(month: date, months: int, first: date) -> None:
    assert partitions.before(month, months) == first


async def test_nobody_who_reads_for_long_is_waited_for(link_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PATIENCE", "100ms")
    reading, done = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        async with db.transaction():
            await db.value("SELECT count(*) FROM click")
            reading.set()
            await done.wait()

    reader = asyncio.create_task(read())
    await reading.wait()
    assert await retention.drop_before(date(2033, 3, 1)) == 0
    assert await kept() == [2, 3, 4, 5]
    done.set()
    await reader
    assert await retention.drop_before(date(2033, 3, 1)) >= 1
    assert await kept() == [3, 4, 5]
