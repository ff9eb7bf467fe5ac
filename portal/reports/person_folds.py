"""What is known of the people of days that are over, under one filter: see `blocks`. Without filters `totals` say it.

Owners are a workspace, its jobs, campaigns, and jobs within campaigns; dimensions are those of the click that brought somebody,
and their time zone. The `parts` of a line, by what brought people (a channel, ``direct`` or ``invited``):

    counts     how many came, and how far they got: see `totals.COUNTS`
    times      how long their steps took: see `durations`
    zones      time zone -> how many named it
    days       day -> how many came then who completed

A day is put together once it is known of everybody what their click was. Changes of people leave lines in `person_stale`; whoever
makes totals anew takes the blocks of those days away.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from portal import db
from portal.clicks.verdicts import Verdict
from portal.reports import totals
from portal.reports.blocks import BEGINNING, SIZES, Block, Kept, Key, Parts
from portal.reports.durations import add_flat
from portal.reports.scope import CAME, By, Scope, pair_of

KEPT = Kept("person_fold", "person_block")
ZONE = "zone"
AT_ONCE = 60
"""Days in one round."""


def know(scope: Scope, by: By) -> bool:
    """Whether there are lines for it."""
    filters = len(scope.values) + bool(scope.zone)
    return bool(by is By.CHANNEL and scope.mixer and filters == 1 and scope.verdict is Verdict.PERSON)


async def read(scope: Scope) -> tuple[list[Parts], date]:
    """What is known of it, up to a day from which on people are to be counted one by one."""
    last = min(scope.end, scope.counted_until - timedelta(days=1)) if scope.counted_until > date.min else date.min
    if scope.mixer is None or last < scope.start:
        return [], scope.start
    key = Key(scope.mixer, *((ZONE, scope.zone) if scope.zone else scope.values[0]))
    (found, left), first = await db.side_by_side(
        KEPT.read(scope.workspace_id, key, scope.start, last), totals.first_day(scope.workspace_id)
    )
    until: date = min((day for day in left if first and day >= first), default=last + timedelta(days=1))
    parts = [parts for block, parts in found if block.day < until]
    only = str(scope.channel_id)
    return [{only: of[only]} if only in of else {} for of in parts] if scope.channel_id else parts, until


# ---- Keeping ---------------------------------------------------------------------------------------------------------------


async def fold(now: datetime) -> int:
    """Put together days that are over and settled, then blocks of which that is done; of how many. For a clock to call."""
    found = await db.rows("SELECT w.id, w.timezone FROM workspace w JOIN person_folded f ON f.workspace_id = w.id")
    return sum([await _fold(row["id"], ZoneInfo(row["timezone"])) for row in found])


async def _fold(workspace_id: UUID, zone: ZoneInfo) -> int:
    async with db.transaction():
        if not await db.value("SELECT pg_try_advisory_xact_lock($1)", totals.LOCK):
            return 0
        days = await _open_days(workspace_id)
        for day in days:
            await KEPT.keep(workspace_id, Block(day, 1), await _of_day(workspace_id, zone, day))
        made = len(days)
        for size in SIZES[1:]:
            blocks = [Block(day, size) for day in await _open_blocks(workspace_id, size)]
            for block in blocks:
                lines = await KEPT.inside(workspace_id, block)
                await KEPT.keep(workspace_id, block, {key: _together(parts) for key, parts in lines.items()})
            made += len(blocks)
        return made


FIRST = "(SELECT (min(a.created_at) AT TIME ZONE w.timezone)::date FROM application a WHERE a.workspace_id = w.id)"


async def _open_days(workspace_id: UUID) -> list[date]:
    found = await db.rows(
        "SELECT g.day::date FROM workspace w JOIN person_folded f ON f.workspace_id = w.id, "
        f"generate_series({FIRST}::timestamp, f.until - interval '1 day', '1 day') g (day) WHERE w.id = $1 "
        "AND NOT EXISTS (SELECT FROM person_block b WHERE b.workspace_id = w.id AND b.day = g.day::date AND b.days = 1) "
        "AND NOT EXISTS (SELECT FROM application a WHERE a.workspace_id = w.id AND a.came IS NULL AND a.created_at >= "
        "g.day AT TIME ZONE w.timezone AND a.created_at < (g.day + interval '1 day') AT TIME ZONE w.timezone) "
        "ORDER BY 1 DESC LIMIT $2",
        workspace_id,
        AT_ONCE,
    )
    return [row[0] for row in found]


async def _open_blocks(workspace_id: UUID, size: int) -> list[date]:
    """Blocks that are not there and whose four smaller ones are, but those before anybody came."""
    found = await db.rows(
        "SELECT b.day FROM workspace w, (SELECT $3::date + (day - $3) / $2::integer * $2 AS day, count(*) AS there "
        "FROM person_block WHERE workspace_id = $1 AND days = $2 / 4 GROUP BY 1) b WHERE w.id = $1 "
        "AND NOT EXISTS (SELECT FROM person_block o WHERE o.workspace_id = w.id AND o.day = b.day AND o.days = $2) "
        f"AND b.there = 4 - greatest(0, {FIRST} - b.day) / ($2 / 4)",
        workspace_id,
        size,
        BEGINNING,
    )
    return [row[0] for row in found]


async def _of_day(workspace_id: UUID, zone: ZoneInfo, day: date) -> dict[Key, Parts]:
    begin, end = totals.midnight(day, zone), totals.midnight(day + timedelta(days=1), zone)
    by_key: dict[Key, dict[str, totals.Total]] = defaultdict(lambda: defaultdict(lambda: totals.Total(None)))
    for person in await db.rows(totals.PEOPLE, workspace_id, zone.key, begin, end):
        for owner_id, source in _places(workspace_id, person):
            for dimension, value in _values(person):
                by_key[Key(owner_id, dimension, value)][source].add(person)
    return {key: {source: _parts(total, day) for source, total in of.items()} for key, of in by_key.items()}


def _places(workspace_id: UUID, person: db.Row) -> list[tuple[UUID, str]]:
    """Where somebody counts, and under what. A link that has moved to another job says nothing at the first one."""
    origin = "direct" if person["direct"] else "invited"
    channel = str(person["channel_id"]) if person["link_id"] else origin
    places = [(workspace_id, channel), (person["job_id"], channel if person["at_job"] else origin)]
    if person["campaign_id"]:
        places.append((person["campaign_id"], channel))
        if person["at_job"]:
            places.append((pair_of(person["job_id"], person["campaign_id"]), channel))
    return places


def _values(person: db.Row) -> list[tuple[str, str]]:
    came = [(str(name), value) for name, value in zip(CAME, person["came"], strict=True)] if person["came"] else []
    return [*came, (ZONE, person["timezone"])] if person["timezone"] else came


def _parts(total: totals.Total, day: date) -> Parts:
    return {
        "counts": [total.counts[name] for name in totals.COUNTS],
        "times": total.times,
        "zones": total.zones,
        "days": {day.isoformat(): total.finished} if total.finished else {},
    }


def _together(each: Sequence[Parts]) -> Parts:
    by_source: dict[str, list[Parts]] = defaultdict(list)
    for parts in each:
        for source, of in parts.items():
            by_source[source].append(of)
    return {source: _sum(of) for source, of in by_source.items()}


def _sum(each: Sequence[Parts]) -> Parts:
    times, zones, days = Counter[int](), Counter[str](), Counter[str]()
    for parts in each:
        add_flat(times, parts["times"])
        zones.update(parts["zones"])
        days.update(parts["days"])
    counts = [sum(column) for column in zip(*(parts["counts"] for parts in each), strict=True)]
    return {"counts": counts, "times": [one for pair in sorted(times.items()) for one in pair], "zones": zones, "days": days}
