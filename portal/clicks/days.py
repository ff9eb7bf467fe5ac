"""Going through all that is kept, a day of a workspace at a time."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

from portal import db
from portal.clicks import retention
from portal.clicks.rollups import DIMENSIONS

ONE = timedelta(days=1)
NEXT = """
SELECT min(day) FROM (
  SELECT min(day) AS day FROM click WHERE workspace_id = $1 AND day >= $2
  UNION ALL
  SELECT (min(hour) AT TIME ZONE 'UTC')::date FROM click_hourly
  WHERE workspace_id = $1 AND hour >= $2::timestamp AT TIME ZONE 'UTC'
  UNION ALL
  SELECT line.day FROM unnest($3::text[]) name, LATERAL (
    SELECT day FROM click_daily WHERE workspace_id = $1 AND dimension = name AND day >= $2 ORDER BY day LIMIT 1
  ) line
) kept
"""
"""The first day not before $2 on which anything was counted, or is there to be counted."""


async def days_between(start: date | None, end: date | None) -> AsyncIterator[tuple[UUID, date]]:
    """Workspace and day, of all days from `start` to `end` (both included; None: from the first, to the last) that have all
    their clicks, and on or beside which something is. Days are the workspace's."""
    whole = await retention.first_whole_day()
    first = max(filter(None, (start, whole)), default=date(2, 1, 1))
    for row in await db.rows("SELECT id FROM workspace ORDER BY id"):
        day = await _next(row["id"], first - ONE)
        while day is not None and (end is None or day <= end):
            yield row["id"], day
            day = await _next(row["id"], day)


async def _next(workspace_id: UUID, after: date) -> date | None:
    """The next day after `after` on which something is, or the one before or after such a day: that may share it in UTC."""
    found: date | None = await db.value(NEXT, workspace_id, after, DIMENSIONS)
    return None if found is None else max(after + ONE, found - ONE)
