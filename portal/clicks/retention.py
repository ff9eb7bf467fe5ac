"""Letting old clicks go, by whole months. What they were counted to stays."""

from datetime import UTC, date, datetime, time

import asyncpg
import structlog

from portal import db
from portal.clicks import partitions, turns
from portal.settings import settings

log = structlog.get_logger()

AT_ONCE = 10_000
PATIENCE = "5s"
"""To drop a month, all who read clicks must be done. Nobody waits longer than this for them: the next look tries again."""


async def drop_old(now: datetime) -> int:
    """Drop what is older than the setting says; how many months went. For a clock to call."""
    keep = settings().keep_clicks_months
    return await drop_before(partitions.before(partitions.month_of(now), keep)) if keep else 0


async def drop_before(month: date) -> int:
    """Drop clicks of all months before `month` (its first day) and the landings of that age; how many months went.

    First the date is written down, so that nobody counts again what is half gone; the months go last, so that whatever breaks
    this off, the next look finds what is left to do.
    """
    old = [there for there in await partitions.months() if there < month]
    if not old:
        return 0
    await db.run("INSERT INTO click_retention (kept_from) VALUES ($1) ON CONFLICT DO NOTHING", month)
    while await _drop_landings(month):
        continue
    for there in old:
        if not await _drop_month(there):
            return old.index(there)
    return len(old)


async def first_whole_day() -> date | None:
    """The first day that has all its clicks, whatever the workspace's time zone; None while nothing was ever dropped. A late
    hit may make a month anew that was dropped: it is counted, but nothing can be said from it."""
    found: date | None = await db.value("SELECT max(kept_from) + 1 FROM click_retention")
    return found


async def _drop_landings(month: date) -> int:
    return await db.run(
        "DELETE FROM landing WHERE id IN (SELECT id FROM landing WHERE at < $1 LIMIT $2)",
        datetime.combine(month, time(), UTC),
        AT_ONCE,
    )


async def _drop_month(month: date) -> bool:
    try:
        async with db.transaction():
            await db.run(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            await turns.alone()
            await db.run(f"DROP TABLE {partitions.name_of(month)}")
    except asyncpg.LockNotAvailableError:
        log.info("old clicks not dropped yet", month=f"{month:%Y-%m}")
        return False
    log.info("old clicks dropped", month=f"{month:%Y-%m}")
    return True
