"""What the pages of figures ask the database for: at ten million clicks they may not read through them.

Figures come from rollups and their sums. Which of a person's own links was tapped last is looked up in the clicks, by the link,
and by an index: that costs as much as there are people, however many clicks there are. Who is here now is looked up in the
last five minutes.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import pytest
from asyncpg.connection import LoggedQuery
from litestar.types import ASGIApp

from portal import db
from portal.clicks import partitions
from portal.settings import settings
from tests.cast import NOW, Northgate, sign_in
from tests.conftest import browser
from tests.reports.conftest import World

PAGES = (
    "/app/figures",
    "/app/figures?period=all&sort=completed",
    "/app/figures?from=2026-10-01&to=2026-11-20&job={job}",
    "/app/figures?device=phone",
    "/app/figures?device=phone&app=Instagram&period=all",
    "/app/figures?device=phone&app=Instagram&from=2026-01-01&to=2026-11-20&open={channel}",
    "/app/figures?verdict=preview&device=phone",
    "/app/jobs/{job}/figures?app=Instagram",
    "/app/jobs/{job}/figures",
    "/app/jobs/{job}",
    "/app/jobs/{job}/share",
    "/app/jobs",
    "/app/links",
    "/app/links/{link}",
)
CLICKS = re.compile(r"click|click_\d{4}_\d{2}")
"""The table, and its months."""
ROLLUPS = {"click_daily", "click_sum_daily", "click_total", "click_mix"}
LOOKED_UP = re.compile(r"\b(?:id|link_id|day) = ")


@pytest.fixture
async def asked(stores: None) -> AsyncIterator[list[LoggedQuery]]:
    """Every question to the database from now on: one connection serves all of them."""
    await db.close()
    await db.open(settings().database_url, max_size=1)
    said: list[LoggedQuery] = []
    async with db.connection() as connection:
        connection.add_query_logger(said.append)
    yield said


async def test_pages_of_figures_read_rollups_and_never_clicks(
    world: World, asked: list[LoggedQuery], northgate: Northgate, app: ASGIApp
) -> None:
    await db.run("ANALYZE")  # as autovacuum may or may not have done by now
    async with browser(app) as client:
        await sign_in(client, northgate.marketer)
        asked.clear()
        for path in PAGES:
            asked.clear()
            page = path.format(job=world.jobs[0], link=world.links[0], channel=world.channels[0])
            assert (await client.get(page)).status_code == 200, page
            read = [one for query in list(asked) for one in await reads(query)]
            tables = {one.table for one in read}
            assert ROLLUPS & tables, f"{page} shows no figures: {sorted(tables)}"
            through = {one.table for one in read if CLICKS.fullmatch(one.table) and not one.looks_up}
            assert [month for month in sorted(through) if await has_clicks(month)] == [], f"{page} reads through clicks"


async def has_clicks(month: str) -> bool:
    """Of a month that is empty yet, one plan is as good as another."""
    return bool(await db.value(f"SELECT EXISTS (SELECT FROM {month})"))


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM click LIMIT $1", "SELECT count(*), $1::int FROM click WHERE workspace_id IS NOT NULL"]
)
async def test_reading_through_clicks_would_be_seen(asked: list[LoggedQuery], sql: str) -> None:
    await partitions.make_ahead(NOW)
    asked.clear()
    await db.rows(sql, 3)
    (query,) = asked
    assert [one for one in await reads(query) if CLICKS.fullmatch(one.table) and not one.looks_up]


class Read(NamedTuple):
    """One place of a plan at which a table is read."""

    table: str
    looks_up: bool
    """By an index, for one id, link or day at a time."""


async def reads(query: LoggedQuery) -> list[Read]:
    """What PostgreSQL reads to answer `query`, by the plan that it would make for large tables; the query is not run again."""
    if not re.match(r"\s*(SELECT|WITH)\b", query.query):
        return []
    async with db.transaction():
        await db.run("SET LOCAL enable_seqscan = off")
        plan = await db.value(f"EXPLAIN (FORMAT JSON) {query.query}", *query.args)
    return list(_reads(json.loads(plan)[0]["Plan"]))


def _reads(node: dict[str, Any]) -> Iterator[Read]:
    if "Relation Name" in node:
        conditions = [node.get("Index Cond", ""), *(below.get("Index Cond", "") for below in node.get("Plans", []))]
        yield Read(node["Relation Name"], any(LOOKED_UP.search(condition) for condition in conditions))
    for below in node.get("Plans", []):
        yield from _reads(below)
