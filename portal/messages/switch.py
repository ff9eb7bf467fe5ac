"""The switch over all messages to candidates, when it is turned on again.

What was held must not leave all at once. What has lost its sense meanwhile is left out by its schedule; the rest gets a slot
each, in the order in which it was due, so many a minute for a workspace. A slot is the time before which a message is not tried:
what is asked at the hand-over still holds, quiet hours above all.
"""

from datetime import datetime, timedelta
from uuid import UUID

from portal import db
from portal.messages.direct import INVITATION
from portal.messages.schedule import LATE
from portal.messages.words import NUDGES, Reason

APART = timedelta(milliseconds=600)
"""Between two slots of a workspace: a hundred messages a minute. A phone number carries about sixty texts in that time, so that
recipients, and people who answer them, are not met by a wall of messages; providers' own rates stand in `pace`."""
MOST = 5000
"""Slots given to a workspace in one go."""

HELD = """
FROM message m JOIN workspace w ON w.id = m.workspace_id AND w.communications_off_at IS NULL
WHERE m.state = 'held' AND m.reason_code = $1 AND m.due_at <= $2 AND coalesce(m.retry_at <= $2, true)
  AND m.due_at > CASE WHEN m.track = ANY($3) THEN $4::timestamptz ELSE $5::timestamptz END
"""
"""What the switch still holds although it is on again, and what has not lost its sense."""


async def give_slots(now: datetime) -> int:
    """Give a slot to what a switch, now on again, had held and would go at this moment; how many got one.

    To be called before these are planned anew. Calls at the same time take turns, and continue where the last one ended.
    """
    waiting = await db.rows(f"SELECT DISTINCT m.workspace_id {HELD}", *_held(now))
    return sum([await _give(row["workspace_id"], now) for row in waiting])


def _held(now: datetime) -> tuple[object, ...]:
    return Reason.COMMUNICATIONS_OFF.value, now, [track.value for track in NUDGES], now - LATE, now - INVITATION.latest


async def _give(workspace_id: UUID, now: datetime) -> int:
    async with db.transaction():
        await db.value("SELECT 1 FROM workspace WHERE id = $1 FOR NO KEY UPDATE", workspace_id)
        last = await db.value(
            "SELECT max(retry_at) FROM message WHERE workspace_id = $1 AND state IN ('scheduled', 'held') AND retry_at > $2",
            workspace_id,
            now,
        )
        # Planning may hold some of them at this moment: they are passed over, and spread by chance instead.
        return await db.run(
            f"""
            WITH held AS MATERIALIZED (
              SELECT m.id, m.due_at {HELD} AND m.workspace_id = $6 ORDER BY m.due_at, m.id LIMIT $7 FOR UPDATE OF m SKIP LOCKED
            ), slot AS (SELECT id, row_number() OVER (ORDER BY due_at, id) AS place FROM held)
            UPDATE message SET retry_at = $8::timestamptz + slot.place * $9::interval FROM slot WHERE message.id = slot.id
            """,
            *_held(now),
            workspace_id,
            MOST,
            last or now,
            APART,
        )
