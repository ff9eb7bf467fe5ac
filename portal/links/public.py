"""What a candidate's address leads to. No member asks here, so nothing is scoped: the address itself is the authority."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from portal import crypto, db
from portal.links.slugs import is_token


class ChannelLink(NamedTuple):
    link_id: UUID
    workspace_id: UUID
    job_id: UUID


class FoundLink(NamedTuple):
    """All that the redirect must know of a link."""

    link_id: UUID
    workspace_id: UUID
    job_id: UUID
    kind: str
    card_title: str
    card_text: str
    starts_at: datetime | None
    expires_at: datetime | None
    paused_at: datetime | None
    archived_at: datetime | None
    timezone: str
    """Of the workspace: its days are what figures count by."""


async def find_channel_link(slug: str) -> ChannelLink | None:
    """The channel link of that slug, in whatever state it is: somebody who came through it did come through it."""
    found = await db.row("SELECT id, workspace_id, job_id FROM link WHERE slug = $1 AND kind = 'channel'", slug)
    return ChannelLink(*found) if found else None


COLUMNS = (
    "link.id, link.workspace_id, link.job_id, link.kind, link.card_title, link.card_text, link.starts_at, "
    "link.expires_at, link.paused_at, link.archived_at, workspace.timezone"
)
MARK = "coalesce(link.token_digest, convert_to(link.slug, 'UTF8'))"
"""`mark_of`, in the database's words."""
SOURCE = "link JOIN workspace ON workspace.id = link.workspace_id"


async def find_links(keys: Collection[str]) -> dict[str, FoundLink]:
    """The links behind first parts of addresses, by those: each a token if it looks like one, else a slug."""
    marks = {mark_of(key): key for key in keys}
    found = await db.rows(
        f"SELECT {MARK}, {COLUMNS} FROM {SOURCE} WHERE link.slug = ANY($1::text[]) "
        f"UNION ALL SELECT {MARK}, {COLUMNS} FROM {SOURCE} WHERE link.token_digest = ANY($2::bytea[])",
        [key for key in keys if not is_token(key)],
        [mark for mark, key in marks.items() if is_token(key)],
    )
    return {marks[mark]: FoundLink(*rest) for mark, *rest in found}


def mark_of(key: str) -> bytes:
    """What stands for a first part of an address where links are kept: of a token its digest, never the token."""
    return crypto.digest(key) if is_token(key) else key.encode()


async def links_after(link_id: UUID, limit: int) -> list[tuple[bytes, FoundLink]]:
    """The next links of all workspaces in the order of their ids, which is about the order in which they were made; each with
    its `mark_of`."""
    found = await db.rows(
        f"SELECT {MARK}, {COLUMNS} FROM {SOURCE} WHERE link.id > $1 ORDER BY link.id LIMIT $2",
        link_id,
        limit,
    )
    return [(mark, FoundLink(*rest)) for mark, *rest in found]
