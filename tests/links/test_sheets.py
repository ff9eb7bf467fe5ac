"""Reading lists of links, whatever programme wrote them."""

import io

import pytest

from portal.links import sheets
from portal.links.sheets import Column, read_sheet
from portal.web.exports import as_csv, as_xlsx
from portal.web.forms import Invalid

ROWS = "Job Title{0}Channel{0}Ad name{0}Note{1}Krankenschwester Köln{0}Instagram · Story{0}Früh „A“{0}x{1}"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_delimiter_and_line_end(delimiter: str, line_end: str, encoding: str) -> None:
    sheet = read_sheet(ROWS.format(delimiter, line_end).encode(encoding))
    assert [line.values for line in sheet.lines] == [
        {
            Column.JOB: "Krankenschwester Köln",
            Column.CHANNEL: "Instagram · Story",
            Column.LABEL: "Früh „A“",
            Column.NOTE: "x",
        }
    ]


def test_rows_are_numbered_as_the_spreadsheet_does() -> None:
    sheet = read_sheet(b'\njob,channel,note\na,b,"two\nlines"\n,,\n\nc,d\n')
    assert [(line.number, line.values[Column.JOB], line.values[Column.NOTE]) for line in sheet.lines] == [
        (3, "a", "two lines"),
        (6, "c", ""),
    ]


def test_of_two_heads_that_mean_the_same_the_plainer_counts() -> None:
    sheet = read_sheet(b"name,label,url,link,job,channel\nN,L,https://x.example,s,j,c")
    assert sheet.lines[0].values == {
        Column.SLUG: "s",
        Column.JOB: "j",
        Column.CHANNEL: "c",
        Column.LABEL: "L",
        Column.TARGET: "https://x.example",
    }


def test_a_title_with_commas_misleads_nobody() -> None:
    sheet = read_sheet(b"job;channel;label\nNurse, nights, Leeds, UK;ig-bio;a, b, c, d\n")
    assert sheet.lines[0].values[Column.JOB] == "Nurse, nights, Leeds, UK"


def test_what_an_export_made_safe_comes_back_as_it_was() -> None:
    sheet = read_sheet(as_csv(["Job", "Channel", "Label"], [["=nurse", "ig-bio", "+2 nights"]]))
    assert list(sheet.lines[0].values.values()) == ["=nurse", "ig-bio", "+2 nights"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n \n,,\n", "empty"),
        (b"job,channel\n", "only a head"),
        (b"job,label\na,b\n", "no column named channel"),
        (b"a,b\nc,d\n", "no column named job and none named channel"),
        (as_xlsx("Links", ["job", "channel"], [["a", "b"]]), "workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x05\x00\xff\xfe\xfd\x81\x8d\x8f", "CSV"),
        (b"job,channel\n" + b"a,b\n" * (sheets.MOST_ROWS + 1), "5,001 rows"),
        (b"job,channel\n" + b"x" * sheets.MOST_BYTES, "2 MB"),
        (b"job,channel\n" + b"x" * 200_000 + b",b", "told apart"),
    ],
    ids=["nothing", "blank", "head", "no channel", "no columns", "xlsx", "picture", "rows", "bytes", "long cell"],
)
def test_what_cannot_be_read_says_what_to_do(content: bytes, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_sheet(content)
    assert said in refused.value.errors["file"]


def test_the_largest_list_is_read() -> None:
    written = io.StringIO()
    written.write("job,channel,label\n")
    written.writelines(f"Night nurse,ig-story,Label {n}\n" for n in range(sheets.MOST_ROWS))
    assert len(read_sheet(written.getvalue().encode()).lines) == sheets.MOST_ROWS
