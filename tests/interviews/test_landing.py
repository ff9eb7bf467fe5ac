"""The landing page: what it promises, what it takes, and whom it lets in."""

import asyncio
import gzip
import html
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from portal import db
from portal.accounts import workspaces
from portal.candidates import applications
from portal.interviews import landing
from portal.links.personal import personal_url
from portal.settings import ROOT
from portal.web.limits import wait_for
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_job, add_link
from tests.interviews.way import Way, events, hidden, set_clock, stage, typed


async def counts() -> list[int]:
    return [await db.value(f"SELECT count(*) FROM {table}") for table in ("candidate", "application")]


async def test_it_says_what_comes_before_it_asks(way: Way) -> None:
    page = await way.land()

    for words in ("Northgate Care", "Night nurse", "Leeds · £21 an hour", "3 questions", "8 minutes", "3 December"):
        assert words in page
    assert page.index("3 December") < page.index("Full name")
    assert not re.search(r'name="texts"[^>]*checked', page)


async def test_giving_name_and_email_leads_to_the_first_question(way: Way) -> None:
    page = await way.start()

    assert "Question 1 of 3" in page
    assert await counts() == [1, 1]
    assert (await stage(), await events()) == ("captured", ["captured"])


async def test_no_candidate_page_sets_a_cookie_or_needs_a_script(way: Way) -> None:
    answers = [await way.client.get(way.apply), await way.client.get("/apply/nothing-here"), await way.client.get("/i/nothing")]
    captured = await way.send(answers[0].text)
    first = captured.headers["location"]
    answers += [
        captured,
        await way.client.get(first),
        await way.client.get(f"{first}/saved"),
        await way.send(answers[0].text, name=""),
    ]

    for answer in answers:
        assert "set-cookie" not in answer.headers
        assert answer.text.count("<script") == answer.text.count('/js/zone.js" defer></script>')
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


async def test_it_fits_into_the_first_round_trip_of_a_phone(way: Way, northgate: Northgate) -> None:
    page = await way.land()
    sheets = (ROOT / "static/css/candidate.css").read_bytes()
    brand = await way.client.get(re.findall(r'href="(/brand/[^"]+)"', page)[0])

    assert brand.status_code == 200
    assert sum(len(gzip.compress(part)) for part in (page.encode(), sheets, brand.content)) <= 14 * 1024


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "Enter a full name."),
        ({"name": "x" * 121}, "Use at most 120 characters"),
        ({"email": "ana"}, "Enter an email address"),
        ({"email": ""}, "Enter an email address"),
        ({"phone": "12"}, "Enter a phone number"),
        ({"texts": "on"}, "Enter your mobile number"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    way: Way, changes: dict[str, str], sentence: str
) -> None:
    sent = typed(phone="07700 900123") if "texts" not in changes else typed()
    answer = await way.send(await way.land(), **(sent | changes))

    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert "<title>Error: " in answer.text
    for kept in [value for key, value in (sent | changes).items() if key != "texts" and value.strip()]:
        assert f'value="{kept}"' in answer.text
    assert await counts() == [0, 0]


async def test_everything_that_is_wrong_is_said_at_once(way: Way) -> None:
    answer = await way.send(await way.land(), name="", email="", phone="x")
    assert answer.text.count('class="error"') == 3


async def test_consent_to_texts_keeps_the_very_words_that_were_shown(way: Way) -> None:
    await db.run("UPDATE workspace SET name = 'Care & Co'")
    page = await way.land()
    await way.send(page, phone="07700 900123", texts="on")

    kept = await db.row("SELECT wording, page, address FROM consent")
    assert kept is not None
    assert html.escape(kept["wording"]) in page
    assert "with Care & Co." in kept["wording"]
    assert (kept["page"], kept["address"]) == (way.apply, "+447700900123")


async def test_a_double_tap_makes_no_second_application(way: Way) -> None:
    page = await way.land()
    first, second = await asyncio.gather(way.send(page), way.send(page))

    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert await counts() == [1, 1]
    assert await events() == ["captured"]


async def test_a_reload_of_the_form_leads_to_the_same_interview_for_a_day(way: Way) -> None:
    page = await way.land()
    first = await way.send(page)
    set_clock(NOW + timedelta(hours=20))
    assert (await way.send(page)).headers["location"] == first.headers["location"]

    set_clock(NOW + timedelta(hours=25))
    assert "Open your email" in (await way.send(page)).text
    assert await counts() == [1, 1]


