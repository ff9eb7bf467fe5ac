"""What became of messages that were handed over. Each fate goes into the row and on the timeline together, in one statement.

The statement takes the application's lock before the message's, as planning and hand-over do, and has the application planned
anew: what has gone out moves what comes after it.
"""

import random
from datetime import datetime, timedelta

import msgspec

from portal import db
from portal.candidates.events import EventKind
from portal.messages import suppression
from portal.messages.lattice import may_become, may_go_back
from portal.messages.providers import Accepted, Fault, Handed, Later, Refused, SenderUnusable, Unusable
from portal.messages.suppression import Cause
from portal.messages.words import Channel, Reason, State

SILENCE = timedelta(minutes=2)
"""After this long without a result, a handed-over message is ``unknown``."""
MOST_ATTEMPTS = 5
"""So often a message is handed over, or tried to be written, at most."""
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = timedelta(minutes=1), 4, timedelta(hours=1)
"""Between attempts: 1, 4, 16 and 60 minutes, and up to half as much again by chance."""
NO_ANSWER = "It may have arrived: no answer came. It is not sent again by itself"

SETTLE = """
WITH held AS (
  UPDATE application SET plan_stale = true WHERE id = $1 RETURNING id
), moved AS (
  UPDATE message SET state = $3, reason_code = coalesce($4, reason_code), reason = coalesce($5, reason), error = $6,
    provider_id = coalesce($7, provider_id), sent_at = CASE WHEN $3 = 'sent' THEN $8 ELSE sent_at END,
    ended_at = CASE WHEN $3 NOT IN ('sent', 'scheduled') THEN $8 END,
    retry_at = $9, due_at = coalesce($9, due_at), looks = looks + $10
  FROM held WHERE message.application_id = held.id AND message.id = $2 AND state = ANY($11) AND ($12 = 0 OR attempts = $12)
  RETURNING message.id
), told AS (
  INSERT INTO event (id, workspace_id, application_id, kind, at, data)
  SELECT $13, $14, $1, $15, $8, $16 FROM moved WHERE $15 <> ''
) SELECT count(*) FROM moved
"""
"""An application's id is all that `held` gives, but it is what makes its lock the first one."""


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one message. Without a `code` its reason stays: why it went when it went. `tells`: on the timeline."""

    state: State
    tells: EventKind | None
    code: Reason | None = None
    reason: str | None = None
    error: str = ""
    provider_id: str | None = None
    retry_at: datetime | None = None
    looks: int = 0
    """So many more looks for it at the provider."""


async def settle(handed: Handed, fate: Fate, come_from: list[str], now: datetime, *, attempt: int = 0) -> bool:
    """Give a message its fate if it is in one of the states `come_from`, and at its `attempt` (0: any); whether it was."""
    moved = await db.value(
        SETTLE,
        handed.application_id,
        handed.message_id,
        fate.state.value,
        fate.code.value if fate.code else None,
        fate.reason,
        fate.error,
        fate.provider_id,
        now,
        fate.retry_at,
        fate.looks,
        come_from,
        attempt,
        db.new_id(),
        handed.workspace_id,
        fate.tells.value if fate.tells else "",
        {"message": str(handed.message_id), "channel": handed.channel.value, "title": handed.subject},
    )
    return bool(moved)


async def record_success(handed: Handed, accepted: Accepted, now: datetime) -> None:
    fate = Fate(state=State.SENT, tells=EventKind.MESSAGE_SENT, provider_id=accepted.provider_id)
    await settle(handed, fate, may_become(State.SENT), now)


async def record_refusal(handed: Handed, refusal: Refused, now: datetime) -> None:
    """The end of this message; and of all others to its address, if that is what the refusal means."""
    code, cause, reason = REFUSALS[refusal.fault]
    if cause is not None:
        # First and by itself: should we die in between, the message becomes unknown and nobody is written to in vain.
        await suppress(handed, cause, now)
    fate = Fate(
        state=State.FAILED, tells=EventKind.MESSAGE_FAILED, code=code, reason=reason.format(error=refusal), error=str(refusal)
    )
    await settle(handed, fate, may_become(State.FAILED), now, attempt=handed.attempt)


REFUSALS: dict[Fault, tuple[Reason, Cause | None, str]] = {
    Fault.OPTED_OUT: (Reason.OPTED_OUT, Cause.STOP, "They told the provider to stop: they are not written to this way any more"),
    Fault.INVALID_ADDRESS: (Reason.INVALID_ADDRESS, Cause.INVALID, "Nobody can be reached at this address: {error}"),
    Fault.OTHER: (Reason.REFUSED, None, "Refused by the provider: {error}"),
}


async def suppress(handed: Handed, cause: Cause, now: datetime) -> None:
    """Write no more to where the message was to go."""
    address = await db.value("SELECT to_address FROM message WHERE id = $1", handed.message_id)
    if address:
        await suppression.suppress(handed.workspace_id, handed.channel, address, cause=cause, source="the provider", now=now)


async def record_later(handed: Handed, later: Later, now: datetime) -> None:
    """The provider has not taken it: back to ``scheduled``, for a while; after `MOST_ATTEMPTS` it has failed. A wrong key or
    sender fails nobody's message, however long it takes to be put right.

    This also holds for what was given up as ``unknown`` meanwhile, but only for the very attempt that was turned away.
    """
    if handed.attempt >= MOST_ATTEMPTS and not isinstance(later, Unusable | SenderUnusable):
        reason = f"The provider did not take it, {MOST_ATTEMPTS} times: {later}"
        fate = Fate(state=State.FAILED, tells=EventKind.MESSAGE_FAILED, code=Reason.REFUSED, reason=reason, error=str(later))
    else:
        fate = Fate(
            state=State.SCHEDULED,
            tells=None,
            code=Reason.TRY_AGAIN,
            reason=f"The provider did not take it yet ({later}): it is tried again",
            error=str(later),
            retry_at=now + pause(handed.attempt, later.seconds),
        )
    await settle(handed, fate, may_go_back(), now, attempt=handed.attempt)


def pause(attempt: int, seconds: float | None = None) -> timedelta:
    """How long to wait after the `attempt`-th, at least the `seconds` that a provider asked for, and some more by chance, so
    that what was turned away together does not come back together."""
    grown = FIRST_PAUSE * float(GROWTH ** max(attempt - 1, 0))
    wanted = max(grown, timedelta(seconds=seconds or 0))
    return min(wanted, LONGEST_PAUSE) * random.uniform(1, 1.5)  # noqa: S311 - no secret


async def record_broken(handed: Handed, now: datetime) -> None:
    """It was claimed so often in vain that it never will be written."""
    reason = f"It could not be written, {MOST_ATTEMPTS} times: the log says why"
    fate = Fate(state=State.FAILED, tells=EventKind.MESSAGE_FAILED, code=Reason.BROKEN, reason=reason)
    await settle(handed, fate, [State.CLAIMED.value], now, attempt=handed.attempt)


async def record_doubt(handed: Handed, error: str, now: datetime) -> None:
    fate = Fate(state=State.UNKNOWN, tells=EventKind.MESSAGE_UNKNOWN, code=Reason.NO_ANSWER, reason=NO_ANSWER, error=error)
    await settle(handed, fate, may_become(State.UNKNOWN), now, attempt=handed.attempt)


async def sweep_unknown(now: datetime) -> int:
    """Say of messages that were handed over and not heard of since that their fate is unknown; how many."""
    silent = await db.rows(
        "SELECT id, workspace_id, application_id, channel, subject, attempts FROM message "
        "WHERE state = 'handed_over' AND handed_over_at < $1 ORDER BY handed_over_at LIMIT 1000",
        now - SILENCE,
    )
    for row in silent:
        await record_doubt(handed_from(row), "no result", now)
    return len(silent)


def handed_from(row: db.Row) -> Handed:
    """Of a row of ``message``."""
    return Handed(
        message_id=row["id"],
        workspace_id=row["workspace_id"],
        application_id=row["application_id"],
        channel=Channel(row["channel"]),
        subject=row["subject"],
        attempt=row["attempts"],
    )
