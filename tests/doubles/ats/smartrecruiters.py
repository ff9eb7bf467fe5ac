"""SmartRecruiters: events carry ids only, headers are signed with the body."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from tests.doubles.ats import ApiDouble, Person, Post, as_json, seconds
from tests.doubles.server import Asked

SECRET = "HeBVky2bccvvkcXPimH8c"
LINK = "<http://smartrecruiters.com/endpoint>; rel=self"


def post(event: str, payload: Any, at: datetime, delivery: str, *secrets: str) -> Post:
    body = as_json(payload)
    signed = b".".join([seconds(at).encode(), body, delivery.encode(), event.encode(), b"v201910", LINK.encode()])
    digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    headers = {
        "event-name": event,
        "event-id": delivery,
        "event-version": "v201910",
        "link": LINK,
        "smartrecruiters-timestamp": seconds(at),
        "smartrecruiters-signature": ";".join(f"v1={digest}" for digest in digests),
    }
    return Post(headers, body)


def created(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    return post("application.created", {"job_id": person.job_id, "candidate_id": person.id}, at, delivery, secret)


def removed(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    return post("candidate.deleted", {"candidate_id": person.id}, at, delivery, secret)


class Api(ApiDouble):
    @property
    def key_header(self) -> tuple[str, str]:
        return "x-smarttoken", self.known.key

    def find(self, asked: Asked) -> Any:
        match asked.path.strip("/").split("/"):
            case ["candidates", candidate] if person := self.known.people.get(candidate):
                names = {"firstName": person.first_name, "lastName": person.last_name}
                return {"id": person.id, **names, "email": person.email, "phoneNumber": person.phone}
            case ["jobs", job]:
                titles = {person.job_id: person.job_title for person in self.known.people.values()}
                return {"id": job, "title": titles[job]} if job in titles else None
        return None
