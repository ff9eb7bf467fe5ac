"""At which hours of the week people tap."""

from collections.abc import Mapping

import msgspec
from babel.dates import get_day_names

HOURS = range(24)


class Cell(msgspec.Struct, frozen=True):
    """A square of the chart. Places are in percent of the chart."""

    x: float
    y: float
    shade: float | None
    """How dark, from 0 to 1; None for nothing."""
    title: str


class Day(msgspec.Struct, frozen=True):
    name: str
    short: str
    clicks: list[int]
    """By hour of the day."""


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    days: list[Day]
    """Monday first."""
    most: int
    busiest: str
    """ "Tuesdays, 19:00"; empty when there is nothing."""

    @property
    def cells(self) -> list[Cell]:
        return [
            Cell(
                x=100 * hour / 24,
                y=100 * row / 7,
                shade=0.12 + 0.88 * clicks / self.most if clicks else None,
                title=f"{day.name}, {hour}:00–{hour + 1}:00\n{clicks:,}",
            )
            for row, day in enumerate(self.days)
            for hour, clicks in enumerate(day.clicks)
        ]


def hours(found: Mapping[tuple[int, int], int]) -> Hours:
    """Of taps by day of the week, Monday is 1, and hour of the day."""
    names, short = (get_day_names(width, locale="en_GB") for width in ("wide", "abbreviated"))
    days = [
        Day(str(names[n]), str(short[n]), [found.get((n + 1, hour), 0) for hour in HOURS])
        for n in range(7)  # Babel counts from Monday, 0; PostgreSQL's isodow from Monday, 1
    ]
    return Hours(days=days, most=max(found.values(), default=0), busiest=_busiest(found, days))


def _busiest(found: Mapping[tuple[int, int], int], days: list[Day]) -> str:
    if not found:
        return ""
    weekday, hour = max(sorted(found), key=lambda key: found[key])
    return f"{days[weekday - 1].name}s, {hour}:00"
