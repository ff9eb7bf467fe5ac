"""Turning schedules into rows of `message`, whenever an application has changed.

What changes an application marks its plan stale in the same transaction. What changes the ground under many of them (the switch,
a plan, a closed job) is noted in `plan_change`, by triggers or `plan_keeping`, and `mark_changed` works that list off.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import structlog

from portal import db
from portal.messages import arms, lattice, spread, switch
from portal.messages.direct import direct
from portal.messages.facts import ApplicationFacts, Known, load
from portal.messages.plans import Plan, plan_for
from portal.messages.rules import Planned, track_of, why_ended
from portal.messages.schedule import schedule
from portal.messages.words import NUDGES, Reason, State, Track

log = structlog.get_logger()

PLANNABLE = [state.value for state in lattice.PLANNABLE]

WRITE = """
INSERT INTO message (id, workspace_id, application_id, step_key, track, channel, state, reason_code, reason, due_at, ended_at,
  attempts, to_address, subject, body_text, body_html, provider, provider_id, error, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $7 IN ('skipped', 'cancelled') THEN $11::timestamptz END,
  0, '', '', '', '', '', '', '', $11)
ON CONFLICT (application_id, step_key) DO UPDATE SET track = excluded.track, channel = excluded.channel, state = excluded.state,
  reason_code = CASE WHEN {off} THEN message.reason_code ELSE excluded.reason_code END,
  reason = CASE WHEN {off} THEN message.reason ELSE excluded.reason END,
  due_at = greatest(excluded.due_at, message.retry_at), ended_at = excluded.ended_at
WHERE message.state = ANY($12)
  AND ((message.track, message.channel, message.state, message.due_at)
         IS DISTINCT FROM (excluded.track, excluded.channel, excluded.state, greatest(excluded.due_at, message.retry_at))
       OR NOT {off} AND (message.reason_code, message.reason) IS DISTINCT FROM (excluded.reason_code, excluded.reason))
""".format(
    off="(message.state = 'scheduled' AND excluded.state = 'scheduled' AND coalesce(message.retry_at > excluded.due_at, false))"
)
"""What was put off (`retry_at`) keeps its time and the reason for that."""

RELEASE = """
UPDATE message SET retry_at = $3::timestamptz, due_at = $3, reason_code = $4, reason = reason || $5
WHERE application_id = $1 AND step_key = $2 AND state = 'scheduled'
"""
"""What was held back is spread, so that a switch that is turned on again makes no flood."""
RELEASED = "; communications were off until now"
BATCH = 500


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
    known = await arms.with_arm(known, plan, now)
    planned = wanted(known.facts, plan, now)
    released = await _to_release(known, planned, now)
    await _write(known, planned, now)
    await _release(known, released)
    await _cancel_others(known, {one.step_key for one in planned}, now)
    await db.run("UPDATE application SET plan_stale = false WHERE id = $1", application_id)


async def mark_changed(now: datetime, limit: int = 5000) -> int:
    """Mark applications stale whose ground has moved, looking at no more than `limit`; how many were marked.

    `now`: for the sake of the clock, which tells it to all its chores. A large job takes several calls.
    """
    await switch.give_slots(now)
    looked = marked = 0
    while looked < limit:
        async with db.transaction():
            change = await db.row("SELECT * FROM plan_change ORDER BY workspace_id, job_id LIMIT 1 FOR UPDATE SKIP LOCKED")
            if change is None:
                break
            batch = [row["id"] for row in await db.rows(NEXT_WAITING, *change.values(), BATCH)]
            marked += await db.run("UPDATE application SET plan_stale = true WHERE id = ANY($1) AND NOT plan_stale", batch)
            await _get_on(change, batch)
        looked += max(len(batch), 50)
    return marked


NEXT_WAITING = """
SELECT id FROM application WHERE workspace_id = $1 AND job_id = $2 AND id > $3 AND stage IN ('invited', 'captured', 'started')
ORDER BY id LIMIT $4 FOR NO KEY UPDATE
"""


async def _get_on(change: db.Row, batch: Sequence[UUID]) -> None:
    """Remember how far a job's list was worked off, or that it is done."""
    job = (change["workspace_id"], change["job_id"])
    if len(batch) < BATCH:
        await db.run("DELETE FROM plan_change WHERE workspace_id = $1 AND job_id = $2", *job)
    else:
        await db.run("UPDATE plan_change SET after_id = $3 WHERE workspace_id = $1 AND job_id = $2", *job, batch[-1])


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


async def _to_release(known: Known, planned: Iterable[Planned], now: datetime) -> dict[str, datetime]:
    """The steps that the switch holds back and that would all go at this moment, and when they may: in the slot that `switch`
    gave them, else somewhere in the next half hour."""
    overdue = [one.step_key for one in planned if one.state is State.SCHEDULED and one.due_at <= now]
    if not overdue:
        return {}
    held = await db.rows(
        "SELECT step_key, retry_at FROM message "
        "WHERE application_id = $1 AND state = 'held' AND reason_code = $2 AND step_key = ANY($3)",
        known.application_id,
        Reason.COMMUNICATIONS_OFF.value,
        overdue,
    )
    slots = {row["step_key"]: row["retry_at"] for row in held}
    return {key: at if at and at > now else now + spread.share(known.application_id, key) for key, at in slots.items()}


async def _release(known: Known, slots: Mapping[str, datetime]) -> None:
    for key, at in slots.items():
        await db.run(RELEASE, known.application_id, key, at, Reason.SPREAD.value, RELEASED)


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
