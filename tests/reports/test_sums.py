"""Sums beside the rollups say what the rollups say, whoever wrote those, and in whatever order."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from uuid import UUID

import asyncpg
import pytest

from portal import db
from portal.clicks import rollups
from portal.clicks.ingest import ingest_batch
from portal.clicks.invariants import broken
from tests.cast import NOW, Northgate, add_channel, add_job, add_link
from tests.clicks.hitting import EVER
from tests.reports.conftest import World, hit, landing, record, write

OWNERS = "CROSS JOIN LATERAL (VALUES (l.workspace_id), (l.job_id), (l.channel_id), (l.campaign_id)) o (id)"
DAILY = f"""
SELECT d.workspace_id, o.id AS owner_id, l.kind, d.dimension, d.day, d.value, sum(d.clicks)::bigint AS clicks
FROM click_daily d JOIN link l ON l.id = d.link_id {OWNERS}
WHERE o.id IS NOT NULL AND (l.kind = 'channel' OR d.dimension = 'excluded') GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(d.clicks) <> 0
"""
HOURLY = f"""
SELECT h.workspace_id, o.id AS owner_id, h.hour, h.verdict, sum(h.clicks)::bigint AS clicks
FROM click_hourly h JOIN link l ON l.id = h.link_id {OWNERS}
WHERE o.id IS NOT NULL AND l.kind = 'channel' GROUP BY 1, 2, 3, 4 HAVING sum(h.clicks) <> 0
"""
RUNNING = """
SELECT t.owner_id, t.day, coalesce(sum(d.clicks) FILTER (WHERE d.dimension = 'verdict'), 0)::bigint AS clicks,
  coalesce(sum(d.clicks) FILTER (WHERE d.dimension = 'visitor'), 0)::bigint AS visitors,
  coalesce(sum(d.clicks) FILTER (WHERE d.dimension = 'landed'), 0)::bigint AS landed
FROM click_total t
LEFT JOIN link l ON l.kind = 'channel' AND t.owner_id IN (l.id, l.channel_id, l.job_id)
LEFT JOIN click_daily d ON d.link_id = l.id AND d.value = 'person' AND d.day <= t.day
GROUP BY 1, 2
"""
DAYS_WITHOUT_A_TOTAL = """
SELECT d.link_id, d.dimension, d.day FROM click_daily d JOIN link l ON l.id = d.link_id AND l.kind = 'channel'
WHERE d.value = 'person' AND d.dimension IN ('verdict', 'visitor', 'landed') AND (
  NOT EXISTS (SELECT FROM click_total t WHERE t.owner_id = d.link_id AND t.day = d.day)
  OR NOT EXISTS (SELECT FROM click_total t WHERE t.owner_id = l.channel_id AND t.day = d.day)
  OR NOT EXISTS (SELECT FROM click_total t WHERE t.owner_id = l.job_id AND t.day = d.day))
