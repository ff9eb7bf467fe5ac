"""The real processes: they start, do what is due, survive losing their stores, and stop when told."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from portal import db, redis
from portal.integrations.ats import deliveries
from portal.integrations.ats.system import Sent
from portal.settings import ROOT, settings
from tests.cast import NOW, Northgate, add_channel, add_link
from tests.integrations.ats_way import connect
from tests.messages.conftest import AFTER_3H, Life, life, new_life  # noqa: F401 - a fixture
from workers.stores import beat_key

WORKER, CLOCK = "workers", "workers.schedule"
BOUND = 50.0
"""Seconds. Nothing here takes so long; starting four processes on a busy machine may take twenty."""


def move_clock(to: datetime) -> None:
    path = settings().clock_file
    assert path is not None
    path.write_text(str((to - datetime.now(UTC)).total_seconds()))


class Running:
    """A process of ours, and what it says on stderr."""

    def __init__(self, module: str, log: Path) -> None:
        self.log = log
        with log.open("wb") as said:
            self.process = subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, stderr=said)

    def said(self) -> str:
        return self.log.read_text()

    async def stop(self) -> tuple[int, float]:
        """Tell it to end: exit code, and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(self.process.wait, BOUND)
        return code, time.monotonic() - began


@asynccontextmanager
async def running(*modules: str) -> AsyncIterator[list[Running]]:
    with tempfile.TemporaryDirectory() as folder:
        started = [Running(module, Path(folder) / f"{n}.log") for n, module in enumerate(modules)]
        try:
            yield started
        finally:
            for one in started:
                one.process.kill()
                one.process.wait()


async def until(true: Callable[[], Awaitable[object]]) -> None:
    """Wait for it, at most `BOUND` seconds."""
    end = time.monotonic() + BOUND
    while not await true():
        assert time.monotonic() < end, "it did not come true"
        await asyncio.sleep(0.05)


async def alive(part: str) -> int:
    return int(await redis.client().exists(beat_key(part)))


async def add_hit(northgate: Northgate) -> UUID:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig-story")
    hit_id = db.new_id()
    await db.run(
        "INSERT INTO click_journal VALUES ($1, $2, 'click', $3, NULL, 'nurse-ig-story', 'redirected', 'GET', false, "
        "'Mozilla/5.0 (iPhone)', '', '', '', '', 'en', NULL)",
        hit_id,
        NOW,
        link_id,
    )
    return hit_id


async def test_what_is_due_is_done_and_both_stop_when_told(northgate: Northgate, life: Life) -> None:  # noqa: F811
    move_clock(NOW + timedelta(hours=3))
    hit_id = await add_hit(northgate)
    async with running(WORKER, CLOCK) as processes:
        await until(lambda: db.value("SELECT count(*) FROM click WHERE id = $1", hit_id))
        await until(lambda: db.value("SELECT count(*) FROM message WHERE state = 'sent'"))
        await until(lambda: alive("worker"))
        await until(lambda: alive("clock"))
        assert await db.value("SELECT count(*) FROM click_journal") == 0
        checks = [
            subprocess.run([sys.executable, "-m", "workers.check", part], cwd=ROOT, check=False) for part in ("worker", "clock")
        ]
        assert [check.returncode for check in checks] == [0, 0]
        for one in processes:
            code, seconds = await one.stop()
            assert code == 0 and seconds < 8, one.said()
            assert "Traceback" not in one.said()
    assert await life.events() == ["message_sent"]


async def test_who_starts_just_as_their_nudge_falls_due_is_nudged_all_the_same(northgate: Northgate) -> None:
    lives = [await new_life(northgate, email=f"ana{n}@example.com") for n in range(30)]
    await lives[0].plan()
    for one in lives:
        await one.stop()
    move_clock(NOW + timedelta(hours=3))
    async with running(WORKER, CLOCK):
        await until(lambda: db.value("SELECT count(*) = 30 FROM message WHERE step_key = 'unfinished-3h' AND state = 'sent'"))


