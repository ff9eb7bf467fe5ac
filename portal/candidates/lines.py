"""People as they are pasted: out of a spreadsheet, or out of a mail."""

import csv
import re
from collections.abc import Sequence

import msgspec

from portal.candidates.columns import EMAIL, Field, guess, has_heads, is_phone, values_of

MOST_LINES = 200
"""At once, by hand; more come as a file."""
TOKEN = re.compile(r'"(?:[^"]|"")*"[^,;|\t]*|[^,;|\t]+')
NUMBER = re.compile(r"(?:tel:)?\+?\(?\d[\d\s().\-/]{5,22}\d$")
EDGES = " <>()[]\t\"'“”:"


class TypedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed of one person, as it is understood. `text`: the very words."""

    text: str
    name: str = ""
    email: str = ""
    phone: str = ""


def read_lines(text: str) -> list[TypedPerson]:
    """A person for each line, and for each address where a line holds several. A first line that only names columns names them
    for the lines below."""
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    if table := _table(lines):
        return table
    return [person for line in lines for person in _read_line(line)]


def _table(lines: Sequence[str]) -> list[TypedPerson]:
    """Rows under a head; nothing if the first line is none."""
    mark = next((mark for mark in "\t;," if lines and mark in lines[0]), "")
    if len(lines) < 2 or not mark or not has_heads([lines[0]]):
        return []
    rows = list(csv.reader(lines, delimiter=mark))
    fields = guess(rows[0], [])
    if Field.EMAIL not in fields:
        return []
    values = [values_of(fields, row) for row in rows[1:]]
    return [
        TypedPerson(text=line, name=value[Field.NAME], email=value.get(Field.EMAIL, ""), phone=value.get(Field.PHONE, ""))
        for line, value in zip(lines[1:], values, strict=False)
    ]


def _read_line(line: str) -> list[TypedPerson]:
    tokens = [token.strip() for token in TOKEN.findall(line) if token.strip()]
    several = "\t" not in line and len(EMAIL.findall(line)) > 1
    groups: list[list[str]] = [[]]
    for token in tokens:
        begun = any(EMAIL.search(part) for part in groups[-1])
        if several and begun and not is_phone(token):
            groups.append([])
        groups[-1].append(token)
    people = [_read_group(group) for group in groups]
    return people if several else [msgspec.structs.replace(people[0], text=line.strip())]


def _read_group(tokens: list[str]) -> TypedPerson:
    """One person's words in any order: address and number are known by their looks, what stands before them is the name."""
    names: list[str] = []
    email = phone = ""
    in_brackets = False
    for token in tokens:
        address = next((word for word in token.split() if "@" in word), "") if not email else ""
        rest = token.replace(address, " ") if address else token
        number = found[0] if not phone and (found := NUMBER.search(rest.strip(EDGES))) and is_phone(found[0]) else ""
        rest = rest.replace(number, " ") if number else rest
        email, phone = email or address.strip(EDGES).removeprefix("mailto:").strip("."), phone or number.strip()
        in_brackets = in_brackets or address.startswith("<")
        is_more = bool(names) and bool(email or phone) and not (address or number)
        if rest.strip(EDGES) and not is_more:
            names.append(" ".join(rest.strip(EDGES).split()))
    return TypedPerson(text=", ".join(tokens), name=_name(names, in_brackets), email=email, phone=phone)


def _name(parts: list[str], in_brackets: bool) -> str:
    """ "Duarte, Ana <…>" is how mail programmes write Ana Duarte; beside a bare address the words are in order."""
    if len(parts) == 1 and "," in parts[0]:
        parts, in_brackets = [part.strip() for part in parts[0].split(",", 1)], True
    return " ".join(reversed(parts) if in_brackets and len(parts) == 2 else parts)
