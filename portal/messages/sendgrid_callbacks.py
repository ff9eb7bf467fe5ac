"""What SendGrid's event webhook says, and whether it was SendGrid who said it.

Signed are the timestamp and the raw bytes of the body, with ECDSA on P-256 over SHA-256
(docs.sendgrid.com/for-developers/tracking-events/getting-started-event-webhook-security-features). Old timestamps are believed:
SendGrid repeats for a day, and does not say whether it signs anew. What is repeated has the same `sg_event_id` and is heard once.
"""

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

import msgspec
import structlog
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from portal.messages.callbacks import LONGEST_ID, CallbackEvent
from portal.messages.suppression import Cause
from portal.messages.words import Reason, State

log = structlog.get_logger()

NAME = "sendgrid"
STATES = {
    "processed": State.SENT,
    "delivered": State.DELIVERED,
    "bounce": State.BOUNCED,
    "dropped": State.FAILED,
    "spamreport": State.DELIVERED,
}
"""What each event means for its message. All others mean nothing: `deferred` is tried again by SendGrid itself."""
CAUSES = {
    "spamreport": Cause.COMPLAINED,
    "unsubscribe": Cause.UNSUBSCRIBED,
    "group_unsubscribe": Cause.UNSUBSCRIBED,
}
BLOCKED = "blocked"
"""A bounce of this type is a passing one: the mailbox may be reached again."""
DROPPED = (
    ("bounced address", Cause.BOUNCED, Reason.INVALID_ADDRESS),
    ("spam reporting", Cause.COMPLAINED, Reason.OPTED_OUT),
    ("unsubscribed", Cause.UNSUBSCRIBED, Reason.OPTED_OUT),
    ("invalid", Cause.INVALID, Reason.INVALID_ADDRESS),
)
"""How the reasons of dropped emails begin (the event reference), and what follows from them."""
NOT_THE_ADDRESS = "invalid smtpapi"
"""A fault in what was sent, though its reason begins with a word that stands above."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One event, as far as we read it. `message_id` is our own, which travelled as a custom argument."""

    event: str
    timestamp: int
    sg_event_id: str = ""
    sg_message_id: str = ""
    message_id: str = ""
    type: str = ""
    reason: str = ""
    response: str = ""
    sg_machine_open: bool = False


def is_signed(public_key: str, signature: str, timestamp: str, body: bytes) -> bool:
    """Whether `body` was signed by who holds the private half of `public_key` (base64 of DER, as SendGrid shows it)."""
    try:
        given = base64.b64decode(signature, validate=True)
        _key(public_key).verify(given, timestamp.encode("latin-1") + body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@lru_cache(maxsize=2)
def _key(public_key: str) -> ec.EllipticCurvePublicKey:
    """Raises `ValueError` for what is no key of that kind."""
    try:
        key = load_der_public_key(base64.b64decode(public_key, validate=True))
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("not a key on an elliptic curve")
    return key


def read(body: bytes) -> list[CallbackEvent]:
    """The events of a batch. One that can't be read is left out, so that it does not hold up the others for a day.

    Raises `ValueError` for what is no batch at all.
    """
    batch = msgspec.json.decode(body, type=list[msgspec.Raw])
    found = [_read_one(bytes(raw)) for raw in batch]
    return [event for event in found if event is not None]


def _read_one(raw: bytes) -> CallbackEvent | None:
    try:
        said = msgspec.json.decode(raw, type=Said, strict=False)
        at = datetime.fromtimestamp(said.timestamp, UTC)
    except (ValueError, OverflowError, OSError) as error:
        log.warning("event not read", provider=NAME, error=repr(error))
        return None
    cause, code = _what_follows(said)
    return CallbackEvent(
        provider=NAME,
        event_id=_event_id(said, raw),
        message_id=_uuid(said.message_id),
        provider_id=clean(said.sg_message_id).partition(".")[0],
        kind="machine_open" if said.event == "open" and said.sg_machine_open else clean(said.event)[:40],
        at=at,
        state=STATES.get(said.event),
        code=code,
        error=clean(said.reason or said.response),
        cause=cause,
        is_open=said.event == "open",
        by_machine=said.sg_machine_open,
    )


def _what_follows(said: Said) -> tuple[Cause | None, Reason]:
    """For the address, and for the message's reason."""
    if said.event == "bounce":
        return (None, Reason.UNDELIVERED) if said.type == BLOCKED else (Cause.BOUNCED, Reason.INVALID_ADDRESS)
    if said.event == "dropped":
        reason = said.reason.lower()
        for beginning, cause, code in DROPPED:
            if reason.startswith(beginning) and not reason.startswith(NOT_THE_ADDRESS):
                return cause, code
        return None, Reason.REFUSED
    return CAUSES.get(said.event), Reason.UNDELIVERED


def _event_id(said: Said, raw: bytes) -> str:
    """Without an id of SendGrid's, or with an endless one, the same words are the same event."""
    given = clean(said.sg_event_id)
    return given if 0 < len(given) <= LONGEST_ID else hashlib.sha256(raw).hexdigest()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def clean(text: str) -> str:
    """On one line, without what PostgreSQL can't keep: NUL."""
    return " ".join(text.replace("\0", " ").split())
