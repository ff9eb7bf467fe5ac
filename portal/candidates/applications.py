"""One candidate at one job: how it stands, and how it moves.

Each move changes the row, writes its event and marks the plan of messages as stale, together.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.events import EventKind, Happening, add_event, add_events
from portal.jobs.jobs import Job
from portal.web.missing import Missing

IDLE = timedelta(hours=24)
"""After that long without an answer, somebody who started may need a word."""
LINK_REQUEST_GAP = timedelta(minutes=10)


class Stage(StrEnum):
    INVITED = "invited"
    CAPTURED = "captured"
    STARTED = "started"
    COMPLETED = "completed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    DISQUALIFIED = "disqualified"


IS_STUCK = (
    "application.stage = 'started' AND application.active_at <= {idle} "
    "AND (application.deadline_at IS NULL OR application.deadline_at > {now})"
)
LIVE = (Stage.INVITED, Stage.CAPTURED, Stage.STARTED)
"""Those who may still finish."""
BEFORE_THE_END = (
    "CASE WHEN completed_at IS NOT NULL THEN 'completed' WHEN started_at IS NOT NULL THEN 'started' "
    "WHEN captured_at IS NOT NULL THEN 'captured' ELSE 'invited' END"
)
"""SQL: the stage that an ended application had before."""
NOT_ERASED = "EXISTS (SELECT FROM candidate WHERE candidate.id = application.candidate_id AND erased_at IS NULL)"


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """An application with its candidate, its job's name, and the way they came."""

    id: UUID
    workspace_id: UUID
    job_id: UUID
    candidate_id: UUID
    stage: Stage
    door: str
    invite: bool
    """Whether they are written to, or were."""
    invite_later: bool
    link_id: UUID | None
    click_id: UUID | None
    personal_link_id: UUID
    token_version: int
    """Of the personal link."""
    answered: int
    active_at: datetime
    deadline_at: datetime | None
    snoozed_until: datetime | None = None
    arm: str | None = None
    """Which half of the comparison it fell into: ``nudged`` or ``held_out``."""
    created_at: datetime
    name: str
    email: str | None
    phone: str | None
    language: str
    timezone: str
    job_title: str
    job_location: str
    channel: str | None
    """Network and placement of the link they came through: "Instagram · Story"."""
    came_by: str
    """The same, or in words what came instead of a link."""
    is_erased: bool = False

    @property
    def is_live(self) -> bool:
        return self.stage in LIVE

    @property
    def is_uninvited(self) -> bool:
        """Added, but neither written to nor come by themselves."""
        return self.stage is Stage.INVITED and not self.invite

    @property
    def shown_name(self) -> str:
        return "Erased" if self.is_erased else self.name or self.email or "No name"


CAME_BY = (
    "coalesce(channel.network_name || ' · ' || channel.placement_name, CASE application.door WHEN 'landing' THEN 'Direct' "
    "WHEN 'form' THEN 'Added by hand' WHEN 'api' THEN 'API' WHEN 'ats' THEN 'ATS' ELSE 'File' END)"
)
COLUMNS = (
    "application.*, personal.token_version, candidate.erased_at IS NOT NULL AS is_erased, "
    "candidate.name, candidate.email, candidate.phone, candidate.language, "
    "candidate.timezone, job.title AS job_title, job.location AS job_location, "
    f"channel.network_name || ' · ' || channel.placement_name AS channel, {CAME_BY} AS came_by"
)
SOURCE = (
    "application JOIN candidate ON candidate.id = application.candidate_id JOIN job ON job.id = application.job_id "
    "JOIN link personal ON personal.id = application.personal_link_id "
    "LEFT JOIN link ON link.id = application.link_id LEFT JOIN channel ON channel.id = link.channel_id"
)


def application_from(row: db.Row) -> Application:
    return msgspec.convert(dict(row), Application)


async def get_application(workspace_id: UUID, application_id: UUID) -> Application:
    """Raises `Missing`."""
    found = await db.row(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE application.workspace_id = $1 AND application.id = $2",
        workspace_id,
        application_id,
    )
    if found is None:
        raise Missing("application")
    return application_from(found)


async def stuck_count(workspace_id: UUID, job_id: UUID, now: datetime) -> int:
    """How many of a job started and then stopped for `IDLE`, while they could still go on."""
    stuck = IS_STUCK.format(idle="$3", now="$4")
    return int(
        await db.value(
            f"SELECT count(*) FROM application WHERE workspace_id = $1 AND job_id = $2 AND {stuck}",
            workspace_id,
            job_id,
            now - IDLE,
            now,
        )
    )


