"""A customer's server: it takes webhooks, and checks each signature by itself, as the specification says."""

import base64
import hashlib
import hmac
import json
from collections import deque
from typing import Any, NamedTuple

from tests.doubles.server import RETRY_AFTER, Answer, Asked, Double, Vice

GONE = Answer(410, {"error": "gone"})
BUSY = Answer(503, {"error": "busy"})
REDIRECT = Answer(302, None, (("Location", "http://10.0.0.1/inside"),))
"""To an address inside a private network."""


class Heard(NamedTuple):
    """A webhook whose signature was right."""

    id: str
    body: dict[str, Any]
    headers: dict[str, str]
    raw: str


class Customer(Double):
    """`keys`: the secrets it believes, by the path it is called at. `refusals`: what it says to the next ones instead of taking
    them. `large`: bytes of its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, str] = {}
        self.refusals: deque[Answer] = deque()
        self.large = 0
        self.heard: list[Heard] = []
        """What it took, in order; the same id as often as it came."""
        self.forged = 0

    def is_sending(self, asked: Asked) -> bool:
        return asked.method == "POST"

    def answer(self, asked: Asked, vice: Vice | None) -> Answer:
        if not self.is_genuine(asked):
            self.forged += 1
            return Answer(401, {"error": "wrong signature"})
        if refusal := self.refusal(vice):
            return refusal
        with self.lock:
            self.heard.append(Heard(asked.headers["webhook-id"], json.loads(asked.body), asked.headers, asked.body.decode()))
        return Answer(200, b"x" * self.large if self.large else {"taken": asked.headers["webhook-id"]})

    def refusal(self, vice: Vice | None) -> Answer | None:
        if self.refusals:
            return self.refusals.popleft()
        wait = (("Retry-After", str(RETRY_AFTER)),)
        refusals = {
            Vice.TOO_MANY: Answer(429),
            Vice.TOO_MANY_WAIT: Answer(429, {"error": "slow down"}, wait),
            Vice.BROKEN_BEFORE: Answer(500, {"error": "out of order"}),
        }
        return refusals.get(vice) if vice else None

    def is_genuine(self, asked: Asked) -> bool:
        """Whether one of the signatures is of ours: HMAC-SHA256 over id, time and body, with the secret's bytes."""
        key = base64.b64decode(self.keys.get(asked.path, "").removeprefix("whsec_"))
        signed = f"{asked.headers.get('webhook-id')}.{asked.headers.get('webhook-timestamp')}.".encode() + asked.body
        right = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        given = asked.headers.get("webhook-signature", "").split(" ")
        return bool(key) and any(hmac.compare_digest(f"v1,{right}", one) for one in given)

    def ids(self) -> list[str]:
        return [one.id for one in self.heard]
