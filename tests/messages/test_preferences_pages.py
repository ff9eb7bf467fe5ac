"""The candidate's pages of contact preferences, without cookie and script."""

import httpx
import pytest

from portal import db
from portal.links.personal import token_of
from portal.messages import suppression
from portal.messages.preferences_words import ENGLISH, SPANISH
from portal.messages.words import Channel
from tests.cast import NOW
from tests.messages.conftest import Life, give_phone

EMAIL = "ana.duarte@example.com"
FORM = {"email": "on", "language": "en", "timezone": ""}


@pytest.fixture
async def home(life: Life) -> str:
    return f"/p/{token_of(await db.value('SELECT personal_link_id FROM application WHERE id = $1', life.id))}"


async def is_stopped(life: Life, channel: Channel = Channel.EMAIL, address: str = EMAIL) -> bool:
    return await suppression.is_suppressed(life.workspace_id, channel, address)


async def test_the_page_shows_what_holds_and_changes_nothing(life: Life, home: str, stranger: httpx.AsyncClient) -> None:
    await db.run("UPDATE application SET plan_stale = false")
    page = await stranger.get(home)

    assert page.status_code == 200
    assert 'name="email" value="on" checked' in page.text
    assert 'name="sms"' not in page.text
    assert "<script" not in page.text
    assert "set-cookie" not in page.headers
    assert len(page.content) < 16_000
    assert not await db.value("SELECT plan_stale FROM application")
    assert await life.events() == []


async def test_all_places_are_a_tap_away(home: str, stranger: httpx.AsyncClient) -> None:
    assert "Reykjavik" not in (await stranger.get(home)).text
    assert "Reykjavik" in (await stranger.get(f"{home}?zones=all")).text


