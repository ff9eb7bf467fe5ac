"""How far a clock is ahead of UTC, over time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

Span = tuple[datetime, int]
"""Until when, and by how many seconds."""


def clock_spans(begin: datetime, end: datetime) -> list[Span]:
    """From `begin` to `end`, by the zone of both: one for each time that the clock does not change in."""
    return [*_changes(begin.astimezone(UTC), end.astimezone(UTC), begin), (end, _ahead(end - timedelta(seconds=1), begin))]


def _changes(at: datetime, end: datetime, like: datetime) -> Iterator[Span]:
    while at < end:
        later = min(at + timedelta(days=1), end)
        if _ahead(at, like) != _ahead(later, like):
            yield _moment(at, later, like), _ahead(at, like)
        at = later


def _moment(before: datetime, after: datetime, like: datetime) -> datetime:
    """The first minute at which the clock says what it says at `after`."""
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if _ahead(middle, like) == _ahead(before, like) else (before, middle)
    return after.replace(second=0, microsecond=0)


def _ahead(at: datetime, like: datetime) -> int:
    offset = at.astimezone(like.tzinfo).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
