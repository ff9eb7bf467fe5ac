"""What happens at HeyMilo comes over: told once, twice, late, in disorder, wrongly or never."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from portal import db
from portal.candidates import applications
from portal.integrations.heymilo import api, following, postings
from portal.integrations.heymilo.api import Candidate, Step, Workflow
from portal.integrations.heymilo.following import Standing, standing_of
from tests.cast import NOW, Northgate
from tests.doubles.heymilo import HeyMiloDouble
from tests.doubles.server import Vice, until
from tests.integrations.heymilo_there import POSTING, a_nurse_there, heymilo, stage_of, there, work
from tests.interviews.way import events, set_clock

__all__ = ["heymilo", "there"]

SOON = NOW + timedelta(seconds=30)
"""The clock of pages goes on from `NOW`."""


def step(order: int, status: str) -> Step:
    return Step(order, status, status != "not_started", status == "completed", status == "knocked_out")


@pytest.mark.parametrize(
    ("status", "steps", "standing"),
    [
        ("pending", [], Standing()),
        ("pending", ["not_started"], Standing()),
        ("pending", ["in_progress"], Standing(started=True)),
        ("in_progress", [], Standing(started=True)),
        ("in_progress", ["completed", "not_started"], Standing(started=True)),
        ("in_progress", ["completed", "completed"], Standing(started=True, finished=True)),
        ("evaluating", ["completed"], Standing(started=True, finished=True)),
        ("completed", [], Standing(started=True, finished=True)),
        ("shortlisted", ["completed"], Standing(started=True, finished=True)),
        ("dismissed", ["completed"], Standing(started=True, finished=True)),
        ("dismissed", ["not_started"], Standing(turned_down="Dismissed at HeyMilo")),
        ("knocked_out", ["knocked_out", "not_started"], Standing(True, False, "Knocked out at HeyMilo, in step 1")),
        ("a word of next year", ["not_started"], Standing()),
    ],
)
def test_it_reads_how_somebody_stands(status: str, steps: list[str], standing: Standing) -> None:
    flow = Workflow([step(n, s) for n, s in enumerate(steps, 1)], bool(steps) and set(steps) == {"completed"}) if steps else None
    assert standing_of(Candidate("D5", "ana@example.com", status, workflow=flow)) == standing


@pytest.fixture
def ten(stores: None) -> None:
    set_clock(NOW)


async def test_hooks_are_followed_twice_and_in_any_order(
    northgate: Northgate, there: HeyMiloDouble, stranger: httpx.AsyncClient, ten: None
) -> None:
    """What counts is what HeyMilo's API says when it is asked."""
    ana, person = await a_nurse_there(northgate, there)
    there.move(person, "in_progress", "in_progress")
    assert await there.call_back(stranger, person, "interview_started", times=2) == [200, 200]
    assert await stage_of(ana) == "captured"
    await work(SOON)
    assert await stage_of(ana) == "started"

    there.move(person, "completed", "completed", score=78.5)
    for event in ("report_available", "interview_completed", "interview_started"):
        await there.call_back(stranger, person, event, times=2)
        await work(NOW + timedelta(minutes=5))
    assert await stage_of(ana) == "completed"
    assert await events() == ["started", "completed", "report_ready"]
    assert await db.value("SELECT data ->> 'note' FROM event WHERE kind = 'report_ready'") == "HeyMilo gives 78.5 of 100"
    assert await db.value("SELECT due_at FROM heymilo_interview") is None


