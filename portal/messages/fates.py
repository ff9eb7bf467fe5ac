"""What became of messages that were handed over. Each fate goes into the row and on the timeline together.

Every transaction takes the application's lock before the message's, as planning and hand-over do.
"""

from datetime import datetime, timedelta

from portal import db
from portal.candidates.events import EventKind, add_event
from portal.messages.lattice import may_become
from portal.messages.providers import Accepted, Handed
from portal.messages.words import Channel, Reason, State

SILENCE = timedelta(minutes=2)
"""After this long without a result, a handed-over message is ``unknown``."""
NO_ANSWER = "It may have arrived: no answer came. It is not sent again by itself"


async def record_success(handed: Handed, accepted: Accepted, now: datetime) -> None:
    async with db.transaction():
        await _hold(handed)
        touched = await db.run(
            "UPDATE message SET state = 'sent', sent_at = $2, provider_id = $3, error = '', ended_at = NULL "
            "WHERE id = $1 AND state = ANY($4)",
            handed.message_id,
            now,
            accepted.provider_id,
            may_become(State.SENT),
        )
        if touched:
            await _tell(handed, EventKind.MESSAGE_SENT, now)


async def record_refusal(handed: Handed, error: str, now: datetime) -> None:
    async with db.transaction():
        await _hold(handed)
        if await _end(handed, State.FAILED, Reason.REFUSED, f"Refused by the provider: {error}", now):
            await _tell(handed, EventKind.MESSAGE_FAILED, now)


async def record_doubt(handed: Handed, error: str, now: datetime) -> None:
    async with db.transaction():
        await _hold(handed)
        if await _end(handed, State.UNKNOWN, Reason.NO_ANSWER, NO_ANSWER, now):
            await db.run("UPDATE message SET error = $2 WHERE id = $1", handed.message_id, error)
            await _tell(handed, EventKind.MESSAGE_UNKNOWN, now)


async def sweep_unknown(now: datetime) -> int:
    """Say of messages that were handed over and not heard of since that their fate is unknown; how many."""
    silent = await db.rows(
        "SELECT id, workspace_id, application_id, channel, subject FROM message "
        "WHERE state = 'handed_over' AND handed_over_at < $1 ORDER BY handed_over_at LIMIT 1000",
        now - SILENCE,
    )
    for row in silent:
        handed = Handed(
            message_id=row["id"],
            workspace_id=row["workspace_id"],
            application_id=row["application_id"],
            channel=Channel(row["channel"]),
            subject=row["subject"],
        )
        await record_doubt(handed, "no result", now)
    return len(silent)


async def _hold(handed: Handed) -> None:
    """Lock the application, and have it planned anew: what has gone out moves what comes after it."""
    await db.run("UPDATE application SET plan_stale = true WHERE id = $1", handed.application_id)


async def _end(handed: Handed, state: State, code: Reason, reason: str, now: datetime) -> bool:
    touched = await db.run(
        "UPDATE message SET state = $2, reason_code = $3, reason = $4, ended_at = $5 WHERE id = $1 AND state = ANY($6)",
        handed.message_id,
        state.value,
        code.value,
        reason,
        now,
        may_become(state),
    )
    return touched == 1


async def _tell(handed: Handed, kind: EventKind, now: datetime) -> None:
    data = {"message": str(handed.message_id), "channel": handed.channel.value, "title": handed.subject}
    await add_event(handed.workspace_id, handed.application_id, kind, now, data)
