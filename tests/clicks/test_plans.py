"""How PostgreSQL goes about ingest when there are many clicks already."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from portal import db
from portal.clicks import landed, partitions
from portal.clicks.hits import Kind
from tests.cast import NOW, Northgate, add_channel, add_link


async def test_landings_look_for_their_clicks_by_id_however_full_the_journal_is(northgate: Northgate) -> None:
    """To read all clicks is quicker for a few thousand of them, and takes ten seconds for ten million."""
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    await partitions.make({partitions.month_of(NOW)})
    await db.run(
        "INSERT INTO click (id, at, day, mailed, workspace_id, link_id, outcome, verdict, reason, rules, method, app, device, "
        "system, language, referrer_host, user_agent, purpose, sec_fetch, parameters) "
        "SELECT uuidv7(), $3::timestamptz, $3::timestamptz::date, false, $1, $2, 'redirected', 'person', 'in_app', 1, 'GET', "
        "'', '', '', '', '', '', '', '', '{}' FROM generate_series(1, 3000)",
        northgate.id,
        link_id,
        NOW,
    )
    await db.run(
        "INSERT INTO click_journal (id, at, kind, link_id, click_id, slug, outcome, method, staff, user_agent, referrer_host, "
        "query, purpose, sec_fetch, language) "
        "SELECT uuidv7(), at, $1, link_id, id, '', '', '', false, '', '', '', '', '', '' FROM click",
        Kind.LANDING.value,
    )
    await db.run("ANALYZE click, click_journal")
    arguments = (Kind.LANDING.value, NOW - timedelta(minutes=10), timedelta(days=2), 5000)
    plan = json.loads(await db.value(f"EXPLAIN (FORMAT JSON) {landed.READY}", *arguments))[0]["Plan"]
    month = partitions.name_of(partitions.month_of(NOW))
    ways = {node["Node Type"] for node in nodes(plan) if node.get("Relation Name") == month}
    assert ways == {"Index Scan"}
    assert await landed.ingest(NOW, 5000) == (3000, 0)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)
