"""Messages that are due: what claiming, delivering and looking cost, and what that grows with.

- Claims a second with 1, 2 and 4 claimers side by side, each a process of its own; each claims batches, as the clock does, until
  nothing is due. Nothing is delivered: what is measured is the claim.
- Statements and seconds for one message, from its claim to ``sent``, and for planning an application before and after it.
- The highest memory of a process that claims 10,000 and 100,000.
- What one look of the clock costs where nothing is due, with 1,000 and 1,000,000 messages that are not.
"""

import asyncio
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import asyncpg
from asyncpg.connection import LoggedQuery

from portal import db
from portal.messages import delivery, planning
from portal.migrations import migrate
from tests.bench.stores import Stores
from tests.cast import add_application, add_candidate, add_job, add_question, add_workspace

AT = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
BATCH = 500
"""As many as the clock claims at once."""
CLAIMERS = (1, 2, 4)
WRITTEN = 300
"""Messages that are delivered, one after another."""
FEW, MANY = 1_000, 1_000_000
MESSAGES = """
INSERT INTO message (id, workspace_id, application_id, step_key, track, channel, state, reason_code, reason, due_at, attempts,
  to_address, subject, body_text, body_html, provider, provider_id, error, created_at)
SELECT uuidv7(), $1, $2, 'bench-' || n, 'manual', 'email', $3, 'on_time', 'Due', $4::timestamptz + n * interval '1 ms', 0,
  '', '', '', '', '', '', '', $4 FROM generate_series($5::int, $6::int) n
"""


def run(used: Stores, due: int, rounds: int) -> None:
    url = used.create_database("messages")
    asyncio.run(_prepare(url))
    print(f"messages: {due:,} due, {rounds} rounds", flush=True)
    _claims(url, due, rounds)
    _memory(url, due)
    asyncio.run(_looks(url, rounds))
    asyncio.run(_statements(used.create_database("deliveries")))


async def _prepare(url: str) -> None:
    await migrate(url)
    async with _opened(url):
        workspace_id = await add_workspace()
        job_id = await add_job(workspace_id, deadline_at=None)
        await add_application(workspace_id, job_id, await add_candidate(workspace_id), plan_stale=False)


async def _fill(url: str, count: int, state: str, due_from: datetime) -> None:
    """Only messages like these, and the database as it is after a while."""
    connection = await asyncpg.connect(url)
    await connection.execute("TRUNCATE message")
    application = await connection.fetchrow("SELECT workspace_id, id FROM application")
    assert application is not None
    await connection.execute(MESSAGES, *application, state, due_from, 1, count, timeout=600)
    await connection.execute("VACUUM ANALYZE message", timeout=600)
    await connection.close()


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[None]:
    await db.open(url, max_size=1)
    try:
        yield
    finally:
        await db.close()


# ---- Claims ------------------------------------------------------------------------------------------------------------------


def _claims(url: str, due: int, rounds: int) -> None:
    taken: dict[int, list[float]] = {count: [] for count in CLAIMERS}
    for _ in range(rounds):
        for count in CLAIMERS:
            asyncio.run(_fill(url, due, "scheduled", AT - timedelta(hours=1)))
            claims = _claimers(url, count)
            taken[count].append(max(claim.end for claim in claims) - min(claim.begin for claim in claims))
            if (claimed := sum(claim.claimed for claim in claims)) != due:
                raise RuntimeError(f"of {due} due messages {claimed} were claimed")
    print(f"{'claimers':>14} {'claims/s':>9}  against one (spread)")
    for count, seconds in taken.items():
        gains = [alone / each for alone, each in zip(taken[1], seconds, strict=True)]
        rate, gain = due / statistics.median(seconds), statistics.median(gains)
        print(f"{count:14} {rate:9,.0f}  {gain:.2f} ({min(gains):.2f}-{max(gains):.2f})")


class Claims(NamedTuple):
    """What one process did. Times are of the machine's steady clock; `peak`: kilobytes."""

    claimed: int
    begin: float
    end: float
    peak: int


def _claimers(url: str, count: int) -> list[Claims]:
    """`count` processes that claim until nothing is due; they begin once all are ready."""
    command = [sys.executable, "-m", "tests.bench.messages", url]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    said = [_go(process) for process in running]
    return [Claims(int(claimed), float(begin), float(end), int(peak)) for claimed, begin, end, peak in map(_heard, said)]


