"""What is known of an application when its messages are planned, checked and written."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portal import crypto, db
from portal.messages import zones
from portal.messages.quiet import QuietHours
from portal.messages.words import LEFT_US, NUDGES, Arm, Channel, Override, Reason, State, Track, Wish


class Done(msgspec.Struct, frozen=True):
    """A nudge that has gone out, or is in a worker's hands, or was refused for good."""

    step_key: str
    at: datetime
    counts: bool = True
    """Whether the person has, or may have, got it."""


class ToWrite(msgspec.Struct, frozen=True):
    """A message by hand that waits to be written."""

    step_key: str
    channel: Wish
    at: datetime
    stopped: bool = False


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
    invite_later: bool = False
    """Somebody will have them invited, and has not yet."""
    arm: Arm | None = None
    reminded_elsewhere: bool = False
    """They came by a link in the messages of an applicant system that reminds them itself."""
    replied_at: datetime | None = None
    """When they last wrote back."""
    overrides: Mapping[str, tuple[Override, datetime]] = msgspec.field(default_factory=dict)
    """What members want of single steps against the plan, and since when."""
    blasts: tuple[ToWrite, ...] = ()
    """Messages by hand that wait."""
    last_written_at: datetime | None = None
    """When anything last went out to the candidate, for whichever job."""
    last_by_hand_at: datetime | None = None
    """The same of messages by hand."""
    requests: tuple[tuple[UUID, datetime], ...] = ()
    """When the person asked for their link: id of the event, time."""
    more_time: tuple[UUID, datetime] | None = None
    """A wish for more time that a member granted: id of the extension, time."""
    application_id: UUID | None = None
    """None: nobody in particular, of whom there is no crowd to spread."""


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
    languages: tuple[str, ...] = ("en",)
    """What they may read, best first: the candidate's own choice, the job's, the workspace's."""
    logo_id: UUID | None = None

    def address(self, channel: Channel) -> str:
        return self.email if channel is Channel.EMAIL else self.phone


WAITING = (State.SCHEDULED, State.HELD, State.SKIPPED, State.CLAIMED)
"""States of messages by hand that may yet go."""

READ = """
SELECT a.id, a.workspace_id, a.job_id, a.stage, a.invite, a.invite_later, a.created_at, a.invited_at, a.captured_at, a.active_at,
       a.deadline_at, a.snoozed_until, a.arm, a.replied_at,
       c.id AS candidate_id, c.name, c.email, c.phone, c.timezone AS candidate_timezone, c.browser_timezone, c.erased_at,
       j.title, j.role_type, j.status, j.minutes, j.interview_kind, j.location, j.timezone AS job_timezone,
       w.name AS workspace_name, w.timezone AS workspace_timezone, w.brand_color, w.privacy_url,
       coalesce(p.quiet_from, w.quiet_from) AS quiet_from, coalesce(p.quiet_until, w.quiet_until) AS quiet_until,
       w.communications_off_at, w.logo_id,
       c.language AS candidate_language, j.language AS job_language, w.language AS workspace_language,
       (SELECT count(*) FROM question q WHERE q.job_id = a.job_id AND q.archived_at IS NULL) AS questions,
       (SELECT count(*) FROM question q WHERE q.job_id = a.job_id AND q.archived_at IS NULL AND NOT EXISTS
          (SELECT FROM answer n WHERE n.application_id = a.id AND n.question_id = q.id)) AS questions_left,
       (SELECT max(m.handed_over_at) FROM application o JOIN message m ON m.application_id = o.id
        WHERE o.candidate_id = c.id AND m.track = 'manual' AND m.state = ANY($2)) AS last_by_hand_at,
       (SELECT k.given FROM consent k WHERE k.candidate_id = c.id AND k.channel = 'sms' AND k.address = c.phone
        ORDER BY k.at DESC, k.id DESC LIMIT 1) AS texts_allowed,
       (SELECT max(m.handed_over_at) FROM application o JOIN message m ON m.application_id = o.id
        WHERE o.candidate_id = c.id AND m.state = ANY($2)) AS last_written_at,
       x.id AS extension_id, x.decided_at AS extended_at, coalesce(l.reminders = 'there', false) AS reminded_elsewhere
FROM application a
JOIN candidate c ON c.id = a.candidate_id
JOIN job j ON j.id = a.job_id
JOIN workspace w ON w.id = a.workspace_id
LEFT JOIN LATERAL (SELECT quiet_from, quiet_until FROM nudge_plan WHERE workspace_id = a.workspace_id
  AND (job_id = a.job_id OR job_id IS NULL) ORDER BY job_id NULLS LAST LIMIT 1) p ON true
LEFT JOIN link l ON l.id = a.link_id
LEFT JOIN extension x ON x.application_id = a.id AND x.state = 'granted' AND x.member_id IS NOT NULL
WHERE a.id = ANY($1) ORDER BY a.id
"""


MESSAGES = """
SELECT m.application_id, m.step_key, m.track, m.state, coalesce(m.handed_over_at, m.due_at) AS at, m.wish, m.wished_at,
       m.created_at, b.channel AS blast_channel, b.state AS blast_state
FROM message m LEFT JOIN blast b ON b.workspace_id = m.workspace_id AND b.id = m.blast_id
WHERE m.application_id = ANY($1) ORDER BY at, m.id
"""
REQUESTS = "SELECT application_id, id, at FROM event WHERE application_id = ANY($1) AND kind = 'link_requested' ORDER BY at, id"


class Around(msgspec.Struct, frozen=True):
    """What stands in other tables about some applications, by application."""

    messages: Mapping[UUID, Sequence[db.Row]]
    """Oldest first."""
    requests: Mapping[UUID, Sequence[db.Row]]
    suppressed: Collection[tuple[UUID, str, bytes]]
    """Workspace, channel and hash of the addresses that must not be written to."""


