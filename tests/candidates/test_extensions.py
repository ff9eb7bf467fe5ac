"""A candidate asks for more time, once, and gets it at once or by a recruiter's yes."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.candidates import extensions
from portal.candidates.extensions import Standing
from portal.links.personal import token_of
from portal.messages import planning
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_application, add_candidate, post
from tests.interviews.way import set_clock

HOUR = timedelta(hours=1)
DEADLINE = NOW + 10 * timedelta(days=1)


async def offer_time(northgate: Northgate, *, hours: int = 24, at_once: bool = False) -> None:
    await db.run("UPDATE job SET extension_hours = $2, extension_at_once = $3 WHERE id = $1", northgate.job_id, hours, at_once)


@pytest.fixture
async def ana(northgate: Northgate) -> UUID:
    """Ana started, and has until ten days from now. A recruiter may give her a day more."""
    await offer_time(northgate)
    person = await add_candidate(northgate.id)
    return await add_application(northgate.id, northgate.job_id, person, stage="started", started_at=NOW)


async def look(application_id: UUID) -> tuple[str, datetime]:
    row = await db.row("SELECT stage, deadline_at, plan_stale FROM application WHERE id = $1", application_id)
    assert row is not None
    return row["stage"], row["deadline_at"]


async def kinds(application_id: UUID) -> list[str]:
    return [r["kind"] for r in await db.rows("SELECT kind FROM event WHERE application_id = $1 ORDER BY id", application_id)]


async def token(application_id: UUID) -> str:
    return token_of(await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id))


async def standing(northgate: Northgate, application_id: UUID, now: datetime = NOW) -> Standing:
    return (await extensions.offer(northgate.id, application_id, now)).standing


async def test_at_once_the_deadline_moves(northgate: Northgate, ana: UUID) -> None:
    await offer_time(northgate, at_once=True)
    await db.run("UPDATE application SET plan_stale = false")
    assert await extensions.ask(northgate.id, ana, now=NOW) is Standing.GRANTED
    assert await look(ana) == ("started", DEADLINE + 24 * HOUR)
    assert await kinds(ana) == ["extension_asked", "deadline_extended"]
    assert await db.value("SELECT plan_stale FROM application WHERE id = $1", ana)


async def test_time_begins_anew_for_somebody_whose_time_was_over(northgate: Northgate, ana: UUID) -> None:
    await offer_time(northgate, at_once=True)
    await db.run("UPDATE application SET stage = 'expired', ended_at = $2 WHERE id = $1", ana, DEADLINE)
    later = DEADLINE + 48 * HOUR
    assert await extensions.ask(northgate.id, ana, now=later) is Standing.GRANTED
    assert await look(ana) == ("started", later + 24 * HOUR)


async def test_otherwise_it_waits_for_a_yes(northgate: Northgate, ana: UUID) -> None:
    assert await extensions.ask(northgate.id, ana, now=NOW) is Standing.ASKED
    assert await look(ana) == ("started", DEADLINE)
    assert await extensions.asked_count(northgate.id, northgate.job_id) == 1
    until = await extensions.grant(northgate.id, ana, now=NOW + HOUR, member_id=northgate.recruiter.id)
    assert until == DEADLINE + 24 * HOUR and await look(ana) == ("started", until)
    assert await extensions.asked_count(northgate.id, northgate.job_id) == 0
    assert await kinds(ana) == ["extension_asked", "deadline_extended"]


async def test_a_no_changes_nothing_and_can_be_taken_back(northgate: Northgate, ana: UUID) -> None:
    await extensions.ask(northgate.id, ana, now=NOW)
    me = northgate.recruiter.id
    assert await extensions.decline(northgate.id, ana, now=NOW, member_id=me)
    assert not await extensions.decline(northgate.id, ana, now=NOW, member_id=me)
    assert await standing(northgate, ana) is Standing.DECLINED and await look(ana) == ("started", DEADLINE)
    assert await extensions.reopen(northgate.id, ana, now=NOW, member_id=me)
    assert await standing(northgate, ana) is Standing.ASKED
    assert await extensions.grant(northgate.id, ana, now=NOW, member_id=me)


async def test_it_is_given_once(northgate: Northgate, ana: UUID) -> None:
    await offer_time(northgate, at_once=True)
    answers = await asyncio.gather(*(extensions.ask(northgate.id, ana, now=NOW) for _ in range(4)))
    assert set(answers) == {Standing.GRANTED}
    assert await look(ana) == ("started", DEADLINE + 24 * HOUR)
    assert await kinds(ana) == ["extension_asked", "deadline_extended"]


@pytest.mark.parametrize(
    ("sql", "now"),
    [
        ("UPDATE job SET extension_hours = 0", NOW),
        ("UPDATE job SET status = 'closed'", NOW),
        ("UPDATE application SET deadline_at = NULL", NOW),
        ("UPDATE application SET stage = 'completed', completed_at = started_at", NOW),
        ("UPDATE application SET stage = 'withdrawn', ended_at = started_at", NOW),
        ("UPDATE application SET stage = 'expired', ended_at = deadline_at", DEADLINE + timedelta(days=7)),
    ],
)
async def test_where_it_is_not_offered_asking_changes_nothing(northgate: Northgate, ana: UUID, sql: str, now: datetime) -> None:
    await db.run(sql)
    assert await extensions.ask(northgate.id, ana, now=now) is Standing.NOT_OFFERED
    assert await kinds(ana) == []


async def test_nobody_else_can_grant(northgate: Northgate, outsider: SignedIn, ana: UUID) -> None:
    await extensions.ask(northgate.id, ana, now=NOW)
    with pytest.raises(Missing):
        await extensions.grant(outsider.workspace_id, ana, now=NOW, member_id=outsider.id)


async def test_a_yes_is_told_by_a_message(northgate: Northgate, ana: UUID) -> None:
    await extensions.ask(northgate.id, ana, now=NOW)
    await extensions.grant(northgate.id, ana, now=NOW, member_id=northgate.recruiter.id)
    await planning.replan_stale(NOW)
    told = await db.rows("SELECT track, state, due_at FROM message WHERE step_key LIKE 'extension:%'")
    assert [tuple(row) for row in told] == [("link", "scheduled", NOW)]


async def test_what_the_page_gave_at_once_needs_no_message(northgate: Northgate, ana: UUID) -> None:
    await offer_time(northgate, at_once=True)
    await extensions.ask(northgate.id, ana, now=NOW)
    await planning.replan_stale(NOW)
    assert await db.value("SELECT count(*) FROM message WHERE step_key LIKE 'extension:%'") == 0


# ---- The candidate's page ------------------------------------------------------------------------------------------------


async def end(ana: UUID) -> str:
    """Ana comes back a day after her deadline; where she asks."""
    await db.run("UPDATE application SET stage = 'expired', ended_at = deadline_at WHERE id = $1", ana)
    set_clock(DEADLINE + 24 * HOUR)
    return f"/i/{await token(ana)}"


async def test_the_page_after_the_deadline_gives_more_time(stranger: httpx.AsyncClient, northgate: Northgate, ana: UUID) -> None:
    await offer_time(northgate, at_once=True)
    page = await end(ana)
    assert "Go on with 24 hours more" in (await stranger.get(page)).text
    assert await kinds(ana) == []  # looking changes nothing
    answer = await stranger.post(f"{page}/more-time")
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert "Question 1 of 3" in (await stranger.get(page)).text


async def test_or_asks_for_it_and_says_what_became_of_it(stranger: httpx.AsyncClient, northgate: Northgate, ana: UUID) -> None:
    page = await end(ana)
    assert "Ask for more time" in (await stranger.get(page)).text
    await stranger.post(f"{page}/more-time")
    said = (await stranger.get(page)).text
    assert "You have asked for more time" in said and "Ask for more time" not in said
    await extensions.decline(northgate.id, ana, now=NOW, member_id=northgate.recruiter.id)
    assert "could not give it" in (await stranger.get(page)).text


async def test_the_preferences_page_can_ask_too(stranger: httpx.AsyncClient, ana: UUID) -> None:
    mine = await token(ana)
    answer = await stranger.post(f"/i/{mine}/more-time", data={"back": "p"})
    assert answer.headers["location"] == f"/p/{mine}"


async def test_a_job_that_offers_none_says_whom_to_ask(stranger: httpx.AsyncClient, northgate: Northgate, ana: UUID) -> None:
    await offer_time(northgate, hours=0)
    said = (await stranger.get(await end(ana))).text
    assert "they can give you more time" in said and "more-time" not in said


async def test_an_unknown_link_asks_for_nothing(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.post("/i/nobody/more-time")).status_code == 404


# ---- The recruiter's pages -----------------------------------------------------------------------------------------------


async def test_a_recruiter_reads_who_asks_and_says_yes(recruiter: httpx.AsyncClient, northgate: Northgate, ana: UUID) -> None:
    set_clock(NOW)
    await extensions.ask(northgate.id, ana, now=NOW)
    assert "1 person asks for more time" in (await recruiter.get(f"/app/jobs/{northgate.job_id}")).text
    assert "Ana Duarte" in (await recruiter.get(f"/app/jobs/{northgate.job_id}/candidates?asked=1")).text
    page = f"/app/candidates/{ana}"
    assert "asks for 24 hours more" in (await recruiter.get(page)).text
    assert (await post(recruiter, f"{page}/extension/grant")).headers["location"] == page
    after = (await recruiter.get(page)).text
    assert "Ana Duarte has until" in after and "Deadline moved to" in after and "asks for 24 hours more" not in after
    assert "Ana Duarte" not in (await recruiter.get(f"/app/jobs/{northgate.job_id}/candidates?asked=1")).text


async def test_a_no_can_be_undone_from_the_page(recruiter: httpx.AsyncClient, northgate: Northgate, ana: UUID) -> None:
    await extensions.ask(northgate.id, ana, now=NOW)
    page = f"/app/candidates/{ana}"
    await post(recruiter, f"{page}/extension/decline")
    after = (await recruiter.get(page)).text
    assert f"{page}/extension/reopen" in after and "More time declined" in after
    await post(recruiter, f"{page}/extension/reopen")
    assert "asks for 24 hours more" in (await recruiter.get(page)).text


async def test_nobody_waits_and_the_page_says_so(recruiter: httpx.AsyncClient, ana: UUID) -> None:
    await post(recruiter, f"/app/candidates/{ana}/extension/grant")
    assert "Nothing changed" in (await recruiter.get(f"/app/candidates/{ana}")).text


async def test_a_job_says_how_much_more_there_is(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    from tests.jobs.test_job_form import TYPED

    path = f"/app/jobs/{northgate.job_id}/settings"
    wrong = await post(recruiter, path, TYPED | {"extension_hours": "1000"})
    assert wrong.status_code == 422 and "from 0 to 720" in wrong.text
    await post(recruiter, path, TYPED | {"extension_hours": "36", "extension_at_once": "1"})
    row = await db.row("SELECT extension_hours, extension_at_once FROM job WHERE id = $1", northgate.job_id)
    assert tuple(row or ()) == (36, True)
    assert 'value="36"' in (await recruiter.get(path)).text
