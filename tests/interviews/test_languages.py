"""A job speaks its language to candidates, on every page and in every sentence."""

import html
import re
from datetime import timedelta

import pytest

from portal import db
from portal.accounts.places import LANGUAGES
from portal.candidates import applications
from portal.interviews import page_words
from portal.interviews.answers import FIELD, missing, read_answer
from portal.interviews.page_words import ENGLISH, ERRORS, SPANISH, errors_in
from portal.interviews.pages import TRIED_OFTEN
from portal.interviews.questions import Kind, Question
from portal.web.forms import Form, Invalid
from tests.cast import NOW, Northgate
from tests.interviews.way import Way, set_clock

PARTS = re.compile(r"\s*(?:\{\}|, \{\})\s*")
IN_ENGLISH = sorted(
    {
        part
        for name, text in ENGLISH.items()
        if text != SPANISH[name]
        for one in ([text] if isinstance(text, str) else text)
        for part in PARTS.split(one)
        if len(part) > 4
    }
)


@pytest.fixture
async def spanish(way: Way) -> Way:
    await db.run("UPDATE job SET language = 'es'")
    return way


def in_spanish(page: str) -> str:
    """What people read of a page, of which nothing is English."""
    assert '<html lang="es"' in page
    text = html.unescape(re.sub(r"<[^>]+>", "\n", page.partition("<body")[2]))
    assert [part for part in IN_ENGLISH if re.search(rf"\b{re.escape(part)}", text)] == []
    return text


def test_all_languages_say_the_same_things() -> None:
    assert set(page_words.WORDS) == set(page_words.LOCALES) == set(LANGUAGES)
    for name, text in ENGLISH.items():
        other = SPANISH[name]
        assert isinstance(other, str) == isinstance(text, str), name
        assert str(other).count("{}") == str(text).count("{}"), name


async def test_the_whole_way_in_spanish(spanish: Way) -> None:
    page = await spanish.land()
    text = in_spanish(page)
    assert "3 preguntas" in text and "3 de diciembre" in text and "8 minutos" in text
    in_spanish((await spanish.send(page, name="", email="", phone="1")).text)
    page = await spanish.start()
    assert "Pregunta 1 de 3" in in_spanish(page)
    in_spanish((await spanish.answer(page, "")).text)
    in_spanish(await spanish.look("/saved"))
    for typed in ("19I4512E", "4", "In a month"):
        page = await spanish.go_on(page, typed)
    assert "Gracias, Ana." in in_spanish(page)
    in_spanish((await spanish.send(await spanish.land())).text)


@pytest.mark.parametrize("state", ["closed", "draft", "over", "withdrawn"])
async def test_why_nothing_goes_on_is_said_in_spanish(spanish: Way, northgate: Northgate, state: str) -> None:
    await spanish.start()
    if state == "withdrawn":
        await applications.withdraw(northgate.id, await db.value("SELECT id FROM application"), now=NOW)
    elif state == "over":
        await db.run("UPDATE job SET deadline_at = $1", NOW + timedelta(minutes=1))
        await db.run("UPDATE application SET deadline_at = $1", NOW + timedelta(minutes=1))
        set_clock(NOW + timedelta(hours=1))
    else:
        await db.run("UPDATE job SET status = $1, closed_at = CASE WHEN $1 = 'closed' THEN $2::timestamptz END", state, NOW)
    in_spanish(await spanish.look())
    landing = (await spanish.client.get(spanish.apply)).text
    assert ("Empezar la entrevista" in in_spanish(landing)) == (state == "withdrawn")


async def test_what_they_agreed_to_and_what_they_read_is_kept_with_them(spanish: Way) -> None:
    await spanish.send(await spanish.land(), texts="on", phone="+447700900123")
    assert await db.value("SELECT language FROM candidate") == "es"
    assert (await db.value("SELECT wording FROM consent")).startswith("Envíenme por SMS recordatorios de esta entrevista")


WRONG = {
    Kind.SHORT_TEXT: "x" * 301,
    Kind.LONG_TEXT: "x" * 5001,
    Kind.ONE_OF: "nothing of this",
    Kind.SEVERAL_OF: "nothing of this",
    Kind.YES_NO: "perhaps",
    Kind.NUMBER: "four",
}


@pytest.mark.parametrize("kind", Kind)
def test_what_is_wrong_with_an_answer_is_said_in_spanish(kind: Kind) -> None:
    ids = {"id": db.new_id(), "job_id": db.new_id()}
    question = Question(**ids, kind=kind, prompt="?", help="", options=["a", "b"], required=True)
    with pytest.raises(Invalid) as wrong:
        read_answer(question, Form({FIELD: WRONG[kind]}))
    for sentence in (wrong.value.errors[FIELD], missing(question), TRIED_OFTEN):
        assert errors_in("es", {FIELD: sentence}) != {FIELD: sentence}


def test_english_errors_stay_and_pairs_stay_pairs() -> None:
    sentence = next(iter(ERRORS["es"]))
    assert errors_in("en", {"name": sentence}) == {"name": sentence}
    assert errors_in("pt-br", [("", sentence)]) == [("", sentence)]
    assert errors_in("es", [("", sentence)]) == [("", ERRORS["es"][sentence])]
