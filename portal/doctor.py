"""What `portal doctor` looks at, and the questions that the other commands ask before they start."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from portal import db
from portal.datafolder import Running
from portal.settings import Settings

OLDEST_POSTGRES = 18
LOOK = 30.0
"""Seconds that a provider gets to say what it thinks of a key."""
LOCAL = {"localhost", "127.0.0.1", "[::1]"}
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError)
"""What asyncpg raises for a server that is not there, does not want us, or an address that it can't read."""
SILENT = (OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError)
"""Of these, what passes by itself. A time-out is an `OSError`."""
BEHIND = "The database is behind this version: run `portal migrate`."


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    state: State
    subject: str
    text: str
    """What was found and, unless it is fine, what to do."""

    def __str__(self) -> str:
        return f"{self.state:<8} {self.subject:<12} {self.text}"


async def examine(settings: Settings, running: Running | None) -> AsyncIterator[Finding]:
    """Everything that is looked at, in order. `running`: the portal that has the data folder now, if one has."""
    yield public_url(settings)
    yield secret(settings)
    yield data_folder(settings.data_dir)
    yield clicks_on_disk(settings.data_dir / "spool")
    if not settings.database_url and not settings.redis_url:
        yield Finding(State.OK, "servers", "None are set and no portal runs on this folder: `portal up` starts its own.")
    if settings.database_url:
        yield await database(settings.database_url)
        schema = await migrations(settings.database_url)
        yield schema
        if schema.state is State.OK:
            yield await figures(settings.database_url)
    if settings.redis_url:
        async for finding in redis(settings.redis_url):
            yield finding
    if running is not None:
        yield Finding(State.OK, "running", f"`portal up` runs on this folder (process {running.pid}).")
    async for finding in providers(settings):
        yield finding


def public_url(settings: Settings) -> Finding:
    parts = urlsplit(settings.public_url)
    if parts.scheme == "https" or parts.netloc.rpartition(":")[0] in LOCAL or parts.netloc in LOCAL:
        return Finding(State.OK, "address", settings.public_url)
    return Finding(
        State.WARNING, "address", f"{settings.public_url} is not https: put TLS in front and correct PORTAL_PUBLIC_URL."
    )


def secret(settings: Settings) -> Finding:
    """Length is checked when settings are read; what is left is how it came about."""
    if not settings.secret_key:
        return Finding(State.WARNING, "secret", "PORTAL_SECRET_KEY is not set: `portal up` makes one at its first start.")
    if len(set(settings.secret_key)) < 10:
        return Finding(
            State.WRONG, "secret", "PORTAL_SECRET_KEY is easy to guess: take one from `openssl rand -hex 32` before going live."
        )
    return Finding(State.OK, "secret", f"{len(settings.secret_key)} characters")


def data_folder(path: Path) -> Finding:
    if not path.exists():
        return Finding(State.OK, "data folder", f"{path} will be made.")
    if not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
        return Finding(State.WRONG, "data folder", f"{path} cannot be written to: correct its owner, or PORTAL_DATA_DIR.")
    return Finding(State.OK, "data folder", str(path))


def clicks_on_disk(folder: Path) -> Finding:
    """What the web server wrote down while PostgreSQL was away."""
    from portal.clicks import spool

    if damaged := spool.damaged(folder):
        text = f"{_files(damaged)} could not be read whole; what could is counted. See {folder}/*{spool.DAMAGED_SUFFIX}."
        return Finding(State.WARNING, "clicks", text)
    if waiting := spool.waiting(folder):
        text = f"{_files(waiting)} on the disk for PostgreSQL: web or worker copies them once it is there."
        return Finding(State.WARNING, "clicks", text)
    return Finding(State.OK, "clicks", "none wait on the disk")


async def database(url: str) -> Finding:
    if problem := await database_problem(url):
        return Finding(State.WRONG, "PostgreSQL", problem)
    version = await _database_version(url)
    if version < OLDEST_POSTGRES:
        return Finding(State.WRONG, "PostgreSQL", f"{place(url)} runs version {version}: {OLDEST_POSTGRES} or newer is needed.")
    return Finding(State.OK, "PostgreSQL", f"version {version} at {place(url)}")


async def migrations(url: str) -> Finding:
    from portal.migrations import pending

    try:
        behind = await pending(url)
    except AWAY:
        return Finding(State.WRONG, "schema", "Not known while the database does not answer.")
    if behind:
        return Finding(State.WRONG, "schema", BEHIND)
    return Finding(State.OK, "schema", "up to date")


async def figures(url: str) -> Finding:
    """Whether the figures of the last days are those of the clicks."""
    from portal.clicks.invariants import broken_lately

    await db.open(url)
    try:
        wrong = await broken_lately()
    except AWAY as error:
        return Finding(State.WARNING, "figures", f"They could not be looked at ({_reason(error)}).")
    finally:
        await db.close()
    if wrong:
        return Finding(State.WRONG, "figures", f"{'; '.join(wrong)}: run `portal rebuild-figures`.")
    return Finding(State.OK, "figures", "those of the last two days are those of the clicks")


