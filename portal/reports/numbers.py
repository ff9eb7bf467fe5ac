"""The SQL of every number that members see: one figure a function.

Clicks come from the daily rollups, never from the clicks themselves. People come from applications, each under the channel link
that brought them first; who has none came directly to the page, or was invited. Days are those of the workspace. A person counts
on the day of arrival, also for what they did later: so the steps of a period are steps of the same people.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db


class Origin(StrEnum):
    """Where somebody came from who has no channel link."""

    DIRECT = "direct"
    INVITED = "invited"


Source = UUID | Origin
"""A channel link's id, or what there is instead."""
BySource = dict[Source, int]


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted: a workspace or one of its jobs, from the first to the last day, both included."""

    workspace_id: UUID
    job_id: UUID | None
    start: date
    end: date


class Excluded(msgspec.Struct, frozen=True):
    """Hits that are no person's, and why."""

    verdict: str
    reason: str
    hits: int


CLICKED = """
  FROM click_daily d JOIN link l ON l.workspace_id = d.workspace_id AND l.id = d.link_id
  WHERE d.workspace_id = $1 AND ($2::uuid IS NULL OR l.job_id = $2) AND d.day BETWEEN $3 AND $4
"""
ARRIVED = """
  FROM application a
  JOIN workspace w ON w.id = a.workspace_id
  LEFT JOIN link l ON l.workspace_id = a.workspace_id AND l.id = a.link_id AND l.kind = 'channel'
  WHERE a.workspace_id = $1 AND ($2::uuid IS NULL OR a.job_id = $2)
    AND a.created_at >= $3::date::timestamp AT TIME ZONE w.timezone
    AND a.created_at < ($4::date + 1)::timestamp AT TIME ZONE w.timezone
"""
COUNTED = "l.kind = 'channel' AND d.value = 'person'"
RETURNED = """
  EXISTS (
    SELECT FROM message m JOIN click_daily d ON d.workspace_id = m.workspace_id AND d.link_id = m.link_id
    WHERE m.workspace_id = a.workspace_id AND m.application_id = a.id AND m.handed_over_at <= a.completed_at
      AND m.track IN ('never_started', 'unfinished', 'manual')
      AND d.dimension = 'verdict' AND d.value = 'person' AND d.day <= (a.completed_at AT TIME ZONE w.timezone)::date
  )
"""


async def clicks(scope: Scope) -> BySource:
    """Taps by people on channel links."""
    return await _hits(scope, "verdict")


async def visitors(scope: Scope) -> BySource:
    """Different people behind the taps, counted anew each day and for each link: the salt of their mark changes daily."""
    return await _hits(scope, "visitor")


async def landed(scope: Scope) -> BySource:
    """Taps whose page was shown."""
    return await _hits(scope, "landed")


async def people(scope: Scope) -> BySource:
    """Applications, whether the person came or was invited."""
    return await _people(scope, "TRUE")


async def captured(scope: Scope) -> BySource:
    """People who gave name and email on the page."""
    return await _people(scope, "a.captured_at IS NOT NULL")


async def started(scope: Scope) -> BySource:
    return await _people(scope, "a.started_at IS NOT NULL")


async def completed(scope: Scope) -> BySource:
    return await _people(scope, "a.completed_at IS NOT NULL")


async def returned(scope: Scope) -> BySource:
    """Of those who completed, people who before that opened the link of a nudge. Whether they would have come anyway, nobody
    knows."""
    return await _people(scope, f"a.completed_at IS NOT NULL AND {RETURNED}")


async def clicks_by_day(scope: Scope) -> dict[date, int]:
    sql = f"SELECT d.day, sum(d.clicks)::bigint AS number {CLICKED} AND d.dimension = 'verdict' AND {COUNTED} GROUP BY d.day"
    return await _by_day(sql, scope)


async def completed_by_day(scope: Scope) -> dict[date, int]:
    """By the day on which those who completed had arrived, so that it adds up to `completed`."""
    day = "(a.created_at AT TIME ZONE w.timezone)::date"
    sql = f"SELECT {day} AS day, count(*) AS number {ARRIVED} AND a.completed_at IS NOT NULL GROUP BY 1"
    return await _by_day(sql, scope)


