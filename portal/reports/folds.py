"""Days that are over, put together from their mixes: a page about a year reads a dozen lines, and not all that was ever seen
together.

A line is of an owner, some days, and one value of one dimension, or all taps (both empty). Days are put together one by one, and
then by 4, 16 and 64, so that any period is a few of these blocks. The `parts` of a line:

    values     dimension -> value -> taps by people
    hours      day of the week (1 is Monday) -> taps by people, by hour of the day
    landed     channel -> taps whose page was shown
    excluded   "kind:verdict:reason" -> hits

Whatever changes a mix takes its day, and all blocks around it, out of `click_folded`; then what is smaller is read until the
clock has been here again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import add
from typing import Any
from uuid import UUID

from portal import db
from portal.clicks.verdicts import Verdict
from portal.reports.scope import CHANNEL, Dimension, Query, Scope
from portal.reports.tally import Tally

SIZES = (1, 4, 16, 64)
"""Days of a block. The statement that takes them away knows the largest too."""
BEGINNING = date(2001, 1, 1)
"""Blocks are laid from here."""
AT_ONCE = 20
"""Days, and blocks of each size, in one round."""
EVERYTHING = ("", "")
Key = tuple[UUID, str, str]
"""Owner, dimension and value."""
Block = tuple[date, int]
"""The first day, and how many."""
Parts = Mapping[str, Any]


def know(scope: Scope) -> bool:
    """Whether there are lines for it."""
    return bool(
        scope.mixer and not (scope.channel_id or scope.zone) and len(scope.values) <= 1 and scope.verdict is Verdict.PERSON
    )


def blocks(start: date, end: date) -> list[Block]:
    """The largest ones that make up the days from `start` to `end`, both included."""
    found, at, last = list[Block](), (start - BEGINNING).days, (end - BEGINNING).days
    while at <= last:
        size = next(size for size in reversed(SIZES) if at % size == 0 and at + size - 1 <= last)
        found.append((BEGINNING + timedelta(days=at), size))
        at += size
    return found


async def read(scope: Scope, tally: Tally) -> list[date]:
    """Add what lines say of `scope`; the days of it that they do not know."""
    days = [scope.start + timedelta(days=n) for n in range((scope.end - scope.start).days + 1)]
    if not know(scope):
        return days
    left = await _read(scope, blocks(scope.start, scope.end), tally)
    if any(size > 1 for _, size in left):
        left = await _read(scope, [(day + timedelta(days=n), 1) for day, size in left for n in range(size)], tally)
    return [day for day, _ in left]


async def _read(scope: Scope, wanted: Sequence[Block], tally: Tally) -> list[Block]:
    """Those that are not there."""
    q, left = Query(), set(wanted)
    dimension, value = scope.values[0] if scope.values else EVERYTHING
    found = await db.rows(
        f"SELECT d.day, d.days, f.parts FROM unnest({q([day for day, _ in wanted])}::date[], "
        f"{q([size for _, size in wanted])}::integer[]) w (day, days) "
        f"JOIN click_folded d ON d.workspace_id = {q(scope.workspace_id)} AND d.day = w.day AND d.days = w.days "
        "LEFT JOIN click_fold f ON f.workspace_id = d.workspace_id AND f.day = d.day AND f.days = d.days "
        f"AND f.owner_id = {q(scope.mixer)} AND f.dimension = {q(str(dimension))} AND f.value = {q(value)}",
        *q.args,
    )
    for row in found:
        left.discard((row["day"], row["days"]))
        _add(tally, row["parts"] or {})
    return sorted(left)


def _add(tally: Tally, parts: Parts) -> None:
    for weekday, hours in parts.get("hours", {}).items():
        tally.hours.update({(int(weekday), hour): number for hour, number in enumerate(hours) if number})
    for dimension, values in parts.get("values", {}).items():
        tally.values[dimension].update(values)
    tally.landed.update({UUID(channel): landed for channel, landed in parts.get("landed", {}).items()})
    for key, hits in parts.get("excluded", {}).items():
        tally.add_excluded(*_split(key), hits)


def _split(key: str) -> tuple[str, str, str]:
    kind, verdict, reason = key.split(":", 2)
    return kind, verdict, reason


# ---- Keeping ---------------------------------------------------------------------------------------------------------------


async def fold(now: datetime) -> int:
    """Put together days that are over and not folded, or no longer, the latest first; then blocks of which that is done. Of how
    many. For a clock to call."""
    days = await _open_days(now)
    for row in days:
        await _keep(row["id"], (row["day"], 1))
    made = len(days)
    for size in SIZES[1:]:
        found = await _open_blocks(size, now)
        for row in found:
            await _keep(row["workspace_id"], (row["day"], size))
        made += len(found)
    return made


TODAY = "($1::timestamptz AT TIME ZONE w.timezone)::date"


async def _open_days(now: datetime) -> list[db.Row]:
    return await db.rows(
        "SELECT w.id, d.day FROM workspace w CROSS JOIN LATERAL (SELECT DISTINCT s.day FROM click_sum_daily s "
        f"WHERE s.owner_id = w.id AND s.workspace_id = w.id AND s.dimension IN ('verdict', 'excluded') AND s.day < {TODAY} "
        "AND NOT EXISTS (SELECT FROM click_folded f WHERE f.workspace_id = w.id AND f.day = s.day AND f.days = 1) "
        "ORDER BY 1 DESC LIMIT $2) d",
        now,
        AT_ONCE,
    )


OPEN = """
SELECT FROM click_sum_daily s WHERE s.owner_id = {0} AND s.workspace_id = {0} AND s.dimension IN ('verdict', 'excluded')
  AND s.day >= {1} AND s.day < {1} + {2}::integer
  AND NOT EXISTS (SELECT FROM click_folded f WHERE f.workspace_id = {0} AND f.day = s.day AND f.days = 1)
