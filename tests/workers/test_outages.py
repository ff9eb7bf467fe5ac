"""Worker and clock outlive a Redis that goes away, and one that was never there."""

import os
import shutil
import signal
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from portal import db
from portal.embedded import Valkey
from tests.cast import NOW, Northgate
from tests.messages.conftest import Life, life  # noqa: F401 - a fixture
from tests.servers import open_folder
from tests.workers.test_processes import CLOCK, WORKER, Running, move_clock, running, until


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """A Valkey that only this test's processes use."""
    folder: Path = open_folder("portal-outage-")
    server = Valkey(folder)
    server.start()
    before = os.environ["REDIS_URL"]
    os.environ["REDIS_URL"] = server.url
    yield server
    os.environ["REDIS_URL"] = before
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def kill(server: Valkey) -> None:
    assert server.process is not None
    server.process.kill()
    server.process.wait()


async def noticed(one: Running) -> bool:
    return "a store is away" in one.said()


async def end(processes: list[Running]) -> None:
    for one in processes:
        code, seconds = await one.stop()
        assert code == 0 and seconds < 10, one.said()


async def sent() -> int:
    return int(await db.value("SELECT count(*) FROM message WHERE state = 'sent'"))


async def test_a_redis_that_dies_and_comes_back_empty_loses_nothing(
    northgate: Northgate,
    life: Life,  # noqa: F811
    valkey: Valkey,
) -> None:
    move_clock(NOW)
    async with running(WORKER, CLOCK) as processes:
        await until(lambda: db.value("SELECT count(*) FROM message WHERE state = 'scheduled'"))
        kill(valkey)
        move_clock(NOW + timedelta(hours=3))
        await until(lambda: noticed(processes[1]))
        assert await sent() == 0
        shutil.rmtree(valkey.home / "appendonlydir", ignore_errors=True)
        valkey.launch()
        await until(sent)
        await end(processes)
        assert processes[1].said().count('"a store is away') <= 5, "once a chore, not every second"
    assert await life.events() == ["message_sent"]


async def test_without_redis_they_wait_and_still_stop_when_told(
    northgate: Northgate,
    life: Life,  # noqa: F811
    valkey: Valkey,
) -> None:
    kill(valkey)
    move_clock(NOW)
    async with running(WORKER, CLOCK) as processes:
        for one in processes:
            await until(partial(noticed, one))
        assert [one.process.poll() for one in processes] == [None, None]
        await end(processes)


async def test_a_redis_that_hangs_does_not_hold_up_the_end(
    northgate: Northgate,
    life: Life,  # noqa: F811
    valkey: Valkey,
) -> None:
    move_clock(NOW)
    async with running(WORKER, CLOCK) as processes:
        await until(lambda: db.value("SELECT count(*) FROM message WHERE state = 'scheduled'"))
        assert valkey.process is not None
        valkey.process.send_signal(signal.SIGSTOP)
        try:
            await end(processes)
        finally:
            valkey.process.send_signal(signal.SIGCONT)
