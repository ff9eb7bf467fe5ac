"""Who would get a message, and who not, and why: the same as planning says, and everybody in exactly one group."""

from datetime import timedelta

import httpx

from portal import db
from portal.candidates.listing import Filters
from portal.jobs.jobs import get_job
from portal.messages import audience
from portal.messages.audience import LABELS, Audience, Kind
from portal.messages.blasts import Chosen
from portal.messages.plans import DEFAULT, Step
from portal.messages.suppression import Cause, suppress
from portal.messages.words import Channel, Wish
from tests.cast import NOW, Northgate
from tests.interviews.way import set_clock
from tests.messages.conftest import AFTER_3H, Life, new_life

HOUR = timedelta(hours=1)
NEVER_3H = next(step for step in DEFAULT.steps if step.key == "never-started-3h")


async def of_step(northgate: Northgate, step: Step = NEVER_3H, **asked: object) -> Audience:
    job = await get_job(northgate.id, northgate.job_id)
    return await audience.of_step(job, step, NOW, **asked)  # type: ignore[arg-type]


def counts(seen: Audience) -> dict[tuple[str, str], int]:
    return {(group.kind.value, group.key): group.count for group in seen.groups}


async def crowd(northgate: Northgate) -> list[Life]:
    """One to whom it goes, one who can't be reached, one who started, one who finished, one who has got it."""
    goes = await new_life(northgate, email="goes@example.com")
    blocked = await new_life(northgate, email="blocked@example.com")
    await suppress(northgate.id, Channel.EMAIL, "blocked@example.com", cause=Cause.UNSUBSCRIBED, source="link", now=NOW)
    started = await new_life(northgate, email="started@example.com", stage="started", started_at=NOW)
    finished = await new_life(northgate, email="finished@example.com")
    await finished.plan()
    await finished.finish(NOW)
    got = await new_life(northgate, email="got@example.com", captured_at=NOW - 4 * HOUR, active_at=NOW - 4 * HOUR)
    await got.tick(NOW)
    return [goes, blocked, started, finished, got]


async def test_everybody_is_in_one_group_with_a_reason(northgate: Northgate) -> None:
    people = await crowd(northgate)
    seen = await of_step(northgate)
    assert counts(seen) == {
        ("got", "sent"): 1,
        ("goes", "on_time"): 1,
        ("not", "suppressed"): 1,
        ("not", "moved_on"): 1,
        ("not", "finished"): 1,
    }
    assert seen.everybody == seen.total == len(people)


async def test_the_planned_rows_say_the_same_as_the_rules(northgate: Northgate) -> None:
    """Once with rows that may be out of date, once with fresh ones."""
    await crowd(northgate)
    await db.run("UPDATE application SET plan_stale = false")
    read = counts(await of_step(northgate))
    await db.run("UPDATE application SET plan_stale = true")
    assert counts(await of_step(northgate)) == read


async def test_who_was_never_planned_is_asked_about(northgate: Northgate) -> None:
    await new_life(northgate)
    assert counts(await of_step(northgate)) == {("goes", "on_time"): 1}
    assert await db.value("SELECT count(*) FROM message") == 0  # looking plans nothing


async def test_a_reason_narrows_the_list(northgate: Northgate) -> None:
    people = await crowd(northgate)
    seen = await of_step(northgate, key="suppressed")
    assert [one.application_id for one in seen.people] == [people[1].id] and seen.total == 1
    assert seen.people[0].reason.startswith("This address must not be written to")
    assert seen.everybody == 5


async def test_the_list_comes_in_pages(northgate: Northgate) -> None:
    for n in range(5):
        await new_life(northgate, email=f"p{n}@example.com")
    pages = [await of_step(northgate, page=page, size=2) for page in (1, 2, 3)]
    assert [len(page.people) for page in pages] == [2, 2, 1]
    assert len({one.application_id for page in pages for one in page.people}) == 5


async def test_a_step_of_the_other_track_goes_to_others(northgate: Northgate) -> None:
    await crowd(northgate)
    unfinished = next(step for step in DEFAULT.steps if step.key == "unfinished-3h")
    seen = counts(await of_step(northgate, unfinished))
    assert seen[("goes", "on_time")] == 1 and seen[("not", "moved_on")] == 3 and seen[("not", "finished")] == 1


async def test_a_message_by_hand_is_played_through_before_it_is_sent(northgate: Northgate) -> None:
    people = await crowd(northgate)
    seen = await audience.of_blast(northgate.id, Chosen(filters=Filters(job_id=northgate.job_id)), Wish.EMAIL, NOW)
    assert counts(seen) == {
        ("goes", "by_hand"): 2,
        ("goes", "just_written_to"): 1,
        ("not", "suppressed"): 1,
        ("not", "finished"): 1,
    }
    assert seen.count(Kind.GOES) == 3 and seen.everybody == len(people)
    late = next(one for one in seen.people if one.key == "just_written_to")
    assert late.application_id == people[4].id and late.at == NOW + HOUR
    assert await db.value("SELECT count(*) FROM blast") == 0


async def test_the_channel_decides_who_can_be_reached(northgate: Northgate, life: Life) -> None:
    seen = await audience.of_blast(northgate.id, Chosen(), Wish.SMS, NOW)
    assert counts(seen) == {("not", "no_phone"): 1}


async def test_every_reason_of_not_going_has_words() -> None:
    assert all(label and label[0].isupper() for label in LABELS.values())


# ---- Pages ---------------------------------------------------------------------------------------------------------------


async def test_a_recruiter_reads_who_gets_a_step(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    set_clock(NOW)
    await crowd(northgate)
    path = f"/app/jobs/{northgate.job_id}/nudges/who"
    page = (await recruiter.get(f"{path}?step=never-started-3h")).text
    assert "Not started, after 3 h" in page and "Have got it" in page and "They have finished" in page
    only = (await recruiter.get(f"{path}?step=never-started-3h&reason=suppressed")).text
    assert only.count("data-item") == 1 and "Show everybody" in only
    assert (await recruiter.get(path)).status_code == 200
    assert (await recruiter.get(f"{path}?step=nonsense")).status_code == 404


async def test_an_empty_job_says_what_to_do_next(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    page = (await recruiter.get(f"/app/jobs/{northgate.job_id}/nudges/who")).text
    assert "Nobody has come yet" in page


async def test_a_recruiter_reads_who_would_get_a_message(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    set_clock(NOW)
    await crowd(northgate)
    page = (await recruiter.get(f"/app/messages/blasts/who?job={northgate.job_id}&by=email")).text
    assert page.count("data-item") == 5 and "An hour after what they were sent before" in page
    only = (await recruiter.get(f"/app/messages/blasts/who?job={northgate.job_id}&by=email&reason=finished")).text
    assert only.count("data-item") == 1


async def test_marketers_read_none_of_it(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await new_life(northgate)
    for path in (f"/app/jobs/{northgate.job_id}/nudges/who", "/app/messages/blasts/who", "/app/messages/blasts"):
        answer = await marketer.get(path)
        assert answer.status_code == 403 and "Ana" not in answer.text


async def test_the_nudges_of_the_evening_move_to_the_morning(northgate: Northgate) -> None:
    life = await new_life(northgate, captured_at=NOW + 9 * HOUR, active_at=NOW + 9 * HOUR, created_at=NOW)
    await life.plan(NOW + 9 * HOUR)
    assert counts(await of_step(northgate)) == {("goes", "quiet_hours"): 1}
    assert AFTER_3H < NOW + 9 * HOUR
