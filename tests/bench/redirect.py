"""The redirect with everything on, beside a bare one, nginx, and an insert for each click; alternated in one run."""

import asyncio
import statistics
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from portal import db
from portal.migrations import migrate
from portal.settings import settings
from tests.bench.stores import Stores, stores
from tests.bench.web import Server, application, nginx
from tests.bench.wrk import Load, load
from tests.cast import PLAIN_LINK, add_channel, add_job, add_workspace

FEW, MANY = 1_000, 100_000
BARE, NGINX, PORTAL, TWO, INSERTS = "bare 302", "nginx 302", "portal", "portal, 2 workers", "an insert each"
RECORDING = {PORTAL, TWO, INSERTS}


@dataclass(frozen=True)
class Case:
    """What is measured side by side."""

    server: str
    links: int
    connections: int


@dataclass(frozen=True)
class Round:
    load: Load
    web: float
    """Microseconds of CPU for a request, in the server."""
    database: float
    """And in PostgreSQL."""


CASES = [
    *(Case(server, FEW, connections) for connections in (32, 256) for server in (BARE, NGINX, PORTAL, TWO, INSERTS)),
    *(Case(PORTAL, MANY, connections) for connections in (32, 256)),
]
Taken = dict[Case, list[Round]]


def run(rounds: int, seconds: int) -> None:
    with stores() as used, ExitStack() as running:
        asyncio.run(_prepare())
        servers = running.enter_context(_servers())
        _settle(servers.values())
        for case in CASES:
            _warm(servers[case.server], case)
        taken: Taken = {case: [] for case in CASES}
        for _ in range(rounds):
            for case in CASES:
                taken[case].append(_measure(servers[case.server], used, case, seconds))
    _report(taken, rounds, seconds)


@contextmanager
def _servers() -> Iterator[dict[str, Server]]:
    with ExitStack() as each:
        yield {
            BARE: each.enter_context(application("tests.bench.bare:create_app")),
            NGINX: each.enter_context(nginx()),
            PORTAL: each.enter_context(application("portal.app:create_app")),
            TWO: each.enter_context(application("portal.app:create_app", workers=2)),
            INSERTS: each.enter_context(application("tests.bench.inserting:create_app")),
        }


async def _prepare() -> None:
    """As many links as are tapped at most, of 20 jobs."""
    await migrate(settings().database_url)
    await db.open(settings().database_url)
    workspace_id = await add_workspace()
    channel_id = await add_channel(workspace_id)
    jobs = [await add_job(workspace_id, deadline_at=None) for _ in range(20)]
    names = ", ".join(PLAIN_LINK)
    marks = ", ".join(f"${n}" for n in range(4, 4 + len(PLAIN_LINK)))
    await db.run(
        f"INSERT INTO link (id, workspace_id, kind, channel_id, job_id, slug, {names}) "
        f"SELECT uuidv7(), $1, 'channel', $2, ($3::uuid[])[n % 20 + 1], 'bench-' || n, {marks} "
        f"FROM generate_series(0, {MANY - 1}) n",
        *(workspace_id, channel_id, jobs, *PLAIN_LINK.values()),
    )
    await db.run("ANALYZE")
    await db.close()


def _settle(servers: Collection[Server]) -> None:
    """Until none is busy with its start any more: the portal copies all links to the disk first."""
    before, still = sum(server.cpu() for server in servers), 0
    while still < 2:
        time.sleep(2)
        now = sum(server.cpu() for server in servers)
        before, still = now, still + 1 if now - before < 0.1 else 0


def _warm(server: Server, case: Case) -> None:
    load(server.port, links=case.links, connections=case.connections, seconds=2)


def _measure(server: Server, used: Stores, case: Case, seconds: int) -> Round:
    before = asyncio.run(_emptied()), server.cpu(), used.cpu()
    seen = load(server.port, links=case.links, connections=case.connections, seconds=seconds)
    web, database = server.cpu() - before[1], used.cpu() - before[2]
    if case.server in RECORDING:
        asyncio.run(_check(seen, case))
    return Round(seen, web / seen.requests * 1e6, database / seen.requests * 1e6)


async def _emptied() -> None:
    await asyncio.sleep(0.5)  # what the load before this one left under way ends
    await db.open(settings().database_url)
    await db.run("TRUNCATE click_journal")
    await db.close()


async def _check(seen: Load, case: Case) -> None:
    """Every redirect that was answered has its line in the journal; those cut off at the end may have one, too."""
    await db.open(settings().database_url)
    written = await db.value("SELECT count(DISTINCT id) FROM click_journal")
    await db.close()
    if not seen.requests <= written <= seen.requests + case.connections:
        raise RuntimeError(f"{seen.requests} redirects, {written} hits written down")


def _report(taken: Taken, rounds: int, seconds: int) -> None:
    print(f"redirect: {rounds} rounds of {seconds} s each, alternated; medians, and ratios to the bare 302 of the same round")
    heads = ("links", 7), ("conns", 5), ("a second", 9), ("p50 ms", 7), ("p99 ms", 7), ("us CPU web", 10), ("+ db", 5)
    print(" " * 18, *(f"{head:>{width}}" for head, width in heads), " of bare (spread)   p99")
    for case, seen in taken.items():
        bare = taken[Case(BARE, FEW, case.connections)]
        rate = [one.load.per_second / other.load.per_second for one, other in zip(seen, bare, strict=True)]
        late = [one.load.p99 / other.load.p99 for one, other in zip(seen, bare, strict=True)]
        print(
            f"{case.server:18} {case.links:7,} {case.connections:5} {_mid(one.load.per_second for one in seen):9,.0f} "
            f"{_mid(one.load.p50 for one in seen) / 1000:7.2f} {_mid(one.load.p99 for one in seen) / 1000:7.2f} "
            f"{_mid(one.web for one in seen):10.1f} {_mid(one.database for one in seen):5.1f}  "
            f"{_mid(rate):5.2f} ({min(rate):.2f}-{max(rate):.2f}) {_mid(late):5.1f}"
        )


def _mid(values: Iterable[float]) -> float:
    return statistics.median(values)
