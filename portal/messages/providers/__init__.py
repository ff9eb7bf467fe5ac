"""Who carries messages: one module each.

To add one: a module with a class that has `name`, `send` and `look` as `Provider` says, a line in `CARRIERS` and one in `make`.
SDKs are imported inside of them when they are first used, so that the web process never loads them at its start.

What a provider says is sorted into four kinds. It took the message (`Accepted`). It will never take it (`Refused`). It has not
taken it, and may later (`Later`). Nobody knows (`Uncertain`): the request left us, and no answer came that can be understood.
Only what certainly was not taken may be tried again: Twilio and SendGrid have no key against sending twice.
"""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Protocol
from uuid import UUID

import msgspec

from portal.messages.words import Channel
from portal.settings import Settings, settings


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """Which message was handed over."""

    message_id: UUID
    workspace_id: UUID
    application_id: UUID
    channel: Channel
    subject: str
    attempt: int = 0
    """Which hand-over of the message this is, counted from 1; 0: whichever."""


class Outgoing(Handed, frozen=True, kw_only=True):
    """A message as it was handed over: stored before it is sent, so that what was sent is what is shown."""

    to_address: str
    to_name: str
    from_name: str
    text: str
    html: str
    provider: str
    from_address: str = ""
    """The number or address that it comes from; empty when nobody can answer it."""
    reply_to: str = ""
    unsubscribe_url: str = ""
    """Takes the POST of RFC 8058; for emails."""
    valid_until: datetime | None = None
    """After this it must not arrive any more: the end of the hours in which the person may be written to."""


class Letter(Protocol):
    """What a provider needs to know of whatever it carries: a message to a candidate, a report to a member."""

    @property
    def message_id(self) -> UUID: ...
    @property
    def workspace_id(self) -> UUID: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def to_address(self) -> str: ...
    @property
    def to_name(self) -> str: ...
    @property
    def from_name(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def from_address(self) -> str: ...
    @property
    def reply_to(self) -> str: ...
    @property
    def unsubscribe_url(self) -> str: ...
    @property
    def valid_until(self) -> datetime | None: ...


class Accepted(msgspec.Struct, frozen=True):
    """The provider has it. `provider_id`: its name for it."""

    provider_id: str


class Fault(StrEnum):
    """Why a provider will not send a message, as far as it matters to us."""

    OPTED_OUT = "opted_out"
    """The person told the provider to stop: Twilio's 21610."""
    INVALID_ADDRESS = "invalid_address"
    """Nobody can be reached there: Twilio's 21211."""
    OTHER = "other"


class Refused(Exception):
    """The provider will not send it, and has not; the text says why."""

    def __init__(self, text: str, fault: Fault = Fault.OTHER) -> None:
        super().__init__(text)
        self.fault = fault


class Later(Exception):
    """The provider has not taken it and will not have sent it: too many requests, or nobody could be reached. It may be tried
    again; not before `seconds` have passed, if the provider said so."""

    def __init__(self, text: str, seconds: float | None = None) -> None:
        super().__init__(text)
        self.seconds = seconds


class TooMany(Later):
    """Too many requests: whoever sends from there waits a while."""


class Unreachable(Later):
    """No connection could be made."""


class SenderUnusable(Later):
    """The provider sends nothing from this number or address: others are not concerned."""


class Unusable(Later):
    """The provider sends nothing for us as it is set up: a wrong key, an account that is closed. It fails nobody's message."""


class Uncertain(Exception):
    """Nobody can say whether the provider has it: a time-out, a lost connection. It is not sent again by itself."""


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """A message whose fate is unknown, as a provider can be asked about it."""

    to_address: str
    from_address: str
    link: str
    """The personal URL in its text, which no other message has."""
    not_before: datetime


class Found(msgspec.Struct, frozen=True):
    """What the provider has. `state`: sent, delivered or failed; `error`: its reason, when it failed."""

    provider_id: str
    state: str
    error: str = ""


class Provider(Protocol):
    @property
    def name(self) -> str: ...

    async def send(self, outgoing: Letter) -> Accepted:
        """Raises `Refused`, `Later` or `Uncertain`. Anything else that is raised, and taking too long, counts as `Uncertain`."""
        ...


class Searching(Protocol):
    """A provider that can be asked afterwards what became of a message."""

    async def find(self, sought: Sought) -> Found | None:
        """None: it does not have it, or not yet. Raises `Later` when it can't be asked."""
        ...


class Carrier(Provider, Protocol):
    async def look(self) -> str:
        """One sentence about what the provider said to our keys. Raises `Later`, whose text says what to do."""
        ...


CARRIERS = {Channel.EMAIL: ("sendgrid", "smtp", "outbox"), Channel.SMS: ("twilio", "outbox")}
"""Of each channel, best first: the first one that is set up carries, unless a workspace chooses another."""


def missing(name: str, given: Settings) -> str:
    """What has to be set before `name` can carry anything; empty when nothing has to. The demo's people are made up, but their
    addresses might be somebody's: nobody carries anything there."""
    if given.demo and name != "outbox":
        return "PORTAL_DEMO=0"
    wanted = {
        "sendgrid": ("SENDGRID_API_KEY", given.sendgrid_api_key),
        "smtp": ("PORTAL_SMTP_URL", given.smtp_url),
        "twilio": ("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN", given.twilio_account_sid),
    }
    variable, value = wanted.get(name, ("", "set"))
    return "" if value else variable


def usual(channel: Channel, given: Settings) -> str:
    """The name of who carries `channel` where no workspace says otherwise."""
    return next(name for name in CARRIERS[channel] if not missing(name, given))


@cache
def carrier(name: str) -> Carrier:
    """The provider of that name, bare: neither paced nor watched. One for each process, which keeps its connections."""
    return make(name, settings())


def make(name: str, given: Settings) -> Carrier:
    """Raises `ValueError` for a name that nobody has."""
    if name == "smtp":
        from portal.messages.providers.smtp import Smtp

        return Smtp(given)
    if name == "sendgrid":
        from portal.messages.providers.sendgrid import SendGrid

        return SendGrid(given)
    if name == "twilio":
        from portal.messages.providers.twilio import Twilio

        return Twilio(given)
    if name == "outbox":
        from portal.messages.providers.outbox import Outbox

        return Outbox()
    raise ValueError(name)
