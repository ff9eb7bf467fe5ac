"""The SQL of what the hits of a scope were, all its links together: their days, hours and values, and what was not counted.

Of days that are over, lines put together say it; of the others the rollups' sums without filters, and the mixes under filters of
apps, devices and the like, or single clicks of one link. Of several filters at once blocks of mixes say it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from portal import db
from portal.clicks.verdicts import Verdict
from portal.reports.clocks import clock_spans
from portal.reports.kept import click_folds, mix_folds
from portal.reports.kept.blocks import Block, days_in
from portal.reports.scope import CHANNEL, COLUMN, Dimension, Query, Scope, at_place, daily, links, mixes, single
from portal.reports.tally import PERSONAL, Tally

FEW = 3
"""Days of which sums are read as quickly as lines."""
COUNTED = ("channel_id", *Dimension)
"""What a tap counts once for."""


async def read(scope: Scope) -> Tally:
    """Of hits on channel links with the scope's verdict, and of what was not counted on any link. Beside another period, only
    days and channels can be relied on."""
    tally = Tally()
    if not (scope.values or scope.reads_mixes):
        await _read_sums(scope, tally)
    elif scope.mixer is None:
        await _read_clicks(scope, await click_folds.read_link(scope, tally), tally)
    else:
        await _read_mixes(scope, tally)
    return tally


# ---- Without filters, or of another verdict --------------------------------------------------------------------------------


async def _read_sums(scope: Scope, tally: Tally) -> None:
    short = (scope.end - scope.start).days < FEW
    known = None if short else await click_folds.read(scope, tally)
    left = days_in(scope.start, scope.end) if known is None else known
    await db.side_by_side(_add_days(scope, left, tally), _add_channels(scope, left, tally), _add_hours(scope, left, tally))


def _spans(scope: Scope, days: Sequence[date]) -> list[Scope]:
    """The scope, for each row of days without a gap."""
    starts = [day for place, day in enumerate(days) if not place or (day - days[place - 1]).days > 1]
    ends = [day for place, day in enumerate(days) if place + 1 == len(days) or (days[place + 1] - day).days > 1]
    return [msgspec.structs.replace(scope, start=start, end=end) for start, end in zip(starts, ends, strict=True)]


async def _add_days(scope: Scope, left: Sequence[date], tally: Tally) -> None:
    """And values, and what was not counted."""
    q = Query()
    sources = [source for span in _spans(scope, left) for source in _of_days(span, q)]
    if not sources:
        return
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


def _of_days(scope: Scope, q: Query) -> Iterator[str]:
    if not scope.zone:
        yield _sums(scope, q, ["verdict"], scope.verdict.value)
    if not (scope.is_narrowed or scope.is_beside):
        yield _sums(scope, q, list(Dimension))
    if not scope.is_beside:
        yield _excluded(scope, q)


COLUMNS = "d.dimension, d.value, d.day, d.clicks"


def _sums(scope: Scope, q: Query, dimensions: Sequence[str], value: str | None = None) -> str:
    """Of all channel links of the scope; of one value, or of all."""
    where = daily(scope, q, dimensions) + ("" if value is None else f" AND d.value = {q(value)}")
    if scope.owner:
        owned = f"d.owner_id = {q(scope.owner)} AND d.kind = '{CHANNEL}'"
        return f"SELECT d.kind, {COLUMNS} FROM click_sum_daily d WHERE {where} AND {owned}"
    of_links = f"SELECT l.kind, {COLUMNS} FROM l JOIN click_daily d ON d.link_id = l.id WHERE {where}"
    return f"({links(scope, q)} {of_links})"


def _excluded(scope: Scope, q: Query) -> str:
    where = daily(scope, q, ["excluded"])
    if scope.owner:
        return f"SELECT d.kind, {COLUMNS} FROM click_sum_daily d WHERE {where} AND d.owner_id = {q(scope.owner)}"
    return f"SELECT l.kind, {COLUMNS} FROM click_daily d JOIN link l ON l.id = d.link_id WHERE {where} AND {at_place(scope, q)}"


async def _add_channels(scope: Scope, left: Sequence[date], tally: Tally) -> None:
    """Of people's taps, totals of channels say it."""
    if not left or scope.zone or scope.verdict is Verdict.PERSON:
        return
    q = Query()
    source = " UNION ALL ".join(f"({_narrowed(span, q)})" for span in _spans(scope, left))
    found = await db.rows(f"SELECT h.channel_id, sum(h.clicks)::bigint AS number FROM ({source}) h GROUP BY 1", *q.args)
    tally.channels.update({row["channel_id"]: row["number"] for row in found})


