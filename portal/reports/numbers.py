"""The SQL of clicks in rows: how many each channel, link or job had. What clicks were, all together, is asked in `clicks`; people
are counted in `people`.

Running totals say it, kept beside the rollups: what stood at the end of a period less what stood before it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.reports.kept import click_folds
from portal.reports.kept.blocks import days_in
from portal.reports.scope import CHANNEL, By, Query, Scope, in_time, links, on_days, single


class Origin(StrEnum):
    """Where somebody came from who has no channel link."""

    DIRECT = "direct"
    INVITED = "invited"


Source = UUID | Origin
"""The id of a channel or channel link, or what there is instead."""
Numbers = dict[Source, int]
FEW_HITS = 1_500
"""In a view of links under filters: so many are looked up one by one."""


TOTALS = ("clicks", "visitors", "landed")
"""The columns of running totals."""


class Taps(msgspec.Struct, frozen=True):
    """Of people on channel links, in rows."""

    clicks: Numbers
    """Hits of the scope's verdict, if it asks for another."""
    visitors: Numbers
    """Different people behind the taps, counted anew each day and for each link: the salt of their mark changes daily."""
    landed: Numbers
    """Taps whose page was shown."""
    unknown: frozenset[str] = frozenset()
    """Which of these stand empty because they are too many to be counted one by one, and nothing else tells them."""


async def taps(scopes: Sequence[Scope], by: By) -> list[Taps]:
    """Without filters; of periods at one place, each just before the last one."""
    found = await _totals(scopes, by)
    return [Taps(_of(found, "clicks", n), _of(found, "visitors", n), _of(found, "landed", n)) for n in range(len(scopes))]


def _of(found: Sequence[db.Row], name: str, n: int) -> Numbers:
    return {row["key"]: row[f"{name}_{n}"] for row in found if row[f"{name}_{n}"]}


async def taps_of_links(scopes: Sequence[Scope]) -> list[Taps]:
    """Under filters, or of another verdict; of periods as in `taps`."""
    scope = scopes[0]
    if "clicks" in scope.unknown:
        return [Taps({}, {}, {}) for _ in scopes]
    known, few = await db.side_by_side(_known(scopes), _are_few(scopes))
    if few:
        return await _one_by_one(scopes)
    if scope.is_mixed:
        return [Taps({}, {}, {}, frozenset({"clicks", "landed"})) for _ in scopes]
    return [Taps(clicks, {}, {}, frozenset({"landed"})) for clicks in await _under_one_filter(scopes, known)]


def _all_of(scopes: Sequence[Scope]) -> Scope:
    return msgspec.structs.replace(scopes[0], start=scopes[-1].start)


async def _are_few(scopes: Sequence[Scope]) -> bool:
    """As many as can be looked up while somebody waits, whatever their verdict: an index says so, and stops at one more. Where
    people's taps alone are too many, totals say so without a look at months of clicks."""
    q, scope, most = Query(), _all_of(scopes), FEW_HITS * len(scopes)
    if not scope.values:
        return False
    if scope.channel_id and sum(row["clicks_0"] for row in await _totals([scope], By.CHANNEL)) > most:
        return False
    hits = f"SELECT FROM click c WHERE c.link_id = l.id AND {in_time(scope, q)} LIMIT {most + 1}"
    found = f"SELECT FROM l CROSS JOIN LATERAL ({hits}) c LIMIT {most + 1}"
    return bool(await db.value(f"{links(scope, q)} SELECT count(*) <= {most} FROM ({found}) h", *q.args))


async def _one_by_one(scopes: Sequence[Scope]) -> list[Taps]:
    q, scope = Query(), _all_of(scopes)
    found = await db.rows(
        f"{links(scope, q)} SELECT l.id AS key, c.day < {q(scopes[0].start)} AS before, count(*) AS clicks, "
        "count(landing.click_id) AS landed FROM l "
        # From each link to its clicks by an index, whatever the planner thinks of how many there are.
        f"CROSS JOIN LATERAL (SELECT c.id, c.day FROM click c WHERE c.link_id = l.id AND {single(scope, q)} "
        f"AND c.verdict = {q(scope.verdict.value)} OFFSET 0) c LEFT JOIN landing ON landing.click_id = c.id GROUP BY 1, 2",
        *q.args,
    )
    made = [Taps({}, {}, {}) for _ in scopes]
    for row in found:
        taps = made[row["before"]]
        taps.clicks[row["key"]] = row["clicks"]
        if "landed" not in scope.unknown:
            taps.landed[row["key"]] = row["landed"]
    return made


