"""What members want of single messages against the plan: skip one, send one now, leave somebody in peace for a while.

Each wish is kept and the application planned anew in one transaction, so that its page says at once what will happen.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.events import EventKind, add_event
from portal.messages import planning
from portal.messages.facts import load
from portal.messages.plans import plan_for
from portal.messages.shown import MAY_GO_NOW, name_of
from portal.messages.words import NUDGES, Channel, Override, Reason, State
from portal.web.missing import Missing

CHANGEABLE = (State.SCHEDULED, State.HELD, State.SKIPPED)
"""States of messages that nobody has in hand."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a message stands after a wish."""

    application_id: UUID
    channel: Channel
    state: State
    code: Reason
    reason: str
    due_at: datetime


class Refused(Exception):
    """The wish can't be followed, and nothing was changed. The text says why."""


async def skip(workspace_id: UUID, message_id: UUID, *, now: datetime, member_id: UUID) -> Standing:
    """Leave this message out. Raises `Missing` and `Refused`."""
    return await _wish(workspace_id, message_id, Override.SKIP, now, member_id)


async def follow_plan(workspace_id: UUID, message_id: UUID, *, now: datetime, member_id: UUID) -> Standing:
    """Take a wish back: the plan says again what becomes of the message. Raises `Missing` and `Refused`."""
    return await _wish(workspace_id, message_id, None, now, member_id)


async def send_now(workspace_id: UUID, message_id: UUID, *, now: datetime, member_id: UUID) -> Standing:
    """Send a nudge before its time, whatever its gap and cap. Quiet hours stay, and all that forbids writing. Raises `Missing`,
    and `Refused` when it could not go."""
    async with db.transaction():
        standing = await _wish(workspace_id, message_id, Override.NOW, now, member_id)
        if standing.state not in {State.SCHEDULED, State.HELD}:
            raise Refused(f"It can’t go: {standing.reason}.")
    return standing


async def snooze(workspace_id: UUID, application_id: UUID, until: datetime | None, *, now: datetime, member_id: UUID) -> None:
    """No nudge before `until`; None ends such a time. Raises `Missing`."""
    async with db.transaction():
        touched = await db.run(
            "UPDATE application SET snoozed_until = $3, plan_stale = true WHERE workspace_id = $1 AND id = $2",
            workspace_id,
            application_id,
            until,
        )
        if not touched:
            raise Missing("application")
        data = {"until": until.isoformat() if until else ""}
        await add_event(workspace_id, application_id, EventKind.SNOOZED, now, data, member_id=member_id)
        await planning.replan(application_id, now)


async def _wish(workspace_id: UUID, message_id: UUID, wish: Override | None, now: datetime, member_id: UUID) -> Standing:
    async with db.transaction():
        before = await _hold(workspace_id, message_id)
        _refuse(before, wish)
        await db.run(
            "UPDATE message SET wish = $2, wished_at = $3, member_id = $4 WHERE id = $1",
            message_id,
            wish.value if wish else "",
            now if wish else None,
            member_id,
        )
        if Override.SKIP in {wish, before["wish"]} and before["wish"] != (wish or ""):
            await _tell(before, wish is Override.SKIP, now, member_id)
        await planning.replan(before["application_id"], now)
        return await _standing(message_id)


async def _hold(workspace_id: UUID, message_id: UUID) -> db.Row:
    """The message, with its application locked first. Raises `Missing`."""
    application_id = await db.value(
        "SELECT application_id FROM message WHERE workspace_id = $1 AND id = $2", workspace_id, message_id
    )
    await db.value("SELECT 1 FROM application WHERE id = $1 FOR NO KEY UPDATE", application_id)
    row = await db.row("SELECT * FROM message WHERE workspace_id = $1 AND id = $2 FOR UPDATE", workspace_id, message_id)
    if row is None:
        raise Missing("message")
    return row


def _refuse(row: db.Row, wish: Override | None) -> None:
    """Raises `Refused`."""
    if row["state"] not in CHANGEABLE:
        raise Refused("Nothing changed: it is on its way already, or has ended.")
    if wish is Override.NOW and (
        row["track"] not in NUDGES or (row["state"] == "skipped" and row["reason_code"] not in MAY_GO_NOW)
    ):
        raise Refused(f"It can’t go: {row['reason']}.")


async def _tell(row: db.Row, is_skipped: bool, now: datetime, member_id: UUID) -> None:
    known = await load(row["application_id"])
    if known is None:
        raise Missing("application")
    title = name_of(row, known, await plan_for(known.workspace_id, known.job_id))
    data = {"message": str(row["id"]), "channel": row["channel"], "title": title, "on": is_skipped}
    await add_event(row["workspace_id"], row["application_id"], EventKind.MESSAGE_SKIPPED, now, data, member_id=member_id)


async def _standing(message_id: UUID) -> Standing:
    row = await db.row(
        "SELECT application_id, channel, state, reason_code AS code, reason, due_at FROM message WHERE id = $1", message_id
    )
    return msgspec.convert(dict(row or {}), Standing)
