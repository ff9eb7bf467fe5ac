"""Applications: how each stands, and moving it on."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from portal import db
from portal.accounts.keys import Scope
from portal.candidates import applications
from portal.candidates.applications import COLUMNS, SOURCE, Stage, application_from
from portal.integrations.api.candidates import FIRST_IDENTITY
from portal.integrations.api.operations import Call, Operation, operation
from portal.integrations.api.paging import CreatedAfter, CreatedBefore, Listing, Moment, Page, Paging
from portal.integrations.api.problems import Code, Refusal, invalid
from portal.integrations.api.reading import utc
from portal.interviews.answers import answers_shown
from portal.links.personal import personal_url
from portal.messages.words import Channel, State

MORE = (
    "application.invited_at, application.captured_at, application.started_at, application.completed_at, application.ended_at, "
    f"{FIRST_IDENTITY} AS external_id, channel.network || '/' || channel.placement AS channel_key"
)
MESSAGE = "id, channel, state AS status, track, step_key AS step, reason, subject, due_at, handed_over_at AS sent_at, created_at"
ENDED = "This application has ended: {}."


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate at one job."""

    id: UUID
    job_id: UUID
    job_title: str
    candidate_id: UUID
    name: str
    email: str | None
    phone_number: str | None
    external_id: str | None
    stage: Stage
    source: str
    """The channel that brought them (`instagram/bio`), else the door: `landing`, `form`, `api`, `ats` or `file`."""
    link_id: UUID | None
    personal_url: str
    """Theirs alone: whoever has it can answer for them."""
    answered: int
    """Questions."""
    deadline: Moment | None
    created_at: Moment
    invited_at: Moment | None
    captured_at: Moment | None
    started_at: Moment | None
    completed_at: Moment | None
    ended_at: Moment | None
    last_activity_at: Moment


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How an application stands after a move."""

    id: UUID
    job_id: UUID
    candidate_id: UUID
    stage: Stage
    deadline: Moment | None
    changed: bool
    """False: it stood so already."""


class ApplicationQuery(Paging, forbid_unknown_fields=True, kw_only=True):
    job_id: UUID | UnsetType = UNSET
    candidate_id: UUID | UnsetType = UNSET
    stage: Stage | UnsetType = UNSET
    channel: Annotated[str, Meta(max_length=100, examples=["instagram/bio"])] | UnsetType = UNSET
    created_after: CreatedAfter | UnsetType = UNSET
    created_before: CreatedBefore | UnsetType = UNSET


class Extension(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    until: Annotated[Moment, Meta(description="The new deadline, in the future.")]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """An email or text to the candidate: planned, sent, or not sent and why."""

    id: UUID
    channel: Channel
    status: State
    track: str
    step: str
    reason: str
    """In words, whatever the status is."""
    subject: str
    due_at: Moment
    sent_at: Moment | None
    created_at: Moment


class GivenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    question: str
    answer: str
    answered_at: Moment


class Answers(msgspec.Struct, frozen=True):
    data: list[GivenAnswer]


@operation("GET", "/applications", Scope.CANDIDATES_READ, "List applications")
async def list_applications(call: Call, query: ApplicationQuery) -> Page[Application]:
    """The newest first."""
    listing = Listing(f"{COLUMNS}, {MORE}", SOURCE, "application.id")
    listing.only("application.workspace_id = {}", call.workspace_id)
    for name in ("job_id", "candidate_id", "stage"):
        listing.only(f"application.{name} = {{}}", getattr(query, name))
    listing.only("channel.network || '/' || channel.placement = {}", query.channel)
    listing.made_between("application.created_at", query.created_after, query.created_before)
    return await listing.page(query, _application)


@operation("GET", "/applications/{application_id}", Scope.CANDIDATES_READ, "Get an application")
async def get_application(call: Call, application_id: UUID) -> Application:
    await applications.get_application(call.workspace_id, application_id)
    sql = f"SELECT {COLUMNS}, {MORE} FROM {SOURCE} WHERE application.workspace_id = $1 AND application.id = $2"
    [found] = await db.rows(sql, call.workspace_id, application_id)
    return _application(found)


@operation("GET", "/applications/{application_id}/messages", Scope.CANDIDATES_READ, "List the messages of an application")
async def list_messages(call: Call, application_id: UUID, query: Paging) -> Page[Message]:
    """The newest first, planned ones too."""
    await applications.get_application(call.workspace_id, application_id)
    columns = (
        "id, channel, state AS status, track, step_key AS step, reason, subject, due_at, handed_over_at AS sent_at, created_at"
    )
    listing = Listing(columns, "message", "id")
    listing.only("workspace_id = {}", call.workspace_id)
    listing.only("application_id = {}", application_id)
    return await listing.page(query, lambda row: msgspec.convert(dict(row), Message))


@operation("GET", "/applications/{application_id}/answers", Scope.CANDIDATES_READ, "List the answers of an application")
async def list_answers(call: Call, application_id: UUID) -> Answers:
    """What they answered in a built-in interview, in words."""
    await applications.get_application(call.workspace_id, application_id)
    found = await answers_shown(call.workspace_id, application_id)
    return Answers([GivenAnswer(question=one.prompt, answer=one.text, answered_at=one.answered_at) for one in found])


@operation("POST", "/applications/{application_id}/start", Scope.CANDIDATES, "Start an application", conflicts="It has ended.")
async def start(call: Call, application_id: UUID) -> Standing:
    """An interview elsewhere has begun. One that was begun already, or is completed, stays as it is."""
    changed = await applications.start(call.workspace_id, application_id, now=call.now)
    return await _standing(call, application_id, changed, {Stage.STARTED, Stage.COMPLETED})


@operation(
    "POST",
    "/applications/{application_id}/complete",
    Scope.CANDIDATES,
    "Complete an application",
    conflicts="It is withdrawn or disqualified.",
)
async def complete(call: Call, application_id: UUID) -> Standing:
    """An interview elsewhere is finished, also if their time was over here: no more messages go out. A second time changes
    nothing."""
    changed = await applications.complete(call.workspace_id, application_id, now=call.now, late=True)
    return await _standing(call, application_id, changed, {Stage.COMPLETED})


@operation(
    "POST", "/applications/{application_id}/withdraw", Scope.CANDIDATES, "Withdraw an application", conflicts="It has ended."
)
async def withdraw(call: Call, application_id: UUID) -> Standing:
    """They are out, and nothing is sent to them any more."""
    changed = await applications.withdraw(call.workspace_id, application_id, now=call.now)
    return await _standing(call, application_id, changed, {Stage.WITHDRAWN})


@operation(
    "POST",
    "/applications/{application_id}/extend",
    Scope.CANDIDATES,
    "Give more time",
    conflicts="It is completed, withdrawn or disqualified.",
)
async def extend(call: Call, application_id: UUID, body: Extension) -> Standing:
    """A new deadline, also for somebody whose time was over. Reminders follow it."""
    until = utc(body.until)
    if until <= call.now:
        raise invalid({"until": "Give a moment in the future."})
    changed = await applications.extend_deadline(call.workspace_id, application_id, until, now=call.now)
    return await _standing(call, application_id, changed, applications.LIVE if changed else ())


async def _standing(call: Call, application_id: UUID, changed: bool, wanted: Iterable[Stage]) -> Standing:
    """Raises `Refusal` when it stands otherwise than was `wanted`, and `Missing`."""
    now = await applications.get_application(call.workspace_id, application_id)
    if not changed and now.stage not in wanted:
        raise Refusal(Code.CONFLICT, ENDED.format(now.stage))
    return Standing(
        id=now.id,
        job_id=now.job_id,
        candidate_id=now.candidate_id,
        stage=now.stage,
        deadline=now.deadline_at,
        changed=changed,
    )


def _application(row: db.Row) -> Application:
    found = application_from(row)
    given: dict[str, Any] = {name: row[name] for name in Application.__struct_fields__ if name in row.keys()}  # noqa: SIM118
    return msgspec.convert(
        given
        | {
            "phone_number": found.phone,
            "source": row["channel_key"] or found.door,
            "personal_url": personal_url(found.personal_link_id, found.token_version),
            "deadline": found.deadline_at,
            "last_activity_at": found.active_at,
        },
        Application,
    )


operations: list[Operation] = [
    list_applications,
    get_application,
    list_messages,
    list_answers,
    start,
    complete,
    withdraw,
    extend,
]
