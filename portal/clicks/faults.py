"""Setup faults: merge fields that an applicant system sent as they are written, instead of somebody's name or address.

They are found when taps of people leave the journal, and kept for each link and field. A fault is quiet once a member marked it
as mended, or when taps that came filled follow it; and is there again when it comes again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from portal import db
from portal.clicks import turns
from portal.clicks.prefill import Field, kept_fields
from portal.web.missing import Missing

QUIET_AFTER = 3
"""Filled taps in a row: one may come from a message that somebody mended by hand."""
IS_OPEN = f"(mended_at IS NULL OR last_at > mended_at) AND clean < {QUIET_AFTER}"


class Tap(NamedTuple):
    """What a person's tap says about the fields of its link."""

    workspace_id: UUID
    link_id: UUID
    at: datetime
    query: str
    """As the journal has it."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """How a field of a link has been coming."""

    token: str
    taps: int
    """With it, since it is there."""
    first_at: datetime
    last_at: datetime
    clean: int = 0
    """Filled taps since the last one with it."""
    mended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return (self.mended_at is None or self.last_at > self.mended_at) and self.clean < QUIET_AFTER


class ShownFault(Fault, frozen=True, kw_only=True):
    """An open fault, with where it is."""

    id: UUID
    link_id: UUID
    field: Field
    job_id: UUID
    system: str
    name: str
    """The link's."""


def after(fault: Fault | None, at: datetime, token: str) -> Fault | None:
    """What becomes of a field's fault with one more tap, which brought the merge field `token` or, with an empty one, a value."""
    if not token:
        later = fault is not None and at > fault.last_at
        return msgspec.structs.replace(fault, clean=fault.clean + 1) if fault is not None and later else fault
    if fault is None or not fault.is_open:
        mended_at = fault.mended_at if fault is not None else None
        return Fault(token=token, taps=1, first_at=at, last_at=at, mended_at=mended_at)
    return msgspec.structs.replace(
        fault, token=token, taps=fault.taps + 1, first_at=min(fault.first_at, at), last_at=max(fault.last_at, at), clean=0
    )


async def note(taps: Iterable[Tap]) -> None:
    """Count taps that were kept just now, in the same transaction."""
    news: dict[tuple[UUID, Field], list[tuple[datetime, str]]] = defaultdict(list)
    owners = {}
    for tap in sorted(taps, key=lambda tap: tap.at):
        for field, token in kept_fields(tap.query).items():
            news[tap.link_id, field].append((tap.at, token))
            owners[tap.link_id] = tap.workspace_id
    if not news:
        return
    await turns.for_faults()
    known = await _known(list(owners))
    for key in sorted(news):
        fault = known.get(key)
        for at, token in news[key]:
            fault = after(fault, at, token)
        if fault is not None and fault is not known.get(key):
            await _keep(owners[key[0]], *key, fault)


async def open_faults(workspace_id: UUID, link_ids: Sequence[UUID] | None = None) -> list[ShownFault]:
    """Those of the workspace, the latest first; of `link_ids` only, if they are given."""
    found = await db.rows(
        "SELECT f.*, l.job_id, l.system, concat_ws(' · ', c.network_name, c.placement_name, nullif(l.label, '')) AS name "
        "FROM prefill_fault f JOIN link l ON l.id = f.link_id JOIN channel c ON c.id = l.channel_id "
        f"WHERE f.workspace_id = $1 AND ($2::uuid[] IS NULL OR f.link_id = ANY($2)) AND {IS_OPEN} AND l.archived_at IS NULL "
        "ORDER BY f.last_at DESC, f.id",
        workspace_id,
        link_ids,
    )
    return [msgspec.convert({name: row[name] for name in ShownFault.__struct_fields__}, ShownFault) for row in found]


async def mend(workspace_id: UUID, fault_id: UUID, *, now: datetime) -> None:
    """Somebody put it right, or says so. Raises `Missing`."""
    if not await db.run(
        "UPDATE prefill_fault SET mended_at = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, fault_id, now
    ):
        raise Missing("fault")


async def _known(link_ids: Sequence[UUID]) -> dict[tuple[UUID, Field], Fault]:
    names = Fault.__struct_fields__
    found = await db.rows(f"SELECT link_id, field, {', '.join(names)} FROM prefill_fault WHERE link_id = ANY($1)", link_ids)
    return {(row["link_id"], Field(row["field"])): Fault(**{name: row[name] for name in names}) for row in found}


async def _keep(workspace_id: UUID, link_id: UUID, field: Field, fault: Fault) -> None:
    await db.run(
        "INSERT INTO prefill_fault (id, workspace_id, link_id, field, token, taps, first_at, last_at, clean, mended_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (link_id, field) DO UPDATE SET token = EXCLUDED.token, "
        "taps = EXCLUDED.taps, first_at = EXCLUDED.first_at, last_at = EXCLUDED.last_at, clean = EXCLUDED.clean",
        *(db.new_id(), workspace_id, link_id, field.value),
        *msgspec.structs.astuple(fault),
    )