async def load(application_id: UUID, *, apart_from: str = "") -> Known | None:
    """Everything about one application. `apart_from`: a step that counts as not yet done, since it is in the caller's hand."""
    return next(iter(await load_many([application_id], apart_from=apart_from)), None)


async def load_many(application_ids: Sequence[UUID], *, apart_from: str = "") -> list[Known]:
    """Everything about these applications, in the order of their ids: four statements, however many they are."""
    rows = await db.rows(READ, application_ids, [state.value for state in LEFT_US])
    if not rows:
        return []
    around = Around(
        messages=_by_application(await db.rows(MESSAGES, application_ids)),
        requests=_by_application(await db.rows(REQUESTS, application_ids)),
        suppressed=await _suppressed(rows),
    )
    return [_known(row, around, apart_from) for row in rows]


def _by_application(rows: Sequence[db.Row]) -> dict[UUID, list[db.Row]]:
    found: dict[UUID, list[db.Row]] = {}
    for row in rows:
        found.setdefault(row["application_id"], []).append(row)
    return found


async def _suppressed(rows: Sequence[db.Row]) -> set[tuple[UUID, str, bytes]]:
    hashes = {crypto.address_hash(row[column]) for row in rows for column in ("email", "phone") if row[column]}
    found = await db.rows(
        "SELECT workspace_id, channel, address_hash FROM suppression WHERE workspace_id = ANY($1) AND address_hash = ANY($2)",
        list({row["workspace_id"] for row in rows}),
        list(hashes),
    )
    return {(row["workspace_id"], row["channel"], row["address_hash"]) for row in found}


def _known(row: db.Row, around: Around, apart_from: str) -> Known:
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
        external=row["interview_kind"] != "built_in",
        timezone=row["workspace_timezone"],
        facts=_facts(row, around, apart_from),
        languages=tuple(row[f"{whose}_language"][:2] for whose in ("candidate", "job", "workspace") if row[f"{whose}_language"]),
        logo_id=row["logo_id"],
    )


def _facts(row: db.Row, around: Around, apart_from: str) -> ApplicationFacts:
    messages = around.messages.get(row["id"], ())
    return ApplicationFacts(
        stage=row["stage"],
        role_type=row["role_type"],
        job_closed=row["status"] == "closed",
        erased=row["erased_at"] is not None,
        hold=_hold(row),
        invite=row["invite"],
        invite_later=row["invite_later"],
        created_at=row["created_at"],
        invited_at=row["invited_at"],
        captured_at=row["captured_at"],
        active_at=row["active_at"],
        deadline_at=row["deadline_at"],
        snoozed_until=row["snoozed_until"],
        zones=_zones(row),
        quiet=QuietHours(begin=row["quiet_from"], end=row["quiet_until"]),
        unreachable=_unreachable(row, around),
        done=_done(messages, apart_from),
        arm=Arm(row["arm"]) if row["arm"] else None,
        reminded_elsewhere=row["reminded_elsewhere"],
        replied_at=row["replied_at"],
        overrides={m["step_key"]: (Override(m["wish"]), m["wished_at"]) for m in messages if m["wish"]},
        blasts=_blasts(messages),
        last_written_at=row["last_written_at"],
        last_by_hand_at=row["last_by_hand_at"],
        requests=tuple((r["id"], r["at"]) for r in around.requests.get(row["id"], ())),
        more_time=(row["extension_id"], row["extended_at"]) if row["extension_id"] else None,
        application_id=row["id"],
    )


def _zones(row: db.Row) -> tuple[str, ...]:
    return zones.zones_of(
        chosen=row["candidate_timezone"],
        browser=row["browser_timezone"],
        job=row["job_timezone"] if row["location"] else "",
        phone=row["phone"] or "",
        workspace=row["workspace_timezone"],
    )


def _hold(row: db.Row) -> Reason | None:
    if row["communications_off_at"] is not None:
        return Reason.COMMUNICATIONS_OFF
    return Reason.JOB_DRAFT if row["status"] == "draft" else None


def _unreachable(row: db.Row, around: Around) -> dict[Channel, Reason]:
    found: dict[Channel, Reason] = {}
    if not row["email"]:
        found[Channel.EMAIL] = Reason.NO_EMAIL
    elif _is_suppressed(row, around, Channel.EMAIL, row["email"]):
        found[Channel.EMAIL] = Reason.SUPPRESSED
    if not row["phone"]:
        found[Channel.SMS] = Reason.NO_PHONE
    elif not row["texts_allowed"]:
        found[Channel.SMS] = Reason.NO_CONSENT
    elif _is_suppressed(row, around, Channel.SMS, row["phone"]):
        found[Channel.SMS] = Reason.SUPPRESSED
    return found


def _is_suppressed(row: db.Row, around: Around, channel: Channel, address: str) -> bool:
    return bool(around.suppressed) and (row["workspace_id"], channel.value, crypto.address_hash(address)) in around.suppressed


def _done(messages: Sequence[db.Row], apart_from: str) -> tuple[Done, ...]:
    gone, tracks = {*LEFT_US, State.CLAIMED, State.FAILED}, {*NUDGES, Track.MANUAL}
    return tuple(
        Done(m["step_key"], m["at"], m["state"] != State.FAILED)
        for m in messages
        if m["step_key"] != apart_from and m["state"] in gone and m["track"] in tracks
    )


def _blasts(messages: Sequence[db.Row]) -> tuple[ToWrite, ...]:
    return tuple(
        ToWrite(m["step_key"], Wish(m["blast_channel"]), m["created_at"], m["blast_state"] == "stopped")
        for m in messages
        if m["blast_channel"] and m["state"] in WAITING
    )
