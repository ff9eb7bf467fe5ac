"""Figures along time, for the chart."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache

import msgspec
from babel.dates import format_date

from portal.reports.figures import Count
from portal.reports.scope import Scope

MOST_DAYS = 120
"""Longer periods are drawn by week: more points than this can't be told apart."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    unit: str
    """``day`` or ``week``."""
    starts: list[date]
    """The first day of each point."""
    labels: list[str]
    clicks: list[int]
    completed: list[int]
    before: list[int | None]
    """Clicks of the period before, point by point; empty if it is not compared."""


def series(scope: Scope, count: Count, before: Count | None = None) -> Series:
    """One point a day, or a week; a week begins on Monday and is named after that day. `before`: of the period before, if it is
    compared."""
    step = 1 if (scope.end - scope.start).days < MOST_DAYS else 7
    starts = list(_starts(scope, step))
    return Series(
        unit="day" if step == 1 else "week",
        starts=starts,
        labels=[_label(start, "d MMM" if step == 1 else "d MMM yyyy") for start in starts],
        clicks=_sums(count.clicks.days, starts, step),
        completed=_sums(count.people.days, starts, step),
        before=_before(scope, before, step, len(starts)) if before else [],
    )


@lru_cache(maxsize=2 * 366)
def _label(day: date, pattern: str) -> str:
    return format_date(day, pattern, locale="en_GB")


def _before(scope: Scope, before: Count, step: int, points: int) -> list[int | None]:
    """As many points as the period has; a period of whole days may touch one week more or less."""
    found = _sums(before.clicks.days, list(_starts(scope.before(), step)), step)
    return [*found[:points], *([None] * (points - len(found)))]


def _starts(scope: Scope, step: int) -> Iterator[date]:
    start = scope.start if step == 1 else scope.start - timedelta(days=scope.start.weekday())
    while start <= scope.end:
        yield start
        start += timedelta(days=step)


def _sums(by_day: Mapping[date, int], starts: list[date], step: int) -> list[int]:
    first, sums = starts[0].toordinal(), [0] * len(starts)
    for day, number in by_day.items():
        place = (day.toordinal() - first) // step
        if 0 <= place < len(sums):
            sums[place] += number
    return sums
