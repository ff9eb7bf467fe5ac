"""What stands in each cell of the channel table, whichever columns are shown: the page, its order and its exports ask here."""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum

import msgspec

from portal.reports.costs import Cost
from portal.reports.figures import ChannelTable, Figures, Share, share
from portal.reports.people import Times
from portal.reports.say import change, duration, money
from portal.reports.scope import HIT_FIGURES
from portal.web.templating import number

Cell = int | Share | float | Decimal | None
"""None: nobody can tell, or there is nothing to tell."""


class Kind(StrEnum):
    """How a cell is written."""

    COUNT = "count"
    SHARE = "share"
    TIME = "time"
    MONEY = "money"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table: a channel, a link, a sum."""

    figures: Figures
    times: Times = Times()
    cost: Cost | None = None
    unknown: frozenset[str] = frozenset()
    """Names of figures and keys of columns that are not known of it."""
    before: Figures | None = None
    """Its figures in the period before, if that is compared."""

    def cell(self, key: str) -> Cell:
        """What stands in the column `key`."""
        column = BY_KEY[key]
        if self.unknown and not self.unknown.isdisjoint((key, *column.needs)):
            return None
        return column.value(self)

    def cell_before(self, key: str) -> int | None:
        """The count of the period before."""
        if self.before is None or BY_KEY[key].kind is not Kind.COUNT or key in self.unknown:
            return None
        return int(getattr(self.before, key))


class Text(msgspec.Struct, frozen=True):
    """A cell as it is read."""

    text: str
    """Empty: nobody can tell."""
    note: str = ""
    """The interval of a small share."""
    delta: str = ""
    """Against the period before."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    label: str
    kind: Kind
    needs: frozenset[str]
    """Figures without which it can't be told."""
    value: Callable[[Line], Cell]

    def text(self, line: Line) -> Text:
        """What the page shows of `line` in this column."""
        cell, before = line.cell(self.key), line.cell_before(self.key)
        if cell is None:
            return Text("")
        if isinstance(cell, Share):
            note = f"({cell.low:.0f}–{cell.high:.0f})" if cell.low is not None and cell.high is not None else ""
            return Text(f"{cell.percent:.1f}\u00a0%", note)
        if isinstance(cell, Decimal):
            return Text(money(cell, line.cost.currency if line.cost else ""))
        if isinstance(cell, float):
            return Text(duration(cell))
        return Text(number(cell), delta=change(cell, before) if before is not None else "")


def _count(key: str, label: str) -> Column:
    return Column(
        key=key, label=label, kind=Kind.COUNT, needs=frozenset({key}), value=lambda line: int(getattr(line.figures, key))
    )


def _share(key: str, label: str, part: str, whole: str) -> Column:
    def value(line: Line) -> Cell:
        return share(getattr(line.figures, part), getattr(line.figures, whole))

    return Column(key=key, label=label, kind=Kind.SHARE, needs=frozenset({part, whole}), value=value)


def _time(key: str, label: str) -> Column:
    return Column(key=key, label=label, kind=Kind.TIME, needs=frozenset({"people"}), value=lambda line: getattr(line.times, key))


def _cost(key: str, label: str, name: str) -> Column:
    def value(line: Line) -> Cell:
        return getattr(line.cost, name) if line.cost else None

    return Column(key=key, label=label, kind=Kind.MONEY, needs=frozenset(), value=value)


RATE = _share("rate", "Click → completed", "completed", "clicks")
NUMBERS = (
    _count("clicks", "Clicks"),
    _count("visitors", "Visitors"),
    _count("landed", "Landed"),
    _count("captured", "Gave name"),
    _count("started", "Started"),
    _count("completed", "Completed"),
    _count("returned", "By nudge"),
    RATE,
)
COST_EACH = _cost("cost_completed", "Cost each", "per_completed")
COSTS = (
    _cost("spent", "Spent", "spent"),
    _cost("cost_captured", "Per name", "per_captured"),
    _cost("cost_completed", "Per completed", "per_completed"),
)
RATES = (
    _share("landed_rate", "Click → landed", "landed", "clicks"),
    _share("captured_rate", "Landed → name", "captured", "landed"),
    _share("started_rate", "Arrived → started", "started", "people"),
    _share("completed_rate", "Started → completed", "completed", "started"),
    RATE,
    _share("returned_rate", "By nudge", "returned", "completed"),
)
TIMES = (
    _time("to_captured", "Click → name"),
    _time("to_started", "Name → started"),
    _time("to_completed", "Started → completed"),
)
SHOWS = {"": NUMBERS, "rates": RATES, "times": TIMES, "costs": COSTS}
"""Which columns, by the word in the address."""
BY_KEY = {column.key: column for column in (*NUMBERS, *RATES, *TIMES, *COSTS)}
WITHOUT_LINK = HIT_FIGURES | {"to_captured"}
"""What is not known of people who came without a link."""


def shows_times(show: str, sort: str) -> bool:
    """Whether a view needs to know of each row how long its people took: it shows that, or stands in the order of it."""
    return SHOWS[show] is TIMES or sort in {column.key for column in TIMES}


def columns(show: str, table: ChannelTable) -> list[Column]:
    """The columns of a view: costs only where they are known, and of hits that are no person's nothing but their number."""
    if "people" in table.unknown:
        return [_count("clicks", "Hits")]
    has_costs = any(row.cost for row in table.channels)
    if show == "" or (show == "costs" and not has_costs):
        return [*NUMBERS, *([COST_EACH] if has_costs else [])]
    return list(SHOWS[show])


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """The rows below the channels, and those of people without a link."""

    links: Line
    direct: Line
    invited: Line
    everybody: Line


def sums(table: ChannelTable, before: ChannelTable | None) -> Sums:
    """Everybody together has no share of clicks: that would count those who never needed one."""
    without = table.unknown | WITHOUT_LINK
    return Sums(
        links=_sum(table, before, "links", table.unknown | {column.key for column in TIMES}, table.cost),
        direct=_sum(table, before, "direct", without | {column.key for column in TIMES}),
        invited=_sum(table, before, "invited", without | {column.key for column in TIMES}),
        everybody=msgspec.structs.replace(
            _sum(table, before, "total", table.unknown | {"rate", "landed_rate", "captured_rate"}), times=table.times
        ),
    )


def _sum(table: ChannelTable, before: ChannelTable | None, name: str, unknown: frozenset[str], cost: Cost | None = None) -> Line:
    return Line(figures=getattr(table, name), unknown=unknown, cost=cost, before=getattr(before, name) if before else None)
