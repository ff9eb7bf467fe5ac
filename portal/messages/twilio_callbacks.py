"""What Twilio's callbacks say, and whether it was Twilio who said it.

The signature is base64 of HMAC-SHA1, keyed with the account's token, over the address that Twilio asked for and the names and
values of the form, sorted (twilio.com/docs/usage/webhooks/webhooks-security). It says nothing of time: what is sent twice is
known by its MessageSid and status. Which number or Messaging Service a text belongs to plays no part in it.

Not understood: signatures with a shared key (HMAC-SHA256), which an account must ask for. They are refused.
"""

import base64
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from portal.messages.callbacks import LONGEST_ID, CallbackEvent
from portal.messages.inbound import InboundText
from portal.messages.suppression import Cause
from portal.messages.words import Reason, State

NAME = "twilio"
Fields = Sequence[tuple[str, str]]
MOST_FIELDS, LONGEST_SID = 200, 64
PORTS = {"https": 443, "http": 80}
STATES = {
    "accepted": State.SENT,
    "scheduled": State.SENT,
    "queued": State.SENT,
    "sending": State.SENT,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
"""What each MessageStatus means. `sent` is ours from the moment when Twilio has it."""
OPTED_OUT = "21610"
NO_SUCH_NUMBER = frozenset({"21211", "21614"})
ERRORS = {
    "21211": "There is no such number",
    "21610": "They texted STOP",
    "21614": "This number can't get texts",
    "30003": "The phone could not be reached: it may be off, or without a network",
    "30004": "The phone, or its carrier, does not take texts from us",
    "30005": "The number is unknown, or no longer in use",
    "30006": "It is a landline, or its carrier can't be reached",
    "30007": "The carrier took it for spam",
    "30008": "The carrier did not say why",
    "30034": "The sending number is not registered with the carriers",
    "30036": "Its time ran out before it could be delivered",
}
"""twilio.com/docs/api/errors, in words that help."""


def is_signed(tokens: Iterable[str], signature: str, urls: Iterable[str], fields: Fields) -> bool:
    """Whether one of `tokens` signed one of `urls` with `fields`. Two tokens hold while they are exchanged."""
    given, tail = signature.encode("latin-1", "replace"), _tail(fields)
    expected = [_sign(token, url + tail) for token in tokens if token for url in urls]
    return any(hmac.compare_digest(one, given) for one in expected)


def asked_urls(public_url: str, raw_path: str, raw_query: str) -> list[str]:
    """The address as Twilio may have signed it: by our own settings, never by what a request says of its host. With and without
    the port that its scheme has anyway, since Twilio is not consistent in that (so says its own library)."""
    parts = urlsplit(public_url)
    rest = raw_path + (f"?{raw_query}" if raw_query else "")
    usual = PORTS[parts.scheme]
    hosts = [parts.netloc]
    if parts.port is None:
        hosts.append(f"{parts.netloc}:{usual}")
    elif parts.port == usual:
        hosts.append(parts.netloc.rpartition(":")[0])
    return [f"{parts.scheme}://{host}{rest}" for host in hosts]


def read_form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form, empty ones too: they are signed as well. Raises `ValueError` for what is none."""
    return parse_qsl(
        body.decode(), keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=MOST_FIELDS
    )


def read_status(fields: Fields, message_id: str, now: datetime) -> CallbackEvent | None:
    """What a status callback says; None if it names no text. `message_id`: ours, from the callback's address.

    Twilio tells no time: it is the time when it was heard.
    """
    told = dict(fields)
    sid, status = told.get("MessageSid") or told.get("SmsSid", ""), told.get("MessageStatus") or told.get("SmsStatus", "")
    if not sid or not status:
        return None
    code = told.get("ErrorCode", "")
    return CallbackEvent(
        provider=NAME,
        event_id=clean(f"{sid}:{status}")[:LONGEST_ID],
        message_id=_uuid(message_id),
        provider_id=clean(sid),
        kind=clean(status)[:40],
        at=now,
        state=STATES.get(status),
        code=_reason(code),
        error=error_text(code),
        cause=Cause.STOP if code == OPTED_OUT else Cause.INVALID if code in NO_SUCH_NUMBER else None,
    )


def read_inbound(fields: Fields) -> InboundText | None:
    """A text that came in; None if it names none or comes from nobody."""
    told = {name: clean(value) for name, value in fields}
    sid, sender = told.get("MessageSid") or told.get("SmsSid", ""), told.get("From", "")
    if not sid or not sender:
        return None
    media = told.get("NumMedia", "")
    return InboundText(
        provider=NAME,
        provider_id=sid[:LONGEST_SID],
        from_number=sender,
        to=(told.get("To", ""), told.get("MessagingServiceSid", "")),
        body=told.get("Body", ""),
        opt_out_type=told.get("OptOutType", ""),
        pictures=int(media) if media.isdecimal() and len(media) < 3 else 0,
    )


def error_text(code: str) -> str:
    """ "The phone could not be reached: … (Twilio 30003)"."""
    number = clean(code)[:10]
    if not number or number == "0":
        return ""
    return f"{ERRORS[number]} (Twilio {number})" if number in ERRORS else f"Twilio {number}"


def clean(text: str) -> str:
    """Without what PostgreSQL can't keep: NUL."""
    return text.replace("\0", "").strip()


def _reason(code: str) -> Reason:
    if code == OPTED_OUT:
        return Reason.OPTED_OUT
    return Reason.INVALID_ADDRESS if code in NO_SUCH_NUMBER else Reason.UNDELIVERED


def _tail(fields: Fields) -> str:
    """Each name once for each of its different values, both sorted."""
    return "".join(name + value for name, value in sorted(set(fields)))


def _sign(token: str, text: str) -> bytes:
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1"))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