async def start(workspace_id: UUID, application_id: UUID, *, now: datetime) -> bool:
    """The first answer, or a start that an external interview reports. Whether this was it."""
    return await _move(
        workspace_id,
        application_id,
        (Stage.INVITED, Stage.CAPTURED),
        "stage = 'started', started_at = $4, active_at = $4",
        event=EventKind.STARTED,
        now=now,
    )


async def complete(workspace_id: UUID, application_id: UUID, *, now: datetime, late: bool = False) -> bool:
    """The finish. Whether this was it: a second one changes nothing. `late`: another system vouches for it, so it counts even if
    the time was over here when we heard of it."""
    return await _move(
        workspace_id,
        application_id,
        (*LIVE, Stage.EXPIRED) if late else LIVE,
        "stage = 'completed', completed_at = $4, active_at = $4, started_at = coalesce(started_at, $4), ended_at = NULL",
        event=EventKind.COMPLETED,
        now=now,
    )


async def invite(workspace_id: UUID, application_ids: list[UUID], *, now: datetime, member_id: UUID | None = None) -> int:
    """Have those written to who were added without an invite and have not come by themselves; how many. Reminders count from
    now."""
    async with db.transaction():
        found = await db.rows(
            "UPDATE application SET invite = true, invite_later = false, invited_at = $3, plan_stale = true WHERE id IN "
            "(SELECT id FROM application WHERE workspace_id = $1 AND id = ANY($2) AND stage = 'invited' AND NOT invite "
            "ORDER BY id FOR NO KEY UPDATE) RETURNING id",
            workspace_id,
            application_ids,
            now,
        )
        await add_events(workspace_id, [Happening(row["id"], EventKind.INVITE_WANTED, {}, member_id) for row in found], now)
    return len(found)


async def withdraw(workspace_id: UUID, application_id: UUID, *, now: datetime, member_id: UUID | None = None) -> bool:
    """They are out, by their own word or a member's. Whether anything changed."""
    return await _move(
        workspace_id,
        application_id,
        (*LIVE, Stage.COMPLETED, Stage.EXPIRED),
        "stage = 'withdrawn', ended_at = $4",
        event=EventKind.WITHDRAWN,
        now=now,
        member_id=member_id,
    )


async def disqualify(workspace_id: UUID, application_id: UUID, why: str, *, now: datetime) -> bool:
    """Another system turned them down before they finished. Whether anything changed."""
    return await _move(
        workspace_id,
        application_id,
        LIVE,
        "stage = 'disqualified', ended_at = $4",
        event=EventKind.DISQUALIFIED,
        now=now,
        data={"note": why},
    )


async def restore(workspace_id: UUID, application_id: UUID, *, now: datetime, member_id: UUID | None = None) -> bool:
    """Take a withdrawal back: they stand where they stood. Whether anything changed."""
    async with db.transaction():
        stage = await db.value(
            f"UPDATE application SET stage = {BEFORE_THE_END}, ended_at = NULL, plan_stale = true "
            f"WHERE workspace_id = $1 AND id = $2 AND stage = 'withdrawn' AND {NOT_ERASED} RETURNING stage",
            workspace_id,
            application_id,
        )
        if stage:
            await add_event(workspace_id, application_id, EventKind.RESTORED, now, {"stage": stage}, member_id=member_id)
    return stage is not None


async def extend_deadline(
    workspace_id: UUID, application_id: UUID, until: datetime, *, now: datetime, member_id: UUID | None = None
) -> bool:
    """More time, also for somebody whose time was over. Whether anything changed: nothing does after the finish."""
    async with db.transaction():
        touched = await db.run(
            f"UPDATE application SET stage = {BEFORE_THE_END}, deadline_at = $3, ended_at = NULL, plan_stale = true "
            f"WHERE workspace_id = $1 AND id = $2 AND stage IN ('invited', 'captured', 'started', 'expired') AND {NOT_ERASED}",
            workspace_id,
            application_id,
            until,
        )
        if touched:
            data = {"until": until.isoformat()}
            await add_event(workspace_id, application_id, EventKind.DEADLINE_EXTENDED, now, data, member_id=member_id)
    return bool(touched)


