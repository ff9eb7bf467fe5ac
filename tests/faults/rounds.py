"""Faults in random order, and what is left of the taps after them. The same seed gives the same order."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from portal import db
from portal.links.personal import token_of
from portal.migrations import migrate
from tests.cast import add_application, add_candidate, add_channel, add_job, add_link, add_workspace
from tests.faults.audit import Audit, audit, last_seen, settle
from tests.faults.harm import FAULTS, Fault
from tests.faults.system import System
from tests.faults.taps import Link, Taps

SLUGS = ("nurse-ig-story", "nurse-ig-bio", "nurse-fb-ad", "nurse-tt-bio", "nurse-qr")
PERSONAL = 4
TOGETHER = 0.4
"""How often a second fault comes with the first."""


class Pace(NamedTuple):
    """Seconds: how long a fault is held (at least, at most), and how long PostgreSQL is away when it is stopped."""

    least: float
    most: float
    outage: float


class Round(NamedTuple):
    faults: tuple[Fault, ...]
    seconds: float

    def __str__(self) -> str:
        return f"{' + '.join(fault.name for fault in self.faults)} ({self.seconds:.1f} s)"


@dataclass
class Run:
    """What came of it."""

    seed: int
    rounds: Sequence[Round]
    audit: Audit
    seconds: float
    seen: list[str]

    def __str__(self) -> str:
        """One line when all is well; else all that helps to find out why."""
        summary = f"seed {self.seed}, {len(self.rounds)} rounds in {self.seconds:.0f} s: {self.audit}"
        if not self.audit.problems:
            return summary
        order = [f"{number:3} {each}" for number, each in enumerate(self.rounds, start=1)]
        return "\n".join([summary, "", *self.audit.problems, "", "The order was:", *order, "", "Last seen:", *self.seen])


def plan(seed: int, count: int, pace: Pace, faults: Sequence[Fault] = FAULTS) -> list[Round]:
    """`count` rounds. Each fault comes once before any comes again; what touches other parts may come with it."""
    chance, rounds, deck = random.Random(seed), list[Round](), list[Fault]()
    while len(rounds) < count:
        deck = deck or chance.sample(faults, len(faults))
        first = deck.pop()
        beside = [fault for fault in faults if not fault.touches & first.touches]
        together = [chance.choice(beside)] if beside and chance.random() < TOGETHER else []
        outage = any(fault.outage for fault in (first, *together))
        rounds.append(Round((first, *together), pace.outage if outage else chance.uniform(pace.least, pace.most)))
    return rounds


@asynccontextmanager
async def tapped(
    seed: int, say: Callable[[str], None] = lambda line: None, prepare: Callable[[System], object] = lambda system: None
) -> AsyncIterator[tuple[System, Taps]]:
    """A system of its own, tapped all the time until `judge`. `prepare`: done before its programs start."""
    system = System()
    try:
        await system.open()
        taps = Taps(system.webs, await add_links(system), seed)
        prepare(system)
        await system.start_programs()
        taps.begin()
        say(f"{_clock()}     all is up")
        try:
            await asyncio.sleep(0.5)
            yield system, taps
        finally:
            await taps.end()
    finally:
        system.close()


async def judge(system: System, taps: Taps) -> Audit:
    """What came of all taps, once nothing is on its way any more. Web servers that were left dead stay dead."""
    await taps.end()
    left = await settle(system)
    found = await audit(system, taps)
    found.problems += left
    return found


async def run(rounds: Sequence[Round], seed: int, say: Callable[[str], None] = lambda line: None) -> Run:
    """All of `rounds`; `say` is told of each as it begins. Raises `AssertionError` when a part does not come back."""
    began = time.monotonic()
    async with tapped(seed, say) as (system, taps):
        for number, each in enumerate(rounds, start=1):
            say(f"{_clock()} {number:3} {each}")
            try:
                await _suffer(system, each)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, round {number}, {each}: {error}") from error
        say(f"{_clock()}     over: {len(taps.answered)} answered")
        found = await judge(system, taps)
        return Run(seed, rounds, found, time.monotonic() - began, last_seen(system, found))


async def _suffer(system: System, each: Round) -> None:
    async with AsyncExitStack() as stack:
        for fault in each.faults:
            await stack.enter_async_context(fault.harm(system))
        await asyncio.sleep(each.seconds)
    await asyncio.sleep(0.3)


def _clock() -> str:
    return f"{datetime.now():%H:%M:%S}"


async def add_links(system: System) -> list[Link]:
    """The schema, a workspace, a job, and links of both kinds: all that is tapped."""
    await migrate(system.database_url)
    await db.open(system.database_url)
    try:
        workspace_id = await add_workspace()
        job_id = await add_job(workspace_id, slug="night-nurse-leeds", deadline_at=None)
        channel_id = await add_channel(workspace_id)
        links = [Link(await add_link(workspace_id, job_id, channel_id, slug), f"/{slug}") for slug in SLUGS]
        for number in range(PERSONAL):
            candidate = await add_candidate(workspace_id, email=f"ana.{number}@example.com")
            application = await add_application(workspace_id, job_id, candidate)
            link_id = await db.value("SELECT personal_link_id FROM application WHERE id = $1", application)
            links.append(Link(link_id, f"/{token_of(link_id)}"))
        return links
    finally:
        await db.close()