async def test_a_known_email_is_not_let_in_by_typing_it(way: Way) -> None:
    await way.start()
    answer = await way.send(await way.land())

    assert answer.status_code == 200
    assert "Open your email" in answer.text
    assert "/i/" not in answer.text
    assert await counts() == [1, 1]
    assert await events() == ["captured", "link_requested"]


@pytest.mark.parametrize("step", ["invited", "captured", "started", "completed", "expired", "withdrawn"])
async def test_the_same_page_answers_at_every_stage(way: Way, northgate: Northgate, step: str) -> None:
    times = {"invited_at": NOW, "started_at": NOW, "completed_at": NOW, "ended_at": NOW}
    person = await add_candidate(northgate.id)
    await add_application(northgate.id, northgate.job_id, person, stage=step, **times)
    known = await way.send(await way.land())
    assert "link_requested" in await events()

    await way.send(await way.land(), email="ben@example.com")
    other = await way.send(await way.land(), email="ben@example.com")
    assert known.text.replace("ana.duarte@example.com", "ben@example.com") == other.text


async def test_a_link_is_asked_for_once_in_ten_minutes_however_often_it_is_typed(way: Way) -> None:
    await way.start()
    pages = [await way.land() for _ in range(4)]
    await asyncio.gather(*(way.send(page) for page in pages))

    assert (await events()).count("link_requested") == 1


async def test_an_invited_person_who_types_their_email_gets_the_link_by_email(way: Way, northgate: Northgate) -> None:
    person = await add_candidate(northgate.id)
    await add_application(northgate.id, northgate.job_id, person, stage="invited", door="form", invited_at=NOW, captured_at=None)
    page = await way.land()
    for _ in range(2):
        answer = await way.send(page)
        assert "Open your email" in answer.text

    assert await stage() == "captured"
    assert await events() == ["captured", "link_requested"]


async def test_when_messages_are_off_the_page_promises_none(way: Way, northgate: Northgate) -> None:
    await way.start()
    await workspaces.switch_communications(northgate.id, on=False, now=NOW)
    answer = await way.send(await way.land())

    assert "We have sent" not in answer.text
    assert "Please ask them for your link" in answer.text


async def test_a_known_person_s_name_is_not_shown_to_who_typed_their_email(way: Way, northgate: Northgate) -> None:
    await add_candidate(northgate.id, "Anastasia Duarte")
    page = await way.start(name="Somebody Else")
    await db.run("UPDATE application SET stage = 'completed', completed_at = $1", NOW)

    assert "Anastasia" not in page + await way.look()


async def test_another_form_s_name_opens_nothing(way: Way, northgate: Northgate) -> None:
    """A form is known by a signature over job, time and chance; nobody can make up, move or reuse one."""
    await way.start()
    other = landing.new_form(await add_job(northgate.id), NOW)
    old = landing.new_form(northgate.job_id, NOW - timedelta(hours=25))
    early = landing.new_form(northgate.job_id, NOW + timedelta(hours=1))
    for form in ("", "x", "1.2.3", other, old, early):
        answer = await way.client.post(way.apply, data=typed() | {"form": form})
        assert "Open your email" in answer.text, form


async def test_two_tabs_with_one_email_make_one_application(way: Way) -> None:
    first, second = await way.land(), await way.land()
    answers = await asyncio.gather(way.send(first), way.send(second))

    assert sorted(a.status_code for a in answers) == [200, 303]
    assert await counts() == [1, 1]


async def journal() -> list[Any]:
    return await db.rows("SELECT kind, link_id, click_id FROM click_journal")


@pytest.fixture
async def story(northgate: Northgate) -> Any:
    return await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig-story")


async def test_landing_by_a_tracked_link_is_written_down_and_stays_with_the_application(way: Way, story: Any) -> None:
    click = db.new_id()
    page = await way.land(f"?click={click}&via=nurse-ig-story")
    assert [(r["kind"], r["link_id"], r["click_id"]) for r in await journal()] == [("landing", story, click)]
    assert hidden(page).keys() == {"form", "zone", "click", "via"}

    await way.send(page)
    made = await db.row("SELECT link_id, click_id FROM application")
    assert made is not None and (made["link_id"], made["click_id"]) == (story, click)


