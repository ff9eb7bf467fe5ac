"""A job speaks its language to candidates, on every page and in every sentence."""

import html
import re
from collections.abc import Mapping
from datetime import timedelta

import pytest

from portal import db
from portal.accounts.places import LANGUAGES
from portal.candidates import applications
from portal.clicks import answers, front
from portal.clicks import words as redirect
from portal.clicks.cards import find_shown
from portal.clicks.hits import Outcome
from portal.interviews import external, page_words
from portal.interviews.answers import FIELD, missing, read_answer
from portal.interviews.page_words import ENGLISH, ERRORS, SPANISH, errors_in
from portal.interviews.pages import TRIED_OFTEN
from portal.interviews.questions import Kind, Question
from portal.web.forms import Form, Invalid
from tests.cast import NOW, Northgate, add_channel, add_link
from tests.interviews.way import Way, set_clock

PARTS = re.compile(r"\s*(?:, )?\{\w*\}\s*")


def sentences(of: object) -> list[str]:
    """All that is said in there."""
    if isinstance(of, str):
        return [of]
    inner = of.values() if isinstance(of, Mapping) else of if isinstance(of, tuple) else ()
    return [sentence for one in inner for sentence in sentences(one)]


PAIRS = zip(sentences(ENGLISH) + sentences(redirect.ENGLISH), sentences(SPANISH) + sentences(redirect.SPANISH), strict=True)
IN_ENGLISH = sorted({part for text, other in PAIRS if text != other for part in PARTS.split(text) if len(part) > 4})
ELSEWHERE = "UPDATE job SET interview_kind = 'external', external_url = 'https://talk.example'"
STOPPED = {
    Outcome.CLOSED: "UPDATE job SET status = 'closed', closed_at = created_at",
    Outcome.NOT_OPEN: "UPDATE job SET status = 'draft'",
    Outcome.EXPIRED: "UPDATE link SET expires_at = '2026-01-01'",
    Outcome.NOT_STARTED: "UPDATE link SET starts_at = '2100-01-01'",
    Outcome.PAUSED: "UPDATE link SET paused_at = created_at",
    Outcome.ARCHIVED: "UPDATE link SET archived_at = created_at",
}


@pytest.fixture
async def spanish(way: Way) -> Way:
    await db.run("UPDATE job SET language = 'es'")
    return way


def in_spanish(page: str) -> str:
    """What people read of a page, of which nothing is English."""
    assert '<html lang="es"' in page
    text = read(page)
    assert english_in(text) == []
    return text


def read(page: str) -> str:
    """Title and body."""
    title = page.partition("<title>")[2].partition("</title>")[0]
    return html.unescape(re.sub(r"<[^>]+>", "\n", title + page.partition("<body")[2]))


def english_in(text: str) -> list[str]:
    return [part for part in IN_ENGLISH if re.search(rf"(?<!\w){re.escape(part)}", text)]


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


@pytest.mark.parametrize("believed", [True, False])
async def test_the_way_to_an_interview_elsewhere_in_spanish(spanish: Way, northgate: Northgate, believed: bool) -> None:
    await db.run(ELSEWHERE)
    await external.choose(northgate.id, northgate.job_id, url="https://talk.example/{token}", return_finishes=believed)
    text = in_spanish(await spanish.start())
    assert "Ana, su entrevista está lista" in text and "8 minutos" in text and "3 de diciembre" in text and "talk.example" in text
    in_spanish((await spanish.client.post(f"{spanish.interview}/go")).text)
    assert "Seguir con la entrevista" in in_spanish(await spanish.look())
    proof = external.proof_of(await db.value("SELECT id FROM application"))
    assert ("He terminado" in in_spanish(await spanish.look(f"/done/{proof}"))) == believed


async def test_an_interview_elsewhere_that_does_not_open_says_so_in_spanish(spanish: Way) -> None:
    await db.run("UPDATE job SET interview_kind = 'heymilo'")
    await spanish.start()
    seen = {}
    for _ in range(external.TAPS.burst + 1):
        answer = await spanish.client.post(f"{spanish.interview}/go")
        seen[answer.status_code] = answer.text
    assert "no se puede abrir en este momento" in in_spanish(seen[503])
    assert "Se ha pulsado muchas veces." in in_spanish(seen[429])


def test_the_redirect_can_say_everything_in_all_languages() -> None:
    assert set(redirect.WORDS) == set(LANGUAGES)
    for known in redirect.WORDS.values():
        assert set(known.stopped) == set(answers.STATUS) == {*STOPPED, Outcome.UNKNOWN}
        assert all(len(said.lines) == len(redirect.ENGLISH.stopped[outcome].lines) for outcome, said in known.stopped.items())
    for text, other in zip(sentences(redirect.ENGLISH), sentences(redirect.SPANISH), strict=True):
        assert re.findall(r"\{\w*\}", text) == re.findall(r"\{\w*\}", other), text


@pytest.mark.parametrize("outcome", STOPPED)
async def test_a_link_that_does_not_lead_on_says_why_in_spanish(spanish: Way, northgate: Northgate, outcome: Outcome) -> None:
    await db.run("UPDATE job SET deadline_at = '2100-01-01'")
    slug = await link(northgate)
    await db.run(STOPPED[outcome])
    answer = await spanish.client.get(slug)
    assert answer.status_code == answers.STATUS[outcome]
    assert redirect.SPANISH.stopped[outcome].title in in_spanish(answer.text)


async def test_a_link_that_nobody_knows_says_so_in_all_languages(spanish: Way) -> None:
    page = (await spanish.client.get("/nurse-ig-stroy")).text
    assert '<html lang="en"' in page and '<h2 lang="es">Este enlace no lleva a ninguna parte</h2>' in page
    assert english_in(read(page))


async def test_a_card_speaks_spanish_and_so_does_its_picture(spanish: Way, northgate: Northgate) -> None:
    await db.run("UPDATE job SET location = '', pay = ''")
    page = (await spanish.client.get(await link(northgate), headers={"user-agent": "facebookexternalhit/1.1"})).text
    assert '<meta property="og:description" content="Unos 8 minutos, desde su teléfono.">' in page
    assert '<html lang="es"' in page
    assert english_in(html.unescape(page)) == []
    picture = page.partition("/card/")[2].partition('"')[0]
    assert (await find_shown(picture)).next_step == "Entrevista interactiva · unos 8 minutos · en su teléfono"


async def link(northgate: Northgate) -> str:
    """Where a link to the job stands, that nobody has tapped yet."""
    await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig-story")
    front.engine().cache.expire_all()
    return "/nurse-ig-story"


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
