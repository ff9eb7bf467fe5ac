"""Checking signatures. Each is compared in a time that says nothing about where the difference lies."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from portal.integrations.ats.system import Sent
from portal.integrations.ats.words import Reason

AHEAD = timedelta(minutes=5)
"""By so much clocks may differ."""


def hex_hmac(secret: str, *parts: bytes) -> str:
    """HMAC-SHA256 over all `parts`, in hex."""
    return hmac.digest(secret.encode(), b"".join(parts), "sha256").hex()


def body_hmac(header: str, prefix: str) -> Callable[[Sent, Sequence[str], datetime], Reason | None]:
    """The check of a system that sends the HMAC of the raw body in `header`, after `prefix`."""

    def verify(sent: Sent, secrets: Sequence[str], now: datetime) -> Reason | None:
        given = sent.headers.get(header, "")
        if not given:
            return Reason.NO_SIGNATURE
        return among([prefix + hex_hmac(secret, sent.body) for secret in secrets], [given])

    return verify


def among(expected: Sequence[str], given: Sequence[str]) -> Reason | None:
    """None if one of those `given` is one that is `expected`."""
    fits = [hmac.compare_digest(a.encode(), b.strip().encode()) for a in expected for b in given]
    return None if any(fits) else Reason.BAD_SIGNATURE


def age(seconds: str, now: datetime, limit: timedelta) -> Reason | None:
    """Whether a time that was signed, in seconds since 1970, lies within `limit`. What it can't be is a bad signature."""
    try:
        signed = datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return Reason.BAD_SIGNATURE
    return None if now - limit <= signed <= now + AHEAD else Reason.TOO_OLD


def body_key(sent: Sent) -> str:
    """For systems that number nothing: the same body is the same event."""
    return hashlib.sha256(sent.body).hexdigest()
