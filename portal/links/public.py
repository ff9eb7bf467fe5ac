"""What a candidate's address leads to. No member asks here, so nothing is scoped: the address itself is the authority."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from portal import crypto, db
from portal.links import utm
from portal.links.bio import path_of
from portal.links.destinations import ALL_JOBS, Kind, kind_of
from portal.links.slugs import is_token
from portal.links.utm import Facts


class ChannelLink(NamedTuple):
    link_id: UUID
    workspace_id: UUID
    job_id: UUID
    system: str = ""
    """The applicant system whose messages carry it."""


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
    card_picture_id: UUID | None = None
    """The picture of its own that apps show, at `pictures.path_of`."""
    location: str = ""
    """Where it leads if not to its job: a path of ours, which takes the click along, or another website's whole address. It
    leads there whatever becomes of the job."""


async def find_channel_link(slug: str) -> ChannelLink | None:
    """The channel link of that slug, in whatever state it is: somebody who came through it did come through it."""
    found = await db.row("SELECT id, workspace_id, job_id, system FROM link WHERE slug = $1 AND kind = 'channel'", slug)
    return ChannelLink(*found) if found else None


async def leads_to(link: ChannelLink, job_id: UUID) -> bool:
    """Whether people who came by the link may be at this job: it is the link's own, or the link leads to all open jobs, or it did
    one of both until somebody led it elsewhere."""
    if link.job_id == job_id:
        return True
    found = await db.value(
        "SELECT EXISTS (SELECT 1 FROM link WHERE id = $1 AND target_url = $3) OR EXISTS (SELECT 1 FROM link_change c "
        "WHERE c.workspace_id = $4 AND c.link_id = $1 AND c.what = 'target' "
        "AND (c.before ->> 'job_id' = $2::uuid::text OR c.before ->> 'target_url' = $3))",
        link.link_id,
        job_id,
        ALL_JOBS,
        link.workspace_id,
    )
    return bool(found)


COLUMNS = (
    "link.id, link.workspace_id, link.job_id, link.kind, link.card_title, link.card_text, link.starts_at, "
    "link.expires_at, link.paused_at, link.archived_at, workspace.timezone, link.card_picture_id, link.target_url, link.label, "
    "link.slug, channel.network, channel.placement, channel.code AS channel, coalesce(campaign.code, '') AS campaign, "
    "job.title AS job, workspace.utm_words, workspace.utm_locked"
)
SOURCE = (
    "link JOIN workspace ON workspace.id = link.workspace_id JOIN job ON job.id = link.job_id "
    "LEFT JOIN channel ON channel.id = link.channel_id LEFT JOIN campaign ON campaign.id = link.campaign_id"
)


MARK = "coalesce(link.token_digest, convert_to(link.slug, 'UTF8'))"
"""`mark_of`, in the database's words."""


async def find_links(keys: Collection[str]) -> dict[str, FoundLink]:
    """The links behind first parts of addresses, by those: each a token if it looks like one, else a slug."""
    marks = {mark_of(key): key for key in keys}
    found = await db.rows(
        f"SELECT {MARK} AS mark, {COLUMNS} FROM {SOURCE} WHERE link.slug = ANY($1::text[]) "
        f"UNION ALL SELECT {MARK} AS mark, {COLUMNS} FROM {SOURCE} WHERE link.token_digest = ANY($2::bytea[])",
        [key for key in keys if not is_token(key)],
        [mark for mark, key in marks.items() if is_token(key)],
    )
    return {marks[row["mark"]]: found_link(row) for row in found}


def mark_of(key: str) -> bytes:
    """What stands for a first part of an address where links are kept: of a token its digest, never the token."""
    return crypto.digest(key) if is_token(key) else key.encode()


async def links_after(link_id: UUID, limit: int) -> list[tuple[bytes, FoundLink]]:
    """The next links of all workspaces in the order of their ids, which is about the order in which they were made; each with
    its `mark_of`."""
    found = await db.rows(
        f"SELECT {MARK} AS mark, {COLUMNS} FROM {SOURCE} WHERE link.id > $1 ORDER BY link.id LIMIT $2",
        link_id,
        limit,
    )
    return [(row["mark"], found_link(row)) for row in found]


def found_link(row: db.Row) -> FoundLink:
    """A row of `COLUMNS` from `SOURCE`."""
    plain = {name: row[name] for name in FoundLink._fields if name not in {"link_id", "location"}}
    return FoundLink(link_id=row["id"], location=_location(row), **plain)


def _location(row: db.Row) -> str:
    target_url = row["target_url"]
    if kind_of(target_url) is not Kind.WEBSITE:
        return path_of(row["workspace_id"]) if target_url else ""
    facts = Facts(**{name: row[name] for name in Facts.__struct_fields__})
    return utm.location(target_url, utm.stored(row["utm_words"], locked=row["utm_locked"]), facts)
