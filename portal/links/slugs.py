"""Slugs: what stands behind the host in a short link."""

import re
from collections.abc import Set
from enum import StrEnum
from functools import lru_cache
from itertools import chain, count

from slugify import slugify

from portal.web.forms import Invalid

RESERVED = frozenset(
    {
        "app",
        "apply",
        "i",
        "p",
        "my-data",
        "api",
        "hooks",
        "health",
        "ready",
        "metrics",
        "schema",
        "static",
        "brand",
        "card",
        "jobs",
    }
    | {"favicon.ico", "robots.txt"}
)
"""First parts of addresses that are the portal's own."""

SHORTEST, LONGEST = 2, 60
LONGEST_NAME = 20
"""Of the job's name in a proposed slug: with the code it still fits on a poster."""
ROOM_FOR_A_NUMBER = 5

SHAPE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
TOKEN = re.compile(r"[a-z2-7]{26}")
"""A personal link's secret (`portal.crypto.token`)."""

STOP_WORDS = (
    "a",
    "an",
    "and",
    "as",
    "at",
    "for",
    "in",
    "m",
    "w",
    "d",
    "f",
    "x",
    "of",
    "on",
    "or",
    "the",
    "to",
    "with",
    "und",
    "fur",
)


class SlugFault(StrEnum):
    """Why a slug can't be used, in the sentence that people read."""

    SHORT = "Use at least 2 characters."
    LONG = "Use at most 60 characters."
    UNSAFE = "Use small letters, digits and single hyphens between them, such as nurse-leeds."
    RESERVED = "The portal uses this address itself. Choose another."
    PERSONAL = "This looks like somebody's personal link. Choose something shorter, or with a hyphen."
    TAKEN = "Another link has this address already. Choose another."
    ARCHIVED = "An archived link had this address, and old posts still lead to it. Choose another."


def check_slug(text: str) -> str:
    """`text` as a slug, in small letters. Raises `Invalid` (field ``slug``) with the sentence of a `SlugFault`.

    Whether another link has it already is for the database to say: see `making.plan`.
    """
    slug = cleaned(text)
    if fault := fault_of(slug):
        raise Invalid({"slug": fault.value})
    return slug


def cleaned(text: str) -> str:
    """As people type it, without what doesn't count."""
    return text.strip().strip("/").lower()


def fault_of(slug: str) -> SlugFault | None:
    """The first thing that is wrong with `slug` itself."""
    if len(slug) < SHORTEST:
        return SlugFault.SHORT
    if len(slug) > LONGEST:
        return SlugFault.LONG
    if slug in RESERVED:
        return SlugFault.RESERVED
    if not SHAPE.fullmatch(slug):
        return SlugFault.UNSAFE
    return SlugFault.PERSONAL if is_token(slug) else None


def is_token(text: str) -> bool:
    """Whether it has the shape of a personal link's token."""
    return TOKEN.fullmatch(text) is not None


@lru_cache(maxsize=500)
def short_name(title: str) -> str:
    """A job's title in a few letters: "Night nurse (m/f/d)" gives ``night-nurse``. Never empty."""
    plain = re.sub(r"\([^)]*\)", " ", title)
    words = slugify(plain, stopwords=STOP_WORDS, max_length=LONGEST_NAME, word_boundary=True, save_order=True)
    return words or slugify(title, max_length=LONGEST_NAME) or "job"


def proposal(title: str, code: str, taken: Set[str], label: str = "", campaign: str = "") -> str:
    """A free slug for a link of this job in this channel. Where `taken` has it, the campaign's code is added, then a number."""
    extra = slugify(label, max_length=20, word_boundary=True)
    shortened = slugify(campaign, max_length=20, word_boundary=True)
    bases = [_joined(short_name(title), code, extra), _joined(short_name(title), code, extra, shortened)]
    candidates = chain(dict.fromkeys(bases), (f"{bases[-1]}-{number}" for number in count(2)))
    return next(slug for slug in candidates if slug not in taken and not fault_of(slug))


def _joined(*parts: str) -> str:
    return "-".join(part for part in parts if part)[: LONGEST - ROOM_FOR_A_NUMBER].strip("-")
