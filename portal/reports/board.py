"""Everything that a page of figures shows of one view, put together."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from uuid import UUID

import msgspec

from portal import db
from portal.reports import bar, chance
from portal.reports.bar import Bar
from portal.reports.breakdowns import Breakdown, breakdowns
from portal.reports.figures import (
    ChannelRow,
    ChannelTable,
    Count,
    Figures,
    LinkFigures,
    LinkRow,
    LinkTable,
    count,
    link_tables,
)
from portal.reports.filters import EVERY, Filters, View
from portal.reports.funnel import Step, funnel
from portal.reports.hours import Hours, hours
from portal.reports.lines import TIMES, Column, Line, Sums, Text, columns, shows_times, sums
from portal.reports.numbers import Source
from portal.reports.ordering import sort_rows
from portal.reports.scope import Scope
from portal.reports.series import Series, series
from portal.web.templating import plural

FIRST_LINKS = 25
"""How many links an open channel shows at first; more of them are asked for."""


Links = tuple[LinkTable, LinkFigures]
"""Now, and in the period before if it is compared."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table as it is shown."""

    name: str
    note: str = ""
    href: str
    bar: str
    """Length of the bar behind the name, in percent."""
    line: Line
    id: str = ""
    """Of a channel that opens to its links."""
    links: list["Row"] = []
    """Of a channel that is open."""
    more: int = 0
    """How many links it has besides."""

    @property
    def anchor(self) -> str:
        """What a page can find it by, if it opens to nothing."""
        return self.href.replace("/", "-")


class Drawn(msgspec.Struct, frozen=True):
    """A line of the chart."""

    name: str
    values: Sequence[int | None]
    kind: str
    """As the chart knows it."""


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a page that moves: the tiles and the channel table."""

    scope: Scope
    table: ChannelTable
    before: ChannelTable | None
    """Of the period before, if it is compared."""
    columns: list[Column]
    rows: list[Row]
    """In the order of the view."""
    sums: Sums
    steps: list[Step]
    unknown_of_links: frozenset[str]
    """Figures that stand in no row of a link, though they do in those of channels."""

    def texts(self, line: Line) -> list[Text]:
        """The cells of a row of the table."""
        return [column.text(line) for column in self.columns]

    def links(self, row: Row) -> Iterator[tuple[Row, list[Text]]]:
        """Those of a channel, with their cells."""
        return ((link, self.texts(link.line)) for link in row.links)

    @property
    def has_everybody(self) -> bool:
        """Whether there are more people than the links brought, or something that is known of all together alone."""
        return bool(self.table.direct.people or self.table.invited.people or self.columns == list(TIMES))

    @property
    def has_costs(self) -> bool:
        return any(row.cost for row in self.table.channels)

    @property
    def is_empty(self) -> bool:
        return self.table.total == Figures() and not self.table.excluded and not self.table.excluded_personal

    @property
    def ranking(self) -> str:
        """A sentence on what may be chance; empty if there is nothing to compare."""
        return chance.say(chance.rank(self.table.channels))


class Board(Tables, frozen=True, kw_only=True):
    """All of a page."""

    series: Series
    hours: Hours
    breakdowns: list[Breakdown]
    bar: Bar

    @property
    def drawn(self) -> list[Drawn]:
        """What is known of the points of the chart."""
        found, unknown = [], self.table.unknown
        if "clicks" not in unknown:
            found.append(Drawn("Hits" if "people" in unknown else "Clicks", self.series.clicks, "area"))
        if "people" not in unknown:
            found.append(Drawn(f"Completed, by {self.series.unit} of arrival", self.series.completed, "dash"))
        if "clicks" not in unknown and self.series.before:
            found.append(Drawn("Clicks in the period before", self.series.before, "ghost"))
        return found


async def tables(scope: Scope, view: View) -> Tables:
    (found, before), rows = await db.side_by_side(_count(scope, view), _links(scope, view))
    return _tables(scope, view, found, before, rows)


async def board(scope: Scope, view: View, filters: Filters, *, every_link: bool = False) -> Board:
    """`every_link`: with the links of all channels, open or not."""
    (found, before), rows, places = await db.side_by_side(
        _count(scope, view), _links(scope, view, every_link=every_link), bar.places(scope.workspace_id, filters)
    )
    moving = _tables(scope, view, found, before, rows, every_link=every_link)
    parts = breakdowns(scope, view, found)
    return Board(
        **{name: getattr(moving, name) for name in Tables.__struct_fields__},
        series=series(scope, found, before),
        hours=hours(found.clicks.hours),
        breakdowns=parts,
        bar=bar.bar(view, filters, places, parts),
    )


async def _count(scope: Scope, view: View) -> tuple[Count, Count | None]:
    """Of the period, and of the one before if it is compared."""
    found, *before = await count(scope, times=shows_times(view.show, view.order.key), compare=view.compare)
    return found, before[0] if before else None


async def _links(scope: Scope, view: View, *, every_link: bool = False) -> Links:
    """Of all channels, or of the open one: now, and in the period before."""
    if not every_link:
        opened = _as_id(view.open)
        if opened is None or scope.channel_id not in (None, opened):
            return LinkTable([]), LinkFigures()
        scope = msgspec.structs.replace(scope, channel_id=opened)
    most = None if every_link or view.links == EVERY else FIRST_LINKS
    return await link_tables(scope, times=shows_times(view.show, view.order.key), compare=view.compare, most=most)


def _as_id(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None


def _tables(
    scope: Scope,
    view: View,
    found: Count,
    earlier: Count | None,
    links: Links,
    *,
    every_link: bool = False,
) -> Tables:
    table, before = found.table, earlier.table if earlier else None
    return Tables(
        scope=scope,
        table=table,
        before=before,
        columns=columns(view.show, table),
        rows=_Rows(scope, view, table, before, links, every_link=every_link).all(),
        sums=sums(table, before),
        steps=funnel(table, before),
        unknown_of_links=_unknown(links) - table.unknown,
    )


def _unknown(links: Links) -> frozenset[str]:
    """Of two periods: what is known of one alone can't be compared."""
    return links[0].unknown | links[1].unknown


