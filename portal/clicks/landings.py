"""The page behind a click was shown: the step between a tap and a name."""

from datetime import datetime
from uuid import UUID

from portal import db
from portal.clicks import front
from portal.clicks.hits import Hit, Kind


async def record(*, click_id: UUID, link_id: UUID, at: datetime) -> None:
    """Write down that the landing page of this click was shown. Returns when that is committed; raises nothing, since the
    page matters more. Ingest keeps the first landing of a click that there really was."""
    await front.engine().journal.append(Hit(id=db.new_id(), at=at, kind=Kind.LANDING.value, link_id=link_id, click_id=click_id))
