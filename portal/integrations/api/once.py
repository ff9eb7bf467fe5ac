"""The same POST sent twice does its work once: its Idempotency-Key is kept for a day with what was answered.

The place is taken before the work begins, in a transaction of its own, so that of many at once one works and the others hear
that it is under way. Work and answer are then one transaction: whoever dies in between leaves neither, and the place is free
again after `LEASE`.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import crypto, db
from portal.integrations.api.operations import Call
from portal.integrations.api.problems import Code, Refusal

KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=5)
"""After so long without an answer nobody works at it any more."""
WORD = re.compile("[!-~]{1,255}")
"""What an Idempotency-Key may be: letters, digits and signs of ASCII."""
PURPOSE = "api answer"


class Reply(msgspec.Struct, frozen=True):
    """An answer as it is sent."""

    status: int
    body: bytes
    replayed: bool = False


class Place(msgspec.Struct, frozen=True):
    """Where the answer to one word of one key is kept."""

    id: UUID
    workspace_id: UUID


def refused(refusal: Refusal) -> Reply:
    return Reply(refusal.problem.status, msgspec.json.encode(refusal.problem))


async def once(call: Call, word: str, fingerprint: bytes, work: Callable[[], Awaitable[Reply]]) -> Reply:
    """What `work` answers, or what it answered the first time. A refusal is an answer too; an error of ours is not.

    Raises `Refusal` when `word` came with another request (`fingerprint`) before, or the first one is still under way.
    """
    taken = await _take(call, word, fingerprint)
    if isinstance(taken, Reply):
        return taken
    try:
        return await _together(taken, work, call.now)
    except Refusal as refusal:
        await _keep(taken, refused(refusal), call.now)
        raise
    except BaseException:
        with suppress(*db.AWAY):
            await _leave(taken)
        raise


async def forget_old(now: datetime) -> int:
    """Throw away what is kept for longer than `KEPT`, of all workspaces; how many."""
    return await db.run("DELETE FROM api_answer WHERE started_at <= $1", now - KEPT)


def fingerprint_of(*parts: bytes) -> bytes:
    """One digest of all parts, each told apart from its neighbours."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8) + part)
    return total.digest()


async def _take(call: Call, word: str, fingerprint: bytes) -> Place | Reply:
    """The place, now ours; or the answer that stands there. Raises `Refusal`."""
    if not WORD.fullmatch(word):
        raise Refusal(Code.MALFORMED, "Give an Idempotency-Key of 1 to 255 letters, digits and signs, such as a UUID.")
    digest = crypto.digest(word)
    place_id = await db.value(
        "INSERT INTO api_answer AS a (id, workspace_id, key_id, word, fingerprint, started_at) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (key_id, word) DO UPDATE SET "
        "fingerprint = EXCLUDED.fingerprint, status = NULL, body = NULL, started_at = EXCLUDED.started_at "
        "WHERE a.started_at <= $7 OR (a.status IS NULL AND a.started_at <= $8 AND a.fingerprint = EXCLUDED.fingerprint) "
        "RETURNING a.id",
        *(db.new_id(), call.workspace_id, call.key.id, digest, fingerprint, call.now, call.now - KEPT, call.now - LEASE),
    )
    return Place(place_id, call.workspace_id) if place_id else await _answered(call, digest, fingerprint)


async def _answered(call: Call, digest: bytes, fingerprint: bytes) -> Reply:
    """Raises `Refusal`."""
    found = await db.row(
        "SELECT fingerprint, status, body FROM api_answer WHERE workspace_id = $1 AND key_id = $2 AND word = $3",
        *(call.workspace_id, call.key.id, digest),
    )
    if found is not None and found["fingerprint"] != fingerprint:
        raise Refusal(Code.KEY_REUSED, "This Idempotency-Key came with another request before. Use a new one for each request.")
    if found is None or found["status"] is None:
        detail = "The first request with this Idempotency-Key is still under way. Ask again in a moment."
        raise Refusal(Code.IN_PROGRESS, detail, headers={"Retry-After": "1"})
    try:
        return Reply(found["status"], crypto.unseal(PURPOSE, found["body"]).encode(), replayed=True)
    except crypto.Unsealable:
        detail = "This request was done, but what it was answered can't be read any more. Look for what it made."
        raise Refusal(Code.CONFLICT, detail) from None


async def _together(place: Place, work: Callable[[], Awaitable[Reply]], now: datetime) -> Reply:
    async with db.transaction():
        # Whoever finds us late and takes our place waits for the end of this.
        await db.run("SELECT FROM api_answer WHERE workspace_id = $1 AND id = $2 FOR UPDATE", place.workspace_id, place.id)
        reply = await work()
        await _keep(place, reply, now)
    return reply


async def _keep(place: Place, reply: Reply, now: datetime) -> None:
    await db.run(
        "UPDATE api_answer SET status = $3, body = $4 WHERE workspace_id = $1 AND id = $2",
        *(place.workspace_id, place.id, reply.status, crypto.seal(PURPOSE, reply.body.decode(), now=now)),
    )


async def _leave(place: Place) -> None:
    await db.run("DELETE FROM api_answer WHERE workspace_id = $1 AND id = $2 AND status IS NULL", place.workspace_id, place.id)
