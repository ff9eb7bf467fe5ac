"""The API's figures are the page's."""

import csv
from io import StringIO
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp

from tests.cast import Northgate
from tests.integrations.conftest import program
from tests.reports.conftest import World, world

__all__ = ["world"]

DAYS = {"from": "2026-11-01", "to": "2026-11-22"}
NUMBERS = {
    "clicks": "Clicks",
    "visitors": "Visitors",
    "landed": "Landed",
    "captured": "Gave name",
    "started": "Started",
    "completed": "Completed",
    "returned": "By nudge",
}
UNKNOWN = {"direct": ("clicks", "visitors", "landed"), "invited": ("clicks", "visitors", "landed")}


def numbers(row: dict[str, Any], names: dict[str, str], without: tuple[str, ...] = ()) -> dict[str, int]:
    return {name: int(row[shown] or 0) for name, shown in names.items() if name not in without}


async def test_they_equal_what_the_page_and_its_export_show(app: ASGIApp, world: World, admin: httpx.AsyncClient) -> None:
    job = world.jobs[0]
    async with program(app, world.workspace_id) as api:
        by_channel = (await api.get(f"/api/v1/jobs/{job}/funnel", params=DAYS)).json()
        by_link = (await api.get(f"/api/v1/jobs/{job}/funnel", params=DAYS | {"by": "link"})).json()
    exported = await admin.get("/app/figures/export/channels.csv", params=DAYS | {"job": str(job)})
    rows = list(csv.DictReader(StringIO(exported.text.removeprefix("\ufeff"))))
    same = {name: name for name in NUMBERS}
    shown = {(row["Row"], row["Channel"]): numbers(row, NUMBERS) for row in rows if row["Row"] != "Link"}
    assert {("Channel", row["name"]): numbers(row, same) for row in by_channel["data"]} == {
        place: found for place, found in shown.items() if place[0] == "Channel"
    }
    assert len(by_channel["data"]) == 2
    assert numbers(by_channel["links"], same) == shown["Sum", "All links"]
    assert numbers(by_channel["total"], same) == shown["Sum", "Everybody"]
    assert by_channel["total"]["completed"] > 0
    links = sorted(sorted(numbers(row, NUMBERS).items()) for row in rows if row["Row"] == "Link")
    assert sorted(sorted(numbers(row, same).items()) for row in by_link["data"]) == links
    assert {row["link_id"] for row in by_link["data"]} == {str(link) for link in world.links[:3]}
    assert (by_channel["from"], by_channel["to"], by_channel["timezone"]) == ("2026-11-01", "2026-11-22", "Europe/London")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-11-05", "to": "2026-11-01"}, "from"),
        ({"to": "2199-01-01"}, "to"),
        ({"from": "0001-01-01", "to": "2026-11-01"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"by": "weather"}, "by"),
    ],
)
async def test_days_that_cannot_be_used_are_named(
    api: httpx.AsyncClient, home: Northgate, query: dict[str, str], field: str
) -> None:
    answer = await api.get(f"/api/v1/jobs/{home.job_id}/funnel", params=query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_the_last_thirty_days_stand_for_none(api: httpx.AsyncClient, home: Northgate) -> None:
    found = (await api.get(f"/api/v1/jobs/{home.job_id}/funnel")).json()
    same = (await api.get(f"/api/v1/jobs/{home.job_id}/funnel", params={"from": found["from"], "to": found["to"]})).json()
    only_end = (await api.get(f"/api/v1/jobs/{home.job_id}/funnel", params={"to": found["to"]})).json()
    assert found == same == only_end
