"""Member pages of nudge plans: the workspace's, and a job's own. What is typed is played through at once, before it is saved."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, job_page, member_page
from portal.accounts.tabs import settings_tabs
from portal.accounts.workspaces import Workspace, get_workspace
from portal.jobs.jobs import Job, get_job
from portal.messages import listing, plan_form, plan_keeping
from portal.messages.listing import Filters, Tab
from portal.messages.plan_form import Draft
from portal.messages.plan_keeping import Undo
from portal.messages.plans import Plan, plan_for
from portal.messages.quiet import QuietHours
from portal.messages.rehearsal import Setting, any_setting, rehearse, setting_of
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_CANDIDATES}
EDIT = {"permission": Permission.EDIT_MESSAGES}
DEFAULT = "/app/settings/nudges"
JOB = "/app/jobs/{job_id:uuid}/nudges"
TABS = ((Tab.NEXT, "Next"), (Tab.SENT, "Sent"), (Tab.NOT_SENT, "Not sent"))
SAVED = "Saved. Whoever is waiting is planned anew within the next minutes."


class Scene(msgspec.Struct, frozen=True):
    """The plan that a page is about. `job`: None for the workspace's."""

    home: Workspace
    job: Job | None
    setting: Setting
    kept: Plan
    own: bool
    """Whether the job has a plan of its own."""

    @property
    def path(self) -> str:
        return f"/app/jobs/{self.job.id}/nudges" if self.job else DEFAULT

    @property
    def quiet(self) -> QuietHours:
        """The workspace's."""
        return QuietHours(begin=self.home.quiet_from, end=self.home.quiet_until)


class Edit(msgspec.Struct, frozen=True):
    """Where the form stands. `plan`: what it comes to, if it makes sense; `fresh`: a field that has just appeared."""

    draft: Draft
    plan: Plan | None
    errors: dict[str, str] = {}
    fresh: str = ""