Known = list[tuple[Counter[UUID], list[date]]]
"""Of each period, what lines say, and the days that they do not know."""


async def _known(scopes: Sequence[Scope]) -> Known:
    """Lines know it of the links of one channel under one filter."""
    if scopes[0].channel_id and not scopes[0].is_mixed:
        return await click_folds.taps_of_links(scopes)
    return [(Counter(), days_in(scope.start, scope.end)) for scope in scopes]


async def _under_one_filter(scopes: Sequence[Scope], known: Known) -> list[Numbers]:
    made = [Counter[Source](taps) for taps, _ in known]
    for row in await _of_days(scopes, sorted(day for _, days in known for day in days)):
        made[row["before"]][row["key"]] += row["number"]
    return [dict(taps) for taps in made]


async def _of_days(scopes: Sequence[Scope], days: Sequence[date]) -> list[db.Row]:
    """As rollups have it."""
    if not days:
        return []
    q, scope = Query(), scopes[0]
    dimension, value = scope.filters[0]
    return await db.rows(
        f"{links(scope, q)} SELECT l.id AS key, d.day < {q(scope.start)} AS before, sum(d.clicks)::bigint AS number "
        f"FROM l JOIN click_daily d ON d.link_id = l.id WHERE d.workspace_id = {q(scope.workspace_id)} "
        f"AND d.dimension = {q(dimension)} AND d.value = {q(value)} AND d.{on_days(days, q)} GROUP BY 1, 2",
        *q.args,
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
    """Job, clicks, visitors and landed, of all time; no line for a job that has none."""
    return await _of_all_time(workspace_id, job_ids, f"owner_id AS job_id, {', '.join(TOTALS)}")


async def clicks_of_links(workspace_id: UUID, link_ids: Sequence[UUID]) -> list[db.Row]:
    """Link and taps by people, of all time."""
    return await _of_all_time(workspace_id, link_ids, "owner_id AS link_id, clicks AS number")


async def _of_all_time(workspace_id: UUID, owners: Sequence[UUID], columns: str) -> list[db.Row]:
    return await db.rows(
        f"SELECT t.* FROM unnest($2::uuid[]) o (id) CROSS JOIN LATERAL (SELECT {columns} FROM click_total "
        "WHERE workspace_id = $1 AND owner_id = o.id ORDER BY day DESC LIMIT 1) t",
        workspace_id,
        list(owners),
    )


async def _totals(scopes: Sequence[Scope], by: By) -> list[db.Row]:
    """What stood at the end of a period less what stood before it: for each link one look at an index, and one more for each
    period, however long they are. All links of a channel have totals of their own."""
    scope, q = scopes[0], Query()
    if by is By.CHANNEL and scope.owner and scope.owner in (scope.workspace_id, scope.channel_id):
        only = f" AND id = {q(scope.channel_id)}" if scope.channel_id else ""
        owners = f"WITH o AS (SELECT id, id AS key FROM channel WHERE workspace_id = {q(scope.workspace_id)}{only})"
    else:
        owners = f"{links(scope, q)}, o AS (SELECT id, {by} AS key FROM l)"
    total = f"SELECT {', '.join(TOTALS)} FROM click_total WHERE owner_id = o.id AND day"
    before = "".join(
        f"LEFT JOIN LATERAL ({total} < {q(one.start)} {'AND FALSE ' if one.is_from_the_first else ''}"
        f"ORDER BY day DESC LIMIT 1) t{n} ON true "
        for n, one in enumerate(scopes, 1)
    )
    ended = f"({total} BETWEEN {q(scopes[-1].start)} AND {q(scope.end)} ORDER BY day DESC LIMIT 1) t0"
    numbers = ", ".join(
        f"sum(coalesce(t{n}.{name}, 0) - coalesce(t{n + 1}.{name}, 0))::bigint AS {name}_{n}"
        for n in range(len(scopes))
        for name in TOTALS
    )
    return await db.rows(f"{owners} SELECT o.key, {numbers} FROM o CROSS JOIN LATERAL {ended} {before} GROUP BY 1", *q.args)
