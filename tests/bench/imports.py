"""A file of people: how many rows a second are read, judged and taken in, what memory it takes, and what redirects feel of it.

- Seconds of each step for a file of 10,000 rows and for one ten times as long, each worked on by a process of its own.
- The highest memory of these processes against each other.
- The p99 of redirects while a file is worked on, and with that process halted, alternated.
"""

import asyncio
import csv
import io
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.by_hand import Invite
from portal.candidates.imports import keeping, work
from portal.candidates.imports.keeping import State
from portal.jobs.jobs import get_job
from portal.messages.sent import sent_to
from portal.migrations import migrate
from portal.settings import settings
from tests.bench.web import application
from tests.bench.wrk import load
from tests.cast import PLAIN_LINK, add_channel, add_job, add_workspace

LINKS, CONNECTIONS = 1_000, 32
HEAD = ("First name", "Last name", "E-mail", "Mobile", "Candidate ID", "Team", "City")
NOW = datetime.now(UTC)


class Home(msgspec.Struct, frozen=True):
    workspace_id: UUID
    job_id: UUID


class Worked(msgspec.Struct, frozen=True):
    """What one process did. `peak`: kilobytes."""

    rows: int
    seconds: dict[str, float]
    peak: int

    @property
    def rate(self) -> float:
        return self.rows / sum(self.seconds.values())


def run(rows: int, rounds: int, seconds: int) -> None:
    print(f"imports: {rows:,} rows; redirects: {rounds} rounds of {seconds} s each", flush=True)
    home = asyncio.run(_prepare())
    seen = [_alone(home, count, start) for count, start in ((rows // 10, 0), (rows, rows))]
    print(f"{'rows':>10} {'rows/s':>8} {'read s':>8} {'judge s':>8} {'run s':>8} {'peak MB':>8}")
    for one in seen:
        steps = " ".join(f"{one.seconds.get(state, 0):8.1f}" for state in (State.READING, State.JUDGING, State.RUNNING))
        print(f"{one.rows:10,} {one.rate:8,.0f} {steps} {one.peak / 1024:8.0f}")
    print(f"{'':10} {seen[1].peak / seen[0].peak:.2f} times as much memory for ten times the rows", flush=True)
    _under_load(home, rows, rounds, seconds)


def _alone(home: Home, count: int, start: int) -> Worked:
    return _heard(_worker(home, asyncio.run(_keep(home, count, start))))


def _under_load(home: Home, rows: int, rounds: int, seconds: int) -> None:
    import_id = asyncio.run(_keep(home, rows, 3 * rows))
    with application("portal.app:create_app") as web:
        load(web.port, links=LINKS, connections=CONNECTIONS, seconds=2)
        process = _worker(home, import_id)
        late: dict[bool, list[int]] = {True: [], False: []}
        for number in range(2 * rounds):
            works = number % 2 == 0
            process.send_signal(signal.SIGCONT if works else signal.SIGSTOP)
            seen = load(web.port, links=LINKS, connections=CONNECTIONS, seconds=seconds)
            if process.poll() is None:
                late[works].append(seen.p99)
        process.send_signal(signal.SIGCONT)
        worked = _heard(process)
    pairs = [busy / idle for busy, idle in zip(late[True], late[False], strict=False)]
    if not pairs:
        raise RuntimeError("the file was through before the first round was; give it more rows")
    busy, idle = (statistics.median(late[works]) / 1000 for works in (True, False))
    print(f"redirects: p99 {busy:.2f} ms while it runs, {idle:.2f} ms while it is halted")
    spread = f"{statistics.median(pairs):.2f} times ({min(pairs):.2f}-{max(pairs):.2f})"
    print(f"{'':10} {spread} in {len(pairs)} rounds, beside {worked.rows:,} rows")


async def _prepare() -> Home:
    await migrate(settings().database_url)
    await db.open(settings().database_url)
    workspace_id = await add_workspace()
    channel_id = await add_channel(workspace_id)
    job_id = await add_job(workspace_id, deadline_at=None)
    names = ", ".join(PLAIN_LINK)
    marks = ", ".join(f"${n}" for n in range(4, 4 + len(PLAIN_LINK)))
    await db.run(
        f"INSERT INTO link (id, workspace_id, kind, channel_id, job_id, slug, {names}) "
        f"SELECT uuidv7(), $1, 'channel', $2, $3, 'bench-' || n, {marks} FROM generate_series(0, {LINKS - 1}) n",
        *(workspace_id, channel_id, job_id, *PLAIN_LINK.values()),
    )
    await db.run("ANALYZE")
    await db.close()
    return Home(workspace_id, job_id)


async def _keep(home: Home, count: int, start: int) -> UUID:
    await db.open(settings().database_url)
    job = await get_job(home.workspace_id, home.job_id)
    member_id = await db.value("SELECT id FROM member LIMIT 1") or await _member(home)
    import_id = await keeping.keep(job, "people.csv", _pieces(count, start), member_id=member_id, now=NOW)
    await db.close()
    return import_id


async def _member(home: Home) -> UUID:
    from portal.accounts.access import Role
    from tests.cast import add_member

    return (await add_member(home.workspace_id, Role.RECRUITER, "Jo Park", "jo@northgate.example")).id


async def _pieces(count: int, start: int) -> AsyncIterator[bytes]:
    written = io.StringIO()
    lines = csv.writer(written, delimiter=";")
    lines.writerow(HEAD)
    for n in range(start, start + count):
        lines.writerow([f"Zoë{n}", f"Müller{n}", f"z{n}@example.com", f"+4477{n:08}", f"C-{n}", "Nights", "Leeds"])
        if not n % 2000:
            yield written.getvalue().encode("cp1252")
            written.seek(0)
            written.truncate()
    yield written.getvalue().encode("cp1252")


# ---- The worker, in a process of its own -----------------------------------------------------------------------------


def _worker(home: Home, import_id: UUID) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.bench.imports", str(home.workspace_id), str(home.job_id), str(import_id)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ))


def _heard(process: "subprocess.Popen[bytes]") -> Worked:
    said = process.communicate()[0]
    if process.returncode:
        raise RuntimeError("the worker failed")
    return msgspec.json.decode(said, type=Worked)


async def _work(home: Home, import_id: UUID) -> Worked:
    """Read, judge and run the file that waits."""
    await db.open(settings().database_url)
    it = await keeping.get_import(home.workspace_id, home.job_id, import_id)
    seconds: dict[str, float] = {}
    while it.state is not State.DONE:
        began = time.perf_counter()
        await work.work(NOW, sent_to)
        seconds[it.state] = seconds.get(it.state, 0) + time.perf_counter() - began
        it = await keeping.get_import(home.workspace_id, home.job_id, it.id)
        if it.state is State.REVIEW:
            job = await get_job(home.workspace_id, home.job_id)
            await keeping.run(home.workspace_id, it.id, job, Invite.COPY, NOW)
            it = await keeping.get_import(home.workspace_id, home.job_id, it.id)
        if it.state is State.FAILED:
            raise RuntimeError(it.fault)
    made = await db.value("SELECT count(*) FROM import_row WHERE import_id = $1 AND made_application", it.id)
    await db.close()
    if made != it.rows:
        raise RuntimeError(f"of {it.rows} rows {made} were taken in")
    return Worked(it.rows, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    worked = asyncio.run(_work(Home(UUID(sys.argv[1]), UUID(sys.argv[2])), UUID(sys.argv[3])))
    sys.stdout.buffer.write(msgspec.json.encode(worked))
