"""Channel links: make a whole set, find, edit, pause, archive."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import changes, db
from portal.links import channels, slugs
from portal.links.catalogue import CatalogueChannel
from portal.links.slugs import SlugFault
from portal.settings import settings
from portal.web.forms import Invalid
from portal.web.missing import Missing
from portal.web.paging import PAGE_SIZE

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


class WantedLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link to make. An empty `slug` has one proposed; `label` tells links of one channel apart."""

    channel: str
    """Network and placement: ``instagram/story``."""
    slug: str = ""
    label: str = ""


class MadeLink(msgspec.Struct, frozen=True):
    link_id: UUID
    slug: str
    channel: str
    label: str
    fresh: bool
    """False: it was there already."""

    @property
    def url(self) -> str:
        return f"{settings().public_url}/{self.slug}"


class LinkFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a member may change."""

    label: str
    note: str
    card_title: str
    card_text: str
    expires_at: datetime | None


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
    starts_at: datetime | None
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
        return f"{settings().public_url}/{self.slug}"

    @property
    def short_url(self) -> str:
        """As people see it in print: without scheme."""
        return f"{settings().short_host}/{self.slug}"

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
    "l.created_at, c.network, c.placement, c.network_name, c.placement_name, c.hint, job.title AS job_title"
)
SOURCE = "link l JOIN channel c ON c.id = l.channel_id JOIN job ON job.id = l.job_id"


async def make_links(
    workspace_id: UUID, job_id: UUID, wanted: Sequence[WantedLink], *, member_id: UUID | None, now: datetime
) -> list[MadeLink]:
    """All of `wanted`, or none. What is there already (same channel and label, not archived) is returned as it is, so the same
    form sent twice makes nothing twice.

    Raises `Missing` for a job that isn't there, and `Invalid` with a sentence for each field ``slug:{channel}``.
    """
    async with db.transaction():
        # Whoever makes links of this job at the same moment waits here.
        title = await db.value(
            "SELECT title FROM job WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", workspace_id, job_id
        )
        if title is None:
            raise Missing("job")
        made = await _Maker(workspace_id, job_id, title, member_id, now).make(wanted)
    await changes.slugs_made([link.slug for link in made if link.fresh])
    return made


async def links_of_job(workspace_id: UUID, job_id: UUID) -> list[ShownLink]:
    """Those in use, oldest first."""
    found = await db.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE l.workspace_id = $1 AND l.job_id = $2 AND l.kind = 'channel' "
        "AND l.archived_at IS NULL ORDER BY l.created_at, l.id",
        workspace_id,
        job_id,
    )
    return [_shown(row) for row in found]


async def link_count(workspace_id: UUID, job_id: UUID) -> int:
    """How many of a job's links are in use."""
    sql = "SELECT count(*) FROM link WHERE workspace_id = $1 AND job_id = $2 AND kind = 'channel' AND archived_at IS NULL"
    return int(await db.value(sql, workspace_id, job_id))


async def list_links(
    workspace_id: UUID, *, now: datetime, search: str = "", job_id: UUID | None = None, state: str = "", page: int = 1
) -> tuple[list[ShownLink], int]:
    """One page of links, newest first, and how many there are in all. `state`: one of `LinkState`, or all but archived."""
    condition = STATE_SQL[LinkState(state)] if state in set(LinkState) else "l.archived_at IS NULL"
    where = (
        f"l.workspace_id = $1 AND l.kind = 'channel' AND {condition} AND $2::timestamptz IS NOT NULL "
        "AND ($3::uuid IS NULL OR l.job_id = $3) "
        "AND NOT EXISTS (SELECT 1 FROM unnest($4::text[]) word WHERE strpos(lower(concat_ws(' ', l.slug, l.label, l.note, "
        "c.network_name, c.placement_name, job.title)), word) = 0)"
    )
    args = (workspace_id, now, job_id, search.lower().split())
    total = await db.value(f"SELECT count(*) FROM {SOURCE} WHERE {where}", *args)
    found = await db.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE {where} ORDER BY l.created_at DESC, l.id LIMIT $5 OFFSET $6",
        *args,
        PAGE_SIZE,
        (page - 1) * PAGE_SIZE,
    )
    return [_shown(row) for row in found], int(total)


async def get_link(workspace_id: UUID, link_id: UUID) -> ShownLink:
    """A channel link in any state. Raises `Missing`."""
    found = await db.row(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE l.workspace_id = $1 AND l.id = $2 AND l.kind = 'channel'", workspace_id, link_id
    )
    if found is None:
        raise Missing("link")
    return _shown(found)


async def edit_link(workspace_id: UUID, link_id: UUID, fields: LinkFields) -> None:
    """The slug stays: it is out in the world. Raises `Missing`."""
    names = LinkFields.__struct_fields__
    changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(names, start=3))
    await _change(workspace_id, link_id, changes, *msgspec.structs.astuple(fields))


