"""Any system that can post JSON or a form, and sign nothing: all that protects it is that nobody guesses the address."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from portal.integrations.ats import own_shape
from portal.integrations.ats.signatures import body_key
from portal.integrations.ats.system import Leaving, Nothing, Reading, Sent, System
from portal.integrations.ats.words import Reason


def parse(body: bytes) -> Any:
    """JSON, or a form's fields."""
    if body.lstrip()[:1] in {b"{", b"["}:
        return msgspec.json.decode(body)
    return dict(parse_qsl(body.decode(), strict_parsing=True, max_num_fields=100))


def describe(sent: Sent, payload: Any) -> tuple[str, str]:
    return own_shape.event_of(payload), body_key(sent)


def read(event: str, payload: Any) -> Reading:
    """An address can leak, so nobody is erased on its word alone."""
    reading = own_shape.read(event, payload)
    return Nothing(Reason.UNSIGNED_REMOVAL) if isinstance(reading, Leaving) else reading


SYSTEM = System(
    key="plain",
    name="Any system, unsigned",
    summary="For systems that can only post to an address. They can bring people in; nobody is erased without a signature.",
    steps=(
        "Have the system post JSON, or a form, to {url}",
        *own_shape.STEPS,
        "Whoever knows this address can add people. Treat it like a password, and have a new one made when it got out.",
    ),
    verify=lambda sent, secrets, now: None,
    parse=parse,
    describe=describe,
    read=read,
    takes_our_jobs=True,
)
