"""Tables to take away: CSV and XLSX, the same rows in both, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import chain, islice

import xlsxwriter
from litestar.response import Stream
from slugify import slugify

Cell = str | int | float | Decimal | date | datetime | None
"""`datetime` is written as the clock of its own zone shows it: bring it to the reader's place first. None: an empty cell."""

COMMANDS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
ROWS_A_CHUNK = 500
LONGEST_SHEET_NAME = 31
LONGEST_CELL = 32_767
"""Both of Excel's own making."""
COLUMN_WIDTH = 18
DATES: dict[type, str] = {datetime: "yyyy-mm-dd hh:mm", date: "yyyy-mm-dd"}
"""How a spreadsheet shows them."""


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One CSV (RFC 4180), in UTF-8 with the mark at its start that Excel needs to see that it is."""
    return b"".join(csv_chunks(header, rows))


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The same piece by piece, as `rows` come."""
    yield b"\xef\xbb\xbf"
    lines = chain([header], rows)
    while part := list(islice(lines, ROWS_A_CHUNK)):
        written = io.StringIO()
        csv.writer(written).writerows([_csv_cell(cell) for cell in row] for row in part)
        yield written.getvalue().encode()


def as_xlsx(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook of one sheet: numbers and days as such, texts never as formulas or links. `title` names the sheet."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        bold = book.add_format({"bold": True})
        formats = {kind: book.add_format({"num_format": shown}) for kind, shown in DATES.items()}
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(header) - 1, 0), COLUMN_WIDTH)
        sheet.write_row(0, 0, [safe(name) for name in header], bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                sheet.write(number, column, _xlsx_cell(cell), formats.get(type(cell)))
    return made.getvalue()


def download(kind: Format, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Stream:
    """The answer that saves the table as a file named after `title`."""
    # Both are written when the answer is sent, in a thread of its own.
    chunks = csv_chunks(header, rows) if kind is Format.CSV else (as_xlsx(title, header, rows) for _ in range(1))
    name = f"{slug_of(title)}.{kind.value}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(chunks, media_type=MEDIA_TYPES[kind], headers=headers)


def slug_of(title: str) -> str:
    """What a file named after `title` is called, without its ending: letters and digits that every header can carry."""
    return slugify(title, max_length=80) or "table"


def safe(text: str) -> str:
    """`text` in a form that no spreadsheet takes for a formula, not even after another programme has saved it."""
    return f"'{text}" if text.startswith(COMMANDS) else text


def plain(text: str) -> str:
    """The way back from `safe`, for tables that come in again."""
    return text[1:] if text.startswith("'") and text[1:].startswith(COMMANDS) else text


def _csv_cell(cell: Cell) -> str | int | float | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    return safe(cell) if isinstance(cell, str) else cell


def _xlsx_cell(cell: Cell) -> Cell:
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None, second=0, microsecond=0)
    return safe(cell)[:LONGEST_CELL] if isinstance(cell, str) else cell


def _sheet_name(title: str) -> str:
    kept = "".join(" " if c in "[]:*?/\\" else c for c in title).strip(" '")
    return kept[:LONGEST_SHEET_NAME].strip(" '") or "Table"
