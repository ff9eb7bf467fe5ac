"""Interviews elsewhere: the way there, the way back, and what the other system tells."""

import re
from typing import Any

import httpx
import pytest

from portal import db
from portal.interviews import external, hooks
from portal.interviews.external import Mark, check_address, proof_of
from portal.interviews.hooks import Doubt, Outcome
from tests.cast import NOW, Northgate, add_application, add_candidate, add_job, insert
from tests.interviews.way import Way, events, stage

URL = "https://talk.example/x?n={name}&e={email}&ref={token}&back={return_url}"


@pytest.fixture
async def away(way: Way) -> Way:
    """The same way, where the interview is at talk.example."""
    await db.run("UPDATE job SET interview_kind = 'external', external_url = $1", URL)
    return way


async def go(way: Way) -> httpx.Response:
    return await way.client.post(f"{way.interview}/go")


async def application_id() -> Any:
    return await db.value("SELECT id FROM application")


async def back(way: Way) -> str:
    """The address to come back to, as the other system would be given it."""
    return f"{way.interview}/done/{proof_of(await application_id())}"


# ---- The way there


async def test_one_tap_leads_on_and_is_a_start(away: Way) -> None:
    await away.start(name="Ana & Bo {email} Duarte")
    assert await stage() == "captured"
    answer = await go(away)

    token = away.interview.removeprefix("/i/")
    wanted = (
        "https://talk.example/x?n=Ana%20%26%20Bo%20%7Bemail%7D%20Duarte&e=ana.duarte%40example.com"
        f"&ref={token}&back=http%3A%2F%2Fportal.test%2Fi%2F{token}%2Fdone%2F{proof_of(await application_id())}"
    )
    assert answer.status_code == 200
    assert answer.headers["refresh"] == f"0; url={wanted}"
    assert f'href="{wanted.replace("&", "&amp;")}"' in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert await stage() == "started"
    assert await db.value("SELECT plan_stale FROM application")


async def test_going_twice_is_one_start(away: Way) -> None:
    await away.start()
    assert [(await go(away)).status_code for _ in range(2)] == [200, 200]
    assert (await events()).count("started") == 1
    assert "Go on with the interview" in await away.look()


async def test_looking_at_the_way_starts_nothing(away: Way) -> None:
    page = await away.start()
    assert "It opens at <strong>talk.example</strong>" in page
    assert await stage() == "captured"


async def test_nobody_goes_when_the_time_is_over(away: Way) -> None:
    await away.start()
    await db.run("UPDATE application SET deadline_at = $1", NOW)
    answer = await go(away)
    assert (answer.status_code, answer.headers["location"]) == (303, away.interview)
    assert await stage() == "captured"


async def test_tapping_very_often_is_told_so(away: Way) -> None:
    await away.start()
    for _ in range(external.TAPS.burst):
        await go(away)
    answer = await go(away)
    assert answer.status_code == 429
    assert "very often" in answer.text


# ---- The way back


async def test_a_return_asks_and_a_button_finishes(away: Way) -> None:
    await away.start()
    await go(away)
    address = await back(away)
    page = await away.client.get(address)
    assert "I have finished" in page.text
    assert await stage() == "started"

    answer = await away.client.post(address)
    assert (answer.status_code, answer.headers["location"]) == (303, away.interview)
    assert "Thank you, Ana." in await away.look()
    assert (await events())[-1] == "completed"
    assert (await away.client.get(address)).headers["location"] == away.interview


async def test_the_return_address_is_not_guessed_from_the_personal_link(away: Way) -> None:
    await away.start()
    for proof in ("a" * 26, "x", proof_of(db.new_id())):
        assert (await away.client.get(f"{away.interview}/done/{proof}")).status_code == 404
        assert (await away.client.post(f"{away.interview}/done/{proof}")).status_code == 404
    assert await stage() == "captured"


async def test_where_a_return_means_nothing_it_finishes_nothing(away: Way, northgate: Northgate) -> None:
    await external.choose(northgate.id, northgate.job_id, url=URL, return_finishes=False)
    await away.start()
    address = await back(away)
    page = (await away.client.get(address)).text
    assert "I have finished" not in page
    assert "hears of it from the interview itself" in page
    await away.client.post(address)
    assert await stage() == "captured"


async def test_an_address_may_hold_any_letters(away: Way) -> None:
    await db.run("UPDATE job SET external_url = 'https://talk.example/größe?n={name}&%20'")
    await away.start(name="Zoë Ångström")
    assert (await go(away)).headers[
        "refresh"
    ] == "0; url=https://talk.example/gr%C3%B6%C3%9Fe?n=Zo%C3%AB%20%C3%85ngstr%C3%B6m&%20"


