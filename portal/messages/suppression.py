"""Addresses that must not be written to. They are known by a keyed hash, which outlives the erasure of the address."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import crypto, db
from portal.candidates.events import EventKind, add_event
from portal.messages.words import Channel
from portal.web.missing import Missing
from portal.web.paging import PAGE_SIZE


class Cause(StrEnum):
    """Why. The later in this list, the more it weighs: a weightier cause takes the place of a lighter one, never the reverse."""

    INVALID = "invalid"
    BOUNCED = "bounced"
    BY_HAND = "by_hand"
    UNSUBSCRIBED = "unsubscribed"
    STOP = "stop"
    COMPLAINED = "complained"
    ERASED = "erased"


OURS = frozenset({Cause.INVALID, Cause.BOUNCED, Cause.BY_HAND})
"""What a member may lift. All else is the person's own word, and only the person can take it back."""
WISHES = frozenset({Cause.BY_HAND, Cause.UNSUBSCRIBED, Cause.STOP, Cause.COMPLAINED})
"""Told on the timelines. A bounce stands there already as what became of its message, and an erasure leaves nothing."""
WEIGHTS = [cause.value for cause in Cause]
COLUMNS = {Channel.EMAIL: "email", Channel.SMS: "phone"}
"""Where a candidate's address of that kind stands."""

SUPPRESS = """
INSERT INTO suppression (id, workspace_id, channel, address_hash, address, reason, source, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (workspace_id, channel, address_hash) DO UPDATE
  SET address = excluded.address, reason = excluded.reason, source = excluded.source, created_at = excluded.created_at
  WHERE array_position($9::text[], suppression.reason) < array_position($9::text[], excluded.reason)
RETURNING xmax = 0 AS is_new
"""


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list. `address` is empty where only the hash was kept."""

    id: UUID
    channel: Channel
    address: str
    cause: Cause
    source: str
    created_at: datetime

    @property
    def is_ours(self) -> bool:
        """Whether a member may lift it."""
        return self.cause in OURS and bool(self.address)


class Found(msgspec.Struct, frozen=True):
    lines: list[Suppression]
    total: int


async def is_suppressed(workspace_id: UUID, channel: Channel, address: str) -> bool:
    found: bool = await db.value(
        "SELECT EXISTS (SELECT FROM suppression WHERE workspace_id = $1 AND channel = $2 AND address_hash = $3)",
        workspace_id,
        channel.value,
        crypto.address_hash(address),
    )
    return found


async def suppress(
    workspace_id: UUID,
    channel: Channel,
    address: str,
    *,
    cause: Cause,
    source: str,
    keep_address: bool = True,
    now: datetime,
    member_id: UUID | None = None,
    tell: bool = True,
) -> bool:
    """Write no more to `address` (in the spelling that candidates have) by `channel`; False if that held already.

    It holds for every application of whoever has that address, at once: all of them are locked, in order of their ids, and
    planned anew. Call it before locking any of them, or have locked them with `hold`.
    `source`: who said so, in words a member can read. `keep_address`: whether members may still read the address.
    `tell`: whether to say so on the timelines; not if the caller does.
    """
    async with db.transaction():
        concerned = await hold(workspace_id, channel, address)
        row = await db.row(
            SUPPRESS,
            db.new_id(),
            workspace_id,
            channel.value,
            crypto.address_hash(address),
            address if keep_address and cause is not Cause.ERASED else "",
            cause.value,
            source,
            now,
            WEIGHTS,
        )
        if row is None:
            return False
        await _plan_anew(workspace_id, concerned)
        data = {"channel": channel.value, "source": source, "cause": cause.value}
        for application_id in concerned if tell and cause in WISHES else ():
            await add_event(workspace_id, application_id, EventKind.OPTED_OUT, now, data, member_id=member_id)
        return bool(row["is_new"])


async def lift(
    workspace_id: UUID,
    channel: Channel,
    address: str,
    *,
    causes: Collection[Cause],
    source: str,
    now: datetime,
    member_id: UUID | None = None,
) -> bool:
    """Write to `address` again, if what stands against it is among `causes`; whether anything was lifted.

    Locks and plans as `suppress` does. A STOP that was texted holds at the provider until the number texts START: lifting it
    here alone does not help.
    """
    async with db.transaction():
        concerned = await hold(workspace_id, channel, address)
        lifted = await db.run(
            "DELETE FROM suppression WHERE workspace_id = $1 AND channel = $2 AND address_hash = $3 AND reason = ANY($4)",
            workspace_id,
            channel.value,
            crypto.address_hash(address),
            [cause.value for cause in causes],
        )
        if lifted:
            await _plan_anew(workspace_id, concerned)
            data = {"channel": channel.value, "source": source}
            for application_id in concerned:
                await add_event(workspace_id, application_id, EventKind.OPTED_IN, now, data, member_id=member_id)
    return lifted == 1


async def get_suppression(workspace_id: UUID, suppression_id: UUID) -> Suppression:
    """Raises `Missing`."""
    row = await db.row("SELECT * FROM suppression WHERE workspace_id = $1 AND id = $2", workspace_id, suppression_id)
    if row is None:
        raise Missing("suppression")
    return _suppression(row)


async def hold(workspace_id: UUID, channel: Channel, address: str, *, also: Sequence[UUID] = ()) -> list[UUID]:
    """Lock all applications of everybody with that address, and of whom the applications `also` belong to, in order of their ids:
    two who do the same wait for each other and never deadlock. Returns the former."""
    found = await db.rows(
        f"""
        SELECT application.id, candidate.{COLUMNS[channel]} = $2 AS concerned FROM application
        JOIN candidate ON candidate.id = application.candidate_id
        WHERE application.workspace_id = $1 AND application.candidate_id IN
          (SELECT id FROM candidate WHERE workspace_id = $1 AND {COLUMNS[channel]} = $2
           UNION SELECT candidate_id FROM application WHERE workspace_id = $1 AND id = ANY($3))
        ORDER BY application.id FOR NO KEY UPDATE OF application
        """,
        workspace_id,
        address,
        list(also),
    )
    return [row["id"] for row in found if row["concerned"]]


async def list_suppressions(
    workspace_id: UUID,
    *,
    search: str = "",
    addresses: Sequence[str] = (),
    channel: Channel | None = None,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> Found:
    """One page, newest first, counted from 1, and how many there are in all.

    `search`: a part of the address. `addresses`: whole ones, which find also what is only kept as a hash.
    """
    where = (
        "workspace_id = $1 AND ($2 = '' OR channel = $2) "
        "AND ($3 = '' OR strpos(lower(address), lower($3)) > 0 OR address_hash = ANY($4))"
    )
    wanted = (workspace_id, channel or "", search, [crypto.address_hash(address) for address in addresses])
    rows = await db.rows(
        f"SELECT * FROM suppression WHERE {where} ORDER BY created_at DESC, id DESC LIMIT $5 OFFSET $6",
        *wanted,
        size,
        (page - 1) * size,
    )
    total = await db.value(f"SELECT count(*) FROM suppression WHERE {where}", *wanted)
    return Found([_suppression(row) for row in rows], total)


def _suppression(row: db.Row) -> Suppression:
    return Suppression(
        id=row["id"],
        channel=Channel(row["channel"]),
        address=row["address"],
        cause=Cause(row["reason"]),
        source=row["source"],
        created_at=row["created_at"],
    )


async def _plan_anew(workspace_id: UUID, application_ids: Sequence[UUID]) -> None:
    await db.run(
        "UPDATE application SET plan_stale = true WHERE workspace_id = $1 AND id = ANY($2)", workspace_id, application_ids
    )
