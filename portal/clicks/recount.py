"""Counting the clicks of some links again, and putting the figures right where they say something else.

To be called where nobody else counts these links meanwhile: see `turns`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import msgspec

from portal import db
from portal.clicks import landed, rollups
from portal.clicks.rollups import Facts, Hour, Line, lines_of, span_of
from portal.clicks.verdicts import Verdict

AnyLine = TypeVar("AnyLine", Hour, Line)
FACTS = ("verdict", "reason", "outcome", "app", "device", "system", "language", "referrer_host")


class Recount(msgspec.Struct, frozen=True):
    """What was looked at. `clicks` and `lines` are what there is; `differed` of the lines said something else, or were missing,
    or too many."""

    clicks: int = 0
    lines: int = 0
    differed: int = 0

    def __add__(self, other: "Recount") -> "Recount":
        return Recount(self.clicks + other.clicks, self.lines + other.lines, self.differed + other.differed)


async def hours(workspace_id: UUID, link_ids: Sequence[UUID], start: datetime, end: datetime) -> Recount:
    """The hours from `start` to `end`, both the beginning of one."""
    scope = (workspace_id, link_ids, start, end)
    counted = await db.rows(
        "SELECT link_id, date_trunc('hour', at, 'UTC') AS hour, verdict, count(*) AS clicks FROM click "
        "WHERE workspace_id = $1 AND link_id = ANY($2::uuid[]) AND at >= $3 AND at < $4 GROUP BY 1, 2, 3",
        *scope,
    )
    said = await db.rows(
        "SELECT link_id, hour, verdict, clicks FROM click_hourly "
        "WHERE workspace_id = $1 AND link_id = ANY($2::uuid[]) AND hour >= $3 AND hour < $4",
        *scope,
    )
    right, wrong = _compared(_hours(workspace_id, counted), _hours(workspace_id, said))
    await rollups.set_hours(wrong)
    return Recount(lines=len(right), differed=len(wrong))


async def day(workspace_id: UUID, link_ids: Sequence[UUID], day: date) -> Recount:
    """One day of the workspace: all lines, and who was met on it."""
    counted = await _clicks(workspace_id, link_ids, day)
    counted += await _visitors(workspace_id, link_ids, day) + await _landed(workspace_id, link_ids, day)
    said = await db.rows(
        "SELECT link_id, dimension, value, clicks FROM click_daily "
        "WHERE workspace_id = $1 AND link_id = ANY($2::uuid[]) AND day = $3",
        *(workspace_id, link_ids, day),
    )
    lines = {(workspace_id, row["link_id"], row["dimension"], day, row["value"]): row["clicks"] for row in said}
    right, wrong = _compared(counted, lines)
    await rollups.set_days(wrong)
    await _meet_again(link_ids, day)
    clicks = sum(number for line, number in right.items() if line[2] == "verdict")
    return Recount(clicks=clicks, lines=len(right), differed=len(wrong))


MIXES_OF_DAY = "day - date '2001-01-01' = $2::date - date '2001-01-01'"
"""Of `click_mix`, with the day as second parameter: as its index has it."""


async def mixes(workspace_id: UUID, day: date) -> Recount:
    """One day of the workspace: all lines by all that is known of clicks at once. Hours become those of the workspace's zone as
    it is now: that is no fault of what was said."""
    lines = (
        "SELECT (to_jsonb(m) - 'hours')::text FROM click_mix m "
        f"WHERE workspace_id = $1 AND {MIXES_OF_DAY} AND (clicks <> 0 OR landed <> 0)"
    )
    said = {row[0] for row in await db.rows(lines, workspace_id, day)}
    await db.run(f"DELETE FROM click_mix WHERE workspace_id = $1 AND {MIXES_OF_DAY}", workspace_id, day)
    await db.run("SELECT count_mix($1, $2)", workspace_id, day)
    right = {row[0] for row in await db.rows(lines, workspace_id, day)}
    return Recount(lines=len(right), differed=len(right - said) + len(said - right))


async def _clicks(workspace_id: UUID, link_ids: Sequence[UUID], day: date) -> Counter[Line]:
    """The database puts alike clicks together; where they count, `lines_of` says, as it does when they come in."""
    found = await db.rows(
        f"SELECT link_id, {', '.join(FACTS)}, count(*) AS clicks FROM click WHERE workspace_id = $1 "
        f"AND link_id = ANY($2::uuid[]) AND day = $3 AND at BETWEEN $4 AND $5 GROUP BY link_id, {', '.join(FACTS)}",
        *(workspace_id, link_ids, day, *span_of(day)),
    )
    counted: Counter[Line] = Counter()
    for row in found:
        facts = {name: row[name] for name in FACTS} | {"verdict": Verdict(row["verdict"])}
        for line in lines_of(Facts(workspace_id=workspace_id, link_id=row["link_id"], day=day, **facts)):
            counted[line] += row["clicks"]
    return counted


async def _visitors(workspace_id: UUID, link_ids: Sequence[UUID], day: date) -> Counter[Line]:
    found = await db.rows(
        "SELECT link_id, count(DISTINCT visitor) AS clicks FROM click WHERE workspace_id = $1 AND link_id = ANY($2::uuid[]) "
        "AND day = $3 AND at BETWEEN $4 AND $5 AND verdict = 'person' AND visitor IS NOT NULL GROUP BY link_id",
        *(workspace_id, link_ids, day, *span_of(day)),
    )
    return _of_persons(workspace_id, "visitor", day, found)


async def _landed(workspace_id: UUID, link_ids: Sequence[UUID], day: date) -> Counter[Line]:
    first, last = span_of(day)
    found = await db.rows(
        "SELECT c.link_id, count(*) AS clicks FROM landing l JOIN click c ON c.id = l.click_id AND c.at BETWEEN $4 AND $5 "
        "WHERE l.workspace_id = $1 AND l.at BETWEEN $6 AND $7 AND l.verdict = 'person' "
        "AND c.link_id = ANY($2::uuid[]) AND c.day = $3 GROUP BY c.link_id",
        *(workspace_id, link_ids, day, first, last, first - timedelta(minutes=1), last + landed.AFTER),
    )
    return _of_persons(workspace_id, "landed", day, found)


def _of_persons(workspace_id: UUID, dimension: str, day: date, found: Sequence[db.Row]) -> Counter[Line]:
    return Counter({(workspace_id, row["link_id"], dimension, day, Verdict.PERSON.value): row["clicks"] for row in found})


async def _meet_again(link_ids: Sequence[UUID], day: date) -> None:
    """While the day's salt lives, more visitors may come: who has been counted must be those whom the clicks name."""
    met = (
        "SELECT link_id, day, visitor FROM click WHERE link_id = ANY($1::uuid[]) AND day = $2 AND at BETWEEN $3 AND $4 "
        "AND verdict = 'person' AND visitor IS NOT NULL"
    )
    scope = (link_ids, day, *span_of(day))
    await db.run(
        f"WITH met AS ({met}) DELETE FROM visitor_day v WHERE v.link_id = ANY($1::uuid[]) AND v.day = $2 "
        "AND NOT EXISTS (SELECT FROM met WHERE met.link_id = v.link_id AND met.visitor = v.visitor)",
        *scope,
    )
    await db.run(
        f"INSERT INTO visitor_day (link_id, day, visitor) {met} AND EXISTS (SELECT FROM visitor_salt s WHERE s.day = $2) "
        "ON CONFLICT DO NOTHING",
        *scope,
    )


def _hours(workspace_id: UUID, found: Sequence[db.Row]) -> dict[Hour, int]:
    return {(workspace_id, row["link_id"], row["hour"], row["verdict"]): row["clicks"] for row in found}


def _compared(right: Mapping[AnyLine, int], said: Mapping[AnyLine, int]) -> tuple[Mapping[AnyLine, int], dict[AnyLine, int]]:
    """What ought to be said, and the lines that say something else with what they ought to say."""
    return right, {line: right.get(line, 0) for line in right.keys() | said.keys() if right.get(line) != said.get(line)}
