"""In which order the channel table stands."""

from collections.abc import Mapping, Sequence

import msgspec

from portal.reports.figures import ChannelRow

NUMBERS = ("clicks", "visitors", "landed", "captured", "started", "completed")
RATE = "rate"
BY_NAME = "channel"
KEYS = {*NUMBERS, RATE, BY_NAME}
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
    return Order(key, query.get("up") == "1") if key in KEYS else Order()


def sort_rows(rows: Sequence[ChannelRow], order: Order) -> list[ChannelRow]:
    """Rows with the same figure stay by name."""
    by_name = sorted(rows, key=lambda row: row.name, reverse=order.up and order.key == BY_NAME)
    if order.key == BY_NAME:
        return by_name
    return sorted(by_name, key=lambda row: _value(row, order.key), reverse=not order.up)


def _value(row: ChannelRow, key: str) -> float:
    if key != RATE:
        return float(getattr(row.figures, key))
    found = row.figures.yield_
    return found.part / found.whole if found else -1.0
