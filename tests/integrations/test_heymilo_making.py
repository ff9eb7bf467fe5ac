"""People are made at HeyMilo once, whatever goes wrong on the way."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from portal import db
from portal.integrations.heymilo import accounts, api, due, making
from portal.integrations.heymilo.api import Asker
from portal.integrations.heymilo.making import LEASE, LONGEST, place_for
from portal.integrations.heymilo.problems import Failed, Problem
from portal.web.limits import wait_for
from tests.cast import NOW, Northgate, add_channel, add_link
from tests.doubles.heymilo import HeyMiloDouble
from tests.doubles.server import Vice, until
from tests.integrations.heymilo_there import POSTING, add_ana, heymilo, made_for, there, work

__all__ = ["heymilo", "there"]


async def row(application_id: UUID) -> db.Row:
    found = await db.row("SELECT * FROM heymilo_interview WHERE application_id = $1", application_id)
    assert found is not None
    return found


async def test_who_gave_a_name_is_made_with_the_channel_that_brought_them(northgate: Northgate, there: HeyMiloDouble) -> None:
    link = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig-story")
    ana = await add_ana(northgate)
    await db.run("UPDATE application SET link_id = $1", link)
    await db.run("UPDATE candidate SET phone = '+447700900123'")
    assert await due.anything_due(NOW)
    await work(NOW)

    assert [one.sent for one in there.people] == [
        {
            "name": "Ana Duarte",
            "email": "ana.duarte@example.com",
            "phone_number": "+447700900123",
            "metadata": {
                "portal_application_id": str(ana),
                "channel": "instagram/story",
                "source": "Instagram · Story",
                "link": "nurse-ig-story",
            },
        }
    ]
    assert there.people[0].posting_id == POSTING
    assert await made_for(ana) == there.people[0].interview_id
    assert not await due.anything_due(NOW)


async def test_who_was_invited_is_made_at_the_first_tap(northgate: Northgate, there: HeyMiloDouble) -> None:
    bo = await add_ana(northgate, stage="invited")
    await work(NOW)
    assert there.people == []
    place = await place_for(northgate.id, bo, NOW)
    assert place.href == there.people[0].url
    assert (await place_for(northgate.id, bo, NOW)).href == place.href
    assert len(there.people) == 1


async def test_many_taps_at_once_make_one(northgate: Northgate, there: HeyMiloDouble) -> None:
    ana = await add_ana(northgate)
    there.vices.append(Vice.SLOW)
    background = asyncio.create_task(making.make_due(NOW))
    places = await asyncio.gather(*(place_for(northgate.id, ana, NOW) for _ in range(6)))
    await background
    assert len(there.people) == 1
    assert {place.href for place in places} == {there.people[0].url}


ON_THE_WAY = [
    *(Vice.HANG_AFTER, Vice.HANG_BEFORE, Vice.RESET_AFTER, Vice.RESET_BEFORE, Vice.BROKEN_AFTER, Vice.BROKEN_BEFORE),
    *(Vice.GIBBERISH, Vice.TOO_MANY, Vice.TOO_MANY_WAIT, Vice.UNAUTHORISED, Vice.REFUSED),
]


@pytest.mark.parametrize("vice", ON_THE_WAY)
async def test_whatever_goes_wrong_somebody_is_there_once_in_the_end(
    northgate: Northgate, there: HeyMiloDouble, vice: Vice
) -> None:
    """Twice wrong, then right; somebody taps in between."""
    ana = await add_ana(northgate)
    there.vices += [vice, vice]
    assert (await place_for(northgate.id, ana, NOW)).href == ""
    assert await row(ana)
    for minutes in (0, 1, 2, 6, 12, 30):
        await work(NOW + timedelta(minutes=minutes))
    assert [one.sent["email"] for one in there.people] == ["ana.duarte@example.com"]
    assert await made_for(ana) == there.people[0].interview_id


async def test_right_after_a_silence_nothing_is_sent_again(northgate: Northgate, there: HeyMiloDouble) -> None:
    """The request may still be under way there: it is looked for, and nothing else."""
    ana = await add_ana(northgate)
    there.vices.append(Vice.HANG_BEFORE)
    await place_for(northgate.id, ana, NOW)
    sent = [one.method for one in there.asked].count("POST")
    assert (await place_for(northgate.id, ana, NOW + timedelta(seconds=5))).href == ""
    assert [one.method for one in there.asked].count("POST") == sent
    assert (await row(ana))["problem"] == Problem.UNSURE.value


async def test_a_worker_that_dies_in_between_makes_no_second_one(northgate: Northgate, there: HeyMiloDouble) -> None:
    ana = await add_ana(northgate)
    there.vices.append(Vice.SLOW)
    dying = asyncio.create_task(making.make(Asker(northgate.id, NOW), ana))
    assert await asyncio.to_thread(until, lambda: bool(there.people))
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await work(NOW + LEASE - timedelta(seconds=1))
    assert await made_for(ana) is None
    await work(NOW + LEASE)
    assert await made_for(ana) == there.people[0].interview_id
    assert len(there.people) == 1


async def test_it_is_looked_for_through_all_pages_and_taken_for_no_namesake(
    northgate: Northgate, there: HeyMiloDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PAGE", 2)
    asker = Asker(northgate.id, NOW)
    for number in range(5):
        other = api.Person("Bo Ek", f"bo{number}@example.com", metadata={making.OURS: str(northgate.job_id)})
        await api.make_candidate(asker, POSTING, other)
    ana = await add_ana(northgate, email="bo1@example.com")
    there.vices.append(Vice.RESET_AFTER)
    await work(NOW)
    await work(NOW + timedelta(minutes=1))
    assert len(there.people) == 6
    assert await made_for(ana) == there.people[5].interview_id


async def test_while_heymilo_is_down_nobody_is_lost(northgate: Northgate, there: HeyMiloDouble) -> None:
    ana = await add_ana(northgate)
    there.refuse()
    waits = []
    at = NOW
    for _ in range(9):
        await work(at)
        waits.append((await row(ana))["due_at"] - at)
        at = (await row(ana))["due_at"]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (making.FIRST, LONGEST)
    assert (await row(ana))["problem"] == Problem.UNREACHABLE.value
    there.listen()
    assert (await place_for(northgate.id, ana, at - timedelta(minutes=59))).href == there.people[0].url


async def test_retry_after_is_kept_by_everybody(northgate: Northgate, there: HeyMiloDouble) -> None:
    await add_ana(northgate)
    there.vices.append(Vice.TOO_MANY_WAIT)
    await work(NOW)
    asked = len(there.asked)
    bo = await add_ana(northgate, email="bo@example.com")
    assert (await place_for(northgate.id, bo, NOW + timedelta(seconds=6))).href == ""
    assert len(there.asked) == asked
    assert not await due.anything_due(NOW + timedelta(seconds=6))
    await work(NOW + timedelta(seconds=40))
    assert len(there.people) == 2


async def test_the_measure_is_shared_and_leaves_room_for_who_waits(northgate: Northgate, there: HeyMiloDouble) -> None:
    for _ in range(api.BACKGROUND.burst):
        await wait_for(api.BACKGROUND, there.key, NOW)
        await wait_for(api.ALL, there.key, NOW)
    ana = await add_ana(northgate)
    await work(NOW)
    assert there.people == []
    assert (await place_for(northgate.id, ana, NOW)).href
    minute = api.ALL.burst + 60 * api.ALL.burst / api.ALL.seconds
    assert minute <= 300


async def test_without_a_key_people_wait_and_the_reason_is_said(northgate: Northgate, there: HeyMiloDouble) -> None:
    ana = await add_ana(northgate)
    await accounts.forget_key(northgate.id)
    assert (await place_for(northgate.id, ana, NOW)).href == ""
    assert (await row(ana))["problem"] == Problem.NO_KEY.value
    await accounts.keep_key(northgate.id, there.key, now=NOW)
    await work(NOW + timedelta(minutes=1))
    assert await made_for(ana)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x.example/ y", 'https://x.example/"', "ftp://x.example/"])
def test_it_leads_to_no_address_that_is_none(url: str) -> None:
    with pytest.raises(Failed) as raised:
        api._usable(api.Interview("D5", url))
    assert raised.value.problem is Problem.NOT_UNDERSTOOD


async def test_the_clock_sees_them_and_a_worker_makes_them(northgate: Northgate, there: HeyMiloDouble) -> None:
    from workers import actors, schedule  # they read the settings at once

    ana = await add_ana(northgate)
    assert "interviews at HeyMilo" in [chore.name for chore in schedule.CHORES]
    assert await due.anything_due(NOW)
    await actors._heymilo(NOW)
    assert await made_for(ana) == there.people[0].interview_id
    assert not await due.anything_due(NOW)
