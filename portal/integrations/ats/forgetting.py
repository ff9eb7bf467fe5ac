"""Forgetting a person, as far as the log of deliveries goes."""

from collections.abc import Sequence
from uuid import UUID

from portal import db


async def forget(workspace_id: UUID, candidate_id: UUID, application_ids: Sequence[UUID]) -> None:
    """Drop the bodies of all deliveries that were about them. In the caller's transaction."""
    await db.run(
        "UPDATE ats_delivery SET body = '', note = '' WHERE workspace_id = $1 AND (application_id = ANY($3) OR "
        "(connection_id, person_hash) IN (SELECT connection_id, person_hash FROM ats_person WHERE candidate_id = $2))",
        workspace_id,
        candidate_id,
        list(application_ids),
    )


async def forget_person(connection_id: UUID, person_hash: bytes) -> None:
    """The same for one who never became a candidate here."""
    await db.run(
        "UPDATE ats_delivery SET body = '', note = '' WHERE connection_id = $1 AND person_hash = $2", connection_id, person_hash
    )
