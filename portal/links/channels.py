"""Channels of a workspace: those of the catalogue, and its own."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from slugify import slugify

from portal import db
from portal.links.catalogue import BY_KEY, CATALOGUE, CatalogueChannel
from portal.web.forms import Invalid
from portal.web.missing import Missing

LONGEST_NAME = 60
LONGEST_HINT = 120
LONGEST_CODE = 20


class OwnChannel(msgspec.Struct, frozen=True):
    """A channel that the workspace added itself."""

    id: UUID
    channel: CatalogueChannel
    links: int
    archived: bool


async def channels_of(workspace_id: UUID) -> list[CatalogueChannel]:
    """What can be chosen: the catalogue, then the workspace's own in use."""
    return [*CATALOGUE, *(own.channel for own in await own_channels(workspace_id) if not own.archived)]


async def own_channels(workspace_id: UUID) -> list[OwnChannel]:
    found = await db.rows(
        "SELECT c.*, (SELECT count(*) FROM link l WHERE l.workspace_id = $1 AND l.channel_id = c.id) AS links "
        "FROM channel c WHERE c.workspace_id = $1 AND c.own ORDER BY lower(c.network_name), lower(c.placement_name)",
        workspace_id,
    )
    return [OwnChannel(r["id"], _channel(r), r["links"], r["archived_at"] is not None) for r in found]


async def add_channel(workspace_id: UUID, *, network_name: str, placement_name: str, hint: str, now: datetime) -> UUID:
    """A channel of the workspace's own; its id. Raises `Invalid` when there is one of that name."""
    network, placement = _key(network_name), _key(placement_name)
    if f"{network}/{placement}" in BY_KEY:
        raise Invalid({"placement_name": "This channel is in the list already."})
    code = await _free_code(workspace_id, f"{network}-{placement}")
    channel = CatalogueChannel(network, placement, network_name, placement_name, code, hint)
    try:
        return await _insert(workspace_id, channel, own=True, now=now)
    except asyncpg.UniqueViolationError:
        raise Invalid({"placement_name": "You have a channel of this name already."}) from None


async def set_archived(workspace_id: UUID, channel_id: UUID, *, at: datetime | None) -> str:
    """Take an own channel out of the list, or back into it (`at` None); its name. Links made with it stay. Raises `Missing`."""
    name = await db.value(
        "UPDATE channel SET archived_at = $3 WHERE workspace_id = $1 AND id = $2 AND own "
        "RETURNING network_name || ' · ' || placement_name",
        workspace_id,
        channel_id,
        at,
    )
    if name is None:
        raise Missing("channel")
    return str(name)


async def channel_ids(workspace_id: UUID, channels: list[CatalogueChannel], *, now: datetime) -> dict[str, UUID]:
    """The ids by key. A channel of the catalogue gets its row when it is used first."""
    await db.run_many(
        "INSERT INTO channel (id, workspace_id, network, placement, network_name, placement_name, code, hint, own, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, false, $9) ON CONFLICT DO NOTHING",
        [(db.new_id(), workspace_id, *msgspec.structs.astuple(c), now) for c in sorted(channels, key=lambda c: c.key)],
    )
    found = await db.rows("SELECT id, network, placement FROM channel WHERE workspace_id = $1", workspace_id)
    return {f"{r['network']}/{r['placement']}": r["id"] for r in found}


def _channel(row: db.Row) -> CatalogueChannel:
    return CatalogueChannel(*(row[name] for name in CatalogueChannel.__struct_fields__))


def _key(name: str) -> str:
    """A name as the database keeps it, for comparing; of letters that have no Latin form, too."""
    return slugify(name, max_length=40) or slugify(name.encode().hex(), max_length=40)


async def _free_code(workspace_id: UUID, text: str) -> str:
    base = slugify(text, max_length=LONGEST_CODE, word_boundary=True)
    taken = {r["code"] for r in await db.rows("SELECT code FROM channel WHERE workspace_id = $1", workspace_id)}
    taken |= {channel.code for channel in CATALOGUE}
    number = 1
    while (code := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return code


async def _insert(workspace_id: UUID, channel: CatalogueChannel, *, own: bool, now: datetime) -> UUID:
    channel_id = db.new_id()
    await db.run(
        "INSERT INTO channel (id, workspace_id, network, placement, network_name, placement_name, code, hint, own, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        channel_id,
        workspace_id,
        *msgspec.structs.astuple(channel),
        own,
        now,
    )
    return channel_id
