"""Jobs: list, make, change, publish, close; and what their interviews ask."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from portal import changes, db
from portal.accounts import workspaces
from portal.accounts.keys import Scope
from portal.candidates.applications import move_deadlines
from portal.integrations.api.operations import Call, Operation, operation
from portal.integrations.api.paging import Listing, Moment, Page, Paging, part
from portal.integrations.api.problems import Code, Refusal, invalid
from portal.integrations.api.reading import utc
from portal.interviews import questions
from portal.jobs import job_form, jobs
from portal.jobs.job_form import MOST_YEARS, DeadlineKind
from portal.jobs.jobs import InterviewKind, JobFields, RoleType, Status
from portal.jobs.next_steps import is_ready
from portal.settings import settings
from portal.web.forms import Form, Invalid

Title = Annotated[str, Meta(min_length=1, max_length=120, examples=["Night nurse"])]
Line = Annotated[str, Meta(max_length=120)]
Description = Annotated[str, Meta(max_length=5000, description="Shown on the landing page.")]
Minutes = Annotated[int, Meta(ge=1, le=240, description="How long the interview takes, about.")]
Days = Annotated[int, Meta(ge=1, le=365, description="Instead of `deadline`: so many days after each person's arrival.")]
Hours = Annotated[int, Meta(ge=0, le=720, description="How much more time a candidate may ask for, once.")]
Deadline = Annotated[datetime, Meta(tz=True, description="Until when people can finish.")]
Address = Annotated[str, Meta(max_length=2000, description="Of an external interview. Begins with https://.")]
Zone = Annotated[str, Meta(max_length=60, description="IANA time zone.", examples=["Europe/London"])]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1; how phone numbers are read.", examples=["GB"])]


Language = Annotated[str, Meta(max_length=10, description="That candidates read.", examples=["en"])]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An opening that people are invited to interview for."""

    id: UUID
    slug: str
    title: str
    location: str
    pay: str
    description: str
    status: Status
    role_type: RoleType
    interview_kind: InterviewKind
    external_url: str
    minutes: int
    deadline: Moment | None
    deadline_days: int | None
    extension_hours: int
    timezone: str
    country: str
    language: str
    apply_url: str
    """Its landing page, without a channel. Links lead there and count."""
    created_at: Moment
    closed_at: Moment | None


