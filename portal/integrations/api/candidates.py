"""Candidates: the door for programs, and who is there."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from portal import db
from portal.accounts.keys import Scope
from portal.candidates.addresses import read_email
from portal.candidates.applications import Stage
from portal.candidates.arrivals import Arrival, Door, IntakeRefused
from portal.candidates.arrivals import Refusal as Reason
from portal.candidates.intake import Result, Taken, take_in, take_in_all
from portal.candidates.matching import Differs
from portal.integrations.api.operations import Answer, Call, Operation, operation
from portal.integrations.api.paging import CreatedAfter, CreatedBefore, Listing, Moment, Page, Paging
from portal.integrations.api.problems import Code, FieldError, Refusal, invalid
from portal.jobs.jobs import Job, get_job
from portal.links.personal import personal_url
from portal.web.missing import Missing

MOST_ROWS = 1000
FIELDS = {"phone": "phone_number"}
"""What the way in calls a field, where that differs."""

Name = Annotated[str, Meta(max_length=500, examples=["Ana Duarte"])]
Email = Annotated[str, Meta(max_length=500, examples=["ana.duarte@example.com"])]
Phone = Annotated[str, Meta(max_length=60, description="E.164, or as written in the job's country.", examples=["+447700900123"])]
ExternalId = Annotated[str, Meta(max_length=200, description="In the system that the person comes from.")]
MetadataKey = Annotated[str, Meta(max_length=40)]
MetadataValue = Annotated[str, Meta(max_length=500)]
Metadata = Annotated[dict[MetadataKey, MetadataValue], Meta(max_length=50, description="Whatever else is worth keeping.")]
Invite = Annotated[bool, Meta(description="Send them the job's invitation at once.")]
Language = Annotated[str, Meta(max_length=35, description="BCP 47.", examples=["en"])]
Zone = Annotated[str, Meta(max_length=60, description="IANA time zone.", examples=["Europe/London"])]


class NewCandidate(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody to be interviewed. Without `email` they are found by `external_id` or `phone_number`, if they are known."""

    name: Name = ""
    email: Email | None = None
    phone_number: Phone | None = None
    invite: Invite = False
    external_id: ExternalId | None = None
    metadata: Metadata | None = None
    language: Language | None = None
    timezone: Zone | None = None
    note: Annotated[str, Meta(max_length=2000, description="For the timeline.")] = ""


