"""Figures: the same as on the pages, to the digit."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, UnsetType

from portal import db
from portal.accounts import workspaces
from portal.accounts.keys import Scope
from portal.integrations.api.operations import Call, Operation, operation
from portal.jobs.jobs import get_job
from portal.reports import figures
from portal.reports.periods import Period, read_period
from portal.reports.scope import Scope as Counted


class By(StrEnum):
    CHANNEL = "channel"
    LINK = "link"


class FunnelQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename={"start": "from", "end": "to"}):
    by: Annotated[By, Meta(description="What the rows stand for.")] = By.CHANNEL
    start: Annotated[date, Meta(description="The first day; 29 days before the last one if left out.")] | UnsetType = UNSET
    end: Annotated[date, Meta(description="The last day, today if left out.")] | UnsetType = UNSET


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """How far people got. They count on the day on which they arrived, also for what they did later."""

    clicks: int
    """Taps by people; link previews, scanners and robots are not among them."""
    visitors: int
    """Different people behind the taps, counted anew each day."""
    landed: int
    captured: int
    """Gave name and address."""
    invited: int
    """Whose name somebody else gave."""
    started: int
    completed: int
    returned: int
    """Those of `completed` whom a nudge brought back."""


class FunnelRow(Steps, frozen=True, kw_only=True):
    """A channel, or a link."""

    channel: str
    name: str
    link_id: UUID | None = None
    slug: str | None = None


class Funnel(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """The figures of a job for some days, as its page shows them."""

    job_id: UUID
    by: By
    start: date
    end: date
    timezone: str
    """Days are those of this zone, the workspace's own."""
    data: list[FunnelRow]
    """The most clicked first."""
    links: Steps
    """All channels together."""
    direct: Steps
    """People who came to the landing page without a link."""
    invited: Steps
    """People whom somebody, or a system, added."""
    total: Steps


@operation("GET", "/jobs/{job_id}/funnel", Scope.READ, "Get the figures of a job")
async def funnel(call: Call, job_id: UUID, query: FunnelQuery) -> Funnel:
    """How many tapped, landed, gave their name, started and completed, by channel or link."""
    await get_job(call.workspace_id, job_id)
    home = await workspaces.get_workspace(call.workspace_id)
    period = _period(query, call.now.astimezone(ZoneInfo(home.timezone)).date())
    scope = Counted(workspace_id=call.workspace_id, timezone=home.timezone, start=period.start, end=period.end, job_id=job_id)
    table = await figures.channel_table(scope)
    return Funnel(
        job_id=job_id,
        by=query.by,
        start=period.start,
        end=period.end,
        timezone=home.timezone,
        data=await _rows(scope, table, query.by),
        links=_steps(table.links),
        direct=_steps(table.direct),
        invited=_steps(table.invited),
        total=_steps(table.total),
    )


def _period(query: FunnelQuery, today: date) -> Period:
    """Raises `Invalid`."""
    if query.start is UNSET and query.end is UNSET:
        return read_period({}, today=today, first=None)
    end = today if query.end is UNSET else query.end
    start = date.fromordinal(max(end.toordinal() - 29, 1)) if query.start is UNSET else query.start
    return read_period({"from": start.isoformat(), "to": end.isoformat()}, today=today, first=None)


async def _rows(scope: Counted, table: figures.ChannelTable, by: By) -> list[FunnelRow]:
    keys = await _channel_keys(scope.workspace_id)
    if by is By.CHANNEL:
        return [FunnelRow(channel=keys[row.id], name=row.name, **_numbers(row.figures)) for row in table.channels]
    names = {row.id: row.name for row in table.channels}
    return [
        FunnelRow(
            channel=keys[row.channel_id],
            name=" · ".join(part for part in (names.get(row.channel_id, ""), row.label) if part),
            link_id=row.id,
            slug=row.slug,
            **_numbers(row.figures),
        )
        for row in (await figures.link_table(scope)).links
    ]


async def _channel_keys(workspace_id: UUID) -> dict[UUID, str]:
    found = await db.rows("SELECT id, network || '/' || placement AS key FROM channel WHERE workspace_id = $1", workspace_id)
    return {row["id"]: row["key"] for row in found}


def _numbers(found: figures.Figures) -> dict[str, Any]:
    return {name: getattr(found, name) for name in Steps.__struct_fields__}


def _steps(found: figures.Figures) -> Steps:
    return Steps(**_numbers(found))


operations: list[Operation] = [funnel]
