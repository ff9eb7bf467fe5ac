"""The SQL of every number of people: how far they got, how long it took, and what brought them back.

People come from applications, each under the channel link that brought them first (first touch); who has none came directly to
the page, or was invited.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

import msgspec

from portal import db
from portal.reports import totals, touches
from portal.reports.durations import Durations, add_flat
from portal.reports.numbers import Origin, Source
from portal.reports.scope import CLICKED_AT, By, Query, Scope, arrived, links


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
    """By the channel or link that brought them first, or what there is instead; and how long all of them took."""
    if "people" in scope.unknown:
        return People({}, {}, Times())
    groups: dict[Source, _Group] = defaultdict(_Group)
    if before := totals.kept(scope):
        await _add_totals(before, by, groups)
        await _add_unsettled(before, by, groups)
    if rest := totals.single(scope):
        await _add_single(rest, by, groups)
    return People(
        steps={source: group.steps for source, group in groups.items() if group.counts["people"]},
        times={source: group.times for source, group in groups.items() if isinstance(source, UUID)},
        total=_Group.of_all(groups.values()).times,
    )


class _Group:
    """People of one row, while they are put together."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.durations = [Durations() for _ in Times.__struct_fields__]

    @property
    def steps(self) -> Steps:
        return Steps(**{name: self.counts[name] for name in Steps.__struct_fields__})

    @property
    def times(self) -> Times:
        return Times(**{name: took.median() for name, took in zip(Times.__struct_fields__, self.durations, strict=True)})

    @staticmethod
    def of_all(groups: Iterable["_Group"]) -> "_Group":
        whole = _Group()
        for group in groups:
            for took, of_group in zip(whole.durations, group.durations, strict=True):
                took.single += of_group.single
                took.counts.update(of_group.counts)
        return whole


async def _add_totals(scope: Scope, by: By, groups: dict[Source, _Group]) -> None:
    q = Query()
    numbers = ", ".join(f"e.{name} - coalesce(b.{name}, 0) AS {name}" for name in Steps.__struct_fields__)
    found = await db.rows(
        f"{totals.sources(scope, q, by)} SELECT o.source, o.key, {numbers}, e.times, b.times AS times_before "
        f"{totals.ending(scope, q, (*Steps.__struct_fields__, 'times'))}",
        *q.args,
    )
    for row in found:
        group = groups[row["key"] or Origin(row["source"])]
        group.counts.update({name: row[name] for name in Steps.__struct_fields__})
        add_flat(group.durations, row["times"])
        add_flat(group.durations, row["times_before"], -1)


async def _add_unsettled(scope: Scope, by: By, groups: dict[Source, _Group]) -> None:
    """Totals know of last touches only what is noted."""
    q = Query()
    # Apart: they are few and have an index of their own, which the planner would not take for a year of people.
    few = f"SELECT * FROM application WHERE workspace_id = {q(scope.workspace_id)} AND {touches.UNSETTLED}"
    found = await db.rows(
        f"{links(scope, q)}, few AS MATERIALIZED ({few}) SELECT {_key(by)}, count(*) AS returned {arrived(scope, q, 'few')} "
        f"AND {touches.LOOKED_UP} GROUP BY 1, 2",
        *q.args,
    )
    for row in found:
        groups[_source(row)].counts["returned"] += row["returned"]


async def _add_single(scope: Scope, by: By, groups: dict[Source, _Group]) -> None:
    q = Query()
    moments = f"{CLICKED_AT} AS clicked_at, a.captured_at, a.started_at, a.completed_at"
    found = await db.rows(
        f"{links(scope, q)} SELECT p.key, p.direct, count(*) AS people, "
        "count(p.captured_at) AS captured, count(p.started_at) AS started, count(p.completed_at) AS completed, "
        f"count(*) FILTER (WHERE p.returned) AS returned, {_seconds('captured_at', 'clicked_at')} AS to_captured, "
        f"{_seconds('started_at', 'captured_at')} AS to_started, {_seconds('completed_at', 'started_at')} AS to_completed "
        f"FROM (SELECT {_key(by)}, {moments}, {touches.RETURNED} AS returned {arrived(scope, q)}) p GROUP BY 1, 2",
        *q.args,
    )
    for row in found:
        group = groups[_source(row)]
        group.counts.update({name: row[name] for name in Steps.__struct_fields__})
        for name, took in zip(Times.__struct_fields__, group.durations, strict=True):
            took.single += row[name] or ()


