"""Amounts of money, as people type them."""

from decimal import Decimal

import pytest

from portal.links import money


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("250", "250"),
        ("250.5", "250.5"),
        ("250,50", "250.50"),
        ("1,200", "1200"),
        ("1.200", "1200"),
        ("1,200.50", "1200.50"),
        ("1.200,50", "1200.50"),
        ("1'200.50", "1200.50"),
        ("1 200 000", "1200000"),
        ("0", "0"),
        ("9999999999.99", "9999999999.99"),
    ],
)
def test_amounts_are_read_as_people_write_them(typed: str, amount: str) -> None:
    assert money.read_amount(typed) == Decimal(amount)


@pytest.mark.parametrize("typed", ["", "-5", "£5", "1,2,3", "1.234.5", "0.001", "abc", "99999999999", "1e5"])
def test_what_is_no_amount_is_none(typed: str) -> None:
    assert money.read_amount(typed) is None


def test_currencies_are_those_of_today() -> None:
    codes = money.currencies()
    assert {"GBP", "EUR", "USD", "JPY", "CHF"} <= set(codes)
    assert "DEM" not in codes
    assert [money.currency_of(country) for country in ("GB", "DE", "US", "AQ")] == ["GBP", "EUR", "USD", "EUR"]
    assert money.shown(Decimal("1200.5"), "GBP") == "£1,200.50"
