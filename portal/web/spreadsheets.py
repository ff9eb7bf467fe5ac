"""Reading tables that come as text, whatever programme wrote them: a row at a time, so that a large file takes no more room than
a small one."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import charset_normalizer

DELIMITERS = ",;\t|"
PIECE = 64 * 1024
LONGEST_LINE = 1_000_000
BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""The longer first: the mark of UTF-32 begins as that of UTF-16 does."""


class Unreadable(ValueError):
    """A file that can't be read; its text is the sentence that says what to do."""


def encoding_of(file: BinaryIO) -> str | None:
    """How the text in `file` is written; None if it is none. Reads it once and goes back to its start."""
    head = file.read(PIECE)
    file.seek(0)
    for mark, encoding in BOMS.items():
        if head.startswith(mark):
            return encoding
    if 3 * head[:32].count(0) > len(head[:32]):  # two bytes a letter, and no mark at the start
        return "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    odd = _first_piece_beyond_utf8(file)
    file.seek(0)
    if odd is None:
        return "utf-8"
    if best := charset_normalizer.from_bytes(odd).best():
        return best.encoding
    return "cp1252" if _looks_like_text(odd) else None


def rows_of(file: BinaryIO, encoding: str, knows: Callable[[Sequence[str]], int]) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, with their numbers as a spreadsheet counts; without the character NUL. `knows`: how many of these
    heads mean something, by which the delimiter is told. Raises `Unreadable` on the way."""
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    number = 0
    try:
        lines = _lines(text)
        first = next((line for line in lines if line.strip("\0 \t\r\n,;|")), "")
        stated = first.strip().lower()
        mark = stated[4] if stated.startswith("sep=") and len(stated) == 5 else delimiter_of(first, knows)
        text.seek(0)
        for number, cells in enumerate(csv.reader(_lines(text), delimiter=mark), start=1):
            bare = [cell.replace("\0", "") for cell in cells]
            if any(cell.strip() for cell in bare) and not (number == 1 and bare[0].lower().startswith("sep=")):
                yield number, bare
    except csv.Error:
        limit = csv.field_size_limit()
        raise Unreadable(
            f"Row {number + 1:,} holds a cell of more than {limit:,} characters. Most likely a quotation mark is never closed."
        ) from None
    finally:
        text.detach()


def delimiter_of(first: str, knows: Callable[[Sequence[str]], int]) -> str:
    """What divides the first line into the most heads that are known, and of several into the most cells. `csv.Sniffer` guesses
    by frequency, and is misled by titles with commas in them."""

    def worth(mark: str) -> tuple[int, int]:
        cells = next(csv.reader([first], delimiter=mark), [])
        return knows(cells), len(cells)

    return max(DELIMITERS, key=worth)


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise Unreadable(f"Line {number:,} is longer than a million characters. Save the table as CSV again.")
        yield line


def _looks_like_text(piece: bytes) -> bool:
    """Without control characters but those that divide lines and cells. A table of numbers misleads the guess by language."""
    return not any(byte < 32 and byte not in b"\t\r\n\f\x1a" for byte in piece)


def _first_piece_beyond_utf8(file: BinaryIO) -> bytes | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    while piece := file.read(PIECE):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            return piece
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return b"\xff"
    return None
