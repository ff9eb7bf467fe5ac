"""The figures' tables, counted by the portal's own rules from the very rows that the demo writes as clicks."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from portal.clicks.rollups import Counted, lines_of
from portal.clicks.verdicts import Verdict

Row = Mapping[str, Any]


def hourly(clicks: Iterable[Counted]) -> Iterator[dict[str, Any]]:
    counts = Counter((c.link_id, c.at.replace(minute=0, second=0, microsecond=0), c.verdict.value) for c in clicks)
    for (link_id, hour, verdict), number in counts.items():
        yield {"link_id": link_id, "hour": hour, "verdict": verdict, "clicks": number}


def daily(clicks: Sequence[Counted], landings: Iterable[Row]) -> Iterator[dict[str, Any]]:
    counts = Counter((link_id, dimension, day, value) for c in clicks for _, link_id, dimension, day, value in lines_of(c))
    counts.update(_visitors(clicks))
    counts.update(_landed(clicks, landings))
    for (link_id, dimension, day, value), number in counts.items():
        yield {"link_id": link_id, "dimension": dimension, "day": day, "value": value, "clicks": number}


def _visitors(clicks: Iterable[Counted]) -> Iterator[tuple[UUID, str, date, str]]:
    """Each person once per link and day."""
    met = {(c.link_id, c.day, c.visitor) for c in clicks if c.is_person}
    return ((link_id, "visitor", day, Verdict.PERSON.value) for link_id, day, _ in met)


def _landed(clicks: Iterable[Counted], landings: Iterable[Row]) -> Iterator[tuple[UUID, str, date, str]]:
    """On the day of the click, so that no day has more of them than clicks."""
    days = {c.id: c.day for c in clicks}
    return ((row["link_id"], "landed", days[row["click_id"]], Verdict.PERSON.value) for row in landings)
