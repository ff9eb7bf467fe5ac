"""Moves of an application: each is one line in its timeline and stirs the plan of messages."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.candidates import applications
from portal.candidates.applications import Stage
from portal.jobs.jobs import get_job
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_application, add_candidate

LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def ana(northgate: Northgate) -> UUID:
    made = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id))
    await db.run("UPDATE application SET plan_stale = false")
    return made


async def state(application_id: UUID) -> tuple[str, bool, list[str]]:
    row = await db.row("SELECT stage, plan_stale FROM application WHERE id = $1", application_id)
    assert row is not None
    events = await db.rows("SELECT kind FROM event WHERE application_id = $1 ORDER BY at, id", application_id)
    return row["stage"], row["plan_stale"], [e["kind"] for e in events]


async def test_a_start_is_counted_once(northgate: Northgate, ana: UUID) -> None:
    assert await applications.start(northgate.id, ana, now=LATER)
    assert not await applications.start(northgate.id, ana, now=LATER)
    assert await state(ana) == ("started", True, ["started"])


async def test_ten_finishes_at_once_are_one(northgate: Northgate, ana: UUID) -> None:
    finished = await asyncio.gather(*(applications.complete(northgate.id, ana, now=LATER) for _ in range(10)))

    assert sum(finished) == 1
    assert await state(ana) == ("completed", True, ["completed"])


async def test_after_the_finish_nothing_starts_ends_or_is_extended(northgate: Northgate, ana: UUID) -> None:
    await applications.complete(northgate.id, ana, now=LATER)

    assert not await applications.start(northgate.id, ana, now=LATER)
    assert not await applications.extend_deadline(northgate.id, ana, LATER + timedelta(days=9), now=LATER)
    assert await applications.expire_due(NOW + timedelta(days=99)) == 0
    assert (await state(ana))[0] == "completed"


@pytest.mark.parametrize("stage", ["captured", "started", "completed"])
async def test_a_withdrawal_can_be_taken_back_to_where_they_stood(northgate: Northgate, ana: UUID, stage: str) -> None:
    if stage != "captured":
        await applications.start(northgate.id, ana, now=LATER)
    if stage == "completed":
        await applications.complete(northgate.id, ana, now=LATER)
    assert await applications.withdraw(northgate.id, ana, now=LATER, member_id=northgate.recruiter.id)
    assert not await applications.withdraw(northgate.id, ana, now=LATER)
    assert (await state(ana))[0] == "withdrawn"

    assert await applications.restore(northgate.id, ana, now=LATER)
    assert not await applications.restore(northgate.id, ana, now=LATER)
    assert (await state(ana))[0] == stage


async def test_only_those_whose_time_is_over_expire_and_only_once(northgate: Northgate, ana: UUID) -> None:
    ben = await add_application(
        northgate.id, northgate.job_id, await add_candidate(northgate.id, "Ben", "ben@example.com"), deadline_at=NOW
    )
    eve = await add_application(
        northgate.id, northgate.job_id, await add_candidate(northgate.id, "Eve", "eve@example.com"), deadline_at=None
    )

    ended = await asyncio.gather(*(applications.expire_due(LATER) for _ in range(5)))

    assert sum(ended) == 1
    assert await state(ben) == ("expired", True, ["expired"])
    assert [(await state(a))[0] for a in (ana, eve)] == ["captured", "captured"]


async def test_more_time_brings_an_expired_application_back(northgate: Northgate, ana: UUID) -> None:
    await applications.start(northgate.id, ana, now=NOW)
    late = NOW + timedelta(days=11)
    assert await applications.expire_due(late) == 1
    assert await applications.extend_deadline(northgate.id, ana, late + timedelta(days=2), now=late)

    assert await state(ana) == ("started", True, ["started", "expired", "deadline_extended"])
    assert await applications.expire_due(late) == 0


async def test_a_link_is_asked_for_at_most_once_in_ten_minutes(northgate: Northgate, ana: UUID) -> None:
    asked = await asyncio.gather(*(applications.request_link(northgate.id, ana, now=NOW) for _ in range(10)))
    assert sum(asked) == 1
    assert not await applications.request_link(northgate.id, ana, now=NOW + timedelta(minutes=9))
    assert await applications.request_link(northgate.id, ana, now=NOW + timedelta(minutes=11))
    assert (await state(ana))[2] == ["link_requested", "link_requested"]


async def test_save_for_later_pressed_twice_is_one_line(northgate: Northgate, ana: UUID) -> None:
    await applications.save_for_later(northgate.id, ana, now=NOW)
    await applications.save_for_later(northgate.id, ana, now=NOW + timedelta(seconds=2))

    assert await state(ana) == ("captured", True, ["link_requested", "saved_for_later"])


async def test_stuck_are_those_who_started_and_stopped_for_a_day(northgate: Northgate, ana: UUID) -> None:
    await applications.start(northgate.id, ana, now=NOW)

    assert await applications.stuck_count(northgate.id, northgate.job_id, NOW + timedelta(hours=23)) == 0
    assert await applications.stuck_count(northgate.id, northgate.job_id, NOW + timedelta(hours=25)) == 1
    assert await applications.stuck_count(northgate.id, northgate.job_id, NOW + timedelta(days=30)) == 0


async def test_an_outsider_finds_and_moves_nothing(northgate: Northgate, outsider: SignedIn, ana: UUID) -> None:
    with pytest.raises(Missing):
        await applications.get_application(outsider.workspace_id, ana)
    for move in (applications.start, applications.complete, applications.withdraw, applications.restore):
        assert not await move(outsider.workspace_id, ana, now=NOW)
    assert not await applications.extend_deadline(outsider.workspace_id, ana, LATER, now=NOW)
    assert await state(ana) == ("captured", False, [])


async def test_an_application_knows_its_person_job_and_way(northgate: Northgate, ana: UUID) -> None:
    found = await applications.get_application(northgate.id, ana)

    assert (found.name, found.job_title, found.stage, found.came_by) == ("Ana Duarte", "Night nurse", Stage.CAPTURED, "Direct")


async def test_a_jobs_new_deadline_reaches_those_under_way_but_not_who_was_given_more_time(
    northgate: Northgate, ana: UUID
) -> None:
    people = {"Ben": {}, "Eve": {"stage": "completed", "completed_at": NOW}}
    ben, eve = [
        await add_application(
            northgate.id, northgate.job_id, await add_candidate(northgate.id, n, f"{n}@example.com".lower()), **c
        )
        for n, c in people.items()
    ]
    mercy = NOW + timedelta(days=40)
    await applications.extend_deadline(northgate.id, ben, mercy, now=NOW)
    await db.run("UPDATE job SET deadline_at = $1, deadline_days = 5", NOW + timedelta(days=20))

    assert await applications.move_deadlines(await get_job(northgate.id, northgate.job_id)) == 1
    deadlines = {a: await db.value("SELECT deadline_at FROM application WHERE id = $1", a) for a in (ana, ben, eve)}
    assert deadlines == {ana: NOW + timedelta(days=5), ben: mercy, eve: NOW + timedelta(days=10)}
    assert (await state(ana))[1]


async def test_a_job_without_a_deadline_leaves_none(northgate: Northgate, ana: UUID) -> None:
    await db.run("UPDATE job SET deadline_at = NULL, deadline_days = NULL")
    await applications.move_deadlines(await get_job(northgate.id, northgate.job_id))
    assert await db.value("SELECT deadline_at FROM application WHERE id = $1", ana) is None
