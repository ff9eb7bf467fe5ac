"""The SQL of every number of clicks that members see: one figure a function. People are counted in `people`.

What was clicked comes from the rollups of links, and from the sums kept beside them: running totals of a link, and days and hours
of a whole workspace. Filters of apps, devices and the like read the mixes; where there are none, the single clicks of the period
are counted, and the page says so.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.clicks.verdicts import Verdict
from portal.reports import folds
from portal.reports.clocks import clock_spans
from portal.reports.scope import CHANNEL, COLUMN, By, Dimension, Query, Scope, at_place, daily, links, mixes, single


class Origin(StrEnum):
    """Where somebody came from who has no channel link."""

    DIRECT = "direct"
    INVITED = "invited"


Source = UUID | Origin
"""The id of a channel or channel link, or what there is instead."""
Numbers = dict[Source, int]
PERSONAL = "personal"
"""The kind of the links in messages."""


class Excluded(msgspec.Struct, frozen=True):
    """Hits that are no person's, and why."""

    verdict: str
    reason: str
    hits: int


class Counted(msgspec.Struct, frozen=True):
    """Clicks with one value of a dimension."""

    value: str
    clicks: int


class Taps(msgspec.Struct, frozen=True):
    """Of people on channel links, in rows."""

    clicks: Numbers
    """Hits of the scope's verdict, if it asks for another."""
    visitors: Numbers
    """Different people behind the taps, counted anew each day and for each link: the salt of their mark changes daily."""
    landed: Numbers
    """Taps whose page was shown."""


async def taps(scope: Scope, by: By) -> Taps:
    if scope.is_narrowed:
        return Taps(await _clicks(scope, by), {}, await _landed(scope, by))
    found: dict[str, Numbers] = {"verdict": {}, "visitor": {}, "landed": {}}
    for row in await _totals(scope, by):
        found[row["dimension"]][row["key"]] = row["number"]
    return Taps(found["verdict"], found["visitor"], found["landed"])


async def _clicks(scope: Scope, by: By) -> Numbers:
    if scope.zone:
        return {}
    q = Query()
    return await _by_key(
        f"SELECT h.{by} AS key, sum(h.clicks)::bigint AS number FROM ({_narrowed(scope, q, by)}) h GROUP BY 1", q
    )


async def _landed(scope: Scope, by: By) -> Numbers:
    if "landed" in scope.unknown:
        return {}
    q = Query()
    if scope.mixer and by is By.CHANNEL:
        parts, days = await folds.read(scope, "landed")
        found: Mapping[Any, int] = await _by_key(
            "SELECT m.channel_id AS key, sum(m.landed)::bigint AS number FROM click_mix m "
            f"WHERE {_mixed(scope, q, days)} GROUP BY 1 HAVING sum(m.landed) > 0",
            q,
        )
        return {key: parts.landed[key] + found.get(key, 0) for key in parts.landed.keys() | found.keys()}
    return await _by_key(
        f"{links(scope, q)} SELECT l.{by} AS key, count(*) AS number FROM click c JOIN l ON l.id = c.link_id "
        f"JOIN landing ON landing.click_id = c.id WHERE {single(scope, q)} AND c.verdict = 'person' GROUP BY 1",
        q,
    )


async def clicks_by_day(scope: Scope) -> dict[date, int]:
    if scope.zone:
        return {}
    parts, days = await _folded(scope, "hours")
    q = Query()
    source = (
        _narrowed(scope, q, By.CHANNEL)
        if scope.is_narrowed
        else f"SELECT * FROM ({_days(scope, q, ['verdict'], days)}) d WHERE value = 'person'"
    )
    sql = f"SELECT h.day, sum(h.clicks)::bigint AS number FROM ({source}) h GROUP BY 1"
    return dict(parts.days + Counter({row["day"]: row["number"] for row in await db.rows(sql, *q.args)}))


