"""Jobs: find, make, edit, publish, close."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from slugify import slugify

from portal import changes, db
from portal.web.missing import Missing
from portal.web.templating import day

LONGEST_SLUG = 60
ROOM_FOR_A_NUMBER = 6


class RoleType(StrEnum):
    PROFESSIONAL = "professional"
    SHIFT = "shift"


class Status(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class InterviewKind(StrEnum):
    BUILT_IN = "built_in"
    EXTERNAL = "external"
    """At the address that the job names."""
    HEYMILO = "heymilo"
    """At HeyMilo, where each person has an interview of their own."""


class JobFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a member may set."""

    title: str
    location: str
    pay: str
    summary: str
    role_type: RoleType
    interview_kind: InterviewKind
    external_url: str
    minutes: int
    deadline_at: datetime | None
    deadline_days: int | None
    timezone: str
    country: str
    card_title: str
    card_text: str
    extension_hours: int = 0
    """How much more time a candidate may ask for, once; 0: none."""
    extension_at_once: bool = False
    """Whether they get it by asking, or by a recruiter's yes."""
    language: str = ""
    """Which candidates read. Empty: the workspace's for a new job, and as it was for an old one."""


class Job(JobFields, frozen=True, kw_only=True):
    """A job with what its pages say of its workspace."""

    id: UUID
    workspace_id: UUID
    slug: str
    status: Status
    created_at: datetime
    closed_at: datetime | None
    workspace_name: str
    brand_color: str
    privacy_url: str

    @property
    def is_elsewhere(self) -> bool:
        """Whether people leave this portal for the interview."""
        return self.interview_kind is not InterviewKind.BUILT_IN

    @property
    def subtitle(self) -> str:
        """The line below the title on member pages."""
        parts = [self.status.value.capitalize(), self.location, f"about {self.minutes} min", self.deadline_text]
        return " · ".join(part for part in parts if part)

    @property
    def place_and_pay(self) -> str:
        return " · ".join(part for part in (self.location, self.pay) if part)

    @property
    def deadline_text(self) -> str:
        """ "until 3 December", "7 days from arrival", or nothing."""
        if self.deadline_at is not None:
            return f"until {day(self.deadline_at, self.timezone)}"
        if self.deadline_days is not None:
            return f"{self.deadline_days} {'day' if self.deadline_days == 1 else 'days'} from arrival"
        return ""


class JobCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How far people got at one job, since it was made. The room of figures fills it in."""

    clicks: int = 0
    visitors: int = 0
    landed: int = 0
    invited: int = 0
    """Whose name somebody else gave; not among `captured`."""
    captured: int = 0
    started: int = 0
    completed: int = 0


COLUMNS = "job.*, workspace.name AS workspace_name, workspace.brand_color, workspace.privacy_url"
SOURCE = "job JOIN workspace ON workspace.id = job.workspace_id"
LISTED_FIRST = "CASE job.status WHEN 'open' THEN 1 WHEN 'draft' THEN 2 ELSE 3 END"


async def get_job(workspace_id: UUID, job_id: UUID) -> Job:
    """Raises `Missing`."""
    found = await db.row(f"SELECT {COLUMNS} FROM {SOURCE} WHERE job.workspace_id = $1 AND job.id = $2", workspace_id, job_id)
    if found is None:
        raise Missing("job")
    return _job(found)


async def find_public_job(slug: str) -> Job | None:
    """The job behind ``/apply/{slug}``, whatever its state. One query: candidates wait for it."""
    found = await db.row(f"SELECT {COLUMNS} FROM {SOURCE} WHERE job.slug = $1", slug)
    return _job(found) if found else None


async def find_jobs(job_ids: Collection[UUID]) -> list[Job]:
    """Those that are there, of whatever workspace: for the redirect, never for a member's page."""
    return [_job(row) for row in await db.rows(f"SELECT {COLUMNS} FROM {SOURCE} WHERE job.id = ANY($1::uuid[])", list(job_ids))]


