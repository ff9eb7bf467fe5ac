"""In which order the channel table stands."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from portal.reports.figures import ChannelRow, Share
from portal.reports.lines import BY_KEY, Line

BY_NAME = "channel"
DEFAULT = "clicks"


class Order(msgspec.Struct, frozen=True):
    key: str = DEFAULT
    up: bool = False
    """The smallest first; of names, Z first."""

    @property
    def query(self) -> dict[str, str]:
        """What stands in the address; nothing for the default."""
        return {"sort": "" if self.key == DEFAULT else self.key, "up": "1" if self.up else ""}


def read_order(query: Mapping[str, str]) -> Order:
    """The order that an address names; the most clicked first if none that exists."""
    key = query.get("sort", DEFAULT)
    return Order(key, query.get("up") == "1") if key in BY_KEY or key == BY_NAME else Order()


def sort_rows(rows: Sequence[ChannelRow], order: Order) -> list[ChannelRow]:
    """Rows with the same figure stay by name; those without one stand last, whichever way."""
    by_name = sorted(rows, key=lambda row: row.name, reverse=order.up and order.key == BY_NAME)
    if order.key == BY_NAME:
        return by_name
    known = [row for row in by_name if _value(row, order.key) is not None]
    unknown = [row for row in by_name if _value(row, order.key) is None]
    return sorted(known, key=lambda row: _value(row, order.key) or 0, reverse=not order.up) + unknown


def _value(row: ChannelRow, key: str) -> float | Decimal | None:
    found = Line(figures=row.figures, times=row.times, cost=row.cost).cell(key)
    return found.percent if isinstance(found, Share) else found
