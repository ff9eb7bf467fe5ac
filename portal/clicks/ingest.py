"""From the journal to clicks and figures.

Each batch is one transaction: hits leave the journal, clicks come in by their ids, and only those that were new are counted.
So a hit that stands twice in the journal (a `COPY` given up and then spooled, a file replayed twice) counts once, and a worker
that dies leaves everything as it was.

Nothing waits: a hit on a link that travels by mail is judged with the neighbours that are there, and when a later one shows
that a scanner made them all, the earlier ones are judged again and their figures put right, in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from prometheus_client import Counter as Metric

from portal import db
from portal.clicks import faults, kept, landed, orphans, partitions, revise, rollups, scanners, turns
from portal.clicks.hits import COLUMNS, Hit, Kind, Outcome
from portal.clicks.kept import Kept
from portal.clicks.revise import Change
from portal.clicks.rollups import Counted
from portal.clicks.verdicts import OPEN, Reason, Verdict
from portal.links import countdown

DROPPED = Metric("portal_hits_dropped", "Hits that no click could be made of.", ["why"])


async def ingest_batch(now: datetime, limit: int = 5000) -> int:
    """Move up to `limit` clicks and as many landings; how many hits left the journal. 0: nothing is there to be done now.

    Any number of workers may do this at the same time.
    """
    return await _ingest_clicks(now, limit) + await _ingest_landings(now, limit)


async def journal_is_empty() -> bool:
    return not await db.value("SELECT EXISTS (SELECT 1 FROM click_journal)")


async def _ingest_clicks(now: datetime, limit: int) -> int:
    ending: Sequence[UUID] = []
    async with db.transaction():
        await turns.beside_others()
        hits = await _take_clicks(limit)
        homes = await kept.homes({hit.link_id for hit in hits if hit.link_id is not None})
        clicks = [kept.keep(hit, hit.link_id, homes[hit.link_id]) for hit in hits if hit.link_id and hit.link_id in homes]
        known = [hit for hit in hits if hit.link_id is not None]
        await orphans.count([hit for hit in hits if hit.link_id is None])
        DROPPED.labels("link deleted").inc(len(known) - len(clicks))
        if clicks:
            ending = await _count(clicks, now)
    await countdown.announce(ending)
    return len(hits)


async def _count(clicks: Sequence[Kept], now: datetime) -> Sequence[UUID]:
    """The links whose end is known by these clicks."""
    if any(click.home.mailed for click in clicks):
        await turns.for_mail()
    await partitions.make({partitions.month_of(click.hit.at) for click in clicks})
    judged, changes = await _with_neighbours(clicks)
    new = await kept.insert(judged)
    await rollups.add(new, now)
    await revise.apply(changes)
    ending = await countdown.first_taps(_first_taps(new))
    await faults.note(_taps_of_people(judged, new))
    return ending


def _taps_of_people(clicks: Sequence[Kept], new: Sequence[Counted]) -> list[faults.Tap]:
    """Those among `clicks` that came in and were led on."""
    led_on = {one.id for one in new if one.is_person and one.outcome == Outcome.REDIRECTED}
    ours = [(click.counted, click.hit.query) for click in clicks if click.hit.id in led_on]
    return [faults.Tap(one.workspace_id, one.link_id, one.at, query) for one, query in ours]


def _first_taps(clicks: Sequence[Counted]) -> dict[UUID, datetime]:
    """When a person tapped each link first."""
    taps: dict[UUID, datetime] = {}
    for click in clicks:
        if click.is_person:
            taps[click.link_id] = min(click.at, taps.get(click.link_id, click.at))
    return taps


async def _with_neighbours(clicks: Sequence[Kept]) -> tuple[list[Kept], list[Change]]:
    """`clicks`, and those kept before that these show to be a scanner's. What was found once stays found: more neighbours
    never speak for a person."""
    ours = [near for click in clicks if (near := click.near) is not None]
    before = [row for row in await scanners.neighbours(ours, 2 * scanners.WINDOW) if row["reason"] in OPEN]
    found = scanners.scanned({near.id: near for near in (*ours, *map(scanners.near_of, before))}.values())
    judged = [click.judged((Verdict.SCANNER, found[click.hit.id])) if click.hit.id in found else click for click in clicks]
    changed = [row for row in before if row["id"] in found and row["reason"] not in {Reason.BURST, found[row["id"]]}]
    return judged, [revise.change(row, Verdict.SCANNER, found[row["id"]]) for row in changed]


async def _take_clicks(limit: int) -> list[Hit]:
    found = await db.rows(
        f"DELETE FROM click_journal WHERE ctid = ANY(ARRAY(SELECT ctid FROM click_journal WHERE kind = $1 LIMIT $2 "
        f"FOR UPDATE SKIP LOCKED)) RETURNING {', '.join(COLUMNS)}",
        Kind.CLICK.value,
        limit,
    )
    return [Hit(**dict(row)) for row in found]


async def _ingest_landings(now: datetime, limit: int) -> int:
    async with db.transaction():
        await turns.beside_others()
        await turns.for_mail()  # a verdict that changes meanwhile would miss the landing, and the landing the verdict
        moved, lonely = await landed.ingest(now, limit)
        DROPPED.labels("landing without click").inc(lonely)
    return moved
