"""From what happened to what is to be sent: each event is handed out once, to every endpoint that wants its kind.

An event is marked as published in the transaction that writes its deliveries: whatever dies, it is handed out once. While an
endpoint is disabled nothing is written for it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from portal import db
from portal.integrations.webhooks.kinds import OF_EVENT, Kind
from portal.integrations.webhooks.payloads import News, bodies_of

BATCH = 1000
HEARS = "workspace_id = {of}.workspace_id AND deleted_at IS NULL AND disabled_at IS NULL"
TAKE_EVENTS = f"""
UPDATE event SET published_at = $1 WHERE id = ANY(ARRAY(
  SELECT id FROM event WHERE published_at IS NULL ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED))
RETURNING id, workspace_id, application_id, kind, at, data ->> 'channel' AS channel,
  EXISTS (SELECT FROM webhook_endpoint WHERE {HEARS.format(of="event")}) AS heard
"""
TAKE_TAPS = f"""
UPDATE link SET tap_published_at = $1 WHERE id = ANY(ARRAY(
  SELECT id FROM link WHERE first_tap_at IS NOT NULL AND tap_published_at IS NULL
  ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED))
RETURNING id, workspace_id, first_tap_at, EXISTS (SELECT FROM webhook_endpoint WHERE {HEARS.format(of="link")}) AS heard
"""
WRITE = """
INSERT INTO webhook_delivery (id, workspace_id, endpoint_id, event_id, application_id, kind, body, state, tries, next_at, error,
  created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, '', $8)
"""


async def anything_unpublished() -> bool:
    found: bool = await db.value(
        "SELECT EXISTS (SELECT FROM event WHERE published_at IS NULL) "
        "OR EXISTS (SELECT FROM link WHERE first_tap_at IS NOT NULL AND tap_published_at IS NULL)"
    )
    return found


async def publish(now: datetime, limit: int = BATCH) -> int:
    """Hand out up to `limit` events and as many first taps; how many were taken. 0: there is nothing to be done now.

    Any number of workers may do this at the same time. Where nobody listens it is one statement.
    """
    return await _publish_events(now, limit) + await _publish_first_taps(now, limit)


async def _publish_events(now: datetime, limit: int) -> int:
    async with db.transaction():
        taken = await db.rows(TAKE_EVENTS, now, limit)
        await _write([_event(row) for row in taken if row["heard"] and row["kind"] in OF_EVENT], now)
    return len(taken)


def _event(row: db.Row) -> News:
    kind = OF_EVENT[row["kind"]]
    return News(
        event_id=row["id"],
        workspace_id=row["workspace_id"],
        kind=kind,
        at=row["at"],
        application_id=row["application_id"],
        opted_out_of=row["channel"] or "" if kind is Kind.CANDIDATE_OPTED_OUT else "",
    )


async def _publish_first_taps(now: datetime, limit: int) -> int:
    """A link knows when a person tapped it first (`links.countdown`). An earlier tap that comes in later is no news any more."""
    async with db.transaction():
        taken = await db.rows(TAKE_TAPS, now, limit)
        await _write([_first_tap(row) for row in taken if row["heard"]], now)
    return len(taken)


def _first_tap(row: db.Row) -> News:
    return News(
        event_id=db.new_id(),
        workspace_id=row["workspace_id"],
        kind=Kind.LINK_FIRST_CLICK,
        at=row["first_tap_at"],
        link_id=row["id"],
    )


async def _write(news: Sequence[News], now: datetime) -> None:
    if not news:
        return
    wanted = await _wanted({one.workspace_id for one in news})
    told = [one for one in news if (one.workspace_id, one.kind) in wanted]
    bodies = await bodies_of(told)
    lines = [
        (one, bodies[one.event_id], endpoint_id)
        for one in told
        if one.event_id in bodies
        for endpoint_id in wanted[one.workspace_id, one.kind]
    ]
    await db.run_many(
        WRITE,
        [
            (db.new_id(), one.workspace_id, endpoint_id, one.event_id, one.application_id, one.kind.value, body, now)
            for one, body, endpoint_id in lines
        ],
    )


async def _wanted(workspace_ids: set[UUID]) -> dict[tuple[UUID, str], list[UUID]]:
    """Which endpoints want a kind, by workspace and kind."""
    found = await db.rows(
        "SELECT id, workspace_id, kinds FROM webhook_endpoint "
        "WHERE workspace_id = ANY($1::uuid[]) AND deleted_at IS NULL AND disabled_at IS NULL ORDER BY id",
        list(workspace_ids),
    )
    wanted: dict[tuple[UUID, str], list[UUID]] = {}
    for row in found:
        for kind in row["kinds"]:
            wanted.setdefault((row["workspace_id"], kind), []).append(row["id"])
    return wanted
