"""More time: a candidate asks for it once, and gets it at once or by a recruiter's yes, as the job says."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.candidates import applications
from portal.candidates.applications import LIVE, Stage
from portal.candidates.events import EventKind, add_event
from portal.web.missing import Missing

STILL_ASKED = timedelta(days=7)
"""So long after the deadline more time may still be asked for."""
OPEN_STAGES = (*LIVE, Stage.EXPIRED)


class Standing(StrEnum):
    """How it stands with more time."""

    NOT_OFFERED = "not_offered"
    OFFERED = "offered"
    ASKED = "asked"
    """A recruiter has to say yes or no."""
    GRANTED = "granted"
    DECLINED = "declined"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What the job offers to one application, and what became of it."""

    standing: Standing
    hours: int
    """How much more there is, or was when they asked."""
    at_once: bool
    """Whether asking is getting."""
    deadline_at: datetime | None
    asked_at: datetime | None

    def until(self, now: datetime) -> datetime | None:
        """The deadline that a yes at `now` would give."""
        return None if self.deadline_at is None else max(self.deadline_at, now) + timedelta(hours=self.hours)


READ = """
SELECT application.stage, application.deadline_at, job.status, job.extension_hours, job.extension_at_once,
       extension.state, extension.hours, extension.asked_at
FROM application JOIN job ON job.id = application.job_id LEFT JOIN extension ON extension.application_id = application.id
WHERE application.workspace_id = $1 AND application.id = $2
"""
IS_ASKED = (
    "application.stage IN ('invited', 'captured', 'started', 'expired') AND EXISTS "
    "(SELECT FROM extension WHERE extension.application_id = application.id AND extension.state = 'asked')"
)
"""SQL: whether an application waits for somebody's yes or no."""


async def offer(workspace_id: UUID, application_id: UUID, now: datetime) -> Offer:
    """Whether this candidate may ask for more time, or what became of it. Raises `Missing`."""
    row = await db.row(READ, workspace_id, application_id)
    if row is None:
        raise Missing("application")
    return Offer(
        standing=_standing(row, now),
        hours=row["hours"] or row["extension_hours"],
        at_once=row["extension_at_once"],
        deadline_at=row["deadline_at"],
        asked_at=row["asked_at"],
    )


async def ask(workspace_id: UUID, application_id: UUID, *, now: datetime) -> Standing:
    """The candidate asks; how it stands afterwards. Asking twice is asking once. Raises `Missing`."""
    async with db.transaction():
        await _lock(workspace_id, application_id)
        offered = await offer(workspace_id, application_id, now)
        until = offered.until(now)
        if offered.standing is not Standing.OFFERED or until is None:
            return offered.standing
        await _note(workspace_id, application_id, offered, now)
        if not offered.at_once:
            return Standing.ASKED
        await applications.extend_deadline(workspace_id, application_id, until, now=now)
        return Standing.GRANTED


async def grant(workspace_id: UUID, application_id: UUID, *, now: datetime, member_id: UUID) -> datetime | None:
    """A recruiter says yes, also after a no: the new deadline. None if nobody asked, or the application has ended otherwise."""
    async with db.transaction():
        await _lock(workspace_id, application_id)
        offered = await offer(workspace_id, application_id, now)
        until = offered.until(now)
        if offered.standing not in {Standing.ASKED, Standing.DECLINED} or until is None:
            return None
        if not await applications.extend_deadline(workspace_id, application_id, until, now=now, member_id=member_id):
            return None
        await _decide(workspace_id, application_id, "granted", now, member_id)
    return until


async def decline(workspace_id: UUID, application_id: UUID, *, now: datetime, member_id: UUID) -> bool:
    """A recruiter says no. Whether anything changed."""
    async with db.transaction():
        await _lock(workspace_id, application_id)
        if not await _decide(workspace_id, application_id, "declined", now, member_id):
            return False
        await add_event(workspace_id, application_id, EventKind.EXTENSION_DECLINED, now, member_id=member_id)
    return True


async def reopen(workspace_id: UUID, application_id: UUID, *, now: datetime, member_id: UUID) -> bool:
    """Take a no back: the question is open again. Whether anything changed."""
    async with db.transaction():
        await _lock(workspace_id, application_id)
        hours = await db.value(
            "UPDATE extension SET state = 'asked', decided_at = NULL, member_id = NULL "
            "WHERE workspace_id = $1 AND application_id = $2 AND state = 'declined' RETURNING hours",
            workspace_id,
            application_id,
        )
        if hours is None:
            return False
        data = {"hours": hours, "again": True}
        await add_event(workspace_id, application_id, EventKind.EXTENSION_ASKED, now, data, member_id=member_id)
    return True


async def asked_count(workspace_id: UUID, job_id: UUID) -> int:
    """How many of a job wait for a yes or no."""
    return int(
        await db.value(
            f"SELECT count(*) FROM application WHERE workspace_id = $1 AND job_id = $2 AND {IS_ASKED}", workspace_id, job_id
        )
    )


def _standing(row: db.Row, now: datetime) -> Standing:
    if row["state"] is not None:
        return Standing(row["state"])
    deadline = row["deadline_at"]
    may = row["extension_hours"] and row["status"] == "open" and row["stage"] in OPEN_STAGES
    return Standing.OFFERED if may and deadline is not None and now - deadline < STILL_ASKED else Standing.NOT_OFFERED


async def _lock(workspace_id: UUID, application_id: UUID) -> None:
    """Raises `Missing`."""
    found = await db.value(
        "SELECT id FROM application WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", workspace_id, application_id
    )
    if found is None:
        raise Missing("application")


async def _note(workspace_id: UUID, application_id: UUID, offered: Offer, now: datetime) -> None:
    await db.run(
        "INSERT INTO extension (id, workspace_id, application_id, hours, state, asked_at, decided_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        db.new_id(),
        workspace_id,
        application_id,
        offered.hours,
        "granted" if offered.at_once else "asked",
        now,
        now if offered.at_once else None,
    )
    await add_event(workspace_id, application_id, EventKind.EXTENSION_ASKED, now, {"hours": offered.hours})


async def _decide(workspace_id: UUID, application_id: UUID, state: str, now: datetime, member_id: UUID) -> bool:
    touched = await db.run(
        "UPDATE extension SET state = $3, decided_at = $4, member_id = $5 "
        "WHERE workspace_id = $1 AND application_id = $2 AND state IN ('asked', 'declined') AND state <> $3",
        workspace_id,
        application_id,
        state,
        now,
        member_id,
    )
    return touched == 1