class _Rows:
    """The rows of a table: its channels, and below the open one its links."""

    def __init__(
        self,
        scope: Scope,
        view: View,
        table: ChannelTable,
        before: ChannelTable | None,
        links: Links,
        *,
        every_link: bool,
    ) -> None:
        self.scope, self.view, self.table, self.before, self.every_link = scope, view, table, before, every_link
        self.links, self.links_before, self.unknown = links[0], links[1].figures, _unknown(links)
        self.earlier: dict[Source, Figures] = {row.id: row.figures for row in before.channels} if before else {}
        self.most = max((row.figures.clicks for row in table.channels), default=0)

    def all(self) -> list[Row]:
        links = self._links()
        return [self._channel(row, links.get(row.id, [])) for row in sort_rows(self.table.channels, self.view.order)]

    def _channel(self, row: ChannelRow, links: list[Row]) -> Row:
        line, name = self._line(row, self.earlier), row.name
        if row.only_link:
            href, note = f"/app/links/{row.only_link}/figures", f"“{row.label}”" if row.label else ""
            return Row(name=name, note=note, href=href, bar=self._bar(line), line=line, links=links if self.every_link else [])
        href = self.view.href(open="" if self.view.open == str(row.id) else str(row.id), links="")
        return Row(
            name=name,
            note=plural(row.link_count, "link"),
            href=href,
            bar=self._bar(line),
            line=line,
            id=str(row.id),
            links=links,
            more=self.links.more if links else 0,
        )

    def _links(self) -> dict[UUID, list[Row]]:
        """By channel."""
        found, earlier = dict[UUID, list[Row]](), self.links_before
        for row in self.links.links:
            line = self._line(row, earlier)
            made = Row(name=self._link_name(row), href=f"/app/links/{row.id}/figures", bar=self._bar(line), line=line)
            found.setdefault(row.channel_id, []).append(made)
        return found

    def _link_name(self, row: LinkRow) -> str:
        """With its job, if there are links of several."""
        parts = (f"“{row.label}”" if row.label else f"/{row.slug}", "" if self.scope.job_id else row.job_title)
        return " · ".join(part for part in parts if part) + (" (put away)" if row.archived else "")

    def _line(self, row: ChannelRow | LinkRow, earlier: dict[Source, Figures]) -> Line:
        return Line(
            figures=row.figures,
            times=row.times,
            cost=row.cost if isinstance(row, ChannelRow) else None,
            unknown=self.table.unknown if isinstance(row, ChannelRow) else self.unknown,
            before=earlier.get(row.id, Figures()) if self.before else None,
        )

    def _bar(self, line: Line) -> str:
        return f"{100 * line.figures.clicks / self.most if self.most else 0:.1f}"
