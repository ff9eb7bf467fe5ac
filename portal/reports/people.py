"""The SQL of every number of people: how far they got, how long it took, and what brought them back.

People come from applications, each under the channel link that brought them first (first touch); who has none came directly to
the page, or was invited.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from portal import db
from portal.reports import touches
from portal.reports.numbers import Origin, Source
from portal.reports.scope import CLICK_TO_PERSON, By, Query, Scope, arrived, links

CLICKED_AT = f"""
CASE WHEN uuid_extract_timestamp(a.click_id) BETWEEN a.created_at - interval '{CLICK_TO_PERSON.days} days'
  AND a.created_at + interval '1 minute' THEN uuid_extract_timestamp(a.click_id) END
"""


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """How many people came, and how far they got."""

    people: int
    captured: int
    started: int
    completed: int
    returned: int


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Median seconds from step to step, of those who took it; None where nobody did."""

    to_captured: float | None = None
    """From the tap on the link to name and email."""
    to_started: float | None = None
    """From there to the first answer."""
    to_completed: float | None = None
    """From there to the end."""


class People(msgspec.Struct, frozen=True):
    steps: dict[Source, Steps]
    times: dict[UUID, Times]
    """By channel or link."""
    total: Times
    """Of everybody."""


class Paid(msgspec.Struct, frozen=True):
    """How many people the links of budgets brought."""

    captured: int
    completed: int


async def everybody(scope: Scope, by: By) -> People:
    """By the channel or link that brought them first, or what there is instead; and how long all of them took.

    When they tapped is in the click's id, to the millisecond (UUID version 7, RFC 9562); the address of the page brought it, so
    what lies elsewhere in time is not believed.
    """
    if "people" in scope.unknown:
        return People({}, {}, Times())
    q = Query()
    moments = f"{CLICKED_AT} AS clicked_at, a.captured_at, a.started_at, a.completed_at"
    found = await db.rows(
        f"{links(scope, q)} SELECT grouping(p.key) AS is_total, p.key, p.direct, count(*) AS people, "
        "count(p.captured_at) AS captured, count(p.started_at) AS started, count(p.completed_at) AS completed, "
        f"count(*) FILTER (WHERE p.returned) AS returned, {_median('captured_at', 'clicked_at')} AS to_captured, "
        f"{_median('started_at', 'captured_at')} AS to_started, {_median('completed_at', 'started_at')} AS to_completed "
        f"FROM (SELECT l.{by} AS key, l.id IS NULL AND a.door = 'landing' AS direct, {moments}, {touches.RETURNED} AS returned "
        f"{arrived(scope, q)}) p GROUP BY GROUPING SETS ((), (p.key, p.direct))",
        *q.args,
    )
    return People(
        steps={_source(row): _steps(row) for row in found if not row["is_total"]},
        times={row["key"]: _times(row) for row in found if row["key"] is not None},
        total=next((_times(row) for row in found if row["is_total"]), Times()),
    )


def _steps(row: db.Row) -> Steps:
    return Steps(**{name: row[name] for name in Steps.__struct_fields__})


def _times(row: db.Row) -> Times:
    return Times(**{name: row[name] for name in Times.__struct_fields__})


async def paid(scope: Scope, budgets: Sequence[tuple[UUID, UUID]]) -> dict[UUID, Paid]:
    """Of people whom links of these channels and campaigns brought, by channel."""
    q = Query()
    channels, campaigns = ([pair[n] for pair in budgets] for n in range(2))
    of_budget = f"SELECT * FROM unnest({q(channels)}::uuid[], {q(campaigns)}::uuid[])"
    found = await db.rows(
        f"{links(scope, q)} SELECT l.channel_id, count(a.captured_at) AS captured, count(a.completed_at) AS completed "
        f"{arrived(scope, q)} AND (l.channel_id, l.campaign_id) IN ({of_budget}) GROUP BY 1",
        *q.args,
    )
    return {row["channel_id"]: Paid(row["captured"], row["completed"]) for row in found}


async def completed_by_day(scope: Scope) -> dict[date, int]:
    """By the day on which those who completed had arrived, so that it adds up to `completed`."""
    if "people" in scope.unknown:
        return {}
    q = Query()
    day = f"(a.created_at AT TIME ZONE {q(scope.timezone)})::date"
    sql = (
        f"{links(scope, q)} SELECT {day} AS day, count(*) AS number {arrived(scope, q)} AND a.completed_at IS NOT NULL GROUP BY 1"
    )
    return {row["day"]: row["number"] for row in await db.rows(sql, *q.args)}


async def by_zone(scope: Scope) -> list[tuple[str, int]]:
    """Time zones that people named, and how many of them; the most frequent first."""
    if "people" in scope.unknown:
        return []
    q = Query()
    found = await db.rows(
        f"{links(scope, q)} SELECT person.timezone, count(*) AS number FROM candidate person JOIN "
        f"(SELECT a.candidate_id {arrived(scope, q)}) p ON p.candidate_id = person.id "
        f"WHERE person.workspace_id = {q(scope.workspace_id)} AND person.timezone <> '' GROUP BY 1 ORDER BY 2 DESC, 1",
        *q.args,
    )
    return [(row["timezone"], row["number"]) for row in found]


def _median(later: str, earlier: str) -> str:
    return f"percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM p.{later} - p.{earlier})::float8)"


def _source(row: db.Row) -> Source:
    return row["key"] or (Origin.DIRECT if row["direct"] else Origin.INVITED)