@pytest.mark.parametrize(
    "query",
    ["?click=1&via=nurse-ig-story", "?click={id}&via=nothing", "?click={id}", "?via=nurse-ig-story", "?click=%00&via=%ff"],
)
async def test_nonsense_in_the_address_is_dropped_silently(way: Way, story: Any, query: str) -> None:
    page = await way.land(query.format(id=db.new_id()))

    assert await journal() == []
    assert hidden(page).keys() == {"form", "zone"}


async def test_another_job_s_link_is_not_this_one_s(way: Way, northgate: Northgate) -> None:
    channel = await add_channel(northgate.id)
    await add_link(northgate.id, await add_job(northgate.id), channel, "other-job")
    await way.land(f"?click={db.new_id()}&via=other-job")

    assert await journal() == []


async def test_the_click_survives_a_form_with_mistakes(way: Way, story: Any) -> None:
    click = db.new_id()
    page = (await way.send(await way.land(f"?click={click}&via=nurse-ig-story"), name="")).text
    await way.send(page)

    assert await db.value("SELECT click_id FROM application") == click


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ("status = 'closed'", 410, "This job is closed"),
        ("status = 'draft'", 404, "Not open yet"),
        ("deadline_at = created_at - interval '1 day'", 410, "The deadline has passed"),
    ],
)
async def test_a_job_that_takes_nobody_says_so_and_takes_nobody(way: Way, change: str, status: int, words: str) -> None:
    page = await way.land()
    await db.run(f"UPDATE job SET {change}")
    for answer in (await way.client.get(way.apply), await way.send(page)):
        assert answer.status_code == status
        assert words in answer.text
        assert "Northgate Care" in answer.text
    assert await counts() == [0, 0]


async def test_a_job_without_questions_says_not_yet(way: Way) -> None:
    await db.run("DELETE FROM question")
    assert "Not open yet" in (await way.client.get(way.apply)).text


async def test_an_unknown_job_has_a_page_that_helps(way: Way) -> None:
    for answer in (await way.client.get("/apply/no-such-job"), await way.client.post("/apply/no-such-job", data=typed())):
        assert answer.status_code == 404
        assert "can&#39;t find this interview" in answer.text or "can't find this interview" in answer.text


async def test_too_many_from_one_address_wait_and_keep_what_they_typed(way: Way) -> None:
    page = await way.land()
    for _ in range(landing.PER_ADDRESS.burst):
        await wait_for(landing.PER_ADDRESS, "192.0.2.1", NOW)
    answer = await way.send(page)

    assert answer.status_code == 429
    assert 'value="ana.duarte@example.com"' in answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert await counts() == [0, 0]


async def test_a_long_day_of_looking_changes_nothing(way: Way, story: Any) -> None:
    """Pages that are only opened write nothing but hits."""
    await way.start()
    tables = ("candidate", "application", "event", "answer", "consent", "link")
    before = [await db.rows(f"SELECT * FROM {table} ORDER BY id") for table in tables]
    for path in (
        way.apply,
        f"{way.apply}?click={db.new_id()}&via=nurse-ig-story",
        way.interview,
        f"{way.interview}?q=1",
        f"{way.interview}/saved",
    ):
        assert (await way.client.get(path)).status_code == 200
    assert [await db.rows(f"SELECT * FROM {table} ORDER BY id") for table in tables] == before


async def test_odd_input_is_never_a_stack_trace(way: Way) -> None:
    for body in ({"name": "\x00", "email": "\x00@x"}, {"name": ["a", "b"]}, {"phone": "9" * 5000}, {"form": "é.é.é"}):
        answer: httpx.Response = await way.client.post(way.apply, data=body)
        assert answer.status_code == 422
    answer = await way.client.post(way.apply, content=b"%", headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 422


async def test_the_link_of_the_captured_person_is_the_one_that_members_copy(way: Way, northgate: Northgate) -> None:
    await way.start()
    found = await db.row("SELECT id, personal_link_id FROM application")
    assert found is not None
    application = await applications.get_application(northgate.id, found["id"])
    assert personal_url(application.personal_link_id, application.token_version).endswith(way.interview.removeprefix("/i"))
