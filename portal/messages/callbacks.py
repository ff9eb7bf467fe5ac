"""What providers tell us about messages that they took, heard once each and applied by the lattice.

They tell it late, twice and in any order: whatever the order, the message ends the same. Opens are kept and drive nothing: mail
programs open emails by themselves.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.events import EventKind
from portal.messages import suppression
from portal.messages.fates import Fate, settle
from portal.messages.lattice import may_become
from portal.messages.providers import Handed
from portal.messages.suppression import Cause
from portal.messages.words import Channel, Reason, State

KEPT = timedelta(days=30)
"""How long it is known what was heard. SendGrid repeats itself for a day at most."""
LONGEST_ID, LONGEST_TEXT = 200, 500


class CallbackEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a provider says about one message."""

    provider: str
    event_id: str
    """The same thing told again has the same id."""
    message_id: UUID | None
    """Ours, which travelled with the message."""
    provider_id: str
    """The provider's own name for the message."""
    kind: str
    """In the provider's word."""
    at: datetime
    state: State | None = None
    """What it means for the message; None if nothing."""
    code: Reason = Reason.UNDELIVERED
    """Why it failed or came back, if it did."""
    error: str = ""
    """What the provider says about that."""
    cause: Cause | None = None
    """Why its address must not be written to any more, if that follows."""
    is_open: bool = False
    by_machine: bool = False
    """Opened by the mail program itself, as far as the provider can tell."""


WORTH_TELLING = {
    "deferred": "Put off by their mail server; SendGrid tries again",
    "open": "Opened, perhaps: mail programs open emails by themselves",
    "machine_open": "Loaded by a mail program, not by a person",
    "spamreport": "Marked as spam",
    "unsubscribe": "Unsubscribed at SendGrid",
    "group_unsubscribe": "Unsubscribed at SendGrid",
    "read": "Read",
}
"""What a message's history says beside how far it came."""


class Concerned(Handed, frozen=True, kw_only=True):
    """The message that something is told about."""

    to_address: str
    state: State


async def record(events: Sequence[CallbackEvent], now: datetime) -> int:
    """Apply `events`, one transaction for each message; how many were new. Those about messages that nobody knows are dropped.

    May be called again with the same events, all or some of them, after it has failed in between.
    """
    known = await _find(events)
    groups: dict[UUID, list[CallbackEvent]] = {}
    for event in events:
        message_id = _named(event, known)
        if message_id is not None:
            groups.setdefault(message_id, []).append(event)
    return sum([await _hear(message_id, told, now) for message_id, told in sorted(groups.items())])


async def told_about(message_id: UUID) -> list[tuple[str, datetime]]:
    """What was heard of a message beside how far it came, each once, in words. The caller knows that it may be read."""
    found = await db.rows(
        "SELECT kind, min(at) AS at FROM callback WHERE message_id = $1 AND kind = ANY($2) GROUP BY kind ORDER BY at",
        message_id,
        list(WORTH_TELLING),
    )
    return [(WORTH_TELLING[row["kind"]], row["at"]) for row in found]


async def forget_old(now: datetime) -> int:
    """Drop what was heard longer than `KEPT` ago; how many."""
    return await db.run("DELETE FROM callback WHERE received_at < $1", now - KEPT)


async def first_time(provider: str, event_id: str, message_id: UUID | None, kind: str, *, at: datetime, now: datetime) -> bool:
    """Whether this is heard for the first time, which is noted in the caller's transaction. Who asks at the same time waits."""
    added = await db.run(
        "INSERT INTO callback (provider, event_id, message_id, kind, at, received_at) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (provider, event_id) DO NOTHING",
        provider,
        event_id,
        message_id,
        kind,
        at,
        now,
    )
    return added == 1


async def _find(events: Iterable[CallbackEvent]) -> dict[tuple[str, object], UUID]:
    """The messages meant, by provider and our id, and by provider and its own."""
    events = list(events)
    found = await db.rows(
        "SELECT id, provider, provider_id FROM message WHERE id = ANY($1) OR (provider = ANY($2) AND provider_id = ANY($3))",
        [event.message_id for event in events if event.message_id],
        list({event.provider for event in events}),
        [event.provider_id for event in events if event.provider_id],
    )
    ours: dict[tuple[str, object], UUID] = {(row["provider"], row["id"]): row["id"] for row in found}
    theirs: dict[tuple[str, object], UUID] = {(row["provider"], row["provider_id"]): row["id"] for row in found}
    return theirs | ours


