"""Member pages of recipes: the systems, how one writes its merge fields, and a job's recipe for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, job_page, member_page
from portal.clicks import faults
from portal.integrations.recipes import merge_fields, recipe, trying
from portal.integrations.recipes.overview import systems_at
from portal.integrations.recipes.recipe import get_system, recipe_of
from portal.integrations.recipes.systems import System
from portal.integrations.recipes.trying import Tried
from portal.jobs.jobs import Job, get_job, list_jobs
from portal.links import ats_links
from portal.links.ats_links import Reminders
from portal.links.page import state_at
from portal.messages.plan_keeping import ground_moved
from portal.web.forms import Form, Invalid

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_LINKS}
EDIT = {"permission": Permission.EDIT_LINKS}
DECIDE = {"permission": Permission.EDIT_MESSAGES}
"""Who reminds people is part of how they are nudged."""


# ---- The workspace's systems -------------------------------------------------------------------------------------------


@get("/app/links/recipes", opt=SEE)
async def systems_page(request: AnyRequest, member: SignedIn) -> Template:
    found = await systems_at(member.workspace_id)
    return member_page(request, member, "integrations/systems.html", nav="links", systems=found)


@get("/app/links/recipes/{system:str}", opt=SEE)
async def system_page(request: AnyRequest, member: SignedIn, system: str) -> Template:
    return await _system(request, member, get_system(system))


@post("/app/links/recipes/{system:str}", opt=EDIT)
async def save_fields(request: AnyRequest, member: SignedIn, now: datetime, system: str) -> Response[str] | Template:
    chosen, form = get_system(system), Form(await request.form())
    try:
        fields = merge_fields.read_fields(form)
    except Invalid as wrong:
        return await _system(request, member, chosen, form.values, wrong.errors)
    await merge_fields.save_fields(member.workspace_id, chosen, fields, member_id=member.id, now=now)
    return done(
        request, f"/app/links/recipes/{system}", "Saved. Links that were pasted before stay as they are: paste them anew."
    )


@post("/app/links/recipes/{system:str}/forget", opt=EDIT)
async def forget_fields(request: AnyRequest, member: SignedIn, system: str) -> Response[str]:
    chosen = get_system(system)
    await merge_fields.forget_fields(member.workspace_id, chosen)
    return done(request, f"/app/links/recipes/{system}", f"As {chosen.name} publishes them again.")


async def _system(
    request: AnyRequest,
    member: SignedIn,
    system: System,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:
    known = await merge_fields.merge_fields_of(member.workspace_id, system)
    made = {found.link.job_id: found for found in await ats_links.ats_links(member.workspace_id, system=system.key)}
    context: dict[str, Any] = {
        "system": system,
        "known": known,
        "names": merge_fields.NAMES,
        "values": typed or {field.value: token for field, token in known.fields.items()},
        "errors": errors or {},
        "jobs": [job for job in await list_jobs(member.workspace_id) if job.status != "closed" or job.id in made],
        "made": made,
        "faults": [f for f in await faults.open_faults(member.workspace_id) if f.system == system.key],
    }
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    return member_page(request, member, "integrations/system.html", nav="links", status=status, **context)


# ---- A job's recipe ----------------------------------------------------------------------------------------------------


@get("/app/jobs/{job_id:uuid}/recipes", opt=SEE)
async def job_systems_page(request: AnyRequest, member: SignedIn, job_id: UUID) -> Template:
    job = await get_job(member.workspace_id, job_id)
    found = await systems_at(member.workspace_id, job_id)
    return job_page(request, member, "integrations/job_systems.html", job=job, tab="share", systems=found)


@get("/app/jobs/{job_id:uuid}/recipes/{system:str}", opt=SEE)
async def recipe_page(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, system: str) -> Template:
    job = await get_job(member.workspace_id, job_id)
    return await _recipe(request, member, job, get_system(system), now=now)


@post("/app/jobs/{job_id:uuid}/recipes/{system:str}/link", opt=EDIT)
async def make_link(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, system: str) -> Response[str]:
    job, chosen = await get_job(member.workspace_id, job_id), get_system(system)
    fresh = await ats_links.make_ats_link(
        member.workspace_id, job.id, system=chosen.key, name=chosen.name, member_id=member.id, now=now
    )
    return done(request, _home(job, chosen), f"The link for {chosen.name} is made." if fresh else "It was there already.")


@post("/app/jobs/{job_id:uuid}/recipes/{system:str}/reminders", opt=DECIDE)
async def set_reminders(request: AnyRequest, member: SignedIn, job_id: UUID, system: str) -> Response[str]:
    job, chosen, form = await get_job(member.workspace_id, job_id), get_system(system), Form(await request.form())
    wanted = Reminders.THERE if form.raw("reminders") == Reminders.THERE else Reminders.HERE
    made = await ats_links.find_ats_link(member.workspace_id, job.id, chosen.key)
    if made is None:
        return done(request, _home(job, chosen), "Make the link first.", kind="error")
    if await ats_links.set_reminders(member.workspace_id, made.link.id, wanted):
        await ground_moved(member.workspace_id, job.id)
    said = {Reminders.HERE: "We remind them.", Reminders.THERE: f"{chosen.name} reminds them, and we don’t."}
    return done(request, f"{_home(job, chosen)}#reminders", said[wanted])


@post("/app/jobs/{job_id:uuid}/recipes/{system:str}/try", opt=SEE)
async def try_link(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, system: str) -> Template:
    """A POST, so that what was pasted stands in no address. It changes nothing."""
    job, chosen, form = await get_job(member.workspace_id, job_id), get_system(system), Form(await request.form())
    try:
        sent = trying.read_sent(form)
    except Invalid as wrong:
        return await _recipe(request, member, job, chosen, sent=form.raw("sent"), errors=wrong.errors, now=now)
    tried = trying.tried(sent, await recipe_of(job, chosen), job, now)
    return await _recipe(request, member, job, chosen, sent=sent, tried=tried, now=now)


async def _recipe(
    request: AnyRequest,
    member: SignedIn,
    job: Job,
    system: System,
    *,
    sent: str = "",
    tried: Tried | None = None,
    errors: Mapping[str, str] | None = None,
    now: datetime,
) -> Template:
    found = await recipe_of(job, system)
    context: dict[str, Any] = {
        "recipe": found,
        "home": _home(job, system),
        "names": merge_fields.NAMES,
        "carried": recipe.carried(found.merge_fields.fields),
        "state": state_at(now)(found.made.link) if found.made else None,
        "faults": await faults.open_faults(member.workspace_id, [found.made.link.id]) if found.made else [],
        "sent": sent,
        "tried": tried,
        "errors": errors or {},
    }
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    return job_page(request, member, "integrations/recipe.html", job=job, tab="share", status=status, **context)


def _home(job: Job, system: System) -> str:
    return f"/app/jobs/{job.id}/recipes/{system.key}"


handlers = [
    systems_page,
    system_page,
    save_fields,
    forget_fields,
    job_systems_page,
    recipe_page,
    make_link,
    set_reminders,
    try_link,
]
