"""The SQL of what the hits of a scope were, all its links together: their days, hours and values, and what was not counted.

Without filters the rollups' sums say it; of days that are over, lines put together say all but the days. Filters of apps, devices
and the like read the mixes; where there are none, the single clicks of the period.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from portal import db
from portal.clicks.verdicts import Verdict
from portal.reports import click_folds
from portal.reports.blocks import days_in
from portal.reports.clocks import clock_spans
from portal.reports.scope import CHANNEL, COLUMN, By, Dimension, Query, Scope, at_place, daily, links, mixes, single
from portal.reports.tally import PERSONAL, Tally

FEW = 3
"""Days of which sums are read as quickly as lines."""
MIXED = ("channel_id", *Dimension, "reason")
"""What a mix counts once for."""


async def read(scope: Scope) -> Tally:
    """Of hits on channel links with the scope's verdict, and of what was not counted on any link."""
    tally = Tally()
    if not scope.values:
        await db.side_by_side(_read_sums(scope, tally), _read_narrowed(scope, tally))
    elif scope.mixer is None:
        await db.side_by_side(_read_clicks(scope, tally), _read_narrowed(scope, tally))
    else:
        await db.side_by_side(_read_mixes(scope, tally), _read_narrowed(scope, tally))
    return tally


# ---- Without filters -------------------------------------------------------------------------------------------------------


async def _read_sums(scope: Scope, tally: Tally) -> None:
    if scope.is_narrowed:
        left = days_in(scope.start, scope.end)
    else:
        left = await click_folds.read(scope, tally) if (scope.end - scope.start).days >= FEW else days_in(scope.start, scope.end)
    rest = _only(scope, left)
    await db.side_by_side(_add_sums(scope, rest, left, tally), _add_hours(scope, rest, left, tally))


def _only(scope: Scope, days: Sequence[date]) -> Scope | None:
    """From the first of these days to the last one."""
    return msgspec.structs.replace(scope, start=days[0], end=days[-1]) if days else None


async def _add_sums(scope: Scope, rest: Scope | None, left: Sequence[date], tally: Tally) -> None:
    """Days of all the period; values and what was not counted, of those that are left."""
    q = Query()
    sources = [] if scope.is_narrowed else [_sums(scope, q, ["verdict"], f"d.value = {q(scope.verdict.value)}")]
    if rest:
        dimensions = [] if scope.is_narrowed else list(Dimension)
        days = f"d.day = ANY({q(left)}::date[])"
        sources += [_sums(rest, q, dimensions, days)] if dimensions else []
        sources.append(_excluded(rest, q, days))
    found = await db.rows(
        "SELECT d.kind, d.dimension, d.value, CASE WHEN d.dimension = 'verdict' THEN d.day END AS day, "
        f"sum(d.clicks)::bigint AS number FROM ({' UNION ALL '.join(sources)}) d GROUP BY 1, 2, 3, 4",
        *q.args,
    )
    for row in found:
        if row["dimension"] == "verdict":
            tally.days[row["day"]] += row["number"]
        elif row["dimension"] == "excluded":
            verdict, reason = row["value"].split(":", 1)
            tally.add_excluded(row["kind"], verdict, reason, row["number"])
        else:
            tally.values[row["dimension"]][row["value"]] += row["number"]


COLUMNS = "d.dimension, d.value, d.day, d.clicks"


def _sums(scope: Scope, q: Query, dimensions: Sequence[str], where: str) -> str:
    """Of all channel links of the scope."""
    where = f"{daily(scope, q, dimensions)} AND {where}"
    if scope.owner:
        owned = f"d.owner_id = {q(scope.owner)} AND d.kind = '{CHANNEL}'"
        return f"SELECT d.kind, {COLUMNS} FROM click_sum_daily d WHERE {where} AND {owned}"
    of_links = f"SELECT l.kind, {COLUMNS} FROM l JOIN click_daily d ON d.link_id = l.id WHERE {where}"
    return f"({links(scope, q)} {of_links})"