def _go(process: "subprocess.Popen[str]") -> "subprocess.Popen[str]":
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process


def _heard(process: "subprocess.Popen[str]") -> list[str]:
    said = process.communicate()[0].split()
    if process.returncode or len(said) != len(Claims._fields):
        raise RuntimeError("a claimer failed")
    return said


async def _claim_all(url: str) -> tuple[int, float, float]:
    """How many; when it began and ended."""
    async with _opened(url):
        await db.value("SELECT 1")
        print("ready", flush=True)
        sys.stdin.readline()
        claimed, begin = 0, time.monotonic()
        while batch := await delivery.claim_due(AT, BATCH):
            claimed += len(batch)
        return claimed, begin, time.monotonic()


def _memory(url: str, due: int) -> None:
    peaks = []
    for count in (due // 10, due):
        asyncio.run(_fill(url, count, "scheduled", AT - timedelta(hours=1)))
        peaks.append(_claimers(url, 1)[0].peak)
        print(f"{count:14,} claimed: {peaks[-1] / 1024:.0f} MB at most")
    print(f"{'':14} {peaks[1] / peaks[0]:.2f} times as much")


# ---- One look ----------------------------------------------------------------------------------------------------------------


async def _looks(url: str, rounds: int) -> None:
    """What the clock does every second where nothing is due."""
    medians = []
    for count in (FEW, MANY):
        await _fill(url, count, "scheduled", AT + timedelta(hours=1))
        async with _opened(url):
            seen = [await _look() for _ in range(max(rounds, 5) * 20)]
        medians.append(statistics.median(seen))
        print(f"{count:14,} not due: a look takes {medians[-1] * 1e6:,.0f} us (up to {max(seen) * 1e6:,.0f})")
    print(f"{'':14} {medians[1] / medians[0]:.2f} times as long")


async def _look() -> float:
    began = time.perf_counter()
    await delivery.claim_due(AT, BATCH)
    await planning.anything_stale()
    return time.perf_counter() - began


# ---- One message -------------------------------------------------------------------------------------------------------------


async def _statements(url: str) -> None:
    await migrate(url)
    async with _opened(url):
        await _people(url)
        counts = {
            "planning": await _counted(_plan),
            "delivering": await _counted(_deliver),
            "planning anew": await _counted(_plan),
        }
    for what, (statements, seconds, most) in counts.items():
        print(f"{what:>14}: {statements / WRITTEN:.1f} statements and {seconds / WRITTEN * 1e3:.1f} ms each; most often: {most}")


async def _people(url: str) -> None:
    workspace_id = await add_workspace()
    job_id = await add_job(workspace_id, deadline_at=None)
    await add_question(workspace_id, job_id, 1, "short_text", "What is your registration number?")
    begun = AT - timedelta(hours=4)
    for number in range(WRITTEN):
        candidate_id = await add_candidate(workspace_id, f"Person {number}", f"person{number}@example.com")
        times = {"captured_at": begun, "active_at": begun, "created_at": begun, "deadline_at": None}
        await add_application(workspace_id, job_id, candidate_id, **times)
    await db.run("VACUUM ANALYZE")


async def _plan() -> None:
    await planning.replan_stale(AT, limit=WRITTEN)


async def _deliver() -> None:
    while batch := await delivery.claim_due(AT, BATCH):
        for message_id in batch:
            await delivery.deliver(message_id, AT)


async def _counted(work: Callable[[], Awaitable[None]]) -> tuple[int, float, str]:
    """Statements that `work` has PostgreSQL do, the seconds it takes, and the statements it does most often."""
    seen: Counter[str] = Counter()

    def note(query: LoggedQuery) -> None:
        seen[" ".join(query.query.split())[:40]] += 1

    async with db.connection() as connection:
        connection.add_query_logger(note)
    began = time.perf_counter()
    await work()
    seconds = time.perf_counter() - began
    return seen.total(), seconds, "; ".join(f"{count / WRITTEN:.1f} {query}" for query, count in seen.most_common(4))


if __name__ == "__main__":
    print(*asyncio.run(_claim_all(sys.argv[1])), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
