"""What the editor says of a text."""

import pytest

from portal.messages import checker
from portal.messages.checker import Remark
from portal.messages.occasions import Text, TextKind
from portal.messages.texts import Chosen
from portal.messages.words import Channel

GOOD_EMAIL = {"subject": "Your interview", "body": "An interactive interview is next.", "button": "Start"}
GOOD_TEXT = "{{ workspace }}: interactive interview: {{ link }} STOP to end"


def of_email(language: str = "en", **changes: str) -> Chosen:
    text = Text(**(GOOD_EMAIL | changes))
    return Chosen(kind=TextKind.INVITE, channel=Channel.EMAIL, text=text, language=language)


def of_text(body: str, language: str = "en") -> Chosen:
    return Chosen(kind=TextKind.INVITE, channel=Channel.SMS, text=Text(body=body), language=language)


def warnings(chosen: Chosen, **more: list[str]) -> set[str]:
    return {finding.warning.value for finding in checker.check(chosen, **more)}


def test_nothing_is_said_of_what_is_good() -> None:
    assert warnings(of_email()) == warnings(of_text(GOOD_TEXT)) == set()


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"body": ""}, Remark.EMPTY),
        ({"subject": ""}, Remark.EMPTY),
        ({"subject": "{{ job"}, Remark.SYNTAX),
        ({"body": "{% for a in job %}{% endfor %}"}, Remark.NOT_ALLOWED),
        ({"button": "{{ candidate_name }}"}, Remark.UNKNOWN_FIELD),
        ({"body": "{{ job }}" * 61}, Remark.TOO_LONG),
        ({"button": ""}, Remark.NO_LINK),
        ({"body": "interactive interview: https://jobs.example/" + "a2" * 13}, Remark.SOMEBODYS_LINK),
        ({"body": "interactive interview: https://jobs.example/i/" + "a2" * 13}, Remark.SOMEBODYS_LINK),
    ],
)
def test_what_cannot_be_sent_is_an_error(changes: dict[str, str], warning: Remark) -> None:
    found = checker.check(of_email(**changes))
    assert [(finding.warning, finding.is_error) for finding in found if finding.is_error] == [(warning, True)]
    assert checker.errors_of(found)


@pytest.mark.parametrize(
    ("chosen", "warning"),
    [
        (of_email(body="Come and see us."), Remark.NO_INTERVIEW),
        (of_email("es", body="An interactive interview is next."), Remark.NO_INTERVIEW),
        (of_email(subject="A" + " word" * 16), Remark.LONG_SUBJECT),
        (of_email(body="INTERACTIVE INTERVIEW: START NOW"), Remark.SHOUTING),
        (of_email(subject="Your interview is waiting!!"), Remark.SHOUTING),
        (of_email(body="Interactive interview: https://bit.ly/3abc"), Remark.SHORTENER),
        (of_text(GOOD_TEXT + " more" * 100), Remark.LONG_TEXT),
        (of_text(GOOD_TEXT + " Łódź"), Remark.COSTLY_LETTERS),
        (of_text("Your interactive interview: {{ link }} STOP to end"), Remark.NO_SENDER),
        (of_text("{{ workspace }}: interactive interview: {{ link }}"), Remark.NO_STOP),
        (of_text("{{ workspace }}: interview: {{ link }} STOP to end"), Remark.NO_INTERVIEW),
    ],
)
def test_what_could_be_better_is_a_warning(chosen: Chosen, warning: Remark) -> None:
    found = checker.check(chosen)
    assert [finding.warning for finding in found] == [warning]
    assert checker.errors_of(found) == {}


def test_capitals_that_are_words_are_not_shouted() -> None:
    assert warnings(of_email(body="The NHS and the RCN: an interactive interview. {{ job | upper }}")) == set()
    assert warnings(of_email("es", body="ÁRBOLES Y FLORES: entrevista interactiva")) == {Remark.SHOUTING}


def test_a_host_that_only_ends_like_a_shortener_is_none() -> None:
    assert warnings(of_email(body="Interactive interview: https://not.bit.ly.example/x or https://habit.ly/x")) == set()


def test_who_reads_another_language_is_not_forgotten() -> None:
    assert warnings(of_email(), own_in=["en"]) == {Remark.OTHER_LANGUAGES}
    assert warnings(of_email(), own_in=["en", "es"]) == set()
