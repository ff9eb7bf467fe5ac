"""Passwords: what is refused, and how they are kept (argon2id)."""

import asyncio
import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.accounts.common_passwords import WHOLE, WORDS

SHORTEST = 10
LONGEST = 200
"""Long enough for any sentence; a bound, so that nobody keeps the machine busy with a book."""

# 19 MiB, two passes, one lane: the least that OWASP's Password Storage Cheat Sheet names for argon2id.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_DISGUISES = str.maketrans("@$013457", "asoieast")


def wrong_with(password: str, email: str) -> str:
    """One sentence that says why `password` can't be the one of `email`; empty when it can."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters. A few words that don't belong together are easy to keep in mind."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if password.lower().strip() in {email, email.partition("@")[0]}:
        return "Choose something other than the email address."
    if is_common(password):
        return "This is among the first passwords that others would try. Choose another."
    return ""


def is_common(password: str) -> bool:
    """Whether it is one that is tried first, also in a thin disguise (`P@ssw0rd123`)."""
    plain = password.lower().strip()
    core = re.sub(r"^[^a-z@$]+|[^a-z@$]+$", "", plain)
    return len(set(plain)) < 4 or plain in WHOLE or core in WORDS or core.translate(_DISGUISES) in WORDS


async def hash_password(password: str) -> str:
    """What is stored of it. In a thread, since it takes some 30 ms of computing on purpose."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def verify(password_hash: str, password: str) -> bool:
    """Whether `password` is the one. An empty hash is nobody's, and takes as long to find out."""
    if len(password) > LONGEST:
        return False
    return await asyncio.to_thread(_matches, password_hash, password)


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other costs than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _decoy(), password) and password_hash != ""
    except (VerificationError, InvalidHashError):
        return False


@cache
def _decoy() -> str:
    """A hash to check against when there is none, so that the time taken does not tell who is a member."""
    return _HASHER.hash("nobody's password")
