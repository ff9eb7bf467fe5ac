"""Turning schedules into rows of `message`, whenever an application has changed.

What changes an application marks its plan stale in the same transaction; what changes the ground under many of them (a switch,
a closed job) is found by `mark_changed`.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import structlog

from portal import db
from portal.messages import lattice
from portal.messages.direct import direct
from portal.messages.facts import ApplicationFacts, Known, load
from portal.messages.plans import Plan, plan_for
from portal.messages.rules import Planned, track_of, why_ended
from portal.messages.schedule import schedule
from portal.messages.words import NUDGES, Reason, Track

log = structlog.get_logger()

PLANNABLE = [state.value for state in lattice.PLANNABLE]

WRITE = """
INSERT INTO message (id, workspace_id, application_id, step_key, track, channel, state, reason_code, reason, due_at, ended_at,
  attempts, to_address, subject, body_text, body_html, provider, provider_id, error, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $7 = 'skipped' THEN $11::timestamptz END,
  0, '', '', '', '', '', '', '', $11)
ON CONFLICT (application_id, step_key) DO UPDATE SET track = excluded.track, channel = excluded.channel, state = excluded.state,
  reason_code = excluded.reason_code, reason = excluded.reason, due_at = excluded.due_at, ended_at = excluded.ended_at
WHERE message.state = ANY($12)
  AND (message.track, message.channel, message.state, message.reason_code, message.reason, message.due_at)
    IS DISTINCT FROM
      (excluded.track, excluded.channel, excluded.state, excluded.reason_code, excluded.reason, excluded.due_at)
"""


def wanted(facts: ApplicationFacts, plan: Plan, now: datetime) -> list[Planned]:
    """Every message that this application calls for and has not got: invitation, links, nudges."""
    return [*direct(facts, now), *schedule(facts, plan, now)]


def why_unwanted(facts: ApplicationFacts, track: Track, now: datetime) -> tuple[Reason, str]:
    """Why a message that was planned once is planned no more."""
    if ended := why_ended(facts, now):
        return ended
    if track in {Track.INVITE, Track.NEVER_STARTED} and track_of(facts.stage) is Track.UNFINISHED:
        return Reason.MOVED_ON, "They have started"
    if track in NUDGES and track is not track_of(facts.stage):
        return Reason.MOVED_ON, "They are elsewhere by now"
    return Reason.NOT_IN_PLAN, "No longer in the plan"


async def replan_stale(now: datetime, limit: int = 200) -> int:
    """Plan anew what was marked stale, at most `limit` applications; how many that were.

    One transaction each. One that can't be planned is logged and left for the next call; the others go on.
    """
    done, after = 0, UUID(int=0)
    while done < limit:
        try:
            async with db.transaction():
                found = await db.value(
                    "SELECT id FROM application WHERE plan_stale AND id > $1 ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED",
                    after,
                )
                if found is None:
                    return done
                after = found
                await replan(found, now)
                done += 1
        except db.AWAY:
            raise
        except Exception as error:  # one that can't be planned must not stop the others
            log.error("application not planned", application=str(after), error=repr(error), exc_info=error)
    return done


async def anything_stale() -> bool:
    found: bool = await db.value("SELECT EXISTS (SELECT FROM application WHERE plan_stale)")
    return found


async def replan(application_id: UUID, now: datetime) -> None:
    """Bring the rows of one application in line with its schedule. The caller holds its lock."""
    known = await load(application_id)
    if known is None:
        return
    plan = await plan_for(known.workspace_id, known.job_id)
    planned = wanted(known.facts, plan, now)
    await _write(known, planned, now)
    await _cancel_others(known, {one.step_key for one in planned}, now)
    await db.run("UPDATE application SET plan_stale = false WHERE id = $1", application_id)


async def mark_changed(now: datetime) -> int:
    """Mark the applications stale whose messages no longer say what holds: communications were switched off or on again, the job
    was published, closed or opened again. How many these were.
    """
    return await db.run(
        """
        UPDATE application SET plan_stale = true WHERE NOT plan_stale AND id IN (
          SELECT m.application_id FROM message m
          JOIN application a ON a.id = m.application_id AND a.stage IN ('invited', 'captured', 'started')
          JOIN job j ON j.id = a.job_id
          JOIN workspace w ON w.id = m.workspace_id
          WHERE (m.state = 'scheduled' AND (w.communications_off_at IS NOT NULL OR j.status <> 'open'))
             OR (m.state = 'held' AND m.reason_code = $1 AND w.communications_off_at IS NULL)
             OR (m.state = 'held' AND m.reason_code = $2 AND j.status = 'open')
             OR (m.state = 'held' AND j.status = 'closed')
             OR (m.state = 'cancelled' AND m.reason_code = $3 AND j.status = 'open'
                 AND (a.deadline_at IS NULL OR a.deadline_at > $4)))
        """,
        Reason.COMMUNICATIONS_OFF.value,
        Reason.JOB_DRAFT.value,
        Reason.JOB_CLOSED.value,
        now,
    )


async def _write(known: Known, planned: Iterable[Planned], now: datetime) -> None:
    await db.run_many(
        WRITE,
        [
            (
                db.new_id(),
                known.workspace_id,
                known.application_id,
                one.step_key,
                one.track.value,
                one.channel.value,
                one.state.value,
                one.code.value,
                one.reason,
                one.due_at,
                now,
                PLANNABLE,
            )
            for one in planned
        ],
    )


async def _cancel_others(known: Known, kept: set[str], now: datetime) -> None:
    """Cancel what waits and is not among `kept`. What was skipped stays as it was: its reason still tells why."""
    waiting = await db.rows(
        "SELECT id, track FROM message WHERE application_id = $1 AND step_key <> ALL($2) "
        "AND (state IN ('scheduled', 'held') OR state = 'cancelled' AND reason_code = $3) ORDER BY id",
        known.application_id,
        list(kept),
        Reason.JOB_CLOSED.value,
    )
    for row in waiting:
        code, reason = why_unwanted(known.facts, Track(row["track"]), now)
        await db.run(
            "UPDATE message SET state = 'cancelled', reason_code = $2, reason = $3, ended_at = coalesce(ended_at, $4) "
            "WHERE id = $1 AND state = ANY($5)",
            row["id"],
            code.value,
            reason,
            now,
            PLANNABLE,
        )
