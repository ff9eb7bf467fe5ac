"""The figures kept beside the clicks, so that no page has to count clicks. One rollup a function.

`click_hourly` holds clicks by hour (UTC) and verdict. `click_daily` holds, by day of the workspace:

    verdict    value: the verdict                 clicks
    excluded   value: "verdict:reason"            clicks that were not persons
    visitor    value: "person"                    persons seen for the first time that day at that link
    landed     value: "person"                    clicks of persons whose landing page was shown
    app, device, system, language, referrer       clicks of persons
    outcome    value: "closed", "expired", …      clicks of persons that were not led on

Whoever adds up writes rows in the order of their keys, and the rollups in the order of this page: so workers side by side wait
for each other, but never in a ring.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec

from portal import db
from portal.clicks import visitors
from portal.clicks.hits import Outcome
from portal.clicks.verdicts import Verdict

DIMENSIONS = ("verdict", "excluded", "visitor", "landed", "app", "device", "system", "language", "referrer", "outcome")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides on which lines of a day a click counts."""

    workspace_id: UUID
    link_id: UUID
    day: date
    verdict: Verdict
    reason: str
    outcome: str
    app: str
    device: str
    system: str
    language: str
    referrer_host: str

    @property
    def is_person(self) -> bool:
        return self.verdict is Verdict.PERSON


class Counted(Facts, frozen=True, kw_only=True):
    """A click as rollups see it."""

    id: UUID
    at: datetime
    visitor: bytes | None


Line = tuple[UUID, UUID, str, date, str]
"""Workspace, link, dimension, day, value."""
Hour = tuple[UUID, UUID, datetime, str]
"""Workspace, link, hour, verdict."""


async def add(clicks: Sequence[Counted], now: datetime) -> None:
    """Count `clicks`, each of which is new. In the transaction that has just kept them."""
    await _add_visitors(clicks, now)
    await _add_hours(clicks)
    await add_days(line for click in clicks for line in lines_of(click))


def lines_of(click: Facts) -> list[Line]:
    """Where one click counts, by day."""
    return [*_verdict(click), *_excluded(click), *_dimensions(click), *_outcome(click)]


def _verdict(click: Facts) -> list[Line]:
    return [_line(click, "verdict", click.verdict.value)]


def _excluded(click: Facts) -> list[Line]:
    return [] if click.is_person else [_line(click, "excluded", f"{click.verdict.value}:{click.reason}")]


def _dimensions(click: Facts) -> list[Line]:
    if not click.is_person:
        return []
    return [
        _line(click, "app", click.app),
        _line(click, "device", click.device),
        _line(click, "system", click.system),
        _line(click, "language", click.language.partition("-")[0]),
        _line(click, "referrer", click.referrer_host),
    ]


def _outcome(click: Facts) -> list[Line]:
    if not click.is_person or click.outcome == Outcome.REDIRECTED:
        return []
    return [_line(click, "outcome", click.outcome)]


def _line(click: Facts, dimension: str, value: str) -> Line:
    return click.workspace_id, click.link_id, dimension, click.day, value


async def _add_visitors(clicks: Sequence[Counted], now: datetime) -> None:
    """A visitor counts for the first click that names them; the database says which that is."""
    named = {(c.link_id, c.day, c.visitor): c.workspace_id for c in clicks if c.is_person and c.visitor is not None}
    keys = sorted(named, key=lambda key: (key[0], key[1], key[2] or b""))
    first = await db.rows(
        "INSERT INTO visitor_day (link_id, day, visitor) SELECT * FROM unnest($1::uuid[], $2::date[], $3::bytea[]) "
        "ON CONFLICT DO NOTHING RETURNING link_id, day, visitor",
        *_columns(keys, 3),
    )
    met = await _met_before({tuple(row) for row in first if row["day"] <= visitors.doubtful(now)}, clicks)
    fresh = [row for row in first if tuple(row) not in met]
    await add_days((named[tuple(row)], row["link_id"], "visitor", row["day"], Verdict.PERSON.value) for row in fresh)


