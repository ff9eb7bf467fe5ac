"""The tables of a page of figures, to be taken away: made of the same board as the page, so that they equal it to the digit."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec
from babel.numbers import get_currency_precision

from portal.reports import excluded, say
from portal.reports.board import Board
from portal.reports.breakdowns import Breakdown
from portal.reports.figures import Share
from portal.reports.lines import Column, Kind, Line
from portal.web.exports import Cell
from portal.web.missing import Missing


class Table(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    header: list[str]
    rows: list[list[Cell]]


def table(board: Board, name: str) -> Table:
    """`name`: ``channels``, ``over-time``, ``hours``, ``not-counted``, or ``by-app`` for the breakdown by app, and so on.

    Raises `Missing` for one that the page does not show either.
    """
    made = _PLAIN[name](board) if name in _PLAIN else _by(board, name)
    if made is None:
        raise Missing(name)
    return made


# ---- Channels, their links, and the sums -------------------------------------------------------------------------------------


def _channels(board: Board) -> Table:
    """The columns of the view, in its order; the links of all channels, open or not."""
    compared, money = board.before is not None, any(column.kind is Kind.MONEY for column in board.columns)
    heads = [head for column in board.columns for head in _heads(column, compared)]
    rows = [
        [*names, *(cell for column in board.columns for cell in _cells(line, column, compared)), *_currency(line, money)]
        for names, line in _lines(board)
    ]
    return Table(name="Channels", header=["Row", "Channel", "Link", *heads, *(["Currency"] if money else [])], rows=rows)


def _lines(board: Board) -> Iterator[tuple[list[Cell], Line]]:
    for row in board.rows:
        yield ["Channel", row.name, ""], row.line
        for link in row.links:
            yield ["Link", row.name, link.name], link.line
    if board.table.direct.people:
        yield ["Without a link", "Direct", ""], board.sums.direct
    if board.table.invited.people:
        yield ["Without a link", "Invited", ""], board.sums.invited
    yield ["Sum", "All links", ""], board.sums.links
    if board.has_everybody:
        yield ["Sum", "Everybody", ""], board.sums.everybody


def _heads(column: Column, compared: bool) -> list[str]:
    label = column.label
    if column.kind is Kind.SHARE:
        return [f"{label}, %", f"{label}, % from", f"{label}, % to"]
    if column.kind is Kind.TIME:
        return [label, f"{label}, seconds"]
    return [label, f"{label} before"] if column.kind is Kind.COUNT and compared else [label]


def _cells(line: Line, column: Column, compared: bool) -> Sequence[Cell]:
    """As many as `_heads` has; empty where nobody can tell."""
    found = line.cell(column.key)
    if column.kind is Kind.SHARE:
        return _share(found) if isinstance(found, Share) else [None, None, None]
    if isinstance(found, Share):
        raise TypeError(f"{column.key} is a share")
    if column.kind is Kind.TIME:
        return [None, None] if found is None else [say.duration(float(found)), round(found)]
    if column.kind is Kind.MONEY:
        return [_money(Decimal(found), line) if found is not None else None]
    return [found, line.cell_before(column.key)] if compared else [found]


def _share(found: Share) -> list[Cell]:
    """With the digits that the page shows; the interval only where it shows one."""
    interval = [None if bound is None else int(f"{bound:.0f}") for bound in (found.low, found.high)]
    return [Decimal(f"{found.percent:.1f}"), *interval]


def _money(amount: Decimal, line: Line) -> Decimal:
    places = get_currency_precision(line.cost.currency) if line.cost else 2
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def _currency(line: Line, wanted: bool) -> list[Cell]:
    return [line.cost.currency if line.cost else ""] if wanted else []


# ---- The other tables ----------------------------------------------------------------------------------------------------


def _over_time(board: Board) -> Table | None:
    if not board.drawn:
        return None
    points: Iterable[tuple[Cell, ...]] = zip(board.series.starts, *(one.values for one in board.drawn), strict=True)
    header = [board.series.unit.capitalize(), *(one.name for one in board.drawn)]
    return Table(name="Over time", header=header, rows=[list(point) for point in points])


def _hours(board: Board) -> Table | None:
    days = board.hours.days
    rows: list[list[Cell]] = [[f"{hour}:00", *(day.clicks[hour] for day in days)] for hour in range(24)]
    return Table(name="Hours", header=["Hour", *(day.name for day in days)], rows=rows) if board.hours.most else None


def _not_counted(board: Board) -> Table | None:
    kinds = (("Channel links", board.table.excluded), ("Links in messages", board.table.excluded_personal))
    rows: list[list[Cell]] = [
        [kind, excluded.kind_of(line), excluded.why(line), line.hits] for kind, found in kinds for line in found
    ]
    return Table(name="Not counted", header=["On", "What", "Why it is not counted", "Hits"], rows=rows) if rows else None


def _by(board: Board, name: str) -> Table | None:
    found = next((part for part in board.breakdowns if f"by-{part.name}" == name), None)
    return _breakdown(found) if found else None


def _breakdown(part: Breakdown) -> Table:
    of = f"{part.of[0].upper()}{part.of[1:]}"
    rows: list[list[Cell]] = [[item.label, item.number, int(f"{100 * item.number / part.total:.0f}")] for item in part.items]
    return Table(name=part.title, header=[part.title, of, "Share, %"], rows=rows)


_PLAIN = {"channels": _channels, "over-time": _over_time, "hours": _hours, "not-counted": _not_counted}
