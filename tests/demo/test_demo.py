"""The demo is a story that holds together: its figures agree, its people exist nowhere, nothing goes off at the start."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from portal import db, redis
from portal.accounts import passwords
from portal.clicks.rebuild import rebuild
from portal.clicks.reclassify import reclassify
from portal.demo import SIGN_INS, load_demo
from portal.messages import delivery, fates, planning
from portal.messages.words import State
from portal.reports import lift
from portal.reports.comparing import Finding
from portal.reports.scope import Scope
from portal.settings import settings
from tests.conftest import empty_stores

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
pytestmark = pytest.mark.no_stores


@pytest.fixture(scope="module", autouse=True)
async def seconds(schema: None) -> AsyncIterator[float]:
    """The demo, loaded once for all tests here, which only read it; how much computing that took."""
    await db.open(settings().database_url)
    await redis.open(settings().redis_url)
    await empty_stores()
    began = time.process_time()
    await load_demo(now=NOW)
    yield time.process_time() - began
    await empty_stores()
    await redis.close()
    await db.close()


async def count(table: str, where: str = "TRUE") -> int:
    return int(await db.value(f"SELECT count(*) FROM {table} WHERE {where}"))


async def words(sql: str) -> set[str]:
    return {row[0] for row in await db.rows(sql)}


async def test_it_is_there_before_anybody_gets_bored(seconds: float) -> None:
    assert seconds < 15, seconds


async def test_it_is_large_enough_to_look_real() -> None:
    assert 20_000 < await count("click") < 30_000
    assert 750 < await count("application") < 1_100
    assert await count("job", "status = 'open'") == 3
    assert await count("job", "status = 'draft'") == 1
    assert await count("channel") >= 12
    assert await count("campaign") == 2


async def test_each_link_knows_its_first_tap() -> None:
    first = "(SELECT min(at) FROM click c WHERE c.link_id = l.id AND c.verdict = 'person')"
    assert await count("link l", f"kind = 'channel' AND first_tap_at IS DISTINCT FROM {first}") == 0
    assert await count("link", "first_tap_at IS NOT NULL") > 15


async def test_its_four_members_can_sign_in() -> None:
    kept = {r["email"]: r for r in await db.rows("SELECT email, role, password_hash FROM member")}
    assert {(r["role"], r["email"]) for r in kept.values()} == {(role, email) for role, email, _ in SIGN_INS}
    for _, email, password in SIGN_INS:
        assert await passwords.verify(kept[email]["password_hash"], password)
        assert passwords.wrong_with(password, email) == ""


async def test_every_stage_verdict_question_kind_and_state_of_a_message_occurs() -> None:
    assert await words("SELECT DISTINCT stage FROM application") == {
        *("invited", "captured", "started", "completed", "expired", "withdrawn", "disqualified")
    }
    assert await words("SELECT DISTINCT state FROM message") == set(State)
    assert await words("SELECT DISTINCT verdict FROM click") == {"person", "preview", "prefetch", "scanner", "bot", "staff"}
    assert await words("SELECT DISTINCT kind FROM question") == {
        *("short_text", "long_text", "one_of", "several_of", "yes_no", "number")
    }


async def test_the_rollups_say_what_the_clicks_say() -> None:
    hourly = "SELECT link_id, date_trunc('hour', at) AS hour, verdict, count(*) AS clicks FROM click GROUP BY 1, 2, 3"
    kept = "SELECT link_id, hour, verdict, clicks FROM click_hourly"
    assert await differences(hourly, kept) == 0


FACETS = {
    "verdict": ("verdict", "TRUE", "count(*)"),
    "visitor": ("'person'", "verdict = 'person'", "count(DISTINCT visitor)"),
    "app": ("app", "verdict = 'person'", "count(*)"),
    "device": ("device", "verdict = 'person'", "count(*)"),
    "system": ("system", "verdict = 'person'", "count(*)"),
    "language": ("split_part(language, '-', 1)", "verdict = 'person'", "count(*)"),
    "referrer": ("referrer_host", "verdict = 'person'", "count(*)"),
    "excluded": ("verdict || ':' || reason", "verdict <> 'person'", "count(*)"),
}


@pytest.mark.parametrize("dimension", FACETS)
async def test_the_daily_figures_say_what_the_clicks_say(dimension: str) -> None:
    value, which, clicks = FACETS[dimension]
    day = "(at AT TIME ZONE 'Europe/London')::date"
    counted = f"SELECT link_id, {day} AS day, {value} AS value, {clicks} AS clicks FROM click WHERE {which} GROUP BY 1, 2, 3"
    kept = f"SELECT link_id, day, value, clicks FROM click_daily WHERE dimension = '{dimension}'"
    assert await differences(counted, kept) == 0


async def test_the_landings_are_counted_too() -> None:
    day = "(c.at AT TIME ZONE 'Europe/London')::date"
    landings = "landing l JOIN click c ON c.id = l.click_id"
    counted = f"SELECT l.link_id, {day} AS day, 'person' AS value, count(*) AS clicks FROM {landings} GROUP BY 1, 2"
    kept = "SELECT link_id, day, value, clicks FROM click_daily WHERE dimension = 'landed'"
    assert await differences(counted, kept) == 0


async def differences(one: str, other: str) -> int:
    found = await db.value(f"SELECT count(*) FROM (({one} EXCEPT {other}) UNION ALL ({other} EXCEPT {one})) d")
    assert await db.value(f"SELECT count(*) FROM ({one}) c") > 0
    return int(found)


async def test_counted_and_judged_again_it_says_the_same() -> None:
    assert sum([day.found.differed async for day in rebuild()]) == 0
    again = await reclassify()
    assert (again.clicks, again.changed) == (await count("click"), {})


async def test_funnels_narrow_at_every_step() -> None:
    per_link = await db.rows(
        """
        SELECT l.slug, sum(d.clicks) FILTER (WHERE dimension = 'verdict') AS clicks,
          sum(d.clicks) FILTER (WHERE dimension = 'visitor') AS visitors,
          sum(d.clicks) FILTER (WHERE dimension = 'landed') AS landed
        FROM click_daily d JOIN link l ON l.id = d.link_id WHERE l.kind = 'channel' AND d.value = 'person' GROUP BY l.slug
        """
    )
    assert len(per_link) > 15
    for row in per_link:
        assert row["clicks"] > row["visitors"] > 0
        assert row["clicks"] > row["landed"] > 0
    steps = await db.row(
        "SELECT count(captured_at) AS captured, count(started_at) AS started, count(completed_at) AS completed "
        "FROM application WHERE door = 'landing'"
    )
    assert steps is not None
    assert sum(row["landed"] for row in per_link) > 5 * steps["captured"]
    assert steps["captured"] > steps["started"] > steps["completed"] > 0


async def test_nobody_in_it_exists() -> None:
    assert await count("candidate", "email !~ '^[a-z.]+@example[.]com$'") == 0
    assert await count("candidate", "phone IS NOT NULL AND phone !~ '^[+]447700900[0-9]{3}$'") == 0
    assert await count("candidate", "phone IS NOT NULL") > 100


async def test_nothing_lies_in_the_future() -> None:
    for table, column in (
        ("click", "at"),
        ("landing", "at"),
        ("event", "at"),
        ("answer", "answered_at"),
        ("application", "active_at"),
    ):
        assert await db.value(f"SELECT max({column}) FROM {table}") <= NOW, table
    assert await db.value("SELECT max(handed_over_at) FROM message") <= NOW + timedelta(seconds=5)


async def test_it_shows_that_nudges_help_and_where_it_is_too_early_to_tell() -> None:
    workspace_id = await db.value("SELECT id FROM workspace")
    scope = Scope(workspace_id=workspace_id, timezone="Europe/London", start=NOW.date() - timedelta(days=90), end=NOW.date())
    found = await lift.lift(scope)
    assert found.overall is not None and found.overall.finding is Finding.HIGHER
    assert {job.compared.finding for job in found.jobs if job.compared} >= {Finding.HIGHER, Finding.EARLY}
    nudged = "track IN ('never_started', 'unfinished') AND state <> 'skipped'"
    assert await count("message m JOIN application a ON a.id = m.application_id", f"a.arm = 'held_out' AND {nudged}") == 0
    assert await count("application", "arm = 'held_out'") > 100
    assert await count("application", "arm IS NULL") == 0


async def test_what_is_to_come_is_planned_and_nothing_goes_off_at_the_start() -> None:
    assert await count("application", "plan_stale") == 0
    assert await count("message", "state = 'scheduled'") > 20
    assert await db.value("SELECT min(due_at) FROM message WHERE state = 'scheduled'") > NOW - timedelta(minutes=5)
    assert await count("message", "state = 'scheduled' AND due_at < '2026-11-22 19:35Z'") < 5


async def test_the_job_that_went_back_to_draft_holds_its_messages() -> None:
    of_the_draft = "application_id IN (SELECT a.id FROM application a JOIN job j ON j.id = a.job_id WHERE j.status = 'draft')"
    assert await count("message", f"state = 'held' AND {of_the_draft}") > 10
    assert await db.value(f"SELECT max(due_at) FROM message WHERE state = 'held' AND {of_the_draft}") > NOW + timedelta(days=14)
    assert await count("message", f"(state = 'held') <> (state IN ('held', 'scheduled', 'claimed') AND {of_the_draft})") == 0
    assert await count("message", f"{of_the_draft} AND handed_over_at > '2026-11-21 16:00Z'") == 0
    assert await words("SELECT DISTINCT reason_code FROM message WHERE state = 'held'") == {"job_draft"}


async def test_what_is_in_hand_ends_as_it_would_after_a_crash() -> None:
    """The clock and the worker beside the demo: the lease runs out and the message goes, the silence becomes `unknown`; the rest
    stays as it is."""
    in_hand = "SELECT id, state FROM message WHERE state IN ('claimed', 'handed_over')"
    before = {row["state"]: row["id"] for row in await db.rows(in_hand)}
    later = NOW + timedelta(minutes=3)
    with pytest.raises(Undone):
        async with db.transaction():
            assert await planning.mark_changed(NOW + timedelta(minutes=1)) == 0
            assert await delivery.claim_due(NOW + timedelta(seconds=40), limit=100) == []
            assert await fates.sweep_unknown(NOW + timedelta(seconds=40)) == 0
            assert await delivery.claim_due(later, limit=100) == [before["claimed"]]
            await delivery.deliver(before["claimed"], later)
            assert await fates.sweep_unknown(later) == 1
            after = await db.rows("SELECT state FROM message WHERE id = ANY($1) ORDER BY state", list(before.values()))
            assert [row["state"] for row in after] == ["sent", "unknown"]
            raise Undone


class Undone(Exception):
    """Ends a transaction that leaves nothing behind."""


async def test_no_deadline_has_passed_unseen() -> None:
    late = "stage IN ('invited', 'captured', 'started') AND deadline_at <= $1"
    assert await db.value(f"SELECT count(*) FROM application WHERE {late}", NOW) == 0


async def test_history_is_not_told_again_to_other_systems() -> None:
    assert await count("event", "published_at IS NULL") == 0


async def test_the_stage_is_the_one_that_the_timeline_tells() -> None:
    wrong = await db.value(
        """
        SELECT count(*) FROM application a WHERE a.answered <> (SELECT count(*) FROM answer n WHERE n.application_id = a.id)
          OR (a.completed_at IS NOT NULL) <> EXISTS (SELECT FROM event e WHERE e.application_id = a.id AND e.kind = 'completed')
          OR (a.started_at IS NOT NULL) <> EXISTS (SELECT FROM event e WHERE e.application_id = a.id AND e.kind = 'started')
          OR a.started_at < a.created_at OR a.completed_at < a.started_at
        """
    )
    assert wrong == 0


async def test_nobody_was_written_to_in_the_night() -> None:
    local = "(handed_over_at AT TIME ZONE 'Europe/London')::time"
    assert await count("message", f"track NOT IN ('invite', 'link') AND ({local} < '08:00' OR {local} >= '21:00:05')") == 0
    assert await count("message", "handed_over_at IS NOT NULL") > 300


async def test_nobody_was_written_to_after_the_end() -> None:
    end = "coalesce(a.completed_at, a.ended_at)"
    wrong = f"SELECT count(*) FROM message m JOIN application a ON a.id = m.application_id WHERE m.handed_over_at > {end}"
    assert await db.value(wrong) == 0


async def test_a_timeline_is_written_in_the_order_of_its_times() -> None:
    """Nobody finishes before they come back, or does anything once they have gone."""
    ends = ("completed", "expired", "withdrawn")
    last = "SELECT max(e.at) FROM event e WHERE e.application_id = a.id AND e.kind NOT LIKE 'message_%'"
    wrong = (
        f"SELECT count(*) FROM application a WHERE a.stage IN ('completed', 'expired', 'withdrawn', 'disqualified') AND ({last})"
    )
    assert await db.value(f"{wrong} <> (SELECT at FROM event e WHERE e.application_id = a.id AND e.kind = ANY($1))", ends) == 0


async def test_no_link_was_tapped_before_it_was_made() -> None:
    assert await db.value("SELECT count(*) FROM click c JOIN link l ON l.id = c.link_id WHERE c.at < l.created_at") == 0