async def _met_before(keys: set[tuple[UUID, date, bytes]], new: Sequence[Counted]) -> set[tuple[UUID, date, bytes]]:
    """Which visitors of long ago were counted before `visitor_day` forgot them: the clicks themselves still say so."""
    if not keys:
        return set()
    pairs = sorted({key[:2] for key in keys})
    found = await db.rows(
        "SELECT DISTINCT c.link_id, c.day, c.visitor FROM unnest($1::uuid[], $2::date[]) n (link_id, day) "
        "JOIN click c ON c.link_id = n.link_id AND c.day = n.day AND c.at BETWEEN $3 AND $4 "
        "WHERE c.verdict = 'person' AND c.visitor = ANY($5::bytea[]) AND c.id <> ALL($6::uuid[])",
        *_columns(pairs, 2),
        span_of(min(day for _, day in pairs))[0],
        span_of(max(day for _, day in pairs))[1],
        list({visitor for _, _, visitor in keys}),
        [click.id for click in new],
    )
    return {tuple(row) for row in found}


def span_of(day: date) -> tuple[datetime, datetime]:
    """Moments between which `day` lies wherever the workspace is (UTC+14 to UTC-12): they spare the look at other months."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight - timedelta(hours=14), midnight + timedelta(hours=36)


async def _add_hours(clicks: Iterable[Counted]) -> None:
    counts = Counter(
        (c.workspace_id, c.link_id, c.at.replace(minute=0, second=0, microsecond=0), c.verdict.value) for c in clicks
    )
    await _write_hours(counts, "click_hourly.clicks + EXCLUDED.clicks")


async def add_days(lines: Iterable[Line]) -> None:
    """Add one for each of `lines`."""
    await _write_days(Counter(lines), "click_daily.clicks + EXCLUDED.clicks")


async def set_hours(lines: Mapping[Hour, int]) -> None:
    """What these lines ought to say; 0: they ought not to be there. Only `turns.alone`, or for links that nobody else counts."""
    gone = [line for line, clicks in lines.items() if not clicks]
    await db.run(
        "DELETE FROM click_hourly h USING unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[]) "
        "n (workspace_id, link_id, hour, verdict) WHERE h.link_id = n.link_id AND h.hour = n.hour AND h.verdict = n.verdict",
        *_columns(gone, 4),
    )
    await _write_hours({line: clicks for line, clicks in lines.items() if clicks}, "EXCLUDED.clicks")


async def set_days(lines: Mapping[Line, int]) -> None:
    """The same for the lines of days."""
    gone = [line for line, clicks in lines.items() if not clicks]
    await db.run(
        "DELETE FROM click_daily d USING unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::text[]) "
        "n (workspace_id, link_id, dimension, day, value) "
        "WHERE d.link_id = n.link_id AND d.dimension = n.dimension AND d.day = n.day AND d.value = n.value",
        *_columns(gone, 5),
    )
    await _write_days({line: clicks for line, clicks in lines.items() if clicks}, "EXCLUDED.clicks")


async def _write_hours(lines: Mapping[Hour, int], clicks: str) -> None:
    """`clicks`: what to write where a line is there already, in SQL."""
    await db.run(
        "INSERT INTO click_hourly (workspace_id, link_id, hour, verdict, clicks) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::bigint[]) "
        f"ON CONFLICT (link_id, hour, verdict) DO UPDATE SET clicks = {clicks}",
        *_columns(sorted((*line, number) for line, number in lines.items()), 5),
    )


async def _write_days(lines: Mapping[Line, int], clicks: str) -> None:
    await db.run(
        "INSERT INTO click_daily (workspace_id, link_id, dimension, day, value, clicks) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::text[], $6::bigint[]) "
        f"ON CONFLICT (link_id, dimension, day, value) DO UPDATE SET clicks = {clicks}",
        *_columns(sorted((*line, number) for line, number in lines.items()), 6),
    )


def _columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    return [[row[n] for row in rows] for n in range(width)]