@get(JOB, opt=SEE)
async def job_plan(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    return await _kept(request, member, await _scene(member, job_id, now), now)


@get(DEFAULT, opt=SEE)
async def default_plan(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    return await _kept(request, member, await _scene(member, None, now), now)


@post(f"{JOB}/draft", opt=EDIT, status_code=HTTP_200_OK)
async def job_draft(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    return await _draft(request, member, await _scene(member, job_id, now), now)


@post(f"{DEFAULT}/draft", opt=EDIT, status_code=HTTP_200_OK)
async def default_draft(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    return await _draft(request, member, await _scene(member, None, now), now)


@post(JOB, opt=EDIT)
async def save_job_plan(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Response[Any]:
    scene, form = await _scene(member, job_id, now), Form(await request.form())
    try:
        plan = plan_form.read_plan(form)
    except Invalid as wrong:
        return await _page(request, member, scene, Edit(plan_form.read_draft(form), None, wrong.errors), now)
    await plan_keeping.keep_job_plan(member.workspace_id, job_id, plan, now)
    return done(request, scene.path, SAVED)


@post(DEFAULT, opt=EDIT)
async def save_default_plan(request: AnyRequest, member: SignedIn, now: datetime) -> Response[Any]:
    scene, form = await _scene(member, None, now), Form(await request.form())
    try:
        plan = plan_form.read_plan(form)
    except Invalid as wrong:
        return await _page(request, member, scene, Edit(plan_form.read_draft(form), None, wrong.errors), now)
    await plan_keeping.keep_default_plan(member.workspace_id, plan, now)
    return done(request, scene.path, SAVED)


@post(f"{JOB}/give-up", opt=EDIT)
async def give_up(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Response[Any]:
    """Back to the workspace's plan."""
    scene = await _scene(member, job_id, now)
    if not scene.own:
        return done(request, scene.path, "This job follows the workspace's plan already.")
    await plan_keeping.give_up_job_plan(member.workspace_id, job_id)
    back = urlencode({"plan": plan_keeping.pack(Undo(member.workspace_id, job_id, scene.kept))})
    return done(request, scene.path, "This job follows the workspace's plan again.", undo=f"{scene.path}/take-back?{back}")


@post(f"{JOB}/take-back", opt=EDIT)
async def take_back(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Response[Any]:
    """The plan that was just given up. Raises `Missing` for anything else."""
    job = await get_job(member.workspace_id, job_id)
    undo = plan_keeping.unpack(request.query_params.get("plan", ""))
    if undo is None or (undo.workspace_id, undo.job_id) != (member.workspace_id, job.id):
        raise Missing
    await plan_keeping.keep_job_plan(member.workspace_id, job.id, undo.plan, now)
    return done(request, f"/app/jobs/{job.id}/nudges", "This job has its own plan again.")


async def _scene(member: SignedIn, job_id: UUID | None, now: datetime) -> Scene:
    """Raises `Missing`."""
    home = await get_workspace(member.workspace_id)
    kept = await plan_for(member.workspace_id, job_id)
    if job_id is None:
        return Scene(home, None, any_setting(home, now), kept, own=False)
    job = await get_job(member.workspace_id, job_id)
    own = await plan_keeping.has_own_plan(member.workspace_id, job_id)
    return Scene(home, job, await setting_of(job, home, now), kept, own)


async def _kept(request: AnyRequest, member: SignedIn, scene: Scene, now: datetime) -> Template:
    """The plan as it is in force."""
    return await _page(request, member, scene, Edit(plan_form.draft_of(_as_shown(scene), scene.quiet), _as_shown(scene)), now)


async def _draft(request: AnyRequest, member: SignedIn, scene: Scene, now: datetime) -> Template:
    """What the form holds, played through; after one of its buttons, changed. Nothing is kept."""
    form = Form(await request.form())
    do = form.raw("do")
    draft = plan_form.edited(plan_form.read_draft(form), do)
    fresh = plan_form.added(draft, do)
    try:
        edit = Edit(draft, plan_form.read_plan(Form(plan_form.as_sent(draft))), fresh=fresh)
    except Invalid as wrong:
        edit = Edit(draft, None, wrong.errors, fresh)
    return await _page(request, member, scene, edit, now)


async def _page(request: AnyRequest, member: SignedIn, scene: Scene, edit: Edit, now: datetime) -> Template:
    """The editor with what the plan would do, or as much of both as htmx asks for."""
    context = _context(scene, edit, now)
    status = HTTP_422_UNPROCESSABLE_ENTITY if edit.errors else HTTP_200_OK
    apart = {"plan": "messages/_plan.html", "plan-preview": "messages/_plan_preview.html"}.get(
        request.headers.get("HX-Target", "")
    )
    if apart:
        shown = {"may": member.may, "Permission": Permission, "timezone": member.timezone, "job": scene.job, "apart": True}
        return Template(apart, context=context | shown, status_code=status)
    if scene.job is None:
        tabs = settings_tabs(member)
        page = "messages/plan_default.html"
        return member_page(request, member, page, nav="settings", status=status, settings_tabs=tabs, job=None, **context)
    context["tally"] = await _tally(member, scene.job)
    return job_page(request, member, "messages/nudges.html", job=scene.job, tab="nudges", status=status, **context)


def _context(scene: Scene, edit: Edit, now: datetime) -> dict[str, Any]:
    plan = edit.plan
    return {
        "path": scene.path,
        "own": scene.own,
        "draft": edit.draft,
        "plan": plan,
        "errors": edit.errors,
        "fresh": edit.fresh,
        "changed": plan is not None and plan != _as_shown(scene),
        "setting": scene.setting,
        "workspace_quiet": scene.quiet,
        "rehearsals": rehearse(scene.setting, plan, scene.quiet, now) if plan else {},
        "most_steps": plan_form.MOST_STEPS,
        "proposed": plan_form.PROPOSED_HOLDOUT,
        "off_at": scene.home.communications_off_at,
    }


def _as_shown(scene: Scene) -> Plan:
    """The kept plan as its form sends it unchanged: the workspace's comes with the workspace's quiet hours."""
    return scene.kept if scene.job else msgspec.structs.replace(scene.kept, quiet=scene.quiet)


async def _tally(member: SignedIn, job: Job) -> list[tuple[str, int, str]]:
    """The job's messages: label, how many, address of the list."""
    tally = await listing.counts(member.workspace_id, Filters(job_id=job.id))
    return [(label, tally[tab], f"/app/messages?{urlencode({'tab': tab, 'job': job.id})}") for tab, label in TABS]


handlers = [
    job_plan,
    default_plan,
    job_draft,
    default_draft,
    save_job_plan,
    save_default_plan,
    give_up,
    take_back,
]
