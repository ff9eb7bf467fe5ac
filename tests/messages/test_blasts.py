"""Messages by hand: one for each person, written in batches that go on where they stopped, and taken back when stopped."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.candidates.applications import Stage
from portal.candidates.listing import Filters
from portal.messages import blasts, delivery
from portal.messages.blasts import Chosen, Draft
from portal.messages.suppression import Cause, suppress
from portal.messages.words import Channel, Wish
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_application, add_candidate, add_job, post
from tests.interviews.way import set_clock
from tests.messages.conftest import Life, give_phone, new_life

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DRAFT = Draft(
    channel=Wish.EMAIL,
    subject="A word about {{ job }}",
    body="Your interactive interview at {{ workspace }} is open: {{ link }}",
    button="Go to the interview",
)


async def crowd(northgate: Northgate, count: int, **changes: Any) -> list[Life]:
    return [await new_life(northgate, email=f"p{n}@example.com", **changes) for n in range(count)]


async def begin(northgate: Northgate, chosen: Chosen | None = None, *, draft: Draft = DRAFT, now: datetime = NOW) -> UUID:
    blast_id = db.new_id()
    await blasts.begin(
        northgate.id,
        blast_id,
        draft,
        chosen or Chosen(filters=Filters(job_id=northgate.job_id)),
        now=now,
        member_id=northgate.recruiter.id,
    )
    return blast_id


async def finish_writing(now: datetime = NOW) -> int:
    batches = 0
    while await blasts.work(now):
        batches += 1
    return batches


async def states(blast_id: UUID) -> dict[str, int]:
    found = await db.rows("SELECT state, count(*) AS n FROM message WHERE blast_id = $1 GROUP BY state", blast_id)
    return {row["state"]: row["n"] for row in found}


async def test_everybody_gets_one(northgate: Northgate) -> None:
    people = await crowd(northgate, 3)
    blast_id = await begin(northgate)
    await finish_writing()
    assert await people[0].tick(NOW) == 3
    blast = await blasts.get_blast(northgate.id, blast_id)
    assert (blast.state, blast.chosen, blast.written) == ("done", 3, 3)
    assert (await blasts.figures_of(northgate.id, [blast_id]))[blast_id].sent == 3
    sent = await db.row("SELECT subject, body_text FROM message WHERE blast_id = $1 LIMIT 1", blast_id)
    assert sent is not None and sent["subject"] == "A word about Night nurse" and "interactive interview" in sent["body_text"]


async def test_a_person_with_two_applications_gets_one(northgate: Northgate, life: Life) -> None:
    """The one that is under way."""
    other = await add_job(northgate.id)
    ended = {"stage": "completed", "completed_at": NOW, "active_at": NOW + HOUR}
    await add_application(northgate.id, other, life.candidate_id, **ended)
    blast_id = await begin(northgate, Chosen())
    await finish_writing()
    written = await db.rows("SELECT application_id FROM message WHERE blast_id = $1", blast_id)
    assert [row["application_id"] for row in written] == [life.id]


async def test_a_filter_chooses_whom_the_list_shows(northgate: Northgate) -> None:
    started = await new_life(northgate, email="s@example.com", stage="started", started_at=NOW)
    await new_life(northgate, email="c@example.com")
    blast_id = await begin(northgate, Chosen(filters=Filters(job_id=northgate.job_id, stage=Stage.STARTED)))
    await finish_writing()
    assert [row["application_id"] for row in await db.rows("SELECT * FROM message WHERE blast_id = $1", blast_id)] == [started.id]


async def test_who_came_later_gets_nothing(northgate: Northgate, life: Life) -> None:
    blast_id = await begin(northgate)
    await new_life(northgate, email="late@example.com", created_at=NOW + HOUR)
    await finish_writing(NOW + 2 * HOUR)
    assert sum((await states(blast_id)).values()) == 1


async def test_it_goes_on_where_it_stopped(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    await crowd(northgate, 5)
    monkeypatch.setattr(blasts, "BATCH", 2)
    blast_id = await begin(northgate)
    assert await blasts.work(NOW)
    assert (await blasts.get_blast(northgate.id, blast_id)).written == 2
    assert await finish_writing() == 2
    assert sum((await states(blast_id)).values()) == 5


async def test_two_workers_write_nobody_twice(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    await crowd(northgate, 6)
    monkeypatch.setattr(blasts, "BATCH", 1)
    blast_id = await begin(northgate)
    await asyncio.gather(*(asyncio.create_task(finish_writing()) for _ in range(3)))
    await finish_writing()
    assert (await blasts.get_blast(northgate.id, blast_id)).written == 6
    assert sum((await states(blast_id)).values()) == 6


async def test_the_same_form_twice_is_one_blast(northgate: Northgate, life: Life) -> None:
    blast_id = db.new_id()
    for _ in range(2):
        await blasts.begin(northgate.id, blast_id, DRAFT, Chosen(), now=NOW, member_id=northgate.recruiter.id)
        await finish_writing()
    assert sum((await states(blast_id)).values()) == 1


async def test_stopping_takes_back_what_waits(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    people = await crowd(northgate, 4)
    monkeypatch.setattr(blasts, "BATCH", 2)
    blast_id = await begin(northgate)
    await blasts.work(NOW)
    assert await blasts.stop(northgate.id, blast_id, NOW) == 2
    assert await finish_writing() == 0
    assert await people[0].tick(NOW + HOUR) == 0
    assert await states(blast_id) == {"cancelled": 2}
    figures = (await blasts.figures_of(northgate.id, [blast_id]))[blast_id]
    assert [(one.code, one.count) for one in figures.left_out] == [("blast_stopped", 2)]


async def test_what_is_in_a_workers_hands_stops_too(northgate: Northgate, life: Life) -> None:
    blast_id = await begin(northgate)
    await finish_writing()
    claimed = await life.claim(NOW)
    await blasts.stop(northgate.id, blast_id, NOW)
    for message_id in claimed:
        await delivery.deliver(message_id, NOW)
    await life.plan(NOW)
    assert await states(blast_id) == {"cancelled": 1}


async def test_one_person_gets_one_an_hour(northgate: Northgate, life: Life) -> None:
    first = await begin(northgate)
    await finish_writing()
    assert await life.tick(NOW) == 1
    second = await begin(northgate, now=NOW + HOUR / 2)
    await finish_writing(NOW + HOUR / 2)
    assert await life.tick(NOW + HOUR / 2) == 0
    row = await db.row("SELECT state, reason_code, due_at FROM message WHERE blast_id = $1", second)
    assert tuple(row or ()) == ("scheduled", "just_written_to", NOW + HOUR)
    assert await life.tick(NOW + HOUR) == 1
    assert await states(first) == await states(second) == {"sent": 1}


async def test_two_that_wait_leave_an_hour_between_them(northgate: Northgate, life: Life) -> None:
    for _ in range(2):
        await begin(northgate)
    await finish_writing()
    assert await life.tick(NOW) == 1
    assert await life.tick(NOW + HOUR / 2) == 0
    assert await life.tick(NOW + HOUR) == 1


async def test_two_jobs_do_not_write_to_one_person_at_once(northgate: Northgate, life: Life) -> None:
    """Two workers, two applications of one person, two messages by hand: one goes now, the other an hour later."""
    other = await add_application(northgate.id, await add_job(northgate.id), life.candidate_id)
    me = northgate.recruiter.id
    for application_id in (life.id, other):
        await blasts.write_to_one(northgate.id, db.new_id(), DRAFT, application_id, now=NOW, member_id=me)
    claimed = await life.claim(NOW)
    assert len(claimed) == 2
    await asyncio.gather(*(asyncio.create_task(delivery.deliver(message_id, NOW)) for message_id in claimed))
    found = await db.rows("SELECT state, due_at FROM message WHERE track = 'manual' ORDER BY due_at")
    assert [tuple(row) for row in found] == [("sent", NOW), ("scheduled", NOW + HOUR)]


async def test_a_nudge_for_one_job_leaves_an_hour_to_a_message_for_another(northgate: Northgate, life: Life) -> None:
    """Whichever worker is first: its message goes, and the other one an hour later."""
    due = NOW + 3 * HOUR
    await life.stop(due)
    await add_application(northgate.id, await add_job(northgate.id), life.candidate_id)
    await blasts.write_to_one(northgate.id, db.new_id(), DRAFT, life.id, now=due, member_id=northgate.recruiter.id)
    await life.plan(due)
    claimed = await life.claim(due)
    assert len(claimed) == 2
    await asyncio.gather(*(asyncio.create_task(delivery.deliver(message_id, due)) for message_id in claimed))
    await life.plan(due)
    found = await db.rows("SELECT state, due_at FROM message WHERE id = ANY($1) ORDER BY state DESC", claimed)
    assert [tuple(row) for row in found] == [("sent", due), ("scheduled", due + HOUR)]
    assert await life.tick(due + HOUR) == 1


@pytest.mark.parametrize("first", ["by hand", "nudge"])
async def test_the_hour_holds_in_either_order(northgate: Northgate, life: Life, first: str) -> None:
    due = NOW + 3 * HOUR
    await life.stop(due)
    await add_application(northgate.id, await add_job(northgate.id), life.candidate_id)
    await blasts.write_to_one(northgate.id, db.new_id(), DRAFT, life.id, now=due, member_id=northgate.recruiter.id)
    await life.plan(due)
    await life.claim(due)
    order = "track = 'manual' DESC" if first == "by hand" else "track = 'manual'"
    for row in await db.rows(f"SELECT id FROM message WHERE state = 'claimed' ORDER BY {order}"):
        await delivery.deliver(row["id"], due)
    await life.plan(due)
    waiting = await db.row("SELECT track, reason_code FROM message WHERE state = 'scheduled' AND due_at = $1", due + HOUR)
    assert tuple(waiting or ()) == ("never_started" if first == "by hand" else "manual", "just_written_to")


async def test_texts_wait_for_the_morning(northgate: Northgate, life: Life) -> None:
    await give_phone(life)
    night = datetime(2026, 11, 23, 23, 0, tzinfo=NOW.tzinfo)
    blast_id = await begin(northgate, draft=Draft(channel=Wish.SMS, subject="", body="Come back", button=""), now=night)
    await finish_writing(night)
    assert await life.tick(night) == 0
    due = await db.value("SELECT due_at FROM message WHERE blast_id = $1", blast_id)
    morning = datetime(2026, 11, 24, 8, 0, tzinfo=NOW.tzinfo)
    assert morning <= due < morning + HOUR / 2  # not all at once


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE application SET stage = 'completed', completed_at = $1, plan_stale = true", "finished"),
        ("UPDATE application SET stage = 'withdrawn', ended_at = $1, plan_stale = true", "withdrawn"),
    ],
)
async def test_nobody_is_written_to_after_the_end(northgate: Northgate, life: Life, change: str, code: str) -> None:
    await db.run(change, NOW)
    blast_id = await begin(northgate)
    await finish_writing()
    assert await life.tick(NOW) == 0
    assert [one.code for one in (await blasts.figures_of(northgate.id, [blast_id]))[blast_id].left_out] == [code]


async def test_who_opted_out_gets_nothing(northgate: Northgate, life: Life) -> None:
    await suppress(northgate.id, Channel.EMAIL, "ana.duarte@example.com", cause=Cause.UNSUBSCRIBED, source="link", now=NOW)
    blast_id = await begin(northgate)
    await finish_writing()
    assert await life.tick(NOW) == 0
    assert await states(blast_id) == {"skipped": 1}


async def test_one_by_hand_is_planned_at_once(northgate: Northgate, life: Life) -> None:
    blast_id, me = db.new_id(), northgate.recruiter.id
    for _ in range(2):
        row = await blasts.write_to_one(northgate.id, blast_id, DRAFT, life.id, now=NOW, member_id=me)
    assert (row["state"], row["reason_code"], row["due_at"], row["track"]) == ("scheduled", "by_hand", NOW, "manual")
    assert await life.tick(NOW) == 1
    assert await db.value("SELECT count(*) FROM message WHERE blast_id IS NOT NULL") == 1


async def test_a_message_by_hand_moves_the_nudges_behind_it(northgate: Northgate, life: Life) -> None:
    await life.plan()
    await blasts.write_to_one(northgate.id, db.new_id(), DRAFT, life.id, now=NOW, member_id=northgate.recruiter.id)
    await life.tick(NOW)
    planned = [m for m in (await life.messages()).values() if m["state"] == "scheduled"]
    assert planned and min(m["due_at"] for m in planned) >= NOW + 20 * HOUR


async def test_nobody_elses_application_is_written_to(northgate: Northgate, outsider: SignedIn, life: Life) -> None:
    with pytest.raises(Missing):
        await blasts.write_to_one(outsider.workspace_id, db.new_id(), DRAFT, life.id, now=NOW, member_id=outsider.id)
    with pytest.raises(Missing):
        await blasts.get_blast(outsider.workspace_id, await begin(northgate))


async def test_a_blast_is_named_as_people_read_it(northgate: Northgate, life: Life) -> None:
    blast = await blasts.get_blast(northgate.id, await begin(northgate))
    assert blast.name == "A word about Night nurse"


async def test_filters_are_kept_as_they_were() -> None:
    chosen = Chosen(filters=Filters(job_id=db.new_id(), stage=Stage.CAPTURED, stuck=True, search="Ana"))
    assert blasts.from_json(blasts.to_json(chosen)) == chosen
    one = Chosen(application_id=db.new_id())
    assert blasts.from_json(blasts.to_json(one)) == one


# ---- Pages ---------------------------------------------------------------------------------------------------------------

PATH = "/app/messages/blasts"
TYPED = {"by": "email", "subject": "A word", "body": "Your interactive interview is open: {{ link }}", "button": "Go on"}


async def test_a_blast_is_written_looked_at_and_sent(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    set_clock(NOW)
    people = await crowd(northgate, 3)
    await people[2].finish(NOW)
    new = f"{PATH}/new?job={northgate.job_id}"
    page = (await recruiter.get(f"/app/jobs/{northgate.job_id}/candidates")).text
    assert f'href="{new}"' in page
    assert "Write to 3 people" in (await recruiter.get(new)).text
    looked = (await post(recruiter, new, TYPED | {"do": "preview"})).text
    assert "Send to 2 people" in looked and "They have finished" in looked and "How Ana Duarte reads it" in looked
    form = {"do": "send", "number": "2", "form": str(db.new_id())}
    sent = await post(recruiter, new, TYPED | form)
    again = await post(recruiter, new, TYPED | form)
    assert sent.status_code == 303 and again.headers["location"] == sent.headers["location"]
    await finish_writing()
    await people[0].tick(NOW)
    page = (await recruiter.get(sent.headers["location"])).text
    assert "3 of 3" in page and "They have finished" in page and "every 2s" not in page
    assert "A word" in (await recruiter.get(PATH)).text


async def test_more_people_than_were_shown_are_not_written_to(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    set_clock(NOW)
    await crowd(northgate, 2)
    answer = await post(recruiter, f"{PATH}/new?job={northgate.job_id}", TYPED | {"do": "send", "number": "1"})
    assert answer.status_code == 422 and "More people than you saw" in answer.text
    assert await db.value("SELECT count(*) FROM blast") == 0


async def test_a_message_that_reaches_nobody_is_not_sent(recruiter: httpx.AsyncClient, life: Life) -> None:
    set_clock(NOW)
    answer = await post(recruiter, f"{PATH}/new?job={life.job_id}", TYPED | {"by": "sms", "do": "send", "number": "5"})
    assert answer.status_code == 422 and "Nobody would get it" in answer.text
    assert await db.value("SELECT count(*) FROM blast") == 0


async def test_what_cannot_be_sent_is_kept_in_the_form(recruiter: httpx.AsyncClient, northgate: Northgate, life: Life) -> None:
    wrong = TYPED | {"body": "Hello {{ salary }}", "do": "send", "number": "1"}
    answer = await post(recruiter, f"{PATH}/new?job={northgate.job_id}", wrong)
    assert answer.status_code == 422 and "There is no field {{ salary }}" in answer.text and "Hello {{ salary }}" in answer.text
    empty = await post(recruiter, f"{PATH}/new", TYPED | {"body": ""})
    assert empty.status_code == 422 and "Write what the message says." in empty.text


async def test_too_many_at_once_are_refused(
    recruiter: httpx.AsyncClient, northgate: Northgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(NOW)
    await crowd(northgate, 2)
    monkeypatch.setattr(blasts, "MOST", 1)
    answer = await post(recruiter, f"{PATH}/new?job={northgate.job_id}", TYPED | {"do": "send", "number": "2"})
    assert answer.status_code == 422 and "Narrow the list down" in answer.text


async def test_the_progress_survives_a_reload_and_ends(recruiter: httpx.AsyncClient, northgate: Northgate, life: Life) -> None:
    set_clock(NOW)
    blast_id = await begin(northgate)
    page = (await recruiter.get(f"{PATH}/{blast_id}")).text
    assert "Under way" in page and "every 2s" in page and f"{PATH}/{blast_id}/stop" in page
    seen = page.split("progress?seen=")[1].split('"')[0]
    assert (await recruiter.get(f"{PATH}/{blast_id}/progress?seen={seen}")).status_code == 204
    await finish_writing()
    await life.tick(NOW)
    moved = await recruiter.get(f"{PATH}/{blast_id}/progress?seen={seen}")
    assert moved.status_code == 200 and "Done" in moved.text and "every 2s" not in moved.text


async def test_the_stop_button_stops(recruiter: httpx.AsyncClient, northgate: Northgate, life: Life) -> None:
    blast_id = await begin(northgate)
    await finish_writing()
    await post(recruiter, f"{PATH}/{blast_id}/stop")
    page = (await recruiter.get(f"{PATH}/{blast_id}")).text
    assert "Stopped: 1 message did not go" in page and "It was stopped" in page


async def test_one_person_is_written_to_from_their_page(recruiter: httpx.AsyncClient, life: Life) -> None:
    set_clock(NOW)
    path = f"/app/candidates/{life.id}/nudge"
    assert f'href="{path}"' in (await recruiter.get(f"/app/candidates/{life.id}")).text
    page = (await recruiter.get(path)).text
    assert "At once." in page and "interactive interview" in page
    assert "How Ana Duarte reads it" in (await post(recruiter, path, TYPED | {"do": "preview"})).text
    answer = await post(recruiter, path, TYPED | {"do": "send", "form": str(db.new_id())})
    assert answer.headers["location"] == f"/app/candidates/{life.id}"
    page = (await recruiter.get(f"/app/candidates/{life.id}")).text
    assert "The email goes now." in page and "Email “A word”" in page
    assert await life.tick(NOW + MINUTE) == 1


async def test_who_cannot_be_reached_is_not_written_to(recruiter: httpx.AsyncClient, life: Life) -> None:
    set_clock(NOW)
    path = f"/app/candidates/{life.id}/nudge"
    answer = await post(recruiter, path, TYPED | {"by": "sms", "do": "send"})
    assert answer.status_code == 422 and "It can’t go: No mobile number given." in answer.text
    assert await db.value("SELECT count(*) FROM blast") == 0


async def test_a_held_out_person_may_be_written_to_with_a_warning(recruiter: httpx.AsyncClient, life: Life) -> None:
    set_clock(NOW)
    await life.change(arm="held_out", arm_at=NOW)
    assert "This spoils a comparison" in (await recruiter.get(f"/app/candidates/{life.id}/nudge")).text
    assert "1 of them is left without nudges" in (await recruiter.get(f"{PATH}/new?job={life.job_id}")).text
    await post(recruiter, f"/app/candidates/{life.id}/nudge", TYPED | {"do": "send"})
    assert await life.tick(NOW + MINUTE) == 1


async def test_a_viewer_reads_but_sends_nothing(viewer: httpx.AsyncClient, northgate: Northgate, life: Life) -> None:
    blast_id = await begin(northgate)
    page = await viewer.get(f"{PATH}/{blast_id}")
    assert page.status_code == 200 and "/stop" not in page.text
    assert (await viewer.get(f"{PATH}/new")).status_code == 403
    assert (await post(viewer, f"/app/candidates/{life.id}/nudge", TYPED)).status_code == 403


async def test_candidates_named_alike_stay_apart(northgate: Northgate) -> None:
    """Two people, one name: each is one person."""
    for n in range(2):
        await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id, email=f"same{n}@example.com"))
    assert await blasts.count(northgate.id, Chosen(), NOW) == 2
