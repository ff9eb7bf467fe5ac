"""Addresses that must not be written to. They are known by a keyed hash, which outlives the erasure of the address."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from portal import crypto, db
from portal.messages.words import Channel


class Cause(StrEnum):
    UNSUBSCRIBED = "unsubscribed"
    STOP = "stop"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    INVALID = "invalid"
    ERASED = "erased"
    BY_HAND = "by_hand"


async def is_suppressed(workspace_id: UUID, channel: Channel, address: str) -> bool:
    found: bool = await db.value(
        "SELECT EXISTS (SELECT FROM suppression WHERE workspace_id = $1 AND channel = $2 AND address_hash = $3)",
        workspace_id,
        channel.value,
        crypto.address_hash(address),
    )
    return found


async def suppress(
    workspace_id: UUID, channel: Channel, address: str, *, cause: Cause, source: str, keep_address: bool = True, now: datetime
) -> bool:
    """Write no more to `address` by `channel`; False if that held already, in which case the first cause stays.

    `source`: who said so, in words a member can read. `keep_address`: whether members may still read the address.
    """
    added = await db.run(
        """
        INSERT INTO suppression (id, workspace_id, channel, address_hash, address, reason, source, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (workspace_id, channel, address_hash) DO NOTHING
        """,
        db.new_id(),
        workspace_id,
        channel.value,
        crypto.address_hash(address),
        address if keep_address else "",
        cause.value,
        source,
        now,
    )
    return added == 1
