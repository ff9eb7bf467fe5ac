"""The channel table: for every place a link was put, how far people got."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from portal import db
from portal.reports import clicks, numbers
from portal.reports import scope as at
from portal.reports.costs import Cost, costs
from portal.reports.intervals import SMALL, wilson
from portal.reports.numbers import Origin, Source, Taps
from portal.reports.people import People, Steps, Times, everybody
from portal.reports.scope import CHANNEL, By, Query, Scope
from portal.reports.tally import PERSONAL, Excluded, Tally


class Share(msgspec.Struct, frozen=True):
    """A part of a whole, with its interval in percent where the whole is small."""

    part: int
    whole: int
    low: float | None = None
    high: float | None = None

    @property
    def percent(self) -> float:
        return 100 * self.part / self.whole


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    clicks: int = 0
    visitors: int = 0
    landed: int = 0
    people: int = 0
    """All who arrived, invited ones too."""
    captured: int = 0
    started: int = 0
    completed: int = 0
    returned: int = 0
    """Those of `completed` whom a nudge brought back last."""

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})

    @property
    def invited(self) -> int:
        """Whose name somebody else gave."""
        return self.people - self.captured

    @property
    def yield_(self) -> Share | None:
        """Click to completed."""
        return share(self.completed, self.clicks)


NONE = Figures()


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    slug: str
    label: str
    channel_id: UUID
    job_title: str
    archived: bool
    figures: Figures
    times: Times


class LinkTable(msgspec.Struct, frozen=True):
    links: list[LinkRow]
    """The most clicked first."""
    more: int = 0
    """How many there are besides."""
    unknown: frozenset[str] = frozenset()
    """Names of figures that nobody can tell for the filters chosen: they stand as 0."""


class ChannelRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    link_count: int
    only_link: UUID | None = None
    """The link, if it is the only one."""
    label: str = ""
    """What tells the only link apart."""
    figures: Figures
    times: Times = Times()
    cost: Cost | None = None
    """None: no budget was given for the time, or it pays for more than is shown."""


class ChannelTable(msgspec.Struct, frozen=True, kw_only=True):
    channels: list[ChannelRow]
    """The most clicked first."""
    links: Figures
    """All channels together."""
    direct: Figures
    """People who came to the page without a link of ours."""
    invited: Figures
    """People whom somebody added, or an applicant system."""
    total: Figures
    times: Times
    """Of everybody."""
    cost: Cost | None
    """Of all channels that have one; None if none has, or they are in several currencies."""
    excluded: list[Excluded]
    """Hits on channel links that are no person's."""
    excluded_personal: list[Excluded]
    """The same on links in messages: mail scanners above all."""
    unknown: frozenset[str] = frozenset()
    """Names of figures that nobody can tell for the filters chosen: they stand as 0."""


