"""Channels, campaigns and links."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, UnsetType

from portal import changes, db
from portal.accounts import workspaces
from portal.accounts.keys import Scope
from portal.integrations.api.operations import Answer, Call, Operation, operation
from portal.integrations.api.paging import Limit, Listing, Moment, Page, Paging, part
from portal.integrations.api.problems import Code, FieldError, Refusal, invalid
from portal.jobs.jobs import get_job
from portal.links import campaigns, channels, links, listing, making
from portal.links.campaigns import CampaignState
from portal.links.catalogue import CatalogueChannel
from portal.links.links import LONGEST_LABEL, STATE_SQL, LinkState
from portal.links.making import PlannedLink, WantedLink
from portal.links.slugs import cleaned
from portal.web.forms import Form

ChannelKey = Annotated[str, Meta(min_length=3, max_length=100, description="Network and placement.", examples=["instagram/bio"])]
Slug = Annotated[str, Meta(min_length=2, max_length=60, description="Proposed from the job's title if left out.")]
Label = Annotated[str, Meta(max_length=LONGEST_LABEL, description="Tells links of one channel apart.")]
MOST_LINKS = 500


class ListedChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A place where links can be put."""

    channel: str
    """How links name it: network and placement."""
    network: str
    placement: str
    name: str
    hint: str


class ChannelQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    limit: Limit = 100
    starting_after: Annotated[str, Meta(description="Go on after this channel.")] | UnsetType = UNSET


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """A marketer's named push; groups links of jobs."""

    id: UUID
    name: str
    code: str
    """Its word in `utm_campaign`."""
    starts_on: date | None
    ends_on: date | None
    notes: str
    status: CampaignState


