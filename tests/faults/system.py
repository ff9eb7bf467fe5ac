"""A portal of real processes, each of which can be killed, stopped, frozen and started by itself.

Two web servers share nothing but the data folder; one worker, one clock; PostgreSQL and Valkey with everything durable.
"""

import asyncio
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from portal.embedded import Postgres, Server, Valkey
from portal.processes import tie
from portal.settings import ROOT, settings
from portal.supervisor import CHILDREN
from tests.faults.wire import BROKEN, fetch
from tests.servers import open_folder

OURS = ("PORTAL_", "DATABASE_URL", "REDIS_URL")
WEBS = ("web-a", "web-b")
PATIENCE = 90.0
"""Seconds that a start may take on a machine that does much else."""


class Part:
    """Something that runs. Nothing restarts it but the test."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        raise NotImplementedError

    async def start(self) -> None:
        """Returns when it works."""
        raise NotImplementedError

    def tree(self) -> list[psutil.Process]:
        """It and its living children, itself first."""
        with suppress(psutil.NoSuchProcess):
            whole = psutil.Process(self.process.pid)
            return [whole, *whole.children(recursive=True)]
        return []

    async def kill(self) -> None:
        """All of it at once, without a chance to tidy up; frozen first, so that none of it sees another one die."""
        await self.freeze()
        doomed = self.tree()
        for process in doomed:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        await self._gone(doomed)

    async def stop(self, signum: signal.Signals) -> None:
        """Tell it to end, and wait until all of it has."""
        all_of_it = self.tree()
        self.process.send_signal(signum)
        await self._gone(all_of_it)

    async def freeze(self) -> None:
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    async def thaw(self) -> None:
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    async def _gone(self, processes: Sequence[psutil.Process]) -> None:
        await until(lambda: self.process.poll() is not None and not any(map(_alive, processes)), f"{self.name} to end")


class Store(Part):
    """PostgreSQL or Valkey, out of its wheel."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.name)
        self.server = server

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self.server.process is not None
        return self.server.process

    async def start(self) -> None:
        for _ in self.server.steps():
            await asyncio.sleep(0.05)


class Program(Part):
    """A command of the portal. Each launch writes a log of its own."""

    def __init__(self, name: str, arguments: Sequence[str], environment: dict[str, str], folder: Path) -> None:
        super().__init__(name)
        self._arguments, self._environment, self._folder = arguments, environment, folder
        self._process: subprocess.Popen[bytes] | None = None
        self.launches = 0
        self.mute = False
        """Whether whoever was to read what it says is gone."""

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    @property
    def log(self) -> Path:
        return self.log_of(self.launches)

    def said(self) -> str:
        """The end of its log."""
        return "" if self.mute else self.log.read_text()[-3000:]

    def log_of(self, launch: int) -> Path:
        return self._folder / f"{self.name}.{launch}.log"

    async def start(self) -> None:
        self.launch()

    def launch(self, longest_file: int | None = None) -> None:
        """`longest_file`: the bytes at which every file of it is full, as on a disk without room."""
        self.launches += 1
        with _broken_pipe() if self.mute else self.log.open("wb") as log:
            self._process = self._run(log, _prepared(longest_file))

    def _run(self, log: IO[bytes], prepared: Callable[[], None]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, *self._arguments],
            env=self._environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=prepared,  # noqa: PLW1509 - tests that are killed leave nothing behind
            process_group=0,
        )


