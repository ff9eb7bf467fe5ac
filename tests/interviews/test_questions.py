"""A job's questions: read, kept in order, and never lost."""

import asyncio
from uuid import UUID

import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.interviews import questions
from portal.interviews.questions import Direction, Kind, QuestionFields, read_question
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing
from tests.cast import NOW, Northgate


def fields(prompt: str = "Why?") -> QuestionFields:
    return QuestionFields(kind=Kind.SHORT_TEXT, prompt=prompt, help="", options=[], required=True)


async def order(northgate: Northgate) -> list[UUID]:
    return [q.id for q in await questions.questions_of(northgate.id, northgate.job_id)]


async def test_a_new_question_is_the_last(northgate: Northgate) -> None:
    made = await questions.add_question(northgate.id, northgate.job_id, fields(), now=NOW)
    assert await order(northgate) == [*northgate.question_ids, made]
    assert await questions.count_of(northgate.job_id) == 4


async def test_questions_move_one_place_and_stop_at_the_ends(northgate: Northgate) -> None:
    a, b, c = northgate.question_ids
    for question, direction, wanted in [
        (c, Direction.UP, [a, c, b]),
        (c, Direction.UP, [c, a, b]),
        (c, Direction.UP, [c, a, b]),
        (a, Direction.DOWN, [c, b, a]),
        (a, Direction.DOWN, [c, b, a]),
    ]:
        await questions.move_question(northgate.id, northgate.job_id, question, direction)
        assert await order(northgate) == wanted


async def test_moves_and_additions_at_once_lose_nothing(northgate: Northgate) -> None:
    last = northgate.question_ids[-1]
    await asyncio.gather(
        *(questions.move_question(northgate.id, northgate.job_id, last, Direction.UP) for _ in range(5)),
        *(questions.add_question(northgate.id, northgate.job_id, fields(), now=NOW) for _ in range(5)),
    )
    places = [r["position"] for r in await db.rows("SELECT position FROM question ORDER BY position")]
    assert places == list(range(1, 9))
    assert (await order(northgate))[0] == last


async def test_a_deleted_question_comes_back_to_its_place(northgate: Northgate) -> None:
    middle = northgate.question_ids[1]
    await questions.archive_question(northgate.id, northgate.job_id, middle, now=NOW)
    assert middle not in await order(northgate)

    await questions.restore_question(northgate.id, northgate.job_id, middle)
    assert await order(northgate) == northgate.question_ids


async def test_an_interview_has_a_bounded_number_of_questions(northgate: Northgate) -> None:
    for _ in range(questions.MOST_QUESTIONS - 3):
        assert await questions.add_question(northgate.id, northgate.job_id, fields(), now=NOW)
    assert await questions.add_question(northgate.id, northgate.job_id, fields(), now=NOW) is None


async def test_an_outsider_changes_no_question(northgate: Northgate, outsider: SignedIn) -> None:
    theirs, first = outsider.workspace_id, northgate.question_ids[0]
    with pytest.raises(Missing):
        await questions.add_question(theirs, northgate.job_id, fields(), now=NOW)
    with pytest.raises(Missing):
        await questions.edit_question(theirs, northgate.job_id, first, fields())
    with pytest.raises(Missing):
        await questions.archive_question(theirs, northgate.job_id, first, now=NOW)
    with pytest.raises(Missing):
        await questions.restore_question(theirs, northgate.job_id, first)
    with pytest.raises(Missing):
        await questions.move_question(theirs, northgate.job_id, first, Direction.DOWN)
    assert await order(northgate) == northgate.question_ids


def test_options_are_read_one_a_line_and_once() -> None:
    read = read_question(
        Form({"kind": "one_of", "prompt": " When? ", "options": "Now\r\n\n  In a  month \nNow", "required": "on"})
    )
    assert (read.prompt, read.options, read.required) == ("When?", ["Now", "In a month"], True)


def test_options_belong_to_questions_that_offer_them() -> None:
    assert read_question(Form({"kind": "number", "prompt": "How many?", "options": "a\nb"})).options == []


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"kind": "one_of", "prompt": "When?", "options": "Now"}, "options"),
        ({"kind": "one_of", "prompt": "When?", "options": "\n".join(f"o{n}" for n in range(31))}, "options"),
        ({"kind": "one_of", "prompt": "When?", "options": "a\n" + "b" * 201}, "options"),
        ({"kind": "short_text", "prompt": "  "}, "prompt"),
        ({"kind": "short_text", "prompt": "x" * 501}, "prompt"),
        ({"kind": "essay", "prompt": "Why?"}, "kind"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(sent: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_question(Form(sent))
    assert list(refused.value.errors) == [field]
