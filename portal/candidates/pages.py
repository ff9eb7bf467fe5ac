"""Member pages of candidates: the list, and one person's timeline."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from babel import Locale, UnknownLocaleError
from litestar import Response, get, post
from litestar.response import Template

from portal import clock
from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, job_page, member_page
from portal.candidates import applications, extensions, listing, resumes, timeline
from portal.candidates.applications import Application, Stage
from portal.candidates.consents import latest_consent
from portal.candidates.listing import BY_HAND, DIRECT, Filters, Found, Sort, query_of, read_filters
from portal.candidates.page import EDIT, SEE, AnyRequest, url_of
from portal.candidates.timeline import ShownAnswer, ShownMessage
from portal.jobs.deadlines import at_place
from portal.jobs.jobs import Job, get_job
from portal.web.forms import Form
from portal.web.paging import page_number, pager

# Rooms above answer these; portal/app.py brings both together.
AnswersShown = Callable[[UUID, UUID], Awaitable[list[ShownAnswer]]]
"""The answers of an application (workspace, application)."""
ContactStops = Callable[[UUID, str | None, str | None], Awaitable[dict[str, str]]]
"""Why nothing goes to an email address, or to a number, by channel (workspace, email, phone)."""
MessagesShown = Callable[[UUID, UUID], Awaitable[list[ShownMessage]]]
"""The messages of an application (workspace, application), planned ones too."""
QuestionCount = Callable[[UUID], Awaitable[int]]
"""How many questions a job's interview has."""

STAGES = {
    Stage.INVITED: "Invited",
    Stage.CAPTURED: "Gave name",
    Stage.STARTED: "Started",
    Stage.COMPLETED: "Completed",
    Stage.EXPIRED: "Expired",
    Stage.WITHDRAWN: "Withdrawn",
    Stage.DISQUALIFIED: "Disqualified",
}
OFFERED = [stage for stage in Stage if stage is not Stage.DISQUALIFIED]
"""As filters. Nobody here disqualifies; a system that reports it is rare."""
NO_STATE: dict[str, object] = {"stage": None, "stuck": False, "asked": False, "uninvited": False}
"""Filters of which one at a time is on."""
END_OF_DAY = time(23, 59)


async def stuck_count(workspace_id: UUID, job_id: UUID) -> int:
    """How many of a job stopped on their way, now."""
    return await applications.stuck_count(workspace_id, job_id, clock.now())


# ---- The list --------------------------------------------------------------------------------------------------------


@get("/app/candidates", opt=SEE)
async def list_page(request: AnyRequest, member: SignedIn, now: datetime, question_count: QuestionCount) -> Template:
    context = await _listed(request, member, now=now, question_count=question_count, path="/app/candidates", job=None)
    if request.headers.get("HX-Request"):
        return Template("candidates/_list.html", context=context)
    return member_page(request, member, "candidates/list.html", nav="candidates", **context)


@get("/app/jobs/{job_id:uuid}/candidates", opt=SEE)
async def job_list_page(
    request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, question_count: QuestionCount
) -> Template:
    job = await get_job(member.workspace_id, job_id)
    path = f"/app/jobs/{job_id}/candidates"
    context = await _listed(request, member, now=now, question_count=question_count, path=path, job=job)
    if request.headers.get("HX-Request"):
        return Template("candidates/_list.html", context=context)
    return job_page(request, member, "candidates/of_job.html", tab="candidates", **context)


async def _listed(
    request: AnyRequest, member: SignedIn, *, now: datetime, question_count: QuestionCount, path: str, job: Job | None
) -> dict[str, Any]:
    """What both lists show."""
    filters, page = read_filters(request.query_params, job.id if job else None), page_number(request.query_params.get("page"))
    found = await listing.list_applications(member.workspace_id, filters, now=now, page=page)
    ways = await listing.channels_with_links(member.workspace_id, filters.job_id)
    context = {
        "job": job,
        "found": found.applications,
        "counts": await _counts(found, question_count),
        "page": pager(path=path, query=query_of(filters), page=page, total=found.total),
        "filters": filters,
        "held": {key: value for key, value in query_of(filters).items() if key != "q"},
        "asked": query_of(filters),
        "links": _links(path, filters, ways),
        "write_href": _write_href(filters) if found.total else "",
        "path": path,
        "errors": {},
    }
    return context | {"may": member.may, "Permission": Permission, "timezone": member.timezone}


async def _counts(found: Found, question_count: QuestionCount) -> dict[UUID, int]:
    """How many questions each job on this page asks."""
    return {job_id: await question_count(job_id) for job_id in {a.job_id for a in found.applications}}


def _write_href(filters: Filters) -> str:
    """Where a message to all of these is written."""
    query = query_of(msgspec.structs.replace(filters, sort=Sort.NEWEST))
    job = {"job": str(filters.job_id)} if filters.job_id else {}
    return f"/app/messages/blasts/new?{urlencode(job | query)}"


