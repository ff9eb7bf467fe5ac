"""The log: what came in, who is believed, and what became of it.

A request does no more than this: check the signature on the raw body, keep it, answer. `processing.py` does the work.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.integrations.ats import connections
from portal.integrations.ats.connections import Connection
from portal.integrations.ats.signatures import body_key
from portal.integrations.ats.system import Nothing, Sent
from portal.integrations.ats.words import SENTENCES, Reason, State
from portal.web.limits import Limit, wait_for
from portal.web.missing import Missing
from portal.web.paging import PAGE_SIZE

REFUSED = Limit("ats-refused", burst=60, seconds=3600)
"""So many of those that are not believed are noted: a flood of them must not fill the log."""
KEEP_BODIES, KEEP, LATELY = timedelta(days=30), timedelta(days=180), timedelta(days=7)
AGAIN = ("held", "failed", "ignored", "done")
"""States from which a delivery may be looked into once more."""
COLUMNS = (
    "d.id, d.connection_id, d.event, d.state, d.reason, d.note, d.body, d.their_job, d.application_id, d.attempts, d.next_at, "
    "d.received_at, d.ended_at, j.id AS mapped_id, j.title AS job_title, c.name AS candidate_name"
)
SOURCE = (
    "ats_delivery d LEFT JOIN ats_job j ON j.connection_id = d.connection_id AND j.their_id = d.their_job "
    "LEFT JOIN application a ON a.workspace_id = d.workspace_id AND a.id = d.application_id "
    "LEFT JOIN candidate c ON c.workspace_id = a.workspace_id AND c.id = a.candidate_id"
)


class Heard(StrEnum):
    """What a sender is told."""

    KEPT = "kept"
    REPEATED = "repeated"
    NOT_BELIEVED = "not_believed"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    connection_id: UUID
    event: str
    state: State
    reason: Reason
    note: str
    body: str
    """As it came; empty once it is not kept any more."""
    their_job: str | None
    application_id: UUID | None
    attempts: int
    next_at: datetime
    received_at: datetime
    ended_at: datetime | None
    mapped_id: UUID | None
    """Of the line that says where their job goes."""
    job_title: str | None
    candidate_name: str | None

    @property
    def sentence(self) -> str:
        """Why it is as it is."""
        if self.reason is Reason.NO_JOB and self.their_job is not None:
            return f"No job is chosen for {self.job_shown}. Choose one, and it goes on."
        return f"{SENTENCES[self.reason]} {self.note}".strip()

    @property
    def job_shown(self) -> str:
        if not self.their_job:
            return "deliveries that name no job"
        return f"“{self.job_title}” ({self.their_job})" if self.job_title else f"“{self.their_job}”"

    @property
    def can_go_again(self) -> bool:
        return bool(self.body) and self.state.value in AGAIN


class Found(msgspec.Struct, frozen=True):
    lines: list[Delivery]
    total: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a connection does, at a glance."""

    last_at: datetime | None = None
    """When something came that was believed."""
    counts: Mapping[State, int] = {}
    """What stands in the log, by state."""
    failed_lately: int = 0
    """Within `LATELY`: what nobody mended until then nobody will."""
    refused_since: bool = False
    """Whether the last that came was not believed."""

    def count(self, state: State) -> int:
        return self.counts.get(state, 0)

    @property
    def needs_a_look(self) -> bool:
        return bool(self.count(State.HELD) or self.failed_lately or self.refused_since)


# ---- Coming in ----------------------------------------------------------------------------------------------------------


async def receive(connection: Connection, sent: Sent, *, now: datetime) -> Heard:
    """Keep what was sent, if it is believed and new."""
    doubt = await _doubt(connection, sent, now)
    if doubt is not None:
        await _note_refused(connection, doubt, now)
        return Heard.NOT_BELIEVED
    event, key, reason = _describe(connection, sent)
    state = State.WAITING if reason is Reason.NEW else State.IGNORED
    body = sent.body.decode(errors="replace").replace("\0", "")
    kept = await _insert(connection, state, reason, now, event=event, key=key, body=body)
    return Heard.KEPT if kept else Heard.REPEATED


async def note_handshake(connection: Connection, *, now: datetime) -> None:
    """The system tried whether somebody listens."""
    await _insert(connection, State.IGNORED, Reason.HANDSHAKE, now)


async def _doubt(connection: Connection, sent: Sent, now: datetime) -> Reason | None:
    secrets = [secret for secret in await connections.secrets_of(connection, now) if secret]
    if connection.kind.signs and not secrets:
        return Reason.UNSET
    return connection.kind.verify(sent, secrets, now)


async def _note_refused(connection: Connection, doubt: Reason, now: datetime) -> None:
    """Without its body, and without the key under which the true one may still come."""
    if not await wait_for(REFUSED, str(connection.id), now):
        await _insert(connection, State.REFUSED, doubt, now)


def _describe(connection: Connection, sent: Sent) -> tuple[str, str, Reason]:
    """Event, key, and why there is nothing to be done, if that is plain at once."""
    system = connection.kind
    try:
        payload = system.parse(sent.body)
        event, key = system.describe(sent, payload)
        reading = system.read(event, payload)
    except (LookupError, TypeError, ValueError, AttributeError):
        return "", body_key(sent), Reason.UNREADABLE
    reason = reading.reason if isinstance(reading, Nothing) else Reason.NEW
    return event, key or body_key(sent), reason


