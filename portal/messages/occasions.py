"""The occasions that have a text of their own, and what a text consists of."""

from enum import StrEnum

import msgspec


class TextKind(StrEnum):
    """The occasions that have a text of their own."""

    INVITE = "invite"
    LINK = "link"
    MORE_TIME = "more_time"
    NEVER_FIRST = "never_first"
    NEVER_SECOND = "never_second"
    NEVER_LATER = "never_later"
    NEVER_DEADLINE = "never_deadline"
    UNFINISHED_FIRST = "unfinished_first"
    UNFINISHED_SECOND = "unfinished_second"
    UNFINISHED_LATER = "unfinished_later"
    UNFINISHED_DEADLINE = "unfinished_deadline"
    MANUAL = "manual"


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """One text for one channel, as templates over `fields.Fields`. For text messages, subject and button are empty."""

    body: str
    """Empty lines part paragraphs."""
    subject: str = ""
    button: str = ""
    brief: str = ""
    """A shorter body, for where a text message would not fit into one."""


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Our own text of one occasion in one language: for emails, and for text messages in full and in brief."""

    subject: str
    lines: tuple[str, ...]
    button: str
    sms: tuple[str, str]
