"""The channel table: for every place a link was put, how far people got."""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from portal import db
from portal.reports import numbers, people
from portal.reports import scope as at
from portal.reports.costs import Cost, costs
from portal.reports.intervals import SMALL, wilson
from portal.reports.numbers import PERSONAL, Excluded, Origin, Source
from portal.reports.people import People, Times
from portal.reports.scope import CHANNEL, By, Query, Scope


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


async def channel_table(scope: Scope) -> ChannelTable:
    everybody = await people.everybody(scope, By.CHANNEL)
    by_source = await _figures(scope, By.CHANNEL, everybody)
    channels = await _channel_rows(scope, by_source, everybody)
    links = total(row.figures for row in channels)
    direct, invited = (by_source.get(origin, Figures()) for origin in (Origin.DIRECT, Origin.INVITED))
    excluded = await numbers.excluded(scope)
    return ChannelTable(
        channels=channels,
        links=links,
        direct=direct,
        invited=invited,
        total=links + direct + invited,
        times=everybody.total,
        cost=Cost.of_all([row.cost for row in channels if row.cost]),
        excluded=excluded[CHANNEL],
        excluded_personal=excluded[PERSONAL],
        unknown=scope.unknown,
    )


async def link_rows(scope: Scope) -> list[LinkRow]:
    """Links in use, and those that were put away but have figures in the period; the most clicked first. Under a filter of clicks
    or people, those with figures only."""
    everybody = await people.everybody(scope, By.LINK)
    by_link = await _figures(scope, By.LINK, everybody)
    q = Query()
    found = await db.rows(
        f"{at.links(scope, q)} SELECT l.id, l.slug, l.label, l.channel_id, job.title AS job_title, "
        "l.archived_at IS NOT NULL AS archived "
        "FROM l JOIN job ON job.workspace_id = l.workspace_id AND job.id = l.job_id ORDER BY l.slug",
        *q.args,
    )
    rows = [LinkRow(**row, figures=by_link.get(row["id"], NONE), times=everybody.times.get(row["id"], Times())) for row in found]
    shown = [row for row in rows if row.figures != NONE or not (row.archived or scope.is_narrowed)]
    return sorted(shown, key=lambda row: (-row.figures.clicks, -row.figures.people, row.slug))


def total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, start=Figures())


async def _figures(scope: Scope, by: By, everybody: People) -> dict[Source, Figures]:
    steps = everybody.steps
    taps = await numbers.taps(scope, by)
    return {
        source: Figures(
            clicks=taps.clicks.get(source, 0),
            visitors=taps.visitors.get(source, 0),
            landed=taps.landed.get(source, 0),
            **(msgspec.structs.asdict(steps[source]) if source in steps else {}),
        )
        for source in {*steps, *taps.clicks, *taps.visitors, *taps.landed}
    }


async def _channel_rows(scope: Scope, by_source: dict[Source, Figures], everybody: People) -> list[ChannelRow]:
    """Channels with links in use, and those whose links were put away but have figures in the period. Under a filter of clicks or
    people, those with figures only."""
    spent = await costs(scope)
    made = [
        ChannelRow(
            **{name: found[name] for name in ("id", "name", "link_count", "only_link", "label")},
            figures=by_source.get(found["id"], NONE),
            times=everybody.times.get(found["id"], Times()),
            cost=spent.get(found["id"]),
        )
        for found in await _channels(scope)
        if found["id"] in by_source or (found["in_use"] and not scope.is_narrowed)
    ]
    return sorted(made, key=lambda row: (-row.figures.clicks, -row.figures.people, row.name))


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
