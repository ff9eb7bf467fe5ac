"""Their people: whose candidate each is here, and who was removed there.

A person of theirs is known here by a keyed hash of their id, which outlives an erasure. What is done about people of one
connection is done one after the other, so that an arrival and a removal of the same person end the same, whichever comes first.
"""

import hmac
from datetime import datetime
from uuid import UUID

from portal import crypto, db
from portal.integrations.ats.connections import Connection

TARGETS = """
WITH RECURSIVE chain AS (
  SELECT person_hash, merged_into, removed_at FROM ats_person WHERE connection_id = $1 AND person_hash = $2
  UNION SELECT p.person_hash, p.merged_into, p.removed_at FROM ats_person p JOIN chain ON p.person_hash = chain.merged_into
  WHERE p.connection_id = $1)
SELECT EXISTS (SELECT FROM chain WHERE removed_at IS NOT NULL)
"""
"""Whether a person, or one that they were merged into, was removed."""
SOURCES = """
WITH RECURSIVE chain AS (
  SELECT person_hash FROM ats_person WHERE connection_id = $1 AND person_hash = $2
  UNION SELECT p.person_hash FROM ats_person p JOIN chain ON p.merged_into = chain.person_hash WHERE p.connection_id = $1)
SELECT p.person_hash, p.candidate_id FROM ats_person p JOIN chain USING (person_hash) WHERE p.connection_id = $1
"""
"""A person, and all who were merged into them."""


def hash_of(connection: Connection, person: str) -> bytes:
    return hmac.digest(crypto.key("ats person"), f"{connection.id}\0{person}".encode(), "sha256")


async def lock(connection: Connection, *hashes: bytes) -> None:
    """Let nobody else do anything about people of this connection until the caller's transaction ends; and note these."""
    await db.value("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))", f"ats {connection.id}")
    for person_hash in hashes:
        await db.run(
            "INSERT INTO ats_person (workspace_id, connection_id, person_hash) VALUES ($1, $2, $3) "
            "ON CONFLICT (connection_id, person_hash) DO NOTHING",
            connection.workspace_id,
            connection.id,
            person_hash,
        )


async def is_removed(connection: Connection, person_hash: bytes) -> bool:
    removed: bool = await db.value(TARGETS, connection.id, person_hash)
    return removed


async def belongs_to(connection: Connection, person_hash: bytes, candidate_id: UUID) -> None:
    await db.run(
        "UPDATE ats_person SET candidate_id = $3 WHERE connection_id = $1 AND person_hash = $2",
        connection.id,
        person_hash,
        candidate_id,
    )


async def remove(connection: Connection, person_hash: bytes, now: datetime) -> list[UUID]:
    """Note that they were removed there; the candidates that they were here, with those of all who were merged into them."""
    await db.run(
        "UPDATE ats_person SET removed_at = coalesce(removed_at, $3) WHERE connection_id = $1 AND person_hash = $2",
        connection.id,
        person_hash,
        now,
    )
    found = await db.rows(SOURCES, connection.id, person_hash)
    return sorted({row["candidate_id"] for row in found if row["candidate_id"]})


async def hush(connection: Connection, person_hash: bytes) -> UUID | None:
    """Note that they are not to be emailed; the candidate that they are here."""
    return await db.value(  # type: ignore[no-any-return]
        "UPDATE ats_person SET quiet = true WHERE connection_id = $1 AND person_hash = $2 RETURNING candidate_id",
        connection.id,
        person_hash,
    )


async def is_quiet(connection: Connection, person_hash: bytes) -> bool:
    quiet: bool = await db.value(
        "SELECT quiet FROM ats_person WHERE connection_id = $1 AND person_hash = $2", connection.id, person_hash
    )
    return quiet


async def merge(connection: Connection, person_hash: bytes, into: bytes) -> None:
    """Note that both are one person. The first word counts: nobody is merged twice, or into themselves."""
    if person_hash == into:
        return
    await db.run(
        "UPDATE ats_person SET merged_into = coalesce(merged_into, $3) WHERE connection_id = $1 AND person_hash = $2",
        connection.id,
        person_hash,
        into,
    )
