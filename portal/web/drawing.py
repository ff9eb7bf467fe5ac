"""The parts of charts and tables that repeat a hundred times on a page. As text put together here they take a tenth of the time
that a template takes for them. What comes in may be anything: names are escaped."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from markupsafe import Markup, escape


class Square(Protocol):
    """Places are in percent of the chart; `shade` from 0 to 1, or None for nothing."""

    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def shade(self) -> float | None: ...
    @property
    def title(self) -> str: ...


class Line(NamedTuple):
    """A line of a chart, with a value or none for each of its points."""

    name: str
    kind: str
    values: Sequence[int | None]


HOURS = [f"{hour}:00" for hour in range(24)]
STEPS = (1, 1.2, 1.6, 2, 3, 4, 6, 8)
"""Round numbers of one digit or two: from ten on, half of each is whole."""


def total(values: Iterable[int | None]) -> int:
    return sum(value or 0 for value in values)


def peak(lines: Iterable[Iterable[int | None]]) -> int:
    """0 where there is nothing."""
    return max((value or 0 for line in lines for value in line), default=0)


def scale(most: int) -> int:
    """The next round number whose half is whole: the top of a chart."""
    power = 1
    while True:
        for step in (2, 4, 6, 8) if power == 1 else STEPS:
            if step * power >= most:
                return round(step * power)
        power *= 10


def points(values: Sequence[int | None], top: int) -> str:
    """For a line of SVG, 1000 wide and 100 high. A single point goes all the way."""
    last = len(values) - 1
    at = [(1000 * place / last if last else 0, 100 - 100 * (value or 0) / top) for place, value in enumerate(values)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in (at if last else [*at, (1000, at[0][1])]))


def slots(labels: Sequence[str], lines: Iterable[tuple[str, str, Sequence[int | None]]], top: int, *, dots: bool) -> Markup:
    """For each point of the chart, in its whole height: what to say of it, and a line to show where one is. `lines`: name, kind
    and values of each. `dots`: whether values are marked, except those of the period before."""
    last, drawn = len(labels) - 1, [Line(*line) for line in lines]
    width = 100 / last if last else 100
    middles = [100 * place / last if last else 50 for place in range(last + 1)]
    return _joined(
        f'<g class="slot"><rect x="{x - width / 2:.2f}%" width="{width:.2f}%" height="100%">'
        f"<title>{_escaped(labels[place])}{_said(drawn, place)}</title></rect>"
        f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="100%"/>{_dots(drawn, place, x, top) if dots else ""}</g>\n'
        for place, x in enumerate(middles)
    )


def squares(cells: Iterable[Square]) -> Markup:
    return _joined(_square(cell) for cell in cells)


def number_rows(heads: Iterable[str], columns: Sequence[Sequence[int | None]]) -> Markup:
    """The rows of a table of numbers: a name, and one cell of each column; a dash for none."""
    return _joined(
        f'<tr><th scope="row">{_escaped(head)}</th>{"".join(_cell(column[place]) for column in columns)}</tr>'
        for place, head in enumerate(heads)
    )


class Bar(NamedTuple):
    """A line of a breakdown: a name that leads to what is behind it, and its number with a note."""

    label: str
    value: int
    href: str
    note: str


def bars(items: Iterable[Bar], whole: int) -> Markup:
    """`whole`: what a bar of full length stands for."""
    return _joined(
        f'  <li><span class="bar-box">{bar(f"{min(100 * item.value / whole, 100) if whole else 0:.1f}")}'
        f'<a href="{escape(item.href)}">{_escaped(item.label)}</a></span>\n'
        f'    <span class="bar-number">{item.value:,} <span class="muted">{_escaped(item.note)}</span></span></li>\n'
        for item in items
    )


class Choice(Protocol):
    """A line of a menu."""

    @property
    def label(self) -> str: ...
    @property
    def href(self) -> str: ...


def choices(items: Iterable[Choice]) -> Markup:
    return _joined(f'<a href="{escape(item.href)}">{_escaped(item.label)}</a>' for item in items)


class Figure(Protocol):
    """A cell of a table of figures: its text, or none where nobody can tell; beside it a note, and the change since before."""

    @property
    def text(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def delta(self) -> str: ...


def bar(length: str) -> Markup:
    """Behind a name. `length`: in percent."""
    return _joined([f'<svg aria-hidden="true" focusable="false"><rect width="{_escaped(length)}%" height="100%" rx="4"/></svg>'])


def figures(cells: Iterable[Figure]) -> Markup:
    """The cells of a row."""
    return _joined(f'<td class="num">{_figure(cell)}</td>' for cell in cells)


class Row(Protocol):
    """A quiet row of a table of figures: a name that leads somewhere, with a bar behind it."""

    @property
    def name(self) -> str: ...
    @property
    def href(self) -> str: ...
    @property
    def anchor(self) -> str: ...
    @property
    def bar(self) -> str: ...


def rows(found: Iterable[tuple[Row, Iterable[Figure]]]) -> Markup:
    """Each with its cells."""
    return _joined(
        f'<tr class="quiet"><th scope="row" class="bar-name quiet"><span class="bar-box">{bar(row.bar)}'
        f'<a href="{escape(row.href)}" id="{escape(row.anchor)}">{_escaped(row.name)}</a></span></th>{figures(cells)}</tr>\n'
        for row, cells in found
    )


def _figure(cell: Figure) -> str:
    text = _escaped(cell.text) if cell.text else '<span class="muted">–</span>'
    if not (cell.note or cell.delta):
        return text
    note = f' <span class="muted">{_escaped(cell.note)}</span>' if cell.note else ""
    delta = f' <span class="delta">{_escaped(cell.delta)}</span>' if cell.delta else ""
    return f"{text}{note}{delta}"


@lru_cache(maxsize=4096, typed=True)  # or what is marked as safe would make the same text safe from anybody
def _escaped(text: str) -> str:
    """A page says the same few words a hundred times, and the next page does so too."""
    return str(escape(text))


@lru_cache(maxsize=1024)
def _place(x: float, y: float) -> str:
    return f'x="{x:.2f}%" y="{y:.2f}%"'


def _said(lines: Iterable[Line], place: int) -> str:
    return "".join(f"\n{_escaped(line.name)}: {_number(line.values[place])}" for line in lines)


def _dots(lines: Iterable[Line], place: int, x: float, top: int) -> str:
    return "".join(
        f'<circle class="{_escaped(line.kind)}" cx="{x:.2f}%" cy="{100 - 100 * (line.values[place] or 0) / top:.2f}%" r="3.5"/>'
        for line in lines
        if line.kind != "ghost"
    )


def _square(cell: Square) -> str:
    none, shade = (" none", "") if cell.shade is None else ("", f' fill-opacity="{cell.shade:.2f}"')
    return (
        f'<g class="slot{none}"><rect {_place(cell.x, cell.y)} width="3.8%" height="13%" rx="2"{shade}>'
        f"<title>{_escaped(cell.title)}</title></rect></g>\n"
    )


def _cell(value: int | None) -> str:
    return f'<td class="num">{_number(value)}</td>'


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _joined(parts: Iterable[str]) -> Markup:
    return Markup("".join(parts))  # noqa: S704 - put together above, names escaped
