"""Names and addresses as people type them, in the one spelling that is stored."""

import unicodedata
from functools import cache
from zoneinfo import available_timezones

from portal.accounts import emails

LONGEST_NAME = 120
LONGEST_EMAIL = 254
LEAST_DIGITS = 9
"""Of a national number that libphonenumber thinks possible but does not know: its lists lag behind new ranges."""


def read_line(text: str) -> str:
    """One line without invisible characters and stray space, composed (Unicode NFC)."""
    return " ".join(_visible(unicodedata.normalize("NFC", text)).split())


def read_name(text: str) -> str:
    """The same, at most `LONGEST_NAME` characters."""
    return read_line(text)[:LONGEST_NAME].strip()


def better_name(known: str, given: str) -> str:
    """Of two names of one person the fuller: "Ana" gives way to "Ana Duarte", and so does "ANA DUARTE". Else the known stays."""
    old, new = known.casefold().split(), given.casefold().split()
    is_fuller = set(old) < set(new)
    is_better_written = old == new and known in _shouted(known) and given not in _shouted(given)
    return given if is_fuller or is_better_written else known


def same_name(one: str, other: str) -> bool:
    """Whether two names have the same words, in any order and case; two empty ones are no names."""
    return bool(one) and sorted(one.casefold().split()) == sorted(other.casefold().split())


def first_name(name: str) -> str:
    """What a page may call somebody by."""
    return name.split(" ", 1)[0]


def read_email(text: str) -> str | None:
    """Lower case, without space anywhere; None for what can't be an address. Asks no server, guesses nothing."""
    bare = "".join(_visible(text).split())
    return emails.read_email(bare) if len(bare) <= LONGEST_EMAIL else None


def read_phone(text: str, country: str) -> str | None:
    """E.164, read as somebody in `country` (ISO 3166-1) writes it; None for what can't be a number."""
    import phonenumbers

    try:
        number = phonenumbers.parse(_visible(text), country)
    except phonenumbers.NumberParseException:
        return None
    known = phonenumbers.is_valid_number(number)
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not known and not (possible and len(str(number.national_number)) >= LEAST_DIGITS):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_timezone(text: str) -> str:
    """A name of the IANA database, or nothing."""
    return text if text in _timezones() else ""


def read_language(text: str) -> str:
    """A language tag (BCP 47) in lower case, such as ``pt`` or ``pt-br``, or nothing."""
    tag = text.strip().replace("_", "-").lower()
    parts = tag.split("-")
    fits = 2 <= len(parts[0]) <= 3 and all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts)
    return tag if fits else ""


def _shouted(text: str) -> tuple[str, str]:
    return text.upper(), text.lower()


def _visible(text: str) -> str:
    """Without control and format characters (zero-width space, text direction marks), which hide in what is pasted."""
    if text.isprintable():
        return text
    kept = (" " if c in "\t\r\n" else c for c in text)
    return "".join(c for c in kept if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"})


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())
