"""What the pages of figures ask the database for: at ten million clicks they may read none of them."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

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
    "/app/jobs/{job}/figures",
    "/app/jobs/{job}",
    "/app/jobs/{job}/share",
    "/app/jobs",
    "/app/links",
    "/app/links/{link}",
)
CLICKS = re.compile(r"click|click_\d{4}_\d{2}")
"""The table, and its months."""
POOL = "pg_advisory_unlock_all"
"""What the pool says to a connection that comes back."""


@pytest.fixture
async def asked(stores: None) -> AsyncIterator[list[LoggedQuery]]:
    """Every question to the database from now on: one connection serves all of them."""
    await db.close()
    await db.open(settings().database_url, max_size=1)
    said: list[LoggedQuery] = []
    async with db.connection() as connection:
        connection.add_query_logger(lambda query: None if POOL in query.query else said.append(query))
    yield said


async def test_pages_of_figures_read_rollups_and_never_clicks(
    world: World, asked: list[LoggedQuery], northgate: Northgate, app: ASGIApp
) -> None:
    async with browser(app) as client:
        await sign_in(client, northgate.marketer)
        for path in PAGES:
            asked.clear()
            page = path.format(job=world.jobs[0], link=world.links[0])
            assert (await client.get(page)).status_code == 200, page
            read = {table for query in list(asked) for table in await tables(query)}
            assert "click_daily" in read, f"{page} shows no figures: {sorted(read)}"
            assert not [table for table in read if CLICKS.fullmatch(table)], f"{page} reads clicks"


async def test_reading_clicks_would_be_seen(asked: list[LoggedQuery]) -> None:
    await partitions.make_ahead(NOW)
    asked.clear()
    await db.rows("WITH few AS (SELECT * FROM click LIMIT $1) SELECT few.id FROM few JOIN link ON link.id = few.link_id", 3)
    (query,) = asked
    assert any(CLICKS.fullmatch(table) for table in await tables(query))


async def tables(query: LoggedQuery) -> set[str]:
    """What PostgreSQL reads to answer `query`, by its plan; the query is not run again."""
    if not re.match(r"\s*(SELECT|WITH)\b", query.query):
        return set()
    plan = await db.value(f"EXPLAIN (FORMAT JSON) {query.query}", *query.args)
    return set(_relations(json.loads(plan)[0]["Plan"]))


def _relations(node: dict[str, Any]) -> Iterator[str]:
    if "Relation Name" in node:
        yield node["Relation Name"]
    for below in node.get("Plans", []):
        yield from _relations(below)
