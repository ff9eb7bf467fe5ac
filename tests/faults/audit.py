"""What was answered, compared with what was counted."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from tests.faults.system import System
from tests.faults.taps import Answered, Refused, Taps

SETTLED_WITHIN = 120.0
SHOWN = 8
"""Clicks, and lines of a log for each of them, that a report of what went wrong holds."""


@dataclass
class Kept:
    """What the database holds of a run."""

    clicks: list[tuple[UUID, UUID]]
    """Of each row: its id, and its link."""
    hourly: dict[UUID, int]
    daily: dict[UUID, int]
    orphans: int


@dataclass
class Audit:
    answered: int
    cut_off: int
    counted: int
    refused: list[Refused]
    missing: list[Answered]
    """Neither counted nor said to be lost."""
    lost: int
    """Not counted, but answered by a web server whose disk was full."""
    said_lost: int
    """And what those servers said."""
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.answered} answered, {self.counted} counted, {len(self.missing)} lost, {len(self.refused)} not redirected, "
            f"{self.cut_off} cut off; disk full: {self.lost} lost, {self.said_lost} said to be"
        )


async def settle(system: System) -> list[str]:
    """Wait until nothing is on its way any more; what still is."""
    end = time.monotonic() + SETTLED_WITHIN
    while (left := await _on_the_way(system)) and time.monotonic() < end:
        await asyncio.sleep(0.25)
    return left


async def _on_the_way(system: System) -> list[str]:
    left = [f"{path.name}, {path.stat().st_size} bytes, is left in the spool" for path in sorted(system.spool.glob("*"))]
    connection = await asyncpg.connect(system.database_url, timeout=30)
    try:
        journal = await connection.fetchval("SELECT count(*) FROM click_journal")
    finally:
        await connection.close()
    return left + ([f"{journal} hits are left in the journal"] if journal else [])


async def audit(system: System, taps: Taps) -> Audit:
    """`system` has settled, and `taps` have ended."""
    for web in system.webs:
        if web.process.poll() is None:
            await web.note_lost()
    kept = await _read(system)
    ids = {click for click, _ in kept.clicks}
    roomless = {(web.name, launch) for web in system.webs for launch in web.without_room}
    gone = [tap for tap in taps.answered if tap.click not in ids]
    missing = [tap for tap in gone if (tap.web, tap.launch) not in roomless]
    found = Audit(
        answered=len(taps.answered),
        cut_off=taps.cut_off,
        counted=len(kept.clicks),
        refused=taps.refused,
        missing=missing,
        lost=len(gone) - len(missing),
        said_lost=sum(web.lost[launch] for web in system.webs for launch in web.without_room),
    )
    found.problems += [*_of_answers(found), *_of_losses(system), *_of_counts(taps, kept)]
    return found


async def _read(system: System) -> Kept:
    connection = await asyncpg.connect(system.database_url, timeout=30)
    try:
        return Kept(
            clicks=[(row["id"], row["link_id"]) for row in await connection.fetch("SELECT id, link_id FROM click")],
            hourly=await _by_link(connection, "click_hourly"),
            daily=await _by_link(connection, "click_daily WHERE dimension = 'verdict'"),
            orphans=await connection.fetchval("SELECT coalesce(sum(hits), 0)::int FROM orphan_hit"),
        )
    finally:
        await connection.close()


async def _by_link(connection: asyncpg.Connection, rollup: str) -> dict[UUID, int]:
    rows = await connection.fetch(f"SELECT link_id, sum(clicks)::int AS clicks FROM {rollup} GROUP BY link_id")
    return {row["link_id"]: row["clicks"] for row in rows}


def _of_answers(found: Audit) -> Iterable[str]:
    if not found.answered:
        yield "nothing was answered at all"
    if found.missing:
        yield f"{len(found.missing)} clicks were answered and never counted"
    if found.refused:
        yield f"{len(found.refused)} taps on known links were not redirected"
    if found.lost != found.said_lost:
        yield f"with a full disk {found.lost} hits were lost, but {found.said_lost} were said to be"


def _of_losses(system: System) -> Iterable[str]:
    for web in system.webs:
        for launch, lost in web.lost.items():
            if lost and launch not in web.without_room:
                yield f"{web.name} (launch {launch}) says it lost {lost} hits, with room on its disk"


def _of_counts(taps: Taps, kept: Kept) -> Iterable[str]:
    rows = Counter(click for click, _ in kept.clicks)
    twice = [click for click, count in rows.items() if count > 1]
    if twice:
        yield f"{len(twice)} clicks are there more than once, such as {twice[0]}"
    links = dict(kept.clicks)
    if astray := [tap for tap in taps.answered if links.get(tap.click, tap.link) != tap.link]:
        yield f"{len(astray)} clicks count for another link than the one tapped, such as {astray[0].click}"
    by_link = dict(Counter(link for _, link in kept.clicks))
    for name, rollup in (("hourly", kept.hourly), ("daily", kept.daily)):
        if rollup != by_link:
            yield f"the {name} rollup says {sum(rollup.values())} clicks, where {sum(by_link.values())} are"
    if kept.orphans:
        yield f"{kept.orphans} hits count for addresses that nobody made, and nobody tapped"


def last_seen(system: System, found: Audit) -> list[str]:
    """Of the first clicks that are missing, and taps that were refused: who answered them when, and what that process said
    around then."""
    lines: list[str] = []
    for tap in found.missing[:SHOWN]:
        lines += [
            f"{tap.click} {_when(tap.at)} 302 by {tap.web}, launch {tap.launch}",
            *_said(system, tap.web, tap.launch, tap.at),
        ]
    for no in found.refused[:SHOWN]:
        lines += [f"{_when(no.at)} {no.web}, launch {no.launch}: {no.why}", *_said(system, no.web, no.launch, no.at)]
    return lines


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at):%H:%M:%S.%f}"[:-3]


def _said(system: System, web: str, launch: int, at: float) -> Sequence[str]:
    """Lines of that launch's log from two seconds before to two after."""
    log = system.web(web).log_of(launch)
    return [f"    {line[:300]}" for line in log.read_text().splitlines() if abs(_time_of(line) - at) < 2][:SHOWN]


def _time_of(line: str) -> float:
    try:
        return datetime.fromisoformat(json.loads(line)["timestamp"]).timestamp()
    except (ValueError, KeyError, TypeError):
        return 0.0
