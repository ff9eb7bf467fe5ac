"""What is known of the people of days that are over, under one filter, or two: see `blocks`. Without filters `totals` say it.

Owners are a workspace, its jobs, campaigns, and jobs within campaigns; dimensions are those of the click that brought somebody,
and their time zone; in larger blocks also two of these at once. The `parts` of a line are two: ``each``, by what brought people
(a channel, ``direct`` or ``invited``), and ``whole``, with the `counts` alone by that:

    counts     how many came, and how far they got: see `totals.COUNTS`
    times      how long their steps took: see `durations`
    zones      time zone -> how many named it
    days       day -> how many came then who completed

A day is put together once it is known of everybody what their click was. Changes of people leave lines in `person_stale`; whoever
makes totals anew takes the blocks of those days away.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from portal import db
from portal.clicks.verdicts import Verdict
from portal.reports import durations
from portal.reports.kept import totals
from portal.reports.kept.blocks import BEGINNING, SIZES, Block, Kept, Key, Parts, pair
from portal.reports.scope import CAME, By, Scope, pair_of

KEPT = Kept("person_fold", "person_block")
ZONE = "zone"
OF_PAIRS = 16
"""Days of the smallest blocks that have lines of two filters: single days have nearly as many of these as people."""
AT_ONCE = 60
"""Days in one round."""


def know(scope: Scope, by: By) -> bool:
    """Whether there are lines for it."""
    return bool(by is By.CHANNEL and scope.mixer and len(_filters(scope)) in (1, 2) and scope.verdict is Verdict.PERSON)


class Known(NamedTuple):
    """What is known of the people of days in a row, from `since` up to `until`, which is the first day after them. The other days
    of the scope are to be counted one by one."""

    parts: Sequence[Parts]
    since: date
    until: date


async def read(scopes: Sequence[Scope], part: str) -> list[Known]:
    """Of periods that have no day in common. `part`: of lines, ``each`` or ``whole``; of one channel, ``each`` holds that
    alone."""
    scope, filters = scopes[0], _filters(scopes[0])
    if scope.mixer is None or scope.counted_until == date.min:
        return [Known([], one.start, one.start) for one in scopes]
    key = Key(scope.mixer, *(filters[0] if len(filters) == 1 else pair(*filters)))
    found = await KEPT.read(scopes, key, scope.counted_until, 1 if len(filters) == 1 else OF_PAIRS, part=part)
    return [await _known(one, blocks, left) for one, (blocks, left) in zip(scopes, found, strict=True)]


async def _known(scope: Scope, found: Sequence[tuple[Block, Parts]], left: Sequence[date]) -> Known:
    last = min(scope.end, scope.counted_until - timedelta(days=1))
    if last < scope.start:
        return Known([], scope.start, scope.start)
    earliest = max(scope.start, min((block.day for block, _ in found), default=scope.start))
    missing = await _since_the_first(scope, left) if left and (not found or left[0] < earliest) else left
    since = earliest if missing and missing[0] < earliest else scope.start
    until = min((day for day in missing if day >= since), default=last + timedelta(days=1))
    parts = [parts for block, parts in found if block.day < until]
    only = str(scope.channel_id)
    return Known([{only: of[only]} if only in of else {} for of in parts] if scope.channel_id else parts, since, until)


async def _since_the_first(scope: Scope, days: Sequence[date]) -> list[date]:
    """Those of `days` on which somebody may have come."""
    first = scope.first or await totals.first_day(scope.workspace_id)
    return [day for day in days if first and day >= first]


def _filters(scope: Scope) -> list[tuple[str, str]]:
    """Dimension and value, in the order of the lines."""
    return [*scope.filters, *([(ZONE, scope.zone)] if scope.zone else [])]


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
            await KEPT.keep(workspace_id, Block(day, 1), await _of_days(workspace_id, zone, Block(day, 1), _values))
        made = len(days)
        for size in SIZES[1:]:
            blocks = [Block(day, size) for day in await _open_blocks(workspace_id, size)]
            for block in blocks:
                lines = {key: _together(parts) for key, parts in (await KEPT.inside(workspace_id, block)).items()}
                if size == OF_PAIRS:
                    lines |= await _of_days(workspace_id, zone, block, _pairs)
                await KEPT.keep(workspace_id, block, lines)
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


Filters = Callable[[db.Row], list[tuple[str, str]]]
"""Under which dimensions and values somebody counts."""


async def _of_days(workspace_id: UUID, zone: ZoneInfo, block: Block, filters: Filters) -> dict[Key, Parts]:
    begin, end = totals.midnight(block.day, zone), totals.midnight(block.day + timedelta(days=block.days), zone)
    by_key: dict[Key, dict[str, dict[date, totals.Total]]] = defaultdict(lambda: defaultdict(dict))
    for person in await db.rows(totals.PEOPLE, workspace_id, zone.key, begin, end):
        for owner_id, source in _places(workspace_id, person):
            for dimension, value in filters(person):
                days = by_key[Key(owner_id, dimension, value)][source]
                days.setdefault(person["day"], totals.Total(None)).add(person)
    return {
        key: _line({source: _sum([_parts(total, day) for day, total in days.items()]) for source, days in of.items()})
        for key, of in by_key.items()
    }


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


def _pairs(person: db.Row) -> list[tuple[str, str]]:
    return [pair(one, two) for one, two in combinations(_values(person), 2)]


def _parts(total: totals.Total, day: date) -> Parts:
    return {
        "counts": [total.counts[name] for name in totals.COUNTS],
        "times": total.times,
        "zones": total.zones,
        "days": {day.isoformat(): total.finished} if total.finished else {},
    }


def _line(each: dict[str, Parts]) -> Parts:
    counts = {source: of["counts"] for source, of in each.items()}
    return {"each": each, "whole": {**_sum(list(each.values())), "counts": counts}}


def _together(lines: Sequence[Parts]) -> Parts:
    by_source: dict[str, list[Parts]] = defaultdict(list)
    for line in lines:
        for source, of in line["each"].items():
            by_source[source].append(of)
    return _line({source: _sum(of) for source, of in by_source.items()})


def _sum(each: Sequence[Parts]) -> Parts:
    times, zones, days = Counter[int](), Counter[str](), Counter[str]()
    for parts in each:
        durations.add_flat(times, parts["times"])
        zones.update(parts["zones"])
        days.update(parts["days"])
    counts = [sum(column) for column in zip(*(parts["counts"] for parts in each), strict=True)]
    return {"counts": counts, "times": durations.pairs(times), "zones": zones, "days": days}
