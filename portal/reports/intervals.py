"""How sure a share is."""

from math import sqrt

Z = 1.96
"""95 %, two-sided."""
SMALL = 100
"""Below so many, a share is shown with its interval."""


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Percentages between which the true share lies in 19 of 20 cases (Wilson, 1927). `part` is from 0 to `whole`, and that
    above 0."""
    share, square = part / whole, Z * Z
    middle = share + square / (2 * whole)
    reach = Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    scale = 1 + square / whole
    return 100 * max(0.0, (middle - reach) / scale), 100 * min(1.0, (middle + reach) / scale)
