"""Forgetting a person, as far as messages go: what was said to them and by them, and where. That something was said stays, and
that their addresses are not to be written to."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from portal import db
from portal.messages.suppression import Cause, suppress
from portal.messages.words import Channel


async def forget(
    workspace_id: UUID,
    application_ids: Sequence[UUID],
    addresses: Sequence[tuple[Channel, str]],
    *,
    source: str,
    now: datetime,
) -> None:
    """In the caller's transaction, which has locked the applications. `source`: who asked for it."""
    await db.run(
        "UPDATE message SET to_address = '', subject = '', body_text = '', body_html = '', error = '' "
        "WHERE workspace_id = $1 AND application_id = ANY($2)",
        workspace_id,
        application_ids,
    )
    await db.run("DELETE FROM reply WHERE workspace_id = $1 AND application_id = ANY($2)", workspace_id, application_ids)
    await db.run(
        "UPDATE blast SET subject = '', body = '…', button = '' WHERE workspace_id = $1 AND filter ->> 'application' = ANY($2)",
        workspace_id,
        [str(application_id) for application_id in application_ids],
    )
    for channel, address in addresses:
        await suppress(workspace_id, channel, address, cause=Cause.ERASED, source=source, keep_address=False, now=now)