def _key(by: By) -> str:
    return f"l.{by} AS key, l.id IS NULL AND a.door = 'landing' AS direct"


def _seconds(later: str, earlier: str) -> str:
    took = f"extract(epoch FROM p.{later} - p.{earlier})::float8"
    return f"array_agg({took}) FILTER (WHERE p.{later} IS NOT NULL AND p.{earlier} IS NOT NULL)"


async def paid(scope: Scope, budgets: Sequence[tuple[UUID, UUID]]) -> dict[UUID, Paid]:
    """Of people whom links of these channels and campaigns brought, by channel."""
    brought = await everybody(scope, By.LINK)
    wanted, q = set(budgets), Query()
    found = await db.rows(f"{links(scope, q)} SELECT id, channel_id, campaign_id FROM l WHERE campaign_id IS NOT NULL", *q.args)
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    for row in found:
        if (row["channel_id"], row["campaign_id"]) in wanted and (steps := brought.steps.get(row["id"])):
            counts[row["channel_id"]].update({"captured": steps.captured, "completed": steps.completed})
    return {channel_id: Paid(number["captured"], number["completed"]) for channel_id, number in counts.items()}


async def completed_by_day(scope: Scope) -> dict[date, int]:
    """By the day on which those who completed had arrived, so that it adds up to `completed`."""
    if "people" in scope.unknown:
        return {}
    found = Counter[date]()
    if before := totals.kept(scope):
        found.update(await _finished(before))
    if rest := totals.single(scope):
        q = Query()
        day = f"(a.created_at AT TIME ZONE {q(scope.timezone)})::date"
        sql = f"SELECT {day} AS day, count(*) AS number {arrived(rest, q)} AND a.completed_at IS NOT NULL GROUP BY 1"
        found.update({row["day"]: row["number"] for row in await db.rows(f"{links(rest, q)} {sql}", *q.args)})
    return dict(found)


async def _finished(scope: Scope) -> dict[date, int]:
    q = Query()
    sql = (
        f"{totals.sources(scope, q, None)} SELECT t.day, sum(t.finished)::bigint AS number FROM o JOIN person_total t "
        f"ON t.owner_id = {q(scope.job_id or scope.workspace_id)} AND t.source = o.source "
        f"WHERE t.workspace_id = {q(scope.workspace_id)} AND t.day BETWEEN {q(scope.start)} AND {q(scope.end)} "
        "GROUP BY 1 HAVING sum(t.finished) > 0"
    )
    return {row["day"]: row["number"] for row in await db.rows(sql, *q.args)}


async def by_zone(scope: Scope) -> list[tuple[str, int]]:
    """Time zones that people named, and how many of them; the most frequent first."""
    if "people" in scope.unknown:
        return []
    found = Counter[str]()
    if before := totals.kept(scope):
        q = Query()
        columns = "SELECT e.zones, e.zoned, b.zones AS zones_before, b.zoned AS zoned_before"
        for row in await db.rows(
            f"{totals.sources(before, q, None)} {columns} {totals.ending(before, q, ('zones', 'zoned'))}", *q.args
        ):
            found.update(dict(zip(row["zones"], row["zoned"], strict=True)))
            found.subtract(dict(zip(row["zones_before"] or (), row["zoned_before"] or (), strict=True)))
    if rest := totals.single(scope):
        found.update(await _single_zones(rest))
    return sorted(((zone, number) for zone, number in found.items() if number), key=lambda pair: (-pair[1], pair[0]))


async def _single_zones(scope: Scope) -> dict[str, int]:
    q = Query()
    found = await db.rows(
        f"{links(scope, q)} SELECT person.timezone, count(*) AS number FROM candidate person JOIN "
        f"(SELECT a.candidate_id {arrived(scope, q)}) p ON p.candidate_id = person.id "
        f"WHERE person.workspace_id = {q(scope.workspace_id)} AND person.timezone <> '' GROUP BY 1",
        *q.args,
    )
    return {row["timezone"]: row["number"] for row in found}


def _source(row: db.Row) -> Source:
    return row["key"] or (Origin.DIRECT if row["direct"] else Origin.INVITED)
