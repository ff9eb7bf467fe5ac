"""What candidates answer."""

from datetime import datetime
from typing import Any

from portal.demo.dice import Dice
from portal.demo.lives import Answer
from portal.demo.story import Question

SECONDS = {"short_text": 25, "long_text": 170, "one_of": 10, "several_of": 16, "yes_no": 7, "number": 9}
"""How long an answer takes most people."""


def answer_to(question: Question, place: int, at: datetime, dice: Dice) -> Answer:
    return Answer(place, _value(question, dice), at)


def _value(question: Question, dice: Dice) -> dict[str, Any]:
    """As the interview keeps it."""
    match question.kind:
        case "one_of":
            return {"value": dice.one_of(question.options)}
        case "several_of":
            chosen = dice.some_of(question.options, dice.whole(1, min(3, len(question.options))))
            return {"value": [option for option in question.options if option in chosen]}
        case "yes_no":
            return {"value": dice.happens(0.92)}
        case "number":
            return {"value": int(dice.one_of(question.answers))}
        case _:
            return {"value": dice.one_of(question.answers)}
