"""The JSON that we ask for where a system has no shape of its own: flat, or under ``data``; person and job flat or as objects."""

from typing import Any

from portal.integrations.ats.system import Arriving, Leaving, Nothing, Reading, TheirJob
from portal.integrations.ats.values import full_name, part, text
from portal.integrations.ats.words import Reason

ARRIVALS = {"candidate.created", "application.created"}
REMOVALS = {"candidate.deleted", "candidate.removed", "candidate.anonymized"}
STEPS = (
    'The least that is needed: {"name": "Ana Duarte", "email": "ana@example.com"}. Useful as well: "id" (of the person, in that '
    'system), "phone_number", "job_id", "job_title", "language", "can_email", and "metadata" with texts of your own.',
)


def event_of(payload: Any) -> str:
    return text(payload.get("type") or payload.get("event")) or "candidate.created"


def read(event: str, payload: Any) -> Reading:
    if event == "ping":
        return Nothing(Reason.PING)
    data = part(payload, "data") or payload
    person = part(data, "candidate") or data
    known_as = text(person.get("id") or person.get("external_id") or data.get("candidate_id"))
    email = text(person.get("email"))
    if event in REMOVALS:
        return Leaving(known_as or email.lower())
    if event not in ARRIVALS:
        return Nothing(Reason.OTHER_EVENT)
    return Arriving(
        person=known_as or email.lower(),
        name=text(person.get("name")) or full_name(person.get("first_name"), person.get("last_name")),
        email=email,
        phone=text(person.get("phone_number") or person.get("phone")),
        language=text(person.get("language")),
        jobs=_jobs(data),
        can_email=person.get("can_email") not in {False, "false", "0"},
        metadata={name: text(value, 500) for name, value in list(part(data, "metadata").items())[:50] if len(name) <= 40},
    )


def _jobs(data: dict[str, Any]) -> tuple[TheirJob, ...]:
    job = part(data, "job")
    job_id = text(job.get("id") or data.get("job_id"))
    title = text(job.get("title") or data.get("job_title"))
    return (TheirJob(job_id or title, title),) if job_id or title else ()
