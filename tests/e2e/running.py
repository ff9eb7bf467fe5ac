"""A portal of real processes, in a folder of its own, whose clock is moved by hand."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import asyncpg
import psutil

from portal.datafolder import find_running
from portal.processes import tie
from portal.settings import ROOT
from tests.servers import open_folder

T = TypeVar("T")
OURS = ("PORTAL_", "DATABASE_URL", "REDIS_URL")
LONDON = ZoneInfo("Europe/London")
PATIENCE = 150.0
"""Seconds. The longest thing that may honestly take its time is a message in the hands of a worker that is killed: its lease of a
minute must run out. The rest is for machines that do much else."""


class Running:
    """`portal up`, from `start` to `stop`."""

    def __init__(self) -> None:
        self.folder = open_folder("portal-e2e-")
        self.clock = self.folder / "clock"
        self.said = self.folder / "said"
        self.url = f"http://127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        with self.said.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "portal", "up", *arguments],
                env={name: value for name, value in os.environ.items() if not name.startswith(OURS)}
                | {
                    "PORTAL_DATA_DIR": str(self.folder / "data"),
                    "PORTAL_PORT": self.url.rsplit(":", 1)[1],
                    "PORTAL_PUBLIC_URL": self.url,
                    "PORTAL_CLOCK_FILE": str(self.clock),
                    "PYTHONUNBUFFERED": "1",
                },
                cwd=ROOT,
                stdout=said,
                stderr=subprocess.STDOUT,
                preexec_fn=tie(signal.SIGTERM),  # noqa: PLW1509 - tests that are killed leave nothing behind
            )

    async def ready(self) -> str:
        """All it said, once it says that it is ready."""

        async def look() -> str:
            said = self.said.read_text()
            assert self._process is not None
            assert self._process.poll() is None, said[-2000:]
            return said if "The portal is ready" in said else ""

        return await wait_for(look, "the portal to be ready")

    async def setup_link(self) -> str:
        async def look() -> str:
            found = re.search(r"http://\S+/app/setup/\S+", self.said.read_text())
            return found[0] if found else ""

        await self.ready()
        return await wait_for(look, "the link of the first run")

    def stop(self) -> int:
        """End it as Ctrl-C would; its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=60)

    def close(self) -> None:
        """Stop it and forget everything."""
        try:
            if self._process is not None:
                self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- Time

    def set_clock(self, to: datetime) -> None:
        """From now on it is that time for the portal, and goes on from there."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str((to - datetime.now(UTC)).total_seconds()))
        fresh.replace(self.clock)

    def now(self) -> datetime:
        offset = float(self.clock.read_text()) if self.clock.exists() else 0.0
        return datetime.now(UTC) + timedelta(seconds=offset)

    # ---- Processes

    def processes(self, words: str) -> list[psutil.Process]:
        """Its living children, and theirs, whose arguments hold `words`."""
        assert self._process is not None
        found = psutil.Process(self._process.pid).children(recursive=True)
        return [process for process in found if words in _command(process)]

    def kill(self, words: str) -> None:
        """End these at once, without a chance to tidy up."""
        doomed = self.processes(words)
        assert doomed, f"nothing runs {words!r}"
        for process in doomed:
            process.kill()
        psutil.wait_procs(doomed, timeout=10)

    # ---- What is kept

    async def story(self) -> str:
        """What stands in the tables of people and messages, and what the processes said last: for whoever asks why it failed."""
        found = find_running(self.folder / "data")
        told = [f"it is {self.now():%d %B %H:%M:%S} there"]
        if found is not None:
            connection = await asyncpg.connect(found.database_url)
            try:
                for table in ("application", "message", "plan_change"):
                    told += [f"{table}: {dict(row)}" for row in await connection.fetch(f"SELECT * FROM {table} LIMIT 20")]
            finally:
                await connection.close()
        return "\n".join([*told, self.said.read_text()[-5000:]])

    async def change(self, sql: str, *values: object) -> None:
        """Change what is kept, where no page would: addresses of this machine, above all."""
        found = find_running(self.folder / "data")
        assert found is not None
        connection = await asyncpg.connect(found.database_url)
        try:
            await connection.execute(sql, *values)
        finally:
            await connection.close()

    async def count(self, what: str) -> int:
        """How many rows `what` (a table and a condition) names, for what no page shows."""
        found = find_running(self.folder / "data")
        assert found is not None
        connection = await asyncpg.connect(found.database_url)
        try:
            return int(await connection.fetchval(f"SELECT count(*) FROM {what}"))
        finally:
            await connection.close()


async def wait_for(look: Callable[[], Awaitable[T]], what: str) -> T:
    """What `look` finds, as soon as that is something. Fails when nothing comes."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := await look():
            return found
        await asyncio.sleep(0.2)
    raise AssertionError(f"waited {PATIENCE:.0f} s for {what}")


def ten_in_the_morning() -> datetime:
    """The next working day at ten, in London: a decent hour, with a long day ahead."""
    day = datetime.now(LONDON).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day.astimezone(UTC)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
