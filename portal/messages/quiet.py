"""Quiet hours: when nobody is written to, at the place where they are.

Where several places are possible, all of them must allow it. Wall-clock times are read with `zoneinfo`, so that days on which
clocks change need no rule of their own.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

MARGIN = timedelta(hours=1)
"""How long before quiet hours begin the last moment lies that something is moved back to."""
FARTHEST = timedelta(days=8)


class QuietHours(msgspec.Struct, frozen=True):
    """From `begin` until `end`, wall-clock; over midnight when `begin` is the later one. Equal: never quiet."""

    begin: time
    end: time

    def holds(self, at: time) -> bool:
        if self.begin > self.end:
            return at >= self.begin or at < self.end
        return self.begin <= at < self.end


def is_quiet(at: datetime, hours: QuietHours, zones: Sequence[str]) -> bool:
    """Whether it is quiet at `at` in any of `zones`."""
    return any(hours.holds(at.astimezone(ZoneInfo(zone)).time()) for zone in zones)


def next_allowed(at: datetime, hours: QuietHours, zones: Sequence[str]) -> datetime | None:
    """`at`, or the first moment after it that no zone is quiet at. None if there is none within eight days."""
    return _move(at, hours, zones, _end_of_quiet)


def last_allowed(at: datetime, hours: QuietHours, zones: Sequence[str]) -> datetime | None:
    """`at`, or a moment before it, an hour before quiet hours begin. None if there is none within eight days."""
    return _move(at, hours, zones, _before_quiet)


def closes_at(at: datetime, hours: QuietHours, zones: Sequence[str]) -> datetime | None:
    """The first moment after `at` at which quiet hours begin in any of `zones`; None if they never do.

    Where clocks change over that very time, the earlier reading of it.
    """
    if hours.begin == hours.end:
        return None
    return min(_next_begin(at.astimezone(ZoneInfo(zone)), hours) for zone in zones)


def _next_begin(local: datetime, hours: QuietHours) -> datetime:
    days = (local.date() + timedelta(days=n) for n in range(3))
    both = (_on(day, hours.begin, local, fold) for day in days for fold in (0, 1))
    return min(at for at in both if at > local.astimezone(UTC))


def _move(
    at: datetime, hours: QuietHours, zones: Sequence[str], away: Callable[[datetime, QuietHours], datetime]
) -> datetime | None:
    moved = at
    while abs(moved - at) < FARTHEST:
        loud = next((zone for zone in zones if is_quiet(moved, hours, [zone])), None)
        if loud is None:
            return moved
        moved = away(moved.astimezone(ZoneInfo(loud)), hours)
    return None


def _end_of_quiet(local: datetime, hours: QuietHours) -> datetime:
    day = local.date() if local.time() < hours.end else local.date() + timedelta(days=1)
    both = (_on(day, hours.end, local, fold) for fold in (0, 1))
    return next((at for at in both if at > local.astimezone(UTC)), local.astimezone(UTC) + MARGIN)


def _before_quiet(local: datetime, hours: QuietHours) -> datetime:
    day = local.date() if local.time() >= hours.begin else local.date() - timedelta(days=1)
    return min(_on(day, hours.begin, local, 0), local.astimezone(UTC)) - MARGIN


def _on(day: date, at: time, like: datetime, fold: int) -> datetime:
    return datetime.combine(day, at.replace(fold=fold), tzinfo=like.tzinfo).astimezone(UTC)
