"""What messages say."""

import itertools
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser

import msgspec
import pytest

from portal import db
from portal.messages import checker, sms, texts
from portal.messages.facts import Known, load
from portal.messages.fields import Ways, first_name
from portal.messages.frame import why_they_get_it
from portal.messages.languages import ENGLISH, LANGUAGES
from portal.messages.occasions import Text
from portal.messages.plans import DEFAULT
from portal.messages.sms import Encoding
from portal.messages.texts import Rendered, TextKind
from portal.messages.words import Channel, Track
from tests.cast import NOW
from tests.messages.conftest import Life

LINK = "https://jobs.northgate.example/abcdefghijklmnopqrstuvwxyz"
WAYS = Ways(
    link=LINK, preferences="https://jobs.northgate.example/p/a", unsubscribe="https://jobs.northgate.example/p/a/unsubscribe"
)
HOUR = timedelta(hours=1)


@pytest.fixture
async def known(life: Life) -> Known:
    await life.stop()
    found = await load(life.id)
    assert found is not None
    return found


def facing(known: Known, **changes: object) -> Known:
    """`known` with other facts."""
    return msgspec.structs.replace(known, facts=msgspec.structs.replace(known.facts, **changes))


def email_to(known: Known, kind: TextKind = TextKind.INVITE, language: str = "en", **more: str) -> Rendered:
    return texts.write(texts.ours(kind, Channel.EMAIL, language), known, WAYS, NOW, **more)


def text_to(known: Known, kind: TextKind = TextKind.INVITE, language: str = "en") -> Rendered:
    return texts.write(texts.ours(kind, Channel.SMS, language), known, WAYS, NOW)


@pytest.mark.parametrize(("language", "kind"), [*itertools.product(LANGUAGES, TextKind)])
def test_every_text_is_whole(known: Known, kind: TextKind, language: str) -> None:
    """In each language it says that an interactive interview is next, names job and company, and holds the link."""
    email, text = email_to(known, kind, language), text_to(known, kind, language)
    for body in (email.text, email.html, text.text):
        assert re.search(LANGUAGES[language].interview, body)
        assert LINK in body and "Night nurse" in body and "Northgate Care" in body
        assert "{{" not in body and "  " not in body.replace("\n  ", "\n")
    assert email.subject and "\n" not in email.subject and len(email.subject) <= 78
    assert " STOP " in text.text and text.segments == 1 and sms.measure(text.text).encoding is Encoding.GSM


@pytest.mark.parametrize(("language", "kind"), [*itertools.product(LANGUAGES, TextKind)])
def test_every_text_of_ours_passes_our_own_checks(kind: TextKind, language: str) -> None:
    for channel in Channel:
        assert checker.check(texts.ours(kind, channel, language)) == []


@pytest.mark.parametrize("kind", TextKind)
def test_spanish_is_spanish_down_to_its_dates(known: Known, kind: TextKind) -> None:
    email = email_to(known, kind, "es")
    assert "Hola, Ana:" in email.text and 'lang="es"' in email.html
    assert not re.search(r"\b(the|you|until|interview|question|minutes|Thursday|December)\b", email.text)
    assert not re.search(r"\b(the|you|until|interview|question|minutes)\b", text_to(known, kind, "es").text)


def test_spanish_counts_and_dates(known: Known) -> None:
    assert "Quedan tres preguntas: Night nurse" in email_to(known, TextKind.UNFINISHED_FIRST, "es").subject
    one = msgspec.structs.replace(known, left=1)
    assert "Queda una pregunta." in email_to(one, TextKind.UNFINISHED_FIRST, "es").text
    assert "hasta el jueves 3 de diciembre, 10:00" in email_to(known, language="es").text
    due = facing(known, deadline_at=datetime.fromisoformat("2026-11-28T09:00+00:00"))
    assert "se cierra el sábado" in email_to(due, TextKind.UNFINISHED_DEADLINE, "es").text


def test_accents_are_left_out_of_a_text_where_that_saves_one(known: Known) -> None:
    due = facing(known, deadline_at=datetime.fromisoformat("2026-11-28T09:00+00:00"))
    written = text_to(due, TextKind.NEVER_DEADLINE, "es")
    assert "el sabado" in written.text and written.segments == 1
    assert sms.plain("Mañana, ¿sí? Łódź") == "Mañana, ¿sí? Łódź"  # nothing saved: nothing changed
    assert sms.plain("Mañana, ¿sí? él y tú") == "Mañana, ¿si? él y tu"


@pytest.mark.parametrize("kind", [k for k in TextKind if k not in {TextKind.LINK, TextKind.MORE_TIME}])
def test_every_email_says_until_when_and_that_one_can_come_back(known: Known, kind: TextKind) -> None:
    email = email_to(known, kind)
    assert "until Thursday 3 December, 10:00" in email.text
    assert re.search(r"come back|where you stopped", email.text)