async def _add_hours(scope: Scope, left: Sequence[date], tally: Tally) -> None:
    """Rollups keep whole hours of UTC: where clocks differ from it by half an hour, so may the hours here."""
    if not left or scope.zone or scope.is_beside:
        return
    q, scope = Query(), msgspec.structs.replace(scope, start=left[0], end=left[-1])
    source = " UNION ALL ".join(f"({_hours(span, q)})" for span in _spans(scope, left))
    found = await db.rows(
        f"SELECT (extract(epoch FROM h.at)::bigint + {_ahead(scope, q)}) / 3600 % 168 AS hour, "
        f"sum(h.clicks)::bigint AS number FROM ({source}) h GROUP BY 1",
        *q.args,
    )
    tally.hours.update({_of_week(row["hour"]): row["number"] for row in found})


def _hours(scope: Scope, q: Query) -> str:
    where = f"d.workspace_id = {q(scope.workspace_id)} AND d.hour >= {q(scope.begins_at)} AND d.hour < {q(scope.ends_at)}"
    where += f" AND d.verdict = {q(scope.verdict.value)}"
    if scope.owner:
        return f"SELECT d.hour AS at, d.clicks FROM click_sum_hourly d WHERE {where} AND d.owner_id = {q(scope.owner)}"
    return f"{links(scope, q)} SELECT d.hour AS at, d.clicks FROM l JOIN click_hourly d ON d.link_id = l.id WHERE {where}"


def _ahead(scope: Scope, q: Query) -> str:
    """Seconds that the workspace's clock is ahead of UTC. It changes twice a year: to ask the database's calendar for each of
    thousands of hours takes longer than all the rest."""
    found = clock_spans(scope.begins_at, scope.ends_at)
    whens = "".join(f"WHEN h.at < {q(until)} THEN {ahead} " for until, ahead in found[:-1])
    return f"CASE {whens}ELSE {found[-1][1]} END" if whens else str(found[-1][1])


