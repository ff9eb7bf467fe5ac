"""Keys and tokens, all grown from the one secret of the installation."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from functools import cache

from cryptography.fernet import Fernet, InvalidToken

from portal.settings import settings


class Unsealable(Exception):
    """Not sealed by this installation for this purpose, or too long ago: after a change of the secret key, ask for it again."""


@cache
def key(purpose: str) -> bytes:
    """32 bytes that serve `purpose` alone, so that a token made for one thing never opens another."""
    return hmac.digest(settings().secret_key.encode(), purpose.encode(), "sha256")


def token(purpose: str, *parts: object) -> str:
    """26 letters and digits (130 bits) that only this installation can make from `parts`, and always makes the same.

    Lower-case base32 (RFC 4648), so that it survives being typed, and apps that change the case of addresses.
    """
    mac = hmac.digest(key(purpose), "\0".join(str(part) for part in parts).encode(), "sha256")
    return base64.b32encode(mac).decode().lower()[:26]


def digest(token: str) -> bytes:
    """What is stored of a token: enough to find it, useless to whoever reads the table."""
    return hashlib.sha256(token.encode()).digest()


def address_hash(address: str) -> bytes:
    """A keyed hash of an email address or number, which outlives the erasure of the address itself."""
    return hmac.digest(key("address"), address.encode(), "sha256")


def seal(purpose: str, text: str, *, now: datetime) -> str:
    """`text` so that only this installation can read it again: letters, digits, ``-``, ``_`` and ``=``, about a third longer.

    Fernet (AES-128-CBC and HMAC-SHA256, https://github.com/fernet/spec): nobody changes it unnoticed,
    and it tells when it was made.
    """
    return _fernet(purpose).encrypt_at_time(text.encode(), int(now.timestamp())).decode()


def unseal(purpose: str, sealed: str, *, now: datetime | None = None, life: timedelta | None = None) -> str:
    """What was sealed for `purpose`; with `life`, only while it is younger than that at `now`. Raises `Unsealable`."""
    try:
        if life is None or now is None:
            return _fernet(purpose).decrypt(sealed).decode()
        return _fernet(purpose).decrypt_at_time(sealed, int(life.total_seconds()), int(now.timestamp())).decode()
    except (InvalidToken, ValueError) as error:
        raise Unsealable(purpose) from error


@cache
def _fernet(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key(f"seal {purpose}")))
