"""Member pages of jobs, and the sheet with a workspace's colour."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import MediaType, Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal import changes, db
from portal.accounts import workspaces
from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, job_page, member_page
from portal.accounts.places import countries, timezones
from portal.jobs import branding, deadlines, job_form, jobs
from portal.jobs.jobs import Job, JobCounts, Status
from portal.jobs.next_steps import is_ready, next_steps
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing
from portal.web.paging import PAGE_SIZE, page_number, pager

# Rooms above answer these; portal/app.py brings both together.
JobCountsOf = Callable[[UUID, Sequence[UUID]], Awaitable[dict[UUID, JobCounts]]]
"""How far people got at each of these jobs of a workspace."""
QuestionCount = Callable[[UUID], Awaitable[int]]
"""How many questions a job's interview has."""
LinkCount = Callable[[UUID, UUID], Awaitable[int]]
"""How many channel links a job (workspace, job) has."""
StuckCount = Callable[[UUID, UUID], Awaitable[int]]
"""How many people stopped on their way at a job (workspace, job)."""
AskedCount = Callable[[UUID, UUID], Awaitable[int]]
"""How many people of a job (workspace, job) ask for more time."""
MoveDeadlines = Callable[[Job], Awaitable[int]]
"""Gives the people under way at a job its new deadline, inside the caller's transaction; how many."""

AnyRequest = Request[Any, Any, Any]
IMMUTABLE = "public, max-age=31536000, immutable"
SEE = {"permission": Permission.SEE_JOBS}
EDIT = {"permission": Permission.EDIT_JOBS}


@get("/app/jobs", opt=SEE)
async def list_page(request: AnyRequest, member: SignedIn, now: datetime, job_counts: JobCountsOf) -> Template:
    search, status = request.query_params.get("q", "").strip(), request.query_params.get("status", "")
    page = page_number(request.query_params.get("page"))
    found = await jobs.list_jobs(member.workspace_id, search=search, status=status)
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    context: dict[str, Any] = {
        "jobs": shown,
        "counts": await job_counts(member.workspace_id, [job.id for job in shown]),
        "states": {job.id: _state(job, now) for job in shown},
        "page": pager(path="/app/jobs", query=_filters(search, status), page=page, total=len(found)),
        "search": search,
        "wanted": status,
        "errors": {},
        "apart": "HX-Request" in request.headers,
    }
    if context["apart"]:
        return Template("jobs/_list.html", context=context | {"may": member.may, "Permission": Permission})
    return member_page(request, member, "jobs/list.html", nav="jobs", **context)


@get("/app/jobs/new", opt=EDIT)
async def new_page(request: AnyRequest, member: SignedIn) -> Template:
    home = await workspaces.get_workspace(member.workspace_id)
    return _form(request, member, None, job_form.empty(home.timezone, home.country, home.language), {})


@post("/app/jobs/new", opt=EDIT)
async def make(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str] | Template:
    form = Form(await request.form())
    try:
        fields = job_form.read_job(form, now=now)
    except Invalid as wrong:
        return _form(request, member, None, form.values, wrong.errors)
    job_id = await jobs.make_job(member.workspace_id, fields, now=now)
    return done(request, f"/app/jobs/{job_id}/interview", f"“{fields.title}” is made. Now its interview.")


@get("/app/jobs/{job_id:uuid}", opt=SEE)
async def overview(
    *,
    request: AnyRequest,
    member: SignedIn,
    now: datetime,
    job_id: UUID,
    job_counts: JobCountsOf,
    question_count: QuestionCount,
    link_count: LinkCount,
    stuck_count: StuckCount,
    asked_count: AskedCount,
) -> Template:
    job = await jobs.get_job(member.workspace_id, job_id)
    counts = (await job_counts(job.workspace_id, [job.id])).get(job.id, JobCounts())
    questions, links = await question_count(job.id), await link_count(job.workspace_id, job.id)
    stuck, asked = await stuck_count(job.workspace_id, job.id), await asked_count(job.workspace_id, job.id)
    steps = next_steps(job, questions=questions, links=links, stuck=stuck, asked=asked, now=now)
    return job_page(
        request,
        member,
        "jobs/overview.html",
        job=job,
        tab="overview",
        state=_state(job, now),
        counts=counts,
        steps=[step for step in steps if member.may(step.permission)],
        questions=questions,
        links=links,
        errors={},
    )


@get("/app/jobs/{job_id:uuid}/settings", opt=EDIT)
async def settings_page(request: AnyRequest, member: SignedIn, job_id: UUID) -> Template:
    job = await jobs.get_job(member.workspace_id, job_id)
    return _form(request, member, job, job_form.shown(job), {})


