"""Chance that falls the same way each time, whatever else the story tells: everybody in it has dice of their own, by name."""

import math
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

SEED = 20_261_122


def id_at(at: datetime, *name: object) -> UUID:
    """A UUID version 7 (RFC 9562) that sorts by `at`. What is chance in it follows from `name`: no two things share one."""
    milliseconds = int(at.timestamp() * 1000)
    chance = int.from_bytes(blake2b(_seed(name), digest_size=10).digest())
    bits = (milliseconds << 80) | (7 << 76) | (chance >> 62 & 0xFFF) << 64
    return UUID(int=bits | (0b10 << 62) | chance & (1 << 62) - 1)


def _seed(name: tuple[object, ...]) -> bytes:
    return "/".join(map(str, (SEED, *name))).encode()


class Dice:
    """One stream of chance. Those of the same name fall alike."""

    def __init__(self, *name: object) -> None:
        self._random = random.Random(_seed(name))  # noqa: S311 - a story, not a secret

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
        if mean <= 0:
            return 0
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
