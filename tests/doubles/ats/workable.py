"""Workable: signed with the account's access token."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from tests.doubles.ats import ApiDouble, Person, Post, as_json
from tests.doubles.server import Asked

SECRET = "workable-access-token"


def post(payload: Any, secret: str) -> Post:
    body = as_json(payload)
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Post({"X-Workable-Signature": digest, "Content-Type": "application/json"}, body)


def created(person: Person, at: datetime, delivery: str, secret: str = SECRET, *, event_key: str = "event_type") -> Post:
    data = shown(person) | ({"email": person.email} if person.email else {})
    return post({"id": delivery, event_key: "candidate_created", "resource_type": "candidate", "data": data}, secret)


def removed(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    return post({"id": delivery, "event_type": "candidate_deleted", "data": {"id": person.id}}, secret)


def shown(person: Person) -> dict[str, Any]:
    job = {"shortcode": person.job_id, "title": person.job_title}
    return {"id": person.id, "firstname": person.first_name, "lastname": person.last_name, "phone": person.phone, "job": job}


class Api(ApiDouble):
    @property
    def key_header(self) -> tuple[str, str]:
        return "authorization", f"Bearer {self.known.key}"

    def find(self, asked: Asked) -> Any:
        person = self.known.people.get(asked.path.removeprefix("/candidates/"))
        return {"candidate": shown(person) | {"email": person.email}} if person else None
