"""`portal up`: everything on one machine, started in order, looked after, ended in order."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import FrameType

from portal import clock, db, doctor, redis
from portal.datafolder import DataFolder, Running
from portal.embedded import Embedded
from portal.processes import CannotStart, Found, Part, command_of, tie
from portal.settings import Settings, settings

CHILDREN = {"web": ("-m", "portal", "serve"), "worker": ("-m", "workers"), "clock": ("-m", "workers.schedule")}
WEB_PATIENCE = 90
"""Seconds until web must answer."""
STEADY = 30
"""Seconds after which a process counts as having started well."""
LONGEST_PAUSE = 10
HOPELESS = 3
"""So many failed starts of web before it ever answered end the whole start."""


class Child(Part):
    """One part of the portal itself, as a process of its own."""

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        self.name = name
        self.arguments = arguments

    def launch(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *self.arguments],
            stdin=subprocess.DEVNULL,
            preexec_fn=tie(signal.SIGTERM),  # noqa: PLW1509 - two system calls, no lock taken
            process_group=0,  # Ctrl-C is for us alone, who end the children in order
        )


class Keeper:
    """Starts a part again when it ends: at once at first, then later each time that it did not last."""

    def __init__(self, part: Part, now: float) -> None:
        self.part = part
        self.failures = 0
        self._since = now
        self._due: float | None = None

    def look(self, now: float) -> bool:
        """Whether the part was started again. `now`: monotonic seconds."""
        if self._due is None:
            if (code := self.part.exit_code()) is not None:
                self.part.sweep()
                self._plan(now, how_it_ended(code))
            return False
        return now >= self._due and self._launch(now)

    def _launch(self, now: float) -> bool:
        self._due = None
        self._since = now
        try:
            self.part.launch()
        except (CannotStart, OSError) as error:
            self._plan(now, str(error))
            return False
        return True

    def _plan(self, now: float, why: str) -> None:
        self.failures = 1 if now - self._since > STEADY else self.failures + 1
        pause = min(0.25 * 2 ** (self.failures - 1), LONGEST_PAUSE)
        self._due = now + pause
        complain(f"{self.part.name}: {why}; starting it again in {pause:g} s.")


class Supervisor:
    """One run of `portal up`."""

    def __init__(self, given: Settings, *, demo: bool, programs: Mapping[str, Sequence[str]] = CHILDREN) -> None:
        """`programs`: name to Python's arguments, in the order in which they end; one is named web."""
        self.settings = given
        self.demo = demo
        self.programs = programs
        self.news: list[str] = []
        """What is said once the portal is ready."""
        self.keepers: list[Keeper] = []
        self.children: list[Child] = []
        self.embedded: Embedded | None = None
        self._asked = 0
        self._task: asyncio.Task[None] | None = None

    def run(self) -> int:
        """Until Ctrl-C or SIGTERM; 0. Raises `CannotStart` or `SettingsError` when it can't begin: nothing is left running."""
        self._listen()
        folder = DataFolder.open(self.settings.data_dir)
        try:
            with suppress(asyncio.CancelledError):
                asyncio.run(self._live(folder))
        finally:
            self._end()
            folder.withdraw()
            folder.close()
        return 0

    def _listen(self) -> None:
        signal.signal(signal.SIGINT, self._stop_asked)
        signal.signal(signal.SIGTERM, self._stop_asked)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else nohup asked for this
            signal.signal(signal.SIGHUP, self._stop_asked)

    def _stop_asked(self, signum: int, frame: FrameType | None) -> None:
        self._asked += 1
        if self._task is not None and not self._task.done():
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    async def _live(self, folder: DataFolder) -> None:
        self._task = asyncio.current_task()
        if self._asked:
            return
        end_leftovers(folder)
        check_port(self.settings)
        await self._start_servers(folder)
        await self._prepare()
        self._start_children(folder)
        await self._watch(folder)

    async def _start_servers(self, folder: DataFolder) -> None:
        """PostgreSQL and Valkey, where their URLs are not given, and everybody's settings completed with what they are."""
        given = self.settings
        self.embedded = Embedded(folder.path, postgres=not given.database_url, valkey=not given.redis_url)
        for server in self.embedded.servers:
            for _ in server.steps():
                await asyncio.sleep(0.02)
        if not given.secret_key and not self.embedded.servers:
            raise CannotStart(
                "PORTAL_SECRET_KEY is not set: give at least 32 characters, for instance from `openssl rand -hex 32`."
            )
        self.settings = replace(
            given,
            database_url=given.database_url or self.embedded.database_url,
            redis_url=given.redis_url or self.embedded.redis_url,
            secret_key=given.secret_key or folder.secret_key(),
        )
        publish(self.settings)

    async def _prepare(self) -> None:
        """The schema, and somebody who can sign in."""
        from portal.migrations import migrate

        await check_stores(self.settings)
        try:
            await migrate(self.settings.database_url)
        except RuntimeError as error:
            raise CannotStart(str(error)) from None
        await db.open(self.settings.database_url)
        await redis.open(self.settings.redis_url)
        try:
            self.news += await (demo_news() if self.demo else first_news())
        finally:
            await redis.close()
            await db.close()

    def _start_children(self, folder: DataFolder) -> None:
        servers = self.embedded.servers if self.embedded else []
        for name, arguments in self.programs.items():
            child = Child(name, arguments)
            self.children.append(child)
            child.launch()
        self.keepers = [Keeper(part, time.monotonic()) for part in (*servers, *self.children)]
        self._write_down(folder)

    def _write_down(self, folder: DataFolder) -> None:
        children = {child.name: child.process.pid for child in self.children if child.process}
        folder.announce(
            Running(
                pid=os.getpid(),
                database_url=self.settings.database_url,
                redis_url=self.settings.redis_url,
                children=children,
            )
        )

    async def _watch(self, folder: DataFolder) -> None:
        """Look after everything until cancelled; say so once web answers. Raises `CannotStart` if it never does."""
        began, ready = time.monotonic(), False
        while True:
            started = [keeper for keeper in self.keepers if keeper.look(time.monotonic())]
            if started:
                self._write_down(folder)
            if not ready:
                ready = await answers(self.settings)
                if ready:
                    self._announce()
                else:
                    self._lose_patience(time.monotonic() - began)
            await asyncio.sleep(0.1)

    def _announce(self) -> None:
        ready = f"The portal is ready: {self.settings.public_url}/app"
        say("\n".join([ready, f"Its data is in {self.settings.data_dir}. Ctrl-C stops it.", *self.news]))

    def _lose_patience(self, waited: float) -> None:
        failures = next(keeper.failures for keeper in self.keepers if keeper.part.name == "web")
        if failures >= HOPELESS:
            raise CannotStart(f"The web server stopped {failures} times while starting: what it said stands above.")
        if waited > WEB_PATIENCE:
            raise CannotStart(f"The web server did not answer within {WEB_PATIENCE} s: what it said stands above.")

    def _end(self) -> None:
        """Children in order, then Valkey, then PostgreSQL. A second Ctrl-C shortens what each gets."""
        for part in (*self.children, *(self.embedded.servers if self.embedded else ())):
            part.stop(lambda: self._asked > 1)


