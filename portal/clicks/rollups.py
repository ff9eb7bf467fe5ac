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
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from portal import db
from portal.clicks.hits import Outcome
from portal.clicks.verdicts import Verdict


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A click as rollups see it."""

    id: UUID
    workspace_id: UUID
    link_id: UUID
    at: datetime
    day: date
    verdict: Verdict
    reason: str
    outcome: str
    app: str
    device: str
    system: str
    language: str
    referrer_host: str
    visitor: bytes | None

    @property
    def is_person(self) -> bool:
        return self.verdict is Verdict.PERSON


Line = tuple[UUID, UUID, str, date, str]
"""Workspace, link, dimension, day, value."""


async def add(clicks: Sequence[Counted]) -> None:
    """Count `clicks`, each of which is new. In the transaction that keeps them."""
    await _add_visitors(clicks)
    await _add_hours(clicks)
    await add_days(line for click in clicks for line in lines_of(click))


def lines_of(click: Counted) -> list[Line]:
    """Where one click counts, by day."""
    return [*_verdict(click), *_excluded(click), *_dimensions(click), *_outcome(click)]


def _verdict(click: Counted) -> list[Line]:
    return [_line(click, "verdict", click.verdict.value)]


def _excluded(click: Counted) -> list[Line]:
    return [] if click.is_person else [_line(click, "excluded", f"{click.verdict.value}:{click.reason}")]


def _dimensions(click: Counted) -> list[Line]:
    if not click.is_person:
        return []
    return [
        _line(click, "app", click.app),
        _line(click, "device", click.device),
        _line(click, "system", click.system),
        _line(click, "language", click.language.partition("-")[0]),
        _line(click, "referrer", click.referrer_host),
    ]


def _outcome(click: Counted) -> list[Line]:
    if not click.is_person or click.outcome == Outcome.REDIRECTED:
        return []
    return [_line(click, "outcome", click.outcome)]


def _line(click: Counted, dimension: str, value: str) -> Line:
    return click.workspace_id, click.link_id, dimension, click.day, value


async def _add_visitors(clicks: Sequence[Counted]) -> None:
    """A visitor counts for the first click that names them; the database says which that is."""
    named = {(c.link_id, c.day, c.visitor): c.workspace_id for c in clicks if c.is_person and c.visitor is not None}
    keys = sorted((key for key in named), key=lambda key: (key[0], key[1], key[2] or b""))
    first = await db.rows(
        "INSERT INTO visitor_day (link_id, day, visitor) SELECT * FROM unnest($1::uuid[], $2::date[], $3::bytea[]) "
        "ON CONFLICT DO NOTHING RETURNING link_id, day, visitor",
        *_columns(keys, 3),
    )
    await add_days((named[tuple(row)], row["link_id"], "visitor", row["day"], Verdict.PERSON.value) for row in first)


async def _add_hours(clicks: Iterable[Counted]) -> None:
    counts = Counter(
        (c.workspace_id, c.link_id, c.at.replace(minute=0, second=0, microsecond=0), c.verdict.value) for c in clicks
    )
    lines = sorted((*line, n) for line, n in counts.items())
    await db.run(
        "INSERT INTO click_hourly (workspace_id, link_id, hour, verdict, clicks) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::bigint[]) "
        "ON CONFLICT (link_id, hour, verdict) DO UPDATE SET clicks = click_hourly.clicks + EXCLUDED.clicks",
        *_columns(lines, 5),
    )


async def add_days(lines: Iterable[Line]) -> None:
    """Add one for each of `lines`."""
    counted = sorted((*line, n) for line, n in Counter(lines).items())
    await db.run(
        "INSERT INTO click_daily (workspace_id, link_id, dimension, day, value, clicks) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::text[], $6::bigint[]) "
        "ON CONFLICT (link_id, dimension, day, value) DO UPDATE SET clicks = click_daily.clicks + EXCLUDED.clicks",
        *_columns(counted, 6),
    )


def _columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    return [[row[n] for row in rows] for n in range(width)]
