"""Workable. Events as in https://workable.readme.io/reference/webhook-subscriptions-candidates-employees; code bases disagree on
the name under which the event stands, so all of them are read."""

from typing import Any

import msgspec

from portal.integrations.ats.api import Api
from portal.integrations.ats.signatures import body_hmac, body_key
from portal.integrations.ats.system import Arriving, Leaving, Nothing, Reading, Sent, System, TheirJob
from portal.integrations.ats.values import full_name, part, text
from portal.integrations.ats.words import Reason


def describe(sent: Sent, payload: Any) -> tuple[str, str]:
    event = payload.get("event_type") or payload.get("type") or payload["event"]
    return text(event), text(payload.get("id")) or body_key(sent)


def read(event: str, payload: Any) -> Reading:
    data = part(payload, "data")
    person = part(data, "candidate") or data
    match event:
        case "candidate_created":
            return _arriving(person, part(data, "job") or part(person, "job"))
        case "candidate_deleted":
            return Leaving(text(person["id"]))
    return Nothing(Reason.OTHER_EVENT)


def _arriving(person: dict[str, Any], job: dict[str, Any]) -> Arriving:
    job_id = text(job.get("shortcode") or job.get("id"))
    return Arriving(
        person=text(person["id"]),
        name=text(person.get("name")) or full_name(person.get("firstname"), person.get("lastname")),
        email=text(person.get("email")),
        phone=text(person.get("phone")),
        jobs=(TheirJob(job_id, text(job.get("title"))),) if job_id else (),
    )


async def fetch(api: Api, arriving: Arriving) -> Arriving:
    person = part(await api.get("candidates", arriving.person, headers=api.bearer), "candidate")
    found = _arriving({"id": arriving.person} | person, part(person, "job"))
    return msgspec.structs.replace(found, jobs=arriving.jobs or found.jobs)


SYSTEM = System(
    key="workable",
    name="Workable",
    summary="New candidates come in by themselves. Who is deleted there is erased here.",
    steps=(
        "In Workable, open Settings, then Integrations, then Apps, and generate an access token that may read candidates.",
        "Add the token here twice: as secret, since Workable signs with it, and as API key.",
        "Subscribe this address to candidate_created and to candidate_deleted (Workable’s API, POST /spi/v3/subscriptions; "
        "whoever looks after your integrations can do it): {url}",
    ),
    signed_with="Access token",
    signed_hint="Workable signs with the account’s access token.",
    verify=body_hmac("x-workable-signature", ""),
    describe=describe,
    read=read,
    fetch=fetch,
    api_hint="https://, your account’s name, .workable.com/spi/v3",
)
