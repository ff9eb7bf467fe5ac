"""What candidates wrote back: kept, shown on their timeline, and waiting for a member until one says that it is done."""

from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.messages.words import Channel
from portal.web.paging import PAGE_SIZE

LONGEST = 5_000


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list."""

    id: UUID
    application_id: UUID
    candidate: str
    job_id: UUID
    job_title: str
    channel: Channel
    body: str
    is_opt_out: bool
    at: datetime
    seen_at: datetime | None
    seen_by: str
    """The member who dealt with it; empty if nobody had to."""


class Found(msgspec.Struct, frozen=True):
    lines: list[Reply]
    total: int


SOURCE = (
    "reply JOIN application ON application.id = reply.application_id "
    "JOIN candidate ON candidate.id = application.candidate_id JOIN job ON job.id = application.job_id "
    "LEFT JOIN member ON member.id = reply.member_id"
)
WHERE = (
    "reply.workspace_id = $1 AND (NOT $2 OR reply.seen_at IS NULL) AND (NOT $3 OR reply.is_opt_out) "
    "AND ($4 = '' OR strpos(lower(candidate.name || ' ' || coalesce(candidate.email, '') || ' ' || reply.body), lower($4)) > 0)"
)


async def keep(
    workspace_id: UUID,
    application_id: UUID,
    *,
    channel: Channel,
    provider_id: str,
    body: str,
    is_opt_out: bool,
    seen_at: datetime | None,
    now: datetime,
) -> UUID:
    """Keep one, in the caller's transaction; its id. `seen_at`: when it needs nobody."""
    reply_id = db.new_id()
    await db.run(
        "INSERT INTO reply (id, workspace_id, application_id, channel, provider_id, body, is_opt_out, at, seen_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (workspace_id, channel, provider_id) DO NOTHING",
        reply_id,
        workspace_id,
        application_id,
        channel.value,
        provider_id,
        body[:LONGEST],
        is_opt_out,
        now,
        seen_at,
    )
    return reply_id


async def unseen_count(workspace_id: UUID) -> int:
    """How many wait for a member."""
    count: int = await db.value("SELECT count(*) FROM reply WHERE workspace_id = $1 AND seen_at IS NULL", workspace_id)
    return count


async def list_replies(
    workspace_id: UUID,
    *,
    waiting: bool = False,
    opt_outs: bool = False,
    search: str = "",
    page: int = 1,
    size: int = PAGE_SIZE,
) -> Found:
    """One page, counted from 1, and how many there are in all. Those that wait come first, then the newest."""
    wanted = (workspace_id, waiting, opt_outs, search)
    rows = await db.rows(
        "SELECT reply.id, reply.application_id, reply.channel, reply.body, reply.is_opt_out, reply.at, reply.seen_at, "
        "application.job_id, job.title AS job_title, coalesce(member.name, '') AS seen_by, "
        "coalesce(nullif(candidate.name, ''), candidate.email, 'No name') AS candidate "
        f"FROM {SOURCE} WHERE {WHERE} ORDER BY (reply.seen_at IS NULL) DESC, reply.at DESC, reply.id DESC LIMIT $5 OFFSET $6",
        *wanted,
        size,
        (page - 1) * size,
    )
    total = await db.value(f"SELECT count(*) FROM {SOURCE} WHERE {WHERE}", *wanted)
    return Found([msgspec.convert(dict(row), Reply) for row in rows], total)


async def mark(workspace_id: UUID, reply_id: UUID, *, seen: bool, member_id: UUID, now: datetime) -> bool:
    """Say that a reply is dealt with, or that it is not; whether that changed anything. Said twice, the first time counts."""
    changed = await db.run(
        "UPDATE reply SET seen_at = CASE WHEN $3 THEN $5::timestamptz END, member_id = CASE WHEN $3 THEN $4::uuid END "
        "WHERE workspace_id = $1 AND id = $2 AND (seen_at IS NULL) = $3",
        workspace_id,
        reply_id,
        seen,
        member_id,
        now,
    )
    return changed == 1


async def exists(workspace_id: UUID, reply_id: UUID) -> bool:
    found: bool = await db.value("SELECT EXISTS (SELECT FROM reply WHERE workspace_id = $1 AND id = $2)", workspace_id, reply_id)
    return found
