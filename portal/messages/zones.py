"""Where somebody may be: the time zones that quiet hours are read in.

What the person chose comes first, then what their browser told, the job's place, their phone number, the workspace. Whoever
can't be placed in one zone is in several, and all of them must allow a message.
"""

from collections.abc import Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone

LAST_RESORT = "UTC"
UNKNOWN = "Etc/Unknown"
"""What `phonenumbers` says of a number that it can't place. It is no zone, though some copies of the tz database have it."""


def zones_of(*, chosen: str, browser: str, job: str, phone: str, workspace: str) -> tuple[str, ...]:
    """The zones of the first source that names a valid one. `job`: empty where the job has no place; `phone`: E.164 or empty.

    Never empty; names that no clock knows are passed over.
    """
    for names in ((chosen,), (browser,), (job,)):
        if found := _valid(names):
            return found
    return _valid(_of_number(phone)) or _valid((workspace,)) or (LAST_RESORT,)


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether `name` is a zone of the tz database. Empty names and paths are none."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, a folder
        return False
    return True


def _valid(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name and name != UNKNOWN and is_zone(name))


@lru_cache(maxsize=1024)
def _of_number(phone: str) -> tuple[str, ...]:
    """Where a number may be in use: a mobile number of a large country is in all of its zones, an unknown one in none."""
    try:
        return tuple(timezone.time_zones_for_number(phonenumbers.parse(phone))) if phone else ()
    except phonenumbers.NumberParseException:
        return ()