async def set_paused(workspace_id: UUID, link_id: UUID, *, at: datetime | None) -> None:
    """Pause, or go on (`at` None). Raises `Missing`."""
    await _change(workspace_id, link_id, "paused_at = $3", at)


async def set_archived(workspace_id: UUID, link_id: UUID, *, at: datetime | None) -> None:
    """Out of the lists and of use, or back (`at` None). Its clicks and its slug stay its own. Raises `Missing`."""
    await _change(workspace_id, link_id, "archived_at = $3", at)


async def taken_slugs(prefix: str) -> set[str]:
    """Slugs that begin so, of every workspace: they share one host."""
    return {r["slug"] for r in await db.rows("SELECT slug FROM link WHERE starts_with(slug, $1)", prefix)}


class _Maker:
    """Makes the links of one form, in the transaction of `make_links`."""

    def __init__(self, workspace_id: UUID, job_id: UUID, title: str, member_id: UUID | None, now: datetime) -> None:
        self.workspace_id, self.job_id, self.title, self.member_id, self.now = workspace_id, job_id, title, member_id, now
        self.errors: dict[str, str] = {}

    async def make(self, wanted: Sequence[WantedLink]) -> list[MadeLink]:
        known = {channel.key: channel for channel in await channels.channels_of(self.workspace_id)}
        if any(want.channel not in known for want in wanted):
            raise Invalid({"channel": "One of the channels is no longer in the list. Choose again."})
        self.there = {(link.channel, link.label.lower()): link for link in await links_of_job(self.workspace_id, self.job_id)}
        chosen = [known[want.channel] for want in wanted]
        self.channel_ids = await channels.channel_ids(self.workspace_id, chosen, now=self.now)
        self.taken = await taken_slugs(slugs.short_name(self.title))
        made = [await self._one(want, known[want.channel]) for want in wanted]
        if self.errors:
            raise Invalid(self.errors)
        return [link for link in made if link is not None]

    async def _one(self, want: WantedLink, channel: CatalogueChannel) -> MadeLink | None:
        there = self.there.get((want.channel, want.label.lower()))
        if there is not None:
            return MadeLink(there.id, there.slug, there.channel, there.label, fresh=False)
        if want.slug:
            return await self._with_own_slug(want)
        return await self._with_proposed_slug(want, channel)

    async def _with_own_slug(self, want: WantedLink) -> MadeLink | None:
        try:
            slug = slugs.check_slug(want.slug)
        except Invalid as invalid:
            self.errors[f"slug:{want.channel}"] = invalid.errors["slug"]
            return None
        link = await self._insert(want, slug)
        if link is None:
            self.errors[f"slug:{want.channel}"] = (await self._clash(slug)).value
        return link

    async def _with_proposed_slug(self, want: WantedLink, channel: CatalogueChannel) -> MadeLink:
        while True:
            slug = slugs.proposal(self.title, channel.code, self.taken, want.label)
            self.taken.add(slug)
            if link := await self._insert(want, slug):
                return link

    async def _insert(self, want: WantedLink, slug: str) -> MadeLink | None:
        """None when another link has the slug."""
        link_id = db.new_id()
        touched = await db.run(
            "INSERT INTO link (id, workspace_id, kind, job_id, channel_id, slug, token_version, label, target_url, note, "
            "card_title, card_text, member_id, created_at) VALUES ($1, $2, 'channel', $3, $4, $5, 1, $6, '', '', '', '', $7, $8) "
            "ON CONFLICT (slug) DO NOTHING",
            link_id,
            self.workspace_id,
            self.job_id,
            self.channel_ids[want.channel],
            slug,
            want.label,
            self.member_id,
            self.now,
        )
        return MadeLink(link_id, slug, want.channel, want.label, fresh=True) if touched else None

    async def _clash(self, slug: str) -> SlugFault:
        """What has the slug. An archived link of somebody else's is just another link."""
        archived = await db.value(
            "SELECT archived_at IS NOT NULL FROM link WHERE workspace_id = $1 AND slug = $2", self.workspace_id, slug
        )
        return SlugFault.ARCHIVED if archived else SlugFault.TAKEN


async def _change(workspace_id: UUID, link_id: UUID, setting: str, *values: object) -> None:
    touched = await db.run(
        f"UPDATE link SET {setting} WHERE workspace_id = $1 AND id = $2 AND kind = 'channel'", workspace_id, link_id, *values
    )
    if not touched:
        raise Missing("link")
    await changes.link_changed(link_id)


def _shown(row: db.Row) -> ShownLink:
    return msgspec.convert(dict(row), ShownLink)
