"""Member pages of links: a job's Share page, own channels."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import SignedIn
from portal.accounts.page import done, job_page, member_page
from portal.jobs.jobs import Job, get_job
from portal.links import channels, making, share
from portal.links.making import WantedLink
from portal.links.page import EDIT, SEE, AnyRequest, LinkClicks, LinkFaults, state_at
from portal.web.forms import Form, Invalid
from portal.web.templating import plural


@get("/app/jobs/{job_id:uuid}/share", opt=SEE)
async def share_page(
    request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, *, link_clicks: LinkClicks, link_faults: LinkFaults
) -> Template:
    job = await get_job(member.workspace_id, job_id)
    return await _share(
        request, member, job, await share.board(job), Form({}), link_clicks=link_clicks, link_faults=link_faults, now=now
    )


@get("/app/jobs/{job_id:uuid}/share/button", opt=SEE)
async def make_button(request: AnyRequest, member: SignedIn, job_id: UUID) -> Template:
    """The button that says how many links it makes."""
    job = await get_job(member.workspace_id, job_id)
    chosen = len(set(request.query_params.getall("channel", [])))
    return Template("links/_make_button.html", context={"job": job, "chosen": chosen})


@post("/app/jobs/{job_id:uuid}/share", opt=EDIT)
async def make(
    request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, *, link_clicks: LinkClicks, link_faults: LinkFaults
) -> Response[str] | Template:
    job, form = await get_job(member.workspace_id, job_id), Form(await request.form())
    try:
        return await _make(request, member, job, share.read_wanted(job, form), now)
    except Invalid as wrong:
        form.errors = wrong.errors
        board = await share.board(job, form.values, form.list("channel"))
        return await _share(request, member, job, board, form, link_clicks=link_clicks, link_faults=link_faults, now=now)


@post("/app/jobs/{job_id:uuid}/share/another", opt=EDIT)
async def make_another(
    request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, *, link_clicks: LinkClicks, link_faults: LinkFaults
) -> Response[str] | Template:
    job, form = await get_job(member.workspace_id, job_id), Form(await request.form())
    try:
        return await _make(request, member, job, [share.read_another(job, form)], now)
    except Invalid as wrong:
        form.errors = {"slug" if name.startswith("slug:") else name: text for name, text in wrong.errors.items()}
        return await _share(
            request, member, job, await share.board(job), form, link_clicks=link_clicks, link_faults=link_faults, now=now
        )


@get("/app/links/channels", opt=SEE)
async def channels_page(request: AnyRequest, member: SignedIn) -> Template:
    return await _channels(request, member, {}, {})


@post("/app/links/channels", opt=EDIT)
async def add_channel(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str] | Template:
    form = Form(await request.form())
    network = form.text("network_name", missing="Say where it is, such as the name of a forum.", longest=channels.LONGEST_NAME)
    placement = form.text("placement_name", missing="Say which place there, such as Jobs board.", longest=channels.LONGEST_NAME)
    hint = form.text("hint", longest=channels.LONGEST_HINT)
    try:
        form.check()
        await channels.add_channel(member.workspace_id, network_name=network, placement_name=placement, hint=hint, now=now)
    except Invalid as wrong:
        return await _channels(request, member, form.values, wrong.errors)
    return done(request, "/app/links/channels", f"“{network} · {placement}” is on every Share page now.")


@post("/app/links/channels/{channel_id:uuid}/archive", opt=EDIT)
async def archive_channel(request: AnyRequest, member: SignedIn, now: datetime, channel_id: UUID) -> Response[str]:
    name = await channels.set_archived(member.workspace_id, channel_id, at=now)
    back = f"/app/links/channels/{channel_id}/restore"
    return done(request, "/app/links/channels", f"“{name}” is archived. Its links stay.", undo=back)


@post("/app/links/channels/{channel_id:uuid}/restore", opt=EDIT)
async def restore_channel(request: AnyRequest, member: SignedIn, channel_id: UUID) -> Response[str]:
    name = await channels.set_archived(member.workspace_id, channel_id, at=None)
    return done(request, "/app/links/channels", f"“{name}” is back in the list.")


async def _make(request: AnyRequest, member: SignedIn, job: Job, wanted: list[WantedLink], now: datetime) -> Response[str]:
    made = await making.make_links(member.workspace_id, wanted, member_id=member.id, now=now)
    fresh = sum(link.fresh for link in made)
    said = f"{plural(fresh, 'link')} made." if fresh else "These links were there already."
    return done(request, f"/app/jobs/{job.id}/share", said)


async def _share(
    request: AnyRequest,
    member: SignedIn,
    job: Job,
    board: share.Board,
    form: Form,
    *,
    link_clicks: LinkClicks,
    link_faults: LinkFaults,
    now: datetime,
) -> Template:
    clicks = await link_clicks(member.workspace_id, [link.id for link in board.made])
    status = HTTP_422_UNPROCESSABLE_ENTITY if form.errors else HTTP_200_OK
    return job_page(
        request,
        member,
        "links/share.html",
        job=job,
        tab="share",
        status=status,
        board=board,
        clicks=clicks,
        faults=await link_faults(member.workspace_id, [link.id for link in board.made]),
        chosen=board.chosen,
        state_of=state_at(now),
        values=form.values,
        errors=form.errors,
    )


async def _channels(request: AnyRequest, member: SignedIn, values: dict[str, str], errors: dict[str, str]) -> Template:
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    own = await channels.own_channels(member.workspace_id)
    context = {"own": own, "values": values, "errors": errors}
    return member_page(request, member, "links/channels.html", nav="links", status=status, **context)


handlers = [
    share_page,
    make_button,
    make,
    make_another,
    channels_page,
    add_channel,
    archive_channel,
    restore_channel,
]
