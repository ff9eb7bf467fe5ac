"""Chance that falls the same way each time."""

import math
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

SEED = 20_261_122


class Dice:
    """One stream of chance for the whole demo."""

    def __init__(self, seed: int = SEED) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a story, not a secret

    def happens(self, share: float) -> bool:
        """True in `share` (0 to 1) of all cases."""
        return self._random.random() < share

    def between(self, least: float, most: float) -> float:
        return self._random.uniform(least, most)

    def whole(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def one_of(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def some_of(self, options: Sequence[T], count: int) -> list[T]:
        return self._random.sample(options, count)

    def weighted(self, weights: Mapping[T, float]) -> T:
        """A key of `weights`, as often as its weight says."""
        return self._random.choices(list(weights), list(weights.values()))[0]

    def count(self, mean: float) -> int:
        """How often something happens that happens `mean` times on average (Poisson; the normal curve for large means)."""
        if mean > 30:
            return max(0, round(self._random.gauss(mean, math.sqrt(mean))))
        left, times = math.exp(-mean), -1
        product = 1.0
        while product > left:
            product *= self._random.random()
            times += 1
        return times

    def delay(self, median_seconds: float, spread: float = 0.6) -> timedelta:
        """How long people take: log-normal, most near the median, a few much longer."""
        return timedelta(seconds=median_seconds * math.exp(self._random.gauss(0, spread)))

    def octets(self, length: int) -> bytes:
        return self._random.randbytes(length)

    def id_at(self, at: datetime) -> UUID:
        """A UUID version 7 (RFC 9562) that sorts by `at`."""
        milliseconds = int(at.timestamp() * 1000)
        bits = (milliseconds << 80) | (7 << 76) | (self._random.getrandbits(12) << 64)
        return UUID(int=bits | (0b10 << 62) | self._random.getrandbits(62))
