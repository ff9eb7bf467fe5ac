"""What messages say."""

import itertools
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser

import msgspec
import pytest

from portal import db
from portal.messages import sms, texts
from portal.messages.facts import Known, load
from portal.messages.plans import DEFAULT
from portal.messages.sms import Encoding
from portal.messages.texts import TextKind
from portal.messages.words import Channel, Track
from tests.cast import NOW
from tests.messages.conftest import Life

LINK = "https://jobs.northgate.example/abcdefghijklmnopqrstuvwxyz"
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


@pytest.mark.parametrize("kind", TextKind)
def test_every_text_is_whole(known: Known, kind: TextKind) -> None:
    """It says that an interactive interview is next, names job and company, and holds the link."""
    email = texts.write(kind, Channel.EMAIL, known, LINK, NOW)
    text = texts.write(kind, Channel.SMS, known, LINK, NOW)
    for body in (email.text, email.html, text.text):
        assert "interactive interview" in body and LINK in body and "Night nurse" in body and "Northgate Care" in body
        assert "{{" not in body and "  " not in body.replace("\n  ", "\n")
    assert email.subject and "\n" not in email.subject
    assert text.text.endswith("STOP to end") and sms.measure(text.text).segments == 1


@pytest.mark.parametrize("kind", [k for k in TextKind if k is not TextKind.LINK])
def test_every_email_says_until_when_and_that_one_can_come_back(known: Known, kind: TextKind) -> None:
    email = texts.write(kind, Channel.EMAIL, known, LINK, NOW)
    assert "until Thursday 3 December, 10:00" in email.text
    assert re.search(r"come back|where you stopped", email.text)


def test_without_a_deadline_nothing_is_said_of_one(known: Known) -> None:
    free = facing(known, deadline_at=None)
    for kind, channel in itertools.product(TextKind, Channel):
        assert "until" not in texts.write(kind, channel, free, LINK, NOW).text


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
    assert "until Thursday 3 December, 05:00" in texts.write(TextKind.INVITE, Channel.EMAIL, away, LINK, NOW).text


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
    assert f"{words}." in texts.write(TextKind.UNFINISHED_FIRST, Channel.EMAIL, other, LINK, NOW).text


def test_what_people_typed_cannot_become_markup_or_template(known: Known) -> None:
    evil = msgspec.structs.replace(
        known, candidate_name="<img src=x> Ana", job_title="{{ 7 * 7 }} <b>Nurse</b>", workspace_name="A & B"
    )
    email = texts.write(TextKind.INVITE, Channel.EMAIL, evil, LINK, NOW)
    assert "<img" not in email.html and "<b>" not in email.html and "A &amp; B" in email.html
    assert "{{ 7 * 7 }}" in email.subject and "49" not in email.subject


def test_plain_text_is_not_escaped_like_markup(known: Known) -> None:
    told = msgspec.structs.replace(known, workspace_name="Smith & Sons' Care")
    email = texts.write(TextKind.INVITE, Channel.EMAIL, told, LINK, NOW)
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
    tags.feed(texts.write(TextKind.INVITE, Channel.EMAIL, known, LINK, NOW).html)
    assert tags.open == []
    assert not {tag for tag, _ in tags.seen} & {"img", "script", "link", "iframe"}
    assert {attrs["href"] for tag, attrs in tags.seen if tag == "a"} == {LINK}


def test_the_footer_says_why_they_get_it(known: Known) -> None:
    assert "because you gave your address to Northgate Care for Night nurse" in texts.why_they_get_it(known)
    invited = facing(known, captured_at=None)
    assert "because Northgate Care invited you" in texts.why_they_get_it(invited)


def test_a_long_title_still_fits_into_one_text(known: Known) -> None:
    long = msgspec.structs.replace(known, job_title="Registered night nurse in an acute geriatric ward, part time")
    for kind in TextKind:
        written = texts.write(kind, Channel.SMS, long, LINK, NOW).text
        assert sms.measure(written).segments == 1 and "Registered" in written


def test_typographers_marks_cost_nothing(known: Known) -> None:
    fancy = msgspec.structs.replace(known, job_title="Nurse – “nights”")
    written = texts.write(TextKind.INVITE, Channel.SMS, fancy, LINK, NOW).text
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
