"""Any system that signs as Standard Webhooks says: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec"""

import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from portal.integrations.ats import own_shape
from portal.integrations.ats.signatures import age, among
from portal.integrations.ats.system import Sent, System
from portal.integrations.ats.values import text
from portal.integrations.ats.words import Reason

OLDEST = timedelta(minutes=5)
"""Each try is signed anew."""
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def verify(sent: Sent, secrets: Sequence[str], now: datetime) -> Reason | None:
    """The library signs; its own check would ask the clock, and stops at the first version that it does not know."""
    given = [one for one in sent.headers.get(SIGNATURE, "").split() if one.startswith("v1,")]
    at = sent.headers.get(TIMESTAMP, "")
    if not given or not sent.headers.get(ID):
        return Reason.NO_SIGNATURE
    if not at.isdecimal() or len(at) > 12:
        return Reason.BAD_SIGNATURE
    signed_at = datetime.fromtimestamp(int(at), UTC)
    return among([one for one in (_sign(secret, sent, signed_at) for secret in secrets) if one], given) or age(at, now, OLDEST)


def _sign(secret: str, sent: Sent, at: datetime) -> str:
    """Empty for what can't be a secret, or be signed."""
    try:
        return Webhook(secret).sign(sent.headers[ID], at, sent.body.decode())
    except (binascii.Error, ValueError, RuntimeError):
        return ""


def describe(sent: Sent, payload: Any) -> tuple[str, str]:
    return own_shape.event_of(payload), text(sent.headers[ID])


SYSTEM = System(
    key="generic",
    name="Any system, signed",
    summary="For systems and scripts that sign as Standard Webhooks says. They can bring people in, and have them erased.",
    steps=(
        "Have the system post JSON to {url}",
        "Sign it as Standard Webhooks (standardwebhooks.com) says, with a secret of the form whsec_…; add the same here.",
        *own_shape.STEPS,
        'A removal has "type": "candidate.deleted", and in "data" the id, or the email where no id was sent.',
    ),
    signed_with="Signing secret",
    signed_hint="Base64, usually with whsec_ before it.",
    verify=verify,
    describe=describe,
    read=own_shape.read,
    takes_our_jobs=True,
)
