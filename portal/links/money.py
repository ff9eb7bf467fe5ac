"""Amounts of money, as people type and read them."""

import re
from decimal import Decimal
from functools import cache

from babel.core import get_global
from babel.numbers import format_currency, get_currency_name, get_territory_currencies

MOST = Decimal("9999999999.99")
"""What the database's column holds."""
LOCALE = "en_GB"

PLAIN = re.compile(r"\d{1,12}(?:[.,]\d{1,2})?")
ENGLISH = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?")
CONTINENTAL = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d{1,2})?")


def read_amount(text: str) -> Decimal | None:
    """ "1,200.50", "1.200,50", "1200,5" and "1 200" as numbers; None for what is no amount."""
    typed = "".join(text.split()).replace("'", "")
    if PLAIN.fullmatch(typed):
        amount = Decimal(typed.replace(",", "."))
    elif ENGLISH.fullmatch(typed):
        amount = Decimal(typed.replace(",", ""))
    elif CONTINENTAL.fullmatch(typed):
        amount = Decimal(typed.replace(".", "").replace(",", "."))
    else:
        return None
    return amount if amount <= MOST else None


def shown(amount: Decimal, currency: str) -> str:
    """ "£1,200.50"."""
    return format_currency(amount, currency, locale=LOCALE)


@cache
def currencies() -> dict[str, str]:
    """Code and name of every currency that is legal tender somewhere today, by name."""
    codes = {code for territory in get_global("territory_currencies") for code in get_territory_currencies(territory)}
    return dict(sorted(((code, get_currency_name(code, locale=LOCALE)) for code in codes), key=lambda pair: pair[1]))


def currency_of(country: str) -> str:
    """What a country pays with; euros where it has no currency of its own."""
    used = get_territory_currencies(country)
    return str(used[-1]) if used else "EUR"
