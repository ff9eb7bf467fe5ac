"""What a link says about who taps it, for the landing page's form: ``?name={{CANDIDATE_NAME}}&email=…``.

It fills the form and proves nothing: anybody can write an address. Personal data stands in the tap's address and in nothing that
is kept: the journal gets what `stored` leaves of it, and the landing page a sealed parcel (`carried`).
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from urllib.parse import quote

import msgspec

from portal.clicks.parameters import KEPT, PRESENT_ONLY
from portal.clicks.tokens import decoded, harmless, unreplaced


class Field(StrEnum):
    """In the order in which a link carries them: what may hold a space stands last, since there some apps cut an address."""

    EMAIL = "email"
    PHONE = "phone"
    EXTERNAL_ID = "external_id"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    NAME = "name"


FIELDS = frozenset(field.value for field in Field)
OURS = frozenset({"click", "via", "filled"})
"""Names that the redirect adds, for the landing page."""
LONGEST = {Field.EMAIL: 254, Field.PHONE: 40, Field.EXTERNAL_ID: 200}
LONGEST_NAME = 120
LONGEST_QUERY, MOST = 4000, 40
"""Of what is read; the rest of a query is left alone."""
GIVEN, LEFT = "given", "left:"
"""What the journal holds instead of a person's name or address, and before a merge field that was not replaced."""
PERSONAL = frozenset(name.encode() for name in FIELDS)
ADDRESS = re.compile(r"\S@\S")


class Prefill(msgspec.Struct, frozen=True):
    """What a query fills in, and what is wrong with it."""

    values: dict[Field, str]
    unreplaced: dict[Field, str]
    """The merge field that still stands where a value should."""
    dropped: list[str]
    """Names of parameters that nothing is made of."""


def may_be_personal(query: bytes) -> bool:
    """Whether it may hold anything about a person. Quick, since every tap with a query is asked: 2 microseconds."""
    if b"@" in query or b"%40" in query:
        return True
    names = [pair.partition(b"=")[0] for pair in query.lower().split(b"&")]
    return not PERSONAL.isdisjoint(names) or (b"%" in query and b"%" in b"".join(names))


def read(query: str) -> Prefill:
    """The last value of a name counts. Nonsense gives nothing."""
    values: dict[Field, str] = {}
    wrong: dict[Field, str] = {}
    dropped: dict[str, None] = {}
    for name, raw in _pairs(query):
        if name not in FIELDS:
            dropped |= {} if name in KEPT | PRESENT_ONLY | OURS else {name: None}
            continue
        field = Field(name)
        token = unreplaced(raw)
        values[field], wrong[field] = "" if token else _value(field, raw), token
    return Prefill({f: v for f, v in values.items() if v}, {f: t for f, t in wrong.items() if t}, list(dropped))


def stored(query: str) -> str:
    """`query` with nothing about a person in it: of fields only that they came, or the merge field that stands there."""
    kept = []
    for name, raw in _pairs(query):
        if name in FIELDS and raw:
            token = harmless(unreplaced(raw))
            kept.append(f"{name}={LEFT}{quote(token, safe='')}" if token else f"{name}={GIVEN}")
        elif name in KEPT | PRESENT_ONLY and not ADDRESS.search(decoded(raw)):
            kept.append(f"{name}={raw}")
    return "&".join(kept)


def kept_fields(query: str) -> dict[Field, str]:
    """Of a `stored` query: each field that came, with the merge field that stood there, or nothing."""
    if f"={GIVEN}" not in query and f"={LEFT}" not in query:
        return {}
    return {
        Field(name): decoded(raw.removeprefix(LEFT)) if raw.startswith(LEFT) else ""
        for name, raw in _pairs(query)
        if name in FIELDS and (raw == GIVEN or raw.startswith(LEFT))
    }


def full_name(values: Mapping[Field, str]) -> str:
    """As the form asks for it."""
    parts = (values.get(Field.FIRST_NAME, ""), values.get(Field.LAST_NAME, ""))
    return values.get(Field.NAME, "") or " ".join(part for part in parts if part)


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    """Names in small letters, and values as they came. Some mail programmes turn ``&`` into ``&amp;``."""
    for pair in query[:LONGEST_QUERY].replace("&amp;", "&").split("&", MOST)[:MOST]:
        name, _, raw = pair.partition("=")
        yield decoded(name).strip().lower(), raw


def _value(field: Field, raw: str) -> str:
    text = decoded(raw)
    if field in {Field.EMAIL, Field.PHONE}:
        text = re.sub(r"(?<=\w) (?=\S+@)|^ (?=\d)", "+", text)  # a plus that was not encoded reads as a space
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clean if len(clean) <= LONGEST.get(field, LONGEST_NAME) else ""