def _of_week(hour: int) -> tuple[int, int]:
    """Of hours since the beginning of 1970, a Thursday, less whole weeks: day of the week and hour of the day."""
    return (hour // 24 + 3) % 7 + 1, hour % 24


# ---- Under filters ---------------------------------------------------------------------------------------------------------


def _narrowed(scope: Scope, q: Query) -> str:
    """Channel, day and number of what fits the one filter of a scope, as rollups have it."""
    dimension, value = scope.filters[0]
    where = f"{daily(scope, q, [dimension])} AND d.value = {q(value)}"
    if scope.is_everywhere:
        return (
            f"SELECT d.owner_id AS channel_id, d.day, d.clicks FROM channel c JOIN click_sum_daily d ON d.owner_id = c.id "
            f"WHERE c.workspace_id = {q(scope.workspace_id)} AND {where} AND d.kind = '{CHANNEL}'"
        )
    return f"{links(scope, q)} SELECT l.channel_id, d.day, d.clicks FROM l JOIN click_daily d ON d.link_id = l.id WHERE {where}"


async def _read_mixes(scope: Scope, tally: Tally) -> None:
    left = await click_folds.read(scope, tally)
    if left is None:
        mixed = Mixed(scope, *await click_folds.KEPT.across(scope, mix_folds.SMALLEST))
    else:
        mixed = Mixed(scope, [], left, [])
    if mixed.blocks or mixed.left:
        each = (_add_counted(mixed, tally), _add_mixed_days(mixed, tally), _add_mixed_blocks(mixed, tally))
        await db.side_by_side(*each, *([] if scope.is_beside else [_add_not_counted(mixed, tally)]))


class Mixed(NamedTuple):
    """Days of a scope with a `mixer`: some in blocks, the others by themselves; and some that are in a block, but not in the
    scope."""

    scope: Scope
    blocks: Sequence[Block]
    left: Sequence[date]
    beyond: Sequence[date]

    @property
    def single(self) -> list[date]:
        """Days that are read by themselves, to be added or taken off."""
        return sorted((*self.left, *self.beyond))

    def lines(self, columns: str, verdicts: Sequence[Verdict], kinds: Sequence[str], q: Query) -> str:
        """A statement of all mixes of these, with `columns`, `clicks` and `landed`. Verdicts and kinds are named, since the index
        goes by them before it goes by day."""
        judged = f"m.kind = ANY({q(kinds)}) AND m.verdict = ANY({q(verdicts)})"
        added = [mix_folds.lines(self.scope, size, first, q) for size, first in mix_folds.by_size(self.blocks)]
        added += [f"FROM click_mix m WHERE {mixes(self.scope, q, self.left)}"] if self.left else []
        taken = [f"FROM click_mix m WHERE {mixes(self.scope, q, self.beyond)}"] if self.beyond else []
        return " UNION ALL ".join(
            f"SELECT {columns}, {sign}m.clicks AS clicks, {sign}m.landed AS landed {source} AND {judged}"
            for sign, sources in (("", added), ("-", taken))
            for source in sources
        )


async def _add_counted(mixed: Mixed, tally: Tally) -> None:
    """Each line counts once for every column; lines that differ in their days alone are put together before. Beside another
    period, also those of single days by day."""
    if mixed.scope.zone:
        return
    q, names = Query(), ("channel_id", "day") if mixed.scope.is_beside else COUNTED
    columns = ", ".join(f"m.{name}" for name in names)
    # Materialized: beside what it believes that reading costs, the planner would not mind to sort twenty thousand lines.
    found = await db.rows(
        f"WITH m AS MATERIALIZED ({mixed.lines(columns, [mixed.scope.verdict], [CHANNEL], q)}) "
        f"SELECT GROUPING({columns}) AS mask, TRUE AS counted, {columns}, sum(m.clicks)::bigint AS number, "
        "sum(m.landed)::bigint AS landed "
        f"FROM (SELECT {columns}, sum(m.clicks) AS clicks, sum(m.landed) AS landed FROM m GROUP BY {columns}) m "
        f"GROUP BY GROUPING SETS ({', '.join(f'(m.{name})' for name in names)}) "
        "HAVING sum(m.clicks) <> 0 OR sum(m.landed) <> 0",
        *q.args,
    )
    single = {*mixed.left}
    for row in found:
        if (what := _group(names, row["mask"])) != "day" or row["day"] in single:  # else it is the first one of a block
            tally.add(what, row)


async def _add_not_counted(mixed: Mixed, tally: Tally) -> None:
    """Lines may say it also where they can't say what was counted."""
    scope = mixed.scope
    if mixed.blocks and (left := await click_folds.read_not_counted(scope, tally)) is not None:
        mixed = Mixed(scope, [], left, [])
    if not mixed.blocks and not mixed.left:
        return
    q = Query()
    lines = mixed.lines("m.kind, m.verdict, m.reason", click_folds.OTHERS, [CHANNEL, PERSONAL], q)
    found = await db.rows(
        f"WITH m AS MATERIALIZED ({lines}) SELECT kind, verdict, reason, sum(clicks)::bigint AS hits FROM m GROUP BY 1, 2, 3",
        *q.args,
    )
    for row in found:
        tally.add_excluded(*row)


async def _add_mixed_days(mixed: Mixed, tally: Tally) -> None:
    """And their hours, as the workspace's clock said when they were counted."""
    scope, single = mixed.scope, mixed.single
    if scope.zone or scope.is_beside or not single:
        return
    q = Query()
    hours = ", ".join(f"sum(m.hours[{hour + 1}])" for hour in range(24))
    where = f"{mixes(scope, q, single)} AND m.kind = '{CHANNEL}' AND m.verdict = {q(scope.verdict.value)}"
    found = await db.rows(
        f"SELECT m.day, sum(m.clicks)::bigint AS number, ARRAY[{hours}]::bigint[] AS hours FROM click_mix m WHERE {where} "
        "GROUP BY 1",
        *q.args,
    )
    beyond = {*mixed.beyond}
    for row in found:
        add = tally.hours.subtract if row["day"] in beyond else tally.hours.update
        add({(row["day"].isoweekday(), hour): number for hour, number in enumerate(row["hours"]) if number})
    tally.days.update({row["day"]: row["number"] for row in found if row["day"] not in beyond})


async def _add_mixed_blocks(mixed: Mixed, tally: Tally) -> None:
    """The same of blocks."""
    scope, q = mixed.scope, Query()
    if scope.zone or not mixed.blocks:
        return
    counted = f"m.kind = '{CHANNEL}' AND m.verdict = {q(scope.verdict.value)}"
    sources = [
        "SELECT m.day, m.days, sum(m.hours)::text AS hours, sum(m.by_day)::text AS by_day "
        f"{mix_folds.lines(scope, size, first, q)} AND {counted} GROUP BY 1, 2"
        for size, first in mix_folds.by_size(mixed.blocks)
    ]
    found = await db.rows(" UNION ALL ".join(sources), *q.args)
    by_hour = mix_folds.apart(sum(int(row["hours"]) for row in found), 7 * 24)
    tally.hours.update({(hour // 24 + 1, hour % 24): number for hour, number in enumerate(by_hour) if number})
    for row in found:
        days = mix_folds.apart(int(row["by_day"]), row["days"])
        by_day = ((row["day"] + timedelta(days=n), number) for n, number in enumerate(days))
        tally.days.update({day: number for day, number in by_day if number and scope.start <= day <= scope.end})


async def _read_clicks(scope: Scope, days: Sequence[date], tally: Tally) -> None:
    """Of one link, on these days: one by one."""
    if not days:
        return
    q = Query()
    source = " UNION ALL ".join(f"({_single(span, q)})" for span in _spans(scope, days))
    await _add_groups(("day", "hour", *COUNTED, "reason"), source, q, tally)


def _single(scope: Scope, q: Query) -> str:
    columns = ", ".join(f"{column} AS {dimension}" for dimension, column in COLUMN.items())
    local = f"c.at AT TIME ZONE {q(scope.timezone)}"
    counted = "FALSE" if scope.zone else f"c.verdict = {q(scope.verdict.value)}"  # nobody knows the time zone of a click
    return (
        f"SELECT l.kind, l.channel_id, c.verdict, c.reason, {columns}, c.day, 1 AS number, "
        f"extract(isodow FROM {local})::integer * 24 + extract(hour FROM {local})::integer AS hour, "
        f"(EXISTS (SELECT FROM landing WHERE landing.click_id = c.id))::integer AS landed, "
        f"{counted} AND l.kind = '{CHANNEL}' AS counted "
        f"FROM click c JOIN link l ON l.id = c.link_id WHERE {single(scope, q)} AND {at_place(scope, q)}"
    )


async def _add_groups(names: Sequence[str], source: str, q: Query, tally: Tally) -> None:
    sets = ", ".join("(m.kind, m.verdict, m.reason)" if name == "reason" else f"(m.counted, m.{name})" for name in names)
    grouped = ", ".join(f"m.{name}" for name in names)
    found = await db.rows(
        f"SELECT GROUPING({grouped}) AS mask, m.counted, m.kind, m.verdict, {grouped}, sum(m.number)::bigint AS number, "
        f"sum(m.landed)::bigint AS landed FROM ({source}) m GROUP BY GROUPING SETS ({sets})",
        *q.args,
    )
    for row in found:
        tally.add(_group(names, row["mask"]), row)


def _group(names: Sequence[str], mask: int) -> str:
    """Which column a group was made by: GROUPING has a bit for each, the first one the highest, set where it was left out."""
    return next(name for place, name in enumerate(reversed(names)) if not mask >> place & 1)
