"""The list of candidates: filtered, sorted, a page at a time."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.applications import COLUMNS, IDLE, IS_STUCK, SOURCE, Application, Stage, application_from
from portal.candidates.extensions import IS_ASKED
from portal.web.paging import PAGE_SIZE


class Sort(StrEnum):
    NEWEST = "newest"
    ACTIVE = "active"


BY_HAND, DIRECT = "by-hand", "direct"
"""What stands in a filter for those who came through no channel: somebody else gave their name, or the address was typed."""

UNINVITED = "uninvited"


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows; empty means all."""

    job_id: UUID | None = None
    search: str = ""
    stage: Stage | None = None
    channel: str = ""
    """The id of a channel, `BY_HAND` or `DIRECT`."""
    stuck: bool = False
    asked: bool = False
    """Only those who wait for an answer to their wish for more time."""
    uninvited: bool = False
    """Only those who were added, and neither written to nor came by themselves."""
    sort: Sort = Sort.NEWEST


class Found(msgspec.Struct, frozen=True):
    applications: list[Application]
    total: int


WHERE = (
    "application.workspace_id = $1 AND ($2::uuid IS NULL OR application.job_id = $2) "
    "AND ($3 = '' OR strpos(lower(candidate.name || ' ' || coalesce(candidate.email, '')), lower($3)) > 0) "
    "AND ($4::text IS NULL OR application.stage = $4 "
    f"OR ($4 = '{UNINVITED}' AND application.stage = 'invited' AND NOT application.invite)) "
    "AND ($5 = '' OR link.channel_id::text = $5 "
    f"OR ($5 = '{DIRECT}' AND application.link_id IS NULL AND application.door = 'landing') "
    f"OR ($5 = '{BY_HAND}' AND application.link_id IS NULL AND application.door <> 'landing')) "
    f"AND (NOT $6 OR ({IS_STUCK.format(idle='$7::timestamptz', now='$8::timestamptz')}))"
    f" AND (NOT $9 OR ({IS_ASKED}))"
)
ORDERS = {
    Sort.NEWEST: "application.created_at DESC, application.id DESC",
    Sort.ACTIVE: "application.active_at DESC, application.id DESC",
}


async def list_applications(
    workspace_id: UUID, filters: Filters, *, now: datetime, page: int = 1, size: int = PAGE_SIZE
) -> Found:
    """One page, counted from 1, and how many there are in all."""
    wanted = asked_for(workspace_id, filters, now)
    rows = await db.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE {WHERE} ORDER BY {ORDERS[filters.sort]} LIMIT $10 OFFSET $11",
        *wanted,
        size,
        (page - 1) * size,
    )
    total = await db.value(f"SELECT count(*) FROM {SOURCE} WHERE {WHERE}", *wanted)
    return Found([application_from(row) for row in rows], total)


def read_filters(asked: Mapping[str, str], job_id: UUID | None) -> Filters:
    """Filters as they stand in an address; what makes no sense there is left out."""
    stage, sort = asked.get("stage", ""), asked.get("sort", "")
    return Filters(
        job_id=job_id,
        search=" ".join(asked.get("q", "").split())[:200],
        stage=Stage(stage) if stage in set(Stage) else None,
        channel=asked.get("channel", "")[:40],
        stuck=asked.get("stuck", "") == "1",
        asked=asked.get("asked", "") == "1",
        uninvited=asked.get("uninvited", "") == "1",
        sort=Sort(sort) if sort in set(Sort) else Sort.NEWEST,
    )


def query_of(filters: Filters) -> dict[str, str]:
    """`filters` as they stand in an address, without the job."""
    query = {
        "q": filters.search,
        "stage": filters.stage.value if filters.stage else "",
        "channel": filters.channel,
        "stuck": "1" if filters.stuck else "",
        "asked": "1" if filters.asked else "",
        "uninvited": "1" if filters.uninvited else "",
        "sort": "" if filters.sort is Sort.NEWEST else filters.sort.value,
    }
    return {key: value for key, value in query.items() if value}


def asked_for(workspace_id: UUID, filters: Filters, now: datetime) -> tuple[object, ...]:
    """The parameters $1 to $9 of `WHERE`."""
    stage = UNINVITED if filters.uninvited else filters.stage.value if filters.stage else None
    return (
        workspace_id,
        filters.job_id,
        filters.search,
        stage,
        filters.channel,
        filters.stuck,
        now - IDLE,
        now,
        filters.asked,
    )


async def uninvited(workspace_id: UUID, filters: Filters, now: datetime) -> list[UUID]:
    """Of those whom `filters` find, the ones that were added without an invite and have not come by themselves."""
    wanted = asked_for(workspace_id, msgspec.structs.replace(filters, uninvited=True), now)
    return [row["id"] for row in await db.rows(f"SELECT application.id FROM {SOURCE} WHERE {WHERE}", *wanted)]


async def channels_with_links(workspace_id: UUID, job_id: UUID | None = None) -> list[tuple[str, str]]:
    """Id and name of each channel that people may have come through, by name."""
    found = await db.rows(
        "SELECT DISTINCT channel.id, channel.network_name || ' · ' || channel.placement_name AS name FROM link "
        "JOIN channel ON channel.id = link.channel_id WHERE link.workspace_id = $1 AND ($2::uuid IS NULL OR link.job_id = $2) "
        "ORDER BY name",
        workspace_id,
        job_id,
    )
    return [(str(row["id"]), row["name"]) for row in found]
