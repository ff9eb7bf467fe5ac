"""Reading what was typed, by kind of question."""

from uuid import uuid4

import pytest

from portal.interviews.answers import Value, read_answer, text_of
from portal.interviews.questions import Kind, Question
from portal.web.forms import Form, Invalid


def question(kind: Kind) -> Question:
    options = ["Now", "In a month", "Later"] if kind in {Kind.ONE_OF, Kind.SEVERAL_OF} else []
    return Question(id=uuid4(), job_id=uuid4(), kind=kind, prompt="?", help="", options=options, required=True)


class Sent(dict[str, object]):
    """A form with several values of one name, as the web framework hands it over."""

    def getall(self, name: str) -> list[object]:
        value = self[name]
        return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("kind", "sent", "kept", "text"),
    [
        (Kind.SHORT_TEXT, " 19I4512E\u200b ", "19I4512E", "19I4512E"),
        (Kind.SHORT_TEXT, " ", None, ""),
        (Kind.LONG_TEXT, "One.\r\n\r\nTwo. ", "One.\n\nTwo.", "One.\n\nTwo."),
        (Kind.ONE_OF, "In a month", "In a month", "In a month"),
        (Kind.ONE_OF, "", None, ""),
        (Kind.SEVERAL_OF, ["Later", "Now"], ["Now", "Later"], "Now, Later"),
        (Kind.SEVERAL_OF, [], None, ""),
        (Kind.YES_NO, "yes", True, "Yes"),
        (Kind.YES_NO, "no", False, "No"),
        (Kind.YES_NO, "", None, ""),
        (Kind.NUMBER, "4", 4, "4"),
        (Kind.NUMBER, " 2,5 ", 2.5, "2.5"),
        (Kind.NUMBER, "1,000", 1000, "1000"),
        (Kind.NUMBER, "1.000", 1000, "1000"),
        (Kind.NUMBER, "−3", -3, "-3"),
        (Kind.NUMBER, "", None, ""),
    ],
)
def test_an_answer_is_kept_as_it_was_meant(kind: Kind, sent: object, kept: Value, text: str) -> None:
    value = read_answer(question(kind), Form(Sent(answer=sent)))
    assert value == kept
    assert type(value) is type(kept)
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (Kind.SHORT_TEXT, "x" * 301),
        (Kind.LONG_TEXT, "x" * 5001),
        (Kind.ONE_OF, "Never"),
        (Kind.SEVERAL_OF, ["Now", "Never"]),
        (Kind.YES_NO, "perhaps"),
        (Kind.NUMBER, "four"),
        (Kind.NUMBER, "1e9"),
        (Kind.NUMBER, "99999999999"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_beside_the_field(kind: Kind, sent: object) -> None:
    with pytest.raises(Invalid) as refused:
        read_answer(question(kind), Form(Sent(answer=sent)))
    assert list(refused.value.errors) == ["answer"]
