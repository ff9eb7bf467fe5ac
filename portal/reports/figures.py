"""The channel table: for every place a link was put, how far people got."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import msgspec

from portal import db
from portal.reports import numbers
from portal.reports.intervals import SMALL, wilson
from portal.reports.numbers import BySource, Excluded, Origin, Scope, Source


class Share(msgspec.Struct, frozen=True):
    """A part of a whole, with its interval in percent where the whole is small."""

    part: int
    whole: int
    low: float | None = None
    high: float | None = None


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
    """Those of `completed` who came back by a nudge."""

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


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    slug: str
    label: str
    job_id: UUID
    job_title: str
    archived: bool
    figures: Figures


class ChannelRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    links: list[LinkRow]
    figures: Figures


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
    excluded: list[Excluded]
    """Hits on channel links that are no person's."""
    excluded_personal: list[Excluded]
    """The same on links in messages: mail scanners above all."""


def share(part: int, whole: int) -> Share | None:
    """None where it would say nothing: of nothing, or more than all (people who tapped before the period and came in it)."""
    if not whole or part > whole:
        return None
    return Share(part, whole, *wilson(part, whole)) if whole < SMALL else Share(part, whole)


async def channel_table(workspace_id: UUID, *, job_id: UUID | None = None, start: date, end: date) -> ChannelTable:
    """`start` and `end`: days of the workspace, both included. Without `job_id`, of all its jobs."""
    scope = Scope(workspace_id=workspace_id, job_id=job_id, start=start, end=end)
    by_source = await _figures_by_source(scope)
    channels = await _channel_rows(scope, by_source)
    links = total(row.figures for row in channels)
    direct, invited = (by_source.get(origin, Figures()) for origin in (Origin.DIRECT, Origin.INVITED))
    return ChannelTable(
        channels=channels,
        links=links,
        direct=direct,
        invited=invited,
        total=links + direct + invited,
        excluded=await numbers.excluded(scope, "channel"),
        excluded_personal=await numbers.excluded(scope, "personal"),
    )


def total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, start=Figures())


async def _figures_by_source(scope: Scope) -> dict[Source, Figures]:
    found: dict[str, BySource] = {
        "clicks": await numbers.clicks(scope),
        "visitors": await numbers.visitors(scope),
        "landed": await numbers.landed(scope),
        "people": await numbers.people(scope),
        "captured": await numbers.captured(scope),
        "started": await numbers.started(scope),
        "completed": await numbers.completed(scope),
        "returned": await numbers.returned(scope),
    }
    sources = {source for by_source in found.values() for source in by_source}
    return {source: Figures(**{name: by_source.get(source, 0) for name, by_source in found.items()}) for source in sources}


async def _channel_rows(scope: Scope, by_source: dict[Source, Figures]) -> list[ChannelRow]:
    """Channels with links in use, and those whose links were put away but have figures in the period."""
    rows: dict[UUID, tuple[str, list[LinkRow]]] = {}
    for found in await _links(scope):
        link = _link_row(found, by_source.get(found["id"], Figures()))
        if link.figures != Figures() or not link.archived:
            rows.setdefault(found["channel_id"], (found["channel_name"], []))[1].append(link)
    made = [ChannelRow(id=key, name=name, links=_by_clicks(links), figures=_sum(links)) for key, (name, links) in rows.items()]
    return sorted(made, key=lambda row: (-row.figures.clicks, -row.figures.people, row.name))


async def _links(scope: Scope) -> list[db.Row]:
    return await db.rows(
        "SELECT l.id, l.slug, l.label, l.job_id, j.title AS job_title, l.archived_at IS NOT NULL AS archived, l.channel_id, "
        "c.network_name || ' · ' || c.placement_name AS channel_name "
        "FROM link l JOIN channel c ON c.workspace_id = l.workspace_id AND c.id = l.channel_id "
        "JOIN job j ON j.workspace_id = l.workspace_id AND j.id = l.job_id "
        "WHERE l.workspace_id = $1 AND l.kind = 'channel' AND ($2::uuid IS NULL OR l.job_id = $2) ORDER BY l.slug",
        scope.workspace_id,
        scope.job_id,
    )


def _link_row(found: db.Row, figures: Figures) -> LinkRow:
    names = ("id", "slug", "label", "job_id", "job_title", "archived")
    return LinkRow(**{name: found[name] for name in names}, figures=figures)


def _by_clicks(links: list[LinkRow]) -> list[LinkRow]:
    return sorted(links, key=lambda link: (-link.figures.clicks, -link.figures.people, link.slug))


def _sum(links: list[LinkRow]) -> Figures:
    return total(link.figures for link in links)
