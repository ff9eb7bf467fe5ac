"""Figures along time, for the chart."""

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec
from babel.dates import format_date

from portal.reports import numbers
from portal.reports.numbers import Scope
from portal.reports.periods import Period

MOST_DAYS = 120
"""Longer periods are drawn by week: more points than this can't be told apart."""


class Series(msgspec.Struct, frozen=True):
    unit: str
    """``day`` or ``week``."""
    labels: list[str]
    clicks: list[int]
    completed: list[int]


async def series(scope: Scope, period: Period) -> Series:
    """One point a day, or a week; a week begins on Monday and is named after that day."""
    unit, step = ("day", 1) if period.days <= MOST_DAYS else ("week", 7)
    starts = list(_starts(period, step))
    clicks, completed = await numbers.clicks_by_day(scope), await numbers.completed_by_day(scope)
    return Series(
        unit=unit,
        labels=[format_date(start, "d MMM" if step == 1 else "d MMM yyyy", locale="en_GB") for start in starts],
        clicks=[_sum(clicks, start, step) for start in starts],
        completed=[_sum(completed, start, step) for start in starts],
    )


def _starts(period: Period, step: int) -> Iterator[date]:
    start = period.start if step == 1 else period.start - timedelta(days=period.start.weekday())
    while start <= period.end:
        yield start
        start += timedelta(days=step)


def _sum(by_day: dict[date, int], start: date, step: int) -> int:
    return sum(by_day.get(start + timedelta(days=n), 0) for n in range(step))
