"""Addresses that members put on the list themselves: one, or a whole list pasted."""

import re
from datetime import datetime

import msgspec

from portal import db
from portal.accounts.access import SignedIn
from portal.accounts.workspaces import get_workspace
from portal.candidates.addresses import read_email, read_phone
from portal.messages import suppression
from portal.messages.suppression import Cause
from portal.messages.words import Channel
from portal.web.forms import Form

MOST = 1_000
LONGEST_NOTE = 200
LEAST_DIGITS = 8
BLANK = " \t,;\"'"
HEADS = frozenset(
    {"address", "addresses", "email", "e-mail", "email address", "mail", "phone", "phone number", "number", "mobile"}
)
SHOWN = 3
"""So many lines that can't be read are named."""


class Address(msgspec.Struct, frozen=True):
    channel: Channel
    text: str


class Added(msgspec.Struct, frozen=True):
    """How many of a list are new on it, and how many stood there before."""

    new: int
    known: int

    @property
    def said(self) -> str:
        if not self.new:
            return "Nothing changed: " + ("it is on the list already." if self.known == 1 else "all are on the list already.")
        told = (
            "1 address is not written to any more." if self.new == 1 else f"{self.new:,} addresses are not written to any more."
        )
        return told + (f" {self.known:,} stood on the list before." if self.known else "")


async def add_by_hand(member: SignedIn, form: Form, now: datetime) -> Added:
    """Put what stands in the fields `addresses` and `note` on the list: all of it or, if one can't be read, nothing.

    Raises `Invalid`.
    """
    country = (await get_workspace(member.workspace_id)).country
    note = form.text("note", longest=LONGEST_NOTE)
    addresses = read_addresses(form, country)
    form.check()
    source = f"{member.name}: {note}" if note else member.name
    async with db.transaction():
        new = [await _add(member, address, source, now) for address in sorted(addresses, key=lambda a: (a.channel, a.text))]
    return Added(new=sum(new), known=len(new) - sum(new))


def read_addresses(form: Form, country: str) -> list[Address]:
    """All addresses of the field, each once. Lines of a CSV are fine: what is neither an address nor a number in them is passed
    over, as long as one is there."""
    lines = [line for line in form.raw("addresses").splitlines() if line.strip(BLANK)]
    found = {line: _read(line, country) for line in lines[: MOST + 1] if not _is_head(line)}
    wrong = [line.strip() for line, addresses in found.items() if not addresses]
    if not found:
        form.wrong("addresses", "Give an email address or a phone number.")
    elif len(lines) > MOST:
        form.wrong("addresses", f"Add at most {MOST:,} lines at once; these are {len(lines):,}.")
    elif wrong:
        form.wrong("addresses", _unreadable(wrong))
    return list(dict.fromkeys(address for addresses in found.values() for address in addresses))


def _read(line: str, country: str) -> list[Address]:
    found = []
    for field in _fields(line):
        if "@" in field:
            found += [Address(Channel.EMAIL, email)] if (email := read_email(field)) else []
        elif sum(c.isdigit() for c in field) >= LEAST_DIGITS:
            found += [Address(Channel.SMS, phone)] if (phone := read_phone(field, country)) else []
    return found


def _fields(line: str) -> list[str]:
    return [field.strip(BLANK + "<>") for field in re.split(r"[,;\t]", line) if field.strip(BLANK + "<>")]


def _is_head(line: str) -> bool:
    """The names of columns, over a list that came out of a spreadsheet."""
    return all(field.lower() in HEADS for field in _fields(line))


def _unreadable(wrong: list[str]) -> str:
    named = ", ".join(f"“{line[:60]}”" for line in wrong[:SHOWN])
    if len(wrong) == 1:
        return f"{named} is neither an email address nor a phone number."
    more = f" and {len(wrong) - SHOWN:,} more" if len(wrong) > SHOWN else ""
    return f"These lines hold neither an email address nor a phone number: {named}{more}."


async def _add(member: SignedIn, address: Address, source: str, now: datetime) -> bool:
    return await suppression.suppress(
        member.workspace_id, address.channel, address.text, cause=Cause.BY_HAND, source=source, now=now, member_id=member.id
    )
