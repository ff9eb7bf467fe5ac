"""Ingest as clicks grow: what a batch takes with so many clicks there already; alternated between databases in one run.

Clicks of a campaign, not of one moment: 200 links, a visitor each, and most pages shown. What bounds it is Python, which judges
each hit once, and the indexes of this month's clicks; the months before are never touched.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from uuid import UUID

import asyncpg

from portal import db
from portal.clicks import copying, ingest, partitions
from portal.clicks.hits import Hit, Kind, Outcome
from tests.bench import years
from tests.bench.stores import Stores
from tests.bench.years import Year

BATCH, BATCHES, LINKS = 5_000, 4, 200
Round = tuple[float, float]
"""Seconds, and seconds of CPU, for one click."""


def run(used: Stores, made: Sequence[Year], rounds: int) -> None:
    taken: dict[int, list[Round]] = {year.clicks: [] for year in made}
    for number in range(rounds + 1):
        for year in made:
            seen = asyncio.run(_measure(year, used))
            if number:  # the first fills the caches
                taken[year.clicks].append(seen)
    _report(taken, rounds)


async def _measure(year: Year, used: Stores) -> Round:
    await db.open(year.url)
    now = datetime.now(UTC)
    await partitions.make_ahead(now)
    clicks = await _journal(year, now)
    cpu, began = time.process_time() + used.cpu(), time.perf_counter()
    while await ingest.ingest_batch(now, BATCH):
        pass
    seconds, cpu = time.perf_counter() - began, time.process_time() + used.cpu() - cpu
    await _check(clicks)
    await db.run("VACUUM click_journal")
    await db.close()
    return seconds / len(clicks), cpu / len(clicks)


async def _journal(year: Year, now: datetime) -> list[UUID]:
    """The ids of clicks of the last minute, which are in the journal now, most of them with their landing."""
    taps = [_tap(year, n, now - timedelta(minutes=1) + timedelta(milliseconds=n)) for n in range(BATCH * BATCHES)]
    landings = [Hit(id=db.new_id(), at=tap.at, kind=Kind.LANDING.value, click_id=tap.id) for n, tap in enumerate(taps) if n % 4]
    connection = await asyncpg.connect(year.url)
    await copying.copy(connection, [*taps, *landings])
    await connection.close()
    return [tap.id for tap in taps]


def _tap(year: Year, n: int, at: datetime) -> Hit:
    return Hit(
        id=db.new_id(),
        at=at,
        kind=Kind.CLICK.value,
        link_id=year.links[n % LINKS],
        slug=f"bench-{n % LINKS}",
        outcome=Outcome.REDIRECTED.value,
        method="GET",
        user_agent=f"{years.AGENT} {n % 300}",
        referrer_host="instagram.com",
        query="utm_source=ig&utm_medium=social&fbclid=PAZXh0bgNhZW0CMTEAAabc",
        sec_fetch="none navigate - document",
        language="en-gb",
        visitor=token_bytes(16),
    )


async def _check(ids: list[UUID]) -> None:
    """Each is a click now, and so many have landed."""
    clicks = await db.value("SELECT count(*) FROM click WHERE id = ANY($1::uuid[])", ids)
    landed = await db.value("SELECT count(*) FROM landing WHERE click_id = ANY($1::uuid[])", ids)
    if (clicks, landed) != (len(ids), len(ids) * 3 // 4):
        raise RuntimeError(f"of {len(ids)} clicks {clicks} came in, {landed} landed")


def _report(taken: dict[int, list[Round]], rounds: int) -> None:
    print(f"ingest: {rounds} rounds of {BATCHES} batches of {BATCH:,} clicks, three in four with their landing; medians")
    print(f"{'clicks there':>14} {'a second':>9} {'us each':>8} {'us CPU each':>12}  of the first (spread)")
    first = next(iter(taken.values()))
    for clicks, seen in taken.items():
        grown = [one[0] / other[0] for one, other in zip(seen, first, strict=True)]
        seconds, cpu = (statistics.median(column) for column in zip(*seen, strict=True))
        print(
            f"{clicks:14,} {1 / seconds:9,.0f} {seconds * 1e6:8.0f} {cpu * 1e6:12.0f}  "
            f"{statistics.median(grown):.2f} ({min(grown):.2f}-{max(grown):.2f})"
        )
