"""What is known of an application when its messages are planned, checked and written."""

from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.messages import suppression
from portal.messages.quiet import QuietHours
from portal.messages.words import LEFT_US, NUDGES, Channel, Reason, State, Track


class Done(msgspec.Struct, frozen=True):
    """A nudge that has gone out, or is in a worker's hands, or was refused for good."""

    step_key: str
    at: datetime
    counts: bool = True
    """Whether the person has, or may have, got it."""


class ApplicationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that the rules of `schedule` look at."""

    stage: str
    role_type: str
    job_closed: bool
    erased: bool
    hold: Reason | None
    """Why nothing goes for the time being."""
    invite: bool
    created_at: datetime
    invited_at: datetime | None
    captured_at: datetime | None
    active_at: datetime
    deadline_at: datetime | None
    snoozed_until: datetime | None
    zones: tuple[str, ...]
    """Where the person may be. Times are shown in the first."""
    quiet: QuietHours
    unreachable: dict[Channel, Reason]
    """Channels that can't be used, and why."""
    done: tuple[Done, ...] = ()
    requests: tuple[tuple[UUID, datetime], ...] = ()
    """When the person asked for their link: id of the event, time."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One application with its people and its job: what a text can speak of, beside the `facts`."""

    application_id: UUID
    workspace_id: UUID
    job_id: UUID
    candidate_name: str
    email: str
    phone: str
    job_title: str
    workspace_name: str
    brand_color: str
    privacy_url: str
    minutes: int
    questions: int
    left: int
    """Questions without an answer."""
    external: bool
    timezone: str
    """The workspace's."""
    facts: ApplicationFacts

    def address(self, channel: Channel) -> str:
        return self.email if channel is Channel.EMAIL else self.phone


READ = """
SELECT a.id, a.workspace_id, a.job_id, a.stage, a.invite, a.created_at, a.invited_at, a.captured_at, a.active_at,
       a.deadline_at, a.snoozed_until,
       c.id AS candidate_id, c.name, c.email, c.phone, c.timezone AS candidate_timezone, c.erased_at,
       j.title, j.role_type, j.status, j.minutes, j.interview_kind, j.timezone AS job_timezone,
       w.name AS workspace_name, w.timezone AS workspace_timezone, w.brand_color, w.privacy_url, w.quiet_from, w.quiet_until,
       w.communications_off_at,
       (SELECT count(*) FROM question q WHERE q.job_id = a.job_id AND q.archived_at IS NULL) AS questions,
       (SELECT count(*) FROM question q WHERE q.job_id = a.job_id AND q.archived_at IS NULL AND NOT EXISTS
          (SELECT FROM answer n WHERE n.application_id = a.id AND n.question_id = q.id)) AS questions_left,
       (SELECT k.given FROM consent k WHERE k.candidate_id = c.id AND k.channel = 'sms' AND k.address = c.phone
        ORDER BY k.at DESC, k.id DESC LIMIT 1) AS texts_allowed
FROM application a
JOIN candidate c ON c.id = a.candidate_id
JOIN job j ON j.id = a.job_id
JOIN workspace w ON w.id = a.workspace_id
WHERE a.id = $1
"""


async def load(application_id: UUID, *, apart_from: str = "") -> Known | None:
    """Everything about one application. `apart_from`: a step that counts as not yet done, since it is in the caller's hand."""
    row = await db.row(READ, application_id)
    if row is None:
        return None
    return Known(
        application_id=row["id"],
        workspace_id=row["workspace_id"],
        job_id=row["job_id"],
        candidate_name=row["name"],
        email=row["email"] or "",
        phone=row["phone"] or "",
        job_title=row["title"],
        workspace_name=row["workspace_name"],
        brand_color=row["brand_color"],
        privacy_url=row["privacy_url"],
        minutes=row["minutes"],
        questions=row["questions"],
        left=row["questions_left"],
        external=row["interview_kind"] == "external",
        timezone=row["workspace_timezone"],
        facts=await _facts(row, apart_from),
    )


async def _facts(row: db.Row, apart_from: str) -> ApplicationFacts:
    return ApplicationFacts(
        stage=row["stage"],
        role_type=row["role_type"],
        job_closed=row["status"] == "closed",
        erased=row["erased_at"] is not None,
        hold=_hold(row),
        invite=row["invite"],
        created_at=row["created_at"],
        invited_at=row["invited_at"],
        captured_at=row["captured_at"],
        active_at=row["active_at"],
        deadline_at=row["deadline_at"],
        snoozed_until=row["snoozed_until"],
        zones=(row["candidate_timezone"] or row["job_timezone"] or row["workspace_timezone"],),
        quiet=QuietHours(begin=row["quiet_from"], end=row["quiet_until"]),
        unreachable=await _unreachable(row),
        done=await _done(row["id"], apart_from),
        requests=await _requests(row["id"]),
    )


def _hold(row: db.Row) -> Reason | None:
    if row["communications_off_at"] is not None:
        return Reason.COMMUNICATIONS_OFF
    return Reason.JOB_DRAFT if row["status"] == "draft" else None


async def _unreachable(row: db.Row) -> dict[Channel, Reason]:
    found: dict[Channel, Reason] = {}
    if not row["email"]:
        found[Channel.EMAIL] = Reason.NO_EMAIL
    elif await suppression.is_suppressed(row["workspace_id"], Channel.EMAIL, row["email"]):
        found[Channel.EMAIL] = Reason.SUPPRESSED
    if not row["phone"]:
        found[Channel.SMS] = Reason.NO_PHONE
    elif not row["texts_allowed"]:
        found[Channel.SMS] = Reason.NO_CONSENT
    elif await suppression.is_suppressed(row["workspace_id"], Channel.SMS, row["phone"]):
        found[Channel.SMS] = Reason.SUPPRESSED
    return found


async def _done(application_id: UUID, apart_from: str) -> tuple[Done, ...]:
    found = await db.rows(
        """
        SELECT step_key, coalesce(handed_over_at, due_at) AS at, state FROM message
        WHERE application_id = $1 AND step_key <> $2 AND state = ANY($3) AND track = ANY($4) ORDER BY at
        """,
        application_id,
        apart_from,
        [state.value for state in (*LEFT_US, State.CLAIMED, State.FAILED)],
        [track.value for track in (*NUDGES, Track.MANUAL)],
    )
    return tuple(Done(r["step_key"], r["at"], r["state"] != State.FAILED) for r in found)


async def _requests(application_id: UUID) -> tuple[tuple[UUID, datetime], ...]:
    found = await db.rows(
        "SELECT id, at FROM event WHERE application_id = $1 AND kind = 'link_requested' ORDER BY at, id", application_id
    )
    return tuple((r["id"], r["at"]) for r in found)
