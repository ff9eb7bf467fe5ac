"""Keys and tokens, all grown from the one secret of the installation."""

import base64
import hashlib
import hmac
from functools import cache

from portal.settings import settings


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