async def clicks_by_hour(scope: Scope) -> dict[tuple[int, int], int]:
    """By day of the week (Monday is 1) and hour of the day in the workspace's zone.

    Rollups keep whole hours of UTC: where clocks differ from it by half an hour, so may the hours here.
    """
    if scope.zone:
        return {}
    if scope.mixer and scope.values:
        return await _mixed_hours(scope)
    parts, days = await _folded(scope, "hours")
    return dict(parts.hours + Counter(await _hours_one_by_one(scope, days)))


async def _folded(scope: Scope, name: str) -> tuple[folds.Parts, Sequence[date] | None]:
    """Of a long period without filters, and the days that are left; None: all of it is."""
    return await folds.read(scope, name) if scope.is_long and not scope.values and folds.know(scope) else (folds.Parts(), None)


async def _hours_one_by_one(scope: Scope, days: Sequence[date] | None) -> dict[tuple[int, int], int]:
    """Of all days, or of some."""
    if days:
        scope = msgspec.structs.replace(scope, start=days[0], end=days[-1])
    q = Query()
    source = _single_hours(scope, q) if scope.values else _hours(scope, q, days)
    found = await db.rows(
        f"SELECT (extract(epoch FROM h.at)::bigint + {_ahead(scope, q)}) / 3600 % 168 AS hour, sum(h.clicks)::bigint AS number "
        f"FROM ({source}) h GROUP BY 1",
        *q.args,
    )
    return {_of_week(row["hour"]): row["number"] for row in found}


def _ahead(scope: Scope, q: Query) -> str:
    """Seconds that the workspace's clock is ahead of UTC. It changes twice a year: to ask the database's calendar for each of
    thousands of hours takes longer than all the rest."""
    spans = clock_spans(scope.begins_at, scope.ends_at)
    whens = "".join(f"WHEN h.at < {q(until)} THEN {ahead} " for until, ahead in spans[:-1])
    return f"CASE {whens}ELSE {spans[-1][1]} END" if whens else str(spans[-1][1])


