"""Reading a list of links out of a file, whatever programme wrote it."""

import csv
import io
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from portal.web import spreadsheets
from portal.web.exports import plain
from portal.web.forms import Invalid

MOST_BYTES = 2_000_000
MOST_ROWS = 5_000


class Column(StrEnum):
    """What a list can say of a link."""

    SLUG = "slug"
    JOB = "job"
    CHANNEL = "channel"
    CAMPAIGN = "campaign"
    LABEL = "label"
    NOTE = "note"
    TARGET = "target"


NAMES: dict[Column, tuple[str, ...]] = {
    Column.SLUG: ("slug", "link", "shortlink", "shorturl", "address", "alias", "path", "backhalf"),
    Column.JOB: ("job", "jobtitle", "position", "role", "vacancy", "opening"),
    Column.CHANNEL: ("channel", "placement", "medium", "source", "where"),
    Column.CAMPAIGN: ("campaign", "campaignname", "utmcampaign"),
    Column.LABEL: ("label", "name", "ad", "adname", "printrun"),
    Column.NOTE: ("note", "notes", "comment", "comments", "remark"),
    Column.TARGET: ("target", "targeturl", "destination", "destinationurl", "longurl", "url", "website"),
}
"""Heads of columns by their letters alone; of two that mean the same, the first in this order counts."""
NEEDED = (Column.JOB, Column.CHANNEL)


class Line(msgspec.Struct, frozen=True):
    """A row of the file. `number`: as the spreadsheet counts; the head is 1."""

    number: int
    cells: list[str]
    values: dict[Column, str]


class Sheet(msgspec.Struct, frozen=True):
    head: list[str]
    lines: list[Line]


def read_sheet(content: bytes) -> Sheet:
    """The rows of a CSV in any encoding, separated by comma, semicolon, tab or bar. Raises `Invalid` (field ``file``)."""
    if len(content) > MOST_BYTES:
        raise _wrong("The file is larger than 2 MB. Split it into several.")
    records = _records(_decode(content))
    if not records:
        raise _wrong("The file is empty. It needs a head with at least the columns job and channel, and a row for each link.")
    head = [cell.strip() for cell in records[0][1]]
    where = _columns(head)
    _check_columns(where)
    lines = [Line(number, cells, _values(cells, where)) for number, cells in records[1:]]
    if not lines:
        raise _wrong("There is only a head. Add a row for each link.")
    if len(lines) > MOST_ROWS:
        raise _wrong(f"There are {len(lines):,} rows; {MOST_ROWS:,} can be made in one go. Split the file into several.")
    return Sheet(head, lines)


def _decode(content: bytes) -> str:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _wrong("This is a workbook. Save its sheet as CSV, then choose that file.")
    encoding = spreadsheets.encoding_of(io.BytesIO(content))
    if encoding is None:
        raise _wrong("This is not a text file. Save the table as CSV, then choose that file.")
    return content.decode(encoding, "replace").removeprefix("\ufeff").replace("\0", "")


def _records(text: str) -> list[tuple[int, list[str]]]:
    """Rows that hold something, with their numbers."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        return [(number, cells) for number, cells in enumerate(reader, start=1) if any(cell.strip() for cell in cells)]
    except csv.Error:
        raise _wrong("The rows can't be told apart. Save the table as CSV again, then choose that file.") from None


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return spreadsheets.delimiter_of(first, lambda cells: len(_columns(cells)))


def _columns(head: Sequence[str]) -> dict[Column, int]:
    letters = ["".join(c for c in plain(cell).lower() if c.isalnum()) for cell in head]
    return {column: letters.index(name) for column, names in NAMES.items() for name in reversed(names) if name in letters}


def _check_columns(where: Mapping[Column, int]) -> None:
    missing = [column.value for column in NEEDED if column not in where]
    if missing:
        raise _wrong(
            f"There is no column named {' and none named '.join(missing)}. The first row must hold the names of the columns."
        )


def _values(cells: Sequence[str], where: Mapping[Column, int]) -> dict[Column, str]:
    """One line each, without stray space and invisible characters."""
    return {column: _tidy(cells[n]) if n < len(cells) else "" for column, n in where.items()}


def _tidy(cell: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in plain(cell)).split())


def _wrong(sentence: str) -> Invalid:
    return Invalid({"file": sentence})
