from decimal import Decimal

import pytest

from portal.reports.say import change, duration, money


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0, "0 s"),
        (41.4, "41 s"),
        (89, "89 s"),
        (90, "2 min"),
        (720, "12 min"),
        (5400, "1.5 h"),
        (200_000, "2.3 days"),
    ],
)
def test_times_are_said_in_the_unit_that_fits(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (118, 100, "+18 %"),
        (50, 100, "−50 %"),
        (0, 7, "−100 %"),
        (7, 7, "±0 %"),
        (3, 0, "new"),
        (0, 0, ""),
        (9000, 3, "+299,900 %"),
    ],
)
def test_a_change_is_said_against_what_was(now: int, before: int, said: str) -> None:
    assert change(now, before) == said


def test_money_is_said_in_its_currency() -> None:
    assert (money(Decimal("4.1"), "GBP"), money(Decimal(1200), "EUR"), money(None, "GBP")) == ("£4.10", "€1,200.00", "")
    assert (money(Decimal("1234.6"), "JPY"), money(Decimal("9.995"), "PLN")) == ("JP¥1,235", "PLN10.00")
