"""The figures' tables, counted from the same rows that the demo writes as clicks. What is counted: `portal.clicks.rollups`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
FACETS = {"app": "app", "device": "device", "system": "system", "language": "language", "referrer": "referrer_host"}
"""Dimension and the column of ``click`` that it counts, for persons alone."""


def hourly(clicks: Iterable[Row]) -> Iterator[dict[str, Any]]:
    counts = Counter((c["link_id"], _hour(c["at"]), c["verdict"]) for c in clicks)
    for (link_id, hour, verdict), count in counts.items():
        yield {"link_id": link_id, "hour": hour, "verdict": verdict, "clicks": count}


def daily(clicks: Sequence[Row], landings: Sequence[Row], zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    counts: Counter[tuple[UUID, date, str, str]] = Counter()
    for click in clicks:
        day = click["at"].astimezone(zone).date()
        counts.update((click["link_id"], day, dimension, value) for dimension, value in _dimensions(click))
    counts.update(_visitors(clicks, zone))
    counts.update((r["link_id"], r["at"].astimezone(zone).date(), "landed", "person") for r in landings)
    for (link_id, day, dimension, value), count in counts.items():
        yield {"link_id": link_id, "day": day, "dimension": dimension, "value": value, "clicks": count}


def _dimensions(click: Row) -> Iterator[tuple[str, str]]:
    yield "verdict", click["verdict"]
    if click["verdict"] == "person":
        yield from ((dimension, click[column]) for dimension, column in FACETS.items())
    else:
        yield "excluded", f"{click['verdict']}:{click['reason']}"


def _visitors(clicks: Sequence[Row], zone: ZoneInfo) -> Iterator[tuple[UUID, date, str, str]]:
    """Each person once per link and day."""
    met = {(c["link_id"], c["at"].astimezone(zone).date(), c["visitor"]) for c in clicks if c["verdict"] == "person"}
    return ((link_id, day, "visitor", "person") for link_id, day, _ in met)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