def test_without_a_deadline_nothing_is_said_of_one(known: Known) -> None:
    free = facing(known, deadline_at=None)
    for kind, channel in itertools.product(TextKind, Channel):
        assert "until" not in texts.write(texts.ours(kind, channel), free, WAYS, NOW).text


@pytest.mark.parametrize(
    ("deadline", "words"),
    [
        ("2026-11-23T18:00+00:00", "today"),
        ("2026-11-24T00:00+00:00", "today"),
        ("2026-11-24T09:00+00:00", "tomorrow"),
        ("2026-11-26T18:00+00:00", "on Thursday"),
        ("2026-11-30T18:00+00:00", "on 30 November"),
    ],
)
def test_a_deadline_is_said_as_people_say_it(known: Known, deadline: str, words: str) -> None:
    due = facing(known, deadline_at=datetime.fromisoformat(deadline))
    assert texts.title(TextKind.UNFINISHED_DEADLINE, due, NOW) == f"Closes {words}"


def test_times_are_those_of_the_candidate(known: Known) -> None:
    away = facing(known, zones=("America/New_York",))
    assert "until Thursday 3 December, 05:00" in email_to(away).text


@pytest.mark.parametrize(
    ("left", "external", "words"),
    [
        (3, False, "Three questions left"),
        (1, False, "One question left"),
        (12, False, "12 questions left"),
        (0, False, "Only the last step left"),
        (3, True, "Not finished yet"),
    ],
)
def test_what_is_left_is_said_in_words(known: Known, left: int, external: bool, words: str) -> None:
    other = msgspec.structs.replace(known, left=left, external=external)
    assert texts.title(TextKind.UNFINISHED_FIRST, other, NOW) == words
    assert f"{words}." in email_to(other, TextKind.UNFINISHED_FIRST).text


def test_what_people_typed_cannot_become_markup_or_template(known: Known) -> None:
    evil = msgspec.structs.replace(
        known, candidate_name="<img src=x> Ana", job_title="{{ 7 * 7 }} <b>Nurse</b>", workspace_name="A & B"
    )
    email = email_to(evil)
    assert "<img" not in email.html and "<b>" not in email.html and "A &amp; B" in email.html
    assert "{{ 7 * 7 }}" in email.subject and "49" not in email.subject


def test_plain_text_is_not_escaped_like_markup(known: Known) -> None:
    told = msgspec.structs.replace(known, workspace_name="Smith & Sons' Care")
    email = email_to(told)
    assert "Smith & Sons' Care" in email.text
    assert "&#39;" not in email.text and "&amp;" not in email.text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "img", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_email_is_well_formed_and_fetches_nothing(known: Known) -> None:
    tags = Tags()
    tags.feed(email_to(known).html)
    assert tags.open == []
    assert not {tag for tag, _ in tags.seen} & {"img", "script", "link", "iframe"}
    assert {attrs["href"] for tag, attrs in tags.seen if tag == "a"} == {LINK, WAYS.preferences, WAYS.unsubscribe}


def test_the_footer_says_why_they_get_it(known: Known) -> None:
    assert "because you gave your address to Northgate Care for Night nurse" in why_they_get_it(known, ENGLISH)
    invited = facing(known, captured_at=None)
    assert "because Northgate Care invited you" in why_they_get_it(invited, ENGLISH)


def test_a_long_title_still_fits_into_one_text(known: Known) -> None:
    long = msgspec.structs.replace(known, job_title="Registered night nurse in an acute geriatric ward, part time")
    for kind in TextKind:
        written = text_to(long, kind).text
        assert sms.measure(written).segments == 1 and "Registered" in written


def test_typographers_marks_cost_nothing(known: Known) -> None:
    fancy = msgspec.structs.replace(known, job_title="Nurse – “nights”")
    written = text_to(fancy).text
    assert sms.measure(written).encoding is Encoding.GSM


def test_each_step_has_its_own_text() -> None:
    found = [texts.kind_of(step.track, step.key, DEFAULT) for step in DEFAULT.steps]
    assert len(set(found)) == len(found) == 8
    assert texts.kind_of(Track.UNFINISHED, "of-another-plan", DEFAULT) is TextKind.UNFINISHED_LATER


