"""Member pages of adding people by hand: one, or several lines; and inviting those who wait for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import SignedIn
from portal.accounts.page import done, job_page
from portal.candidates import applications, by_hand, listing
from portal.candidates.by_hand import Invite, Outcome
from portal.candidates.intake import Arrival, Door, Result, Taken, take_in
from portal.candidates.listing import read_filters
from portal.candidates.page import EDIT, AnyRequest, url_of
from portal.jobs.jobs import Job, get_job
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing
from portal.web.templating import plural

CANDIDATES = "/app/jobs/{job_id:uuid}/candidates"
ADD = f"{CANDIDATES}/add"
LONGEST_PASTE = 100_000


@get(ADD, opt=EDIT)
async def add_page(request: AnyRequest, member: SignedIn, job_id: UUID) -> Template:
    job = await get_job(member.workspace_id, job_id)
    added = await _added(member, request.query_params.get("added", ""))
    return _one(request, member, job, values={"invite": "now"}, errors={}, added=added)


@post(ADD, opt=EDIT)
async def add(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template | Response[str]:
    job = await get_job(member.workspace_id, job_id)
    form = Form(await request.form())
    try:
        taken = await take_in(_typed(job, member, form), now=now)
    except Invalid as wrong:
        return _one(request, member, job, values=form.values, errors=wrong.errors)
    return done(request, f"/app/jobs/{job_id}/candidates/add?added={taken.application_id}", _how_it_went(taken))


@get(f"{ADD}/lines", opt=EDIT)
async def lines_page(request: AnyRequest, member: SignedIn, job_id: UUID) -> Template:
    return _lines(request, member, await get_job(member.workspace_id, job_id), values={"invite": "now"})


@post(f"{ADD}/lines/look", opt=EDIT)
async def look(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    """How the lines are understood while they are typed. Nothing is made."""
    job = await get_job(member.workspace_id, job_id)
    form, judged, wrong = Form(await request.form()), [], ""
    try:
        judged = await by_hand.judge(job, form.raw("lines")[:LONGEST_PASTE], now)
    except Invalid as invalid:
        wrong = str(invalid)
    return Template("candidates/_lines.html", context={"judged": judged, "wrong": wrong})


@post(f"{ADD}/lines", opt=EDIT)
async def add_lines(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    job = await get_job(member.workspace_id, job_id)
    form = Form(await request.form())
    try:
        lines = form.raw("lines")[:LONGEST_PASTE]
        outcome = await by_hand.add(job, lines, _invite(form), now=now, member_id=member.id)
    except Invalid as wrong:
        return _lines(request, member, job, values=form.values, errors=wrong.errors)
    left = "\n".join(one.typed.text for one in outcome.left)
    return _lines(request, member, job, values=form.values | {"lines": left}, outcome=outcome)


@post(f"{CANDIDATES}/invite", opt=EDIT)
async def invite_all(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Response[str]:
    """All whom the list shows and who have not been invited."""
    await get_job(member.workspace_id, job_id)
    filters = read_filters(Form(await request.form()).values, job_id)
    waiting = await listing.uninvited(member.workspace_id, filters, now)
    count = await applications.invite(member.workspace_id, waiting, now=now, member_id=member.id)
    said = f"{plural(count, 'person is', 'people are')} invited." if count else "Nobody here waits for an invite."
    return done(request, f"/app/jobs/{job_id}/candidates", said)


@post("/app/candidates/{application_id:uuid}/invite", opt=EDIT)
async def invite(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Response[str]:
    application = await applications.get_application(member.workspace_id, application_id)
    home = f"/app/candidates/{application_id}"
    if not await applications.invite(member.workspace_id, [application_id], now=now, member_id=member.id):
        return done(request, home, "Nothing changed: they are invited, or came by themselves.", kind="error")
    return done(request, home, f"{application.shown_name} is invited.")


def _typed(job: Job, member: SignedIn, form: Form) -> Arrival:
    """Raises `Invalid`."""
    note = form.long_text("note", longest=2000)
    form.check()
    arrival = Arrival(
        job=job,
        door=Door.FORM,
        name=form.raw("name"),
        email=form.raw("email"),
        phone=form.raw("phone"),
        note=note,
        member_id=member.id,
    )
    return by_hand.invited(arrival, _invite(form))


def _invite(form: Form) -> Invite:
    return Invite(form.raw("invite")) if form.raw("invite") in set(Invite) else Invite.COPY


def _how_it_went(taken: Taken) -> str:
    if taken.result is Result.UNCHANGED:
        said = "This person is at this job already. Their link is below."
    else:
        said = "Added. Copy the link below."
    return " ".join([said, *(what.sentence for what in taken.differs)])


async def _added(member: SignedIn, text: str) -> dict[str, Any] | None:
    """Who was just added, and the link that is theirs alone."""
    try:
        application = await applications.get_application(member.workspace_id, UUID(text))
    except (ValueError, Missing):
        return None
    return {"application": application, "url": url_of(application)}


def _one(
    request: AnyRequest,
    member: SignedIn,
    job: Job,
    *,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    added: dict[str, Any] | None = None,
) -> Template:
    shown: dict[str, Any] = {"values": values, "errors": errors, "added": added, "status": _status(errors)}
    return job_page(request, member, "candidates/add.html", job=job, tab="candidates", **shown)


def _lines(
    request: AnyRequest,
    member: SignedIn,
    job: Job,
    *,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    outcome: Outcome | None = None,
) -> Template:
    """`outcome`: what became of the lines that were sent; what could not be used stands in the field again."""
    outcome = outcome or Outcome([], [])
    shown: dict[str, Any] = {
        "values": values,
        "errors": errors or {},
        "outcome": outcome,
        "status": _status(errors or outcome.left),
    }
    return job_page(request, member, "candidates/add_lines.html", job=job, tab="candidates", **shown)


def _status(wrong: object) -> int:
    return HTTP_422_UNPROCESSABLE_ENTITY if wrong else HTTP_200_OK


handlers = [add_page, add, lines_page, look, add_lines, invite_all, invite]