def _excluded(scope: Scope, q: Query, where: str) -> str:
    where = f"{daily(scope, q, ['excluded'])} AND {where}"
    if scope.owner:
        return f"SELECT d.kind, {COLUMNS} FROM click_sum_daily d WHERE {where} AND d.owner_id = {q(scope.owner)}"
    return f"SELECT l.kind, {COLUMNS} FROM click_daily d JOIN link l ON l.id = d.link_id WHERE {where} AND {at_place(scope, q)}"


async def _add_hours(scope: Scope, rest: Scope | None, left: Sequence[date], tally: Tally) -> None:
    """Rollups keep whole hours of UTC: where clocks differ from it by half an hour, so may the hours here."""
    if rest is None or scope.zone:
        return
    q = Query()
    period = f"d.hour >= {q(rest.begins_at)} AND d.hour < {q(rest.ends_at)} AND d.verdict = {q(scope.verdict.value)}"
    if len(left) < len(days_in(rest.start, rest.end)):
        period += f" AND (d.hour AT TIME ZONE {q(scope.timezone)})::date = ANY({q(left)}::date[])"
    where = f"d.workspace_id = {q(scope.workspace_id)} AND {period}"
    if scope.owner:
        source = f"SELECT d.hour AS at, d.clicks FROM click_sum_hourly d WHERE {where} AND d.owner_id = {q(scope.owner)}"
    else:
        of_links = f"SELECT d.hour AS at, d.clicks FROM l JOIN click_hourly d ON d.link_id = l.id WHERE {where}"
        source = f"{links(scope, q)} {of_links}"
    found = await db.rows(
        f"SELECT (extract(epoch FROM h.at)::bigint + {_ahead(rest, q)}) / 3600 % 168 AS hour, sum(h.clicks)::bigint AS number "
        f"FROM ({source}) h GROUP BY 1",
        *q.args,
    )
    tally.hours.update({_of_week(row["hour"]): row["number"] for row in found})


def _ahead(scope: Scope, q: Query) -> str:
    """Seconds that the workspace's clock is ahead of UTC. It changes twice a year: to ask the database's calendar for each of
    thousands of hours takes longer than all the rest."""
    spans = clock_spans(scope.begins_at, scope.ends_at)
    whens = "".join(f"WHEN h.at < {q(until)} THEN {ahead} " for until, ahead in spans[:-1])
    return f"CASE {whens}ELSE {spans[-1][1]} END" if whens else str(spans[-1][1])