class NewCampaign(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A campaign to make."""

    name: Annotated[str, Meta(min_length=1, max_length=campaigns.LONGEST_NAME, examples=["Spring nurses"])]
    starts_on: date | None = None
    ends_on: date | None = None
    notes: Annotated[str, Meta(max_length=campaigns.LONGEST_NOTES)] = ""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A tracked short link of a job in one channel."""

    id: UUID
    job_id: UUID
    slug: str
    url: str
    channel: str
    label: str
    campaign_id: UUID | None
    status: LinkState
    starts_at: Moment | None
    expires_at: Moment | None
    created_at: Moment


class NewLink(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A link to make. There is one of each channel, campaign and label."""

    channel: ChannelKey
    slug: Slug | UnsetType = UNSET
    label: Label = ""
    campaign_id: UUID | None = None


class NewLinks(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Links to make: all of them or none."""

    data: Annotated[list[NewLink], Meta(min_length=1, max_length=MOST_LINKS)]


class MadeLinks(msgspec.Struct, frozen=True):
    """In the order in which they were sent; those that were there already as they are."""

    data: list[Link]


class LinkQuery(Paging, forbid_unknown_fields=True, kw_only=True):
    channel: ChannelKey | UnsetType = UNSET
    campaign_id: UUID | UnsetType = UNSET
    status: Annotated[LinkState, Meta(description="All but archived ones if left out.")] | UnsetType = UNSET


@operation("GET", "/channels", Scope.READ, "List channels")
async def list_channels(call: Call, query: ChannelQuery) -> Page[ListedChannel]:
    """The catalogue, then the workspace's own."""
    found = [(channel.key, channel) for channel in await channels.channels_of(call.workspace_id)]
    keys = [key for key, _ in found]
    if query.starting_after is not UNSET and query.starting_after not in keys:
        raise invalid({"starting_after": "There is no such channel."})
    start = keys.index(query.starting_after) + 1 if isinstance(query.starting_after, str) else 0
    return part([(key, _channel(channel)) for key, channel in found[start:]], query.limit)


@operation("GET", "/campaigns", Scope.READ, "List campaigns")
async def list_campaigns(call: Call, query: Paging) -> Page[Campaign]:
    """The newest first."""
    found = Listing("*", "campaign", "id")
    found.only("workspace_id = {}", call.workspace_id)
    today = await _today(call)
    return await found.page(query, lambda row: _campaign(campaigns.campaign_from(row), today))


@operation("POST", "/campaigns", Scope.LINKS, "Make a campaign", status=201)
async def make_campaign(call: Call, body: NewCampaign) -> Campaign:
    """Its name is one that no other campaign in use has."""
    typed = {name: str(value) for name, value in msgspec.structs.asdict(body).items() if value is not None}
    form = Form(typed)
    fields = campaigns.read_campaign(form)
    form.check()
    campaign_id = db.new_id()
    await campaigns.make_campaign(call.workspace_id, campaign_id, fields, now=call.now)
    return _campaign(await campaigns.get_campaign(call.workspace_id, campaign_id), await _today(call))


@operation("GET", "/jobs/{job_id}/links", Scope.READ, "List the links of a job")
async def list_links(call: Call, job_id: UUID, query: LinkQuery) -> Page[Link]:
    """The newest first. Personal links are not among them."""
    await get_job(call.workspace_id, job_id)
    found = Listing(links.COLUMNS, links.SOURCE, "l.id")
    # $1 and $2 are the workspace and the time, as the conditions of states have them.
    found.only("l.workspace_id = {}", call.workspace_id)
    found.only("{}::timestamptz IS NOT NULL", call.now)
    found.only("l.kind = 'channel'")
    found.only("l.job_id = {}", job_id)
    found.only("c.network || '/' || c.placement = {}", query.channel)
    found.only("l.campaign_id = {}", query.campaign_id)
    found.only("l.archived_at IS NULL" if query.status is UNSET else STATE_SQL[query.status])
    return await found.page(query, lambda row: _link(links.shown(row), call))


@operation(
    "POST",
    "/jobs/{job_id}/links",
    Scope.LINKS,
    "Make a link",
    status=201,
    also={200: "There was one of this channel, campaign and label already."},
    conflicts="There is one of this channel, campaign and label already, with another slug.",
)
async def make_link(call: Call, job_id: UUID, body: NewLink) -> Answer[Link]:
    """It leads to the job's landing page. Its slug is proposed from the job's title, the channel and the label unless given."""
    [made] = await _make(call, job_id, [body], lambda number, name: name)
    return Answer(_link(await links.get_link(call.workspace_id, made.link_id), call), 201 if made.fresh else 200)


@operation(
    "POST",
    "/jobs/{job_id}/links/bulk",
    Scope.LINKS,
    "Make many links",
    status=201,
    conflicts="One of them is there already, with another slug.",
    most_bytes=500_000,
)
async def make_links(call: Call, job_id: UUID, body: NewLinks) -> MadeLinks:
    """All of them or none. Those that are there already stay as they are."""
    made = await _make(call, job_id, body.data, lambda number, name: f"data[{number}].{name}")
    found = await listing.fetch(call.workspace_id, [one.link_id for one in made])
    return MadeLinks([_link(link, call) for link in found])


async def _make(call: Call, job_id: UUID, wanted: Sequence[NewLink], field: Callable[[int, str], str]) -> list[PlannedLink]:
    """`field`: how a field of the link with that number is called. Raises `Refusal`, `Invalid` and `Missing`."""
    await get_job(call.workspace_id, job_id)
    await _check_places(call, wanted, field)
    asked = [_wanted(job_id, one, field(number, "slug")) for number, one in enumerate(wanted)]
    async with db.transaction():
        made = await making.make_within(call.workspace_id, asked, member_id=None, now=call.now)
        _check_slugs(wanted, made, field)
    slugs = [link.slug for link in made if link.fresh]
    call.after.append(lambda: changes.slugs_made(slugs))
    return made


def _check_slugs(wanted: Sequence[NewLink], made: Sequence[PlannedLink], field: Callable[[int, str], str]) -> None:
    """Raises `Refusal` where a link is there already, with another slug than the one asked for."""
    for number, (one, link) in enumerate(zip(wanted, made, strict=True)):
        if one.slug is not UNSET and cleaned(one.slug) != link.slug:
            detail = f"There is a link of this channel already: /{link.slug}. Give another label to make a second one."
            raise Refusal(Code.CONFLICT, detail, [FieldError(field(number, "slug"), detail)])


async def _check_places(call: Call, wanted: Sequence[NewLink], field: Callable[[int, str], str]) -> None:
    """Raises `Refusal` naming each channel and campaign that isn't there."""
    known = {channel.key for channel in await channels.channels_of(call.workspace_id)}
    pushes = {campaign.id for campaign in await campaigns.list_campaigns(call.workspace_id)}
    errors = {}
    for number, one in enumerate(wanted):
        if one.channel not in known:
            errors[field(number, "channel")] = "There is no such channel. GET /channels lists them."
        if one.campaign_id is not None and one.campaign_id not in pushes:
            errors[field(number, "campaign_id")] = "There is no such campaign in your workspace."
    if errors:
        raise invalid(errors)


def _wanted(job_id: UUID, one: NewLink, slug_field: str) -> WantedLink:
    return WantedLink(
        job_id=job_id,
        channel=one.channel,
        slug="" if one.slug is UNSET else one.slug,
        label=Form({"label": one.label}).text("label"),
        campaign_id=one.campaign_id,
        slug_field=slug_field,
    )


def _channel(channel: CatalogueChannel) -> ListedChannel:
    same = {name: getattr(channel, name) for name in ListedChannel.__struct_fields__ if name != "channel"}
    return ListedChannel(**same, channel=channel.key)


def _link(link: links.ShownLink, call: Call) -> Link:
    same = {name: getattr(link, name) for name in Link.__struct_fields__ if name != "status"}
    return Link(**same, status=link.state(call.now))


def _campaign(campaign: campaigns.Campaign, today: date) -> Campaign:
    same = {name: getattr(campaign, name) for name in Campaign.__struct_fields__ if name != "status"}
    return Campaign(**same, status=campaign.state(today))


async def _today(call: Call) -> date:
    """The day at the workspace."""
    home = await workspaces.get_workspace(call.workspace_id)
    return call.now.astimezone(ZoneInfo(home.timezone)).date()


operations: list[Operation] = [
    list_channels,
    list_campaigns,
    make_campaign,
    list_links,
    make_link,
    make_links,
]