async def redis(url: str) -> AsyncIterator[Finding]:
    if problem := await redis_problem(url):
        yield Finding(State.WRONG, "Redis", problem)
        return
    yield Finding(State.OK, "Redis", f"answers at {place(url)}")
    kept, policy = await _redis_config(url, "appendonly"), await _redis_config(url, "maxmemory-policy")
    if kept == "no":
        yield Finding(State.WARNING, "Redis", "It forgets sessions and queued work at a restart: set appendonly to yes.")
    if policy not in {"noeviction", ""}:
        yield Finding(State.WARNING, "Redis", f"It may drop queued work ({policy}): set maxmemory-policy to noeviction.")


async def providers(settings: Settings) -> AsyncIterator[Finding]:
    """Who carries messages where no workspace says otherwise, and what each provider says to our keys."""
    from portal.messages.providers import CARRIERS, missing, usual
    from portal.messages.words import Channel

    for channel in Channel:
        if usual(channel, settings) == "outbox":
            yield Finding(State.WARNING, channel.value, "Nothing is sent: messages stand on the outbox page.")
        for name in CARRIERS[channel]:
            if name != "outbox" and not missing(name, settings):
                yield await provider(name, channel.value, settings)
                if reason := await _rests(name, settings):
                    yield Finding(State.WARNING, channel.value, f"Messages wait, since it has failed: {reason}.")


async def provider(name: str, subject: str, settings: Settings) -> Finding:
    """What the provider says to our key."""
    from portal.messages.providers import Later, Refused, Uncertain, Unusable, make

    try:
        said = await asyncio.wait_for(make(name, settings).look(), LOOK)
    except (Unusable, Refused) as error:
        return Finding(State.WRONG, subject, f"{error}.")
    except (Later, Uncertain, TimeoutError) as error:
        return Finding(State.WARNING, subject, f"{str(error) or f'{name} did not answer'}: its key could not be looked at.")
    if without := _without_sender(name, settings):
        return Finding(State.WARNING, subject, f"{said} But {without} is not set: each workspace needs a sender of its own.")
    return Finding(State.OK, subject, said)


async def _rests(name: str, settings: Settings) -> str:
    """Why workers hand nothing to the provider at this moment; empty when they do, or when Redis does not say."""
    from portal import redis as shared
    from portal.messages import pace

    if not settings.redis_url:
        return ""
    await shared.open(settings.redis_url)
    try:
        return (await pace.standing(name)).reason
    finally:
        await shared.close()


def _without_sender(name: str, settings: Settings) -> str:
    given = settings.twilio_from if name == "twilio" else settings.email_from
    return "" if given else "TWILIO_FROM" if name == "twilio" else "PORTAL_EMAIL_FROM"


async def database_problem(url: str) -> str:
    """One sentence about why PostgreSQL cannot be used; empty if it can."""
    try:
        connection = await asyncpg.connect(url, timeout=5)
        await connection.close()
    except AWAY as error:
        return f"PostgreSQL at {place(url)} cannot be used ({_reason(error)}): start it, or correct DATABASE_URL."
    return ""


async def database_silence(url: str) -> str:
    """One sentence about a PostgreSQL that does not answer, which it may do again by itself; empty if it says yes, or no."""
    try:
        connection = await asyncpg.connect(url, timeout=2)
        await connection.close()
    except SILENT as error:
        return f"PostgreSQL at {place(url)} does not answer ({_reason(error)})."
    except AWAY:
        return ""
    return ""


async def redis_problem(url: str) -> str:
    """One sentence about why Redis cannot be used; empty if it can."""
    try:
        async with Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            await client.ping()
    except (RedisError, OSError, ValueError) as error:
        return f"Redis at {place(url)} cannot be used ({_reason(error)}): start it, or correct REDIS_URL."
    return ""


def place(url: str) -> str:
    """Where `url` points to, without name and password."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] + parts.path + (f"?{parts.query}" if parts.query.startswith("host=/") else "")


async def _database_version(url: str) -> int:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return connection.get_server_version().major
    finally:
        await connection.close()


async def _redis_config(url: str, name: str) -> str:
    """A setting of the server; empty where a hosted Redis does not tell."""
    try:
        async with Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5, decode_responses=True) as client:
            return str((await client.config_get(name)).get(name, ""))
    except RedisError:
        return ""


def _files(paths: Sequence[Path]) -> str:
    return "1 file of clicks" if len(paths) == 1 else f"{len(paths)} files of clicks"


def _reason(error: BaseException) -> str:
    said = str(error).strip().splitlines()
    return said[0].rstrip(".") if said else "no answer in time"
