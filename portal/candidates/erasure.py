"""Forgetting a person, as far as this room goes. What is left is an application that says when it came, how far it got and when
it ended, so that figures stay what they were.

`portal/integrations/erasing.py` puts the rooms together: it calls `hold` first and `forget` next.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.events import EventKind, add_event


class Held(msgspec.Struct, frozen=True):
    """Whom we are about to forget."""

    email: str | None
    phone: str | None
    application_ids: list[UUID]


async def hold(workspace_id: UUID, candidate_id: UUID) -> Held | None:
    """Lock the person, and all applications of everybody with one of their addresses, in the order of their ids, as all do who
    lock several. None for one who is not there. One who is forgotten already has no addresses."""
    person = await db.row(
        "SELECT email, phone FROM candidate WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", workspace_id, candidate_id
    )
    if person is None:
        return None
    found = await db.rows(
        "SELECT application.id, candidate_id = $2 AS is_theirs FROM application WHERE workspace_id = $1 AND candidate_id IN "
        "(SELECT id FROM candidate WHERE workspace_id = $1 AND (id = $2 OR email = $3 OR phone = $4)) "
        "ORDER BY application.id FOR NO KEY UPDATE OF application",
        workspace_id,
        candidate_id,
        person["email"],
        person["phone"],
    )
    return Held(person["email"], person["phone"], [row["id"] for row in found if row["is_theirs"]])


async def forget(workspace_id: UUID, candidate_id: UUID, held: Held, *, now: datetime) -> None:
    """In the caller's transaction, and after `hold`. Done twice, it is done once."""
    await db.run(
        "UPDATE candidate SET name = '', email = NULL, phone = NULL, language = '', timezone = '', browser_timezone = '', "
        "metadata = '{}', erased_at = coalesce(erased_at, $3) WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        candidate_id,
        now,
    )
    await db.run("DELETE FROM candidate_identity WHERE workspace_id = $1 AND candidate_id = $2", workspace_id, candidate_id)
    await db.run("UPDATE consent SET address = '' WHERE workspace_id = $1 AND candidate_id = $2", workspace_id, candidate_id)
    await db.run("DELETE FROM resume WHERE workspace_id = $1 AND candidate_id = $2", workspace_id, candidate_id)
    await db.run(
        "UPDATE import_row SET cells = '[]', reason = '', email = NULL, external_id = NULL "
        "WHERE workspace_id = $1 AND (candidate_id = $2 OR email = $3)",
        workspace_id,
        candidate_id,
        held.email,
    )
    # The database lets this be done to the timeline of nobody else.
    await db.run(
        "UPDATE event SET data = '{}' WHERE workspace_id = $1 AND application_id = ANY($2) AND data <> '{}'",
        workspace_id,
        held.application_ids,
    )
    await _end(workspace_id, held.application_ids, now)


async def _end(workspace_id: UUID, application_ids: list[UUID], now: datetime) -> None:
    """Nothing more is to come of them."""
    ended = await db.rows(
        "UPDATE application SET stage = 'withdrawn', ended_at = $3 WHERE workspace_id = $1 AND id = ANY($2) "
        "AND stage IN ('invited', 'captured', 'started') RETURNING id",
        workspace_id,
        application_ids,
        now,
    )
    for row in ended:
        await add_event(workspace_id, row["id"], EventKind.WITHDRAWN, now)
    await db.run(
        "UPDATE application SET plan_stale = true WHERE workspace_id = $1 AND id = ANY($2)", workspace_id, application_ids
    )
