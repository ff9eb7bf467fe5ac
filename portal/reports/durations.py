"""How long steps took, of many people at once: kept as counts by length, so that a year of them is a few hundred numbers.

Each length is 5 % longer than the one before it, and so well is a median known.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

RATIO = 1.05
LENGTHS = 1000
"""More than there are up to a thousand years."""
BOUNDS = [RATIO**length for length in range(LENGTHS - 1)]
"""Seconds from which a length is the next one."""


class Durations:
    """Seconds of single people, and counts of others by length."""

    def __init__(self, single: Sequence[float] = ()) -> None:
        self.single: Sequence[float] = single
        self.counts: Counter[int] = Counter()

    def median(self) -> float | None:
        """None of nobody. Exact while all are known one by one."""
        if not any(self.counts.values()):
            return median(self.single) if self.single else None
        counts = self.counts.copy() if self.single else self.counts
        counts.update(map(length_of, self.single))
        ordered, last = sorted(counts.items()), counts.total() - 1
        return (_at(ordered, last // 2) + _at(ordered, (last + 1) // 2)) / 2


def length_of(seconds: float) -> int:
    """0: within a second."""
    return bisect_right(BOUNDS, seconds)


def _at(ordered: Iterable[tuple[int, int]], place: int) -> float:
    """Seconds of the one at `place` in order, as if those of a length were spread evenly over it."""
    for length, number in ordered:
        if place < number:
            part = (place + 0.5) / number
            return part if length == 0 else float(RATIO ** (length - 1 + part))
        place -= number
    raise IndexError(place)


def flat(steps: Sequence[Counter[int]]) -> list[int]:
    """Counts of each step in one list of pairs, as a column keeps them."""
    pairs = ((step * LENGTHS + length, number) for step, counts in enumerate(steps) for length, number in sorted(counts.items()))
    return [one for pair in pairs for one in pair]


def pairs(counts: Counter[int]) -> list[int]:
    """Keys and numbers in one list, in order, as `add_flat` takes them."""
    return [one for pair in sorted(counts.items()) for one in pair]


def add_flat(whole: Counter[int], kept: Sequence[int] | None, sign: int = 1) -> None:
    """Add what `flat` made of the steps, as it is."""
    one_by_one = iter(kept or ())
    for key, number in zip(one_by_one, one_by_one, strict=True):
        whole[key] = whole.get(key, 0) + sign * number  # a Counter takes three times as long for what it does not have yet


def add_steps(steps: Sequence[Durations], whole: Counter[int]) -> None:
    """Add to each step what is its own."""
    for key, number in whole.items():
        counts, length = steps[key // LENGTHS].counts, key % LENGTHS
        counts[length] = counts.get(length, 0) + number
