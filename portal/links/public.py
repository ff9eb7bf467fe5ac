"""What a candidate's address leads to. No member asks here, so nothing is scoped: the address itself is the authority."""

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


async def find_link(key: str) -> FoundLink | None:
    """The link behind a first part of an address: a token if it looks like one, else a slug."""
    column, value = ("token_digest", crypto.digest(key)) if is_token(key) else ("slug", key)
    found = await db.row(
        "SELECT link.id, link.workspace_id, link.job_id, link.kind, link.card_title, link.card_text, link.starts_at, "
        "link.expires_at, link.paused_at, link.archived_at, workspace.timezone "
        f"FROM link JOIN workspace ON workspace.id = link.workspace_id WHERE link.{column} = $1",
        value,
    )
    return FoundLink(*found) if found else None
