"""Counting all figures again from the clicks, beside workers that go on counting."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from portal import db
from portal.clicks import recount, turns
from portal.clicks.days import days_between
from portal.clicks.recount import Recount

LINKS_AT_ONCE = 2000
"""So many links of a day are counted while the others wait, and kept in memory."""


class Day(NamedTuple):
    """What was found of a workspace's day. Its hours are those of the same date in UTC, so that each hour is counted once."""

    workspace_id: UUID
    day: date
    found: Recount


async def rebuild(start: date | None = None, end: date | None = None) -> AsyncIterator[Day]:
    """Count every day from `start` to `end` again and put right what differs, day by day. Days that have lost their clicks, or
    part of them, are left as they are."""
    async for workspace_id, day in days_between(start, end):
        yield Day(workspace_id, day, await rebuild_day(workspace_id, day))


async def rebuild_day(workspace_id: UUID, day: date) -> Recount:
    """In pieces of `LINKS_AT_ONCE`, each a transaction."""
    midnight = datetime.combine(day, time(), UTC)
    links = await _links(workspace_id, day, midnight)
    found = Recount()
    for n in range(0, len(links), LINKS_AT_ONCE):
        piece = links[n : n + LINKS_AT_ONCE]
        async with db.transaction():
            await turns.alone()
            found += await recount.hours(workspace_id, piece, midnight, midnight + timedelta(days=1))
            found += await recount.day(workspace_id, piece, day)
    async with db.transaction():
        await turns.alone()
        found += await recount.mixes(workspace_id, day)
    return found


async def _links(workspace_id: UUID, day: date, midnight: datetime) -> list[UUID]:
    """Links that have, or had, anything to count then. One that gets its first click after this was counted rightly."""
    found = await db.rows(
        "SELECT link_id FROM click WHERE workspace_id = $1 AND day BETWEEN $2::date - 1 AND $2::date + 1 "
        "AND at BETWEEN $3::timestamptz - interval '14 hours' AND $3::timestamptz + interval '36 hours' "
        "AND (day = $2 OR at >= $3 AND at < $3::timestamptz + interval '1 day') "
        "UNION SELECT link_id FROM click_daily WHERE workspace_id = $1 AND day = $2 "
        "UNION SELECT link_id FROM click_hourly "
        "WHERE workspace_id = $1 AND hour >= $3 AND hour < $3::timestamptz + interval '1 day' ORDER BY 1",
        *(workspace_id, day, midnight),
    )
    return [row["link_id"] for row in found]
