"""A hit: what the redirect, or a landing page, writes down before anybody judges it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class Kind(StrEnum):
    CLICK = "click"
    LANDING = "landing"


class Outcome(StrEnum):
    """What somebody who came through a link was answered."""

    REDIRECTED = "redirected"
    CARD = "card"
    UNKNOWN = "unknown"
    CLOSED = "closed"
    NOT_OPEN = "not_open"
    EXPIRED = "expired"
    PAUSED = "paused"
    NOT_STARTED = "not_started"
    ARCHIVED = "archived"


class Hit(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """One line of `click_journal`: same names, same order. There is no place for an address of a network."""

    id: UUID
    at: datetime
    kind: str
    link_id: UUID | None = None
    click_id: UUID | None = None
    """Of a landing: the click that led there."""
    slug: str = ""
    """Empty for personal links: what they hold is a secret."""
    outcome: str = ""
    method: str = ""
    staff: bool = False
    user_agent: str = ""
    referrer_host: str = ""
    query: str = ""
    purpose: str = ""
    sec_fetch: str = ""
    language: str = ""
    visitor: bytes | None = None


COLUMNS = Hit.__struct_fields__
