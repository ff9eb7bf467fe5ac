"""Clicks that are judged again by the rules of today."""

import asyncio
import random
from datetime import timedelta

import pytest

from portal import db
from portal.clicks import agents, reclassify, revise, verdicts
from portal.clicks.agents import AgentKind
from portal.clicks.verdicts import RULES, Reason, Verdict
from tests.cast import NOW, Northgate
from tests.clicks.agents import INSTAGRAM
from tests.clicks.hitting import DESK, check_invariants, click, daily, ingest_all, landing, link_of, personal_links, write
from tests.clicks.test_rebuild import again, some_hits


async def harm(sql: str) -> None:
    """As older rules would have left it: other verdicts, with landings and figures that agree with them."""
    await db.run(f"UPDATE click SET rules = 0, {sql}")
    await db.run("UPDATE landing SET verdict = click.verdict FROM click WHERE click.id = landing.click_id")
    await again()
    await check_invariants()


async def test_older_verdicts_are_put_right_with_their_figures(northgate: Northgate) -> None:
    link = await link_of(northgate, "instagram", "nurse")
    hits = some_hits(random.Random(6), [link], 200)
    await write(*hits, *(landing(hit) for hit in hits))
    await ingest_all()
    right = await db.rows("SELECT id, verdict, reason, rules FROM click ORDER BY id")
    figures = [await daily(dimension) for dimension in ("verdict", "excluded", "visitor", "landed", "app", "outcome")]
    await harm("verdict = 'bot', reason = 'too_fast' WHERE verdict = 'person'")
    assert "person" not in await daily("verdict")

    done = await reclassify.reclassify()
    persons = figures[0]["person"]
    assert done.clicks == 200
    assert done.changed.total() == persons
    assert {before for before, _ in done.changed} == {"bot:too_fast"}
    assert {after for _, after in done.changed} == {"person:browser", "person:in_app"}
    assert await db.rows("SELECT id, verdict, reason, rules FROM click ORDER BY id") == right
    assert [await daily(dimension) for dimension in ("verdict", "excluded", "visitor", "landed", "app", "outcome")] == figures
    await check_invariants()


async def test_done_twice_it_changes_nothing(northgate: Northgate) -> None:
    links = await personal_links(northgate, 4)
    hits = some_hits(random.Random(8), links, 150, days=1)
    await write(*hits, *(landing(hit) for hit in hits))
    await ingest_all()
    await harm("verdict = 'person', reason = 'browser' WHERE verdict <> 'staff'")
    assert (await reclassify.reclassify()).changed.total() > 0
    await check_invariants()
    versions = await db.rows("SELECT id, xmin FROM click ORDER BY id")
    assert (await reclassify.reclassify()).changed.total() == 0
    assert await db.rows("SELECT id, xmin FROM click ORDER BY id") == versions


async def test_new_rules_reach_old_clicks(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await link_of(northgate, "instagram", "nurse")
    hits = [click(link, visitor="ana"), click(link, user_agent=DESK, visitor="ben")]
    await write(*hits, *map(landing, hits))
    await ingest_all()
    monkeypatch.setitem(verdicts.BY_AGENT, AgentKind.IN_APP, (Verdict.BOT, Reason.PROBE))
    for module in (reclassify, revise):
        monkeypatch.setattr(module, "RULES", RULES + 1)
    assert dict((await reclassify.reclassify()).changed) == {("person:in_app", "bot:probe"): 1}
    assert await daily("visitor") == await daily("landed") == {"person": 1}
    assert await daily("excluded") == {"bot:probe": 1}
    assert await db.value("SELECT min(rules) FROM click") == RULES + 1
    await check_invariants()


async def test_the_taps_of_members_stay_theirs(northgate: Northgate) -> None:
    await write(click(await link_of(northgate, "instagram", "nurse"), staff=True))
    await ingest_all()
    await harm("reason = reason")
    assert (await reclassify.reclassify()).changed == {}
    assert await daily("excluded") == {"staff:member": 1}


async def test_a_scanner_is_found_across_pages(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reclassify, "AT_ONCE", 2)
    links = await personal_links(northgate, 3)
    await write(*(click(link, at=NOW + timedelta(seconds=n), user_agent=DESK, visitor="gateway") for n, link in enumerate(links)))
    await write(click(links[0], at=NOW + timedelta(minutes=1), visitor="ana"))
    await ingest_all()
    await harm("verdict = 'bot', reason = 'library'")
    done = await reclassify.reclassify()
    assert dict(done.changed) == {("bot:library", "scanner:burst"): 3, ("bot:library", "person:in_app"): 1}
    await check_invariants()


async def test_only_the_days_that_were_asked_for_are_judged_again(northgate: Northgate) -> None:
    link, day = await link_of(northgate, "instagram", "nurse"), NOW.date()
    await write(*(click(link, at=NOW + timedelta(days=n)) for n in range(3)))
    await ingest_all()
    await harm("verdict = 'bot', reason = 'library'")
    done = await reclassify.reclassify(day + timedelta(days=1), day + timedelta(days=1))
    assert (done.clicks, done.changed.total()) == (1, 1)
    assert await daily("verdict") == {"bot": 2, "person": 1}


async def test_counting_goes_on_while_clicks_are_judged_again(northgate: Northgate) -> None:
    links = [*await personal_links(northgate, 3), await link_of(northgate, "instagram", "nurse")]
    hits = some_hits(random.Random(9), links, 900, days=1)
    await write(*hits[:300])
    await ingest_all()
    await harm("verdict = 'bot', reason = 'library'")
    await write(*hits[300:], *(landing(hit) for hit in hits))
    done = asyncio.gather(*(ingest_all(limit=50) for _ in range(2)))
    while not done.done():
        await reclassify.reclassify()
    await reclassify.reclassify()
    assert await db.value("SELECT count(*) FROM click") == 900
    assert await db.value("SELECT count(*) FROM click WHERE reason = 'library' AND user_agent = $1", INSTAGRAM) == 0
    assert agents.kind_of(INSTAGRAM) is AgentKind.IN_APP
    await check_invariants()
