"""Schedules become rows: once, again after each change, and never over what is in somebody's hands."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import db
from portal.candidates.events import EventKind, add_event
from portal.jobs.jobs import unpublish_job
from portal.messages import planning
from portal.messages.suppression import Cause, suppress
from portal.messages.words import Channel
from tests.cast import NOW, Northgate, add_application, add_candidate, add_job, insert
from tests.messages.conftest import AFTER_3H, Life, give_phone, new_life

HOUR = timedelta(hours=1)
ALL = {"3h": "scheduled", "24h": "scheduled", "72h": "scheduled", "deadline-24h": "scheduled"}


async def test_a_new_application_gets_its_nudges(life: Life) -> None:
    assert await life.plan() == 1
    assert await life.states() == ALL
    first = await life.message("3h")
    assert (first["channel"], first["due_at"], first["reason"]) == ("email", AFTER_3H, "3 h after they gave their name")


async def test_planning_again_changes_nothing(life: Life) -> None:
    await life.plan()
    before = await db.rows("SELECT xmin::text, * FROM message ORDER BY id")
    await life.change(answered=0)
    assert await life.plan() == 1
    assert await db.rows("SELECT xmin::text, * FROM message ORDER BY id") == before
    assert await life.plan() == 0


async def test_starting_changes_the_track(life: Life) -> None:
    await life.plan()
    await life.stop(NOW + HOUR)
    await life.plan(NOW + HOUR)
    by_track = await db.rows("SELECT track, state, reason FROM message GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")
    assert [tuple(r) for r in by_track if r["track"] == "never_started"] == [("never_started", "cancelled", "They have started")]
    assert {r["state"] for r in by_track if r["track"] == "unfinished"} == {"scheduled"}


async def test_each_answer_moves_the_nudges(life: Life) -> None:
    await life.stop()
    await life.plan()
    await life.stop(NOW + HOUR)
    await life.plan(NOW + HOUR)
    assert (await life.message("3h"))["due_at"] == NOW + 4 * HOUR


@pytest.mark.parametrize(
    ("stage", "changes", "reason"),
    [
        ("completed", {"started_at": NOW, "completed_at": NOW}, "They have finished"),
        ("expired", {"ended_at": NOW}, "The deadline has passed"),
        ("withdrawn", {"ended_at": NOW}, "The application was withdrawn"),
        ("disqualified", {"ended_at": NOW}, "The application was turned down"),
    ],
)
async def test_the_end_cancels_what_waits(life: Life, stage: str, changes: dict[str, object], reason: str) -> None:
    await life.plan()
    await life.change(stage=stage, **changes)
    await life.plan()
    rows = (await life.messages()).values()
    assert {(r["state"], r["reason"]) for r in rows} == {("cancelled", reason)}


async def test_who_is_brought_back_is_planned_again(life: Life) -> None:
    await life.plan()
    await life.change(stage="withdrawn", ended_at=NOW)
    await life.plan()
    await life.change(stage="captured", ended_at=None)
    await life.plan()
    assert await life.states() == ALL


async def test_erasure_cancels_what_waits(life: Life) -> None:
    await life.plan()
    await db.run("UPDATE candidate SET erased_at = $2, email = NULL, name = '' WHERE id = $1", life.candidate_id, NOW)
    await life.change(answered=0)
    await life.plan()
    assert set((await life.states()).values()) == {"cancelled"}


async def test_a_closed_job_cancels_and_opening_it_again_plans_again(life: Life) -> None:
    await life.plan()
    await db.run("UPDATE job SET status = 'closed', closed_at = $2 WHERE id = $1", life.job_id, NOW)
    assert await planning.mark_changed(NOW) == 1
    await life.plan()
    assert {(r["state"], r["reason"]) for r in (await life.messages()).values()} == {("cancelled", "The job is closed")}
    assert await planning.mark_changed(NOW) == 0
    await db.run("UPDATE job SET status = 'open', closed_at = NULL WHERE id = $1", life.job_id)
    assert await planning.mark_changed(NOW) == 1
    await life.plan()
    assert await life.states() == ALL
    assert await planning.mark_changed(NOW) == 0


async def test_a_reopened_job_does_not_mark_for_ever_those_who_moved_on(life: Life) -> None:
    await life.plan()
    await db.run("UPDATE job SET status = 'closed' WHERE id = $1", life.job_id)
    await planning.mark_changed(NOW)
    await life.plan()
    await db.run("UPDATE job SET status = 'open' WHERE id = $1", life.job_id)
    await life.stop()
    await planning.mark_changed(NOW)
    await life.plan()
    assert await planning.mark_changed(NOW) == 0


async def test_a_draft_holds_its_invitations_until_it_is_published(northgate: Northgate) -> None:
    job_id = await add_job(northgate.id, status="draft")
    candidate_id = await add_candidate(northgate.id)
    await add_application(
        northgate.id, job_id, candidate_id, stage="invited", invite=True, invited_at=NOW, captured_at=None, door="form"
    )
    await planning.replan_stale(NOW)
    held = await db.rows("SELECT DISTINCT state, reason FROM message")
    assert [tuple(r) for r in held] == [("held", "The job is a draft")]
    await db.run("UPDATE job SET status = 'open' WHERE id = $1", job_id)
    await planning.mark_changed(NOW)
    await planning.replan_stale(NOW)
    assert await db.value("SELECT DISTINCT state FROM message") == "scheduled"


async def test_a_job_that_goes_back_to_draft_holds_what_was_to_come(life: Life) -> None:
    await life.plan()
    await unpublish_job(life.workspace_id, life.job_id)
    assert await planning.mark_changed(NOW) == 1
    await life.plan()
    assert {(r["state"], r["reason_code"]) for r in (await life.messages()).values()} == {("held", "job_draft")}
    assert await planning.mark_changed(NOW + timedelta(days=1)) == 0


async def test_the_switch_holds_everything_and_releases_it(life: Life) -> None:
    await life.plan()
    await db.run("UPDATE workspace SET communications_off_at = $2 WHERE id = $1", life.workspace_id, NOW)
    assert await planning.mark_changed(NOW) == 1
    await life.plan()
    assert {(r["state"], r["reason"]) for r in (await life.messages()).values()} == {("held", "Communications are switched off")}
    later = NOW + timedelta(days=2)
    await db.run("UPDATE workspace SET communications_off_at = NULL WHERE id = $1", life.workspace_id)
    assert await planning.mark_changed(later) == 1
    await life.plan(later)
    assert await life.states() == {"3h": "skipped", "24h": "skipped", "72h": "scheduled", "deadline-24h": "scheduled"}
    assert await planning.mark_changed(later) == 0


async def test_shift_work_gets_texts_where_they_are_allowed(northgate: Northgate, life: Life) -> None:
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", life.job_id)
    await life.plan()
    assert (await life.message("3h"))["reason"] == "3 h after they gave their name; by email: no mobile number given"
    await give_phone(life, consent=False)
    await life.plan()
    assert (await life.message("3h"))["reason"] == "3 h after they gave their name; by email: no consent to texts"
    await give_phone(life)
    await life.plan()
    assert (await life.message("3h"))["channel"] == "sms"


async def test_consent_to_another_number_is_none(life: Life) -> None:
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", life.job_id)
    await give_phone(life)
    await db.run("UPDATE candidate SET phone = '+447700900999' WHERE id = $1", life.candidate_id)
    await life.plan()
    assert (await life.message("3h"))["channel"] == "email"


async def test_a_suppressed_address_is_not_planned_for(life: Life) -> None:
    await suppress(life.workspace_id, Channel.EMAIL, "ana.duarte@example.com", cause=Cause.UNSUBSCRIBED, source="link", now=NOW)
    await life.plan()
    assert set((await life.states()).values()) == {"skipped"}


async def test_an_invitation_is_due_at_once(northgate: Northgate) -> None:
    life = await new_life(northgate, stage="invited", door="form", invite=True, invited_at=NOW, captured_at=None)
    await life.plan()
    invite = await life.message("invite")
    assert (invite["due_at"], invite["state"], invite["track"]) == (NOW, "scheduled", "invite")
    assert (await life.message("3h"))["reason"] == "3 h after the invitation"


async def test_who_is_not_to_be_invited_is_nudged_all_the_same(northgate: Northgate) -> None:
    """ "Only copy the link": no invitation goes, the follow-ups do."""
    life = await new_life(northgate, stage="invited", door="form", invite=False, invited_at=NOW, captured_at=None)
    await life.plan()
    assert await life.states() == ALL


async def test_asking_for_the_link_makes_one_message(life: Life) -> None:
    event_id = await add_event(life.workspace_id, life.id, EventKind.LINK_REQUESTED, NOW)
    await life.plan()
    await life.change(answered=0)
    await life.plan()
    links = [r for r in (await life.messages()).values() if r["track"] == "link"]
    assert [(r["step_key"], r["channel"], r["due_at"]) for r in links] == [(f"link:{event_id}", "email", NOW)]


async def test_what_is_in_a_workers_hands_is_left_alone(life: Life) -> None:
    await life.plan()
    await life.claim(AFTER_3H)
    await life.finish(AFTER_3H)
    await life.plan(AFTER_3H)
    assert await life.states() == {"3h": "claimed", "24h": "cancelled", "72h": "cancelled", "deadline-24h": "cancelled"}


async def test_a_job_with_a_plan_of_its_own_follows_it(northgate: Northgate, life: Life) -> None:
    for job_id, hours in ((None, 7), (northgate.job_id, 5)):
        plan_id = await insert(
            "nudge_plan", workspace_id=northgate.id, job_id=job_id, most=1, gap_hours=1, age_days=3, created_at=NOW
        )
        await insert(
            "step",
            workspace_id=northgate.id,
            plan_id=plan_id,
            key=f"own-{hours}",
            track="never_started",
            position=1,
            anchor="after",
            hours=hours,
            channel="email",
        )
    await life.plan()
    assert [(r["step_key"], r["due_at"]) for r in (await life.messages()).values()] == [("own-5", NOW + 5 * HOUR)]


async def test_a_step_taken_out_of_the_plan_is_cancelled(northgate: Northgate, life: Life) -> None:
    await life.plan()
    await insert("nudge_plan", workspace_id=northgate.id, job_id=None, most=1, gap_hours=1, age_days=3, created_at=NOW)
    await life.change(answered=0)
    await life.plan()
    assert {r["reason"] for r in (await life.messages()).values()} == {"No longer in the plan"}


async def test_one_that_cannot_be_planned_stops_nobody_else(northgate: Northgate, life: Life) -> None:
    other = await new_life(northgate, email="ben@example.com")
    await db.run("UPDATE application SET deadline_at = 'infinity' WHERE id = $1", life.id)
    assert await planning.replan_stale(NOW) == 1
    assert await other.states() == ALL and await life.states() == {}
    assert await planning.anything_stale()


async def many_lives(northgate: Northgate, count: int, stage: str) -> UUID:
    """Applications in bulk, whose plans are not stale; their job."""
    job_id = await add_job(northgate.id)
    made = await db.rows(
        "INSERT INTO candidate (id, workspace_id, name, email, language, timezone, metadata, created_at) "
        "SELECT gen_random_uuid(), $1, 'N', n || '@example.com', 'en', '', '{}', $2 FROM generate_series(1, $3::integer) n "
        "RETURNING id",
        northgate.id,
        NOW,
        count,
    )
    await db.run(
        "INSERT INTO application (id, workspace_id, job_id, candidate_id, stage, door, invite, answered, captured_at, ended_at, "
        "active_at, plan_stale, created_at) SELECT gen_random_uuid(), $1, $2, c, $3, 'landing', false, 0, $4, "
        "CASE WHEN $3 = 'withdrawn' THEN $4::timestamptz END, $4, false, $4 FROM unnest($5::uuid[]) c",
        northgate.id,
        job_id,
        stage,
        NOW,
        [row["id"] for row in made],
    )
    return job_id


async def test_a_message_that_was_put_off_keeps_its_time_and_its_reason(life: Life) -> None:
    """What a provider refused for the moment is not pulled forward by planning."""
    await life.plan()
    later = AFTER_3H + timedelta(minutes=20)
    await db.run(
        "UPDATE message SET retry_at = $1, due_at = $1, reason_code = 'try_again', reason = 'Busy' WHERE step_key LIKE '%-3h'",
        later,
    )
    await life.change(answered=1)
    await life.plan(AFTER_3H)
    first = await life.message("3h")
    assert (first["due_at"], first["reason_code"], first["reason"]) == (later, "try_again", "Busy")
    await life.change(snoozed_until=NOW + 8 * HOUR)
    await life.plan(AFTER_3H)
    assert (await life.message("3h"))["due_at"] == NOW + 8 * HOUR, "what comes later of itself is not held back"
    before = await db.rows("SELECT xmin::text, * FROM message ORDER BY id")
    await life.change(answered=2)
    await life.plan(AFTER_3H)
    assert await db.rows("SELECT xmin::text, * FROM message ORDER BY id") == before


async def test_a_switch_that_is_turned_on_again_makes_no_flood(northgate: Northgate, life: Life) -> None:
    """What is overdue by then leaves over half an hour; what is stale does not leave at all; what is to come keeps its time."""
    people = [life, *[await new_life(northgate, email=f"f{n}@example.com") for n in range(11)]]
    await life.plan()
    await db.run("UPDATE workspace SET communications_off_at = $2 WHERE id = $1", northgate.id, NOW)
    await planning.mark_changed(NOW)
    await life.plan()
    on_again = AFTER_3H + HOUR
    await db.run("UPDATE workspace SET communications_off_at = NULL WHERE id = $1", northgate.id)
    assert await planning.mark_changed(on_again) == 12
    await life.plan(on_again)
    firsts = [await person.message("3h") for person in people]
    assert all(on_again <= first["due_at"] < on_again + timedelta(minutes=30) for first in firsts)
    assert len({first["due_at"] for first in firsts}) > 9
    assert {(f["state"], f["reason_code"]) for f in firsts} == {("scheduled", "spread")}
    assert firsts[0]["reason"] == "3 h after they gave their name; communications were off until now"
    assert (await life.message("24h"))["due_at"] == NOW + timedelta(days=1)
    for person in people:
        await person.change(answered=0)
    await life.plan(on_again + timedelta(minutes=1))
    assert [await person.message("3h") for person in people] == firsts, "planning again changes nothing"
    assert await life.tick(on_again + timedelta(minutes=31)) == 12


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE job SET role_type = 'shift'",
        "UPDATE job SET timezone = 'Asia/Tokyo'",
        "UPDATE job SET location = ''",
        "UPDATE workspace SET quiet_from = '18:00'",
        "UPDATE workspace SET timezone = 'Asia/Tokyo'",
    ],
)
async def test_whatever_moves_the_ground_has_people_planned_anew(life: Life, change: str) -> None:
    await life.plan()
    await db.run(change)
    assert await planning.mark_changed(NOW) == 1
    await life.plan()
    await db.run(change)
    assert await planning.mark_changed(NOW) == 0, "what changes nothing moves nothing"


async def test_what_has_nothing_to_do_with_messages_plans_nobody_anew(life: Life) -> None:
    await life.plan()
    await db.run("UPDATE job SET pay = '£30 an hour', title = 'Nurse'")
    await db.run("UPDATE workspace SET name = 'Northgate'")
    assert await planning.mark_changed(NOW) == 0


async def test_a_large_job_is_marked_in_batches(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "BATCH", 60)
    job_id = await many_lives(northgate, 150, "captured")
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", job_id)
    assert [await planning.mark_changed(NOW, limit=60) for _ in range(4)] == [60, 60, 30, 0]
    assert await db.value("SELECT count(*) FROM application WHERE plan_stale AND job_id = $1", job_id) == 150


async def test_a_change_in_the_middle_starts_from_the_beginning(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "BATCH", 60)
    job_id = await many_lives(northgate, 100, "captured")
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", job_id)
    assert await planning.mark_changed(NOW, limit=60) == 60
    await db.run("UPDATE application SET plan_stale = false")
    await db.run("UPDATE job SET role_type = 'professional' WHERE id = $1", job_id)
    assert sum([await planning.mark_changed(NOW, limit=60) for _ in range(3)]) == 100


async def test_looking_for_who_waits_reads_no_table_through(northgate: Northgate) -> None:
    """Nobody who is through is looked at, however many there are."""
    job_id = await many_lives(northgate, 3000, "withdrawn")
    await db.run("ANALYZE application")
    plan = await db.rows("EXPLAIN " + planning.NEXT_WAITING, northgate.id, job_id, UUID(int=0), 500)
    assert "application_waiting" in " ".join(line[0] for line in plan)
    assert "Seq Scan" not in " ".join(line[0] for line in plan)


async def test_planning_asks_the_same_few_things_of_each_application(life: Life) -> None:
    """What it costs does not grow with the messages that there are already, nor with the steps of its plan."""
    costs = []
    for sent in range(4):
        await life.change(answered=sent)
        asked: list[str] = []
        async with db.transaction(), db.connection() as connection:
            with connection.query_logger(lambda record, asked=asked: asked.append(record.query)):
                await planning.replan(life.id, AFTER_3H)
        costs.append(len(asked))
        await life.tick(AFTER_3H + sent * timedelta(days=1))
    # Itself, its messages, the links it asked for, its address; the plan and its steps; all rows at once; what is wanted no more.
    assert max(costs[1:]) <= 10, costs  # the first connection asks about types, too
