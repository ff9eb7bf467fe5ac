"""What is taken away is what is shown."""

import csv
import html
import io
import re
import zipfile
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import httpx
from babel.dates import format_date
from litestar.types import ASGIApp

from portal.accounts.access import Role, SignedIn
from portal.reports.say import change, money
from tests.cast import Northgate, sign_in
from tests.conftest import browser
from tests.reports.conftest import World

DAYS = {"from": "2026-10-12", "to": "2026-11-20"}
TABLES = ("channels", "over-time", "hours", "by-device", "not-counted")
Row = dict[str, str]
VIEWS: list[dict[str, str]] = [
    {},
    {"show": "rates", "sort": "landed_rate", "up": "1"},
    {"show": "times"},
    {"show": "costs"},
    {"compare": "1"},
    {"device": "phone"},
    {"verdict": "preview"},
    {"zone": "Europe/Warsaw"},
]


async def rows_of(client: httpx.AsyncClient, table: str, query: dict[str, str]) -> list[Row]:
    answer = await client.get(f"/app/figures/export/{table}.csv", params=query)
    assert answer.status_code == 200, (table, query)
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def shown_rows(page: str, table_id: str) -> list[list[str]]:
    """The texts of a table's cells, row by row, without its head."""
    found = re.search(rf'<table class="table" id="{table_id}".*?</table>', page, re.DOTALL)
    assert found is not None
    return [texts(row) for row in re.findall(r"<tr.*?</tr>", found[0], re.DOTALL)[1:]]


def texts(row: str) -> list[str]:
    cells = re.findall(r"<t[hd]\b.*?</t[hd]>", row, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", "", cell)).split()) for cell in cells]


def as_shown(row: Row) -> list[str]:
    """The cells of an exported row as the page writes them."""
    return [
        _as_shown(row, name) for name in list(row)[3:] if not name.endswith((" from", " to", " before", ", seconds", "Currency"))
    ]


def _as_shown(row: Row, name: str) -> str:
    value = row[name]
    if not value:
        return "–"
    if name.endswith(", %"):
        low, high = row[f"{name} from"], row[f"{name} to"]
        return f"{value} %" + (f" ({low}–{high})" if low else "")
    if f"{name}, seconds" in row:
        return value
    if name in {"Cost each", "Spent", "Per name", "Per completed"}:
        return money(Decimal(value), row["Currency"])
    delta = change(int(value), int(row[f"{name} before"])) if row.get(f"{name} before") else ""
    return f"{int(value):,} {delta}".strip()


async def test_every_cell_of_the_channel_table_is_in_its_export_and_the_other_way_round(
    marketer: httpx.AsyncClient, world: World
) -> None:
    for view in VIEWS:
        await same_channels(marketer, world, view)


async def same_channels(marketer: httpx.AsyncClient, world: World, view: dict[str, str]) -> None:
    exported = await rows_of(marketer, "channels", DAYS | view)
    pages = [await marketer.get("/app/figures", params=DAYS | view | {"open": str(one)}) for one in ("", *world.channels)]
    shown = [row[1:] for page in pages for row in shown_rows(page.text, "channel-rows")]
    taken = [as_shown(row) for row in exported]
    assert len(taken) > 3 and any(cell != "–" for row in taken for cell in row)
    assert [row for row in shown if row not in taken] == [], view
    assert [row for row in taken if row not in shown] == [], view
    channels = [row["Channel"] for row in exported if row["Row"] == "Channel"]
    names = [row[0] for row in shown_rows(pages[0].text, "channel-rows")]
    assert [next(n for n, name in enumerate(names) if name.startswith(one)) for one in channels] == list(range(len(channels)))


async def test_charts_are_exported_as_the_tables_below_them(marketer: httpx.AsyncClient, world: World) -> None:
    views: list[dict[str, str]] = [{}, {"compare": "1"}, {"from": "2026-05-01"}, {"verdict": "bot"}]
    for view in views:
        await same_charts(marketer, view)


async def same_charts(marketer: httpx.AsyncClient, view: dict[str, str]) -> None:
    page = (await marketer.get("/app/figures", params=DAYS | view)).text
    for table, label in (("over-time", "Clicks and completions"), ("hours", "Hours of the week")):
        part = page[page.index(f'aria-label="{label}, as a table"') :]
        shown = [texts(row) for row in re.findall(r"<tr>.*?</tr>", part[: part.index("</table>")], re.DOTALL)]
        exported = [list(row.values()) for row in await rows_of(marketer, table, DAYS | view)]
        assert [[cell.replace(",", "") for cell in row[1:]] for row in shown[1:]] == [
            [cell or "–" for cell in row[1:]] for row in exported
        ]
        heads = [row[0] for row in shown[1:]]
        assert heads == [row[0] if table == "hours" else day_shown(row[0], view) for row in exported]


def day_shown(text: str, view: dict[str, str]) -> str:
    return format_date(date.fromisoformat(text), "d MMM yyyy" if "from" in view else "d MMM", locale="en_GB")


async def test_breakdowns_are_exported_with_the_shares_that_are_shown(marketer: httpx.AsyncClient, world: World) -> None:
    page = (await marketer.get("/app/figures", params=DAYS)).text
    names = re.findall(r"export/by-(\w+)\.csv", page)
    assert len(names) > 4
    for name in names:
        card = page[page.index(f'id="by-{name}"') :]
        card = card[: card.index("</section>")]
        shown = re.findall(
            r'<a href="[^"]*">([^<]*)</a></span>\s*<span class="bar-number">([^<]*) <span class="muted">(\d+) %', card
        )
        exported = [[value.replace(",", "") for value in row.values()] for row in await rows_of(marketer, f"by-{name}", DAYS)]
        assert exported == [[html.unescape(label), number.replace(",", ""), share] for label, number, share in shown]


async def test_what_was_not_counted_is_exported_with_its_reason(marketer: httpx.AsyncClient, world: World) -> None:
    page = (await marketer.get("/app/figures", params=DAYS)).text
    shown = []
    for on, label in (
        ("Channel links", "Not counted on channel links"),
        ("Links in messages", "Not counted on links in messages"),
    ):
        part = page[page.index(f'aria-label="{label}"') :]
        shown += [[on, *texts(row)] for row in re.findall(r"<tr>.*?</tr>", part[: part.index("</table>")], re.DOTALL)[1:]]
    exported = [[*row.values()] for row in await rows_of(marketer, "not-counted", DAYS)]
    assert len(exported) > 4
    assert exported == shown


async def test_a_workbook_has_the_same_numbers_as_the_text(marketer: httpx.AsyncClient, world: World) -> None:
    for table in TABLES:
        text = await rows_of(marketer, table, DAYS)
        answer = await marketer.get(f"/app/figures/export/{table}.xlsx", params=DAYS)
        assert answer.headers["content-type"].startswith("application/vnd.openxmlformats")
        sheet = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml"))
        space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
        numbers = [
            float(c.findtext(f"{space}v", ""))
            for c in sheet.iter(f"{space}c")
            if c.get("t") is None and c.find(f"{space}v") is not None
        ]
        plain = [float(v) for row in text for v in row.values() if re.fullmatch(r"-?\d+(\.\d+)?", v)]
        assert [n for n in numbers if n < 40000] == plain
        assert plain


async def test_pages_of_a_job_and_of_a_link_export_what_is_their_own(marketer: httpx.AsyncClient, world: World) -> None:
    for path in (f"/app/jobs/{world.jobs[0]}/figures", f"/app/links/{world.links[1]}/figures"):
        page = (await marketer.get(path, params=DAYS)).text
        found = re.search(r'href="(/app/figures/export/channels\.csv[^"]*)"', page)
        assert found is not None
        answer = await marketer.get(html.unescape(found[1]))
        exported = [as_shown(row) for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))]
        shown = [row[1:] for row in shown_rows(page, "channel-rows")]
        assert [row for row in shown if row not in exported] == []
        assert exported[-1] == shown[-1]


