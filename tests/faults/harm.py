"""What is done to the system, and undone again. One function a fault: a context manager that breaks, and mends at its end."""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import psutil

from tests.faults.system import PATIENCE, WEBS, System, Web, title_of, until

Harm = Callable[[System], AbstractAsyncContextManager[None]]
FULL_AT = 128
"""Bytes: less than one hit needs. (A file that takes no more is followed by another, which would take some.)"""


@dataclass(frozen=True)
class Fault:
    name: str
    touches: frozenset[str] = field(repr=False)
    """The parts it harms: what has none in common with it can happen at the same time."""
    harm: Harm = field(repr=False, compare=False)
    outage: bool = False
    """Held as long as PostgreSQL's outage is to last, not for a moment."""


def killed(name: str) -> Harm:
    @asynccontextmanager
    async def harm(system: System) -> AsyncIterator[None]:
        await system.parts[name].kill()
        yield
        await system.parts[name].start()

    return harm


def told_to_end(name: str) -> Harm:
    """As at each new version: what is under way is still answered."""

    @asynccontextmanager
    async def harm(system: System) -> AsyncIterator[None]:
        await system.parts[name].stop(signal.SIGTERM)
        yield
        await system.parts[name].start()

    return harm


def frozen(name: str) -> Harm:
    @asynccontextmanager
    async def harm(system: System) -> AsyncIterator[None]:
        await system.parts[name].freeze()
        yield
        await system.parts[name].thaw()

    return harm


def child_killed(name: str) -> Harm:
    """The process that answers, whose parent starts another; or ends too when that happens soon again, and is started anew."""

    @asynccontextmanager
    async def harm(system: System) -> AsyncIterator[None]:
        web = system.web(name)
        await web.kill_child()
        await until(lambda: len(web.tree()) > 1 or web.process.poll() is not None, f"{name} to have a child again")
        if web.process.poll() is not None:
            web.launch()
        await web.up()
        yield

    return harm


@asynccontextmanager
async def postgres_stopped(system: System) -> AsyncIterator[None]:
    await system.postgres.stop(signal.SIGINT)
    yield
    await system.postgres.start()


@asynccontextmanager
async def postmaster_killed(system: System) -> AsyncIterator[None]:
    """Its children notice, and end by themselves."""
    system.postgres.process.kill()
    yield
    await system.postgres.start()


@asynccontextmanager
async def backend_killed(system: System) -> AsyncIterator[None]:
    """PostgreSQL ends all others then, and plays its log back."""
    (await _backends(system))[0].kill()
    yield


@asynccontextmanager
async def backends_ended(system: System) -> AsyncIterator[None]:
    """As an administrator would."""
    for backend in await _backends(system):
        backend.terminate()
    yield


@asynccontextmanager
async def backends_frozen(system: System) -> AsyncIterator[None]:
    """Those that are connected hang, and new ones work."""
    held = await _backends(system)
    for backend in held:
        backend.suspend()
    yield
    for backend in held:
        if backend.is_running():
            backend.resume()


async def _backends(system: System) -> list[psutil.Process]:
    """PostgreSQL's processes that serve somebody, as soon as there are any: their titles say for whom and from where."""
    found: list[psutil.Process] = []

    def look() -> bool:
        found[:] = [process for process in system.postgres.tree()[1:] if SERVES.search(title_of(process))]
        return bool(found)

    await until(look, "somebody to be connected to PostgreSQL")
    return found


@asynccontextmanager
async def both_stores_away(system: System) -> AsyncIterator[None]:
    async with killed("PostgreSQL")(system), killed("Valkey")(system):
        yield


@asynccontextmanager
async def started_without_stores(system: System) -> AsyncIterator[None]:
    """The web server is started while both stores are away, and must redirect from its first answer on."""
    async with both_stores_away(system):
        async with killed("web-a")(system):
            pass
        yield


@asynccontextmanager
async def all_killed(system: System) -> AsyncIterator[None]:
    """As when the power fails. The programs are back before the stores."""
    await asyncio.gather(*(part.kill() for part in system.parts.values()))
    yield
    await asyncio.gather(*(part.start() for part in system.parts.values()))


@asynccontextmanager
async def disk_full(system: System) -> AsyncIterator[None]:
    """PostgreSQL is away and one web server's files take no more: it redirects, and says how many hits that lost."""
    web = system.web("web-b")
    await web.kill()
    web.launch(longest_file=FULL_AT)
    await web.up()
    async with losing(system, [web]):
        yield
    await web.stop(signal.SIGTERM)
    await web.start()


@asynccontextmanager
async def losing(system: System, webs: Sequence[Web]) -> AsyncIterator[None]:
    """PostgreSQL is away until each of `webs`, which have little room on their disks, has lost something and said so."""
    for web in webs:
        web.without_room.add(web.launches)
    await system.postgres.stop(signal.SIGINT)
    yield
    for web in webs:
        await _rises(web, "portal_clicks_lost_total")
        ready = await web.ready()
        assert ready["journal"] == "losing" and int(ready["lost"]) > 0, f"/ready of {web.name} says {ready}"
    await system.postgres.start()
    for web in webs:
        await _rises(web, "portal_clicks_recorded_total")
        ready = await web.ready()
        assert int(ready["lost"]) == await web.said_lost(), f"/ready of {web.name} says {ready} afterwards"


async def _rises(web: Web, metric: str) -> None:
    """Wait until it does. People tap all the time, so it must."""
    before, end = await web.metric(metric), time.monotonic() + PATIENCE
    while await web.metric(metric) <= before:
        assert time.monotonic() < end, f"{metric} of {web.name} stays {before}:\n{web.said()}"
        await asyncio.sleep(0.1)


SERVES = re.compile(r"\[local\]|\(\d+\)")
"""In a title such as `postgres: portal portal [local] idle`, or `127.0.0.1(54321)` in place of the socket."""
EVERYTHING = frozenset({*WEBS, "worker", "clock", "PostgreSQL", "Valkey"})
STORES = frozenset({"PostgreSQL", "Valkey"})


def _of(name: str) -> frozenset[str]:
    return frozenset({name})


FAULTS = (
    *(Fault(f"kill -9 {name}", _of(name), killed(name)) for name in (*WEBS, "worker", "clock", "Valkey", "PostgreSQL")),
    *(Fault(f"freeze {name}", _of(name), frozen(name)) for name in (*WEBS, "worker", "Valkey")),
    Fault("freeze PostgreSQL", _of("PostgreSQL"), frozen("PostgreSQL"), outage=True),
    Fault("stop web-a", _of("web-a"), told_to_end("web-a")),
    Fault("kill -9 the child of web-b", _of("web-b"), child_killed("web-b")),
    Fault("kill -9 the postmaster alone", _of("PostgreSQL"), postmaster_killed),
    Fault("kill -9 one backend", _of("PostgreSQL"), backend_killed),
    Fault("end all backends", _of("PostgreSQL"), backends_ended),
    Fault("freeze all backends", _of("PostgreSQL"), backends_frozen),
    Fault("stop PostgreSQL", _of("PostgreSQL"), postgres_stopped, outage=True),
    Fault("both stores away", STORES, both_stores_away, outage=True),
    Fault("web-a started while both stores are away", STORES | _of("web-a"), started_without_stores),
    Fault("kill -9 everything", EVERYTHING, all_killed),
    Fault("disk full", EVERYTHING, disk_full),
)
