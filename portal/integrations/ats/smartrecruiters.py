"""SmartRecruiters. Signature, headers, events and handshake as its Webhook Subscription API describes them.

What is signed: timestamp, body, event id, event name, event version and link, joined by dots; a missing header is an empty text.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from portal.integrations.ats.api import Api
from portal.integrations.ats.signatures import age, among, body_key, hex_hmac
from portal.integrations.ats.system import Arriving, Leaving, Nothing, Reading, Sent, System, TheirJob
from portal.integrations.ats.values import full_name, part, text
from portal.integrations.ats.words import Reason

OLDEST = timedelta(days=3)
"""A delivery that is tried again may carry its first time. One that comes twice is known by its event id."""
TIMESTAMP, SIGNATURE, HOOK_SECRET = "smartrecruiters-timestamp", "smartrecruiters-signature", "x-hook-secret"
EVENT_ID, EVENT_NAME = "event-id", "event-name"
ECHOED = re.compile(r"[!-~]{1,200}")


def verify(sent: Sent, secrets: Sequence[str], now: datetime) -> Reason | None:
    given = [one.strip().removeprefix("v1=") for one in sent.headers.get(SIGNATURE, "").split(";") if one.strip()[:3] == "v1="]
    if not given:
        return Reason.NO_SIGNATURE
    at = sent.headers.get(TIMESTAMP, "")
    parts = [at.encode(), sent.body, *(sent.headers.get(name, "").encode() for name in SIGNED)]
    return among([hex_hmac(secret, b".".join(parts)) for secret in secrets], given) or age(at, now, OLDEST)


SIGNED = (EVENT_ID, EVENT_NAME, "event-version", "link")


def describe(sent: Sent, payload: Any) -> tuple[str, str]:
    return text(sent.headers[EVENT_NAME]), text(sent.headers.get(EVENT_ID)) or body_key(sent)


def read(event: str, payload: Any) -> Reading:
    match event:
        case "application.created":
            job = text(payload.get("job_id"))
            return Arriving(person=text(payload["candidate_id"]), jobs=(TheirJob(job, ""),) if job else ())
        case "candidate.deleted":
            return Leaving(text(payload["candidate_id"]))
    return Nothing(Reason.OTHER_EVENT)


async def fetch(api: Api, arriving: Arriving) -> Arriving:
    headers = {"x-smarttoken": api.key}
    person = part(await api.get("candidates", arriving.person, headers=headers))
    titles = [(job.id, text(part(await api.get("jobs", job.id, headers=headers)).get("title"))) for job in arriving.jobs]
    return msgspec.structs.replace(
        arriving,
        name=full_name(person.get("firstName"), person.get("lastName")),
        email=text(person.get("email")),
        phone=text(person.get("phoneNumber")),
        jobs=tuple(TheirJob(*named) for named in titles),
    )


def handshake(headers: Mapping[str, str]) -> dict[str, str] | None:
    """The secret of an activation is sent back as it came, within 20 seconds."""
    given = headers.get(HOOK_SECRET, "")
    return {HOOK_SECRET: given} if ECHOED.fullmatch(given) and SIGNATURE not in headers else None


SYSTEM = System(
    key="smartrecruiters",
    name="SmartRecruiters",
    summary="New applications are fetched with your API key. Who is deleted there is erased here.",
    steps=(
        "With SmartRecruiters’ Webhook Subscription API (whoever looks after your integrations can do it), subscribe this "
        "address to application.created and to candidate.deleted: {url}",
        "Generate a secret key for the subscription there, and add it here.",
        "Activate the subscription. SmartRecruiters tries at once whether this address answers; the log here shows it.",
        "Under Settings, then Apps and Integrations, then Credentials, make an API key that may read candidates and jobs, and "
        "give it here.",
    ),
    signed_with="Secret key",
    signed_hint="While you exchange it, SmartRecruiters signs with the old one and the new one for 24 hours.",
    verify=verify,
    describe=describe,
    read=read,
    fetch=fetch,
    needs_api=True,
    api_url="https://api.smartrecruiters.com",
    handshake=handshake,
)
