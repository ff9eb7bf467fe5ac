"""Who carries messages: one module each.

To add one: a module with a class that has `name` and `send` as `Provider` says, and a line in `provider_for`. SDKs are imported
inside `send` or the constructor, so that the web process never loads them.
"""

from typing import Protocol
from uuid import UUID

import msgspec

from portal.messages.words import Channel


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """Which message was handed over."""

    message_id: UUID
    workspace_id: UUID
    application_id: UUID
    channel: Channel
    subject: str


class Outgoing(Handed, frozen=True, kw_only=True):
    """A message as it was handed over: stored before it is sent, so that what was sent is what is shown."""

    to_address: str
    to_name: str
    from_name: str
    text: str
    html: str
    provider: str


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


class Accepted(msgspec.Struct, frozen=True):
    """The provider has it. `provider_id`: its name for it."""

    provider_id: str


class Refused(Exception):
    """The provider will not send it, and has not; the text says why."""


class Uncertain(Exception):
    """Nobody can say whether the provider has it: a time-out, a lost connection. It is not sent again by itself."""


class Provider(Protocol):
    @property
    def name(self) -> str: ...

    async def send(self, outgoing: Letter) -> Accepted:
        """Raises `Refused` or `Uncertain`. Anything else that is raised, and taking too long, counts as `Uncertain`."""
        ...


def provider_for(channel: Channel) -> Provider:
    """Who carries messages of `channel`."""
    from portal.messages.providers.outbox import Outbox

    return Outbox()