async def test_four_roles_export_and_an_outsider_finds_nothing(
    app: ASGIApp, world: World, northgate: Northgate, outsider: SignedIn
) -> None:
    for member in (*(getattr(northgate, role.value) for role in Role), outsider):
        async with browser(app) as client:
            await sign_in(client, member)
            for table in TABLES:
                for query in (DAYS, DAYS | {"job": str(world.jobs[0])}, DAYS | {"link": str(world.links[0])}):
                    answer = await client.get(f"/app/figures/export/{table}.csv", params=query)
                    assert answer.status_code == (404 if member is outsider else 200), (member.role, table)
                    assert "Person " not in answer.text and "@example" not in answer.text


NOT_SHOWN: list[tuple[str, dict[str, str], int]] = [
    ("channels.pdf", DAYS, 404),
    ("channels", DAYS, 404),
    ("by-shoe.csv", DAYS, 404),
    ("secrets.csv", DAYS, 404),
    ("channels.csv", {"app": "Nothing of that name"}, 404),
    ("hours.csv", DAYS | {"zone": "Europe/Warsaw"}, 404),
    ("channels.csv", {"from": "2026-02-31", "to": "x"}, 422),
    ("channels.csv", {"job": "x"}, 404),
]


async def test_what_the_page_does_not_show_is_not_exported(marketer: httpx.AsyncClient, world: World) -> None:
    for path, query, status in NOT_SHOWN:
        assert (await marketer.get(f"/app/figures/export/{path}", params=query)).status_code == status, (path, query)