async def test_answered_and_archived_questions_are_not_left(life: Life) -> None:
    questions = await db.rows("SELECT id FROM question ORDER BY position")
    await db.run(
        "INSERT INTO answer (id, workspace_id, application_id, question_id, prompt, value, answered_at) "
        "VALUES ($1, $2, $3, $4, '', '{\"value\": 1}', $5)",
        db.new_id(),
        life.workspace_id,
        life.id,
        questions[0]["id"],
        NOW,
    )
    await db.run("UPDATE question SET archived_at = $2 WHERE id = $1", questions[1]["id"], NOW)
    known = await load(life.id)
    assert known is not None and (known.questions, known.left) == (2, 1)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("a" * 160, Encoding.GSM, 160, 1),
        ("a" * 161, Encoding.GSM, 161, 2),
        ("a" * 306, Encoding.GSM, 306, 2),
        ("a" * 307, Encoding.GSM, 307, 3),
        ("€" * 80, Encoding.GSM, 160, 1),
        ("é" * 160, Encoding.GSM, 160, 1),
        ("ł" * 70, Encoding.UCS2, 70, 1),
        ("ł" * 71, Encoding.UCS2, 71, 2),
        ("😀" * 35, Encoding.UCS2, 70, 1),
        ("😀" * 36, Encoding.UCS2, 72, 2),
    ],
)
def test_what_a_text_costs(text: str, encoding: Encoding, units: int, segments: int) -> None:
    assert sms.measure(text) == sms.Size(encoding, units, segments)


def test_links_can_be_covered() -> None:
    token = "a2" * 13
    assert texts.cover_links(f'go to https://x.example/{token}, "http://localhost:8000/{token}"', "X") == 'go to X, "X"'
    assert texts.cover_links("https://x.example/privacy", "X") == "https://x.example/privacy"


def test_the_foot_says_how_to_choose_to_stop_and_where_we_are(known: Known) -> None:
    email = email_to(known, postal_address="1 Quay Street, Leeds")
    for body in (email.text, email.html):
        assert WAYS.preferences in body and WAYS.unsubscribe in body and "Northgate Care, 1 Quay Street, Leeds" in body
    assert "Northgate Care, " not in email_to(known).text


def test_the_sheet_is_in_the_elements_and_only_dark_mode_stays(known: Known) -> None:
    html = email_to(known).html
    assert 'style="margin: 0;padding: 0;' in html.replace("; ", ";").replace("margin: 0;padding", "margin: 0;padding")
    assert html.count("<style>") == 1 and "@media (prefers-color-scheme: dark)" in html and "font-family" in html
    assert "line-height: 25px" in html and "max-width: 560px" in html


def test_a_logo_is_the_only_picture(known: Known) -> None:
    email = email_to(msgspec.structs.replace(known, logo_id=known.job_id))
    tags = Tags()
    tags.feed(email.html)
    assert [attrs["src"] for tag, attrs in tags.seen if tag == "img"] == [f"http://portal.test/card/picture/{known.job_id}"]


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Ana Duarte", "Ana"),
        ("अनिल कुमार", "अनिल"),
        ("J. R. Moss", "J."),
        ("O'Neil", "O'Neil"),
        ("evil.example/prize Ana", ""),
        ("https://evil.example", ""),
        ("WIN1000", ""),
        ("", ""),
    ],
)
def test_nobody_is_greeted_by_an_address(name: str, greeted: str) -> None:
    assert first_name(name) == greeted


def test_what_a_member_typed_becomes_paragraphs_and_links(known: Known) -> None:
    body = "One & <two>.\nA new line.\n\nSee {{ link }} or https://northgate.example/help."
    chosen = texts.Chosen(kind=TextKind.MANUAL, channel=Channel.EMAIL, text=Text(subject="S", body=body))
    email = texts.write(chosen, known, WAYS, NOW)
    assert "One &amp; &lt;two&gt;.<br>A new line.</p>" in email.html
    assert f'href="{LINK}"' in email.html and 'href="https://northgate.example/help"' in email.html
    assert "One & <two>.\nA new line.\n\nSee" in email.text


def test_a_members_own_text_loses_details_and_then_letters_of_the_title_before_it_takes_two(known: Known) -> None:
    def written(body: str) -> str:
        return texts.write(texts.Chosen(kind=TextKind.MANUAL, channel=Channel.SMS, text=Text(body=body)), long, WAYS, NOW).text

    long = msgspec.structs.replace(known, job_title="Registered night nurse in an acute geriatric ward")
    assert written("{{ job }}:{{ details }} {{ link }}").endswith(f"3 questions, 8 min, until Thu 3 Dec 10:00. {LINK}")
    assert written(f"{'x ' * 14}{{{{ job }}}}:{{{{ details }}}} {{{{ link }}}}").endswith(f"geriatric ward: {LINK}")
    assert "Registered night nur..: " in written(f"{'x ' * 35}{{{{ job }}}}: {{{{ link }}}}")
    assert "geriatric ward" in written(f"{'x ' * 80}{{{{ job }}}}: {{{{ link }}}}")