def test_it_tells_what_an_address_holds() -> None:
    found = check_address("https://talk.example/{first}?n=%7Bname%7D&t={token}")
    assert (found.known, found.unknown, found.tells_who) == ([Mark.NAME, Mark.TOKEN], ["first"], True)
    assert found.example == f"https://talk.example/{{first}}?n=Ana%20Example&t={'a' * 26}"
    assert not check_address("https://talk.example/?e={email}").tells_who


# ---- The hook


@pytest.fixture
async def hook(northgate: Northgate, ten_o_clock: None) -> hooks.Hook:
    await db.run("UPDATE job SET interview_kind = 'external', external_url = $1", URL)
    await hooks.make_hook(northgate.id, northgate.job_id, now=NOW)
    made = await hooks.hook_of(northgate.id, northgate.job_id)
    assert made is not None
    return made


async def tell(
    client: httpx.AsyncClient, hook: hooks.Hook, body: str, message_id: str = "msg_1", **headers: str
) -> httpx.Response:
    signed = hooks.headers_for(hook.secret(), message_id, body, now=NOW)
    return await client.post(hook.url, content=body, headers=signed | {k.replace("_", "-"): v for k, v in headers.items()})


async def test_a_signed_finish_is_believed_once(hook: hooks.Hook, way: Way) -> None:
    await way.start()
    token = way.interview.removeprefix("/i/")
    for message_id, event, outcome, reached in (
        ("msg_1", "started", Outcome.STARTED, "started"),
        ("msg_2", "completed", Outcome.COMPLETED, "completed"),
        ("msg_2", "completed", Outcome.NOTHING_NEW, "completed"),
        ("msg_3", "started", Outcome.NOTHING_NEW, "completed"),
    ):
        answer = await tell(way.client, hook, f'{{"token": "{token}", "event": "{event}"}}', message_id)
        assert (answer.status_code, answer.json()) == (200, {"outcome": outcome.value})
        assert await stage() == reached
    assert [line.outcome for line in await hooks.heard(hook.workspace_id, hook.job_id)].count(Outcome.COMPLETED) == 1


async def test_the_application_may_be_named_by_its_number(hook: hooks.Hook, way: Way) -> None:
    await way.start()
    await tell(way.client, hook, f'{{"application_id": "{await application_id()}", "event": "completed"}}')
    assert await stage() == "completed"


async def test_nobody_of_another_job_is_touched(hook: hooks.Hook, northgate: Northgate, stranger: httpx.AsyncClient) -> None:
    other = await add_job(northgate.id, title="Cook")
    theirs = await add_application(northgate.id, other, await add_candidate(northgate.id))
    for number, body in enumerate(
        (
            f'{{"application_id": "{theirs}", "event": "completed"}}',
            '{"application_id": "nonsense", "event": "completed"}',
            f'{{"token": "{"b" * 26}", "event": "completed"}}',
            '{"event": "completed"}',
        )
    ):
        answer = await tell(stranger, hook, body, f"msg_{number}")
        assert (answer.status_code, answer.json()) == (200, {"outcome": "unknown"})
    assert await stage() == "captured"


async def test_nothing_unsigned_is_believed(hook: hooks.Hook, way: Way) -> None:
    await way.start()
    body = f'{{"application_id": "{await application_id()}", "event": "completed"}}'
    old = str(int(NOW.timestamp()) - 301)
    wrong = {
        Doubt.WRONG_SIGNATURE: {"webhook_signature": "v1,AAAA v1a,x"},
        Doubt.WRONG_TIME: {"webhook_timestamp": old},
        Doubt.NO_HEADERS: {"webhook_id": ""},
    }
    for doubt, headers in wrong.items():
        answer = await tell(way.client, hook, body, **headers)
        assert (answer.status_code, answer.json()["detail"]) == (403, hooks.DOUBTS[doubt])
    assert (await tell(way.client, hook, "[]")).status_code == 400
    assert (await way.client.post(f"/hooks/interview/{'a' * 26}", content=body)).status_code == 404
    assert await stage() == "captured"


async def test_a_new_secret_ends_the_old_one(hook: hooks.Hook, way: Way, northgate: Northgate) -> None:
    await hooks.make_hook(northgate.id, northgate.job_id, now=NOW)
    assert (await tell(way.client, hook, '{"event": "completed"}')).status_code == 403


async def test_what_was_heard_is_forgotten_after_a_month(hook: hooks.Hook, northgate: Northgate) -> None:
    values = {"job_id": northgate.job_id, "message_id": "m", "event": "completed", "outcome": "unknown"}
    await insert("interview_call", workspace_id=northgate.id, received_at=NOW - hooks.KEPT, **values)
    assert await hooks.forget_old(NOW) == 0
    await db.run("UPDATE interview_call SET received_at = received_at - interval '1 second'")
    assert await hooks.forget_old(NOW) == 1


async def test_the_secret_is_kept_sealed(hook: hooks.Hook) -> None:
    kept = str(await db.value("SELECT secret_sealed FROM external_interview"))
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", hook.secret())
    assert hook.secret() not in kept
