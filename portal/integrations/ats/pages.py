"""Settings, ATS: which systems tell us of candidates, what to do there, which jobs go where, and the log of what came in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.accounts.tabs import settings_tabs
from portal.integrations.ats import connections, deliveries, their_jobs
from portal.integrations.ats.connections import Connection
from portal.integrations.ats.deliveries import Delivery, Health
from portal.integrations.ats.registry import SYSTEMS, system_of
from portal.integrations.ats.system import System
from portal.integrations.ats.words import STATES, Reason, State
from portal.jobs.jobs import Job, Status, list_jobs
from portal.web.forms import Form, Invalid
from portal.web.paging import page_number, pager
from portal.web.templating import plural

AnyRequest = Request[Any, Any, Any]
ADMINS = {"permission": Permission.EDIT_WORKSPACE}
RECRUITERS = {"permission": Permission.EDIT_CANDIDATES}
PATH = "/app/settings/ats"
NEW = f"{PATH}/new"
ONE = f"{PATH}/{{connection_id:uuid}}"
USUAL, IGNORED = "", "ignore"
"""What the select of a job says besides our jobs."""
SHOWN = (None, State.HELD, State.FAILED, State.WAITING, State.DONE, State.IGNORED, State.REFUSED)


# ---- All of them --------------------------------------------------------------------------------------------------------


@get(PATH, opt=RECRUITERS)
async def list_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    found = await connections.list_connections(member.workspace_id)
    health = await deliveries.health_of(member.workspace_id, now)
    return _page(
        request,
        member,
        "integrations/ats.html",
        connections=[(connection, health.get(connection.id, Health())) for connection in found],
        systems=SYSTEMS.values(),
    )


@get(NEW, opt=ADMINS)
async def new_page(request: AnyRequest, member: SignedIn) -> Template:
    """``?system=`` says which."""
    system = system_of(request.query_params.get("system", ""))
    return await _new(request, member, system, {"name": system.name})


@post(NEW, opt=ADMINS)
async def make(request: AnyRequest, member: SignedIn, now: datetime) -> Response[Any]:
    form, chosen = Form(await request.form()), system_of(request.query_params.get("system", ""))
    try:
        wanted = connections.read(form, chosen, await _choosable(member))
        made = await connections.make(member.workspace_id, chosen.key, wanted, now=now)
    except Invalid as wrong:
        return await _new(request, member, chosen, form.values, wrong.errors)
    return done(request, f"{PATH}/{made}", f"Made. Now do what stands under “In {chosen.name}”.")


# ---- One of them --------------------------------------------------------------------------------------------------------


@get(ONE, opt=RECRUITERS)
async def connection_page(request: AnyRequest, member: SignedIn, now: datetime, connection_id: UUID) -> Template:
    return await _one(request, member, await connections.get_connection(member.workspace_id, connection_id), now)


@post(ONE, opt=ADMINS)
async def save(request: AnyRequest, member: SignedIn, now: datetime, connection_id: UUID) -> Response[Any]:
    connection, form = await connections.get_connection(member.workspace_id, connection_id), Form(await request.form())
    try:
        wanted = connections.read(form, connection.kind, await _choosable(member), connection)
    except Invalid as wrong:
        return await _one(request, member, connection, now, values=form.values, errors=wrong.errors)
    await connections.change(connection, wanted, now=now)
    return done(request, f"{PATH}/{connection_id}", "Saved.")


@post(f"{ONE}/secrets", opt=ADMINS)
async def add_secret(request: AnyRequest, member: SignedIn, now: datetime, connection_id: UUID) -> Response[Any]:
    connection, form = await connections.get_connection(member.workspace_id, connection_id), Form(await request.form())
    try:
        await connections.add_secret(connection, form.raw("secret"), end_others=form.checked("end_others"), now=now)
    except Invalid as wrong:
        return await _one(request, member, connection, now, errors=wrong.errors)
    return done(request, f"{PATH}/{connection_id}#secrets", "Added. It is used from now on, and not shown again.")


@post(f"{ONE}/secrets/{{secret_id:uuid}}/end", opt=ADMINS)
async def end_secret(request: AnyRequest, member: SignedIn, connection_id: UUID, secret_id: UUID) -> Response[Any]:
    await connections.end_secret(await connections.get_connection(member.workspace_id, connection_id), secret_id)
    return done(request, f"{PATH}/{connection_id}#secrets", "Ended. What is signed with it is refused from now on.")


@post(f"{ONE}/pause", opt=ADMINS)
async def pause(request: AnyRequest, member: SignedIn, now: datetime, connection_id: UUID) -> Response[Any]:
    """``?on=1`` in the address pauses, anything else goes on."""
    connection, on = await connections.get_connection(member.workspace_id, connection_id), request.query_params.get("on") == "1"
    await connections.pause(connection, on=on, now=now)
    said = "Paused. What comes in is kept, and waits." if on else "It goes on."
    return done(request, f"{PATH}/{connection_id}", said, undo=f"{PATH}/{connection_id}/pause?on={0 if on else 1}")


@post(f"{ONE}/new-address", opt=ADMINS)
async def new_address(request: AnyRequest, member: SignedIn, connection_id: UUID) -> Response[Any]:
    connection = await connections.get_connection(member.workspace_id, connection_id)
    await connections.replace_address(connection)
    said = f"The old address leads nowhere any more. Paste the new one in {connection.kind.name}."
    return done(request, f"{PATH}/{connection_id}", said)


@post(f"{ONE}/remove", opt=ADMINS)
async def remove(request: AnyRequest, member: SignedIn, now: datetime, connection_id: UUID) -> Response[Any]:
    connection = await connections.get_connection(member.workspace_id, connection_id)
    await connections.remove(connection, now=now)
    said = f"“{connection.name}” is gone: its address leads nowhere. Candidates stay."
    return done(request, PATH, said, undo=f"{PATH}/{connection_id}/restore")


@post(f"{ONE}/restore", opt=ADMINS)
async def restore(request: AnyRequest, member: SignedIn, connection_id: UUID) -> Response[Any]:
    await connections.restore(member.workspace_id, connection_id)
    return done(request, f"{PATH}/{connection_id}", "It is back, with the address that it had.")


@post(f"{ONE}/jobs/{{mapped_id:uuid}}", opt=RECRUITERS)
async def choose_job(request: AnyRequest, member: SignedIn, now: datetime, connection_id: UUID, mapped_id: UUID) -> Response[Any]:
    """``back`` in the form: ``log`` leads back there."""
    connection, form = await connections.get_connection(member.workspace_id, connection_id), Form(await request.form())
    mapped = await their_jobs.get_job_of(connection, mapped_id)
    chosen, jobs = form.raw("job"), await _choosable(member)
    back = f"{PATH}/{connection_id}/log" if form.raw("back") == "log" else f"{PATH}/{connection_id}#jobs"
    if chosen not in {USUAL, IGNORED, *jobs}:
        return done(request, back, "Choose a job from the list.", kind="error")
    moved = await their_jobs.choose(connection, mapped, jobs.get(chosen), ignored=chosen == IGNORED, now=now)
    waited = (
        f" {plural(moved, 'delivery', 'deliveries')} that waited for it {'goes' if moved == 1 else 'go'} on." if moved else ""
    )
    return done(request, back, f"Saved.{waited}")


# ---- The log ------------------------------------------------------------------------------------------------------------


@get(f"{ONE}/log", opt=RECRUITERS)
async def log_page(request: AnyRequest, member: SignedIn, now: datetime, connection_id: UUID) -> Template:
    connection = await connections.get_connection(member.workspace_id, connection_id)
    state, page = _state(request), page_number(request.query_params.get("page"))
    found = await deliveries.list_deliveries(connection, state=state, page=page)
    home, health = f"{PATH}/{connection_id}/log", await deliveries.health_of(member.workspace_id, now)
    return _page(
        request,
        member,
        "integrations/ats_log.html",
        connection=connection,
        lines=found.lines,
        state=state,
        chips=_chips(home, state, health.get(connection_id, Health())),
        page=pager(path=home, query={"state": state.value} if state else {}, page=page, total=found.total),
        jobs=_jobs_to_choose(await list_jobs(member.workspace_id)),
    )


@post(f"{ONE}/log/again", opt=RECRUITERS)
async def replay_all(request: AnyRequest, member: SignedIn, now: datetime, connection_id: UUID) -> Response[Any]:
    """``?state=`` in the address: failed or held."""
    connection, state = await connections.get_connection(member.workspace_id, connection_id), _state(request)
    count = await deliveries.replay_all(connection, state, now=now) if state else 0
    said = f"{plural(count, 'delivery', 'deliveries')} {'is' if count == 1 else 'are'} looked into once more."
    return done(request, f"{PATH}/{connection_id}/log", said if count else "There was nothing to look into.")


@get(f"{ONE}/log/{{delivery_id:uuid}}", opt=RECRUITERS)
async def delivery_page(request: AnyRequest, member: SignedIn, connection_id: UUID, delivery_id: UUID) -> Template:
    """The body is for admins: it holds all that the system said."""
    connection = await connections.get_connection(member.workspace_id, connection_id)
    delivery = await deliveries.get_delivery(connection, delivery_id)
    return _page(
        request,
        member,
        "integrations/ats_delivery.html",
        connection=connection,
        delivery=delivery,
        body=deliveries.pretty(delivery.body) if member.may(Permission.EDIT_WORKSPACE) else "",
        can_choose=_can_choose(delivery),
        jobs=_jobs_to_choose(await list_jobs(member.workspace_id)),
    )


@post(f"{ONE}/log/{{delivery_id:uuid}}/again", opt=RECRUITERS)
async def replay(request: AnyRequest, member: SignedIn, now: datetime, connection_id: UUID, delivery_id: UUID) -> Response[Any]:
    connection = await connections.get_connection(member.workspace_id, connection_id)
    again = await deliveries.replay(connection, delivery_id, now=now)
    said = "It is looked into once more: reload in a moment." if again else "Nothing changed: it can't be looked into now."
    return done(request, f"{PATH}/{connection_id}/log/{delivery_id}", said, kind="done" if again else "error")


# ---- What they share ----------------------------------------------------------------------------------------------------


async def _new(
    request: AnyRequest,
    member: SignedIn,
    system: System,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Template:
    return _page(
        request,
        member,
        "integrations/ats_new.html",
        errors,
        system=system,
        values={"job": "", "api_key": "", "api_url": ""} | dict(values),
        jobs=_jobs_to_choose(await list_jobs(member.workspace_id)),
    )


async def _one(
    request: AnyRequest,
    member: SignedIn,
    connection: Connection,
    now: datetime,
    *,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:
    health = await deliveries.health_of(member.workspace_id, now)
    held = {"name": connection.name, "job": str(connection.job_id or ""), "api_url": connection.api_url, "secret": ""}
    held |= {"invite": "on"} if connection.invite and not values else {}
    return _page(
        request,
        member,
        "integrations/ats_connection.html",
        errors,
        connection=connection,
        system=connection.kind,
        steps=[step.partition("{url}") for step in connection.kind.steps],
        secrets=await connections.list_secrets(connection, now),
        overlap_hours=int(connections.OVERLAP.total_seconds() // 3600),
        health=health.get(connection.id, Health()),
        mapped=await their_jobs.jobs_of(connection),
        jobs=_jobs_to_choose(await list_jobs(member.workspace_id)),
        values=held | dict(values or {}),
    )


async def _choosable(member: SignedIn) -> dict[str, UUID]:
    return {str(job.id): job.id for job in await list_jobs(member.workspace_id)}


def _jobs_to_choose(jobs: list[Job]) -> list[tuple[str, str]]:
    """Open ones first, as they are listed; what is not open says so."""
    names = [(job.title, job.location, "" if job.status is Status.OPEN else job.status.value) for job in jobs]
    return [(str(job.id), " · ".join(part for part in name if part)) for job, name in zip(jobs, names, strict=True)]


def _can_choose(delivery: Delivery) -> bool:
    return delivery.mapped_id is not None and delivery.reason in {Reason.NO_JOB, Reason.JOB_NOT_OPEN, Reason.JOB_IGNORED}


def _state(request: AnyRequest) -> State | None:
    asked = request.query_params.get("state", "")
    return State(asked) if asked in set(State) else None


def _chips(home: str, chosen: State | None, health: Health) -> list[dict[str, object]]:
    counts: dict[State | None, int] = dict(health.counts.items()) | {None: sum(health.counts.values())}
    return [
        {
            "label": f"{STATES[state] if state else 'All'}: {counts.get(state, 0):,}",
            "href": f"{home}?state={state.value}" if state else home,
            "on": state is chosen,
        }
        for state in SHOWN
        if counts.get(state) or state in {None, chosen}
    ]


def _page(
    request: AnyRequest, member: SignedIn, template: str, errors: Mapping[str, str] | None = None, **context: Any
) -> Template:
    return member_page(
        request,
        member,
        template,
        nav="settings",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        settings_tabs=settings_tabs(member),
        errors=errors or {},
        states=STATES,
        State=State,
        can_edit=member.may(Permission.EDIT_WORKSPACE),
        **context,
    )


handlers = [
    list_page,
    new_page,
    make,
    connection_page,
    save,
    add_secret,
    end_secret,
    pause,
    new_address,
    remove,
    restore,
    choose_job,
    log_page,
    replay_all,
    delivery_page,
    replay,
]
