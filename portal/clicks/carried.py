"""What fills the landing page's form, on its way there: sealed, so that no address, log or neighbour can read it, for an hour,
so that a page that was passed on is soon an empty one. It needs no cookie; in-app browsers keep those apart, or not at all.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from portal import crypto
from portal.clicks.prefill import Field, read

NAME = "filled"
"""Of the parameter."""
LIFE = timedelta(hours=1)
PURPOSE = "prefill"


def parcel(query: str, now: datetime) -> str:
    """What `query` fills in; empty for nothing."""
    return seal(read(query).values, now)


def seal(values: Mapping[Field, str], now: datetime) -> str:
    """Letters, digits, ``-`` and ``_``; empty for nothing."""
    return crypto.seal(PURPOSE, msgspec.json.encode(values).decode(), now=now).rstrip("=") if values else ""


def unseal(text: str, now: datetime) -> dict[Field, str]:
    """Nothing for what is not ours, or too old."""
    try:
        held = crypto.unseal(PURPOSE, text + "=" * (-len(text) % 4), now=now, life=LIFE)
    except crypto.Unsealable:
        return {}
    return msgspec.json.decode(held, type=dict[Field, str])
