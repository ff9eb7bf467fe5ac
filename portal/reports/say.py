"""Figures in words, the same on every page."""

from decimal import Decimal
from functools import cache

from babel.numbers import get_currency_precision, get_currency_symbol

MINUS = "−"
"""The sign that is as wide as a plus."""


def duration(seconds: float | None) -> str:
    """ "41 s", "12 min", "3.5 h", "2.1 days"; empty for None."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 36 * 3600 else f"{seconds / 86400:.1f} days"


def change(now: int, before: int) -> str:
    """ "+18 %" against the period before; "new" where that had none, empty where both have none."""
    if not before:
        return "new" if now else ""
    percent = round(100 * (now - before) / before)
    sign = "+" if percent > 0 else MINUS if percent < 0 else "±"
    return f"{sign}{abs(percent):,} %"


def money(amount: Decimal | None, currency: str) -> str:
    """ "£4.10"; empty for None."""
    if amount is None:
        return ""
    symbol, places = _currency(currency)
    return f"{MINUS if amount < 0 else ''}{symbol}{abs(amount):,.{places}f}"


@cache
def _currency(code: str) -> tuple[str, int]:
    """Its sign and how many digits follow the point. Babel's own formatting takes as long as the whole row that it stands in."""
    return get_currency_symbol(code, locale="en_GB"), get_currency_precision(code)