async def move_deadlines(job: Job) -> int:
    """Give those under way at `job` the deadline its rule now says; how many. Who was given more time by hand keeps it."""
    return await db.run(
        "UPDATE application SET plan_stale = true, deadline_at = least($3, created_at + make_interval(hours => 24 * $4::int)) "
        "WHERE workspace_id = $1 AND job_id = $2 AND stage IN ('invited', 'captured', 'started') AND NOT EXISTS "
        "(SELECT 1 FROM event WHERE event.application_id = application.id AND event.kind = 'deadline_extended')",
        job.workspace_id,
        job.id,
        job.deadline_at,
        job.deadline_days,
    )


async def request_link(workspace_id: UUID, application_id: UUID, *, now: datetime) -> bool:
    """Note that the personal link is asked for; the room of messages sends it. At most once in `LINK_REQUEST_GAP`."""
    async with db.transaction():
        await _lock(workspace_id, application_id)
        asked = await db.value(
            "SELECT EXISTS (SELECT 1 FROM event WHERE workspace_id = $1 AND application_id = $2 AND kind = $3 AND at > $4)",
            workspace_id,
            application_id,
            EventKind.LINK_REQUESTED.value,
            now - LINK_REQUEST_GAP,
        )
        if asked:
            return False
        await add_event(workspace_id, application_id, EventKind.LINK_REQUESTED, now)
        await db.run("UPDATE application SET plan_stale = true WHERE workspace_id = $1 AND id = $2", workspace_id, application_id)
    return True


async def save_for_later(workspace_id: UUID, application_id: UUID, *, now: datetime) -> bool:
    """They stopped on purpose, and are sent their link. Pressed twice, it is one line. False if there is nothing to come back
    to: the application has ended."""
    async with db.transaction():
        if await _lock(workspace_id, application_id) not in LIVE:
            return False
        await request_link(workspace_id, application_id, now=now)
        if await _last_kind(workspace_id, application_id) != EventKind.SAVED_FOR_LATER:
            await add_event(workspace_id, application_id, EventKind.SAVED_FOR_LATER, now)
    return True


async def expire_due(now: datetime, limit: int = 1000) -> int:
    """End those whose time is over; how many. For the clock, over all workspaces."""
    async with db.transaction():
        ended = await db.rows(
            "WITH due AS (SELECT id FROM application WHERE stage IN ('invited', 'captured', 'started') AND deadline_at <= $1 "
            "ORDER BY deadline_at LIMIT $2 FOR UPDATE SKIP LOCKED) "
            "UPDATE application SET stage = 'expired', ended_at = $1, plan_stale = true FROM due WHERE application.id = due.id "
            "RETURNING application.workspace_id, application.id",
            now,
            limit,
        )
        await db.run_many(
            "INSERT INTO event (id, workspace_id, application_id, kind, at, data) VALUES ($1, $2, $3, 'expired', $4, '{}')",
            [(db.new_id(), row["workspace_id"], row["id"], now) for row in ended],
        )
    return len(ended)


async def _move(
    workspace_id: UUID,
    application_id: UUID,
    come_from: tuple[Stage, ...],
    change: str,
    *,
    event: EventKind,
    now: datetime,
    member_id: UUID | None = None,
    data: Mapping[str, object] | None = None,
) -> bool:
    """`change` is SQL of ours, with the time as $4."""
    async with db.transaction():
        stage = await db.value(
            f"UPDATE application SET {change}, plan_stale = true "
            "WHERE workspace_id = $1 AND id = $2 AND stage = ANY($3::text[]) RETURNING stage",
            workspace_id,
            application_id,
            [stage.value for stage in come_from],
            now,
        )
        if stage:
            await add_event(workspace_id, application_id, event, now, data, member_id=member_id)
    return stage is not None


async def _lock(workspace_id: UUID, application_id: UUID) -> str | None:
    """The stage, which nobody else changes until the transaction ends."""
    return await db.value(  # type: ignore[no-any-return]
        "SELECT stage FROM application WHERE workspace_id = $1 AND id = $2 FOR UPDATE", workspace_id, application_id
    )


async def _last_kind(workspace_id: UUID, application_id: UUID) -> str | None:
    return await db.value(  # type: ignore[no-any-return]
        "SELECT kind FROM event WHERE workspace_id = $1 AND application_id = $2 ORDER BY at DESC, id DESC LIMIT 1",
        workspace_id,
        application_id,
    )