def end_leftovers(folder: DataFolder) -> None:
    """Children of a run that was killed may still be on their way out, and hold the port."""
    left = folder.left_behind()
    for pid in left.children.values() if left else ():
        command = command_of(pid)
        if any(f" {' '.join(arguments)} " in f"{command} " for arguments in CHILDREN.values()):
            Found(pid, command).stop(Part.stages)


def check_port(chosen: Settings) -> None:
    """Raises `CannotStart` when web could not listen where it should."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(chosen.host, chosen.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        raise CannotStart(f"PORTAL_HOST is {chosen.host!r}, which is no address of this machine.") from None
    except PermissionError:
        raise CannotStart(f"Port {chosen.port} needs more rights: choose one from 1024 on with PORTAL_PORT.") from None
    except OSError as error:
        raise CannotStart(
            f"Port {chosen.port} of {chosen.host} cannot be used ({error.strerror}): "
            "stop what uses it, or choose another with PORTAL_PORT."
        ) from None


async def check_stores(complete: Settings) -> None:
    """Raises `CannotStart` when PostgreSQL or Redis cannot be used."""
    problem = await doctor.database_problem(complete.database_url) or await doctor.redis_problem(complete.redis_url)
    if problem:
        raise CannotStart(problem)


def publish(complete: Settings) -> None:
    """Put `complete` into the environment: the children's settings, and those of this process."""
    os.environ |= {
        "PORTAL_DATA_DIR": str(complete.data_dir),
        "PORTAL_HOST": complete.host,
        "PORTAL_PORT": str(complete.port),
        "PORTAL_PUBLIC_URL": complete.public_url,
        "PORTAL_SECRET_KEY": complete.secret_key,
        "DATABASE_URL": complete.database_url,
        "REDIS_URL": complete.redis_url,
    }
    settings.cache_clear()


async def first_news() -> list[str]:
    """How to make the first workspace, when there is none."""
    from portal.accounts.setup import setup_link

    link = await setup_link()
    return [f"Make your workspace here (the link works once): {link}"] if link else []


async def demo_news() -> list[str]:
    """Load the demo if there is no workspace yet; who can sign in to it."""
    from portal.accounts.workspaces import list_workspaces
    from portal.demo import SIGN_INS, load_demo

    lines: list[str] = []
    if not await list_workspaces():
        say("Loading the demo: some seconds.")
        lines += (await load_demo(now=clock.now())).lines
    elif not await db.value("SELECT count(*) FROM member WHERE email = $1", SIGN_INS[0][1]):
        return ["This data folder holds a workspace already: the demo was not loaded."]
    os.environ["PORTAL_DEMO"] = "1"
    return lines + [f"Sign in as {role}: {email}, password {password}" for role, email, password in SIGN_INS]


async def answers(chosen: Settings) -> bool:
    """Whether web says that it is well."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(chosen.host, chosen.host)  # noqa: S104 - compared, not bound
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host, chosen.port)
            writer.write(f"GET /health HTTP/1.1\r\nHost: {chosen.host}\r\nConnection: close\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return status.split(b" ")[1:2] == [b"200"]


def how_it_ended(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def say(line: str) -> None:
    with suppress(OSError):  # a closed terminal must not keep us from stopping in order
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def complain(line: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"portal: {line}\n")
        sys.stderr.flush()