async def test_several_clocks_and_workers_send_once(northgate: Northgate, life: Life) -> None:  # noqa: F811
    move_clock(NOW + timedelta(hours=3))
    connection = await connect(northgate, "plain")
    for number in range(5):
        await deliveries.receive(connection, Sent({}, f'{{"email": "p{number}@example.com"}}'.encode()), now=NOW)
    async with running(WORKER, WORKER, CLOCK, CLOCK):
        await until(lambda: db.value("SELECT count(*) = 5 FROM ats_delivery WHERE state = 'done'"))
        await until(lambda: db.value("SELECT count(*) FROM message WHERE state = 'sent'"))
        move_clock(NOW + timedelta(hours=24))
        await until(lambda: db.value("SELECT count(*) = 2 FROM message WHERE state = 'sent'"))
    assert await life.events() == ["message_sent", "message_sent"]
    assert await db.value("SELECT count(*) FROM application WHERE door = 'ats'") == 5
    assert await db.value("SELECT sum(attempts) FROM ats_delivery") == 5


async def test_a_clock_without_workers_piles_nothing_up(northgate: Northgate, life: Life) -> None:  # noqa: F811
    from workers import schedule

    move_clock(NOW)
    await db.run("UPDATE application SET plan_stale = true")
    chore = next(chore for chore in schedule.CHORES if chore.name == "planning")
    for _ in range(schedule.MOST_WAKE_UPS + 5):
        assert await schedule.do_once(chore)
    from workers import broker

    assert broker.waiting(broker.WAKE) == schedule.MOST_WAKE_UPS


async def test_a_claim_that_redis_does_not_take_is_given_back(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from workers import actors, schedule

    def refuse(message_id: str) -> None:
        raise ConnectionError("gone")

    await life.plan()
    monkeypatch.setattr(actors.deliver, "send", refuse)
    with pytest.raises(ConnectionError):
        await schedule.wake_delivery(AFTER_3H)
    assert (await life.message("3h"))["state"] == "scheduled"


async def test_a_worker_survives_losing_its_connections(northgate: Northgate, life: Life) -> None:  # noqa: F811
    move_clock(NOW)
    async with running(WORKER, CLOCK):
        await until(lambda: db.value("SELECT count(*) FROM message WHERE state = 'scheduled'"))
        await db.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await redis.client().client_kill_filter(_type="normal", skipme=True)
        await redis.client().flushall()
        move_clock(NOW + timedelta(hours=3))
        await until(lambda: db.value("SELECT count(*) FROM message WHERE state = 'sent'"))


async def test_a_killed_worker_is_stood_in_for(northgate: Northgate, life: Life) -> None:  # noqa: F811
    move_clock(NOW + timedelta(hours=3))
    await life.plan(NOW + timedelta(hours=3))
    async with running(CLOCK):
        await until(lambda: db.value("SELECT count(*) FROM message WHERE state = 'claimed'"))
        await redis.client().flushall()  # the call is lost with the worker that had taken it
        move_clock(NOW + timedelta(hours=3, seconds=70))
        async with running(WORKER):
            await until(lambda: db.value("SELECT count(*) FROM message WHERE state = 'sent'"))
    assert await life.events() == ["message_sent"]


@pytest.mark.no_stores
@pytest.mark.parametrize("module", [WORKER, CLOCK])
async def test_without_settings_they_say_what_is_missing(module: str) -> None:
    bare = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", module], cwd=ROOT, env=bare, capture_output=True, timeout=BOUND, check=False
    )
    assert done.returncode == 2
    assert done.stderr.decode().startswith("DATABASE_URL is not set") and b"Traceback" not in done.stderr


async def test_a_part_that_gave_no_sign_of_life_is_called_dead() -> None:
    done = subprocess.run([sys.executable, "-m", "workers.check", "worker"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 1 and b"no sign of life" in done.stderr


async def test_a_store_that_is_away_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    from workers import outages, schedule

    async def fail(now: datetime) -> None:
        raise ConnectionRefusedError("nobody there")

    async def work(now: datetime) -> None:
        return None

    for _ in range(3):
        assert not await schedule.do_once(schedule.Chore("a chore", 1, fail))
    assert await schedule.do_once(schedule.Chore("a chore", 1, work))
    out = capsys.readouterr().out
    assert out.count("a store is away") == 1 and out.count("the store is back") == 1
    assert outages.AWAY


async def test_a_chore_that_a_library_cancels_goes_on() -> None:
    from workers import schedule

    calls: list[datetime] = []

    async def cancelled(now: datetime) -> None:
        calls.append(now)
        raise asyncio.CancelledError

    running = asyncio.create_task(schedule.run((schedule.Chore("a chore", 0.01, cancelled),)))
    await until(lambda: asyncio.sleep(0, len(calls) > 2))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