"""
"""Days of a block that have hits and are not folded."""


async def _open_blocks(size: int, now: datetime) -> list[db.Row]:
    """Blocks that are over, are not there, and could be."""
    return await db.rows(
        "SELECT b.workspace_id, b.day FROM (SELECT DISTINCT workspace_id, $4::date + (day - $4) / $3 * $3 AS day "
        "FROM click_folded WHERE days = 1) b JOIN workspace w ON w.id = b.workspace_id "
        f"WHERE b.day + $3 <= {TODAY} "
        "AND NOT EXISTS (SELECT FROM click_folded f WHERE f.workspace_id = w.id AND f.day = b.day AND f.days = $3) "
        f"AND NOT EXISTS ({OPEN.format('w.id', 'b.day', '$3')}) ORDER BY 2 DESC LIMIT $2",
        now,
        AT_ONCE,
        size,
        BEGINNING,
    )


async def _keep(workspace_id: UUID, block: Block) -> None:
    async with db.transaction():
        # Nobody changes mixes of this workspace meanwhile.
        await db.run("SELECT lock_sums(ARRAY[$1::uuid || 'mix'])", workspace_id)
        if block[1] > 1 and await db.value(f"SELECT EXISTS ({OPEN.format('$1::uuid', '$2::date', '$3')})", workspace_id, *block):
            return  # one of its days has changed since
        made = await (_of_day(workspace_id, block[0]) if block[1] == 1 else _of_days(workspace_id, block))
        await db.run("DELETE FROM click_fold WHERE workspace_id = $1 AND day = $2 AND days = $3", workspace_id, *block)
        await db.run_many(
            "INSERT INTO click_fold (workspace_id, owner_id, dimension, value, day, days, parts) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [(workspace_id, *key, *block, parts) for key, parts in made.items()],
        )
        await db.run("INSERT INTO click_folded (workspace_id, day, days) VALUES ($1, $2, $3)", workspace_id, *block)


async def _of_day(workspace_id: UUID, day: date) -> dict[Key, Parts]:
    lines = await db.rows("SELECT * FROM click_mix WHERE workspace_id = $1 AND day = $2", workspace_id, day)
    by_key: dict[Key, list[db.Row]] = defaultdict(list)
    for line in lines:
        for dimension, value in (EVERYTHING, *((str(name), line[name]) for name in Dimension)):
            by_key[line["owner_id"], dimension, value].append(line)
    return {key: _parts(of, str(day.isoweekday())) for key, of in by_key.items()}


def _parts(lines: Iterable[db.Row], weekday: str) -> Parts:
    values: dict[str, Counter[str]] = {str(name): Counter() for name in Dimension}
    landed, excluded, hours = Counter[str](), Counter[str](), [0] * 24
    for line in lines:
        if line["verdict"] != Verdict.PERSON:
            excluded[f"{line['kind']}:{line['verdict']}:{line['reason']}"] += line["clicks"]
        elif line["kind"] == CHANNEL:
            landed[str(line["channel_id"])] += line["landed"]
            hours = list(map(add, hours, line["hours"]))
            for name in Dimension:
                values[name][line[name]] += line["clicks"]
    return {
        "values": {name: _some(of) for name, of in values.items()},
        "hours": {weekday: hours} if any(hours) else {},
        "landed": _some(landed),
        "excluded": _some(excluded),
    }


def _some(counts: Counter[str]) -> dict[str, int]:
    return {key: number for key, number in counts.items() if number}


async def _of_days(workspace_id: UUID, block: Block) -> dict[Key, Parts]:
    """From its days."""
    by_key: dict[Key, list[Parts]] = defaultdict(list)
    async with db.connection() as connection:
        days = connection.cursor(
            "SELECT owner_id, dimension, value, parts FROM click_fold "
            "WHERE workspace_id = $1 AND day >= $2 AND day < $2 + $3::integer AND days = 1",
            workspace_id,
            *block,
            prefetch=1000,
        )
        async for owner_id, dimension, value, parts in days:
            by_key[owner_id, dimension, value].append(parts)
    return {key: _together(parts) for key, parts in by_key.items()}


def _together(each: Sequence[Parts]) -> Parts:
    values: dict[str, Counter[str]] = defaultdict(Counter)
    landed, excluded, hours = Counter[str](), Counter[str](), dict[str, list[int]]()
    for parts in each:
        for dimension, of in parts["values"].items():
            values[dimension].update(of)
        for weekday, row in parts["hours"].items():
            hours[weekday] = list(map(add, hours[weekday], row)) if weekday in hours else row
        landed.update(parts["landed"])
        excluded.update(parts["excluded"])
    return {"values": values, "hours": hours, "landed": landed, "excluded": excluded}
