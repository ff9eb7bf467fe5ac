"""Why HeyMilo did not do what it was asked for."""

from datetime import timedelta
from enum import StrEnum


class Problem(StrEnum):
    NO_KEY = "no_key"
    WRONG_KEY = "wrong_key"
    NOT_FOUND = "not_found"
    TOO_MANY = "too_many"
    UNREACHABLE = "unreachable"
    SILENT = "silent"
    BROKEN = "broken"
    REFUSED = "refused"
    NOT_UNDERSTOOD = "not_understood"
    UNSURE = "unsure"
    """A request for it may still be under way there: nothing is sent until that is known."""


SENTENCES = {
    Problem.NO_KEY: "There is no usable API key: give one in Settings, HeyMilo.",
    Problem.WRONG_KEY: "HeyMilo does not know this API key.",
    Problem.NOT_FOUND: "HeyMilo does not have this interviewer any more, or this interview.",
    Problem.TOO_MANY: "HeyMilo was asked too often; it goes on in a moment.",
    Problem.UNREACHABLE: "HeyMilo could not be reached.",
    Problem.SILENT: "HeyMilo did not answer in time.",
    Problem.BROKEN: "HeyMilo answered with a fault of its own.",
    Problem.REFUSED: "HeyMilo did not take what was sent.",
    Problem.NOT_UNDERSTOOD: "HeyMilo gave an answer that was not understood.",
    Problem.UNSURE: "HeyMilo did not answer in time; whether it has this person is looked up in a moment.",
}


class Failed(Exception):
    """`wait`: how long nothing need be tried again. After `may_have_arrived` HeyMilo may have done it all the same."""

    def __init__(self, problem: Problem, *, wait: timedelta | None = None, may_have_arrived: bool = False) -> None:
        super().__init__(SENTENCES[problem])
        self.problem = problem
        self.wait = wait
        self.may_have_arrived = may_have_arrived
