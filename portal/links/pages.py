"""Member pages of links: a job's Share page, all links, one link, own channels."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, job_page, member_page
from portal.jobs.jobs import Job, get_job, list_jobs
from portal.links import channels, link_form, links, share
from portal.links.links import LinkFields, LinkState, ShownLink, WantedLink
from portal.web.forms import Form, Invalid
from portal.web.paging import page_number, pager
from portal.web.templating import plural

# The room of figures answers this; portal/app.py brings both together.
LinkClicks = Callable[[UUID, Sequence[UUID]], Awaitable[dict[UUID, int]]]
"""How many persons tapped each of these links of a workspace."""

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_LINKS}
EDIT = {"permission": Permission.EDIT_LINKS}

STATES = {
    LinkState.ACTIVE: "Active",
    LinkState.PAUSED: "Paused",
    LinkState.EXPIRED: "Ended",
    LinkState.NOT_STARTED: "Not yet open",
    LinkState.ARCHIVED: "Archived",
}


@get("/app/jobs/{job_id:uuid}/share", opt=SEE)
async def share_page(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, link_clicks: LinkClicks) -> Template:
    job = await get_job(member.workspace_id, job_id)
    return await _share(request, member, job, await share.board(job), Form({}), link_clicks=link_clicks, now=now)


@get("/app/jobs/{job_id:uuid}/share/button", opt=SEE)
async def make_button(request: AnyRequest, member: SignedIn, job_id: UUID) -> Template:
    """The button that says how many links it makes."""
    job = await get_job(member.workspace_id, job_id)
    chosen = len(set(request.query_params.getall("channel", [])))
    return Template("links/_make_button.html", context={"job": job, "chosen": chosen})


@post("/app/jobs/{job_id:uuid}/share", opt=EDIT)
async def make(
    request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, link_clicks: LinkClicks
) -> Response[str] | Template:
    job, form = await get_job(member.workspace_id, job_id), Form(await request.form())
    try:
        return await _make(request, member, job, share.read_wanted(form), now)
    except Invalid as wrong:
        form.errors = wrong.errors
        board = await share.board(job, form.values, form.list("channel"))
        return await _share(request, member, job, board, form, link_clicks=link_clicks, now=now)


@post("/app/jobs/{job_id:uuid}/share/another", opt=EDIT)
async def make_another(
    request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, link_clicks: LinkClicks
) -> Response[str] | Template:
    job, form = await get_job(member.workspace_id, job_id), Form(await request.form())
    try:
        return await _make(request, member, job, [share.read_another(form)], now)
    except Invalid as wrong:
        form.errors = {"slug" if name.startswith("slug:") else name: text for name, text in wrong.errors.items()}
        return await _share(request, member, job, await share.board(job), form, link_clicks=link_clicks, now=now)


@get("/app/links", opt=SEE)
async def list_page(request: AnyRequest, member: SignedIn, now: datetime, link_clicks: LinkClicks) -> Template:
    asked = request.query_params
    search, state, page = asked.get("q", "").strip()[:100], asked.get("state", ""), page_number(asked.get("page"))
    job_id = _uuid(asked.get("job", ""))
    shown, total = await links.list_links(member.workspace_id, now=now, search=search, job_id=job_id, state=state, page=page)
    filters = {name: value for name, value in (("q", search), ("job", str(job_id or "")), ("state", state)) if value}
    context: dict[str, Any] = {
        "links": shown,
        "clicks": await link_clicks(member.workspace_id, [link.id for link in shown]),
        "state_of": _state_at(now),
        "page": pager(path="/app/links", query=filters, page=page, total=total),
        "filters": filters,
        "errors": {},
    }
    if request.headers.get("HX-Request"):
        return Template("links/_list.html", context=context)
    jobs = await list_jobs(member.workspace_id)
    return member_page(request, member, "links/list.html", nav="links", jobs=jobs, chosen_job=job_id, states=STATES, **context)


@get("/app/links/{link_id:uuid}", opt=SEE)
async def link_page(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID, link_clicks: LinkClicks) -> Template:
    link = await links.get_link(member.workspace_id, link_id)
    form = Form(link_form.shown(link, member.timezone))
    return await _link(request, member, link, form, link_clicks=link_clicks, now=now)


@post("/app/links/{link_id:uuid}", opt=EDIT)
async def save(
    request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID, link_clicks: LinkClicks
) -> Response[str] | Template:
    link, form = await links.get_link(member.workspace_id, link_id), Form(await request.form())
    try:
        fields = link_form.read_link(form, before=link, timezone=member.timezone, now=now)
    except Invalid:
        return await _link(request, member, link, form, link_clicks=link_clicks, now=now)
    await links.edit_link(member.workspace_id, link_id, fields)
    return done(request, f"/app/links/{link_id}", "Saved.")


@post("/app/links/{link_id:uuid}/pause", opt=EDIT)
async def pause(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Response[str]:
    await links.set_paused(member.workspace_id, link_id, at=now)
    return done(request, f"/app/links/{link_id}", "Paused: it leads nowhere now.", undo=f"/app/links/{link_id}/resume")


@post("/app/links/{link_id:uuid}/resume", opt=EDIT)
async def resume(request: AnyRequest, member: SignedIn, link_id: UUID) -> Response[str]:
    await links.set_paused(member.workspace_id, link_id, at=None)
    return done(request, f"/app/links/{link_id}", "It leads to the job again.")


@post("/app/links/{link_id:uuid}/archive", opt=EDIT)
async def archive(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Response[str]:
    link = await links.get_link(member.workspace_id, link_id)
    await links.set_archived(member.workspace_id, link_id, at=now)
    return done(request, "/app/links", f"“{link.name}” is archived. Its figures stay.", undo=f"/app/links/{link_id}/restore")


@post("/app/links/{link_id:uuid}/restore", opt=EDIT)
async def restore(request: AnyRequest, member: SignedIn, link_id: UUID) -> Response[str]:
    await links.set_archived(member.workspace_id, link_id, at=None)
    return done(request, f"/app/links/{link_id}", "It is back in use.")


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
    made = await links.make_links(member.workspace_id, job.id, wanted, member_id=member.id, now=now)
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
        chosen=board.chosen,
        state_of=_state_at(now),
        values=form.values,
        errors=form.errors,
    )


async def _link(
    request: AnyRequest, member: SignedIn, link: ShownLink, form: Form, *, link_clicks: LinkClicks, now: datetime
) -> Template:
    clicks = (await link_clicks(member.workspace_id, [link.id])).get(link.id, 0)
    job = await get_job(member.workspace_id, link.job_id)
    status = HTTP_422_UNPROCESSABLE_ENTITY if form.errors else HTTP_200_OK
    context = {"link": link, "job": job, "state": _state_at(now)(link), "clicks": clicks}
    context |= {"values": {name: form.raw(name) for name in LinkFields.__struct_fields__}, "errors": form.errors}
    return member_page(request, member, "links/link.html", nav="links", status=status, **context)


async def _channels(request: AnyRequest, member: SignedIn, values: dict[str, str], errors: dict[str, str]) -> Template:
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    own = await channels.own_channels(member.workspace_id)
    context = {"own": own, "values": values, "errors": errors}
    return member_page(request, member, "links/channels.html", nav="links", status=status, **context)


def _state_at(now: datetime) -> Callable[[ShownLink], tuple[str, str]]:
    """(key, words) of a link's badge."""
    return lambda link: (link.state(now).value, STATES[link.state(now)])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


handlers = [
    share_page,
    make_button,
    make,
    make_another,
    list_page,
    channels_page,
    add_channel,
    archive_channel,
    restore_channel,
    link_page,
    save,
    pause,
    resume,
    archive,
    restore,
]