async def excluded(scope: Scope, kind: str) -> list[Excluded]:
    """Hits on links of this kind (``channel`` or ``personal``) that were not counted; the most frequent first."""
    found = await db.rows(
        "SELECT split_part(d.value, ':', 1) AS verdict, substr(d.value, strpos(d.value, ':') + 1) AS reason, "
        f"sum(d.clicks)::bigint AS hits {CLICKED} AND d.dimension = 'excluded' AND l.kind = $5 "
        "GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        *msgspec.structs.astuple(scope),
        kind,
    )
    return [Excluded(**row) for row in found]


async def first_day(workspace_id: UUID, job_id: UUID | None) -> date | None:
    """The day of the first hit or the first person; None: nothing has happened yet."""
    first: date | None = await db.value(
        "SELECT least("
        "(SELECT min(d.day) FROM click_daily d JOIN link l ON l.workspace_id = d.workspace_id AND l.id = d.link_id "
        "WHERE d.workspace_id = $1 AND d.dimension = 'verdict' AND ($2::uuid IS NULL OR l.job_id = $2)), "
        "(SELECT min(a.created_at AT TIME ZONE w.timezone)::date FROM application a JOIN workspace w ON w.id = a.workspace_id "
        "WHERE a.workspace_id = $1 AND ($2::uuid IS NULL OR a.job_id = $2)))",
        workspace_id,
        job_id,
    )
    return first


async def figures_of_jobs(workspace_id: UUID, job_ids: Sequence[UUID]) -> list[db.Row]:
    """Job, name of the figure and number, of all time; nothing for what is 0."""
    return await db.rows(
        f"""
        SELECT l.job_id, name.figure, sum(d.clicks)::bigint AS number
        FROM click_daily d
        JOIN link l ON l.workspace_id = d.workspace_id AND l.id = d.link_id
        JOIN (VALUES ('verdict', 'clicks'), ('visitor', 'visitors'), ('landed', 'landed')) name (dimension, figure)
          ON name.dimension = d.dimension
        WHERE d.workspace_id = $1 AND l.job_id = ANY($2) AND {COUNTED}
        GROUP BY 1, 2
        UNION ALL
        SELECT a.job_id, step.figure, count(*)
        FROM application a,
          LATERAL (VALUES
            ('invited', a.captured_at IS NULL),
            ('captured', a.captured_at IS NOT NULL),
            ('started', a.started_at IS NOT NULL),
            ('completed', a.completed_at IS NOT NULL)
          ) step (figure, reached)
        WHERE a.workspace_id = $1 AND a.job_id = ANY($2) AND step.reached
        GROUP BY 1, 2
        """,
        workspace_id,
        list(job_ids),
    )


async def clicks_of_links(workspace_id: UUID, link_ids: Sequence[UUID]) -> list[db.Row]:
    """Link and taps by people, of all time."""
    return await db.rows(
        "SELECT link_id, sum(clicks)::bigint AS number FROM click_daily "
        "WHERE workspace_id = $1 AND link_id = ANY($2) AND dimension = 'verdict' AND value = 'person' GROUP BY link_id",
        workspace_id,
        list(link_ids),
    )


async def _hits(scope: Scope, dimension: str) -> BySource:
    found = await db.rows(
        f"SELECT l.id, sum(d.clicks)::bigint AS number {CLICKED} AND d.dimension = $5 AND {COUNTED} GROUP BY l.id",
        *msgspec.structs.astuple(scope),
        dimension,
    )
    return {row["id"]: row["number"] for row in found}


async def _people(scope: Scope, condition: str) -> BySource:
    """`condition`: a constant of this module."""
    found = await db.rows(
        f"SELECT l.id, l.id IS NULL AND a.door = 'landing' AS direct, count(*) AS number {ARRIVED} AND {condition} GROUP BY 1, 2",
        *msgspec.structs.astuple(scope),
    )
    return {row["id"] or (Origin.DIRECT if row["direct"] else Origin.INVITED): row["number"] for row in found}


async def _by_day(sql: str, scope: Scope) -> dict[date, int]:
    return {row["day"]: row["number"] for row in await db.rows(sql, *msgspec.structs.astuple(scope))}
