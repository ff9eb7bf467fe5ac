"""How sure a share is, and whether two of them differ by more than chance."""

from math import hypot, sqrt
from statistics import NormalDist

Z = 1.96
"""95 %, two-sided."""
SMALL = 100
"""Below so many, a share is shown with its interval."""


def wilson(part: float, whole: float, z: float = Z) -> tuple[float, float]:
    """Percentages between which the true share lies in 19 of 20 cases (Wilson, 1927). `part` is from 0 to `whole`, and that
    above 0."""
    share, square = part / whole, z * z
    middle = share + square / (2 * whole)
    reach = z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    scale = 1 + square / whole
    return 100 * max(0.0, (middle - reach) / scale), 100 * min(1.0, (middle + reach) / scale)


def difference(part: float, whole: float, other_part: float, other_whole: float, z: float = Z) -> tuple[float, float]:
    """Percentage points between which the first true share less the other one lies in 19 of 20 cases.

    Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17 (1998), method
    10: it is made of both Wilson intervals, and so holds for small numbers too.
    """
    share, other = 100 * part / whole, 100 * other_part / other_whole
    low, high = wilson(part, whole, z)
    other_low, other_high = wilson(other_part, other_whole, z)
    between = share - other
    return between - hypot(share - low, other_high - other), between + hypot(high - share, other - other_low)


def is_higher(part: int, whole: int, other_part: int, other_whole: int, z: float = Z) -> bool:
    """Whether the first share is higher than the other by more than chance: the interval of their difference is above 0."""
    return difference(part, whole, other_part, other_whole, z)[0] > 0


def z_among(shares: int) -> float:
    """For comparing the best of so many shares with the others. The best was picked by looking at all of them, so any two of them
    count as compared (Bonferroni)."""
    pairs = max(1, shares * (shares - 1) // 2)
    return NormalDist().inv_cdf(1 - 0.05 / (2 * pairs))