class Web(Program):
    """`portal serve`. While `steady`, nothing excuses an answer that does not come; each new `epoch` ends what was promised."""

    def __init__(self, name: str, port: int, environment: dict[str, str], folder: Path) -> None:
        super().__init__(name, CHILDREN["web"], environment | {"PORTAL_PORT": str(port)}, folder)
        self.port = port
        self.epoch = 0
        self.steady = False
        self.lost: Counter[int] = Counter()
        """By launch: the hits that it said it had lost, when it was last asked."""
        self.without_room: set[int] = set()
        """The launches whose disk was full."""

    async def start(self) -> None:
        self.launch()
        await self.up()

    async def up(self) -> None:
        """Returns when it answers."""
        end = time.monotonic() + PATIENCE
        while not await self.healthy():
            assert self.process.poll() is None, f"{self.name} ended while starting:\n{self.said()}"
            assert time.monotonic() < end, f"{self.name} does not answer:\n{self.said()}"
            await asyncio.sleep(0.05)
        self.epoch += 1
        self.steady = True

    def excuse(self) -> None:
        """It is about to be harmed."""
        self.epoch += 1
        self.steady = False

    async def kill(self) -> None:
        await self.note_lost()
        self.excuse()
        await super().kill()

    async def stop(self, signum: signal.Signals) -> None:
        await self.note_lost()
        self.excuse()
        await super().stop(signum)

    async def freeze(self) -> None:
        self.excuse()
        await super().freeze()

    async def thaw(self) -> None:
        await super().thaw()
        await self.up()

    async def kill_child(self) -> None:
        """The process that answers, behind the one that looks after it."""
        await self.note_lost()
        self.excuse()
        children = self.tree()[1:]
        for child in children:
            child.kill()
        await until(lambda: not any(map(_alive, children)), f"the children of {self.name} to end")

    async def note_lost(self) -> None:
        """To be asked once, before it ends."""
        self.lost[self.launches] += await self.said_lost()

    async def said_lost(self) -> int:
        """Hits, less those that a slow disk took after all."""
        return await self.metric("portal_clicks_lost_total") - await self.metric("portal_clicks_late_total")

    async def ready(self) -> dict[str, str | int]:
        answer: dict[str, str | int] = json.loads((await fetch(self.port, "/ready")).body)
        return answer

    async def metric(self, name: str) -> int:
        """What this launch says at /metrics. Raises when it does not answer, which it must."""
        said = await fetch(self.port, "/metrics")
        lines = dict(line.rsplit(" ", 1) for line in said.body.decode().splitlines() if not line.startswith("#"))
        return int(float(lines[name]))

    async def healthy(self) -> bool:
        with suppress(*BROKEN):
            return (await fetch(self.port, "/health", 2)).status == 200
        return False


class System:
    """All of it, from `open` to `close`."""

    def __init__(self) -> None:
        self.folder = open_folder("portal-faults-")
        self.data = self.folder / "data"
        self.data.mkdir()
        self.postgres, self.valkey = Store(Postgres(self.folder)), Store(Valkey(self.folder))
        self._mounted = False

    async def open(self) -> None:
        """Start the stores, then name the programs. They are started by `start_programs`, once there is a schema."""
        await self.postgres.start()
        await self.valkey.start()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | {
            "PORTAL_DATA_DIR": str(self.data),
            "PORTAL_SECRET_KEY": settings().secret_key,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.valkey.server.url,
        }
        self.webs = [Web(name, port, environment, self.folder) for name, port in zip(WEBS, free_ports(len(WEBS)), strict=True)]
        self.worker = Program("worker", CHILDREN["worker"], environment, self.folder)
        self.clock = Program("clock", CHILDREN["clock"], environment, self.folder)

    @property
    def database_url(self) -> str:
        return self.postgres.server.url

    @property
    def spool(self) -> Path:
        return self.data / "spool"

    @property
    def programs(self) -> list[Program]:
        return [*self.webs, self.worker, self.clock]

    @property
    def parts(self) -> dict[str, Part]:
        return {part.name: part for part in (*self.programs, self.postgres, self.valkey)}

    async def start_programs(self) -> None:
        await asyncio.gather(*(program.start() for program in self.programs))

    def web(self, name: str) -> Web:
        return next(web for web in self.webs if web.name == name)

    def mount_spool(self, size: int) -> bool:
        """Give the spool a file system of its own, of `size` bytes; whether we may."""
        self.spool.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "portal-faults", str(self.spool)]
        self._mounted = os.geteuid() == 0 and subprocess.run(words, check=False, capture_output=True).returncode == 0
        return self._mounted

    def close(self) -> None:
        """End everything that was started, and forget it."""
        programs = self.programs if hasattr(self, "webs") else []
        doomed = [process for program in programs if program.launches for process in program.tree()]
        for process in doomed:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(doomed, timeout=10)
        for store in (self.valkey, self.postgres):
            if store.server.process is not None:
                for process in store.tree():
                    with suppress(psutil.NoSuchProcess):
                        process.resume()
                store.server.stop(hurry=lambda: True)
        if self._mounted:
            subprocess.run(["umount", str(self.spool)], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Below those that the system gives to clients: a client that taps a dead server could be given the server's own port, and so
    be connected to itself and keep the server from coming back."""
    found: list[int] = []
    for port in random.sample(range(15_000, 32_000), 200):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no port is free")


async def until(true: Callable[[], bool], what: str) -> None:
    """Wait for it. Fails when it does not come true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited {PATIENCE:.0f} s for {what}"
        await asyncio.sleep(0.02)


def title_of(process: psutil.Process) -> str:
    """Its arguments; empty when it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _broken_pipe() -> IO[bytes]:
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "wb")


def _prepared(longest_file: int | None) -> Callable[[], None]:
    """What a child does before it becomes the program."""
    tied = tie(signal.SIGTERM)

    def prepare() -> None:
        if tied is not None:
            tied()
        if longest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (longest_file, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    return prepare
