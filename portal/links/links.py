"""Channel links: find them. They are made in `making`, listed in `listing`, changed in `history`."""

from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from portal import db
from portal.settings import settings
from portal.web.missing import Missing

LONGEST_LABEL = 60


class LinkState(StrEnum):
    ACTIVE = "active"
    NOT_STARTED = "not_started"
    PAUSED = "paused"
    EXPIRED = "expired"
    ARCHIVED = "archived"


_RUNNING = "l.archived_at IS NULL AND l.paused_at IS NULL AND coalesce(l.expires_at > $2, true)"
STATE_SQL = {
    LinkState.ACTIVE: f"{_RUNNING} AND coalesce(l.starts_at <= $2, true)",
    LinkState.NOT_STARTED: f"{_RUNNING} AND l.starts_at > $2",
    LinkState.PAUSED: "l.archived_at IS NULL AND l.paused_at IS NOT NULL",
    LinkState.EXPIRED: "l.archived_at IS NULL AND l.paused_at IS NULL AND l.expires_at <= $2",
    LinkState.ARCHIVED: "l.archived_at IS NOT NULL",
}
"""The same as `state_of`, for lists. A test holds both together."""


class LinkFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a member may change."""

    label: str
    note: str
    starts_at: datetime | None
    expires_at: datetime | None
    expires_after_hours: int | None
    """Instead of a date: so long after the first tap. From then on `expires_at` says when."""


class ShownLink(LinkFields, frozen=True, kw_only=True):
    """A channel link with what pages say of it."""

    id: UUID
    job_id: UUID
    job_title: str
    slug: str
    network: str
    placement: str
    network_name: str
    placement_name: str
    hint: str
    campaign_id: UUID | None
    campaign: str | None
    """Its name."""
    target_url: str
    """Where it leads, if not to its job: see `destinations`."""
    card_title: str
    card_text: str
    card_picture_id: UUID | None
    host: str | None
    """The workspace's own short domain, if it prefers one."""
    first_tap_at: datetime | None
    paused_at: datetime | None
    archived_at: datetime | None
    created_at: datetime

    @property
    def channel(self) -> str:
        return f"{self.network}/{self.placement}"

    @property
    def name(self) -> str:
        """ "Instagram · Story · Night shift ad"."""
        return " · ".join(part for part in (self.network_name, self.placement_name, self.label) if part)

    @property
    def url(self) -> str:
        return f"{urlsplit(settings().public_url).scheme}://{self.short_url}"

    @property
    def short_url(self) -> str:
        """As people see it in print: without scheme."""
        return f"{self.host or settings().short_host}/{self.slug}"

    def state(self, now: datetime) -> LinkState:
        return state_of(self.starts_at, self.expires_at, self.paused_at, self.archived_at, now)


def state_of(
    starts_at: datetime | None,
    expires_at: datetime | None,
    paused_at: datetime | None,
    archived_at: datetime | None,
    now: datetime,
) -> LinkState:
    """What the redirect does with a link: the first of these that holds."""
    if archived_at is not None:
        return LinkState.ARCHIVED
    if paused_at is not None:
        return LinkState.PAUSED
    if expires_at is not None and expires_at <= now:
        return LinkState.EXPIRED
    if starts_at is not None and starts_at > now:
        return LinkState.NOT_STARTED
    return LinkState.ACTIVE


COLUMNS = (
    "l.id, l.job_id, l.slug, l.label, l.note, l.card_title, l.card_text, l.starts_at, l.expires_at, l.paused_at, l.archived_at, "
    "l.expires_after_hours, l.first_tap_at, l.card_picture_id, l.created_at, l.campaign_id, l.target_url, domain.host, "
    "c.network, c.placement, c.network_name, c.placement_name, c.hint, job.title AS job_title, campaign.name AS campaign"
)
SOURCE = (
    "link l JOIN channel c ON c.id = l.channel_id JOIN job ON job.id = l.job_id "
    "LEFT JOIN campaign ON campaign.id = l.campaign_id "
    "LEFT JOIN domain ON domain.workspace_id = l.workspace_id AND domain.preferred"
)


async def links_of_job(workspace_id: UUID, job_id: UUID) -> list[ShownLink]:
    """Those in use, oldest first."""
    found = await db.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE l.workspace_id = $1 AND l.job_id = $2 AND l.kind = 'channel' "
        "AND l.archived_at IS NULL ORDER BY l.created_at, l.id",
        workspace_id,
        job_id,
    )
    return [shown(row) for row in found]


async def link_count(workspace_id: UUID, job_id: UUID) -> int:
    """How many of a job's links are in use."""
    sql = "SELECT count(*) FROM link WHERE workspace_id = $1 AND job_id = $2 AND kind = 'channel' AND archived_at IS NULL"
    return int(await db.value(sql, workspace_id, job_id))


async def get_link(workspace_id: UUID, link_id: UUID) -> ShownLink:
    """A channel link in any state. Raises `Missing`."""
    found = await db.row(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE l.workspace_id = $1 AND l.id = $2 AND l.kind = 'channel'", workspace_id, link_id
    )
    if found is None:
        raise Missing("link")
    return shown(found)


def shown(row: db.Row) -> ShownLink:
    """A row of `COLUMNS` from `SOURCE`."""
    return msgspec.convert(dict(row), ShownLink)
