"""The redirect with everything on, beside a bare one, alternated in one run.

The load generator is Python and shares the machine with the server, so requests per second are too low for both; the cost of
one request in the server's own CPU time is not touched by that, and is the figure to read.
"""

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from portal import db
from portal.migrations import migrate
from portal.settings import settings
from tests.bench.load import Load, load
from tests.cast import add_channel, add_job, add_link, add_workspace
from tests.servers import start_test_servers

ROUNDS = 5
SECONDS = 3.0
CONNECTIONS = 32
SLUG = "nurse-ig-story"


@dataclass
class Round:
    load: Load
    cpu: float
    """Microseconds of the server's CPU for one request."""


def run() -> None:
    servers = start_test_servers()
    try:
        os.environ |= {
            "DATABASE_URL": servers.create_database("bench"),
            "REDIS_URL": servers.redis_url,
            "PORTAL_SECRET_KEY": "a-secret-for-benchmarks-and-nothing-else",
            "PORTAL_DATA_DIR": str(servers.folder / "portal"),
        }
        settings.cache_clear()
        asyncio.run(_prepare())
        with _server("tests.bench.bare:app", factory=False) as bare, _server("portal.app:create_app", factory=True) as whole:
            asyncio.run(load(whole.port, f"/{SLUG}", connections=CONNECTIONS, seconds=1))
            rounds = [(_measure(bare), _measure(whole)) for _ in range(ROUNDS)]
    finally:
        servers.stop()
    _report(rounds)


async def _prepare() -> None:
    await migrate(settings().database_url)
    await db.open(settings().database_url)
    workspace_id = await add_workspace()
    job_id = await add_job(workspace_id, slug="night-nurse-leeds", deadline_at=None)
    await add_link(workspace_id, job_id, await add_channel(workspace_id), SLUG)
    await db.close()


@dataclass
class Server:
    port: int
    process: subprocess.Popen[bytes]

    def cpu(self) -> float:
        """Seconds that it and its children have used."""
        whole = psutil.Process(self.process.pid)
        used = [p.cpu_times() for p in (whole, *whole.children(recursive=True))]
        return sum(t.user + t.system for t in used)


@contextmanager
def _server(target: str, *, factory: bool) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["--interface", "asgi", "--port", str(port), "--loop", "uvloop", "--http", "1", "--log-level", "error", "--no-ws"]
    process = subprocess.Popen([sys.executable, "-m", "granian", *words, *(["--factory"] if factory else []), target])
    try:
        _wait_until_open(port)
        yield Server(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait_until_open(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not open its port")


def _measure(server: Server) -> Round:
    before = server.cpu()
    seen = asyncio.run(load(server.port, f"/{SLUG}", connections=CONNECTIONS, seconds=SECONDS))
    if seen.wrong:
        raise RuntimeError(f"{seen.wrong} answers were no redirect")
    return Round(seen, (server.cpu() - before) / len(seen.waits) * 1e6)


def _report(rounds: list[tuple[Round, Round]]) -> None:
    print(f"redirect, {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS:g} s each, alternated; medians")
    for name, one in (("bare 302", 0), ("portal", 1)):
        taken = [pair[one] for pair in rounds]
        mid = statistics.median
        print(
            f"  {name:10} {mid(r.load.per_second for r in taken):8,.0f}/s   p50 {mid(r.load.wait(0.5) for r in taken):6.2f} ms   "
            f"p99 {mid(r.load.wait(0.99) for r in taken):6.2f} ms   {mid(r.cpu for r in taken):6.1f} us CPU a request"
        )
    rate = [whole.load.per_second / bare.load.per_second for bare, whole in rounds]
    cpu = [bare.cpu / whole.cpu for bare, whole in rounds]
    print(f"  portal : bare, requests per second {statistics.median(rate):.2f} ({min(rate):.2f}-{max(rate):.2f})")
    print(f"  bare : portal, CPU of a request    {statistics.median(cpu):.2f} ({min(cpu):.2f}-{max(cpu):.2f})")
