"""The members' page of a job's questions."""

from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp

from portal import db
from portal.accounts.access import SignedIn
from portal.interviews import questions
from tests.cast import Northgate, post, sign_in
from tests.conftest import browser

HTMX = {"HX-Request": "true"}


def home(northgate: Northgate, rest: str = "") -> str:
    return f"/app/jobs/{northgate.job_id}/interview{rest}"


async def prompts(northgate: Northgate) -> list[str]:
    return [q.prompt for q in await questions.questions_of(northgate.id, northgate.job_id)]


async def test_a_question_is_added_and_listed(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    sent = {"kind": "several_of", "prompt": "Which wards?", "options": "Surgery\nElderly care", "required": "on"}
    answer = await post(recruiter, home(northgate, "/questions"), sent)

    assert answer.status_code == 303
    page = (await recruiter.get(answer.headers["location"])).text
    assert "4. Which wards?" in page
    assert "Surgery, Elderly care" in page


async def test_htmx_gets_the_list_alone_and_everybody_else_the_page(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    sent = {"kind": "yes_no", "prompt": "Do you drive?"}
    part = await post(recruiter, home(northgate, "/questions"), sent, headers=HTMX)

    assert part.status_code in (200, 201)
    assert part.text.lstrip().startswith('<div id="questions"')
    assert "Do you drive?" in part.text
    assert "Question added." in part.headers["hx-trigger"]
    assert "<!doctype html>" in (await recruiter.get(home(northgate))).text


@pytest.mark.parametrize("headers", [{}, HTMX])
async def test_a_question_that_cannot_be_used_keeps_what_was_typed(
    recruiter: httpx.AsyncClient, northgate: Northgate, headers: dict[str, str]
) -> None:
    sent = {"kind": "one_of", "prompt": "When?", "options": "Now", "help": "Roughly"}
    answer = await post(recruiter, home(northgate, "/questions"), sent, headers=headers)

    assert answer.status_code == 422
    assert answer.text.count("at least two options") == 2
    assert 'value="Roughly"' in answer.text
    assert len(await prompts(northgate)) == 3


async def test_a_question_is_edited(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    path = home(northgate, f"/questions/{northgate.question_ids[2]}")
    page = (await recruiter.get(path)).text
    assert "Now\nIn a month\nLater" in page

    await post(recruiter, path, {"kind": "short_text", "prompt": "When exactly?"})
    edited = await questions.get_question(northgate.id, northgate.job_id, northgate.question_ids[2])
    assert (edited.kind, edited.prompt, edited.options, edited.required) == ("short_text", "When exactly?", [], False)


async def test_a_deleted_question_can_be_brought_back(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    before = await prompts(northgate)
    here = home(northgate, f"/questions/{northgate.question_ids[1]}")
    answer = await post(recruiter, f"{here}/delete")
    assert f'action="{here}/restore"' in (await recruiter.get(answer.headers["location"])).text
    assert len(await prompts(northgate)) == 2

    await post(recruiter, f"{here}/restore")
    assert await prompts(northgate) == before


async def test_undo_stands_in_the_toast_too(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    here = home(northgate, f"/questions/{northgate.question_ids[1]}")
    answer = await post(recruiter, f"{here}/delete", headers=HTMX)
    assert f"{here}/restore" in answer.headers["hx-trigger"]


async def test_questions_are_moved(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    first, second, third = await prompts(northgate)
    await post(recruiter, home(northgate, f"/questions/{northgate.question_ids[2]}/move"), {"to": "up"})
    assert await prompts(northgate) == [first, third, second]


async def test_the_preview_shows_each_question_and_can_send_nothing(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    for number in (1, 2, 3):
        page = (await recruiter.get(home(northgate, f"/preview?q={number}"))).text
        assert f"Question {number} of 3" in page
        assert 'method="post"' not in page
    assert await db.value("SELECT count(*) FROM answer") == 0


async def test_who_may_only_look_gets_no_forms_and_changes_nothing(app: ASGIApp, northgate: Northgate) -> None:
    async with browser(app) as client:
        await sign_in(client, northgate.marketer)
        page = await client.get(home(northgate))
        assert page.status_code == 200
        assert "/delete" not in page.text
        for path in paths(northgate):
            assert (await post(client, path, {"kind": "yes_no", "prompt": "?"})).status_code == 403
    assert len(await prompts(northgate)) == 3


async def test_an_outsider_finds_nothing(app: ASGIApp, northgate: Northgate, outsider: SignedIn) -> None:
    async with browser(app) as client:
        await sign_in(client, outsider)
        for path in (home(northgate), home(northgate, "/preview"), home(northgate, f"/questions/{northgate.question_ids[0]}")):
            assert (await client.get(path)).status_code == 404
        for path in paths(northgate):
            assert (await post(client, path, {"kind": "yes_no", "prompt": "Mine now"})).status_code == 404
    assert "Mine now" not in await prompts(northgate)


def paths(northgate: Northgate) -> list[str]:
    one: UUID = northgate.question_ids[0]
    ends = ["", f"/{one}", f"/{one}/delete", f"/{one}/restore", f"/{one}/move"]
    return [home(northgate, f"/questions{end}") for end in ends]


async def test_a_job_without_questions_says_what_to_do(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await db.run("DELETE FROM question")
    assert "No questions yet" in (await recruiter.get(home(northgate))).text
