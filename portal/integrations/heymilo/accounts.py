"""A workspace's key at HeyMilo: kept sealed, never shown again; and whether HeyMilo may be asked now."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import crypto, db
from portal.integrations.heymilo.problems import Failed, Problem
from portal.web.forms import Form

PURPOSE = "heymilo-key"
LONGEST_KEY = 400
WRONG_KEY_PAUSE = timedelta(minutes=5)
TOO_MANY_PAUSE = timedelta(seconds=20)
"""After a 429 that does not say how long."""
LONGEST_PAUSE = timedelta(minutes=15)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    saved_at: datetime
    paused_until: datetime | None
    problem: str


def read_key(form: Form) -> str:
    """The key as typed. Raises `Invalid`."""
    key = form.text("key", missing="Paste the API key that HeyMilo shows.", longest=LONGEST_KEY)
    if " " in key or not key.isascii():
        form.wrong("key", "A key has no spaces and only plain letters: copy it once more.")
    form.check()
    return key


async def keep_key(workspace_id: UUID, key: str, *, now: datetime) -> None:
    """The key before is forgotten, and what was wrong with it."""
    await db.run(
        "INSERT INTO heymilo_account (workspace_id, key_sealed, saved_at, problem) VALUES ($1, $2, $3, '') "
        "ON CONFLICT (workspace_id) DO UPDATE SET key_sealed = EXCLUDED.key_sealed, saved_at = EXCLUDED.saved_at, "
        "paused_until = NULL, problem = ''",
        workspace_id,
        crypto.seal(PURPOSE, key, now=now),
        now,
    )


async def forget_key(workspace_id: UUID) -> None:
    await db.run("DELETE FROM heymilo_account WHERE workspace_id = $1", workspace_id)


async def account_of(workspace_id: UUID) -> Account | None:
    row = await db.row("SELECT saved_at, paused_until, problem FROM heymilo_account WHERE workspace_id = $1", workspace_id)
    return msgspec.convert(dict(row), Account) if row else None


async def key_for_use(workspace_id: UUID, *, now: datetime) -> str:
    """The key. Raises `Failed` when there is none, or HeyMilo asked for a pause that is not over."""
    row = await db.row("SELECT key_sealed, paused_until, problem FROM heymilo_account WHERE workspace_id = $1", workspace_id)
    if row is None:
        raise Failed(Problem.NO_KEY)
    if row["paused_until"] and row["paused_until"] > now:
        raise Failed(Problem(row["problem"]), wait=row["paused_until"] - now)
    try:
        return crypto.unseal(PURPOSE, row["key_sealed"])
    except crypto.Unsealable:
        raise Failed(Problem.NO_KEY) from None


async def note(workspace_id: UUID, failed: Failed, *, now: datetime) -> None:
    """Let all workers rest where HeyMilo asked for it, or does not know the key."""
    pauses = {Problem.WRONG_KEY: WRONG_KEY_PAUSE, Problem.TOO_MANY: failed.wait or TOO_MANY_PAUSE}
    if failed.problem in pauses:
        until = now + min(pauses[failed.problem], LONGEST_PAUSE)
        await db.run(
            "UPDATE heymilo_account SET paused_until = $2, problem = $3 WHERE workspace_id = $1",
            workspace_id,
            until,
            failed.problem.value,
        )


async def clear(workspace_id: UUID) -> None:
    """HeyMilo is asked again: after a pause, or because a member wants to know."""
    await db.run(
        "UPDATE heymilo_account SET paused_until = NULL, problem = '' WHERE workspace_id = $1 AND problem <> ''", workspace_id
    )