def share(part: int, whole: int) -> Share | None:
    """None where it would say nothing: of nothing, or more than all (people who tapped before the period and came in it)."""
    if not whole or part > whole:
        return None
    return Share(part, whole, *wilson(part, whole)) if whole < SMALL else Share(part, whole)


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is counted of a scope."""

    table: ChannelTable
    clicks: Tally
    people: People


async def count(scope: Scope, *, times: bool = True, compare: bool = False) -> list[Count]:
    """Of the period; and of the one before, if they are to be compared. `times`: also how long those of each channel took."""
    scopes = _periods(scope, compare)
    channels, spent, taps, people, *tallies = await db.side_by_side(
        _channels(scope), costs(scope), _taps(scopes), everybody(scopes, By.CHANNEL, times=times), *map(clicks.read, scopes)
    )
    return [
        _count(one, _Numbers(*each), channels, {} if one.is_beside else spent)
        for one, *each in zip(scopes, taps, tallies, people, strict=True)
    ]


def _periods(scope: Scope, compare: bool) -> list[Scope]:
    return [scope, scope.before()] if compare else [scope]


async def channel_table(scope: Scope) -> ChannelTable:
    return (await count(scope))[0].table


class _Numbers(NamedTuple):
    """What is asked of each period."""

    taps: Taps | None
    clicks: Tally
    people: People


def _count(scope: Scope, numbers: _Numbers, channels: list[db.Row], spent: dict[UUID, Cost]) -> Count:
    taps, found, people = numbers
    if taps is None:
        taps = Taps(dict(found.channels.items()), {}, {} if "landed" in scope.unknown else dict(found.landed.items()))
    by_source = _figures(taps, people)
    rows = _channel_rows(scope, channels, by_source, people, spent)
    return Count(table=_table(scope, rows, by_source, people, found), clicks=found, people=people)


async def _taps(scopes: Sequence[Scope]) -> Sequence[Taps | None]:
    """None: what clicks were says it."""
    return [None] * len(scopes) if scopes[0].is_narrowed else await numbers.taps(scopes, By.CHANNEL)


def _table(scope: Scope, rows: list[ChannelRow], by_source: dict[Source, Figures], people: People, found: Tally) -> ChannelTable:
    links = total(row.figures for row in rows)
    direct, invited = (by_source.get(origin, Figures()) for origin in (Origin.DIRECT, Origin.INVITED))
    return ChannelTable(
        channels=rows,
        links=links,
        direct=direct,
        invited=invited,
        total=links + direct + invited,
        times=people.total,
        cost=Cost.of_all([row.cost for row in rows if row.cost]),
        excluded=found.excluded(CHANNEL),
        excluded_personal=found.excluded(PERSONAL),
        unknown=scope.unknown,
    )


class LinkFigures(msgspec.Struct, frozen=True):
    figures: dict[Source, Figures] = {}
    times: Mapping[UUID, Times] = {}
    unknown: frozenset[str] = frozenset()
    """As in `LinkTable`."""


async def _link_figures(scope: Scope, *, times: bool = True, compare: bool = False) -> list[LinkFigures]:
    """By link, as `count` says it by channel."""
    scopes = _periods(scope, compare)
    taps, people = await db.side_by_side(_taps_of_links(scopes), everybody(scopes, By.LINK, times=times))
    return [
        LinkFigures(_figures(of, brought), brought.times, one.unknown | of.unknown)
        for one, of, brought in zip(scopes, taps, people, strict=True)
    ]


async def _taps_of_links(scopes: Sequence[Scope]) -> list[Taps]:
    return await (numbers.taps_of_links(scopes) if scopes[0].is_narrowed else numbers.taps(scopes, By.LINK))


async def link_table(scope: Scope) -> LinkTable:
    """As `link_tables`, with times."""
    return (await link_tables(scope))[0]


async def link_tables(
    scope: Scope, *, times: bool = True, compare: bool = False, most: int | None = None
) -> tuple[LinkTable, LinkFigures]:
    """Links in use, and those that were put away but have figures in the period. Under a filter of clicks or people, those with
    figures only. And the figures of the period before, if they are to be compared. `times`: also how long those of each took.
    `most`: how many links are shown."""
    (known, *before), found = await db.side_by_side(_link_figures(scope, times=times, compare=compare), _links(scope))
    return _link_table(scope, known, found, most), before[0] if before else LinkFigures()


def _link_table(scope: Scope, known: LinkFigures, found: list[db.Row], most: int | None) -> LinkTable:
    rows = [(known.figures.get(row["id"], NONE), row) for row in found]
    shown = [(figures, row) for figures, row in rows if figures != NONE or not (row["archived"] or scope.is_narrowed)]
    ranked = sorted(shown, key=lambda pair: (-pair[0].clicks, -pair[0].people, pair[1]["slug"]))
    links = [LinkRow(**row, figures=figures, times=known.times.get(row["id"], Times())) for figures, row in ranked[:most]]
    return LinkTable(links, len(ranked) - len(links), known.unknown)


def total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, start=Figures())


def _figures(taps: Taps, people: People) -> dict[Source, Figures]:
    return {
        source: _figure(source, taps, people.steps.get(source, NOBODY))
        for source in {*people.steps, *taps.clicks, *taps.visitors, *taps.landed}
    }


NOBODY = Steps(0, 0, 0, 0, 0)


def _figure(source: Source, taps: Taps, steps: Steps) -> Figures:
    return Figures(
        clicks=taps.clicks.get(source, 0),
        visitors=taps.visitors.get(source, 0),
        landed=taps.landed.get(source, 0),
        people=steps.people,
        captured=steps.captured,
        started=steps.started,
        completed=steps.completed,
        returned=steps.returned,
    )


def _channel_rows(
    scope: Scope, channels: list[db.Row], by_source: dict[Source, Figures], people: People, spent: dict[UUID, Cost]
) -> list[ChannelRow]:
    """Channels with links in use, and those whose links were put away but have figures in the period. Under a filter of clicks or
    people, those with figures only."""
    made = [
        ChannelRow(
            **{name: found[name] for name in ("id", "name", "link_count", "only_link", "label")},
            figures=by_source.get(found["id"], NONE),
            times=people.times.get(found["id"], Times()),
            cost=spent.get(found["id"]),
        )
        for found in channels
        if found["id"] in by_source or (found["in_use"] and not scope.is_narrowed)
    ]
    return sorted(made, key=lambda row: (-row.figures.clicks, -row.figures.people, row.name))


async def _links(scope: Scope) -> list[db.Row]:
    q = Query()
    return await db.rows(
        f"{at.links(scope, q)} SELECT l.id, l.slug, l.label, l.channel_id, job.title AS job_title, "
        "l.archived_at IS NOT NULL AS archived "
        "FROM l JOIN job ON job.workspace_id = l.workspace_id AND job.id = l.job_id ORDER BY l.slug",
        *q.args,
    )


async def _channels(scope: Scope) -> list[db.Row]:
    """Those with links in the scope."""
    q = Query()
    return await db.rows(
        f"{at.links(scope, q)} SELECT c.id, c.network_name || ' · ' || c.placement_name AS name, o.* FROM channel c JOIN ("
        "SELECT l.channel_id, count(*)::int AS link_count, bool_or(l.archived_at IS NULL) AS in_use, "
        "CASE WHEN count(*) = 1 THEN min(l.id::text)::uuid END AS only_link, "
        "CASE WHEN count(*) = 1 THEN min(l.label) ELSE '' END AS label FROM l GROUP BY 1"
        f") o ON o.channel_id = c.id WHERE c.workspace_id = {q(scope.workspace_id)}",
        *q.args,
    )
