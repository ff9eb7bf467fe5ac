"""Connections to applicant tracking systems: made, looked up by the token in their address, changed, taken away.

Secrets and API keys are sealed: they are used, and never shown again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import crypto, db
from portal.integrations.ats.registry import SYSTEMS, system_of
from portal.integrations.ats.system import System
from portal.integrations.ats.words import AFTER_A_KEY, Reason
from portal.integrations.outward import Unanswered, check_address
from portal.links.slugs import is_token
from portal.settings import settings
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing

MOST, MOST_SECRETS = 50, 16
OVERLAP = timedelta(hours=24)
"""So long the secrets before a new one still hold."""
REGRET = timedelta(days=7)
"""So long what was removed can be brought back."""
LONGEST_SECRET = 500
SECRET, API_KEY = "ats secret", "ats api key"
"""What is sealed for what."""
COLUMNS = (
    "id, workspace_id, system, name, key_version, api_key <> '' AS has_api_key, api_url, job_id, invite, wait_until, "
    "paused_at, created_at"
)


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    workspace_id: UUID
    system: str
    name: str
    key_version: int
    has_api_key: bool
    api_url: str
    """Empty: where the system's API usually is."""
    job_id: UUID | None
    """Where those go whose job was not given another."""
    invite: bool
    wait_until: datetime | None
    """Their API is not to be called before."""
    paused_at: datetime | None
    created_at: datetime

    @property
    def kind(self) -> System:
        return SYSTEMS[self.system]

    @property
    def url(self) -> str:
        """The webhook's address."""
        return f"{settings().public_url}/hooks/ats/{self.system}/{token_of(self.id, self.key_version)}"

    @property
    def api(self) -> str:
        """Where the API is; empty if nobody said."""
        return self.api_url or self.kind.api_url


