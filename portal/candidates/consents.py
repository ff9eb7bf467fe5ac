"""Who said yes to texts: the wording that was read, on which page, and when."""

from datetime import datetime
from uuid import UUID

import msgspec

from portal import db


class Consent(msgspec.Struct, frozen=True):
    """A yes or a no to texts, as it was given."""

    given: bool
    wording: str
    page: str
    at: datetime


async def record_consent(
    *,
    workspace_id: UUID,
    candidate_id: UUID,
    channel: str,
    address: str,
    wording: str,
    page: str,
    now: datetime,
    given: bool = True,
) -> None:
    """Keep a yes, or a no, for one address. The latest counts."""
    await db.run(
        "INSERT INTO consent (id, workspace_id, candidate_id, channel, given, address, wording, page, at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        db.new_id(),
        workspace_id,
        candidate_id,
        channel,
        given,
        address,
        wording,
        page,
        now,
    )


async def latest_consent(workspace_id: UUID, candidate_id: UUID, phone: str | None) -> Consent | None:
    """Their latest word about texts to that number, for whoever has to show proof of it."""
    if not phone:
        return None
    found = await db.row(
        "SELECT given, wording, page, at FROM consent WHERE workspace_id = $1 AND candidate_id = $2 AND channel = 'sms' "
        "AND address = $3 ORDER BY at DESC, id DESC LIMIT 1",
        workspace_id,
        candidate_id,
        phone,
    )
    return Consent(**dict(found)) if found else None
