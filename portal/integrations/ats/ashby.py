"""Ashby. https://developers.ashbyhq.com/docs/authenticating-webhooks; the application inside is as its API shows one."""

from typing import Any

import msgspec

from portal.integrations.ats.api import Api
from portal.integrations.ats.signatures import body_hmac, body_key
from portal.integrations.ats.system import Arriving, Leaving, Nothing, Reading, Sent, System, TheirJob
from portal.integrations.ats.values import part, text
from portal.integrations.ats.words import Reason


def describe(sent: Sent, payload: Any) -> tuple[str, str]:
    """Related events share one ``webhookActionId``, so it numbers nothing."""
    return text(payload["action"]), body_key(sent)


def read(event: str, payload: Any) -> Reading:
    data = part(payload, "data")
    match event:
        case "applicationSubmit":
            return _arriving(part(data, "application"))
        case "candidateDelete":
            return Leaving(text(part(data, "candidate").get("id") or data.get("candidateId")))
        case "ping":
            return Nothing(Reason.PING)
    return Nothing(Reason.OTHER_EVENT)


def _arriving(application: dict[str, Any]) -> Arriving:
    person, job = part(application, "candidate"), part(application, "job")
    job_id = text(job.get("id") or application.get("jobId"))
    return Arriving(
        person=text(person.get("id") or application.get("candidateId")),
        application=text(application.get("id")),
        name=text(person.get("name")),
        email=text(part(person, "primaryEmailAddress").get("value")),
        phone=text(part(person, "primaryPhoneNumber").get("value")),
        jobs=(TheirJob(job_id, text(job.get("title"))),) if job_id else (),
    )


async def fetch(api: Api, arriving: Arriving) -> Arriving:
    found = await api.post("candidate.info", headers=api.basic, body={"id": arriving.person})
    person = part(found, "results")
    return msgspec.structs.replace(
        arriving,
        name=text(person.get("name")) or arriving.name,
        email=text(part(person, "primaryEmailAddress").get("value")),
        phone=text(part(person, "primaryPhoneNumber").get("value")) or arriving.phone,
    )


SYSTEM = System(
    key="ashby",
    name="Ashby",
    summary="New applications come in by themselves. Who is deleted there is erased here.",
    steps=(
        "In Ashby, open Admin, then Integrations, then Webhooks, and make a webhook for “Application Submit”. Request URL: {url}",
        "Secret token: think of a long one, type it there, and add the same here. Ashby would also send without one; then "
        "nothing could be believed.",
        "Make another, with the same address and token, for “Candidate Delete”.",
        "Ashby tells nothing of people who came by bulk import or sync: bring them in as a file.",
    ),
    signed_with="Secret token",
    signed_hint="The same that you typed in Ashby.",
    verify=body_hmac("ashby-signature", "sha256="),
    describe=describe,
    read=read,
    fetch=fetch,
    api_url="https://api.ashbyhq.com",
    api_hint="Only needed if Ashby leaves the email address out: a key that may read candidates.",
)