async def test_saving_leads_back_and_says_so(life: Life, home: str, stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post(home, data={"language": "en", "timezone": "Europe/Lisbon"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{home}?saved=1")
    page = await stranger.get(answer.headers["location"])
    assert "Saved." in page.text
    assert 'value="Europe/Lisbon" selected' in page.text
    assert 'name="email" value="on" checked' not in page.text
    assert await is_stopped(life)


@pytest.mark.parametrize(
    ("wrong", "sentence"), [({"language": "xx"}, "wrong_language"), ({"timezone": "Mars/Olympus"}, "wrong_timezone")]
)
async def test_nonsense_is_named_and_nothing_is_saved(
    life: Life, home: str, stranger: httpx.AsyncClient, wrong: dict[str, str], sentence: str
) -> None:
    answer = await stranger.post(home, data=FORM | {"email": ""} | wrong)
    assert answer.status_code == 422
    assert ENGLISH[sentence] in answer.text
    assert not await is_stopped(life)


async def test_texts_are_offered_where_there_is_a_number(life: Life, home: str, stranger: httpx.AsyncClient) -> None:
    await give_phone(life, consent=False)
    page = (await stranger.get(home)).text
    assert "ends in 23" in page
    assert "7700900123" not in page
    await stranger.post(home, data=FORM | {"sms": "on"})
    wording = await db.value("SELECT wording FROM consent WHERE given")
    assert wording.startswith("Text me reminders about my interviews with Northgate Care.")


async def test_after_a_stop_by_text_the_page_says_how_it_is_taken_back(
    life: Life, home: str, stranger: httpx.AsyncClient
) -> None:
    await give_phone(life)
    cause = suppression.Cause.STOP
    await suppression.suppress(life.workspace_id, Channel.SMS, "+447700900123", cause=cause, source="-", now=NOW)
    page = (await stranger.get(home)).text
    assert "text START" in page
    assert 'name="sms"' not in page


async def test_a_snooze_and_its_end(life: Life, home: str, stranger: httpx.AsyncClient) -> None:
    assert (await stranger.post(f"{home}/snooze", data={"for": "week"})).status_code == 303
    page = (await stranger.get(home)).text
    assert ENGLISH["wake"] in page
    assert (await stranger.post(f"{home}/snooze", data={"for": "none"})).status_code == 303
    assert ENGLISH["wake"] not in (await stranger.get(home)).text
    assert (await stranger.post(f"{home}/snooze", data={"for": "ever"})).status_code == 422


async def test_everything_stops_with_an_undo(life: Life, home: str, stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post(f"{home}/stop")
    page = (await stranger.get(answer.headers["location"])).text
    assert ENGLISH["undo"] in page
    assert await is_stopped(life)
    await stranger.post(f"{home}/undo", data={"channel": "email"})
    assert not await is_stopped(life)


@pytest.mark.parametrize("encoding", ["form", "multipart", "nothing", "nonsense"])
async def test_one_click_in_whatever_encoding(life: Life, home: str, stranger: httpx.AsyncClient, encoding: str) -> None:
    """RFC 8058: the POST of a mail service carries neither cookie nor origin, and follows no redirect."""
    said = {"List-Unsubscribe": "One-Click"}
    sent: dict[str, dict[str, object]] = {
        "form": {"data": said},
        "multipart": {"files": {"List-Unsubscribe": (None, "One-Click")}},
        "nothing": {},
        "nonsense": {"content": b"\xff\x00", "headers": {"content-type": "multipart/form-data"}},
    }
    answer = await stranger.post(f"{home}/unsubscribe", **sent[encoding])  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert await is_stopped(life)
    again = await stranger.post(f"{home}/unsubscribe", data=said)
    assert again.status_code == 200
    assert (await life.events()).count("opted_out") == 1


async def test_looking_at_the_unsubscribe_address_stops_nothing(life: Life, home: str, stranger: httpx.AsyncClient) -> None:
    page = await stranger.get(f"{home}/unsubscribe")
    assert page.text.count("<button") == 1
    assert not await is_stopped(life)


async def test_unknown_tokens_have_the_page_that_helps(stranger: httpx.AsyncClient) -> None:
    for path in ("/p/x", "/p/" + "a" * 26, "/p/x/unsubscribe"):
        answer = await stranger.get(path)
        assert answer.status_code == 404
        assert "newest message" in answer.text
    for path in ("/p/x", "/p/x/unsubscribe", "/p/x/stop", "/p/x/undo", "/p/x/snooze"):
        assert (await stranger.post(path, data=FORM)).status_code == 404


async def test_it_speaks_spanish_to_those_who_do(life: Life, home: str, stranger: httpx.AsyncClient) -> None:
    await db.run("UPDATE candidate SET language = 'es-mx'")
    page = (await stranger.get(home)).text
    assert '<html lang="es"' in page
    assert SPANISH["stop_button"] in page
    assert "Save" not in page
    assert SPANISH["unsubscribe_button"] in (await stranger.get(f"{home}/unsubscribe")).text


def test_both_languages_say_the_same_things() -> None:
    assert ENGLISH.keys() == SPANISH.keys()
    assert {key: text.count("{}") for key, text in ENGLISH.items()} == {key: text.count("{}") for key, text in SPANISH.items()}


async def test_the_end_of_an_interview_leaves_the_choice_of_messages(life: Life, home: str, stranger: httpx.AsyncClient) -> None:
    await db.run("UPDATE application SET stage = 'withdrawn', ended_at = created_at")
    page = (await stranger.get(home)).text
    assert ENGLISH["stop_button"] in page
    assert ENGLISH["go_on"] not in page


async def test_who_sends_very_often_waits(life: Life, home: str, stranger: httpx.AsyncClient) -> None:
    answers = [await stranger.post(f"{home}/snooze", data={"for": "none"}) for _ in range(62)]
    assert answers[-1].status_code == 429
    assert ENGLISH["often"] in answers[-1].text
    assert (await stranger.post(f"{home}/unsubscribe")).status_code == 200


async def test_the_recruiter_sees_what_holds_and_the_proof_of_a_yes(
    life: Life, home: str, stranger: httpx.AsyncClient, recruiter: httpx.AsyncClient
) -> None:
    await give_phone(life)
    page = (await recruiter.get(f"/app/candidates/{life.id}")).text
    assert "Email allowed · texts allowed" in page
    assert "Their yes to texts" in page
    assert "“Text me.”" in page

    await stranger.post(f"{home}/stop")
    page = (await recruiter.get(f"/app/candidates/{life.id}")).text
    assert "No email: unsubscribed · no texts: unsubscribed" in page
    assert page.count("On the page of their contact preferences") == 2
