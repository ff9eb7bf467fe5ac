"""What the portal adds to Piccolo's engine."""

import asyncpg
import pytest

from portal import db
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
