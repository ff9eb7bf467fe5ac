"""Making links: a whole set in one action, all of it or none.

What would be made is worked out by `plan`, which writes nothing: a preview and the making itself cannot differ.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portal import changes, db
from portal.links import channels, slugs
from portal.links.catalogue import CatalogueChannel
from portal.links.slugs import SlugFault
from portal.web.forms import Invalid
from portal.web.missing import Missing

Place = tuple[UUID, UUID | None, str, str]
"""Job, campaign, channel and label: where there can be one link in use."""


class WantedLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link to make. An empty `slug` has one proposed; `label` tells links of one channel apart."""

    job_id: UUID
    channel: str
    """Network and placement: ``instagram/story``."""
    slug: str = ""
    label: str = ""
    campaign_id: UUID | None = None
    target_url: str = ""
    note: str = ""
    slug_field: str = ""
    """Which field of a form the slug came from; ``slug:{channel}`` if nothing else is said."""

    @property
    def place(self) -> Place:
        return (self.job_id, self.campaign_id, self.channel, self.label.lower())


class PlannedLink(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a wanted link."""

    link_id: UUID
    slug: str
    wanted: WantedLink
    channel: CatalogueChannel
    job_title: str
    fresh: bool
    """False: it is there already."""
    fault: SlugFault | None = None

    @property
    def label(self) -> str:
        return self.wanted.label


async def make_links(
    workspace_id: UUID, wanted: Sequence[WantedLink], *, member_id: UUID | None, now: datetime
) -> list[PlannedLink]:
    """All of `wanted`, or none. What is there already (same job, campaign, channel and label, not archived) is returned as it
    is, so the same form sent twice makes nothing twice.

    Raises `Missing` for a job or campaign that isn't there, and `Invalid` with a sentence for the field of each slug.
    """
    async with db.transaction():
        made = await make_within(workspace_id, wanted, member_id=member_id, now=now)
    await changes.slugs_made([link.slug for link in made if link.fresh])
    return made


async def make_within(
    workspace_id: UUID, wanted: Sequence[WantedLink], *, member_id: UUID | None, now: datetime
) -> list[PlannedLink]:
    """`make_links` as a part of the caller's transaction. After its end the caller tells of the new slugs."""
    await _take_turns(workspace_id, wanted)
    return await _make(workspace_id, wanted, member_id, now)


async def plan(
    workspace_id: UUID, wanted: Sequence[WantedLink], new_campaigns: Mapping[UUID, str] | None = None
) -> list[PlannedLink]:
    """What `make_links` would do at this moment, one for each of `wanted`; faults stand in it.

    `new_campaigns`: ids and codes of campaigns that will be made together with their links. Raises `Missing` for a job or
    campaign that isn't there, and `Invalid` for a channel that can't be chosen any more.
    """
    planner = await _Planner.read(workspace_id, wanted, new_campaigns or {})
    # Thousands of links take a while; redirects of the same process don't wait for them.
    return await asyncio.to_thread(planner.plan, wanted)


async def taken_slugs(prefix: str) -> set[str]:
    """Slugs that begin so, of every workspace: they share one host."""
    return {r["slug"] for r in await db.rows("SELECT slug FROM link WHERE starts_with(slug, $1)", prefix)}


async def _take_turns(workspace_id: UUID, wanted: Sequence[WantedLink]) -> None:
    """Whoever makes links of these jobs at the same moment waits here; in one order, so that nobody waits for ever."""
    sql = "SELECT id FROM job WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE"
    await db.rows(sql, workspace_id, _jobs(wanted))


async def _make(workspace_id: UUID, wanted: Sequence[WantedLink], member_id: UUID | None, now: datetime) -> list[PlannedLink]:
    """Goes round again when another workspace took a slug between the look and the making."""
    made: set[UUID] = set()
    while True:
        planned = await plan(workspace_id, wanted)
        errors = {_field(link.wanted): link.fault.value for link in planned if link.fault}
        if errors:
            raise Invalid(errors)
        fresh = [link for link in planned if link.fresh]
        if not fresh:
            return [msgspec.structs.replace(link, fresh=link.link_id in made) for link in planned]
        made |= await _insert(workspace_id, fresh, member_id, now)


async def _insert(workspace_id: UUID, fresh: list[PlannedLink], member_id: UUID | None, now: datetime) -> set[UUID]:
    """The ids of those that could be made: another link may have got the slug a moment ago."""
    chosen = {link.channel.key: link.channel for link in fresh}
    channel_ids = await channels.channel_ids(workspace_id, list(chosen.values()), now=now)
    columns = (
        [link.link_id for link in fresh],
        [link.wanted.job_id for link in fresh],
        [channel_ids[link.channel.key] for link in fresh],
        [link.wanted.campaign_id for link in fresh],
        [link.slug for link in fresh],
        [link.label for link in fresh],
        [link.wanted.target_url for link in fresh],
        [link.wanted.note for link in fresh],
    )
    found = await db.rows(
        "INSERT INTO link (id, workspace_id, kind, job_id, channel_id, campaign_id, slug, token_version, label, target_url, "
        "note, card_title, card_text, member_id, created_at) "
        "SELECT id, $1, 'channel', job_id, channel_id, campaign_id, slug, 1, label, target_url, note, '', '', $2, $3 "
        "FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[]) "
        "AS wanted (id, job_id, channel_id, campaign_id, slug, label, target_url, note) "
        "ON CONFLICT (slug) DO NOTHING RETURNING id",
        *(workspace_id, member_id, now),
        *columns,
    )
    return {row["id"] for row in found}


class _Planner:
    """Everything that a plan depends on, read once; then it is pure."""

    def __init__(self, titles: dict[UUID, str], codes: dict[UUID, str], known: dict[str, CatalogueChannel]) -> None:
        self.titles, self.codes, self.known = titles, codes, known
        self.there: dict[Place, tuple[UUID, str]] = {}
        self.owners: dict[str, bool] = {}
        """Typed slugs that a link has, and whether it is an archived one of ours."""
        self.given: set[str] = set()
        """Slugs that this plan has given away."""
        self.avoided: set[str] = set()
        """What no proposal may be: taken, typed or given."""

    @classmethod
    async def read(cls, workspace_id: UUID, wanted: Sequence[WantedLink], new_campaigns: Mapping[UUID, str]) -> "_Planner":
        self = cls(
            await _titles(workspace_id, wanted),
            await _campaign_codes(workspace_id, wanted, new_campaigns),
            {channel.key: channel for channel in await channels.channels_of(workspace_id)},
        )
        if any(want.channel not in self.known for want in wanted):
            raise Invalid({"channel": "One of the channels is no longer in the list. Choose again."})
        self.there = await _there(workspace_id, wanted)
        self.owners = await _owners(workspace_id, wanted)
        self.avoided = set(_typed(wanted))
        for name in {slugs.short_name(title) for title in self.titles.values()}:
            self.avoided |= await taken_slugs(name)
        return self

    def plan(self, wanted: Sequence[WantedLink]) -> list[PlannedLink]:
        return [self._one(want) for want in wanted]

    def _one(self, want: WantedLink) -> PlannedLink:
        there = self.there.get(want.place)
        if there is not None:
            return self._planned(want, *there, fresh=False)
        slug, fault = self._own_slug(want) if want.slug else (self._proposed_slug(want), None)
        link_id = db.new_id()
        if fault is None:
            self.given.add(slug)
            self.avoided.add(slug)
            self.there[want.place] = (link_id, slug)
        return self._planned(want, link_id, slug, fresh=fault is None, fault=fault)

    def _planned(self, want: WantedLink, link_id: UUID, slug: str, *, fresh: bool, fault: SlugFault | None = None) -> PlannedLink:
        return PlannedLink(
            link_id=link_id,
            slug=slug,
            wanted=want,
            channel=self.known[want.channel],
            job_title=self.titles[want.job_id],
            fresh=fresh,
            fault=fault,
        )

    def _own_slug(self, want: WantedLink) -> tuple[str, SlugFault | None]:
        slug = slugs.cleaned(want.slug)
        if fault := slugs.fault_of(slug):
            return want.slug, fault
        if slug in self.owners or slug in self.given:
            return slug, SlugFault.ARCHIVED if self.owners.get(slug) else SlugFault.TAKEN
        return slug, None

    def _proposed_slug(self, want: WantedLink) -> str:
        title, code = self.titles[want.job_id], self.known[want.channel].code
        campaign = self.codes[want.campaign_id] if want.campaign_id else ""
        return slugs.proposal(title, code, self.avoided, want.label, campaign)


async def _titles(workspace_id: UUID, wanted: Sequence[WantedLink]) -> dict[UUID, str]:
    asked = _jobs(wanted)
    found = await db.rows("SELECT id, title FROM job WHERE workspace_id = $1 AND id = ANY($2)", workspace_id, asked)
    if len(found) < len(asked):
        raise Missing("job")
    return {row["id"]: row["title"] for row in found}


async def _campaign_codes(workspace_id: UUID, wanted: Sequence[WantedLink], new: Mapping[UUID, str]) -> dict[UUID, str]:
    asked = {want.campaign_id for want in wanted if want.campaign_id} - new.keys()
    found = await db.rows("SELECT id, code FROM campaign WHERE workspace_id = $1 AND id = ANY($2)", workspace_id, list(asked))
    if len(found) < len(asked):
        raise Missing("campaign")
    return {row["id"]: row["code"] for row in found} | dict(new)


async def _there(workspace_id: UUID, wanted: Sequence[WantedLink]) -> dict[Place, tuple[UUID, str]]:
    """Links in use of these jobs; of several in one place, the newest."""
    found = await db.rows(
        "SELECT l.id, l.slug, l.job_id, l.campaign_id, c.network || '/' || c.placement AS channel, l.label "
        "FROM link l JOIN channel c ON c.id = l.channel_id WHERE l.workspace_id = $1 AND l.job_id = ANY($2) "
        "AND l.kind = 'channel' AND l.archived_at IS NULL ORDER BY l.created_at, l.id",
        workspace_id,
        _jobs(wanted),
    )
    return {(r["job_id"], r["campaign_id"], r["channel"], r["label"].lower()): (r["id"], r["slug"]) for r in found}


async def _owners(workspace_id: UUID, wanted: Sequence[WantedLink]) -> dict[str, bool]:
    """Which of the typed slugs a link has, and whether it is an archived one of ours. One of somebody else's is just taken."""
    sql = "SELECT slug, workspace_id = $2 AND archived_at IS NOT NULL AS archived FROM link WHERE slug = ANY($1)"
    return {row["slug"]: row["archived"] for row in await db.rows(sql, _typed(wanted), workspace_id)}


def _typed(wanted: Sequence[WantedLink]) -> list[str]:
    return [slugs.cleaned(want.slug) for want in wanted if want.slug]


def _jobs(wanted: Sequence[WantedLink]) -> list[UUID]:
    return sorted({want.job_id for want in wanted})


def _field(want: WantedLink) -> str:
    return want.slug_field or f"slug:{want.channel}"
