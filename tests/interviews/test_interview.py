"""The interview: one question a page, nothing lost, and an end that stays."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from portal import db
from portal.candidates import applications
from portal.interviews import questions, sittings
from portal.interviews.answers import answers_shown
from portal.interviews.pages import ANSWERS
from portal.interviews.sittings import Step
from portal.links.personal import replace_personal_link
from portal.web.forms import Form
from portal.web.limits import wait_for
from tests.cast import NOW, Northgate, add_question
from tests.conftest import browser
from tests.interviews.way import Way, events, set_clock, stage

ALL = [("19I4512E", "19I4512E"), ("4", 4), ("In a month", "In a month")]


async def kept() -> list[object]:
    rows = await db.rows(
        "SELECT answer.value FROM answer JOIN question ON question.id = question_id ORDER BY question.position, question.id"
    )
    return [row["value"]["value"] for row in rows]


async def row() -> Any:
    return await db.row("SELECT * FROM application")


async def test_the_whole_way_to_the_end(way: Way) -> None:
    page = await way.start()
    for number, (typed, _) in enumerate(ALL, start=1):
        assert f"Question {number} of 3" in page
        assert (">Continue<" if number < 3 else ">Finish<") in page
        page = await way.go_on(page, typed)

    assert "Thank you, Ana." in page
    assert "Your answers are with Northgate Care." in page
    assert await kept() == [value for _, value in ALL]
    assert await events() == ["captured", "started", "answered", "answered", "answered", "completed"]
    made = await row()
    assert (made["stage"], made["answered"]) == ("completed", 3)
    assert NOW <= made["captured_at"] <= made["started_at"] <= made["completed_at"] == made["active_at"]


async def test_an_answer_is_saved_before_its_page_goes_on(way: Way) -> None:
    page = await way.start()
    await way.answer(page, "19I4512E")

    assert await kept() == ["19I4512E"]
    assert (await row())["plan_stale"] is True
    answered = await db.value("SELECT data FROM event WHERE kind = 'answered'")
    assert answered == {
        "number": 1,
        "of": 3,
        "prompt": "What is your registration number?",
        "next_number": 2,
        "next_prompt": "How many nights a week can you work?",
    }


async def test_the_link_opens_at_the_first_unanswered_question_on_any_device(way: Way) -> None:
    await way.go_on(await way.start(), "19I4512E")
    async with browser(way.client._transport.app) as other_phone:  # type: ignore[attr-defined]
        page = (await other_phone.get(way.interview.upper().replace("/I/", "/i/"))).text

    assert "Question 2 of 3" in page
    assert "Duarte" not in page
    assert "example.com" not in page


@pytest.mark.parametrize(("asked", "shown"), [("1", 1), ("2", 2), ("3", 2), ("99", 2), ("0", 1), ("x", 1), ("-1", 1)])
async def test_one_may_go_back_but_not_ahead(way: Way, asked: str, shown: int) -> None:
    await way.go_on(await way.start(), "19I4512E")
    assert f"Question {shown} of 3" in await way.look(f"?q={asked}")


async def test_going_back_shows_what_was_answered_and_lets_it_be_changed(way: Way) -> None:
    await way.go_on(await way.start(), "19I4512E")
    page = await way.look("?q=1")
    assert 'value="19I4512E"' in page
    page = await way.go_on(page, "20J6619E")

    assert "Question 2 of 3" in page
    assert await kept() == ["20J6619E"]


async def test_the_way_back_is_a_link(way: Way) -> None:
    page = await way.go_on(await way.start(), "19I4512E")
    assert f'href="{way.interview}?q=1"' in page
    assert "Back" not in await way.look("?q=1")


async def test_sending_the_same_page_again_is_harmless(way: Way) -> None:
    page = await way.start()
    answers = await asyncio.gather(*(way.answer(page, "19I4512E") for _ in range(5)))

    assert {a.headers["location"] for a in answers} == {f"{way.interview}?q=2"}
    assert await events() == ["captured", "started", "answered"]
    assert (await row())["answered"] == 1


async def test_two_tabs_that_answer_different_questions_lose_nothing(way: Way) -> None:
    second = await way.go_on(await way.start(), "19I4512E")
    first_again = await way.look("?q=1")
    await asyncio.gather(way.answer(second, "4"), way.answer(first_again, "20J6619E"))

    assert await kept() == ["20J6619E", 4]
    assert (await row())["answered"] == 2


async def test_a_double_tap_on_finish_finishes_once(way: Way) -> None:
    page = await way.start()
    for typed, _ in ALL[:2]:
        page = await way.go_on(page, typed)
    await asyncio.gather(*(way.answer(page, "Now") for _ in range(5)))

    assert (await events()).count("completed") == 1
    assert "Thank you, Ana." in await way.look()


async def test_a_needed_answer_that_is_missing_is_asked_for(way: Way) -> None:
    answer = await way.answer(await way.start(), " ")

    assert answer.status_code == 422
    assert answer.text.count("Write an answer.") == 2
    assert "<title>Error: Question 1 of 3" in answer.text
    assert await stage() == "captured"


async def test_a_wrong_answer_keeps_what_was_typed(way: Way) -> None:
    page = await way.go_on(await way.start(), "19I4512E")
    answer = await way.answer(page, "four nights")

    assert answer.status_code == 422
    assert 'value="four nights"' in answer.text
    assert "Enter a number in digits" in answer.text


async def test_an_optional_question_can_be_passed_over(way: Way, northgate: Northgate) -> None:
    await db.run("UPDATE question SET required = false WHERE position = 1")
    page = await way.go_on(await way.start(), None)

    assert "Question 2 of 3" in page
    assert "Question 2 of 3" in await way.look()
    assert [await stage(), (await row())["answered"]] == ["started", 1]
    assert await answers_shown(northgate.id, (await row())["id"]) == []


async def test_save_and_come_back_later_keeps_what_is_typed_and_asks_for_the_link(way: Way) -> None:
    page = await way.go_on(await way.start(), "19I4512E", do="later")

    assert "Saved, Ana" in page
    assert "3 December" in page
    assert "question 2 of 3" in page
    assert f'value="http://portal.test/{way.interview.removeprefix("/i/")}"' in page
    assert await kept() == ["19I4512E"]
    assert await events() == ["captured", "started", "answered", "link_requested", "saved_for_later"]


async def test_saving_with_nothing_typed_saves_nothing_and_says_so_all_the_same(way: Way) -> None:
    page = await way.go_on(await way.start(), "", do="later")

    assert "question 1 of 3" in page
    assert await events() == ["captured", "link_requested", "saved_for_later"]


async def test_saving_something_that_cannot_be_kept_says_so(way: Way) -> None:
    page = await way.go_on(await way.start(), "19I4512E")
    answer = await way.answer(page, "four", do="later")
    assert answer.status_code == 422
    assert 'value="four"' in answer.text


async def test_saving_the_last_answer_for_later_does_not_finish(way: Way) -> None:
    page = await way.start()
    for typed, _ in ALL[:2]:
        page = await way.go_on(page, typed)
    await way.go_on(page, "Now", do="later")
    assert await stage() == "started"

    page = await way.look()
    assert ">Finish<" in page
    assert re.search(r'value="Now" checked', page)
    await way.go_on(page, "Now")
    assert await stage() == "completed"


async def end(way: Way, how: str) -> None:
    made = await row()
    if how == "complete":
        await applications.complete(made["workspace_id"], made["id"], now=NOW)
    elif how == "withdraw":
        await applications.withdraw(made["workspace_id"], made["id"], now=NOW)
    elif how == "close":
        await db.run("UPDATE job SET status = 'closed'")
    else:
        set_clock(NOW + timedelta(days=11))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("complete", "Thank you, Ana."),
        ("withdraw", "This interview has ended"),
        ("close", "This job is closed"),
        ("wait", "The time for this interview is over"),
    ],
)
async def test_after_the_end_nothing_is_taken_and_the_page_says_why(way: Way, how: str, words: str) -> None:
    page = await way.go_on(await way.start(), "19I4512E")
    await end(way, how)
    before = await events()

    assert words in await way.go_on(page, "5")
    for rest in ("", "?q=1", "/saved"):
        shown = await way.look(rest)
        assert words in shown
        assert "<form" not in shown
        assert "Northgate Care" in shown
    assert await kept() == ["19I4512E"]
    assert await events() == before


async def test_the_deadline_holds_before_the_clock_has_come_by(way: Way) -> None:
    page = await way.start()
    await db.run("UPDATE application SET deadline_at = $1", NOW - timedelta(seconds=1))
    assert "is over" in await way.go_on(page, "19I4512E")
    assert await kept() == []


async def test_a_finish_in_another_tab_stops_an_answer_on_its_way(way: Way, northgate: Northgate) -> None:
    """The form was read in time; what comes after the finish is not kept."""
    await way.start()
    sitting = await sittings.open_sitting(way.interview.removeprefix("/i/"), NOW)
    await end(way, "complete")
    for typed, later in (("19I4512E", False), ("19I4512E", True), ("", True)):
        step = await sittings.answer(sitting, sitting.questions[0], Form({"answer": typed}), later=later, now=NOW)
        assert step is Step.ENDED

    assert await kept() == []
    assert sorted(await events()) == ["captured", "completed"]


async def test_a_question_added_meanwhile_is_asked_before_the_end(way: Way, northgate: Northgate) -> None:
    page = await way.start()
    for typed, _ in ALL[:2]:
        page = await way.go_on(page, typed)
    await add_question(northgate.id, northgate.job_id, 4, "yes_no", "Do you drive?")
    page = await way.go_on(page, "Now")

    assert "Question 4 of 4" in page
    assert await stage() == "started"
    assert "Thank you" in await way.go_on(page, "no")


async def test_a_question_put_first_meanwhile_is_asked_too(way: Way, northgate: Northgate) -> None:
    page = await way.start()
    for typed, _ in ALL[:2]:
        page = await way.go_on(page, typed)
    await add_question(northgate.id, northgate.job_id, 0, "yes_no", "Do you drive?")
    page = await way.go_on(page, "Now")

    assert "Do you drive?" in page
    assert await stage() == "started"


async def test_an_answer_to_a_question_deleted_meanwhile_is_kept_and_not_counted(way: Way, northgate: Northgate) -> None:
    page = await way.start()
    await questions.archive_question(northgate.id, northgate.job_id, northgate.question_ids[0], now=NOW)
    page = await way.go_on(page, "19I4512E")

    assert "Question 1 of 2" in page
    assert "How many nights" in page
    assert await kept() == ["19I4512E"]
    assert (await row())["answered"] == 0


async def test_deleting_the_last_question_leaves_a_way_to_finish(way: Way, northgate: Northgate) -> None:
    page = await way.start()
    for typed, _ in ALL[:2]:
        page = await way.go_on(page, typed)
    await questions.archive_question(northgate.id, northgate.job_id, northgate.question_ids[2], now=NOW)
    page = await way.look()

    assert "Question 2 of 2" in page
    assert "Thank you" in await way.go_on(page, "4")


async def test_options_changed_meanwhile_are_asked_for_again(way: Way) -> None:
    page = await way.start()
    for typed, _ in ALL[:2]:
        page = await way.go_on(page, typed)
    await db.run("UPDATE question SET options = $1 WHERE kind = 'one_of'", ["This week", "Next week"])
    answer = await way.answer(page, "Now")

    assert answer.status_code == 422
    assert "This week" in answer.text
    assert await kept() == ["19I4512E", 4]


async def test_answers_keep_the_question_as_it_was(way: Way, northgate: Northgate) -> None:
    await way.go_on(await way.start(), "19I4512E")
    await db.run("UPDATE question SET prompt = 'Your number?' WHERE position = 1")

    shown = await answers_shown(northgate.id, (await row())["id"])
    assert [(a.prompt, a.text) for a in shown] == [("What is your registration number?", "19I4512E")]


@pytest.mark.parametrize(
    ("kind", "options", "typed", "value", "looks"),
    [
        ("long_text", [], "One.\r\nTwo.", "One.\nTwo.", "One.\nTwo.</textarea>"),
        ("yes_no", [], "no", False, 'value="no" checked'),
        ("several_of", ["A", "B", "C"], ["C", "A"], ["A", "C"], 'value="C" checked'),
        ("one_of", ['<b>"A"</b>', "B"], '<b>"A"</b>', '<b>"A"</b>', 'value="&lt;b&gt;&#34;A&#34;&lt;/b&gt;" checked'),
        ("number", [], "2,5", 2.5, 'value="2.5"'),
    ],
)
async def test_each_kind_of_question_is_asked_kept_and_shown_again(
    way: Way, kind: str, options: list[str], typed: object, value: object, looks: str
) -> None:
    await db.run("UPDATE question SET kind = $1, options = $2 WHERE position = 1", kind, options)
    await way.go_on(await way.start(), typed)

    assert await kept() == [value]
    assert looks in await way.look("?q=1")


async def test_a_question_of_another_job_is_never_answered_here(way: Way, northgate: Northgate) -> None:
    from tests.cast import add_job

    other = await add_question(northgate.id, await add_job(northgate.id), 1, "short_text", "Elsewhere?")
    await way.start()
    for question in (str(other), "", "x", str(UUID(int=0))):
        answer = await way.client.post(way.interview, data={"question": question, "answer": "x", "do": "continue"})
        assert answer.status_code == 303
    assert await kept() == []


async def test_a_token_that_opens_nothing_has_a_page_that_helps(way: Way, northgate: Northgate) -> None:
    await way.start()
    replaced = way.interview
    await replace_personal_link(workspace_id=northgate.id, link_id=(await row())["personal_link_id"], now=NOW)
    for path in (replaced, "/i/x", "/i/" + "a" * 26, "/i/%00"):
        for answer in (await way.client.get(path), await way.client.post(path, data={}), await way.client.get(f"{path}/saved")):
            assert answer.status_code == 404
            assert "newest message" in answer.text


async def test_coming_back_by_a_personal_link_is_written_down(way: Way) -> None:
    await way.start()
    click = db.new_id()
    await way.look(f"?click={click}")
    await way.look("?click=nonsense")

    hits = await db.rows("SELECT kind, link_id, click_id FROM click_journal")
    assert [(h["kind"], h["link_id"], h["click_id"]) for h in hits] == [("landing", (await row())["personal_link_id"], click)]


async def test_answers_sent_very_often_wait_and_stay(way: Way) -> None:
    page = await way.start()
    for _ in range(ANSWERS.burst):
        await wait_for(ANSWERS, str((await row())["id"]), NOW)
    answer = await way.answer(page, "20J6619E")

    assert answer.status_code == 429
    assert 'value="20J6619E"' in answer.text


async def test_a_job_that_became_external_sends_people_on(way: Way) -> None:
    page = await way.start()
    await db.run("UPDATE job SET interview_kind = 'external', external_url = 'https://talk.example/{token}'")
    assert "It opens at <strong>talk.example</strong>" in await way.go_on(page, "19I4512E")
