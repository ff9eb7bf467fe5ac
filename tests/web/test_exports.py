"""Tables to take away: what comes out is what went in, and opens nothing."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portal.web.exports import Cell, as_csv, as_xlsx, csv_chunks, plain, safe

ROW: list[Cell] = ["Fähre, “A”\n1", 3, Decimal("12.50"), date(2026, 11, 23), datetime(2026, 11, 23, 9, 40, 5, tzinfo=UTC), None]


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheet_of(content: bytes, name: str = "xl/worksheets/sheet1.xml") -> str:
    return zipfile.ZipFile(io.BytesIO(content)).read(name).decode()


def test_a_csv_reads_back_as_it_was() -> None:
    read = read_csv(as_csv(["a", "b", "c", "d", "e", "f"], [ROW]))
    assert read[1] == ["Fähre, “A”\n1", "3", "12.50", "2026-11-23", "2026-11-23 09:40", ""]


def test_a_long_csv_comes_in_pieces() -> None:
    pieces = list(csv_chunks(["n"], ([n] for n in range(1200))))
    assert len(pieces) > 3
    assert [row[0] for row in read_csv(b"".join(pieces))[1:]] == [str(n) for n in range(1200)]


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-2", "@SUM(A1)", "\tx", "\r=1"])
def test_a_text_is_never_a_formula(text: str) -> None:
    assert read_csv(as_csv([text], [[text]])) == [[f"'{text}"], [f"'{text}"]]
    book = as_xlsx("t", [text], [[text]])
    assert "<f>" not in sheet_of(book)
    assert re.findall(r"<t[^>]*>'", sheet_of(book, "xl/sharedStrings.xml")) != []
    assert plain(safe(text)) == text


def test_negative_numbers_stay_numbers() -> None:
    assert read_csv(as_csv(["n"], [[-2], [Decimal("-0.5")]])) == [["n"], ["-2"], ["-0.5"]]
    assert [n for n in re.findall(r"<v>(.*?)</v>", sheet_of(as_xlsx("t", ["n"], [[-2], [Decimal("-0.5")]]))) if n[0] == "-"] == [
        "-2",
        "-0.5",
    ]


def test_an_apostrophe_of_ones_own_stays() -> None:
    assert plain("'tis") == "'tis"
    assert plain("=1") == "=1"


def test_a_workbook_keeps_numbers_and_days_and_takes_any_title() -> None:
    book = as_xlsx(
        "Links: [spring]/" + "x" * 40, ["Link", "Clicks", "Spent", "Day", "At", "Note"], [ROW, ["a" * 40_000, *ROW[1:]]]
    )
    cells = re.findall(r'<c r="([A-F]2)"(?: s="\d")?(?: t="(\w+)")?><v>(.*?)</v>', sheet_of(book))
    assert [(place, number) for place, kind, number in cells if not kind] == [
        ("B2", "3"),
        ("C2", "12.50"),
        ("D2", "46349"),
        ("E2", "46349.40277777778"),
    ]
    assert 'name="Links   spring  xxxx' in sheet_of(book, "xl/workbook.xml")
    assert as_xlsx("/", [], []) is not None
