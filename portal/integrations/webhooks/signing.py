"""Signatures by Standard Webhooks: HMAC-SHA256 over ``{id}.{timestamp}.{body}``, one for each secret that holds now.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"
BYTES = 32
"""Of a secret; the specification asks for 24 to 64."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def headers(message_id: str, body: str, keys: Iterable[str], now: datetime) -> dict[str, str]:
    """What goes along with `body`. `keys`: the secret, and after a rotation the one before it."""
    at = now.astimezone(UTC)  # the library takes any time for one in UTC
    signatures = [Webhook(key).sign(message_id, at, body) for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json; charset=utf-8",
    }
