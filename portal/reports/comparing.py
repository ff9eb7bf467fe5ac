"""Two groups that chance made, and whether more of the one finished.

Where the groups come from several jobs, each job is compared within itself and counts by its size, since jobs differ in how many
finish and may differ in the share that is held out (weights of Mantel and Haenszel, 1959). Pooled, a busy job would be taken for
an effect.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import ceil, log10

import msgspec

from portal.reports.intervals import Z, difference

POWER = 0.8416
"""With the number of people named, a true difference of that size is found in 4 of 5 cases."""
LEAST = 20
"""With fewer people on either side nothing is said."""
WORTH, LIKELY = 5.0, 15.0
"""Percentage points: a difference below the one is not worth waiting for; one above the other is mostly luck at first."""


class Group(msgspec.Struct, frozen=True):
    """Everybody counts whom chance put there, also who withdrew since."""

    people: int
    completed: int
    waiting: int = 0
    """Of these, how many may still finish."""


class Pair(msgspec.Struct, frozen=True):
    """Both groups of one job."""

    first: Group
    second: Group

    @property
    def weight(self) -> float:
        both = self.first.people + self.second.people
        return self.first.people * self.second.people / both if both else 0.0


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One group over all jobs. `percent`: the share that finished, each job by its weight."""

    people: int
    completed: int
    waiting: int
    percent: float
    worth: float
    """As many people as tell the same in one job: what the interval is made of."""


class Finding(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    ALIKE = "alike"
    """Any difference is smaller than `WORTH`."""
    EARLY = "early"


class Needed(msgspec.Struct, frozen=True):
    """How many more people it takes, on both sides together and on the second one, to see a difference of `points`."""

    people: int
    second: int
    points: float


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    first: Side
    second: Side
    low: float
    """Percentage points between which the difference lies in 19 of 20 cases."""
    high: float
    needed: Needed

    @property
    def points(self) -> float:
        return self.first.percent - self.second.percent

    @property
    def finding(self) -> Finding:
        """Who looks every day will see chance now and then: 19 of 20 holds for one look."""
        if min(self.first.people, self.second.people) < LEAST:
            return Finding.EARLY
        if self.low > 0 or self.high < 0:
            return Finding.HIGHER if self.low > 0 else Finding.LOWER
        return Finding.ALIKE if self.low >= -WORTH and self.high <= WORTH else Finding.EARLY


def compare(pairs: Sequence[Pair]) -> Compared | None:
    """None: there is nobody on one side. Jobs that have only one side tell nothing, and are left out."""
    kept = [pair for pair in pairs if pair.weight]
    if not kept:
        return None
    weights = [pair.weight for pair in kept]
    first, second = _side([pair.first for pair in kept], weights), _side([pair.second for pair in kept], weights)
    low, high = difference(first.percent / 100 * first.worth, first.worth, second.percent / 100 * second.worth, second.worth)
    return Compared(first=first, second=second, low=low, high=high, needed=_needed(first, second))


def _side(groups: Sequence[Group], weights: Sequence[float]) -> Side:
    people, total = sum(group.people for group in groups), sum(weights)
    shares = [group.completed / group.people for group in groups]
    share = sum(weight * each for weight, each in zip(weights, shares, strict=True)) / total
    variance = sum(
        (weight / total) ** 2 * each * (1 - each) / group.people
        for weight, each, group in zip(weights, shares, groups, strict=True)
    )
    return Side(
        people=people,
        completed=sum(group.completed for group in groups),
        waiting=sum(group.waiting for group in groups),
        percent=100 * share,
        worth=min(share * (1 - share) / variance, people) if variance else people,
    )


def _needed(first: Side, second: Side) -> Needed:
    """For the difference that is seen, within `WORTH` and `LIKELY`; the usual formula for two shares."""
    points = min(max(abs(first.percent - second.percent), WORTH), LIKELY)
    ratio = first.people / second.people
    spread = _spread(first) / ratio + _spread(second)
    of_second = (Z + POWER) ** 2 * spread / (points / 100) ** 2
    more = of_second * (1 + ratio) - first.people - second.people
    return Needed(_roughly(more), _roughly(more / (1 + ratio)), points)


def _spread(side: Side) -> float:
    """With one more on either hand, so that nobody yet is not taken for nobody ever."""
    share = (side.percent / 100 * side.people + 1) / (side.people + 2)
    return share * (1 - share)


def _roughly(number: float) -> int:
    """Upwards to two digits."""
    if number <= 0:
        return 0
    step: int = 10 ** max(int(log10(number)) - 1, 0)
    return ceil(number / step) * step
