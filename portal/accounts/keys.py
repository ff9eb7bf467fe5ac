"""API keys: with one a program acts for a workspace, within the key's scopes.

A key is shown once, when it is made. What is kept is its digest: it holds 256 random bits, so nobody finds it by trying.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import crypto, db
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing

PREFIX = "pk_"
"""So that people, and programs that look for leaked secrets, know one when they see it."""
SHAPE = re.compile(rf"{PREFIX}[0-9a-f]{{64}}")
LONGEST_NAME = 80
MOST_KEYS = 50
NOTED_EVERY = timedelta(minutes=1)
"""Use is noted this coarsely, so that most requests only read."""
UNDO_WITHIN = timedelta(minutes=10)


class Scope(StrEnum):
    """What a key may do. None includes another."""

    READ = "read"
    JOBS = "jobs"
    LINKS = "links"
    CANDIDATES_READ = "candidates:read"
    CANDIDATES = "candidates"


SCOPES = {
    Scope.READ: "See jobs and their questions, channels, campaigns, links and figures. Nobody's name.",
    Scope.JOBS: "Make, change, publish and close jobs.",
    Scope.LINKS: "Make links and campaigns.",
    Scope.CANDIDATES_READ: "See candidates: names, addresses, personal links, answers and messages.",
    Scope.CANDIDATES: "Add candidates, and start, complete, extend and withdraw their applications.",
}


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secret."""

    id: UUID
    workspace_id: UUID
    name: str
    ending: str
    """The last characters of the secret, to tell keys apart."""
    scopes: list[Scope]
    made_by: str | None
    """None: on the command line."""
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @property
    def shown(self) -> str:
        return f"{PREFIX}…{self.ending}"


COLUMNS = "k.id, k.workspace_id, k.name, k.ending, k.scopes, k.created_at, k.last_used_at, k.revoked_at, member.name AS made_by"
SOURCE = "api_key k LEFT JOIN member ON member.id = k.member_id"


def read_key(form: Form, wanted: Sequence[str]) -> tuple[str, list[Scope]]:
    """The name and scopes of a new key, as typed and chosen. Raises `Invalid`."""
    name = form.text("name", missing="Give the key a name that says what uses it, such as Careers site.", longest=LONGEST_NAME)
    if not wanted or not set(wanted) <= set(Scope):
        form.wrong("scopes", "Choose at least one thing that the key may do.")
    form.check()
    return name, [scope for scope in Scope if scope in wanted]


async def make_key(workspace_id: UUID, name: str, scopes: Sequence[Scope], *, member_id: UUID | None, now: datetime) -> str:
    """The secret of a new key: the only time that anybody sees it. Raises `Invalid` when the workspace has `MOST_KEYS` in use."""
    secret = PREFIX + secrets.token_hex(32)
    made = await db.run(
        "INSERT INTO api_key (id, workspace_id, name, digest, ending, scopes, member_id, created_at) "
        "SELECT $1, $2, $3, $4, $5, $6, $7, $8 "
        "WHERE (SELECT count(*) FROM api_key WHERE workspace_id = $2 AND revoked_at IS NULL) < $9",
        db.new_id(),
        workspace_id,
        name,
        crypto.digest(secret),
        secret[-4:],
        [scope.value for scope in scopes],
        member_id,
        now,
        MOST_KEYS,
    )
    if not made:
        raise Invalid({"name": f"There are {MOST_KEYS} keys in use already. Revoke one that nothing uses."})
    return secret


async def list_keys(workspace_id: UUID) -> list[Key]:
    """Those in use, the newest first, then the revoked ones."""
    found = await db.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE k.workspace_id = $1 ORDER BY k.revoked_at DESC NULLS FIRST, k.id DESC",
        workspace_id,
    )
    return [_key(row) for row in found]


async def revoke(workspace_id: UUID, key_id: UUID, *, now: datetime) -> Key:
    """From now on it opens nothing; the key. Raises `Missing`."""
    await db.run(
        "UPDATE api_key SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL", workspace_id, key_id, now
    )
    return await _get(workspace_id, key_id)


async def restore(workspace_id: UUID, key_id: UUID, *, now: datetime) -> bool:
    """Take a revocation back, within `UNDO_WITHIN`; whether it could be. Raises `Missing`."""
    touched = await db.run(
        "UPDATE api_key SET revoked_at = NULL WHERE workspace_id = $1 AND id = $2 AND revoked_at > $3",
        workspace_id,
        key_id,
        now - UNDO_WITHIN,
    )
    await _get(workspace_id, key_id)
    return bool(touched)


async def find_key(secret: str, *, now: datetime) -> Key | None:
    """The key in use whose secret this is, with its use noted."""
    if not SHAPE.fullmatch(secret):
        return None
    found = await db.row(f"SELECT {COLUMNS} FROM {SOURCE} WHERE k.digest = $1 AND k.revoked_at IS NULL", crypto.digest(secret))
    if found is None:
        return None
    key = _key(found)
    if key.last_used_at is None or now - key.last_used_at >= NOTED_EVERY:
        await _note_use(key, now)
    return key


async def _note_use(key: Key, now: datetime) -> None:
    """Of requests that come together one writes."""
    await db.run(
        "UPDATE api_key SET last_used_at = $3 WHERE workspace_id = $1 AND id = $2 "
        "AND (last_used_at IS NULL OR last_used_at <= $4)",
        key.workspace_id,
        key.id,
        now,
        now - NOTED_EVERY,
    )


async def _get(workspace_id: UUID, key_id: UUID) -> Key:
    found = await db.row(f"SELECT {COLUMNS} FROM {SOURCE} WHERE k.workspace_id = $1 AND k.id = $2", workspace_id, key_id)
    if found is None:
        raise Missing("key")
    return _key(found)


def _key(row: db.Row) -> Key:
    return msgspec.convert(dict(row), Key)
