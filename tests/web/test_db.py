"""What the portal adds to Piccolo's engine."""

import asyncio
import contextlib

import asyncpg
import psutil
import pytest

from portal import db
from portal.settings import settings
from portal.web.errors import AWAY
from tests.cast import add_workspace


async def test_a_transaction_commits_together_or_not_at_all() -> None:
    with pytest.raises(RuntimeError):
        async with db.transaction():
            await add_workspace()
            raise RuntimeError("stop")
    assert await db.value("SELECT count(*) FROM workspace") == 0


async def test_a_transaction_inside_another_is_part_of_it() -> None:
    with pytest.raises(RuntimeError):
        async with db.transaction():
            async with db.transaction():
                await add_workspace()
            raise RuntimeError("stop")
    assert await db.value("SELECT count(*) FROM workspace") == 0


async def test_a_connection_that_dies_inside_a_transaction_does_not_poison_the_task() -> None:
    with pytest.raises(AWAY):
        async with db.transaction():
            pid = await db.value("SELECT pg_backend_pid()")
            other = await asyncpg.connect(db.DB.config["dsn"])
            await other.execute("SELECT pg_terminate_backend($1)", pid)
            await other.close()
            await db.value("SELECT 1")
    assert await db.value("SELECT 1") == 1
    async with db.transaction():
        assert await db.value("SELECT 2") == 2


async def test_jsonb_goes_in_and_out_as_python_values() -> None:
    assert await db.value("SELECT $1::jsonb", {"a": [1, "é"]}) == {"a": [1, "é"]}


async def test_run_says_how_many_rows_it_touched() -> None:
    await add_workspace("One")
    await add_workspace("Two")
    assert await db.run("UPDATE workspace SET language = 'es'") == 2


async def test_ids_made_later_sort_later() -> None:
    ids = [db.new_id() for _ in range(1000)]
    assert ids == sorted(ids)


NOWHERE = "postgresql://postgres@127.0.0.1:1/nothing"


@pytest.mark.no_stores
async def test_it_opens_without_a_server_and_each_query_says_that_it_is_away() -> None:
    await db.open(NOWHERE)
    try:
        for _ in range(20):
            with pytest.raises(db.AWAY):
                await db.value("SELECT 1")
            with pytest.raises(db.AWAY):
                async with db.transaction():
                    raise AssertionError("it cannot have begun")
    finally:
        await db.close()


@pytest.mark.no_stores
async def test_a_server_that_comes_back_is_used_again(environment: None) -> None:
    """More often than the pool has connections: none is kept by a failure."""
    await db.open(NOWHERE, max_size=2)
    assert db.DB.pool is not None
    try:
        for _ in range(5):
            with pytest.raises(db.AWAY):
                await db.value("SELECT 1")
        db.DB.pool.set_connect_args(dsn=settings().database_url, command_timeout=30)
        assert await db.value("SELECT 1") == 1
        async with db.transaction():
            assert await db.value("SELECT 2") == 2
    finally:
        await db.close()


async def test_a_transaction_that_cannot_begin_gives_its_connection_back() -> None:
    """Its server hangs, so that the connection is neither usable nor closed."""
    url = db.DB.config["dsn"]
    await db.close()
    await db.open(url, max_size=1)
    pid = await db.value("SELECT pg_backend_pid()")
    backend = psutil.Process(pid)
    backend.suspend()
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                async with db.transaction():
                    raise AssertionError("it cannot have begun")
        async with asyncio.timeout(20):
            assert await db.value("SELECT pg_backend_pid()") != pid
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            backend.resume()


async def test_questions_side_by_side_leave_connections_to_others() -> None:
    """However many they are, and however deep."""
    url = db.DB.config["dsn"]
    await db.close()
    await db.open(url)

    async def ask(number: int) -> int:
        return int(await db.value("SELECT $1::integer FROM pg_sleep(0.01)", number))

    async def ask_more(number: int) -> list[int]:
        return await db.side_by_side(*(ask(10 * number + n) for n in range(4)))

    answers = await db.side_by_side(*(ask_more(number) for number in range(4)), ask(99))
    assert answers == [[10 * number + n for n in range(4)] for number in range(4)] + [99]
    assert db.DB.pool is not None
    assert db.DB.pool.get_size() == db.AT_ONCE < db.DB.pool.get_max_size()


async def test_closing_does_not_wait_for_a_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "CLOSING", 0.2)
    backend = psutil.Process(await db.value("SELECT pg_backend_pid()"))
    backend.suspend()
    try:
        asking = asyncio.create_task(db.value("SELECT 1"))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(20):
            await db.close()
            with pytest.raises(db.AWAY):
                await asking
    finally:
        backend.resume()
        await db.open(settings().database_url)
