"""The timeline of an application: what happened, one line each, never changed afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from portal import db


class EventKind(StrEnum):
    INVITED = "invited"
    """Somebody else gave the name and address. Data: ``door``, ``note``."""
    INVITE_WANTED = "invite_wanted"
    """A member has somebody written to who had been added without an invite."""
    CAPTURED = "captured"
    """Gave name and address. Data: ``form`` (digest of the form that made the application), if it made it; ``external_id`` and
    ``system``, if their link carried an id."""
    LINK_REQUESTED = "link_requested"
    """Asked for the personal link. The room of messages answers it."""
    STARTED = "started"
    ANSWERED = "answered"
    """Data: ``number``, ``prompt``, ``of``, and ``next_number``, ``next_prompt`` unless it was the last one."""
    SAVED_FOR_LATER = "saved_for_later"
    COMPLETED = "completed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    DISQUALIFIED = "disqualified"
    """Turned down by the system that holds the interview. Data: ``note``, why."""
    REPORT_READY = "report_ready"
    """The interview elsewhere has been looked through. Data: ``note``, what came of it."""
    RESTORED = "restored"
    """A withdrawal was taken back. Data: ``stage``."""
    DEADLINE_EXTENDED = "deadline_extended"
    """Data: ``until`` (ISO 8601)."""
    EXTENSION_ASKED = "extension_asked"
    """Asked for more time. Data: ``hours``."""
    EXTENSION_DECLINED = "extension_declined"
    SNOOZED = "snoozed"
    """Data: ``until`` (ISO 8601)."""
    OPTED_OUT = "opted_out"
    """Wants no more messages. Data: ``channel``, ``source``."""
    OPTED_IN = "opted_in"
    """Data: ``channel``, ``source``."""
    PREFERENCES_CHANGED = "preferences_changed"
    """Data: ``language`` or ``timezone``."""
    REPLIED = "replied"
    """Wrote back. Data: ``channel``, ``reply``, ``text``."""
    MESSAGE_SENT = "message_sent"
    MESSAGE_DELIVERED = "message_delivered"
    MESSAGE_BOUNCED = "message_bounced"
    MESSAGE_FAILED = "message_failed"
    MESSAGE_UNKNOWN = "message_unknown"
    MESSAGE_RETRIED = "message_retried"
    """It had never left, or nobody heard of it, and goes once more. Data as of other messages."""
    MESSAGE_SKIPPED = "message_skipped"
    """A member skipped it, or took that back. Data as of other messages, and ``on``: whether it is skipped now."""


class Happening(NamedTuple):
    """A line to be written."""

    application_id: UUID
    kind: EventKind
    data: Mapping[str, object]
    member_id: UUID | None


async def add_event(
    workspace_id: UUID,
    application_id: UUID,
    kind: EventKind,
    at: datetime,
    data: Mapping[str, object] | None = None,
    *,
    member_id: UUID | None = None,
) -> UUID:
    """Write one line, in the caller's transaction; its id. `member_id`: who did it, if it was not the candidate."""
    return (await add_events(workspace_id, [Happening(application_id, kind, data or {}, member_id)], at))[0]


async def add_events(workspace_id: UUID, lines: Sequence[Happening], at: datetime) -> list[UUID]:
    """Write lines that happened at once, in the caller's transaction; their ids."""
    ids = [db.new_id() for _ in lines]
    await db.run_many(
        "INSERT INTO event (id, workspace_id, application_id, kind, at, member_id, data) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (event_id, workspace_id, line.application_id, line.kind.value, at, line.member_id, dict(line.data))
            for event_id, line in zip(ids, lines, strict=True)
        ],
    )
    return ids
