"""Member pages of the grid: all links of a campaign, new or not, in two steps: choose and look, then make."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Template

from portal import db
from portal.accounts.access import SignedIn
from portal.accounts.page import done, member_page
from portal.jobs.jobs import Status, list_jobs
from portal.links import campaigns, channels, domains, grid, utm
from portal.links.campaigns import Campaign, CampaignFields
from portal.links.making import PlannedLink, WantedLink
from portal.links.page import EDIT, AnyRequest, status_of
from portal.links.share import STARTER_SET
from portal.links.utm import Facts
from portal.settings import settings
from portal.web.forms import Form, Invalid
from portal.web.templating import plural

LIST = "/app/campaigns"


@get(f"{LIST}/new", opt=EDIT)
async def new_page(request: AnyRequest, member: SignedIn) -> Template:
    form = Form({"id": str(db.new_id())})
    return await _choose(request, member, None, form, chosen=STARTER_SET)


@post(f"{LIST}/new", opt=EDIT)
async def new(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str] | Template:
    """A campaign with all its links, in two steps: look, then make. Its id comes with the form, so that sending it twice makes
    one."""
    form = Form(await request.form())
    if form.raw("step") == "only":
        return await _without_links(request, member, form, now)
    return await _step(request, member, await campaigns.find_campaign(member.workspace_id, _id(form)), form, now)


@get(f"{LIST}/{{campaign_id:uuid}}/grid", opt=EDIT)
async def grid_page(request: AnyRequest, member: SignedIn, campaign_id: UUID) -> Template:
    campaign = await campaigns.get_campaign(member.workspace_id, campaign_id)
    return await _choose(request, member, campaign, Form({}))


@post(f"{LIST}/{{campaign_id:uuid}}/grid", opt=EDIT)
async def add_links(request: AnyRequest, member: SignedIn, now: datetime, campaign_id: UUID) -> Response[str] | Template:
    campaign = await campaigns.get_campaign(member.workspace_id, campaign_id)
    return await _step(request, member, campaign, Form(await request.form()), now)


async def _step(
    request: AnyRequest, member: SignedIn, campaign: Campaign | None, form: Form, now: datetime
) -> Response[str] | Template:
    """Choose, look, make: whichever the pressed button asks for. `campaign` None: it is made with its links."""
    fields = None if campaign else campaigns.read_campaign(form)
    choice = grid.read_choice(form)
    if form.errors or form.raw("step") not in {"look", "make"}:
        return await _choose(request, member, campaign, form, chosen=choice.channels)
    asked = grid.wanted(choice, form, campaign.id if campaign else _id(form))
    try:
        planned = await grid.preview(member.workspace_id, asked, fields)
        if form.raw("step") == "look" or any(link.fault for link in planned):
            return await _look(request, member, campaign, form, planned)
        return await _make(request, member, asked, fields, now)
    except Invalid as wrong:
        form.errors = wrong.errors
        return await _choose(request, member, campaign, form, chosen=choice.channels)


async def _make(
    request: AnyRequest, member: SignedIn, asked: list[WantedLink], fields: CampaignFields | None, now: datetime
) -> Response[str]:
    made = await grid.make(member.workspace_id, asked, new=fields, member_id=member.id, now=now)
    fresh = sum(link.fresh for link in made)
    said = f"{plural(fresh, 'link')} made." if fresh else "These links were there already."
    return done(request, f"{LIST}/{asked[0].campaign_id}", said)


async def _look(
    request: AnyRequest, member: SignedIn, campaign: Campaign | None, form: Form, planned: list[PlannedLink]
) -> Template:
    code = campaign.code if campaign else await campaigns.free_code(member.workspace_id, form.text("name"))
    words = (await utm.words_of(member.workspace_id)).words
    form.errors = {link.wanted.slug_field: link.fault.value for link in planned if link.fault}
    return member_page(
        request,
        member,
        "links/preview.html",
        nav="links",
        status=status_of(form),
        campaign=campaign,
        name=campaign.name if campaign else form.text("name"),
        planned=planned,
        fresh=sum(link.fresh or link.fault is not None for link in planned),
        utm={link.link_id: utm.parameters(words, _facts(link, code)) for link in planned},
        host=await _host(member),
        kept=_kept(form),
        errors=form.errors,
    )


async def _choose(
    request: AnyRequest, member: SignedIn, campaign: Campaign | None, form: Form, *, chosen: tuple[str, ...] = ()
) -> Template:
    jobs = [job for job in await list_jobs(member.workspace_id) if job.status is not Status.CLOSED]
    ticked = set(form.list("job")) or ({str(jobs[0].id)} if len(jobs) == 1 else set())
    groups: dict[str, list[tuple[str, str]]] = {}
    for channel in await channels.channels_of(member.workspace_id):
        groups.setdefault(channel.network_name, []).append((channel.key, channel.placement_name))
    return member_page(
        request,
        member,
        "links/grid.html",
        nav="links",
        status=status_of(form),
        campaign=campaign,
        jobs=jobs,
        ticked=ticked,
        groups=groups,
        chosen=set(chosen),
        values=form.values,
        errors=form.errors,
    )


async def _without_links(request: AnyRequest, member: SignedIn, form: Form, now: datetime) -> Response[str] | Template:
    fields = campaigns.read_campaign(form)
    try:
        form.check()
        await campaigns.make_campaign(member.workspace_id, _id(form), fields, now=now)
    except Invalid as wrong:
        form.errors = wrong.errors
        return await _choose(request, member, None, form, chosen=tuple(form.list("channel")))
    return done(request, f"{LIST}/{_id(form)}", "Saved. Add links when you are ready.")


async def _host(member: SignedIn) -> str:
    """What stands before the slugs: the workspace's own short domain, if it prefers one."""
    found = await domains.domains_of(member.workspace_id)
    return next((domain.host for domain in found if domain.preferred), settings().short_host)


def _kept(form: Form) -> list[tuple[str, str]]:
    """What the first step was told, for the second one to send again."""
    names = ("id", "name", "starts_on", "ends_on", "notes", "ads", "runs")
    texts = [(name, form.raw(name)) for name in names if form.raw(name)]
    return texts + [(name, value) for name in ("job", "channel") for value in form.list(name)]


def _facts(link: PlannedLink, code: str) -> Facts:
    return Facts(
        network=link.channel.network,
        placement=link.channel.placement,
        channel=link.channel.code,
        campaign=code,
        job=link.job_title,
        label=link.label,
        slug=link.slug,
    )


def _id(form: Form) -> UUID:
    """The id that the form brought; another if it is none."""
    try:
        return UUID(form.raw("id"))
    except ValueError:
        return db.new_id()


handlers = [new_page, new, grid_page, add_links]