async def _insert(
    connection: Connection,
    state: State,
    reason: Reason,
    now: datetime,
    *,
    event: str = "",
    key: str | None = None,
    body: str = "",
) -> bool:
    """False if it is there already."""
    made = await db.run(
        "INSERT INTO ats_delivery (id, workspace_id, connection_id, delivery_key, event, state, reason, note, body, attempts, "
        "since, next_at, received_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, 0, $9, $9, $9, $10) "
        "ON CONFLICT (connection_id, delivery_key) WHERE delivery_key IS NOT NULL DO NOTHING",
        db.new_id(),
        connection.workspace_id,
        connection.id,
        key,
        event,
        state.value,
        reason.value,
        body,
        now,
        None if state is State.WAITING else now,
    )
    return bool(made)


# ---- Looking at it ------------------------------------------------------------------------------------------------------


async def get_delivery(connection: Connection, delivery_id: UUID) -> Delivery:
    """Raises `Missing`."""
    row = await db.row(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE d.workspace_id = $1 AND d.connection_id = $2 AND d.id = $3",
        connection.workspace_id,
        connection.id,
        delivery_id,
    )
    if row is None:
        raise Missing("delivery")
    return _delivery(row)


async def list_deliveries(connection: Connection, *, state: State | None = None, page: int = 1, size: int = PAGE_SIZE) -> Found:
    """One page, newest first, counted from 1."""
    where = "d.workspace_id = $1 AND d.connection_id = $2 AND ($3::text IS NULL OR d.state = $3)"
    wanted = (connection.workspace_id, connection.id, state)
    rows = await db.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE {where} ORDER BY d.received_at DESC, d.id DESC LIMIT $4 OFFSET $5",
        *wanted,
        size,
        (page - 1) * size,
    )
    total = await db.value(f"SELECT count(*) FROM ats_delivery d WHERE {where}", *wanted)
    return Found([_delivery(row) for row in rows], total)


async def health_of(workspace_id: UUID, now: datetime) -> dict[UUID, Health]:
    """Of all connections to which something came."""
    found = await db.rows(
        "SELECT connection_id, state, count(*) AS count, max(received_at) AS last_at, "
        "count(*) FILTER (WHERE received_at > $2) AS lately "
        "FROM ats_delivery WHERE workspace_id = $1 GROUP BY connection_id, state",
        workspace_id,
        now - LATELY,
    )
    by_connection: dict[UUID, list[db.Row]] = {}
    for row in found:
        by_connection.setdefault(row["connection_id"], []).append(row)
    return {connection_id: _health(rows) for connection_id, rows in by_connection.items()}


def _health(rows: list[db.Row]) -> Health:
    last = {State(row["state"]): row["last_at"] for row in rows}
    refused_at = last.pop(State.REFUSED, None)
    last_at: datetime | None = max(last.values(), default=None)
    return Health(
        last_at=last_at,
        counts={State(row["state"]): row["count"] for row in rows},
        failed_lately=sum(row["lately"] for row in rows if row["state"] == State.FAILED),
        refused_since=refused_at is not None and (last_at is None or refused_at > last_at),
    )


def _delivery(row: db.Row) -> Delivery:
    return msgspec.convert(dict(row), Delivery)


def pretty(body: str) -> str:
    """JSON with its lines and indents; anything else as it is."""
    try:
        return msgspec.json.format(body.encode(), indent=2).decode()
    except ValueError:
        return body


# ---- Once more, and no longer -------------------------------------------------------------------------------------------


async def replay(connection: Connection, delivery_id: UUID, *, now: datetime) -> bool:
    """Look into it once more. False if it can't be: its body is not kept, nobody believed it, or it waits already. Raises
    `Missing`."""
    delivery = await get_delivery(connection, delivery_id)
    return bool(await _again(connection, "id = $4", delivery.id, now))


async def replay_all(connection: Connection, state: State, *, now: datetime) -> int:
    """The same for all that were held, or that failed; how many."""
    return await _again(connection, "state = $4 AND state IN ('held', 'failed')", state.value, now)


async def _again(connection: Connection, which: str, what: Any, now: datetime) -> int:
    return await db.run(
        "UPDATE ats_delivery SET state = 'waiting', reason = 'again', note = '', attempts = 0, since = $3, next_at = $3, "
        f"lease_until = NULL, ended_at = NULL WHERE workspace_id = $1 AND connection_id = $2 AND {which} AND body <> '' "
        "AND state = ANY($5)",
        connection.workspace_id,
        connection.id,
        now,
        what,
        list(AGAIN),
    )


async def forget_old(now: datetime) -> None:
    """Bodies are kept for a while, lines for longer. For the clock."""
    await db.run(
        "UPDATE ats_delivery SET body = '' WHERE body <> '' AND ended_at IS NOT NULL AND received_at <= $1", now - KEEP_BODIES
    )
    await db.run("DELETE FROM ats_delivery WHERE received_at <= $1 AND state <> 'waiting'", now - KEEP)