def _named(event: CallbackEvent, known: dict[tuple[str, object], UUID]) -> UUID | None:
    """Our own id first: it is there even when nobody could tell us the provider's."""
    by_id = known.get((event.provider, event.message_id))
    return by_id or (known.get((event.provider, event.provider_id)) if event.provider_id else None)


async def _hear(message_id: UUID, events: Sequence[CallbackEvent], now: datetime) -> int:
    """Everything that was told about one message; how much of it was new."""
    async with db.transaction():
        message = await _hold(message_id, any(event.cause for event in events))
        if message is None:
            return 0
        fresh = [event for event in events if await first_time(*_key(event), message_id, event.kind, at=event.at, now=now)]
        for event in sorted(fresh, key=lambda event: event.at):
            await _apply(event, message, now)
    return len(fresh)


def _key(event: CallbackEvent) -> tuple[str, str]:
    return event.provider, event.event_id[:LONGEST_ID]


async def _hold(message_id: UUID, suppresses: bool) -> Concerned | None:
    """The message, its application locked; if somebody may be suppressed, all applications of that address."""
    row = await db.row(
        "SELECT workspace_id, application_id, channel, subject, to_address FROM message "
        "WHERE id = $1 AND handed_over_at IS NOT NULL",
        message_id,
    )
    if row is None:
        return None
    if suppresses and row["to_address"]:
        also = [row["application_id"]]
        await suppression.hold(row["workspace_id"], Channel(row["channel"]), row["to_address"], also=also)
    else:
        await db.value("SELECT 1 FROM application WHERE id = $1 FOR NO KEY UPDATE", row["application_id"])
    state = await db.value("SELECT state FROM message WHERE id = $1 FOR UPDATE", message_id)
    return Concerned(
        message_id=message_id,
        workspace_id=row["workspace_id"],
        application_id=row["application_id"],
        channel=Channel(row["channel"]),
        subject=row["subject"],
        to_address=row["to_address"],
        state=State(state),
    )


async def _apply(event: CallbackEvent, message: Concerned, now: datetime) -> None:
    if event.state is not None:
        await _move(event, event.state, message, now)
    if event.is_open:
        await _note_open(event, message)
    if event.cause is not None and message.to_address:
        said = SOURCES[event.cause].format(error=event.error)[:LONGEST_TEXT]
        await suppression.suppress(
            message.workspace_id, message.channel, message.to_address, cause=event.cause, source=said, now=now
        )


async def _move(event: CallbackEvent, state: State, message: Concerned, now: datetime) -> None:
    """What is told of the later stations tells of the earlier one too: that the provider has it."""
    took = Fate(state=State.SENT, tells=EventKind.MESSAGE_SENT, provider_id=event.provider_id or None)
    if message.state is State.UNKNOWN:
        took = msgspec.structs.replace(took, reason=HAD_IT)
    if state is not State.FAILED:
        await settle(message, took, may_become(State.SENT), now)
    if state is not State.SENT:
        await settle(message, _fate(event, state, message), may_become(state), now)


def _fate(event: CallbackEvent, state: State, message: Concerned) -> Fate:
    if state is State.DELIVERED:
        told = HAD_IT if message.state in {State.UNKNOWN, State.FAILED} else None
        return Fate(state=state, tells=EventKind.MESSAGE_DELIVERED, reason=told)
    error = event.error[:LONGEST_TEXT]
    said = "It came back" if state is State.BOUNCED else "Not delivered"
    return Fate(
        state=state,
        tells=EventKind.MESSAGE_BOUNCED if state is State.BOUNCED else EventKind.MESSAGE_FAILED,
        code=event.code,
        reason=f"{said}: {error}" if error else said,
        error=error,
    )


async def _note_open(event: CallbackEvent, message: Concerned) -> None:
    """The first time; by a machine as long as nothing else is heard."""
    await db.run(
        "UPDATE message SET opened_at = least(coalesce(opened_at, $2), $2), "
        "opened_by_machine = (opened_at IS NULL OR opened_by_machine) AND $3 WHERE id = $1",
        message.message_id,
        event.at,
        event.by_machine,
    )


HAD_IT = "No answer came at first, but the provider had it"
SOURCES = {
    Cause.INVALID: "The provider says that there is no such address: {error}",
    Cause.BOUNCED: "A message came back: {error}",
    Cause.UNSUBSCRIBED: "They unsubscribed at the provider",
    Cause.STOP: "They told the provider to stop",
    Cause.COMPLAINED: "They marked a message as spam",
}
"""What members read as the source of a suppression."""