def _of_week(hour: int) -> tuple[int, int]:
    """Of hours since the beginning of 1970, a Thursday, less whole weeks: day of the week and hour of the day."""
    return (hour // 24 + 3) % 7 + 1, hour % 24


# ---- Under filters ---------------------------------------------------------------------------------------------------------


async def _read_narrowed(scope: Scope, tally: Tally) -> None:
    """Days, where rollups of one dimension say them; of another verdict than people's, channels too."""
    if not scope.is_narrowed or scope.is_mixed or scope.zone:
        return
    q, days_alone = Query(), bool(scope.values)
    if days_alone and scope.owner:
        dimension, value = scope.values[0]
        source = _sums(scope, q, [dimension], f"d.value = {q(value)}")
    else:
        source = narrowed(scope, q, By.CHANNEL)
    sets = "(h.day)" if days_alone else "(h.day), (h.channel_id)"
    channel = "NULL::uuid" if days_alone else "h.channel_id"
    grouped = f"SELECT h.day, {channel} AS channel_id, sum(h.clicks)::bigint AS number FROM ({source}) h"
    found = await db.rows(f"{grouped} GROUP BY GROUPING SETS ({sets})", *q.args)
    tally.days.update({row["day"]: row["number"] for row in found if row["day"] is not None})
    tally.channels.update({row["channel_id"]: row["number"] for row in found if row["day"] is None})


def narrowed(scope: Scope, q: Query, by: By) -> str:
    """Channel or link, day and number of what fits the one filter of a scope, as rollups have it."""
    dimension, value = scope.values[0] if scope.values else ("verdict", scope.verdict.value)
    where = f"{daily(scope, q, [dimension])} AND d.value = {q(value)}"
    if scope.is_everywhere and by is By.CHANNEL:
        return (
            f"SELECT d.owner_id AS channel_id, d.day, d.clicks FROM channel c JOIN click_sum_daily d ON d.owner_id = c.id "
            f"WHERE c.workspace_id = {q(scope.workspace_id)} AND {where} AND d.kind = '{CHANNEL}'"
        )
    columns = "l.id, l.channel_id, d.day, d.clicks"
    return f"{links(scope, q)} SELECT {columns} FROM l JOIN click_daily d ON d.link_id = l.id WHERE {where}"


async def _read_mixes(scope: Scope, tally: Tally) -> None:
    """The database puts alike clicks together; each counts once for every column."""
    left = await click_folds.read(scope, tally)
    rest = _only(scope, left)
    if rest is None:
        return
    q = Query()
    days = None if len(left) == len(days_in(rest.start, rest.end)) else left
    counted = f"{_is_counted(scope, q, 'm')} AND m.kind = '{CHANNEL}'"
    # All of them: the index goes by kind and verdict before it goes by day.
    anything = f"m.kind = ANY({q([CHANNEL, PERSONAL])}) AND m.verdict = ANY({q(list(Verdict))})"
    source = f"SELECT m.*, {counted} AS counted, m.clicks AS number FROM click_mix m WHERE {mixes(rest, q, days)} AND {anything}"
    await db.side_by_side(_add_groups(MIXED, scope, source, q, tally), _add_mixed_hours(scope, rest, days, tally))


async def _add_mixed_hours(scope: Scope, rest: Scope, days: Sequence[date] | None, tally: Tally) -> None:
    """As the workspace's clock said when they were counted."""
    if scope.zone:
        return
    q = Query()
    hours = ", ".join(f"sum(m.hours[{hour + 1}])" for hour in range(24))
    where = f"{mixes(rest, q, days)} AND m.kind = '{CHANNEL}' AND m.verdict = {q(scope.verdict.value)}"
    found = await db.rows(
        f"SELECT extract(isodow FROM m.day)::int, ARRAY[{hours}]::bigint[] FROM click_mix m WHERE {where} GROUP BY 1", *q.args
    )
    tally.hours.update({(row[0], hour): number for row in found for hour, number in enumerate(row[1]) if number})


async def _read_clicks(scope: Scope, tally: Tally) -> None:
    q = Query()
    columns = ", ".join(f"{column} AS {dimension}" for dimension, column in COLUMN.items())
    local = f"c.at AT TIME ZONE {q(scope.timezone)}"
    source = (
        f"SELECT l.kind, l.channel_id, c.verdict, c.reason, {columns}, ({local})::date AS day, 1 AS number, "
        f"extract(isodow FROM {local})::integer * 24 + extract(hour FROM {local})::integer AS hour, "
        f"(EXISTS (SELECT FROM landing WHERE landing.click_id = c.id))::integer AS landed, "
        f"{_is_counted(scope, q, 'c')} AND l.kind = '{CHANNEL}' AS counted "
        f"FROM click c JOIN link l ON l.id = c.link_id WHERE {single(scope, q)} AND {at_place(scope, q)}"
    )
    await _add_groups(("hour", *MIXED), scope, source, q, tally)


def _is_counted(scope: Scope, q: Query, of: str) -> str:
    """Nobody knows the time zone of a click."""
    return "FALSE" if scope.zone else f"{of}.verdict = {q(scope.verdict.value)}"


async def _add_groups(names: Sequence[str], scope: Scope, source: str, q: Query, tally: Tally) -> None:
    """Days are added only where no rollup says them."""
    names = ("day", *names) if scope.is_mixed else names
    sets = ", ".join("(m.kind, m.verdict, m.reason)" if name == "reason" else f"(m.counted, m.{name})" for name in names)
    grouped = ", ".join(f"m.{name}" for name in names)
    found = await db.rows(
        f"SELECT GROUPING({grouped}) AS mask, m.counted, m.kind, m.verdict, {grouped}, sum(m.number)::bigint AS number, "
        f"sum(m.landed)::bigint AS landed FROM ({source}) m GROUP BY GROUPING SETS ({sets})",
        *q.args,
    )
    # A bit for each column, the first one the highest, set in the groups that leave it out.
    of_mask = {(1 << len(names)) - 1 - (1 << place): name for place, name in enumerate(reversed(names))}
    for row in found:
        tally.add(of_mask[row["mask"]], row)
