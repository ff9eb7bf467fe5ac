"""Days that are over, put together from their mixes: a page about a month under a filter reads thirty lines, and not all that was
ever seen together.

A line is of an owner, a day, and one value of one dimension, or all taps (both empty). Its `parts`:

    values     dimension -> value -> taps by people
    hours      taps by people, by hour of the day
    landed     channel -> taps whose page was shown
    excluded   "kind:verdict:reason" -> hits

Whatever changes a mix takes its day out of `click_folded`; then the mixes are read until the clock has been here again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from operator import add
from typing import Any
from uuid import UUID

from portal import db
from portal.clicks.verdicts import Verdict
from portal.reports.scope import CHANNEL, Dimension, Query, Scope

OPEN_DAYS = timedelta(days=2)
AT_ONCE = 20
"""Days of a workspace in one round."""
EVERYTHING = ("", "")
Key = tuple[UUID, str, str]
"""Owner, dimension and value."""


class Parts:
    """Of one or more lines."""

    def __init__(self) -> None:
        self.values: dict[str, Counter[str]] = defaultdict(Counter)
        self.week: dict[int, list[int]] = {weekday: [0] * 24 for weekday in range(1, 8)}
        """By day of the week, Monday is 1, and hour."""
        self.days: Counter[date] = Counter()
        self.landed: Counter[UUID] = Counter()
        self.excluded: Counter[tuple[str, str, str]] = Counter()

    def add(self, day: date, name: str, part: Any) -> None:
        """The part of this name of a day's line. A year has hundreds of these."""
        if name == "hours":
            self.days[day] += sum(part)
            self.week[day.isoweekday()] = list(map(add, self.week[day.isoweekday()], part))
        elif name == "values":
            for dimension, values in part.items():
                self.values[dimension].update(values)
        elif name == "landed":
            self.landed.update({UUID(channel): landed for channel, landed in part.items()})
        else:
            self.excluded.update({_split(key): hits for key, hits in part.items()})

    @property
    def hours(self) -> Counter[tuple[int, int]]:
        return Counter({(weekday, hour): n for weekday, hours in self.week.items() for hour, n in enumerate(hours) if n > 0})


def _split(key: str) -> tuple[str, str, str]:
    kind, verdict, reason = key.split(":", 2)
    return kind, verdict, reason


def know(scope: Scope) -> bool:
    """Whether there are lines for it."""
    return bool(scope.mixer and not scope.channel_id and len(scope.values) <= 1 and scope.verdict is Verdict.PERSON)


async def read(scope: Scope, name: str) -> tuple[Parts, list[date]]:
    """What the parts of this name say of `scope`, and the days of it that they do not know."""
    days = {scope.start + timedelta(days=n) for n in range((scope.end - scope.start).days + 1)}
    parts = Parts()
    if not know(scope):
        return parts, sorted(days)
    q = Query()
    dimension, value = scope.values[0] if scope.values else EVERYTHING
    found = await db.rows(
        f"SELECT d.day, f.parts -> {q(name)} AS part FROM click_folded d "
        "LEFT JOIN click_fold f ON f.workspace_id = d.workspace_id AND f.day = d.day "
        f"AND f.owner_id = {q(scope.mixer)} AND f.dimension = {q(str(dimension))} AND f.value = {q(value)} "
        f"WHERE d.workspace_id = {q(scope.workspace_id)} AND d.day BETWEEN {q(scope.start)} AND {q(scope.end)}",
        *q.args,
    )
    for row in found:
        days.discard(row["day"])
        if row["part"] not in (None, []):
            parts.add(row["day"], name, row["part"])
    return parts, sorted(days)


# ---- Keeping ---------------------------------------------------------------------------------------------------------------


async def fold(now: datetime) -> int:
    """Put together days that are over and not folded, or no longer; of how many. The latest first. For a clock to call."""
    found = await db.rows(
        "SELECT w.id, d.day FROM workspace w CROSS JOIN LATERAL (SELECT DISTINCT s.day FROM click_sum_daily s "
        "WHERE s.owner_id = w.id AND s.workspace_id = w.id AND s.dimension IN ('verdict', 'excluded') AND s.day < $1 "
        "AND NOT EXISTS (SELECT FROM click_folded f WHERE f.workspace_id = w.id AND f.day = s.day) ORDER BY 1 DESC LIMIT $2) d",
        now.date() - OPEN_DAYS,
        AT_ONCE,
    )
    for row in found:
        await _fold(row["id"], row["day"])
    return len(found)


async def _fold(workspace_id: UUID, day: date) -> None:
    async with db.transaction():
        # Nobody changes mixes of this workspace meanwhile.
        await db.run("SELECT lock_sums(ARRAY[$1::uuid || 'mix'])", workspace_id)
        lines = await db.rows("SELECT * FROM click_mix WHERE workspace_id = $1 AND day = $2", workspace_id, day)
        await db.run("DELETE FROM click_fold WHERE workspace_id = $1 AND day = $2", workspace_id, day)
        made = [(workspace_id, *key, day, parts) for key, parts in _put_together(lines).items()]
        await db.run_many(
            "INSERT INTO click_fold (workspace_id, owner_id, dimension, value, day, parts) VALUES ($1, $2, $3, $4, $5, $6)", made
        )
        await db.run("INSERT INTO click_folded (workspace_id, day) VALUES ($1, $2)", workspace_id, day)


def _put_together(lines: Iterable[db.Row]) -> dict[Key, dict[str, Any]]:
    by_key: dict[Key, list[db.Row]] = defaultdict(list)
    for line in lines:
        for dimension, value in (EVERYTHING, *((str(name), line[name]) for name in Dimension)):
            by_key[line["owner_id"], dimension, value].append(line)
    return {key: _parts(of) for key, of in by_key.items()}


def _parts(lines: Sequence[db.Row]) -> dict[str, Any]:
    taps = [line for line in lines if line["verdict"] == Verdict.PERSON and line["kind"] == CHANNEL]
    values: dict[str, Counter[str]] = {str(name): Counter() for name in Dimension}
    landed, excluded = Counter[str](), Counter[str]()
    for line in taps:
        landed[str(line["channel_id"])] += line["landed"]
        for name in Dimension:
            values[name][line[name]] += line["clicks"]
    for line in lines:
        if line["verdict"] != Verdict.PERSON:
            excluded[f"{line['kind']}:{line['verdict']}:{line['reason']}"] += line["clicks"]
    hours = [sum(column) for column in zip(*(line["hours"] for line in taps), strict=True)]
    return {"values": {name: _some(of) for name, of in values.items()}, "hours": hours, "landed": _some(landed)} | {
        "excluded": _some(excluded)
    }


def _some(counts: Counter[str]) -> dict[str, int]:
    return {key: number for key, number in counts.items() if number}