def _of_week(hour: int) -> tuple[int, int]:
    """Of hours since the beginning of 1970, a Thursday, less whole weeks: day of the week and hour of the day."""
    return (hour // 24 + 3) % 7 + 1, hour % 24


async def clicks_by_value(scope: Scope) -> dict[Dimension, list[Counted]]:
    """What the clicks came from, the most frequent first. Of hits that are no person's only if a filter asks for one of these."""
    if scope.zone or (scope.verdict is not Verdict.PERSON and not scope.values):
        return {}
    if scope.mixer and scope.values:
        return await _mixed_values(scope)
    parts, days = await _folded(scope, "values")
    q = Query()
    source = _single_values(scope, q) if scope.values else _days(scope, q, list(Dimension), days)
    sql = f"SELECT h.dimension, h.value, sum(h.clicks)::bigint AS number FROM ({source}) h GROUP BY 1, 2"
    for row in await db.rows(sql, *q.args):
        parts.values[row["dimension"]][row["value"]] += row["number"]
    return {dimension: _ranked(parts.values[dimension]) for dimension in Dimension}


async def excluded(scope: Scope) -> dict[str, list[Excluded]]:
    """Hits that were not counted, by the kind of their link (``channel`` or ``personal``); the most frequent first."""
    q = Query()
    parts, days = await folds.read(scope, "excluded") if scope.values and scope.mixer else (folds.Parts(), None)
    if days is not None:
        source = _mixed_excluded(scope, q, days)
    else:
        source = _single_excluded(scope, q) if scope.values else _excluded(scope, q)
    found = await db.rows(
        f"SELECT h.kind, h.verdict, h.reason, sum(h.hits)::bigint AS hits FROM ({source}) h GROUP BY 1, 2, 3",
        *q.args,
    )
    counts = parts.excluded + Counter({(row["kind"], row["verdict"], row["reason"]): row["hits"] for row in found})
    by_kind: dict[str, list[Excluded]] = {CHANNEL: [], PERSONAL: []}
    for (kind, verdict, reason), hits in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        by_kind[kind].append(Excluded(verdict, reason, hits))
    return by_kind


async def first_day(scope: Scope) -> date | None:
    """The day of the first hit or the first person at the place of `scope`, whenever; None: nothing has happened yet."""
    q = Query()
    first: date | None = await db.value(f"SELECT least(({_first_hit(scope, q)}), ({_first_person(scope, q)}))", *q.args)
    return first


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


def _narrowed(scope: Scope, q: Query, by: By) -> str:
    """Channel or link, day and number of what fits the filters, as rollups or as clicks have it."""
    if scope.is_mixed and scope.mixer and by is By.CHANNEL:
        return f"SELECT m.channel_id, m.day, m.clicks FROM click_mix m WHERE {_mixed(scope, q)}"
    if scope.is_mixed:
        return _single_days(scope, q)
    dimension, value = scope.values[0] if scope.values else ("verdict", scope.verdict.value)
    where = f"{daily(scope, q, [dimension])} AND d.value = {q(value)}"
    if scope.is_everywhere and by is By.CHANNEL:
        return (
            f"SELECT d.owner_id AS channel_id, d.day, d.clicks FROM channel c JOIN click_sum_daily d ON d.owner_id = c.id "
            f"WHERE c.workspace_id = {q(scope.workspace_id)} AND {where} AND d.kind = '{CHANNEL}'"
        )
    columns = "l.id, l.channel_id, d.day, d.clicks"
    return f"{links(scope, q)} SELECT {columns} FROM l JOIN click_daily d ON d.link_id = l.id WHERE {where}"


def _single_days(scope: Scope, q: Query) -> str:
    columns = f"l.id, l.channel_id, (c.at AT TIME ZONE {q(scope.timezone)})::date AS day, 1 AS clicks"
    where = f"{single(scope, q)} AND c.verdict = {q(scope.verdict.value)}"
    return f"{links(scope, q)} SELECT {columns} FROM click c JOIN l ON l.id = c.link_id WHERE {where}"


def _days(scope: Scope, q: Query, dimensions: Sequence[str], days: Sequence[date] | None = None) -> str:
    """Day, dimension, value and number, of all links of the scope; of all its days, or of some."""
    columns, where = "d.day, d.dimension, d.value, d.clicks", daily(scope, q, dimensions, days)
    if scope.owner:
        return f"SELECT {columns} FROM click_sum_daily d WHERE {where} AND d.owner_id = {q(scope.owner)} AND d.kind = '{CHANNEL}'"
    return f"{links(scope, q)} SELECT {columns} FROM l JOIN click_daily d ON d.link_id = l.id WHERE {where}"


def _hours(scope: Scope, q: Query, days: Sequence[date] | None = None) -> str:
    period = f"d.hour >= {q(scope.begins_at)} AND d.hour < {q(scope.ends_at)} AND d.verdict = {q(scope.verdict.value)}"
    where = f"d.workspace_id = {q(scope.workspace_id)} AND {period}"
    if days is not None:
        where += f" AND (d.hour AT TIME ZONE {q(scope.timezone)})::date = ANY({q(days)}::date[])"
    if scope.owner:
        return f"SELECT d.hour AS at, d.clicks FROM click_sum_hourly d WHERE {where} AND d.owner_id = {q(scope.owner)}"
    return f"{links(scope, q)} SELECT d.hour AS at, d.clicks FROM l JOIN click_hourly d ON d.link_id = l.id WHERE {where}"


def _excluded(scope: Scope, q: Query) -> str:
    parts = "split_part(d.value, ':', 1) AS verdict, substr(d.value, strpos(d.value, ':') + 1) AS reason, d.clicks AS hits"
    where = daily(scope, q, ["excluded"])
    if scope.owner:
        return f"SELECT d.kind, {parts} FROM click_sum_daily d WHERE {where} AND d.owner_id = {q(scope.owner)}"
    return f"SELECT l.kind, {parts} FROM click_daily d JOIN link l ON l.id = d.link_id WHERE {where} AND {at_place(scope, q)}"


def _mixed(scope: Scope, q: Query, days: Sequence[date] | None = None) -> str:
    """Of `click_mix m`: hits of the scope's verdict on channel links, of its days or some of them."""
    return f"{mixes(scope, q, days)} AND m.kind = '{CHANNEL}' AND m.verdict = {q(scope.verdict.value)}"


def _mixed_excluded(scope: Scope, q: Query, days: Sequence[date]) -> str:
    others = [verdict.value for verdict in Verdict if verdict is not Verdict.PERSON]
    where = f"{mixes(scope, q, days)} AND m.kind = ANY({q([CHANNEL, PERSONAL])}) AND m.verdict = ANY({q(others)})"
    return f"SELECT m.kind, m.verdict, m.reason, m.clicks AS hits FROM click_mix m WHERE {where} AND m.clicks <> 0"


async def _mixed_hours(scope: Scope) -> dict[tuple[int, int], int]:
    """As the workspace's clock said when they were counted."""
    parts, days = await folds.read(scope, "hours")
    q = Query()
    hours = ", ".join(f"sum(m.hours[{hour + 1}])" for hour in range(24))
    by_day = f"SELECT extract(isodow FROM m.day)::int, ARRAY[{hours}]::bigint[] FROM click_mix m"
    found = await db.rows(f"{by_day} WHERE {_mixed(scope, q, days)} GROUP BY 1", *q.args)
    return dict(parts.hours + Counter({(row[0], hour): number for row in found for hour, number in enumerate(row[1])}))


async def _mixed_values(scope: Scope) -> dict[Dimension, list[Counted]]:
    """The database puts alike clicks together; each counts with its value of every dimension."""
    parts, days = await folds.read(scope, "values")
    q = Query()
    names = ", ".join(Dimension)
    found = await db.rows(
        f"SELECT {names}, sum(m.clicks)::bigint AS number FROM click_mix m WHERE {_mixed(scope, q, days)} GROUP BY {names}",
        *q.args,
    )
    for row in found:
        for dimension in Dimension:
            parts.values[dimension][row[dimension]] += row["number"]
    return {dimension: _ranked(parts.values[dimension]) for dimension in Dimension}


def _ranked(counts: Counter[str]) -> list[Counted]:
    return [Counted(value, number) for value, number in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])) if number]


