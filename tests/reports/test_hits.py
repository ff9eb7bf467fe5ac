"""The list of single hits, page by page."""

from datetime import date

import httpx
import msgspec
import pytest

from portal import db
from portal.clicks.verdicts import Verdict
from portal.reports import hits
from portal.reports.hits import ShownHit, list_hits
from portal.reports.scope import Dimension, Scope
from portal.settings import settings
from tests.reports.conftest import World

DAYS = date(2026, 8, 1), date(2026, 11, 20)


def scope_of(world: World, **of: object) -> Scope:
    scope = Scope(workspace_id=world.workspace_id, timezone="Europe/London", start=DAYS[0], end=DAYS[1])
    return msgspec.structs.replace(scope, **of)


async def every_page(scope: Scope, verdict: Verdict | None) -> tuple[list[ShownHit], int]:
    found, total, page = list[ShownHit](), 1, 1
    while len(found) < total and page < 100:
        shown, total = await list_hits(scope, verdict=verdict, page=page)
        found, page = found + shown, page + 1
    return found, total


async def raw(condition: str, *args: object) -> list[tuple[object, ...]]:
    rows = await db.rows(
        "SELECT c.at, c.verdict, c.reason FROM click c JOIN link l ON l.id = c.link_id "
        f"WHERE c.day BETWEEN '{DAYS[0]}' AND '{DAYS[1]}' AND {condition} ORDER BY c.day DESC, c.at DESC, c.id",
        *args,
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("verdict", "condition"),
    [
        (Verdict.PERSON, "c.verdict = 'person' AND l.kind = 'channel'"),
        (Verdict.PREVIEW, "c.verdict = 'preview'"),
        (None, "c.verdict <> 'person'"),
    ],
)
async def test_the_pages_together_hold_each_hit_once_the_newest_first(
    world: World, monkeypatch: pytest.MonkeyPatch, verdict: Verdict | None, condition: str
) -> None:
    monkeypatch.setattr(hits, "PAGE_SIZE", 7)
    everywhere, phone = scope_of(world), scope_of(world, values=((Dimension.DEVICE, "phone"),))
    one = scope_of(world, link_id=world.links[0])
    for scope, where, args in (
        (everywhere, condition, ()),
        (phone, f"{condition} AND c.device = 'phone'", ()),
        (one, f"{condition} AND l.id = $1", (world.links[0],)),
    ):
        found, total = await every_page(scope, verdict)
        expected = await raw(where, *args)
        assert total == len(expected)
        assert [(one.at, one.verdict, one.reason) for one in found] == expected


async def test_a_page_after_the_last_is_empty(world: World) -> None:
    shown, total = await list_hits(scope_of(world), verdict=Verdict.PERSON, page=9_999)
    assert shown == []
    assert total


async def test_however_often_it_is_asked_the_database_plans_it_for_what_is_asked(world: World) -> None:
    """A plan for any values would sort a year of clicks to show fifty."""
    await db.close()
    await db.open(settings().database_url, max_size=1)
    for _ in range(8):
        await list_hits(scope_of(world, channel_id=world.channels[0]), verdict=None)
    plans = await db.rows("SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%c.user_agent%'")
    assert (8, 0) in [tuple(row) for row in plans]


async def test_hits_of_months_that_were_dropped_are_not_promised(world: World, marketer: httpx.AsyncClient) -> None:
    query = {"from": f"{DAYS[0]}", "to": f"{DAYS[1]}", "verdict": "person"}
    assert "Single hits are kept since" not in (await marketer.get("/app/figures/hits", params=query)).text
    await db.run("INSERT INTO click_retention (kept_from) VALUES ('2026-11-01')")
    expected = await raw("c.verdict = 'person' AND l.kind = 'channel' AND c.day >= '2026-11-02'")
    page = await marketer.get("/app/figures/hits", params=query)
    assert f" of {len(expected)} hits" in page.text.replace("\n", " ")
    assert "Single hits are kept since 2 Nov 2026." in page.text
    gone = await marketer.get("/app/figures/hits", params={"from": "2026-08-01", "to": "2026-10-20"})
    assert gone.status_code == 200
    assert "No such hit" in gone.text
