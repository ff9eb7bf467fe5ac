"""Links that end so many hours after their first tap, such as those of stories."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from portal import changes, db

ENDS = "CASE WHEN expires_after_hours IS NULL THEN expires_at ELSE {tap} + make_interval(hours => expires_after_hours) END"


async def first_taps(taps: Mapping[UUID, datetime]) -> list[UUID]:
    """Note the first tap of a person on each of these channel links, and when they end thereby; the links that now end at
    another time than before. In the caller's transaction: after its end the caller announces them (`announce`).

    An earlier tap that comes in late moves both back. Rows are locked in one order, so that two batches wait and don't ring.
    """
    if not taps:
        return []
    found = await db.rows(
        "WITH tap AS (SELECT link.id, t.at FROM unnest($1::uuid[], $2::timestamptz[]) AS t (id, at) JOIN link ON link.id = t.id "
        "WHERE link.kind = 'channel' AND (link.first_tap_at IS NULL OR link.first_tap_at > t.at) "
        "ORDER BY link.id FOR NO KEY UPDATE OF link) "
        f"UPDATE link SET first_tap_at = tap.at, expires_at = {ENDS.format(tap='tap.at')} FROM tap WHERE link.id = tap.id "
        "RETURNING link.id, link.expires_after_hours",
        list(taps.keys()),
        list(taps.values()),
    )
    return [row["id"] for row in found if row["expires_after_hours"] is not None]


async def announce(link_ids: Sequence[UUID]) -> None:
    for link_id in link_ids:
        await changes.link_changed(link_id)
