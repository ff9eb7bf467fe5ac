"""The SQL of every number of people: how far they got, how long it took, and what brought them back.

People come from applications, each under the channel link that brought them first (first touch); who has none came directly to
the page, or was invited.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from operator import add
from uuid import UUID

import msgspec

from portal import db
from portal.reports.durations import Durations, add_flat, add_steps
from portal.reports.kept import person_folds, totals, touches
from portal.reports.kept.blocks import Parts, as_id
from portal.reports.numbers import Origin, Source
from portal.reports.scope import CLICKED_AT, By, Query, Scope, arrived, links


class Steps(msgspec.Struct, frozen=True):
    """How many people came, and how far they got: in the order of `totals.COUNTS`."""

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
    times: Mapping[UUID, Times]
    """By channel or link."""
    total: Times
    """Of everybody; by link, of nobody."""
    days: dict[date, int]
    """Those who completed, by the day on which they had arrived, so that it adds up to `completed`."""
    zones: list[tuple[str, int]]
    """Time zones that people named, and how many of them; the most frequent first."""


class Paid(msgspec.Struct, frozen=True):
    """How many people the links of budgets brought."""

    captured: int
    completed: int


async def everybody(scopes: Sequence[Scope], by: By, *, times: bool = True) -> list[People]:
    """Of periods at one place, the last one first: by the channel or link that brought them first, or what there is instead.

    `times`: also how long those of each took, not only all together. Of links nothing but this: what all of them come to, and
    their days and zones, say channels. Of a period that is only compared no times, days, or zones."""
    crowds = [_Crowd(scope, by, times=times and not scope.is_beside) for scope in scopes]
    if "people" not in scopes[0].unknown:
        await (_add_folds if person_folds.know(scopes[0], by) else _add_kept)(crowds)
    return [crowd.people for crowd in crowds]


async def _add_kept(crowds: Sequence["_Crowd"]) -> None:
    each, loose = [], list[Scope]()
    for crowd in crowds:
        if before := totals.kept(crowd.scope):
            each += [_add_totals(before, crowd), _add_unsettled(before, crowd)]
            each += [_add_along(before, crowd)] if crowd.has_along else []
        if rest := totals.single(crowd.scope):
            loose.append(rest)
    spans = _joined(loose)
    shares = _shares(spans) if crowds[0].by is By.CHANNEL else [spans]  # of the links of one channel there are far fewer
    await db.side_by_side(*each, *(_add_single(share, crowds) for share in shares))


async def _add_folds(crowds: Sequence["_Crowd"]) -> None:
    of = crowds[0]
    by_source = of.whole is None or of.scope.channel_id is not None
    known = await person_folds.read([crowd.scope for crowd in crowds], "each" if by_source else "whole")
    unsettled, loose = [], list[Scope]()
    for crowd, (lines, since, until) in zip(crowds, known, strict=True):
        for parts in lines:
            (crowd.add_each if by_source else crowd.add_whole)(parts)
        unsettled += [_add_unsettled(_within(crowd.scope, since, until - A_DAY), crowd)] if since < until else []
        ends = (crowd.scope.start, since - A_DAY), (until, crowd.scope.end)
        loose += [_within(crowd.scope, start, end) for start, end in ends if start <= end]
    await db.side_by_side(*unsettled, _add_single(_joined(loose), crowds))


A_DAY = timedelta(days=1)


def _within(scope: Scope, start: date, end: date) -> Scope:
    return msgspec.structs.replace(scope, start=start, end=end)


def _joined(scopes: Iterable[Scope]) -> list[Scope]:
    """With those in one that have no day between them."""
    found = list[Scope]()
    for scope in sorted(scopes, key=lambda scope: scope.start):
        if found and found[-1].end + A_DAY == scope.start:
            found[-1] = _within(scope, found[-1].start, scope.end)
        else:
            found.append(scope)
    return found


LONG = timedelta(days=120)


def _shares(spans: list[Scope]) -> list[list[Scope]]:
    """To be counted side by side: a long time in two halves."""
    if len(spans) != 1 or spans[0].end - spans[0].start < LONG:
        return [spans]
    half = spans[0].start + (spans[0].end - spans[0].start) // 2
    return [[_within(spans[0], spans[0].start, half)], [_within(spans[0], half + A_DAY, spans[0].end)]]


ORIGINS = {str(origin): origin for origin in Origin}


def _source_of(text: str) -> Source:
    """As lines write it."""
    return ORIGINS.get(text) or as_id(text)


class _Crowd:
    """Everybody, while they are put together."""

    def __init__(self, scope: Scope, by: By, *, times: bool) -> None:
        self.scope, self.by = scope, by
        self.groups: dict[Source, _Group] = defaultdict(_Group)
        self.whole = None if times else _Group()
        """Who knows how long steps took, if that is asked of nobody alone."""
        self.days, self.zones = Counter[date](), Counter[str]()
        self.days_of_parts = Counter[str]()
        """As lines write them: read once for all."""

    @property
    def has_along(self) -> bool:
        """Whether more is asked of them than of the rows that they stand in: of all together, and by day and time zone."""
        return self.by is By.CHANNEL and not self.scope.is_beside

    @property
    def people(self) -> People:
        days = self.days + Counter({date.fromisoformat(day): number for day, number in self.days_of_parts.items()})
        return People(
            steps={source: group.steps for source, group in self.groups.items() if group.counts[0]},
            times={} if self.whole else _TimesOf({key: group for key, group in self.groups.items() if isinstance(key, UUID)}),
            total=self._total,
            days=dict(days),
            zones=sorted(((zone, n) for zone, n in self.zones.items() if n), key=lambda pair: (-pair[1], pair[0])),
        )

    @property
    def _total(self) -> Times:
        if self.by is By.LINK:
            return Times()
        return (self.whole or _Group.of_all(self.groups.values())).times

    def add_each(self, parts: Parts) -> None:
        """Of a line of `person_folds`, what it says by source."""
        for source, of in parts.items():
            group = self.groups[_source_of(source)]
            group.add(of["counts"])
            self._add_rest(self.whole or group, of)

    def add_whole(self, parts: Parts) -> None:
        """Of a line of `person_folds`, what it says of all together."""
        if parts and self.whole:
            for source, counts in parts["counts"].items():
                self.groups[_source_of(source)].add(counts)
            self._add_rest(self.whole, parts)

    def _add_rest(self, timed: "_Group", parts: Parts) -> None:
        if self.scope.is_beside:
            return
        timed.kept.append((parts["times"], 1))
        self.zones.update(parts["zones"])
        self.days_of_parts.update(parts["days"])

    def add(self, source: Source, row: db.Row) -> None:
        """People who were counted one by one."""
        group = self.groups[source]
        group.add([row[name] for name in totals.COUNTS])
        (self.whole or group).single.append([row[name] or () for name in Times.__struct_fields__])

    def add_along(self, row: db.Row) -> None:
        """What was counted one by one by day and time zone."""
        self.days.update(dict(zip(row["days"] or (), row["finished"] or (), strict=True)))
        self.zones.update(dict(zip(row["zones"] or (), row["zoned"] or (), strict=True)))

    def add_end(self, row: db.Row) -> None:
        """Of a total, what is asked of all together."""
        for zone, number in zip(row["zones"] or (), row["zoned"] or (), strict=True):
            self.zones[zone] += row["sign"] * number
        if self.whole:
            self.whole.kept.append((row["times"], row["sign"]))


class _TimesOf(Mapping[UUID, Times]):
    """Found when they are asked for: of a hundred links few are shown."""

    def __init__(self, groups: Mapping[UUID, "_Group"]) -> None:
        self.groups = groups

    def __getitem__(self, key: UUID) -> Times:
        return self.groups[key].times

    def __iter__(self) -> Iterator[UUID]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)


class _Group:
    """People of one row, while they are put together. How long their steps took is worked out when it is asked for."""

    def __init__(self) -> None:
        self.counts: Sequence[int] = NOBODY
        self.kept: list[tuple[Sequence[int] | None, int]] = []
        """Counts by length, as `durations.flat` has them, to be added or taken off."""
        self.single: list[list[Sequence[float]]] = []
        """Seconds of people one by one, for each of `Times`."""

    def add(self, counts: Sequence[int]) -> None:
        """In the order of `Steps`."""
        self.counts = list(map(add, self.counts, counts))

    def add_times(self, row: db.Row) -> None:
        """At the end of a period, less before it."""
        self.kept += [(row["times"], 1), (row["times_before"], -1)]

    @property
    def steps(self) -> Steps:
        return Steps(*self.counts)

    @property
    def times(self) -> Times:
        lengths = Counter[int]()
        for flat, sign in self.kept:
            add_flat(lengths, flat, sign)
        steps = [Durations(list(chain(*(took[n] for took in self.single)))) for n in range(len(STEPS))]
        add_steps(steps, lengths)
        return Times(**{name: took.median() for name, took in zip(Times.__struct_fields__, steps, strict=True)})

    @staticmethod
    def of_all(groups: Iterable["_Group"]) -> "_Group":
        whole = _Group()
        for group in groups:
            whole.kept += group.kept
            whole.single += group.single
        return whole


NOBODY = (0, 0, 0, 0, 0)


async def _add_totals(scope: Scope, crowd: _Crowd) -> None:
    q, columns, by = Query(), totals.COUNTS, crowd.by
    numbers = ", ".join(f"e.{name} - coalesce(b.{name}, 0) AS {name}" for name in columns)
    times = "" if crowd.whole else ", e.times, b.times AS times_before"
    found = await db.rows(
        f"{totals.sources(scope, q, by)} SELECT o.source, o.key, {numbers}{times} "
        f"{totals.ending(scope, q, columns if crowd.whole else (*columns, 'times'))}",
        *q.args,
    )
    for row in found:
        group = crowd.groups[row["key"] or Origin(row["source"])]
        group.add([row[name] for name in columns])
        if times:
            group.add_times(row)


async def _add_along(scope: Scope, crowd: _Crowd) -> None:
    """Day by day those who completed; time zones, and how long steps took all together, at the end of the period, less what they
    were before it."""
    q = Query()
    names = ("zones", "zoned", "times")
    ends = ", ".join(f"e.{name}, b.{name} AS {name}_before" for name in names)
    found = await db.rows(
        f"{totals.sources(scope, q, None)}, ends AS (SELECT {ends} {totals.ending(scope, q, names)}) "
        "SELECT t.day, sum(t.finished)::bigint AS finished, NULL::text[] AS zones, NULL::integer[] AS zoned, "
        "NULL::integer[] AS times, 0 AS sign "
        f"FROM o JOIN person_total t ON t.owner_id = {q(scope.job_id or scope.workspace_id)} AND t.source = o.source "
        f"WHERE t.workspace_id = {q(scope.workspace_id)} AND t.day BETWEEN {q(scope.start)} AND {q(scope.end)} "
        "GROUP BY 1 HAVING sum(t.finished) > 0 "
        "UNION ALL SELECT NULL, NULL, zones, zoned, times, 1 FROM ends "
        "UNION ALL SELECT NULL, NULL, zones_before, zoned_before, times_before, -1 FROM ends",
        *q.args,
    )
    for row in found:
        if row["day"] is not None:
            crowd.days[row["day"]] += row["finished"]
        else:
            crowd.add_end(row)


async def _add_unsettled(scope: Scope, crowd: _Crowd) -> None:
    """Totals know of last touches only what is noted."""
    if scope.end < scope.settled_until:
        return
    q = Query()
    # Apart: they are few and have an index of their own, which the planner would not take for a year of people.
    few = f"SELECT * FROM application WHERE workspace_id = {q(scope.workspace_id)} AND {touches.UNSETTLED}"
    found = await db.rows(
        f"{links(scope, q)}, few AS MATERIALIZED ({few}) "
        f"SELECT {_key(crowd.by)}, count(*) AS returned {arrived(scope, q, 'few')} AND {touches.LOOKED_UP} GROUP BY 1, 2",
        *q.args,
    )
    for row in found:
        crowd.groups[_source(row)].add([0, 0, 0, 0, row["returned"]])


STEPS = (("captured_at", "clicked_at"), ("started_at", "captured_at"), ("completed_at", "started_at"))
"""The moments that each of `Times` lies between."""


async def _add_single(spans: Sequence[Scope], crowds: Sequence[_Crowd]) -> None:
    """Those who came on the days of `spans`: each in the crowd of their period, with what brought them; by channel also on the
    day when they came, and in the time zone they named."""
    if not spans:
        return
    q, of = Query(), crowds[0]
    along = f", {_day(of.scope, q)} AS day, person.timezone" if of.has_along else ""
    people = (
        f"SELECT a.created_at < {q(of.scope.begins_at)} AS before, {_key(of.by)}, {CLICKED_AT} AS clicked_at, a.captured_at, "
        f"a.started_at, a.completed_at, {touches.RETURNED} AS returned{along} "
        f"{arrived(of.scope, q, zones=of.has_along, spans=spans)}"
    )
    found = await db.rows(
        f"{links(of.scope, q)}, p AS MATERIALIZED ({people}) "
        f"SELECT p.before, p.key, p.direct, {COUNTED}, {_times(of)}, {LISTS} FROM p "
        f"GROUP BY p.before, p.key, p.direct{ALONG if of.has_along else ''}",
        *q.args,
    )
    for row in found:
        if row["people"] is None:
            of.add_along(row)
        else:
            (crowds[-1] if row["before"] else of).add(_source(row), row)


COUNTED = (
    "count(*) AS people, count(p.captured_at) AS captured, count(p.started_at) AS started, "
    "count(p.completed_at) AS completed, count(*) FILTER (WHERE p.returned) AS returned"
)
LISTS = "NULL::date[] AS days, NULL::bigint[] AS finished, NULL::text[] AS zones, NULL::bigint[] AS zoned"
ALONG = (
    f" UNION ALL SELECT FALSE{', NULL' * (2 + len(totals.COUNTS) + len(STEPS))}, d.*, z.* FROM "
    "(SELECT array_agg(day), array_agg(number) FROM (SELECT day, count(*) AS number FROM p WHERE NOT before AND day IS NOT NULL "
    "GROUP BY 1) d) d, (SELECT array_agg(timezone), array_agg(number) FROM (SELECT timezone, count(*) AS number FROM p "
    "WHERE NOT before AND timezone IS NOT NULL GROUP BY 1) z) z"
)
"""One line more: the same people by the day when they came, if they finished, and by time zone."""


def _day(scope: Scope, q: Query) -> str:
    """On which somebody came, of those who finished."""
    return f"CASE WHEN a.completed_at IS NOT NULL THEN (a.created_at AT TIME ZONE {q(scope.timezone)})::date END"


def _key(by: By) -> str:
    return f"l.{by} AS key, l.id IS NULL AND a.door = 'landing' AS direct"


def _times(crowd: _Crowd) -> str:
    """How long each step took each person; of links, if it is asked for."""
    each = ["NULL::float8[]"] * len(STEPS) if crowd.by is By.LINK and crowd.whole else [_seconds(*step) for step in STEPS]
    return ", ".join(f"{took} AS {name}" for took, name in zip(each, Times.__struct_fields__, strict=True))


def _seconds(later: str, earlier: str) -> str:
    took = f"date_part('epoch', p.{later} - p.{earlier})"  # `extract` makes decimals of it
    return f"array_agg({took}) FILTER (WHERE p.{later} IS NOT NULL AND p.{earlier} IS NOT NULL AND NOT p.before)"


async def paid(scope: Scope, budgets: Sequence[tuple[UUID, UUID]]) -> dict[UUID, Paid]:
    """Of people whom links of these channels and campaigns brought, by channel."""
    (brought,) = await everybody([scope], By.LINK)
    wanted, q = set(budgets), Query()
    found = await db.rows(f"{links(scope, q)} SELECT id, channel_id, campaign_id FROM l WHERE campaign_id IS NOT NULL", *q.args)
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    for row in found:
        if (row["channel_id"], row["campaign_id"]) in wanted and (steps := brought.steps.get(row["id"])):
            counts[row["channel_id"]].update({"captured": steps.captured, "completed": steps.completed})
    return {channel_id: Paid(number["captured"], number["completed"]) for channel_id, number in counts.items()}


def _source(row: db.Row) -> Source:
    return row["key"] or (Origin.DIRECT if row["direct"] else Origin.INVITED)
