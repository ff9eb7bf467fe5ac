"""The log of what was sent, or is to be: looked through, sent again, and forgotten in the end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.integrations.webhooks.endpoints import UNDO
from portal.integrations.webhooks.kinds import Kind
from portal.web.missing import Missing
from portal.web.paging import PAGE_SIZE

KEPT = timedelta(days=30)
"""After its end a delivery is kept so long; one that waits for a disabled endpoint, since it was made."""
RECENT = timedelta(days=7)
FORGET = 5000
"""Deliveries that go in one statement."""


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    FORGOTTEN = "forgotten"
    """Its candidate was erased: it goes nowhere any more, and what it said is gone."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    endpoint_id: UUID
    event_id: UUID
    """The ``webhook-id``."""
    kind: Kind
    state: DeliveryState
    tries: int
    next_at: datetime | None
    status: int | None
    error: str
    created_at: datetime
    ended_at: datetime | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    milliseconds: int
    status: int | None
    error: str
    answer: str


class Opened(Delivery, frozen=True, kw_only=True):
    """With what was sent, and what was answered each time, the newest first."""

    body: str
    attempts: list[Attempt]


class Found(msgspec.Struct, frozen=True):
    lines: list[Delivery]
    total: int


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Of an endpoint: how many wait, and how many ended how in the last `RECENT`."""

    waiting: int = 0
    delivered: int = 0
    failed: int = 0


COLUMNS = "id, endpoint_id, event_id, kind, state, tries, next_at, status, error, created_at, ended_at"
COUNTS = """
SELECT endpoint_id, count(*) FILTER (WHERE state IN ('waiting', 'sending')) AS waiting,
  count(*) FILTER (WHERE state = 'delivered' AND ended_at > $2) AS delivered,
  count(*) FILTER (WHERE state = 'failed' AND ended_at > $2) AS failed
FROM webhook_delivery WHERE workspace_id = $1 AND endpoint_id IN (SELECT id FROM webhook_endpoint WHERE workspace_id = $1)
GROUP BY endpoint_id
"""
AGAIN = (
    "UPDATE webhook_delivery SET state = 'waiting', tries = 0, next_at = {now}, ended_at = NULL "
    "WHERE workspace_id = $1 AND endpoint_id = $2 AND body <> ''"
)


async def list_deliveries(workspace_id: UUID, endpoint_id: UUID, *, state: DeliveryState | None = None, page: int = 1) -> Found:
    """The newest first."""
    where = "workspace_id = $1 AND endpoint_id = $2 AND ($3::text IS NULL OR state = $3)"
    key = (workspace_id, endpoint_id, state.value if state else None)
    found = await db.rows(
        f"SELECT {COLUMNS} FROM webhook_delivery WHERE {where} ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $5",
        *key,
        PAGE_SIZE,
        (page - 1) * PAGE_SIZE,
    )
    total = await db.value(f"SELECT count(*) FROM webhook_delivery WHERE {where}", *key)
    return Found([msgspec.convert(dict(row), Delivery) for row in found], total)


async def open_delivery(workspace_id: UUID, endpoint_id: UUID, delivery_id: UUID) -> Opened:
    """Raises `Missing`."""
    row = await db.row(
        f"SELECT {COLUMNS}, body FROM webhook_delivery WHERE workspace_id = $1 AND endpoint_id = $2 AND id = $3",
        workspace_id,
        endpoint_id,
        delivery_id,
    )
    if row is None:
        raise Missing("delivery")
    attempts = await db.rows(
        "SELECT at, milliseconds, status, error, answer FROM webhook_attempt WHERE workspace_id = $1 AND delivery_id = $2 "
        "ORDER BY at DESC, id DESC LIMIT 100",
        workspace_id,
        delivery_id,
    )
    return msgspec.convert(dict(row) | {"attempts": [dict(one) for one in attempts]}, Opened)


async def count(workspace_id: UUID, now: datetime) -> dict[UUID, Count]:
    """By endpoint."""
    found = [dict(row) for row in await db.rows(COUNTS, workspace_id, now - RECENT)]
    return {row.pop("endpoint_id"): Count(**row) for row in found}


async def replay(workspace_id: UUID, endpoint_id: UUID, delivery_id: UUID, *, now: datetime) -> bool:
    """Send one again, under the same ``webhook-id`` and with the same body; False for one that is under way, or forgotten."""
    ended = f"{AGAIN.format(now='$4')} AND id = $3 AND state IN ('delivered', 'failed')"
    return bool(await db.run(ended, workspace_id, endpoint_id, delivery_id, now))


async def replay_failed(workspace_id: UUID, endpoint_id: UUID, *, since: datetime, now: datetime) -> int:
    """Send all again that failed for good since then; how many."""
    failed = f"{AGAIN.format(now='$4')} AND state = 'failed' AND ended_at >= $3"
    return await db.run(failed, workspace_id, endpoint_id, since, now)


async def forget(workspace_id: UUID, application_ids: Sequence[UUID], *, now: datetime) -> int:
    """Blank what was told, or is to be told, of these applications, and what was answered; how many deliveries. What has not gone
    goes no more. For an erasure, in its transaction."""
    gone = await db.rows(
        "UPDATE webhook_delivery SET body = '', state = CASE WHEN ended_at IS NULL THEN 'forgotten' ELSE state END, "
        "ended_at = coalesce(ended_at, $3), next_at = NULL "
        "WHERE workspace_id = $1 AND application_id = ANY($2::uuid[]) RETURNING id",
        workspace_id,
        list(application_ids),
        now,
    )
    await db.run(
        "UPDATE webhook_attempt SET answer = '' WHERE workspace_id = $1 AND delivery_id = ANY($2::uuid[])",
        workspace_id,
        [row["id"] for row in gone],
    )
    return len(gone)


async def forget_old(now: datetime) -> int:
    """Drop deliveries that ended `KEPT` ago, and endpoints whose deletion can't be undone any more; how many deliveries."""
    await db.run("DELETE FROM webhook_notice WHERE made_at < $1", now - KEPT)
    await db.run("DELETE FROM webhook_endpoint WHERE deleted_at < $1", now - UNDO)
    return await db.run(
        "DELETE FROM webhook_delivery WHERE id = ANY(ARRAY(SELECT d.id FROM webhook_delivery d "
        "JOIN webhook_endpoint e ON e.id = d.endpoint_id WHERE d.created_at < $1 "
        "AND (d.ended_at < $1 OR (d.ended_at IS NULL AND e.disabled_at IS NOT NULL)) ORDER BY d.created_at LIMIT $2))",
        now - KEPT,
        FORGET,
    )
