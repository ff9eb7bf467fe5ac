"""A rehearsal as a picture: one line from now on, nights shaded, a mark for each nudge. Places are percents of the width."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from portal.messages import quiet
from portal.messages.quiet import QuietHours
from portal.messages.rules import Planned
from portal.messages.words import State

BEFORE, AFTER = 0.04, 0.06
"""Empty room at both ends, as parts of the whole."""
LEAST = timedelta(days=1)
MOST_NIGHTS = 45
MOST_TICKS = 6


class Mark(msgspec.Struct, frozen=True):
    """`number`: that of the nudge in the list below; 0 where it is left out."""

    x: float
    number: int
    channel: str
    title: str


class Line(msgspec.Struct, frozen=True):
    now: float
    nights: list[tuple[float, float]]
    """Where each begins, and how wide it is."""
    ticks: list[tuple[float, str]]
    marks: list[Mark]
    deadline: float | None


class Scale(msgspec.Struct, frozen=True):
    """From times to places."""

    start: datetime
    end: datetime

    def x(self, at: datetime) -> float:
        return round(100 * min(max((at - self.start) / (self.end - self.start), 0), 1), 2)


def draw(planned: Sequence[Planned], hours: QuietHours, zone: str, now: datetime, deadline: datetime | None) -> Line:
    """The picture for somebody who stops at `now`, in `zone`. A deadline far behind the last nudge is left out."""
    times = [one.due_at for one in planned if one.due_at >= now]
    last = max([*times, now + LEAST])
    near = deadline if deadline is not None and deadline <= now + (last - now) * 1.5 else None
    scale = _scale(now, max(last, near) if near else last)
    return Line(
        now=scale.x(now),
        nights=list(_nights(scale, hours, zone)),
        ticks=_ticks(scale, zone),
        marks=list(_marks(planned, scale, now)),
        deadline=scale.x(near) if near else None,
    )


def _scale(now: datetime, last: datetime) -> Scale:
    span = last - now
    return Scale(now - span * BEFORE, last + span * AFTER)


def _nights(scale: Scale, hours: QuietHours, zone: str) -> Iterator[tuple[float, float]]:
    """Quiet hours between the ends; none where there would be too many to see."""
    at = scale.start
    for _ in range(MOST_NIGHTS):
        begin = at if quiet.is_quiet(at, hours, [zone]) else quiet.closes_at(at, hours, [zone])
        if begin is None or begin >= scale.end:
            return
        end = quiet.next_allowed(begin, hours, [zone]) or scale.end
        yield scale.x(begin), round(scale.x(end) - scale.x(begin), 2)
        at = end


def _ticks(scale: Scale, zone: str) -> list[tuple[float, str]]:
    """Some midnights, at the person's place."""
    place = ZoneInfo(zone)
    first = scale.start.astimezone(place).date() + timedelta(days=1)
    days = [
        datetime.combine(first + timedelta(days=n), datetime.min.time(), place) for n in range((scale.end - scale.start).days + 1)
    ]
    every = -(-len(days) // MOST_TICKS) or 1
    shown = [day for day in days[::every] if scale.x(day) < 97]
    return [(scale.x(day), f"{day:%a} {day.day}") for day in shown]


def _marks(planned: Sequence[Planned], scale: Scale, now: datetime) -> Iterator[Mark]:
    number = 0
    for one in planned:
        going = one.state is State.SCHEDULED
        number += going
        if going or one.due_at >= now:
            yield Mark(scale.x(one.due_at), number if going else 0, one.channel.value, one.reason)
