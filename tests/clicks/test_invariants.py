"""Whatever comes in, however often, in whatever order and batches: every figure says the same."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from portal import db
from portal.clicks import ingest, reclassify
from portal.clicks.hits import Hit
from portal.clicks.invariants import OF_MIXES, RULES, Scope, broken
from tests.cast import NOW, Northgate, add_channel, add_job, add_link, add_workspace
from tests.clicks.agents import INSTAGRAM
from tests.clicks.hitting import DESK, EVER, check_invariants, click, daily, landing, link_of, personal_links, write
from tests.clicks.test_rebuild import again

MOMENTS = [
    NOW,
    datetime(2026, 10, 25, 0, 59, 30, tzinfo=UTC),  # clocks go back in London
    datetime(2026, 3, 29, 0, 59, 55, tzinfo=UTC),  # and forward
    datetime(2026, 10, 4, 13, 29, 50, tzinfo=UTC),  # a half-hour zone's midnight is near, and clocks go forward in it
    datetime(2025, 12, 31, 23, 59, 58, tzinfo=UTC),
    datetime(2024, 2, 29, 10, 0, tzinfo=UTC),
]
AGENTS = [INSTAGRAM, DESK, "facebookexternalhit/1.1", "curl/8.5.0", "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))", ""]


class Tap(NamedTuple):
    link: int
    moment: int
    seconds: int
    agent: int
    visitor: str
    method: str
    staff: bool
    purpose: str
    outcome: str
    copies: int
    landings: list[int]
    """Seconds after the tap; some name one that was never there."""


TAPS = st.builds(
    Tap,
    link=st.integers(0, 6),
    moment=st.integers(0, len(MOMENTS) - 1),
    seconds=st.integers(0, 40),
    agent=st.sampled_from([0, 0, 1, 1, 1, 2, 3, 4, 5]),
    visitor=st.sampled_from(["", "a", "a", "a", "b", "c"]),
    method=st.sampled_from(["GET", "GET", "GET", "HEAD"]),
    staff=st.sampled_from([False, False, False, False, True]),
    purpose=st.sampled_from(["", "", "", "prefetch"]),
    outcome=st.sampled_from(["redirected", "redirected", "closed", "card"]),
    copies=st.integers(1, 3),
    landings=st.lists(st.integers(-30, 90), max_size=2),
)


@pytest.fixture
async def links(northgate: Northgate) -> AsyncIterator[list[UUID | None]]:
    """A public one, two in mails, three of one candidate, one in another workspace; and none."""
    elsewhere = await add_workspace("Elsewhere Ltd", timezone="Australia/Lord_Howe")
    there = await add_link(elsewhere, await add_job(elsewhere), await add_channel(elsewhere, network="ats", code="ats"), "there")
    mails = [await link_of(northgate, "email", f"mail-{n}", placement=f"p{n}") for n in range(2)]
    yield [await link_of(northgate, "instagram", "public"), *mails, *await personal_links(northgate, 2), there, None]


def hits_of(tap: Tap, links: list[UUID | None]) -> list[Hit]:
    link = links[tap.link]
    hit = click(
        link,
        at=MOMENTS[tap.moment] + timedelta(seconds=tap.seconds),
        user_agent=AGENTS[tap.agent],
        visitor=tap.visitor if link else "",
        slug="" if link else "nurze",
        method=tap.method,
        staff=tap.staff,
        purpose=tap.purpose,
        outcome=tap.outcome,
    )
    return [*[hit] * tap.copies, *(landing(hit, after=timedelta(seconds=after)) for after in tap.landings)]


async def clear() -> None:
    of_clicks = ("click_journal", "click", "landing", "click_hourly", "click_daily", "click_mix", "visitor_day")
    for table in (*of_clicks, "orphan_hit", "orphan_seen"):
        await db.run(f"DELETE FROM {table}")


@settings(
    max_examples=20,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(taps=st.lists(TAPS, min_size=1, max_size=30), dice=st.randoms(use_true_random=False), limit=st.integers(1, 60))
async def test_all_sums_agree_whatever_comes(links: list[UUID | None], taps: list[Tap], dice, limit: int) -> None:  # type: ignore[no-untyped-def]
    await clear()
    hits = [hit for tap in taps for hit in hits_of(tap, links)]
    dice.shuffle(hits)
    for n in range(0, len(hits), 30):
        await write(*hits[n : n + 30])
        await asyncio.gather(ingest.ingest_batch(NOW, limit), ingest.ingest_batch(NOW, limit + 1))
    while not await ingest.journal_is_empty():
        await ingest.ingest_batch(NOW + timedelta(days=1), limit)

    known = {hit.id: hit for hit in hits if hit.kind == "click" and hit.link_id}
    assert await db.value("SELECT count(*) FROM click") == len(known)
    assert sum((await daily("verdict")).values()) == len(known)
    assert (await daily("verdict")).get("staff", 0) == sum(hit.staff for hit in known.values())
    unknown = {hit.id for hit in hits if hit.kind == "click" and not hit.link_id}
    assert (await db.value("SELECT sum(hits)::int FROM orphan_hit") or 0) == len(unknown)
    await check_invariants()
    assert (await again()).differed == 0
    assert (await reclassify.reclassify()).changed == {}


@pytest.mark.parametrize("scope", ["all", "workspace", "link"])
async def test_each_rule_is_told_when_it_is_broken(northgate: Northgate, scope: str) -> None:
    link = await link_of(northgate, "instagram", "nurse")
    hits = [click(link, visitor="ana"), click(link, user_agent="curl/8.5.0")]
    await write(*hits, *map(landing, hits))
    await ingest.ingest_batch(NOW)
    day = NOW.date()
    looked = {
        "all": Scope(start=day, end=day),
        "workspace": Scope(start=day, end=day, workspace_id=northgate.id),
        "link": Scope(start=day, end=day, link_id=link),
    }[scope]
    told: set[str] = set()
    for harm in (
        "UPDATE click_daily SET clicks = 5 WHERE dimension IN ('verdict', 'excluded')",
        "UPDATE click_daily SET clicks = 5 WHERE dimension IN ('app', 'device', 'system', 'language', 'referrer')",
        "UPDATE click_daily SET clicks = 2 WHERE dimension IN ('visitor', 'landed')",
        "UPDATE landing SET verdict = 'bot'",
        "UPDATE click_hourly SET clicks = 0",
        "UPDATE click_mix SET landed = landed + 1",
        "UPDATE click_mix SET hours = array_fill(7, ARRAY[24])",
    ):
        assert await broken(looked) == []
        async with db.transaction():
            await db.run(harm)
        told |= {sentence.partition(":")[0] for sentence in await broken(looked)}
        assert await broken(Scope(start=day - timedelta(days=2), end=day - timedelta(days=1))) == []
        assert await broken(Scope(start=day, end=day, link_id=UUID(int=1))) == []
        await db.run("UPDATE landing SET verdict = click.verdict FROM click WHERE click.id = click_id")
        await again()
    assert told == {*RULES, *({} if scope == "link" else OF_MIXES), "every hour says what the clicks say"}
    assert await broken(EVER) == []