async def list_jobs(workspace_id: UUID, *, search: str = "", status: str = "") -> list[Job]:
    """Open ones first, newest first. `search`: words that title or place must hold. `status`: one of `Status`, or all."""
    found = await db.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE job.workspace_id = $1 AND ($2 = '' OR job.status = $2) AND NOT EXISTS "
        "(SELECT 1 FROM unnest($3::text[]) word WHERE strpos(lower(job.title || ' ' || job.location), word) = 0) "
        f"ORDER BY {LISTED_FIRST}, job.created_at DESC, job.id",
        workspace_id,
        status,
        search.lower().split(),
    )
    return [_job(row) for row in found]


async def make_job(workspace_id: UUID, fields: JobFields, *, now: datetime) -> UUID:
    """A draft; its id. It is published when its interview is ready. Raises `Missing`."""
    language = await db.value("SELECT language FROM workspace WHERE id = $1", workspace_id)
    if language is None:
        raise Missing("workspace")
    job_id = db.new_id()
    values = {"id": job_id, "workspace_id": workspace_id, "status": "draft", "created_at": now}
    values |= msgspec.structs.asdict(fields) | {"language": fields.language or language}
    marks = ", ".join(f"${n}" for n in range(2, 2 + len(values)))
    sql = f"INSERT INTO job (slug, {', '.join(values)}) VALUES ($1, {marks}) ON CONFLICT (slug) DO NOTHING"
    while not await db.run(sql, await free_slug(fields.title, fields.location), *values.values()):
        continue  # somebody else took that slug a moment ago
    return job_id


async def edit_job(workspace_id: UUID, job_id: UUID, fields: JobFields) -> None:
    """The slug stays: it stands on posters. Raises `Missing`."""
    values = {name: value for name, value in msgspec.structs.asdict(fields).items() if name != "language" or value}
    changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, start=3))
    _found(await db.run(f"UPDATE job SET {changes} WHERE workspace_id = $1 AND id = $2", workspace_id, job_id, *values.values()))


async def publish_job(workspace_id: UUID, job_id: UUID) -> None:
    """A draft opens. Raises `Missing`."""
    await _set_status(workspace_id, job_id, Status.OPEN, None)


async def unpublish_job(workspace_id: UUID, job_id: UUID) -> None:
    """Back to draft: nobody comes in or goes on, and its messages wait until it is published again. Raises `Missing`."""
    await _set_status(workspace_id, job_id, Status.DRAFT, None)


async def close_job(workspace_id: UUID, job_id: UUID, *, now: datetime) -> None:
    """Nobody new comes in. Raises `Missing`."""
    await _set_status(workspace_id, job_id, Status.CLOSED, now)


async def reopen_job(workspace_id: UUID, job_id: UUID) -> None:
    """A closed job is open again, as if it had never been closed. Raises `Missing`."""
    await _set_status(workspace_id, job_id, Status.OPEN, None)


async def free_slug(title: str, location: str) -> str:
    """Title and place in letters that survive any address bar; with a number where another job has them already."""
    base = slugify(f"{title} {location}", max_length=LONGEST_SLUG - ROOM_FOR_A_NUMBER, word_boundary=True) or "job"
    taken = {r["slug"] for r in await db.rows("SELECT slug FROM job WHERE slug = $1 OR starts_with(slug, $1 || '-')", base)}
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


def _job(row: db.Row) -> Job:
    return msgspec.convert(dict(row), Job)


async def _set_status(workspace_id: UUID, job_id: UUID, status: Status, closed_at: datetime | None) -> None:
    sql = "UPDATE job SET status = $3, closed_at = $4 WHERE workspace_id = $1 AND id = $2"
    _found(await db.run(sql, workspace_id, job_id, status.value, closed_at))
    await changes.job_changed(job_id)


def _found(touched: int) -> None:
    if not touched:
        raise Missing("job")
