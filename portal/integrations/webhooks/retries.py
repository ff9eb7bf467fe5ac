"""When a delivery that failed is tried again. The waits are those that Standard Webhooks proposes: a little over three days."""

import email.utils
from datetime import UTC, datetime, timedelta

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After the first try, the second, and so on; after the last of these waits comes the last try."""
JITTER = 0.2
"""Up to so much longer, so that what failed together does not come back together."""
MOST_ASKED = timedelta(days=1)
"""The longest rest that a receiver can ask for."""


def next_try(tries: int, now: datetime, *, chance: float, asked: timedelta | None = None) -> datetime | None:
    """When to try again after `tries` that failed; None when that was the last. `chance`: from 0 to 1. `asked`: how long the
    receiver wants to be left alone."""
    if tries > len(WAITS):
        return None
    wait = WAITS[max(tries, 1) - 1] * (1 + JITTER * chance)
    return now + max(wait, asked or timedelta())


def read_retry_after(text: str, now: datetime) -> timedelta | None:
    """What a ``Retry-After`` asks for (RFC 9110, 10.2.3): seconds or a date; None for what is neither, or past."""
    if text.strip().isdecimal() and len(text) < 12:
        asked = timedelta(seconds=int(text))
    else:
        try:
            date = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        asked = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    return min(asked, MOST_ASKED) if asked > timedelta() else None