"""


async def check() -> None:
    for expected, kept in (
        (DAILY, "SELECT workspace_id, owner_id, kind, dimension, day, value, clicks FROM click_sum_daily WHERE clicks <> 0"),
        (HOURLY, "SELECT workspace_id, owner_id, hour, verdict, clicks FROM click_sum_hourly WHERE clicks <> 0"),
        (RUNNING, "SELECT owner_id, day, clicks, visitors, landed FROM click_total"),
    ):
        assert await rows(kept) == await rows(expected), kept
    assert await db.rows(DAYS_WITHOUT_A_TOTAL) == []


async def rows(sql: str) -> set[tuple[object, ...]]:
    found = await db.rows(sql)
    assert len(found) == len({tuple(row) for row in found})
    return {tuple(row) for row in found}


async def test_sums_follow_what_is_counted(world: World) -> None:
    await check()
    assert len(await rows("SELECT owner_id FROM click_sum_daily GROUP BY 1")) == 1 + 2 + 2 + 2


async def test_late_taps_raise_every_total_after_them(northgate: Northgate) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-late")
    for days_ago in (3, 9, 0, 6, 3, 30):
        await record([hit(link_id, NOW - timedelta(days=days_ago), visitor=bytes([days_ago]))])
        await check()


async def test_sums_follow_what_is_counted_again(world: World) -> None:
    await db.run("UPDATE click_daily SET clicks = clicks + 3 WHERE value IN ('person', 'phone')")
    await check()
    await db.run("DELETE FROM click_daily WHERE day < $1", NOW.date() - timedelta(days=20))
    await db.run("DELETE FROM click_hourly WHERE link_id = $1", world.links[0])
    await check()


async def test_a_link_that_moves_takes_its_figures_along(world: World) -> None:
    await db.run("UPDATE link SET campaign_id = $2 WHERE id = $1", world.links[0], world.campaigns[0])
    await check()
    await db.run("UPDATE link SET campaign_id = NULL, job_id = $2 WHERE id = $1", world.links[2], world.jobs[1])
    await check()
    assert await broken(EVER) == []
    other = await add_channel(world.workspace_id, network="tiktok", placement="bio", code="tt-bio")
    with pytest.raises(asyncpg.RaiseError, match="a link stays in its channel"):
        await db.run("UPDATE link SET channel_id = $2 WHERE id = $1", world.links[0], other)


async def test_workers_side_by_side_count_each_tap_once(northgate: Northgate) -> None:
    dice = Random(11)
    links = await many_links(northgate.id, northgate.job_id, dice)
    hits = []
    for number in range(400):
        tap = hit(dice.choice(links), NOW - timedelta(hours=dice.randrange(80)), visitor=bytes([number % 90]))
        hits += [tap, landing(tap)]
    await write(hits)
    while any(await asyncio.gather(*(ingest_batch(NOW + timedelta(minutes=1), limit=40) for _ in range(5)))):
        continue
    assert await db.value("SELECT count(*) FROM click") == 400
    await check()


async def test_sums_do_not_mind_that_statistics_say_there_is_next_to_nothing(northgate: Northgate) -> None:
    """As after a vacuum of tables that had been nearly emptied: whoever believes that takes minutes for what is a second's work,
    and no statement is given so long."""
    tables = ("click_total", "click_daily", "click_sum_daily", "click_sum_hourly", "click_hourly", "click_mix")
    dice = Random(3)
    links = await many_links(northgate.id, northgate.job_id, dice)
    try:
        for _ in range(2):
            taps = [
                hit(dice.choice(links), NOW - timedelta(days=dice.randrange(60)), visitor=bytes([n % 99])) for n in range(400)
            ]
            await record([*taps, *map(landing, taps)])
            await check()
            await next_to_nothing(tables)
    finally:
        for table in tables:
            await db.run(f"ANALYZE {table}")


async def next_to_nothing(tables: Sequence[str]) -> None:
    for table in tables:
        await db.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await db.run(f"DELETE FROM {table} WHERE ctid <> (SELECT max(ctid) FROM {table})")
        await db.run(f"VACUUM ANALYZE {table}")
        await db.run(f"DELETE FROM {table}")
        await db.run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    await db.run("TRUNCATE click CASCADE")


async def test_those_who_write_sums_wait_for_each_other_but_never_in_a_ring(northgate: Northgate) -> None:
    """What is new for the one is there already for the other: their sums would be taken in opposite order. Without the lock, the
    database finds a ring and ends one of them."""
    links = await many_links(northgate.id, northgate.job_id, Random(11))
    for number in range(40):
        day = NOW.date() - timedelta(days=number)
        one, two, three, four = ([(northgate.id, link_id, "app", day, app)] for link_id, app in zip(links, "xyyx", strict=False))
        await rollups.add_days([*one, *two])
        await asyncio.gather(*(rollups.add_days(lines) for lines in ([*one, *three], [*two, *four])))
    await check()


async def many_links(workspace_id: UUID, job_id: UUID, dice: Random) -> Sequence[UUID]:
    jobs = [job_id, await add_job(workspace_id)]
    names = [{"network": f"net-{n}", "code": f"n-{n}"} for n in range(4)]
    channels = [await add_channel(workspace_id, **name) for name in names]
    return [await add_link(workspace_id, dice.choice(jobs), dice.choice(channels), f"link-{n}") for n in range(12)]
