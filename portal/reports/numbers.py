"""The SQL of clicks in rows: how many each channel, link or job had. What clicks were, all together, is asked in `clicks`; people
are counted in `people`.

Running totals say it, kept beside the rollups: what stood at the end of a period less what stood before it.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.reports.clicks import narrowed
from portal.reports.scope import CHANNEL, By, Query, Scope, links, single


class Origin(StrEnum):
    """Where somebody came from who has no channel link."""

    DIRECT = "direct"
    INVITED = "invited"


Source = UUID | Origin
"""The id of a channel or channel link, or what there is instead."""
Numbers = dict[Source, int]


class Taps(msgspec.Struct, frozen=True):
    """Of people on channel links, in rows."""

    clicks: Numbers
    """Hits of the scope's verdict, if it asks for another."""
    visitors: Numbers
    """Different people behind the taps, counted anew each day and for each link: the salt of their mark changes daily."""
    landed: Numbers
    """Taps whose page was shown."""


async def taps(scope: Scope, by: By) -> Taps:
    """Without filters."""
    found: dict[str, Numbers] = {"verdict": {}, "visitor": {}, "landed": {}}
    for row in await _totals(scope, by):
        found[row["dimension"]][row["key"]] = row["number"]
    return Taps(found["verdict"], found["visitor"], found["landed"])


async def taps_of_links(scope: Scope) -> Taps:
    """Under filters."""
    clicks, landed = await db.side_by_side(_clicks(scope), _landed(scope))
    return Taps(clicks, {}, landed)


async def _clicks(scope: Scope) -> Numbers:
    if "clicks" in scope.unknown_of_links:
        return {}
    q = Query()
    source = _single(scope, q) if scope.is_mixed else narrowed(scope, q, By.LINK)
    return await _by_key(f"SELECT h.id AS key, sum(h.clicks)::bigint AS number FROM ({source}) h GROUP BY 1", q)


def _single(scope: Scope, q: Query) -> str:
    where = f"{single(scope, q)} AND c.verdict = {q(scope.verdict.value)}"
    return f"{links(scope, q)} SELECT l.id, 1 AS clicks FROM click c JOIN l ON l.id = c.link_id WHERE {where}"


async def _landed(scope: Scope) -> Numbers:
    if "landed" in scope.unknown_of_links:
        return {}
    q = Query()
    return await _by_key(
        f"{links(scope, q)} SELECT l.id AS key, count(*) AS number FROM click c JOIN l ON l.id = c.link_id "
        f"JOIN landing ON landing.click_id = c.id WHERE {single(scope, q)} AND c.verdict = 'person' GROUP BY 1",
        q,
    )


async def first_day(scope: Scope) -> date | None:
    """The day of the first hit or the first person at the place of `scope`, whenever; None: nothing has happened yet."""
    q = Query()
    first: date | None = await db.value(f"SELECT {first_day_of(scope, q)}", *q.args)
    return first


def first_day_of(scope: Scope, q: Query) -> str:
    """The same, as a value within a statement."""
    return f"least(({_first_hit(scope, q)}), ({_first_person(scope, q)}))"


def _first_hit(scope: Scope, q: Query) -> str:
    if scope.owner:
        return (
            f"SELECT min(day) FROM click_sum_daily WHERE owner_id = {q(scope.owner)} AND kind = '{CHANNEL}' "
            f"AND dimension = 'verdict' AND workspace_id = {q(scope.workspace_id)}"
        )
    # One look at an index for each link: there may be years of days behind it.
    return (
        f"{links(scope, q)} SELECT min(d.day) FROM l CROSS JOIN LATERAL "
        "(SELECT day FROM click_daily WHERE link_id = l.id AND dimension = 'verdict' ORDER BY day LIMIT 1) d"
    )


def _first_person(scope: Scope, q: Query) -> str:
    wanted = {
        "l.campaign_id": scope.campaign_id,
        "l.channel_id": scope.channel_id,
        "l.id": scope.link_id,
        "a.job_id": scope.job_id,
    }
    where = [f"a.workspace_id = {q(scope.workspace_id)}", *(f"{name} = {q(v)}" for name, v in wanted.items() if v is not None)]
    return (
        f"SELECT (a.created_at AT TIME ZONE {q(scope.timezone)})::date FROM application a LEFT JOIN link l ON l.id = a.link_id "
        f"WHERE {' AND '.join(where)} ORDER BY a.created_at LIMIT 1"
    )


async def clicks_of_jobs(workspace_id: UUID, job_ids: Sequence[UUID]) -> list[db.Row]:
    """Job, name of the figure and number, of all time; nothing for what is 0."""
    return await db.rows(
        "SELECT job.id AS job_id, name.figure, t.clicks AS number FROM unnest($2::uuid[]) job (id) "
        "CROSS JOIN (VALUES ('verdict', 'clicks'), ('visitor', 'visitors'), ('landed', 'landed')) name (dimension, figure) "
        "CROSS JOIN LATERAL (SELECT clicks FROM click_total WHERE workspace_id = $1 AND owner_id = job.id "
        "AND dimension = name.dimension ORDER BY day DESC LIMIT 1) t",
        workspace_id,
        list(job_ids),
    )


async def clicks_of_links(workspace_id: UUID, link_ids: Sequence[UUID]) -> list[db.Row]:
    """Link and taps by people, of all time."""
    return await db.rows(
        "SELECT l.id AS link_id, t.clicks AS number FROM unnest($2::uuid[]) l (id) CROSS JOIN LATERAL ("
        "SELECT clicks FROM click_total WHERE workspace_id = $1 AND owner_id = l.id AND dimension = 'verdict' "
        "ORDER BY day DESC LIMIT 1) t",
        workspace_id,
        list(link_ids),
    )


async def _totals(scope: Scope, by: By) -> list[db.Row]:
    """What stood at the end of the period less what stood before it: two looks at an index for each link, however long it is; all
    links of a workspace have totals by channel too."""
    q = Query()
    if scope.is_everywhere and by is By.CHANNEL:
        owners = f"WITH o AS (SELECT id, id AS key FROM channel WHERE workspace_id = {q(scope.workspace_id)})"
    else:
        owners = f"{links(scope, q)}, o AS (SELECT id, {by} AS key FROM l)"
    until = "SELECT clicks FROM click_total WHERE owner_id = o.id AND dimension = of.dimension AND day"
    return await db.rows(
        f"{owners} SELECT of.dimension, o.key, sum(ending.clicks - coalesce("
        f"({until} < {q(scope.start)} ORDER BY day DESC LIMIT 1), 0))::bigint AS number "
        "FROM o CROSS JOIN (VALUES ('verdict'), ('visitor'), ('landed')) of (dimension) CROSS JOIN LATERAL "
        f"({until} BETWEEN {q(scope.start)} AND {q(scope.end)} ORDER BY day DESC LIMIT 1) ending GROUP BY 1, 2",
        *q.args,
    )


async def _by_key(sql: str, q: Query) -> Numbers:
    return {row["key"]: row["number"] for row in await db.rows(sql, *q.args)}