class Secret(msgspec.Struct, frozen=True):
    """One that is set, without what it is."""

    id: UUID
    ends_at: datetime | None
    created_at: datetime


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a member may set. An empty `api_key` keeps the one there is."""

    name: str
    job_id: UUID | None
    invite: bool
    api_key: str
    api_url: str


def token_of(connection_id: UUID, version: int) -> str:
    return crypto.token("ats-hook", connection_id, version)


# ---- Finding ------------------------------------------------------------------------------------------------------------


async def find(system: str, token: str) -> Connection | None:
    """The connection whose address that is."""
    token = token.strip().lower()
    if system not in SYSTEMS or not is_token(token):
        return None
    row = await db.row(
        f"SELECT {COLUMNS} FROM ats_connection WHERE key_digest = $1 AND system = $2 AND removed_at IS NULL",
        crypto.digest(token),
        system,
    )
    return _connection(row) if row else None


async def get_connection(workspace_id: UUID, connection_id: UUID) -> Connection:
    """Raises `Missing`."""
    row = await db.row(
        f"SELECT {COLUMNS} FROM ats_connection WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL",
        workspace_id,
        connection_id,
    )
    if row is None:
        raise Missing("connection")
    return _connection(row)


async def list_connections(workspace_id: UUID) -> list[Connection]:
    found = await db.rows(
        f"SELECT {COLUMNS} FROM ats_connection WHERE workspace_id = $1 AND removed_at IS NULL ORDER BY created_at, id",
        workspace_id,
    )
    return [_connection(row) for row in found]


async def secrets_of(connection: Connection, now: datetime) -> list[str]:
    """Those that hold now, the newest first."""
    found = await db.rows(
        "SELECT sealed FROM ats_secret WHERE connection_id = $1 AND (ends_at IS NULL OR ends_at > $2) ORDER BY created_at DESC",
        connection.id,
        now,
    )
    return [_unsealed(SECRET, row["sealed"]) for row in found]


async def list_secrets(connection: Connection, now: datetime) -> list[Secret]:
    found = await db.rows(
        "SELECT id, ends_at, created_at FROM ats_secret WHERE workspace_id = $1 AND connection_id = $2 "
        "AND (ends_at IS NULL OR ends_at > $3) ORDER BY created_at DESC",
        connection.workspace_id,
        connection.id,
        now,
    )
    return [msgspec.convert(dict(row), Secret) for row in found]


async def api_key_of(connection: Connection) -> str:
    """Empty if there is none that can be read."""
    sealed = await db.value("SELECT api_key FROM ats_connection WHERE id = $1", connection.id)
    return _unsealed(API_KEY, sealed) if sealed else ""


def _unsealed(purpose: str, sealed: str) -> str:
    """Empty for what was sealed under another secret key of the installation: nothing fits it."""
    try:
        return crypto.unseal(purpose, sealed)
    except crypto.Unsealable:
        return ""


def _connection(row: db.Row) -> Connection:
    return msgspec.convert(dict(row), Connection)


# ---- Making and changing ------------------------------------------------------------------------------------------------


def read(form: Form, system: System, job_ids: Mapping[str, UUID], before: Connection | None = None) -> Wanted:
    """What was typed. `job_ids`: the jobs that can be chosen, by what the form calls them. Raises `Invalid`."""
    name = form.text("name", missing="Give it a name, such as that of the account.", longest=80)
    chosen = form.choice("job", {"", *job_ids}, wrong="Choose a job from the list.")
    api_key, api_url = form.text("api_key", longest=LONGEST_SECRET), form.text("api_url", longest=500)
    if api_url:
        _check_url(form, api_url)
    moved = before is not None and before.has_api_key and (api_url or system.api_url) != before.api
    if moved and not api_key:
        form.wrong("api_key", "Type the key again: it is sent only to the address that it was given for.")
    form.check()
    return Wanted(name=name, job_id=job_ids.get(chosen), invite=form.checked("invite"), api_key=api_key, api_url=api_url)


def _check_url(form: Form, url: str) -> None:
    try:
        check_address(url)
    except Unanswered as wrong:
        form.wrong("api_url", str(wrong))


async def make(workspace_id: UUID, system: str, wanted: Wanted, *, now: datetime) -> UUID:
    """Raises `Missing` for a system that is not known, and `Invalid` if there are `MOST` already."""
    system_of(system)
    connection_id = db.new_id()
    made = await db.run(
        "INSERT INTO ats_connection (id, workspace_id, system, name, key_version, key_digest, api_key, api_url, job_id, invite, "
        "created_at) SELECT $1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10 WHERE "
        "(SELECT count(*) FROM ats_connection WHERE workspace_id = $2 AND removed_at IS NULL) < $11",
        connection_id,
        workspace_id,
        system,
        wanted.name,
        crypto.digest(token_of(connection_id, 1)),
        crypto.seal(API_KEY, wanted.api_key, now=now) if wanted.api_key else "",
        wanted.api_url,
        wanted.job_id,
        wanted.invite,
        now,
        MOST,
    )
    if not made:
        raise Invalid({"": f"There are {MOST} connections already. Remove one first."})
    return connection_id


async def change(connection: Connection, wanted: Wanted, *, now: datetime) -> None:
    """And go on with what waited for it: for a key, or for a job."""
    async with db.transaction():
        await db.run(
            "UPDATE ats_connection SET name = $3, job_id = $4, invite = $5, api_url = $6, "
            "api_key = CASE WHEN $7 = '' THEN api_key ELSE $7 END WHERE workspace_id = $1 AND id = $2",
            connection.workspace_id,
            connection.id,
            wanted.name,
            wanted.job_id,
            wanted.invite,
            wanted.api_url,
            crypto.seal(API_KEY, wanted.api_key, now=now) if wanted.api_key else "",
        )
        if wanted.api_key or wanted.api_url != connection.api_url:
            await go_on(connection, AFTER_A_KEY, now=now)
        if wanted.job_id is not None and wanted.job_id != connection.job_id:
            await go_on(connection, (Reason.NO_JOB,), now=now)


async def go_on(connection: Connection, reasons: tuple[Reason, ...], *, now: datetime, their_job: str | None = None) -> int:
    """Have what was held for one of `reasons` looked into again, all of it or that of one of their jobs; how much that is."""
    return await db.run(
        "UPDATE ats_delivery SET state = 'waiting', reason = 'again', note = '', attempts = 0, since = $3, next_at = $3, "
        "ended_at = NULL WHERE workspace_id = $1 AND connection_id = $2 AND state = 'held' AND reason = ANY($4) "
        "AND ($5::text IS NULL OR their_job = $5)",
        connection.workspace_id,
        connection.id,
        now,
        [reason.value for reason in reasons],
        their_job,
    )


async def add_secret(connection: Connection, typed: str, *, end_others: bool, now: datetime) -> None:
    """`end_others`: those before it hold for `OVERLAP` more. Raises `Invalid` under the name ``secret``."""
    secret = typed.strip()
    if not secret or len(secret) > LONGEST_SECRET or not secret.isprintable():
        raise Invalid({"secret": "Paste the secret as the system shows it."})
    async with db.transaction():
        await db.value("SELECT id FROM ats_connection WHERE id = $1 FOR UPDATE", connection.id)
        if len(await list_secrets(connection, now)) >= MOST_SECRETS:
            raise Invalid({"secret": f"There are {MOST_SECRETS} already. End one of them first."})
        if end_others:
            await db.run(
                "UPDATE ats_secret SET ends_at = $3 WHERE workspace_id = $1 AND connection_id = $2 AND ends_at IS NULL",
                connection.workspace_id,
                connection.id,
                now + OVERLAP,
            )
        await db.run(
            "INSERT INTO ats_secret (id, workspace_id, connection_id, sealed, created_at) VALUES ($1, $2, $3, $4, $5)",
            db.new_id(),
            connection.workspace_id,
            connection.id,
            crypto.seal(SECRET, secret, now=now),
            now,
        )


async def end_secret(connection: Connection, secret_id: UUID) -> None:
    """It holds no longer, and is gone. Raises `Missing`."""
    ended = await db.run(
        "DELETE FROM ats_secret WHERE workspace_id = $1 AND connection_id = $2 AND id = $3",
        connection.workspace_id,
        connection.id,
        secret_id,
    )
    if not ended:
        raise Missing("secret")


async def pause(connection: Connection, *, on: bool, now: datetime) -> None:
    """While paused, what comes in is kept and waits."""
    await db.run(
        "UPDATE ats_connection SET paused_at = CASE WHEN $3 THEN coalesce(paused_at, $4) END WHERE workspace_id = $1 AND id = $2",
        connection.workspace_id,
        connection.id,
        on,
        now,
    )


async def replace_address(connection: Connection) -> None:
    """The address that is out leads nowhere from now on, and another does."""
    version = connection.key_version + 1
    await db.run(
        "UPDATE ats_connection SET key_version = $3, key_digest = $4 WHERE workspace_id = $1 AND id = $2 AND key_version = $5",
        connection.workspace_id,
        connection.id,
        version,
        crypto.digest(token_of(connection.id, version)),
        connection.key_version,
    )


async def remove(connection: Connection, *, now: datetime) -> None:
    """Its address leads nowhere. It can be brought back for `REGRET`; then it is gone with its log."""
    await db.run(
        "UPDATE ats_connection SET removed_at = $3 WHERE workspace_id = $1 AND id = $2",
        connection.workspace_id,
        connection.id,
        now,
    )


async def restore(workspace_id: UUID, connection_id: UUID) -> None:
    """Raises `Missing`."""
    if not await db.run(
        "UPDATE ats_connection SET removed_at = NULL WHERE workspace_id = $1 AND id = $2", workspace_id, connection_id
    ):
        raise Missing("connection")


async def forget_old(now: datetime) -> int:
    """Delete connections that were removed long enough ago, and secrets that have ended; how many connections. For the clock."""
    await db.run("DELETE FROM ats_secret WHERE ends_at <= $1", now)
    return await db.run("DELETE FROM ats_connection WHERE removed_at <= $1", now - REGRET)
