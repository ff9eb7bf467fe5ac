"""The SQL of every number of people: how far they got, how long it took, and what brought them back.

People come from applications, each under the channel link that brought them first (first touch); who has none came directly to
the page, or was invited.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from portal import db
from portal.messages.words import NUDGES, Track
from portal.reports.numbers import Origin, Source
from portal.reports.scope import CLICK_TO_PERSON, By, Query, Scope, arrived, links

BROUGHT_BACK = tuple(track.value for track in (*NUDGES, Track.MANUAL))
"""Tracks of messages that remind somebody, written by the plan or by hand."""
RETURNED = f"""
CASE WHEN a.completed_at IS NULL OR NOT EXISTS (
  SELECT FROM message WHERE application_id = a.id AND link_id IS NOT NULL AND track IN {BROUGHT_BACK}
) THEN FALSE ELSE coalesce((
  SELECT EXISTS (SELECT FROM message WHERE link_id = own.id AND track IN {BROUGHT_BACK})
  FROM link own
  CROSS JOIN LATERAL (
    SELECT tap.at FROM click tap
    WHERE tap.link_id = own.id AND tap.verdict = 'person' AND tap.at >= a.created_at AND tap.at <= a.completed_at
    ORDER BY tap.at DESC LIMIT 1
  ) last
  WHERE own.application_id = a.id AND own.kind = 'personal'
  ORDER BY last.at DESC LIMIT 1
), FALSE) END
"""
"""Last touch: of all links that were somebody's own, the one that a person tapped last before the end was in a nudge. The channel
link was tapped before they had any of these. Each look goes by an index, whatever the planner believes."""

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


class AllTimes(msgspec.Struct, frozen=True):
    total: Times
    by_key: dict[UUID, Times]


class Paid(msgspec.Struct, frozen=True):
    """How many people the links of budgets brought."""

    captured: int
    completed: int


async def steps(scope: Scope, by: By) -> dict[Source, Steps]:
    """By the channel or link that brought them first, or what there is instead."""
    if "people" in scope.unknown:
        return {}
    q = Query()
    found = await db.rows(
        f"{links(scope, q)} SELECT l.{by} AS key, l.id IS NULL AND a.door = 'landing' AS direct, count(*) AS people, "
        "count(a.captured_at) AS captured, count(a.started_at) AS started, count(a.completed_at) AS completed, "
        f"count(*) FILTER (WHERE {RETURNED}) AS returned {arrived(scope, q)} GROUP BY 1, 2",
        *q.args,
    )
    names = Steps.__struct_fields__
    return {_source(row): Steps(**{name: row[name] for name in names}) for row in found}


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


async def times(scope: Scope, by: By) -> AllTimes:
    """Of all people, and of those of each channel or link.

    When they tapped is in the click's id, to the millisecond (UUID version 7, RFC 9562); the address of the page brought it, so
    what lies elsewhere in time is not believed.
    """
    if "people" in scope.unknown:
        return AllTimes(Times(), {})
    q = Query()
    moments = f"l.{by} AS key, {CLICKED_AT} AS clicked_at, a.captured_at, a.started_at, a.completed_at"
    found = await db.rows(
        f"{links(scope, q)} SELECT grouping(p.key) AS is_total, p.key, {_median('captured_at', 'clicked_at')} AS to_captured, "
        f"{_median('started_at', 'captured_at')} AS to_started, {_median('completed_at', 'started_at')} AS to_completed "
        f"FROM (SELECT {moments} {arrived(scope, q)}) p GROUP BY GROUPING SETS ((), (p.key))",
        *q.args,
    )
    every = [(row, Times(**{name: row[name] for name in Times.__struct_fields__})) for row in found]
    return AllTimes(
        total=next((times for row, times in every if row["is_total"]), Times()),
        by_key={row["key"]: times for row, times in every if row["key"] is not None},
    )


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