class NewJob(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A job to make. Time zone, country and language are the workspace's unless given."""

    title: Title
    location: Line = ""
    pay: Line = ""
    description: Description = ""
    role_type: RoleType = RoleType.PROFESSIONAL
    interview_kind: InterviewKind = InterviewKind.BUILT_IN
    external_url: Address = ""
    minutes: Minutes = 10
    deadline: Deadline | None = None
    deadline_days: Days | None = None
    extension_hours: Hours = 0
    timezone: Zone | UnsetType = UNSET
    country: Country | UnsetType = UNSET
    language: Language | UnsetType = UNSET


class JobChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to be different. What is left out stays; null takes a deadline away."""

    title: Title | UnsetType = UNSET
    location: Line | UnsetType = UNSET
    pay: Line | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    role_type: RoleType | UnsetType = UNSET
    interview_kind: InterviewKind | UnsetType = UNSET
    external_url: Address | UnsetType = UNSET
    minutes: Minutes | UnsetType = UNSET
    deadline: Deadline | UnsetType | None = UNSET
    deadline_days: Days | UnsetType | None = UNSET
    extension_hours: Hours | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    country: Country | UnsetType = UNSET
    language: Language | UnsetType = UNSET


class JobQuery(Paging, forbid_unknown_fields=True, kw_only=True):
    status: Status | UnsetType = UNSET


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a built-in interview."""

    id: UUID
    kind: questions.Kind
    prompt: str
    help: str
    options: list[str]
    required: bool


FORM_NAMES = {"description": "summary"}
"""What the room of jobs calls a field, where that differs."""


@operation("GET", "/jobs", Scope.READ, "List jobs")
async def list_jobs(call: Call, query: JobQuery) -> Page[Job]:
    """The newest first."""
    listing = Listing(jobs.COLUMNS, jobs.SOURCE, "job.id")
    listing.only("job.workspace_id = {}", call.workspace_id)
    listing.only("job.status = {}", query.status)
    return await listing.page(query, lambda row: shape(msgspec.convert(dict(row), jobs.Job)))


@operation("GET", "/jobs/{job_id}", Scope.READ, "Get a job")
async def get_job(call: Call, job_id: UUID) -> Job:
    return shape(await jobs.get_job(call.workspace_id, job_id))


@operation("POST", "/jobs", Scope.JOBS, "Make a job", status=201)
async def make_job(call: Call, body: NewJob) -> Job:
    """It begins as a draft. Publish it when its interview is ready: an external one at once, a built-in one with its first
    question, which a member writes."""
    home = await workspaces.get_workspace(call.workspace_id)
    fields = _read(job_form.empty(home.timezone, home.country, home.language), body, call.now, None)
    job_id = await jobs.make_job(call.workspace_id, fields, now=call.now)
    return await get_job.work(call, job_id=job_id)  # type: ignore[no-any-return]


@operation("PATCH", "/jobs/{job_id}", Scope.JOBS, "Change a job")
async def change_job(call: Call, job_id: UUID, body: JobChange) -> Job:
    """A new deadline counts for the people under way too, except those who were given more time by hand."""
    async with db.transaction():
        await db.run("SELECT FROM job WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", call.workspace_id, job_id)
        before = await jobs.get_job(call.workspace_id, job_id)
        fields = _read(job_form.shown(before), body, call.now, before)
        await jobs.edit_job(call.workspace_id, job_id, fields)
        after = await jobs.get_job(call.workspace_id, job_id)
        if (after.deadline_at, after.deadline_days) != (before.deadline_at, before.deadline_days):
            await move_deadlines(after)
    call.after.append(lambda: changes.job_changed(job_id))
    return shape(after)


@operation("POST", "/jobs/{job_id}/publish", Scope.JOBS, "Publish a job", conflicts="It is closed, or its interview is empty.")
async def publish_job(call: Call, job_id: UUID) -> Job:
    """People can come in. A job that is open already stays as it is."""
    job = await jobs.get_job(call.workspace_id, job_id)
    if job.status is Status.CLOSED:
        raise Refusal(Code.CONFLICT, "This job is closed. Reopen it instead.")
    if not is_ready(job, await questions.count_of(job_id)):
        raise Refusal(Code.CONFLICT, "The interview has no questions yet. Add one first.")
    if job.status is Status.DRAFT:
        await jobs.publish_job(call.workspace_id, job_id)
    return await _changed(call, job_id)


@operation("POST", "/jobs/{job_id}/close", Scope.JOBS, "Close a job")
async def close_job(call: Call, job_id: UUID) -> Job:
    """Nobody new comes in."""
    await jobs.close_job(call.workspace_id, job_id, now=call.now)
    return await _changed(call, job_id)


@operation("POST", "/jobs/{job_id}/reopen", Scope.JOBS, "Reopen a job", conflicts="It is a draft.")
async def reopen_job(call: Call, job_id: UUID) -> Job:
    """A closed job is open again."""
    if (await jobs.get_job(call.workspace_id, job_id)).status is Status.DRAFT:
        raise Refusal(Code.CONFLICT, "This job is a draft. Publish it instead.")
    await jobs.reopen_job(call.workspace_id, job_id)
    return await _changed(call, job_id)


@operation("GET", "/jobs/{job_id}/questions", Scope.READ, "List the questions of a job")
async def list_questions(call: Call, job_id: UUID) -> Page[Question]:
    """All of them, in the order in which they are asked. An external interview has none here."""
    await jobs.get_job(call.workspace_id, job_id)
    found = await questions.questions_of(call.workspace_id, job_id)
    shown = [msgspec.convert(one, Question, from_attributes=True) for one in found]
    return part([(str(one.id), one) for one in shown], questions.MOST_QUESTIONS)


def shape(job: jobs.Job) -> Job:
    same = {name: getattr(job, name) for name in Job.__struct_fields__ if hasattr(job, name)}
    return Job(
        **same,
        description=job.summary,
        deadline=job.deadline_at,
        apply_url=f"{settings().public_url}/apply/{job.slug}",
    )


def _read(values: dict[str, str], body: NewJob | JobChange, now: datetime, before: jobs.Job | None) -> JobFields:
    """By the rules of the job's own form, but for a deadline, which is a moment here and not a day. Raises `Refusal`."""
    sent = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}
    deadline, days = _deadline(sent, now, before)
    typed = values | {FORM_NAMES.get(name, name): str(value) for name, value in sent.items()}
    typed |= {"deadline_kind": DeadlineKind.DAYS if days else DeadlineKind.NONE, "deadline_days": str(days or "")}
    try:
        fields = job_form.read_job(Form(typed), now=now, before=before)
    except Invalid as wrong:
        api_names = {form_name: name for name, form_name in FORM_NAMES.items()}
        raise invalid({api_names.get(name, name): sentence for name, sentence in wrong.errors.items()}) from None
    return msgspec.structs.replace(fields, deadline_at=deadline)


def _deadline(sent: dict[str, object], now: datetime, before: jobs.Job | None) -> tuple[datetime | None, int | None]:
    """A fixed moment or days after arrival; setting one takes the other away. Raises `Refusal`."""
    fixed, days = sent.get("deadline"), sent.get("deadline_days")
    if fixed and days:
        raise invalid({"deadline_days": "Give a deadline or days after arrival, not both."})
    if isinstance(fixed, datetime):
        fixed = utc(fixed)
        if not now < fixed <= now + timedelta(days=366 * MOST_YEARS):
            raise invalid({"deadline": f"Give a moment within the next {MOST_YEARS} years."})
        return fixed, None
    if isinstance(days, int):
        return None, days
    kept_fixed = before.deadline_at if before and "deadline" not in sent else None
    kept_days = before.deadline_days if before and "deadline_days" not in sent else None
    return kept_fixed, kept_days


async def _changed(call: Call, job_id: UUID) -> Job:
    """Told again once it is committed: who looked in between has seen the job as it was."""
    call.after.append(lambda: changes.job_changed(job_id))
    return await get_job.work(call, job_id=job_id)  # type: ignore[no-any-return]


operations: list[Operation] = [
    list_jobs,
    make_job,
    get_job,
    change_job,
    publish_job,
    close_job,
    reopen_job,
    list_questions,
]
