"""PostgreSQL: the engine that Piccolo's tables use, transactions, and plain SQL where Piccolo has no words for it.

Values of ``jsonb`` columns are Python dicts and lists on both ways; never a bare string, since Piccolo hands strings over
already encoded.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import uuid_utils
from asyncpg.pgproto import pgproto
from asyncpg.pool import PoolConnectionProxy
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

Row = asyncpg.Record
AWAY = (
    OSError,  # TimeoutError is one
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What asyncpg raises when the server is gone, going, or not yet there: no fault of what was being done."""

CONNECTING, WAITING, ANSWERING, CLOSING = 5.0, 10.0, 30.0, 3.0
"""Seconds for a new connection, for one from the pool, for a query, and for the pool to close."""


class SafeTransaction(PostgresTransaction):
    """Forgets itself whatever happens at its end.

    Piccolo's own keeps the task bound to a dead connection when the server ends it in the middle, and every later query of
    that task fails: ruinous for a loop that lives for weeks. It also keeps the connection when the transaction can't begin.
    """

    async def __aenter__(self) -> PostgresTransaction:
        try:
            return await super().__aenter__()
        except BaseException:
            if not self._parent and hasattr(self, "connection"):
                self.connection.terminate()  # which also tells the pool
            raise

    async def get_connection(self) -> asyncpg.Connection | PoolConnectionProxy:
        return await (self.engine.pool.acquire(timeout=WAITING) if self.engine.pool else self.engine.get_new_connection())

    async def __aexit__(
        self, exception_type: type[BaseException] | None, exception: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if self._parent:
            return False
        try:
            await self._finish(exception)
        finally:
            self.engine.current_transaction.reset(self.context)
            if self.engine.pool:
                await self.engine.pool.release(self.connection)
            else:
                await self.connection.close()
        return False

    async def _finish(self, exception: BaseException | None) -> None:
        if self._committed or self._rolled_back:
            return
        if exception is None:
            await self.commit()  # type: ignore[no-untyped-call]
        elif not self.connection.is_closed():
            await self.rollback()  # type: ignore[no-untyped-call]


class Database(PostgresEngine):
    """Piccolo's engine without its look at the server at import time, and with `SafeTransaction`."""

    def __init__(self) -> None:
        super().__init__(config={"dsn": ""})

    async def check_version(self) -> None:
        """Not at import: `portal doctor` and the start-up say it better."""

    async def prep_database(self) -> None:
        """The portal needs no extension."""

    def transaction(self, allow_nested: bool = True) -> PostgresTransaction:
        return SafeTransaction(engine=self, allow_nested=allow_nested)


async def _teach_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda v: v if isinstance(v, str) else json.dumps(v), decoder=_decode
    )


def _decode(text: str) -> Any:
    try:
        return msgspec.json.decode(text)  # in a third of the time
    except msgspec.MsgspecError:  # numbers that no float holds: others may have sent some
        return json.loads(text)


async def _keep_as_it_is(connection: asyncpg.Connection) -> None:
    """asyncpg would ask the server to forget what a session had set, after each use: a round trip more for every query. Nothing
    here sets anything for longer than a transaction, and asyncpg rolls those back by itself; a test holds that."""


DB = Database()


async def open(url: str, max_size: int = 10) -> None:  # noqa: A001 - read as db.open()
    """Make the pool. Does not connect: a server that is away stops no process from starting, and each query says that it is
    away (`AWAY`) until it is back."""
    DB.config = {"dsn": url}
    limits = {"timeout": CONNECTING, "command_timeout": ANSWERING}
    # To compile a query, or to call helpers for it, takes longer than most of ours run.
    plain = {"server_settings": {"jit": "off", "max_parallel_workers_per_gather": "0"}}
    await DB.start_connection_pool(init=_teach_json, reset=_keep_as_it_is, min_size=0, max_size=max_size, **limits, **plain)


async def close() -> None:
    """Waits for what is under way, but not for a server that hangs."""
    pool, DB.pool = DB.pool, None
    if pool is None:
        return
    try:
        async with asyncio.timeout(CLOSING):
            await pool.close()
    except TimeoutError:
        pool.terminate()


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Everything inside commits together or not at all. Inside another, it is part of that one. Never gather inside."""
    async with DB.transaction():
        yield


@asynccontextmanager
async def planned_for_its_values() -> AsyncIterator[None]:
    """A transaction whose questions are planned for the values that they have. After five times PostgreSQL may keep a plan for
    any values, which serves few rows best; where many would be sorted and cut off, it takes seconds instead of milliseconds."""
    async with transaction():
        await run("SET LOCAL plan_cache_mode = force_custom_plan")
        yield


@asynccontextmanager
async def connection() -> AsyncIterator[asyncpg.Connection | PoolConnectionProxy]:
    """The connection of the transaction under way, else one from the pool."""
    current = DB.current_transaction.get()
    if current is not None:
        yield current.connection
        return
    pool = DB.pool
    if pool is None:
        raise RuntimeError("db.open() has not been called")
    async with asyncio.timeout(WAITING):  # the pool's own `timeout` makes a task of it each time
        fresh = await pool.acquire()
    try:
        yield fresh
    finally:
        await pool.release(fresh)


AT_ONCE = 4
"""Questions of one `side_by_side`. A server with few cores answers twenty at once no sooner, and others want connections too."""
_turns: ContextVar[asyncio.Semaphore | None] = ContextVar("turns", default=None)


async def side_by_side(*questions: Coroutine[Any, Any, Any]) -> list[Any]:
    """Their answers, `AT_ONCE` with those of each `side_by_side` within them. Each has a connection of its own, except in a
    transaction, which is one connection: there, one by one."""
    if len(questions) < 2 or DB.current_transaction.get() is not None:
        return [await question for question in questions]
    if _turns.get() is not None:
        return list(await asyncio.gather(*questions))
    token = _turns.set(asyncio.Semaphore(AT_ONCE))
    try:
        return list(await asyncio.gather(*questions))
    finally:
        _turns.reset(token)


@asynccontextmanager
async def _turn() -> AsyncIterator[asyncpg.Connection | PoolConnectionProxy]:
    """A connection, when it is one's turn. Nobody waits for another turn while it is theirs."""
    turns = _turns.get()
    if turns is None:
        async with connection() as c:
            yield c
    else:
        async with turns, connection() as c:
            yield c


async def rows(sql: str, *args: Any) -> list[Row]:
    """All rows of `sql`, whose parameters are written ``$1``, ``$2``."""
    async with _turn() as c:
        return list(await c.fetch(sql, *args))


async def row(sql: str, *args: Any) -> Row | None:
    """The first row of `sql`, or None."""
    async with _turn() as c:
        return await c.fetchrow(sql, *args)


async def value(sql: str, *args: Any) -> Any:
    """The first column of the first row of `sql`, or None."""
    async with _turn() as c:
        return await c.fetchval(sql, *args)


async def run(sql: str, *args: Any) -> int:
    """Do `sql`; how many rows it touched."""
    async with connection() as c:
        status = await c.execute(sql, *args)
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdecimal() else 0


async def run_many(sql: str, args: Sequence[Sequence[Any]]) -> None:
    """Do `sql` once for each of `args`, in one round trip."""
    async with connection() as c:
        await c.executemany(sql, args)


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562): ids made later sort later, so an index on them grows at its end."""
    return pgproto.UUID(uuid_utils.uuid7().bytes)  # a `uuid.UUID` too, but made, and written, many times as fast