def _links(path: str, filters: Filters, ways: list[tuple[str, str]]) -> dict[str, Any]:
    """The addresses that the filters and heads of the list lead to."""

    def href(**changes: object) -> str:
        query = urlencode(query_of(msgspec.structs.replace(filters, **changes)))
        return f"{path}?{query}" if query else path

    channels = [*ways, (BY_HAND, "Added by somebody"), (DIRECT, "Direct")]
    return {
        "all": href(**NO_STATE),
        "stuck": href(**NO_STATE | {"stuck": True}),
        "asked": href(**NO_STATE | {"asked": True}),
        "uninvited": href(**NO_STATE | {"uninvited": True}),
        "stages": [(stage, label, href(**NO_STATE | {"stage": stage})) for stage, label in STAGES.items() if stage in OFFERED],
        "channels": [(key, label, href(channel=key)) for key, label in channels],
        "any_channel": href(channel=""),
        "channel_label": dict(channels).get(filters.channel, "Came by"),
        "newest": href(sort=Sort.NEWEST),
        "active": href(sort=Sort.ACTIVE),
    }


# ---- One person ------------------------------------------------------------------------------------------------------


@get("/app/candidates/{application_id:uuid}", opt=SEE)
async def candidate_page(
    *,
    request: AnyRequest,
    member: SignedIn,
    now: datetime,
    application_id: UUID,
    answers_shown: AnswersShown,
    messages_shown: MessagesShown,
    contact_stops: ContactStops,
    question_count: QuestionCount,
) -> Template:
    application = await applications.get_application(member.workspace_id, application_id)
    messages = await messages_shown(member.workspace_id, application_id)
    events = await timeline.events_of(member.workspace_id, application_id)
    return _candidate(
        request,
        member,
        application,
        next_lines=timeline.what_is_next(messages),
        past_lines=timeline.what_happened(
            application, events, messages, await timeline.tap_of(application), timezone=member.timezone, now=now
        ),
        answers=await answers_shown(member.workspace_id, application_id),
        question_count=await question_count(application.job_id),
        stops=await contact_stops(member.workspace_id, application.email, application.phone),
        consent=await latest_consent(member.workspace_id, application.candidate_id, application.phone),
        resumes=await resumes.resumes_of(member.workspace_id, application.candidate_id),
        more_time=await extensions.offer(member.workspace_id, application_id, now),
        now=now,
    )


def _candidate(request: AnyRequest, member: SignedIn, application: Application, **context: Any) -> Template:
    return member_page(
        request,
        member,
        "candidates/candidate.html",
        nav="candidates",
        application=application,
        url=url_of(application),
        language=language_name(application.language),
        stage_label=STAGES[application.stage].lower(),
        errors={},
        **context,
    )


@post("/app/candidates/{application_id:uuid}/withdraw", opt=EDIT)
async def withdraw(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Response[str]:
    application = await applications.get_application(member.workspace_id, application_id)
    home = f"/app/candidates/{application_id}"
    if not await applications.withdraw(member.workspace_id, application_id, now=now, member_id=member.id):
        return done(request, home, "Nothing changed: this application had ended already.", kind="error")
    return done(request, home, f"{application.shown_name} is withdrawn. No more messages go out.", undo=f"{home}/restore")


@post("/app/candidates/{application_id:uuid}/restore", opt=EDIT)
async def restore(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Response[str]:
    application = await applications.get_application(member.workspace_id, application_id)
    home = f"/app/candidates/{application_id}"
    if not await applications.restore(member.workspace_id, application_id, now=now, member_id=member.id):
        return done(request, home, "Nothing changed: nobody had withdrawn here.", kind="error")
    return done(request, home, f"{application.shown_name} is back.")


@post("/app/candidates/{application_id:uuid}/deadline", opt=EDIT)
async def extend(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Response[str]:
    await applications.get_application(member.workspace_id, application_id)
    home = f"/app/candidates/{application_id}"
    until = read_day(Form(await request.form()).raw("until"), member.timezone)
    if until is None or until <= now:
        return done(request, home, "Choose a day from today on for the new deadline.", kind="error")
    if not await applications.extend_deadline(member.workspace_id, application_id, until, now=now, member_id=member.id):
        return done(request, home, "Nothing changed: this application has ended.", kind="error")
    return done(request, home, "The deadline is moved. Reminders follow it.")


def read_day(text: str, timezone: str) -> datetime | None:
    """The end of the day that a date field sent, at that place; None for anything else."""
    try:
        return at_place(date.fromisoformat(text), END_OF_DAY, timezone)
    except (ValueError, OverflowError):
        return None


def language_name(tag: str) -> str:
    """ "Portuguese" for ``pt``; the tag itself when nobody knows it."""
    try:
        return Locale.parse(tag, sep="-").get_display_name("en") or tag
    except (ValueError, UnknownLocaleError):
        return tag


handlers = [list_page, job_list_page, candidate_page, withdraw, restore, extend]
