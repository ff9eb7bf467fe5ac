"""A SendGrid v3 that keeps what it is sent and calls back with signed events.

Field names, required fields and status codes are those of SendGrid's OpenAPI file (twilio/sendgrid-oai, tsg_mail_v3.json). It is
stricter than the schema where the API reference states a rule in words: text/plain before text/html, reserved headers, custom
arguments that are strings and have at most 10,000 bytes together.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

import httpx

from tests.doubles.server import RETRY_AFTER, Answer, Asked, Double, Vice
from tests.doubles.signing import SendGridKey

SEND, SCOPES = "/v3/mail/send", "/v3/scopes"
TOP = {
    *{"personalizations", "from", "reply_to", "reply_to_list", "subject", "content", "attachments", "template_id", "headers"},
    *{"categories", "custom_args", "send_at", "batch_id", "asm", "ip_pool_name", "mail_settings", "tracking_settings"},
}
PERSONAL = {"from", "to", "cc", "bcc", "subject", "headers", "substitutions", "dynamic_template_data", "custom_args", "send_at"}
ADDRESS = {"email", "name"}
TRACKING = {
    "click_tracking": {"enable", "enable_text"},
    "open_tracking": {"enable", "substitution_tag"},
    "subscription_tracking": {"enable", "text", "html", "substitution_tag"},
    "ganalytics": {"enable", "utm_source", "utm_medium", "utm_term", "utm_content", "utm_campaign"},
}
RESERVED = {
    *{"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to", "from", "subject"},
    *{"reply-to", "cc", "bcc"},
}
"""Headers that may not be set, by the API reference of Mail Send."""
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
MOST_ARGS = 10_000


class Mail(NamedTuple):
    """One accepted email."""

    id: str
    """Its ``X-Message-Id``."""
    body: dict[str, Any]
    """The JSON that was posted."""

    @property
    def to(self) -> str:
        return str(self.body["personalizations"][0]["to"][0]["email"])

    @property
    def message_id(self) -> str:
        """Ours, from the custom arguments."""
        args = {**self.body.get("custom_args", {}), **self.body["personalizations"][0].get("custom_args", {})}
        return str(args.get("message_id", ""))

    @property
    def text(self) -> str:
        return next((str(one["value"]) for one in self.body["content"] if one["type"] == "text/plain"), "")


@dataclass(frozen=True)
class Problem(Exception):
    text: str
    field: str | None = None


@dataclass
class Keys:
    api_key: str = "SG.double.0123456789"
    webhook: SendGridKey = field(default_factory=SendGridKey)
    scopes: tuple[str, ...] = ("mail.send", "sender_verification_eligible")


class SendGridDouble(Double):
    def __init__(self, keys: Keys | None = None) -> None:
        super().__init__()
        self.keys = keys or Keys()
        self.accepted: list[Mail] = []
        """What people will get: the oracle."""

    def is_sending(self, asked: Asked) -> bool:
        return (asked.method, asked.path) == ("POST", SEND)

    def answer(self, asked: Asked, vice: Vice | None) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {self.keys.api_key}" or vice is Vice.UNAUTHORISED:
            return _no(401, "The provided authorization grant is invalid, expired, or revoked")
        if (asked.method, asked.path) == ("GET", SCOPES):
            return Answer(200, {"scopes": list(self.keys.scopes)})
        if not self.is_sending(asked):
            return _no(404, "not found")
        return REFUSALS[vice] if vice in REFUSALS else self._accept(asked, vice)

    def _accept(self, asked: Asked, vice: Vice | None) -> Answer:
        if "mail.send" not in self.keys.scopes:
            return _no(403, "access forbidden")
        try:
            body = json.loads(asked.body)
            check(body)
        except ValueError:
            return _no(400, "Bad Request")
        except Problem as problem:
            return _no(400, problem.text, problem.field)
        mail = Mail(uuid4().hex[:22], body)
        with self.lock:
            self.accepted.append(mail)
        if vice is Vice.GIBBERISH:
            return Answer(200, b"<html>OK</html>")
        return Answer(202, None, (("X-Message-Id", mail.id),))

    def event(self, mail: Mail, kind: str, at: int = 1_795_428_000, **more: object) -> dict[str, object]:
        """An event of `mail` as the event webhook tells it; `at` in seconds since 1970."""
        custom = {**mail.body.get("custom_args", {}), **mail.body["personalizations"][0].get("custom_args", {})}
        plain = {
            "email": mail.to,
            "timestamp": at,
            "event": kind,
            "sg_event_id": uuid4().hex,
            "sg_message_id": f"{mail.id}.recvd-5d8c7-1-64F0-1.0",
            "smtp-id": f"<{mail.id}@geopod-ismtpd-1>",
        }
        return plain | custom | more

    async def call_back(
        self, url: str, events: list[dict[str, object]], client: httpx.AsyncClient | None = None, timestamp: str = "1795428000"
    ) -> httpx.Response:
        """Post one batch, signed as SendGrid signs it. Duplicates and disorder: pass the list that you want."""
        body = json.dumps(events, separators=(",", ":")).encode() + b"\r\n"
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": self.keys.webhook.sign(timestamp, body),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        if client is not None:
            return await client.post(url, content=body, headers=headers)
        async with httpx.AsyncClient(timeout=15) as own:
            return await own.post(url, content=body, headers=headers)


def _no(status: int, text: str, name: str | None = None, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status, {"errors": [{"message": text, "field": name, "help": None}]}, headers)


REFUSALS = {
    Vice.TOO_MANY: _no(429, "too many requests"),
    Vice.TOO_MANY_WAIT: _no(429, "too many requests", headers=(("Retry-After", str(RETRY_AFTER)),)),
    Vice.BROKEN_BEFORE: _no(500, "internal server error"),
    Vice.FORBIDDEN: _no(403, "The from address does not match a verified Sender Identity.", "from"),
    Vice.REFUSED: _no(400, "The subject is required.", "subject"),
    Vice.INVALID_ADDRESS: _no(400, "Does not contain a valid address.", "personalizations.0.to.0.email"),
}


def check(body: dict[str, Any]) -> None:
    """Raises `Problem` for what Mail Send would answer with 400."""
    _only(body, TOP, "")
    for name in ("personalizations", "from", "subject", "content"):
        if not body.get(name):
            raise Problem(f"The {name} is required.", name)
    _address(body["from"], "from")
    if "reply_to" in body:
        _address(body["reply_to"], "reply_to")
    for number, one in enumerate(body["personalizations"]):
        _personalization(one, f"personalizations.{number}")
    _content(body["content"])
    _headers(body.get("headers", {}))
    _custom_args(body.get("custom_args", {}))
    _tracking(body.get("tracking_settings", {}))


def _only(given: dict[str, Any], known: set[str], place: str) -> None:
    for name in given:
        if name not in known:
            raise Problem(f"Additional property {name} is not allowed", f"{place}.{name}".lstrip("."))


def _address(given: dict[str, Any], place: str) -> None:
    _only(given, ADDRESS, place)
    if not EMAIL.fullmatch(str(given.get("email", ""))):
        raise Problem("Does not contain a valid address.", f"{place}.email")


def _personalization(given: dict[str, Any], place: str) -> None:
    _only(given, PERSONAL, place)
    if not given.get("to"):
        raise Problem(
            "The to array is required for all personalization objects, and must have at least one object", f"{place}.to"
        )
    for number, one in enumerate(given["to"]):
        _address(one, f"{place}.to.{number}")
    _headers(given.get("headers", {}))
    _custom_args(given.get("custom_args", {}))


def _content(given: list[dict[str, Any]]) -> None:
    for number, one in enumerate(given):
        _only(one, {"type", "value"}, f"content.{number}")
        if not one.get("type") or not one.get("value"):
            raise Problem("The content value must be a string at least one character in length.", f"content.{number}.value")
    types = [one["type"] for one in given]
    if "text/plain" in types[1:] or ("text/html" in types and types.index("text/html") > 1):
        raise Problem("If present, text/plain and text/html may only be provided once and in this order.", "content")


def _headers(given: dict[str, Any]) -> None:
    for name, value in given.items():
        if name.lower() in RESERVED:
            raise Problem(f"The header {name} is reserved.", "headers")
        if not isinstance(value, str) or "\n" in value or not value.isascii():
            raise Problem("Header values must be strings of ASCII.", "headers")


def _custom_args(given: dict[str, Any]) -> None:
    if any(not isinstance(value, str) for value in given.values()):
        raise Problem("Custom argument values must be strings.", "custom_args")
    if len(json.dumps(given)) > MOST_ARGS:
        raise Problem("Custom arguments may have 10,000 bytes.", "custom_args")


def _tracking(given: dict[str, Any]) -> None:
    _only(given, set(TRACKING), "tracking_settings")
    for name, values in given.items():
        _only(values, TRACKING[name], f"tracking_settings.{name}")