def _single_hours(scope: Scope, q: Query) -> str:
    where = f"{single(scope, q)} AND c.verdict = {q(scope.verdict.value)}"
    return f"{links(scope, q)} SELECT c.at, 1 AS clicks FROM click c JOIN l ON l.id = c.link_id WHERE {where}"


def _single_values(scope: Scope, q: Query) -> str:
    pairs = ", ".join(f"('{dimension}', {column})" for dimension, column in COLUMN.items())
    where = f"{single(scope, q)} AND c.verdict = {q(scope.verdict.value)}"
    return (
        f"{links(scope, q)} SELECT v.dimension, v.value, 1 AS clicks FROM click c JOIN l ON l.id = c.link_id "
        f"CROSS JOIN LATERAL (VALUES {pairs}) v (dimension, value) WHERE {where}"
    )


def _single_excluded(scope: Scope, q: Query) -> str:
    return (
        "SELECT l.kind, c.verdict, c.reason, 1 AS hits FROM click c JOIN link l ON l.id = c.link_id "
        f"WHERE {single(scope, q)} AND c.verdict <> 'person' AND {at_place(scope, q)}"
    )


async def _by_key(sql: str, q: Query) -> Numbers:
    return {row["key"]: row["number"] for row in await db.rows(sql, *q.args)}
