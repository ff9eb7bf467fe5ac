"""The candidate's way (landing page, interview), and the members' page of a job's questions.

Candidates have no cookie: the token in the address is the authority, and forms carry no other.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Redirect, Template
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_303_SEE_OTHER,
    HTTP_404_NOT_FOUND,
    HTTP_410_GONE,
    HTTP_422_UNPROCESSABLE_ENTITY,
    HTTP_429_TOO_MANY_REQUESTS,
)

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, job_page
from portal.accounts.workspaces import get_workspace
from portal.candidates import extensions
from portal.clicks import carried, landings, prefill
from portal.clicks.cards import card_of_job
from portal.interviews import external, landing, questions, sittings
from portal.interviews.answers import FIELD, NO, YES, Value
from portal.interviews.landing import Next
from portal.interviews.page import candidate_page, unknown_page
from portal.interviews.page_words import Errors, errors_in
from portal.interviews.questions import Direction, Kind, Question
from portal.interviews.sittings import Sitting, State, Step
from portal.jobs.deadlines import deadline_for
from portal.jobs.jobs import Job, find_public_job, get_job
from portal.links.personal import interview_path
from portal.web.forms import Form, Invalid
from portal.web.limits import Limit, wait_for
from portal.web.missing import Missing
from portal.web.paging import page_number

AnyRequest = Request[Any, Any, Any]
PUBLIC = {"public": True}
SEE = {"permission": Permission.SEE_JOBS}
EDIT = {"permission": Permission.EDIT_JOBS}

ANSWERS = Limit("answers", burst=200, seconds=600)
TRIED_OFTEN = "That was sent very often. Wait a minute, then press the button again: what you typed is still here."
CLOSED_STATUS = {landing.State.NOT_YET: HTTP_404_NOT_FOUND}
KINDS = {
    Kind.SHORT_TEXT: "Short text",
    Kind.LONG_TEXT: "Long text",
    Kind.ONE_OF: "One of several options",
    Kind.SEVERAL_OF: "Several of the options",
    Kind.YES_NO: "Yes or no",
    Kind.NUMBER: "Number",
}


# ---- Landing page ----------------------------------------------------------------------------------------------------


@get("/apply/{slug:str}", opt=PUBLIC)
async def landing_page(request: AnyRequest, slug: str, now: datetime) -> Template | Redirect:
    if clean := _without_their_data(request, slug, now):
        return clean
    job = await find_public_job(slug.lower())
    if job is None:
        return unknown_page("interviews/unknown_job.html")
    if closed := await _closed(job, now):
        return closed
    asked = request.query_params
    click, via = asked.get("click", ""), asked.get("via", "")
    if came := await landing.came_by(job, click, via):
        await landings.record(click_id=came.click_id, link_id=came.link_id, at=now)
    values = {"click": click, "via": via} if came else {}
    return await _landing(job, values | landing.filled(asked.get(carried.NAME, ""), now), now=now)


@post("/apply/{slug:str}", opt=PUBLIC)
async def capture(request: AnyRequest, slug: str, now: datetime) -> Template | Redirect:
    job = await find_public_job(slug.lower())
    if job is None:
        return unknown_page("interviews/unknown_job.html")
    if closed := await _closed(job, now):
        return closed
    form = Form(await request.form())
    if wait := await _must_wait(request, job, now):
        page = await _landing(job, form.values, now=now, errors=[("", TRIED_OFTEN)], status=HTTP_429_TOO_MANY_REQUESTS)
        page.headers["retry-after"] = str(wait)
        return page
    came = await landing.came_by(job, form.raw("click"), form.raw("via"))
    try:
        follows, taken = await landing.arrive(landing.read_landing(job, form, came, now), now=now)
    except Invalid as wrong:
        return await _landing(job, form.values, now=now, errors=wrong.errors, status=HTTP_422_UNPROCESSABLE_ENTITY)
    if follows is Next.INTERVIEW:
        return Redirect(interview_path(taken.personal_link_id, taken.token_version), status_code=HTTP_303_SEE_OTHER)
    return candidate_page("interviews/link_sent.html", job, email=form.raw("email").strip(), writes=await _writes(job))


def _without_their_data(request: AnyRequest, slug: str, now: datetime) -> Redirect | None:
    """Back to this page without what the address says about a person: they stand in histories, screenshots and logs. None: it
    says nothing."""
    asked = request.query_params
    if not prefill.FIELDS & {name.lower() for name in asked}:
        return None
    kept = {name: asked[name] for name in ("click", "via") if name in asked}
    if parcel := carried.parcel(request.scope["query_string"].decode("latin-1"), now):
        kept[carried.NAME] = parcel
    query = f"?{urlencode(kept)}" if kept else ""
    return Redirect(f"/apply/{quote(slug)}{query}", status_code=HTTP_303_SEE_OTHER)


async def _closed(job: Job, now: datetime) -> Template | None:
    state = await landing.state_of(job, now)
    if state is landing.State.OPEN:
        return None
    return candidate_page("interviews/closed.html", job, status=CLOSED_STATUS.get(state, HTTP_410_GONE), state=state.value)


async def _landing(
    job: Job, values: Mapping[str, str], *, now: datetime, errors: Errors = None, status: int = HTTP_200_OK
) -> Template:
    name, said = values.get("form", ""), errors_in(job.language, errors)
    return candidate_page(
        "interviews/landing.html",
        job,
        status=status,
        errors=errors,
        by_field=said if isinstance(said, dict) else {},
        values=values,
        form_name=name if landing.form_digest(job.id, name, now) else landing.new_form(job.id, now),
        count=0 if job.is_elsewhere else await questions.count_of(job.id),
        until=deadline_for(job, now),
        consent_wording=landing.consent_wording(job),
        card=card_of_job(job),
    )


async def _must_wait(request: AnyRequest, job: Job, now: datetime) -> int:
    address = request.client.host if request.client else ""
    return await wait_for(landing.PER_ADDRESS, address, now) or await wait_for(landing.PER_JOB, str(job.id), now)


async def _writes(job: Job) -> bool:
    """Whether messages to candidates are switched on: a page must not promise one that is held."""
    return (await get_workspace(job.workspace_id)).communications_off_at is None


# ---- Interview -------------------------------------------------------------------------------------------------------


@get("/i/{token:str}", opt=PUBLIC)
async def interview_page(request: AnyRequest, token: str, now: datetime) -> Template:
    try:
        sitting = await sittings.open_sitting(token, now)
    except Missing:
        return unknown_page("interviews/unknown_token.html")
    await _note_landing(sitting, request.query_params.get("click", ""), now)
    if sitting.state is not State.OPEN:
        return await _ended(sitting, now)
    number = request.query_params.get("q", "")
    index = sitting.index(page_number(number) if number else None)
    question = sitting.questions[index]
    return _question(sitting, question, shown(question, sitting.answers.get(question.id)))


@post("/i/{token:str}", opt=PUBLIC)
async def answer(request: AnyRequest, token: str, now: datetime) -> Template | Redirect:
    try:
        sitting = await sittings.open_sitting(token, now)
    except Missing:
        return unknown_page("interviews/unknown_token.html")
    form = Form(await request.form())
    question = await sittings.find_question(sitting, form.raw("question"))
    if sitting.state is not State.OPEN or question is None:
        return _to(sitting)
    if await wait_for(ANSWERS, str(sitting.link.application_id), now):
        page = _question(sitting, question, form.list(FIELD), [("", TRIED_OFTEN)], HTTP_429_TOO_MANY_REQUESTS)
        page.headers["retry-after"] = "60"
        return page
    try:
        step = await sittings.answer(sitting, question, form, later=form.raw("do") == "later", now=now)
    except Invalid as wrong:
        return _question(sitting, question, form.list(FIELD), wrong.errors, HTTP_422_UNPROCESSABLE_ENTITY)
    return _after(sitting, question, step)


@get("/i/{token:str}/saved", opt=PUBLIC)
async def saved_page(token: str, now: datetime) -> Template:
    try:
        sitting = await sittings.open_sitting(token, now)
    except Missing:
        return unknown_page("interviews/unknown_token.html")
    if sitting.state is not State.OPEN:
        return await _ended(sitting, now)
    return candidate_page("interviews/saved.html", sitting.job, sitting=sitting, writes=await _writes(sitting.job))


def shown(question: Question, value: Value) -> list[str]:
    """A kept answer as the fields of its question hold it. One that no longer fits the question is left out by the page."""
    if value is None:
        return []
    if isinstance(value, bool):
        return [YES if value else NO]
    return value if isinstance(value, list) else [str(value)]


async def _note_landing(sitting: Sitting, click: str, now: datetime) -> None:
    try:
        click_id = UUID(click)
    except ValueError:
        return
    await landings.record(click_id=click_id, link_id=sitting.link.link_id, at=now)


def _question(
    sitting: Sitting, question: Question, values: list[str], errors: Errors = None, status: int = HTTP_200_OK
) -> Template:
    ids = [q.id for q in sitting.questions]
    number = ids.index(question.id) + 1 if question.id in ids else sitting.index(None) + 1
    said = errors_in(sitting.job.language, errors)
    return candidate_page(
        "interviews/question.html",
        sitting.job,
        status=status,
        errors=errors,
        error=said.get(FIELD) if isinstance(said, dict) else None,
        question=question,
        pairs=[(option, option) for option in question.options],
        values=values,
        number=number,
        of=len(ids),
        action=f"/i/{sitting.token}",
        back=f"/i/{sitting.token}?q={number - 1}" if number > 1 else "",
        preview=None,
    )


async def _ended(sitting: Sitting, now: datetime) -> Template:
    if sitting.state is State.EXTERNAL:
        return candidate_page("interviews/external.html", sitting.job, sitting=sitting, host=external.host_of(sitting))
    is_over = sitting.state is State.OVER
    more = await extensions.offer(sitting.link.workspace_id, sitting.link.application_id, now) if is_over else None
    return candidate_page("interviews/ended.html", sitting.job, sitting=sitting, state=sitting.state.value, more=more)


def _to(sitting: Sitting, rest: str = "") -> Redirect:
    return Redirect(f"/i/{sitting.token}{rest}", status_code=HTTP_303_SEE_OTHER)


def _after(sitting: Sitting, question: Question, step: Step) -> Redirect:
    if step is Step.SAVED:
        return _to(sitting, "/saved")
    ids = [q.id for q in sitting.questions]
    if step is Step.NEXT and question.id in ids:
        return _to(sitting, f"?q={ids.index(question.id) + 2}")
    return _to(sitting)


# ---- Members: the questions of a job ---------------------------------------------------------------------------------


@get("/app/jobs/{job_id:uuid}/interview", opt=SEE)
async def questions_page(request: AnyRequest, member: SignedIn, job_id: UUID) -> Template:
    return await _questions(request, member, job_id)


@post("/app/jobs/{job_id:uuid}/interview/questions", opt=EDIT)
async def add(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template | Response[str]:
    form = Form(await request.form())
    try:
        made = await questions.add_question(member.workspace_id, job_id, questions.read_question(form), now=now)
    except Invalid as wrong:
        return await _questions(request, member, job_id, form.values, wrong.errors)
    if made is None:
        most = {"prompt": f"An interview has at most {questions.MOST_QUESTIONS} questions. Delete one first."}
        return await _questions(request, member, job_id, form.values, most)
    return await _changed(request, member, job_id, "Question added.")


@get("/app/jobs/{job_id:uuid}/interview/questions/{question_id:uuid}", opt=EDIT)
async def edit_page(request: AnyRequest, member: SignedIn, job_id: UUID, question_id: UUID) -> Template:
    job = await get_job(member.workspace_id, job_id)
    question = await questions.get_question(member.workspace_id, job_id, question_id)
    values = {"kind": question.kind.value, "prompt": question.prompt, "help": question.help}
    values |= {"options": "\n".join(question.options), "required": "on" if question.required else ""}
    return _edit(request, member, job, question_id, values=values, errors={})


@post("/app/jobs/{job_id:uuid}/interview/questions/{question_id:uuid}", opt=EDIT)
async def edit(request: AnyRequest, member: SignedIn, job_id: UUID, question_id: UUID) -> Template | Response[str]:
    job = await get_job(member.workspace_id, job_id)
    form = Form(await request.form())
    try:
        await questions.edit_question(member.workspace_id, job_id, question_id, questions.read_question(form))
    except Invalid as wrong:
        return _edit(request, member, job, question_id, values=form.values, errors=wrong.errors)
    return done(request, f"/app/jobs/{job_id}/interview", "Question saved.")


@post("/app/jobs/{job_id:uuid}/interview/questions/{question_id:uuid}/delete", opt=EDIT)
async def delete(
    request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, question_id: UUID
) -> Template | Response[str]:
    await questions.archive_question(member.workspace_id, job_id, question_id, now=now)
    undo = f"/app/jobs/{job_id}/interview/questions/{question_id}/restore"
    return await _changed(request, member, job_id, "Question deleted. Answers to it are kept.", undo)


@post("/app/jobs/{job_id:uuid}/interview/questions/{question_id:uuid}/restore", opt=EDIT)
async def restore(request: AnyRequest, member: SignedIn, job_id: UUID, question_id: UUID) -> Template | Response[str]:
    await questions.restore_question(member.workspace_id, job_id, question_id)
    return await _changed(request, member, job_id, "Question is back.")


@post("/app/jobs/{job_id:uuid}/interview/questions/{question_id:uuid}/move", opt=EDIT)
async def move(request: AnyRequest, member: SignedIn, job_id: UUID, question_id: UUID) -> Template | Response[str]:
    form = Form(await request.form())
    direction = Direction.UP if form.raw("to") == Direction.UP else Direction.DOWN
    await questions.move_question(member.workspace_id, job_id, question_id, direction)
    return await _changed(request, member, job_id, "")


@get("/app/jobs/{job_id:uuid}/interview/preview", opt=SEE)
async def preview(request: AnyRequest, member: SignedIn, job_id: UUID) -> Template | Response[str]:
    job = await get_job(member.workspace_id, job_id)
    asked = await questions.questions_of(member.workspace_id, job_id)
    home = f"/app/jobs/{job_id}/interview"
    if not asked:
        return done(request, home, "Add a question first.", kind="error")
    number = min(page_number(request.query_params.get("q")), len(asked))
    question = asked[number - 1]
    following = f"{home}/preview?q={number + 1}" if number < len(asked) else home
    return candidate_page(
        "interviews/question.html",
        job,
        error=None,
        question=question,
        pairs=[(option, option) for option in question.options],
        values=[],
        number=number,
        of=len(asked),
        action="",
        back=f"{home}/preview?q={number - 1}" if number > 1 else "",
        preview={"home": home, "next": following},
    )


async def _questions(
    request: AnyRequest,
    member: SignedIn,
    job_id: UUID,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:
    """The list with the form for one more: the whole page, or for htmx what of it changes."""
    job = await get_job(member.workspace_id, job_id)
    context: dict[str, Any] = {
        "questions": await questions.questions_of(member.workspace_id, job_id),
        "values": values or {"kind": Kind.SHORT_TEXT.value, "required": "on"},
        "errors": errors or {},
        "kinds": KINDS,
        "home": f"/app/jobs/{job_id}/interview",
        "most": questions.MOST_QUESTIONS,
    }
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    if request.headers.get("HX-Request"):
        rights = {"may": member.may, "Permission": Permission, "job": job}
        return Template("interviews/_questions.html", context=context | rights, status_code=status)
    return job_page(request, member, "interviews/questions.html", job=job, tab="interview", status=status, **context)


async def _changed(request: AnyRequest, member: SignedIn, job_id: UUID, said: str, undo: str = "") -> Template | Response[str]:
    if not request.headers.get("HX-Request"):
        return done(request, f"/app/jobs/{job_id}/interview", said, undo=undo)
    page = await _questions(request, member, job_id)
    if said:
        page.headers["hx-trigger"] = toast(said, undo)
    return page


def toast(said: str, undo: str = "") -> str:
    """For the HX-Trigger header: a sentence, with a button that posts to `undo`."""
    return json.dumps({"toast": {"text": said, "undo": undo or None}})


def _edit(
    request: AnyRequest,
    member: SignedIn,
    job: Job,
    question_id: UUID,
    *,
    values: Mapping[str, str],
    errors: Mapping[str, str],
) -> Template:
    return job_page(
        request,
        member,
        "interviews/edit_question.html",
        job=job,
        tab="interview",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        values=values,
        errors=errors,
        kinds=KINDS,
        home=f"/app/jobs/{job.id}/interview",
        question_id=question_id,
    )


handlers = [
    landing_page,
    capture,
    interview_page,
    answer,
    saved_page,
    questions_page,
    add,
    edit_page,
    edit,
    delete,
    restore,
    move,
    preview,
]
