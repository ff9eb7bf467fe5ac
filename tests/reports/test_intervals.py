import pytest

from portal.reports.figures import share
from portal.reports.intervals import wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    [(81, 263, 25.53, 36.62), (15, 148, 6.24, 16.05), (0, 20, 0.0, 16.11), (1, 29, 0.61, 17.18)],
)
def test_the_interval_is_the_published_one(part: int, whole: int, low: float, high: float) -> None:
    assert list(wilson(part, whole)) == pytest.approx([low, high], abs=0.005)


@pytest.mark.parametrize("part", range(6))
def test_the_share_lies_in_its_interval_and_that_within_all_and_nothing(part: int) -> None:
    low, high = wilson(part, 5)
    assert 0 <= low <= 100 * part / 5 <= high <= 100


def test_only_a_share_of_few_has_an_interval() -> None:
    few, many = share(3, 99), share(3, 100)
    assert few is not None
    assert many is not None
    assert few.low is not None
    assert many.low is None


def test_a_share_of_nothing_or_more_than_all_says_nothing() -> None:
    assert share(0, 0) is None
    assert share(3, 2) is None