async def test_a_forged_hook_moves_nobody(
    northgate: Northgate, there: HeyMiloDouble, stranger: httpx.AsyncClient, ten: None
) -> None:
    ana, person = await a_nurse_there(northgate, there)
    await there.call_back(stranger, person, "interview_completed")
    await work(SOON)
    assert await stage_of(ana) == "captured"
    body = {"interview_id": person.interview_id, "status": "completed"}
    assert (await stranger.post(f"/hooks/heymilo/{'a' * 26}", json=body)).status_code == 404


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[" * 5000, b'{"interview_id": "nobody\\u0000"}', b"[1, null, {}]"])
async def test_a_hook_that_says_nothing_useful_has_the_posting_looked_through(
    northgate: Northgate, there: HeyMiloDouble, stranger: httpx.AsyncClient, ten: None, body: bytes
) -> None:
    ana, person = await a_nurse_there(northgate, there)
    there.move(person, "completed", "completed")
    url = f"/hooks/heymilo/{postings.key_of(northgate.job_id, POSTING)}"
    assert [(await stranger.post(url, content=body)).status_code for _ in range(3)] == [200] * 3
    await work(SOON + following.SOONEST_POLL)
    assert await stage_of(ana) == "completed"


async def test_what_no_hook_told_is_found_by_looking_now_and_then(
    northgate: Northgate, there: HeyMiloDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PAGE", 1)
    ana, person = await a_nurse_there(northgate, there)
    for number in range(3):
        await api.make_candidate(api.Asker(northgate.id, NOW), POSTING, api.Person("Bo", f"bo{number}@example.com"))
    there.people.append(there.people.pop(0))
    there.move(person, "completed", "completed")
    await work(NOW + postings.POLL - timedelta(seconds=1))
    assert await stage_of(ana) == "captured"
    await work(NOW + postings.POLL)
    assert await stage_of(ana) == "completed"
    assert await events() == ["started", "completed"]


async def test_a_finish_at_the_last_minute_counts_when_we_hear_of_it(northgate: Northgate, there: HeyMiloDouble) -> None:
    ana, person = await a_nurse_there(northgate, there)
    there.move(person, "completed", "completed")
    await db.run("UPDATE application SET deadline_at = $1", SOON)
    assert await applications.expire_due(SOON) == 1
    await work(NOW + postings.POLL)
    assert await stage_of(ana) == "completed"
    assert await db.value("SELECT ended_at FROM application") is None


async def test_who_is_knocked_out_has_ended_with_the_reason(
    northgate: Northgate, there: HeyMiloDouble, stranger: httpx.AsyncClient, ten: None
) -> None:
    ana, person = await a_nurse_there(northgate, there)
    there.move(person, "knocked_out", "completed", "knocked_out")
    await there.call_back(stranger, person, "interview_completed")
    await work(SOON)
    assert await stage_of(ana) == "disqualified"
    assert await db.value("SELECT data ->> 'note' FROM event WHERE kind = 'disqualified'") == "Knocked out at HeyMilo, in step 2"
    assert await db.value("SELECT plan_stale FROM application")


@pytest.mark.parametrize("vice", [Vice.BROKEN_BEFORE, Vice.HANG_BEFORE, Vice.TOO_MANY_WAIT, Vice.GIBBERISH])
async def test_a_look_that_fails_is_made_again(
    northgate: Northgate, there: HeyMiloDouble, stranger: httpx.AsyncClient, ten: None, vice: Vice
) -> None:
    ana, person = await a_nurse_there(northgate, there)
    there.move(person, "completed", "completed")
    await there.call_back(stranger, person, "interview_completed")
    there.vicious = "GET"
    there.vices.append(vice)
    await following.look_due(SOON)
    assert await stage_of(ana) == "captured"
    await following.look_due(SOON + following.AGAIN)
    assert await stage_of(ana) == "completed"


async def test_a_hook_that_comes_while_somebody_looks_is_not_lost(
    northgate: Northgate, there: HeyMiloDouble, stranger: httpx.AsyncClient, ten: None
) -> None:
    ana, person = await a_nurse_there(northgate, there)
    there.move(person, "in_progress", "in_progress")
    await there.call_back(stranger, person, "interview_started")
    there.vicious, before = "GET", len(there.asked)
    there.vices.append(Vice.SLOW)
    looking = asyncio.create_task(following.look_due(SOON))
    assert await asyncio.to_thread(until, lambda: len(there.asked) > before)
    await asyncio.to_thread(until, lambda: not there.vices)
    there.move(person, "completed", "completed")
    await there.call_back(stranger, person, "interview_completed")
    await looking
    assert await stage_of(ana) == "started"
    await following.look_due(SOON)
    assert await stage_of(ana) == "completed"
