"""What is in a file that came in: a table, a workbook, or a ZIP of them with resumes beside them."""

import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from portal.candidates.columns import BY_LETTERS, letters
from portal.web import spreadsheets, workbooks
from portal.web.spreadsheets import Unreadable

MOST_BYTES = 50_000_000
MOST_UNPACKED = 200_000_000
MOST_ENTRIES = 10_000
LARGEST_RESUME = 10_000_000
ZIP, OLE, PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-"
TABLES, BOOKS = (".csv", ".tsv", ".txt", ".tab"), (".xlsx", ".xlsm", ".xls", ".ods")
LONGEST_NAME = 200


class Row(msgspec.Struct, frozen=True):
    """A row with something in it. `line`: as a spreadsheet counts; `source`: the file of a ZIP that it stands in."""

    source: str
    line: int
    cells: list[str]


class Resume(msgspec.Struct, frozen=True):
    name: str
    content: bytes


def contents_of(path: Path) -> Iterator[Row | Resume]:
    """Raises `Unreadable` on the way."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(OLE):
        yield from _book(path, "")
    elif start.startswith(ZIP):
        yield from _packed(path)
    else:
        yield from _table(path, "")


def resume_name(text: str) -> str:
    """What a row's word for a file and the file itself have in common: the name without folders, in lower case."""
    return text.replace("\\", "/").rpartition("/")[2].strip().casefold()[:LONGEST_NAME]


def known_heads(cells: Sequence[str]) -> int:
    return sum(letters(cell) in BY_LETTERS for cell in cells)


def _table(path: Path, source: str) -> Iterator[Row]:
    with path.open("rb") as file:
        encoding = spreadsheets.encoding_of(file)
        if encoding is None:
            raise Unreadable("This is no table. Choose a CSV file, an Excel workbook, or a ZIP of them.")
        for line, cells in spreadsheets.rows_of(file, encoding, known_heads):
            yield Row(source, line, cells)


def _book(path: Path, source: str) -> Iterator[Row]:
    for line, cells in workbooks.rows_of(path):
        yield Row(source, line, cells)


def _packed(path: Path) -> Iterator[Row | Resume]:
    """A workbook is a ZIP too."""
    try:
        with zipfile.ZipFile(path) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            _refuse_traps(entries)
            if any(entry.filename in {"[Content_Types].xml", "mimetype"} for entry in entries):
                yield from _book(path, "")
            else:
                yield from _unpacked(packed, entries)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as broken:
        raise Unreadable("The ZIP can't be unpacked. Pack it again, or upload the table alone.") from broken


def _refuse_traps(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Raises `Unreadable`. What is stated holds: no more is unpacked of an entry than its stated size."""
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(f"The ZIP holds {len(entries):,} files; {MOST_ENTRIES:,} at most can be read. Split it into several.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable("The ZIP is locked with a password. Pack it without one.")
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise Unreadable(f"Unpacked, the ZIP is larger than {MOST_UNPACKED // 1_000_000} MB. Split it into several.")


def _unpacked(packed: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> Iterator[Row | Resume]:
    seen = [entry for entry in entries if not _is_hidden(entry.filename)]
    tables = [entry for entry in seen if entry.filename.lower().endswith(TABLES + BOOKS)]
    if not tables:
        raise Unreadable("There is no table in the ZIP. Put a CSV file or an Excel workbook into it, beside the resumes.")
    for entry in seen:
        if entry.filename.lower().endswith(".pdf") and entry.file_size <= LARGEST_RESUME:
            content = packed.read(entry)
            if content.startswith(PDF):
                yield Resume(resume_name(entry.filename), content)
    for entry in tables:
        yield from _unpacked_table(packed, entry)


def _unpacked_table(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[Row]:
    source = entry.filename.rpartition("/")[2][:LONGEST_NAME]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        with packed.open(entry) as inner, path.open("wb") as outer:
            shutil.copyfileobj(inner, outer)
        yield from _book(path, source) if entry.filename.lower().endswith(BOOKS) else _table(path, source)


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith((".", "~$"))