@post("/app/jobs/{job_id:uuid}/settings", opt=EDIT)
async def save(
    request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, move_deadlines: MoveDeadlines
) -> Response[str] | Template:
    before = await jobs.get_job(member.workspace_id, job_id)
    form = Form(await request.form())
    try:
        fields = job_form.read_job(form, now=now, before=before)
    except Invalid as wrong:
        return _form(request, member, before, form.values, wrong.errors)
    async with db.transaction():
        await jobs.edit_job(member.workspace_id, job_id, fields)
        if (fields.deadline_at, fields.deadline_days) != (before.deadline_at, before.deadline_days):
            await move_deadlines(await jobs.get_job(member.workspace_id, job_id))
    await changes.job_changed(job_id)
    return done(request, f"/app/jobs/{job_id}/settings", "Saved.")


@post("/app/jobs/{job_id:uuid}/publish", opt=EDIT)
async def publish(request: AnyRequest, member: SignedIn, job_id: UUID, question_count: QuestionCount) -> Response[str]:
    job = await jobs.get_job(member.workspace_id, job_id)
    if not is_ready(job, await question_count(job.id)):
        return done(request, f"/app/jobs/{job_id}/interview", "Add a question first: the interview is empty.", kind="error")
    if job.status == Status.CLOSED:
        return done(request, f"/app/jobs/{job_id}", "It is closed: open it again instead.", kind="error")
    if job.status == Status.DRAFT:
        await jobs.publish_job(member.workspace_id, job_id)
    return done(request, f"/app/jobs/{job_id}", "Published: people can come in.")


@post("/app/jobs/{job_id:uuid}/unpublish", opt=EDIT)
async def unpublish(request: AnyRequest, member: SignedIn, job_id: UUID) -> Response[str]:
    job, back = await jobs.get_job(member.workspace_id, job_id), f"/app/jobs/{job_id}"
    if job.status == Status.CLOSED:
        return done(request, back, "This job is closed: only an open one can go back to draft.", kind="error")
    await jobs.unpublish_job(member.workspace_id, job_id)
    return done(request, back, "A draft again: nobody comes in or goes on, and messages wait.", undo=f"{back}/publish")


@post("/app/jobs/{job_id:uuid}/close", opt=EDIT)
async def close(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Response[str]:
    await jobs.close_job(member.workspace_id, job_id, now=now)
    return done(request, f"/app/jobs/{job_id}", "Closed: nobody new comes in.", undo=f"/app/jobs/{job_id}/reopen")


@post("/app/jobs/{job_id:uuid}/reopen", opt=EDIT)
async def reopen(request: AnyRequest, member: SignedIn, job_id: UUID) -> Response[str]:
    await jobs.reopen_job(member.workspace_id, job_id)
    return done(request, f"/app/jobs/{job_id}", "Open again.")


@get("/brand/{file:str}", opt={"public": True}, media_type=MediaType.TEXT)
async def brand(file: str) -> Response[str]:
    """An address is right for one colour only; a workspace's old ones are gone, and no page names them any more."""
    workspace_id = _named_in(file)
    color = (await workspaces.get_workspace(workspace_id)).brand_color
    if f"/brand/{file}" != branding.brand_css_href(workspace_id, color):
        raise Missing("sheet")
    return Response(branding.brand_css(color), media_type="text/css", headers={"cache-control": IMMUTABLE})


def _named_in(file: str) -> UUID:
    try:
        return UUID(file[:36])
    except ValueError:
        raise Missing("sheet") from None


def _form(request: AnyRequest, member: SignedIn, job: Job | None, values: dict[str, str], errors: dict[str, str]) -> Template:
    """The form of a new job, or of `job`."""
    context = {"values": values, "errors": errors, "timezones": timezones().items(), "countries": countries().items()}
    context["kinds"] = job_form.kinds(job)
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    if job is None:
        return member_page(request, member, "jobs/new.html", nav="jobs", status=status, **context)
    return job_page(request, member, "jobs/settings.html", job=job, tab="settings", status=status, **context)


def _state(job: Job, now: datetime) -> tuple[str, str]:
    """(tone, words) of a job's badge. An open job whose deadline is over says so: nobody can come in."""
    if job.status == Status.OPEN and deadlines.is_past(job, now):
        return "attention", "Deadline over"
    return {Status.OPEN: "good", Status.DRAFT: "attention", Status.CLOSED: "quiet"}[job.status], job.status.value.capitalize()


def _filters(search: str, status: str) -> dict[str, str]:
    return {name: value for name, value in (("q", search), ("status", status)) if value}


handlers = [list_page, new_page, make, overview, settings_page, save, publish, unpublish, close, reopen, brand]
