"""What a module says of an applicant tracking system. To add one, copy a module beside this one and name it in `registry.py`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from portal.integrations.ats.api import Api
from portal.integrations.ats.words import Reason


class Sent(NamedTuple):
    """What somebody sent to the webhook's address."""

    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


class TheirJob(NamedTuple):
    id: str
    title: str


class Arriving(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody applied there."""

    person: str
    """Their id there."""
    application: str = ""
    """The application's id there, for the API."""
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    jobs: tuple[TheirJob, ...] = ()
    """What they applied for; none where the event names none."""
    can_email: bool = True
    metadata: Mapping[str, object] = {}


class Leaving(NamedTuple):
    """Somebody was removed or made anonymous there."""

    person: str


class Hushed(NamedTuple):
    """Somebody is not to be emailed."""

    person: str


class Merging(NamedTuple):
    """Two of them turned out to be one person."""

    person: str
    into: str


class Nothing(NamedTuple):
    reason: Reason


Reading = Arriving | Leaving | Hushed | Merging | Nothing
Verify = Callable[[Sent, Sequence[str], datetime], Reason | None]
"""Of what was sent, the secrets that hold, and the time: why it is not believed, or None."""


class System(NamedTuple):
    key: str
    """Its word in addresses."""
    name: str
    summary: str
    """What it can do, in a sentence."""
    steps: tuple[str, ...]
    """What to do there, one after the other. ``{url}`` stands for the webhook's address."""
    verify: Verify
    describe: Callable[[Sent, Any], tuple[str, str]]
    """Of a delivery that is believed, and its JSON: the event's name, and what makes a second one a repetition."""
    read: Callable[[str, Any], Reading]
    """Of the event's name and the JSON. May raise LookupError, TypeError or ValueError on what it can't read."""
    parse: Callable[[bytes], Any] = msgspec.json.decode
    signed_with: str = ""
    """What the secret is called there; empty: nothing is signed."""
    signed_hint: str = ""
    fetch: Callable[[Api, Arriving], Awaitable[Arriving]] | None = None
    """Asks the API what the event left out. Raises `api.Trouble`."""
    needs_api: bool = False
    """Whether events carry ids only."""
    api_url: str = ""
    """Where the API is, unless an account has an address of its own."""
    api_hint: str = ""
    handshake: Callable[[Mapping[str, str]], dict[str, str] | None] = lambda headers: None
    """Of the headers of a request by which the system tries whether somebody listens: the headers to answer with."""
    takes_our_jobs: bool = False
    """Whether a job may be named by our own address or id of it."""

    @property
    def signs(self) -> bool:
        return bool(self.signed_with)
