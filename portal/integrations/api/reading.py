"""What a program sent, read strictly: a field that is misspelt, or of the wrong type, is named and not guessed at."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from portal.integrations.api.problems import Code, Refusal, invalid

T = TypeVar("T", bound=msgspec.Struct)

YEARS = range(1970, 2200)
"""Of moments: beyond, no calendar that we use can tell them in every time zone."""
_AT = re.compile(r"(?s)(?P<what>.*?)(?: - at `(?:key in )?\$\.?(?P<where>.*)`)?")
_FIELD = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`")


def read_body(raw: bytes, wanted: type[T]) -> T:
    """Raises `Refusal`."""
    if not raw.strip():
        raise Refusal(Code.MALFORMED, "Send a JSON object as the body.")
    try:
        return _convert(msgspec.json.decode(raw), wanted, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(Code.MALFORMED, "The body is not JSON in UTF-8, or nested too deeply.") from None


def read_query(sent: Mapping[str, list[str]], wanted: type[T]) -> T:
    """Raises `Refusal`."""
    twice = {name: "Give it once." for name, values in sent.items() if len(values) > 1}
    if twice:
        raise invalid(twice)
    return _convert({name: values[0] for name, values in sent.items()}, wanted, strict=False)


def _convert(sent: object, wanted: type[T], *, strict: bool) -> T:
    unusable = dict.fromkeys(_with_nul(sent, ""), "It holds a character that can't be stored (U+0000).")
    if unusable:
        raise invalid(unusable)
    try:
        read = msgspec.convert(sent, wanted, strict=strict)
    except msgspec.ValidationError as error:
        raise invalid({_at_row(sent, wanted, where): what for where, what in _said(str(error)).items()}) from None
    far = {name: "Give a moment between 1970 and 2200." for name, value in _moments(read) if value.year not in YEARS}
    if far:
        raise invalid(far)
    return read


def _said(text: str) -> dict[str, str]:
    """The field and a sentence, out of what msgspec says: ``Expected `str`, got `int` - at `$.name```."""
    found = _AT.fullmatch(text)
    what, where = (found["what"], found["where"] or "") if found else (text, "")
    if field := _FIELD.fullmatch(what):
        path = ".".join(part for part in (where, field["name"]) if part)
        return {path: "It is missing." if field["what"] == "missing required" else "There is no such field."}
    return {where or "body": f"{what.replace('`', '')}."}


def _at_row(sent: object, wanted: type[T], where: str) -> str:
    """`where` with the number of the row, which msgspec leaves out: ``data[3].name`` for ``data[...].name``."""
    name, rows, rest = where.partition("[...]")
    many = sent.get(name) if rows and isinstance(sent, dict) else None
    for number, one in enumerate(many if isinstance(many, list) else []):
        try:
            msgspec.convert({name: [one]}, wanted)
        except msgspec.ValidationError:
            return f"{name}[{number}]{rest}"
    return where


def _with_nul(sent: object, where: str) -> Iterator[str]:
    """PostgreSQL stores no text that holds one."""
    if isinstance(sent, str) and "\0" in sent:
        yield where
    elif isinstance(sent, list):
        for number, one in enumerate(sent):
            yield from _with_nul(one, f"{where}[{number}]")
    elif isinstance(sent, dict):
        for name, one in sent.items():
            yield from _with_nul(name, where or "body")
            yield from _with_nul(one, f"{where}.{name}".strip("."))


def _moments(read: msgspec.Struct) -> Iterator[tuple[str, datetime]]:
    for name in read.__struct_fields__:
        value = getattr(read, name)
        if isinstance(value, datetime):
            yield name, value


def utc(at: datetime) -> datetime:
    """As it is kept."""
    return at.astimezone(UTC)
