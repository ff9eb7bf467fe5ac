"""To whom something has gone."""

from uuid import UUID

from portal import db


async def sent_to(workspace_id: UUID, application_ids: list[UUID]) -> set[UUID]:
    """Of these applications, those to whom a message has gone, or is in the hands of a worker at this moment."""
    found = await db.rows(
        "SELECT DISTINCT application_id FROM message WHERE workspace_id = $1 AND application_id = ANY($2) "
        "AND state IN ('claimed', 'handed_over', 'sent', 'delivered', 'failed', 'bounced', 'unknown')",
        workspace_id,
        application_ids,
    )
    return {row["application_id"] for row in found}