class NewCandidates(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    data: Annotated[list[NewCandidate], Meta(min_length=1, max_length=MOST_ROWS)]


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one person. However often they come, there is one candidate, one application, one link."""

    application_id: UUID
    candidate_id: UUID
    job_id: UUID
    personal_url: str
    """Theirs alone: whoever has it can answer for them."""
    result: Result
    """`created`: a new person; `joined`: a known one with a new application; `unchanged`: they were at this job already."""
    stage: Stage
    differs: list[Differs]
    """What is known otherwise of them, and stayed so."""


class RowResult(StrEnum):
    CREATED = "created"
    JOINED = "joined"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row."""

    index: int
    """Its place in what was sent, counted from 0."""
    result: RowResult
    application_id: UUID | None = None
    candidate_id: UUID | None = None
    personal_url: str | None = None
    differs: list[Differs] = []
    reason: Reason | None = None
    """Why it was refused, in a word."""
    errors: list[FieldError] = []


class Rows(msgspec.Struct, frozen=True):
    """One for each row, in the order in which they were sent."""

    data: list[Row]


class Identity(msgspec.Struct, frozen=True):
    """What another system calls somebody."""

    system: str
    """Empty for the API and for files."""
    external_id: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A person."""

    id: UUID
    name: str
    email: str | None
    phone_number: str | None
    language: str
    timezone: str
    external_id: str | None
    """The id that the API or a file gave them; else one of another system."""
    external_ids: list[Identity]
    """All of them."""
    metadata: dict[str, Any]
    created_at: Moment


class CandidateQuery(Paging, forbid_unknown_fields=True, kw_only=True):
    email: Email | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET
    created_after: CreatedAfter | UnsetType = UNSET
    created_before: CreatedBefore | UnsetType = UNSET


@operation(
    "POST",
    "/jobs/{job_id}/candidates",
    Scope.CANDIDATES,
    "Add a candidate",
    status=201,
    also={200: "They are at this job already; nothing was made."},
    conflicts="The job is not open.",
)
async def add_candidate(call: Call, job_id: UUID, body: NewCandidate) -> Answer[Added]:
    """Makes candidate, application and personal link together, or nothing."""
    job = await get_job(call.workspace_id, job_id)
    try:
        taken = await take_in(_arrival(job, body), now=call.now)
    except IntakeRefused as wrong:
        raise _refusal(wrong) from None
    return Answer(_added(job, taken), 200 if taken.result is Result.UNCHANGED else 201)


@operation(
    "POST",
    "/jobs/{job_id}/candidates/bulk",
    Scope.CANDIDATES,
    "Add many candidates",
    most_bytes=5_000_000,
)
async def add_candidates(call: Call, job_id: UUID, body: NewCandidates) -> Rows:
    """Up to 1,000, each by itself: what is wrong with one row keeps no other out. Sent again, nobody is added twice."""
    job = await get_job(call.workspace_id, job_id)
    became = await take_in_all([_arrival(job, one) for one in body.data], now=call.now)
    return Rows([_row(job, index, one) for index, one in enumerate(became)])


@operation("GET", "/candidates", Scope.CANDIDATES_READ, "List candidates")
async def list_candidates(call: Call, query: CandidateQuery) -> Page[Candidate]:
    """The newest first. Who was erased is not among them."""
    listing = Listing(COLUMNS, "candidate", "candidate.id")
    listing.only("candidate.workspace_id = {}", call.workspace_id)
    listing.only("candidate.erased_at IS NULL")
    listing.only("candidate.email = {}", UNSET if query.email is UNSET else read_email(query.email) or "")
    listing.only(f"EXISTS (SELECT FROM {IDENTITY} AND i.external_id = {{}})", query.external_id)
    listing.made_between("candidate.created_at", query.created_after, query.created_before)
    return await listing.page(query, _candidate)


@operation("GET", "/candidates/{candidate_id}", Scope.CANDIDATES_READ, "Get a candidate")
async def get_candidate(call: Call, candidate_id: UUID) -> Candidate:
    found = await db.row(
        f"SELECT {COLUMNS} FROM candidate WHERE workspace_id = $1 AND id = $2 AND erased_at IS NULL",
        call.workspace_id,
        candidate_id,
    )
    if found is None:
        raise Missing("candidate")
    return _candidate(found)


IDENTITY = "candidate_identity i WHERE i.workspace_id = candidate.workspace_id AND i.candidate_id = candidate.id"
FIRST_IDENTITY = f"(SELECT i.external_id FROM {IDENTITY} ORDER BY i.system, i.created_at LIMIT 1)"
"""SQL: of the API or a file, which have no name, before those of other systems."""
COLUMNS = (
    "candidate.id, candidate.name, candidate.email, candidate.phone AS phone_number, candidate.language, candidate.timezone, "
    f"candidate.metadata, candidate.created_at, {FIRST_IDENTITY} AS external_id, "
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('system', i.system, 'external_id', i.external_id) ORDER BY i.system, "
    f"i.created_at), '[]') FROM {IDENTITY}) AS external_ids"
)


def _arrival(job: Job, sent: NewCandidate) -> Arrival:
    return Arrival(
        job=job,
        door=Door.API,
        name=sent.name,
        email=sent.email or "",
        phone=sent.phone_number or "",
        external_id=sent.external_id or "",
        metadata=sent.metadata or {},
        language=sent.language or "",
        timezone=sent.timezone or "",
        invite=sent.invite,
        note=sent.note,
    )


def _added(job: Job, taken: Taken) -> Added:
    return Added(
        application_id=taken.application_id,
        candidate_id=taken.candidate_id,
        job_id=job.id,
        personal_url=personal_url(taken.personal_link_id, taken.token_version),
        result=taken.result,
        stage=taken.stage,
        differs=list(taken.differs),
    )


def _refusal(wrong: IntakeRefused) -> Refusal:
    """A job that takes nobody is no fault of what was sent."""
    if "job" in wrong.errors:
        return Refusal(Code.JOB_NOT_OPEN, wrong.errors["job"])
    return invalid(_named(wrong))


def _named(wrong: IntakeRefused) -> dict[str, str]:
    return {FIELDS.get(name, name): sentence for name, sentence in wrong.errors.items()}


def _row(job: Job, index: int, became: Taken | IntakeRefused) -> Row:
    if isinstance(became, IntakeRefused):
        errors = [FieldError(*one) for one in _named(became).items()]
        return Row(index=index, result=RowResult.REFUSED, reason=became.reason, errors=errors)
    added = _added(job, became)
    return Row(
        index=index,
        result=RowResult(added.result),
        application_id=added.application_id,
        candidate_id=added.candidate_id,
        personal_url=added.personal_url,
        differs=added.differs,
    )


def _candidate(row: db.Row) -> Candidate:
    return msgspec.convert(dict(row), Candidate)


operations: list[Operation] = [add_candidate, add_candidates, list_candidates, get_candidate]
