"""Lever. The signature stands in the body and covers its token and time alone: token + triggeredAt, HMAC-SHA256 in hex.

So the body has to be read before it can be believed, and each token counts once: whoever saw one delivery can't make another of
it. (Two public sources name a Lever-Signature header instead; many code bases agree on this. Try it with a real account.)
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from portal.integrations.ats.api import Api
from portal.integrations.ats.signatures import age, among, hex_hmac
from portal.integrations.ats.system import Arriving, Leaving, Nothing, Reading, Sent, System, TheirJob
from portal.integrations.ats.values import first, items, part, text
from portal.integrations.ats.words import Reason

OLDEST = timedelta(days=3)
"""A delivery that is tried again may carry its first time. One that comes twice is known by its token."""


def verify(sent: Sent, secrets: Sequence[str], now: datetime) -> Reason | None:
    try:
        body = part(msgspec.json.decode(sent.body))
    except ValueError:
        return Reason.NO_SIGNATURE
    token, at = text(body.get("token")), text(body.get("triggeredAt"))
    if not (token and at and text(body.get("signature"))):
        return Reason.NO_SIGNATURE
    expected = [hex_hmac(secret, token.encode(), at.encode()) for secret in secrets]
    return among(expected, [text(body["signature"])]) or age(at[:-3], now, OLDEST)


def describe(sent: Sent, payload: Any) -> tuple[str, str]:
    return text(payload["event"]), text(payload["token"])


def read(event: str, payload: Any) -> Reading:
    data = part(payload, "data")
    person = text(data.get("opportunityId")) or text(data.get("candidateId"))
    match event:
        case "applicationCreated" if not person:
            return Nothing(Reason.PING)
        case "applicationCreated":
            return Arriving(person=person, application=text(data.get("applicationId")))
        case "candidateDeleted":
            return Leaving(person) if person else Nothing(Reason.PING)
    return Nothing(Reason.OTHER_EVENT)


async def fetch(api: Api, arriving: Arriving) -> Arriving:
    found = part(await api.get("opportunities", arriving.person, headers=api.basic), "data")
    jobs = [await _job(api, posting) for posting in await _postings(api, arriving)]
    return msgspec.structs.replace(
        arriving,
        name=text(found.get("name")),
        email="" if found.get("isAnonymized") is True else first(found.get("emails")),
        phone=first(found.get("phones")),
        jobs=tuple(jobs),
    )


async def _postings(api: Api, arriving: Arriving) -> list[str]:
    """Ids of the postings that they applied for: of this application, or of all if the event names none."""
    found = await api.get("opportunities", arriving.person, "applications", headers=api.basic)
    named = {text(one.get("id")): text(one.get("posting")) for one in items(part(found).get("data"))}
    wanted = named if arriving.application not in named else {arriving.application: named[arriving.application]}
    return [posting for posting in dict.fromkeys(wanted.values()) if posting]


async def _job(api: Api, posting: str) -> TheirJob:
    found = part(await api.get("postings", posting, headers=api.basic), "data")
    return TheirJob(posting, text(found.get("text")))


SYSTEM = System(
    key="lever",
    name="Lever",
    summary="New applications are fetched with your API key. Who is deleted there is erased here.",
    steps=(
        "In Lever, open Settings, then Integrations and API, then Webhooks. Paste this address for “Application Created” and for "
        "“Candidate Deleted”, and switch both on: {url}",
        "Lever shows a signature token for each of the two. Add both here.",
        "Under API credentials make a key that may read opportunities, applications and postings, and give it here.",
    ),
    signed_with="Signature token",
    signed_hint="Each event in Lever has one of its own: add them one after the other.",
    verify=verify,
    describe=describe,
    read=read,
    fetch=fetch,
    needs_api=True,
    api_url="https://api.lever.co/v1",
    api_hint="For accounts in the EU: https://api.eu.lever.co/v1",
)
