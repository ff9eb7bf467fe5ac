"""Member pages of messages by hand: to one person, to all whom a filter finds, and what became of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT, HTTP_422_UNPROCESSABLE_ENTITY

from portal import db
from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.candidates import listing
from portal.candidates.applications import SOURCE, Application, get_application
from portal.candidates.listing import BY_HAND, DIRECT, Filters, query_of, read_filters
from portal.candidates.pages import STAGES
from portal.jobs.jobs import Job, get_job
from portal.messages import audience, blasts, by_hand
from portal.messages.audience import Audience, Kind
from portal.messages.blasts import Blast, Chosen, Draft, Figures
from portal.messages.facts import Known, load
from portal.messages.fields import SAID
from portal.messages.words import Arm, State, Wish
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing
from portal.web.paging import page_number, pager
from portal.web.templating import moment

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_CANDIDATES}
EDIT = {"permission": Permission.EDIT_CANDIDATES}
PATH = "/app/messages/blasts"
NUDGE = "/app/candidates/{application_id:uuid}/nudge"
LONG_POLL = 2
WAYS = [
    (Wish.BY_ROLE.value, "What suits the role", "Professional roles: email first. Shift work: text first. Else the other one."),
    (Wish.EMAIL.value, "Email"),
    (Wish.SMS.value, "Text", "Only to those who allowed texts, outside quiet hours."),
]
TOO_MANY = f"These are more than {blasts.MOST:,} people. Narrow the list down first: by job, stage or channel."
NOBODY = "Nobody would get it. Beside the message stands why."
GREW = "More people than you saw would get it now. Look once more, then send."


class Aim(msgspec.Struct, frozen=True):
    """Whom a blast is for, as its page names them."""

    filters: Filters
    job: Job | None
    words: str

    @property
    def chosen(self) -> Chosen:
        return Chosen(filters=self.filters)

    @property
    def query(self) -> dict[str, str]:
        return ({"job": str(self.job.id)} if self.job else {}) | query_of(self.filters)

    @property
    def home(self) -> str:
        """The list that shows the same people."""
        query = urlencode(query_of(self.filters))
        path = f"/app/jobs/{self.job.id}/candidates" if self.job else "/app/candidates"
        return f"{path}?{query}" if query else path


# ---- To many ---------------------------------------------------------------------------------------------------------


@get(PATH, opt=SEE)
async def list_page(request: AnyRequest, member: SignedIn) -> Template:
    found = await blasts.list_blasts(member.workspace_id)
    figures = await blasts.figures_of(member.workspace_id, [blast.id for blast in found])
    return member_page(request, member, "messages/blasts.html", nav="messages", blasts=found, figures=figures, errors={})


@get(f"{PATH}/new", opt=EDIT)
async def new_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    aim = await _aim(member, request.query_params)
    role = aim.job.role_type if aim.job else "professional"
    wish = _wish(request.query_params.get("by", ""))
    draft = await by_hand.begin_draft(member.workspace_id, aim.job.id if aim.job else None, wish, role)
    return await _compose(request, member, now, aim, _values(draft))


@post(f"{PATH}/new", opt=EDIT)
async def send(request: AnyRequest, member: SignedIn, now: datetime) -> Template | Response[str]:
    """``do=preview`` shows it first; ``do=send`` sends it off to no more people than were shown (``number``)."""
    aim = await _aim(member, request.query_params)
    form = Form(await request.form())
    try:
        draft = by_hand.read_draft(form)
        _refuse_too_many(await blasts.count(member.workspace_id, aim.chosen, now))
    except Invalid as wrong:
        return await _compose(request, member, now, aim, form.values, errors=wrong.errors)
    seen = await audience.of_blast(member.workspace_id, aim.chosen, draft.channel, now)
    number = form.whole("number", wrong="", least=0, most=blasts.MOST, empty=0)
    if form.raw("do") != "send":
        return await _compose(request, member, now, aim, form.values, draft=draft, seen=seen)
    reached = seen.count(Kind.GOES, Kind.WAITS)
    if not 0 < reached <= number:
        errors = {"number": GREW if reached else NOBODY}
        return await _compose(request, member, now, aim, form.values, draft=draft, seen=seen, errors=errors)
    blast_id = _named(form)
    await blasts.begin(member.workspace_id, blast_id, draft, aim.chosen, now=now, member_id=member.id)
    return done(request, f"{PATH}/{blast_id}", "It is on its way. You can leave this page.")


@get(f"{PATH}/who", opt=SEE)
async def who_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    """Who would get a message by hand now, and who not, and why."""
    asked = request.query_params
    aim = await _aim(member, asked)
    wish, key, page = _wish(asked.get("by", "")), asked.get("reason", ""), page_number(asked.get("page"))
    seen = await audience.of_blast(member.workspace_id, aim.chosen, wish, now, key=key, page=page)
    query = aim.query | {"by": wish.value}
    return member_page(
        request,
        member,
        "messages/blast_who.html",
        nav="messages",
        aim=aim,
        seen=seen,
        key=key,
        path=f"{PATH}/who",
        query=query,
        hrefs=reason_hrefs(f"{PATH}/who", query, seen),
        new_href=f"{PATH}/new?{urlencode(query)}",
        page=pager(path=f"{PATH}/who", query=query | ({"reason": key} if key else {}), page=page, total=seen.total),
        errors={},
    )


@get(f"{PATH}/{{blast_id:uuid}}", opt=SEE)
async def blast_page(request: AnyRequest, member: SignedIn, blast_id: UUID) -> Template:
    blast, figures = await _blast(member, blast_id)
    return member_page(
        request,
        member,
        "messages/blast.html",
        nav="messages",
        blast=blast,
        figures=figures,
        seen=_state(blast, figures),
        errors={},
    )


@get(f"{PATH}/{{blast_id:uuid}}/progress", opt=SEE)
async def progress(request: AnyRequest, member: SignedIn, blast_id: UUID) -> Response[Any]:
    """What an open page asks: 204 while nothing has moved since ``seen``; the last answer asks no more."""
    blast, figures = await _blast(member, blast_id)
    state = _state(blast, figures)
    if request.query_params.get("seen") == state:
        return Response(None, status_code=HTTP_204_NO_CONTENT)
    shown = {"blast": blast, "figures": figures, "seen": state, "may": member.may, "Permission": Permission, "errors": {}}
    return Template("messages/_blast.html", context=shown | {"timezone": member.timezone})


@post(f"{PATH}/{{blast_id:uuid}}/stop", opt=EDIT)
async def stop(request: AnyRequest, member: SignedIn, now: datetime, blast_id: UUID) -> Response[str]:
    taken_back = await blasts.stop(member.workspace_id, blast_id, now)
    if taken_back is None:
        raise Missing("blast")
    people = f"{taken_back:,} {'message' if taken_back == 1 else 'messages'}"
    return done(request, f"{PATH}/{blast_id}", f"Stopped: {people} did not go. What had left can't be taken back.")


# ---- To one ----------------------------------------------------------------------------------------------------------


@get(NUDGE, opt=EDIT)
async def nudge_page(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Template:
    application, known = await _person(member, application_id)
    wish = _wish(request.query_params.get("by", ""))
    language = known.languages[0] if known.languages else "en"
    role = known.facts.role_type
    draft = await by_hand.begin_draft(
        member.workspace_id, known.job_id, wish, role, language if language in {"en", "es"} else "en"
    )
    return _to_one(request, member, now, application, known, values=_values(draft), draft=draft)


@post(NUDGE, opt=EDIT)
async def nudge(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Template | Response[str]:
    """``do=preview`` shows it; ``do=send`` sends it."""
    application, known = await _person(member, application_id)
    form = Form(await request.form())
    try:
        draft = by_hand.read_draft(form)
    except Invalid as wrong:
        return _to_one(request, member, now, application, known, values=form.values, errors=wrong.errors)
    fate = audience.fate_by_hand(known, draft.channel, now)
    if form.raw("do") != "send":
        return _to_one(request, member, now, application, known, values=form.values, draft=draft)
    if fate.kind is Kind.NOT:
        errors = {"by": f"It can’t go: {fate.reason}."}
        return _to_one(request, member, now, application, known, values=form.values, draft=draft, errors=errors)
    row = await blasts.write_to_one(member.workspace_id, _named(form), draft, application_id, now=now, member_id=member.id)
    return done(request, f"/app/candidates/{application_id}", _how_it_goes(row, member, now))


def _to_one(
    request: AnyRequest,
    member: SignedIn,
    now: datetime,
    application: Application,
    known: Known,
    *,
    values: Mapping[str, str],
    draft: Draft | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:
    wish = draft.channel if draft else _wish(values.get("by", ""))
    return member_page(
        request,
        member,
        "messages/nudge.html",
        nav="candidates",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        application=application,
        values=values,
        fate=audience.fate_by_hand(known, wish, now),
        shown=by_hand.shown_to(draft, known, now) if draft else None,
        findings=[one for one in by_hand.findings(draft) if not one.is_error] if draft else [],
        is_held_out=known.facts.arm is Arm.HELD_OUT,
        ways=WAYS,
        fields=SAID,
        form_id=_form_id(values),
        errors=errors or {},
    )


# ---- Shared ----------------------------------------------------------------------------------------------------------


def reason_hrefs(path: str, query: Mapping[str, str], seen: Audience) -> list[tuple[audience.Group, str]]:
    """Each group with the address that shows only its people."""
    return [(group, f"{path}?{urlencode({**query, 'reason': group.key})}") for group in seen.groups]


async def _compose(
    request: AnyRequest,
    member: SignedIn,
    now: datetime,
    aim: Aim,
    values: Mapping[str, str],
    *,
    draft: Draft | None = None,
    seen: Audience | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:
    """The form, with who gets it beside it; with `draft`, also how it reads, and the button that sends it."""
    wish = _wish(values.get("by", ""))
    seen = seen or await audience.of_blast(member.workspace_id, aim.chosen, wish, now)
    first = next((one for one in seen.people if one.kind in {Kind.GOES, Kind.WAITS}), None)
    known = await load(first.application_id) if draft and first else None
    query = aim.query | {"by": wish.value}
    return member_page(
        request,
        member,
        "messages/blast_new.html",
        nav="messages",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        aim=aim,
        action=f"{PATH}/new?{urlencode(aim.query)}",
        values=values,
        seen=seen,
        hrefs=reason_hrefs(f"{PATH}/who", query, seen),
        who_href=f"{PATH}/who?{urlencode(query)}",
        number=seen.count(Kind.GOES, Kind.WAITS),
        is_ready=draft is not None,
        shown=by_hand.shown_to(draft, known, now) if draft and known else None,
        shown_name=first.name if first else "",
        findings=[one for one in by_hand.findings(draft) if not one.is_error] if draft else [],
        held_out=await _held_out(member.workspace_id, aim, now),
        ways=WAYS,
        fields=SAID,
        form_id=_form_id(values),
        errors=errors or {},
    )


async def _held_out(workspace_id: UUID, aim: Aim, now: datetime) -> int:
    """How many of these the plan leaves without nudges, for the comparison."""
    return int(
        await db.value(
            f"SELECT count(*) FROM {SOURCE} WHERE {listing.WHERE} AND application.arm = 'held_out' "
            "AND application.stage IN ('invited', 'captured', 'started')",
            *listing.asked_for(workspace_id, aim.filters, now),
        )
    )


async def _aim(member: SignedIn, asked: Mapping[str, str]) -> Aim:
    """From the address. Raises `Missing` for a job of somebody else."""
    try:
        job = await get_job(member.workspace_id, UUID(asked["job"])) if asked.get("job") else None
    except ValueError:
        raise Missing("job") from None
    filters = read_filters(asked, job.id if job else None)
    return Aim(filters, job, await _words(member, filters, job))


async def _words(member: SignedIn, filters: Filters, job: Job | None) -> str:
    """Who they are: "Everybody at Night nurse who started, came by Instagram · Story"."""
    ways = {BY_HAND: "added by somebody", DIRECT: "came directly"}
    ways |= {key: f"came by {name}" for key, name in await listing.channels_with_links(member.workspace_id, filters.job_id)}
    parts = [
        f"stage “{STAGES[filters.stage]}”" if filters.stage else "",
        "stopped for a day or more" if filters.stuck else "",
        "asking for more time" if filters.asked else "",
        ways.get(filters.channel, "") if filters.channel else "",
        f"found by “{filters.search}”" if filters.search else "",
    ]
    who = f"Candidates of {job.title}" if job else "Candidates of all jobs"
    return ": ".join(part for part in (who, ", ".join(part for part in parts if part)) if part)


async def _blast(member: SignedIn, blast_id: UUID) -> tuple[Blast, Figures]:
    """Raises `Missing`."""
    blast = await blasts.get_blast(member.workspace_id, blast_id)
    return blast, (await blasts.figures_of(member.workspace_id, [blast_id]))[blast_id]


def _state(blast: Blast, figures: Figures) -> str:
    """Changes whenever the page would."""
    counts = (blast.written, figures.waiting, figures.sent, figures.unknown, figures.failed, figures.left_out_count)
    return "-".join([blast.state.value, *(str(count) for count in counts)])


async def _person(member: SignedIn, application_id: UUID) -> tuple[Application, Known]:
    """Raises `Missing`."""
    application = await get_application(member.workspace_id, application_id)
    known = await load(application_id)
    if known is None:
        raise Missing("application")
    return application, known


def _values(draft: Draft) -> dict[str, str]:
    return {"by": draft.channel.value, "subject": draft.subject, "body": draft.body, "button": draft.button}


def _wish(text: str) -> Wish:
    return Wish(text) if text in set(Wish) else Wish.BY_ROLE


def _form_id(values: Mapping[str, str]) -> str:
    """Names the message that this form makes, so that the same form sent twice makes one."""
    return values.get("form") or str(db.new_id())


def _named(form: Form) -> UUID:
    try:
        return UUID(form.raw("form"))
    except ValueError:
        return db.new_id()


def _refuse_too_many(people: int) -> None:
    """Raises `Invalid`."""
    if people > blasts.MOST:
        raise Invalid({"number": TOO_MANY})


def _how_it_goes(row: db.Row, member: SignedIn, now: datetime) -> str:
    kind = "email" if row["channel"] == "email" else "text"
    if row["state"] == State.SCHEDULED and row["due_at"] <= now:
        return f"The {kind} goes now."
    if row["state"] == State.SCHEDULED:
        return f"The {kind} goes {moment(row['due_at'], member.timezone)}: {row['reason']}."
    return f"The {kind} waits: {row['reason']}."


handlers = [list_page, new_page, send, who_page, blast_page, progress, stop, nudge_page, nudge]
