"""Greenhouse. https://developers.greenhouse.io/webhooks.html: signature, event id and payloads are documented there."""

from typing import Any

from portal.integrations.ats.signatures import body_hmac, body_key
from portal.integrations.ats.system import Arriving, Hushed, Leaving, Merging, Nothing, Reading, Sent, System, TheirJob
from portal.integrations.ats.values import first, full_name, items, part, text
from portal.integrations.ats.words import Reason


def describe(sent: Sent, payload: Any) -> tuple[str, str]:
    return text(payload["action"]), text(sent.headers.get("greenhouse-event-id")) or body_key(sent)


def read(event: str, payload: Any) -> Reading:
    said = part(payload, "payload")
    match event:
        case "new_candidate_application":
            return _arriving(part(said, "application"))
        case "delete_candidate":
            return Leaving(text(part(said, "person")["id"]))
        case "candidate_anonymized":
            person = said.get("candidate_id") or part(said, "candidate").get("id") or part(said, "person").get("id")
            return Leaving(text(person))
        case "merge_candidate":
            person = part(said, "person")
            return Merging(text(person["id"]), text(person["new_candidate_id"]))
    person = part(said, "application", "candidate") or part(said, "candidate")
    if person.get("can_email") is False:
        return Hushed(text(person.get("id")))
    return Nothing(Reason.PING if event == "ping" else Reason.OTHER_EVENT)


def _arriving(application: dict[str, Any]) -> Arriving:
    person = part(application, "candidate")
    return Arriving(
        person=text(person["id"]),
        application=text(application.get("id")),
        name=full_name(person.get("first_name"), person.get("last_name")),
        email=first(person.get("email_addresses")),
        phone=first(person.get("phone_numbers")),
        jobs=tuple(TheirJob(text(job["id"]), text(job.get("name"))) for job in items(application.get("jobs"))),
        can_email=person.get("can_email") is not False,
    )


SYSTEM = System(
    key="greenhouse",
    name="Greenhouse",
    summary="New applications come in by themselves, with name and email. Who is deleted or anonymised there is erased here.",
    steps=(
        "In Greenhouse, open Configure, then Dev Center, then Web Hooks, and make a new web hook.",
        "When: Application created. Endpoint URL: {url}",
        "Secret key: think of a long one, type it there, and add the same here.",
        "Make three more with the same address and key: Candidate deleted, Candidate merged and Candidate anonymized. Without "
        "“merged”, Greenhouse tells of a merger as if the person were deleted, and the person would be erased here.",
        "If you mark candidates as not to be emailed, make one for Candidate stage change too: it says so, and they are not.",
    ),
    signed_with="Secret key",
    signed_hint="The same that you typed in Greenhouse.",
    verify=body_hmac("signature", "sha256 "),
    describe=describe,
    read=read,
)
