"""Applicant tracking systems, from both sides: what they post to a webhook, signed as they sign, and the API that they answer."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tests.doubles.server import RETRY_AFTER, Answer, Asked, Double, Vice

AGAINST = {
    Vice.TOO_MANY: Answer(429, {"message": "Too many requests"}),
    Vice.TOO_MANY_WAIT: Answer(429, {"message": "Too many requests"}, (("Retry-After", str(RETRY_AFTER)),)),
    Vice.BROKEN_BEFORE: Answer(503, {"message": "Down for maintenance"}),
    Vice.UNAUTHORISED: Answer(401, {"message": "Who are you?"}),
    Vice.FORBIDDEN: Answer(403, {"message": "Not for you"}),
    Vice.REFUSED: Answer(400, {"message": "What?"}),
    Vice.GIBBERISH: Answer(200, b"<html>Sign in</html>"),
}
"""What is answered instead."""


class Post(NamedTuple):
    """One delivery, ready to be sent."""

    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who applied there."""

    id: str = "4711001"
    application: str = "88001"
    first_name: str = "Ana"
    last_name: str = "Duarte"
    email: str = "ana.duarte@example.com"
    phone: str = "+44 7700 900123"
    job_id: str = "4711"
    job_title: str = "Night nurse"
    can_email: bool | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass
class Known:
    """What the system's API knows."""

    people: dict[str, Person] = field(default_factory=dict)
    key: str = "a-key-of-their-api"


class ApiDouble(Double):
    """An API that knows some people. A subclass says how it is asked (`find`)."""

    def __init__(self, *people: Person) -> None:
        super().__init__()
        self.known = Known({person.id: person for person in people})

    def is_sending(self, asked: Asked) -> bool:
        return True

    def answer(self, asked: Asked, vice: Vice | None) -> Answer:
        if vice in AGAINST:
            return AGAINST[vice]
        if asked.headers.get(self.key_header[0]) != self.key_header[1]:
            return Answer(401, {"message": "Who are you?"})
        found = self.find(asked)
        return Answer(404, {"message": "No such thing"}) if found is None else Answer(200, found)

    @property
    def key_header(self) -> tuple[str, str]:
        raise NotImplementedError

    def find(self, asked: Asked) -> Any:
        """What is answered, or None for what is not there."""
        raise NotImplementedError


def as_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def seconds(at: datetime) -> str:
    return str(int(at.timestamp()))
