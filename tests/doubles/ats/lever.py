"""Lever: events with a signature in the body, and the API from which all else has to be fetched."""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

from tests.doubles.ats import ApiDouble, Person, Post, as_json
from tests.doubles.server import Asked

SECRET = "lever-signature-token"


def post(event: str, data: dict[str, Any], at: datetime, delivery: str, secret: str) -> Post:
    triggered = int(at.timestamp() * 1000)
    signature = hmac.new(secret.encode(), f"{delivery}{triggered}".encode(), hashlib.sha256).hexdigest()
    body = {"event": event, "triggeredAt": triggered, "token": delivery, "signature": signature, "data": data}
    return Post({"Content-Type": "application/json"}, as_json(body))


def created(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    data = {"opportunityId": person.id, "applicationId": person.application}
    return post("applicationCreated", data, at, delivery, secret)


def removed(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    return post("candidateDeleted", {"opportunityId": person.id}, at, delivery, secret)


def ping(at: datetime, delivery: str, secret: str = SECRET) -> Post:
    return post("applicationCreated", {}, at, delivery, secret)


class Api(ApiDouble):
    @property
    def key_header(self) -> tuple[str, str]:
        return "authorization", "Basic " + base64.b64encode(f"{self.known.key}:".encode()).decode()

    def find(self, asked: Asked) -> Any:
        match asked.path.strip("/").split("/"):
            case ["opportunities", opportunity] if person := self.known.people.get(opportunity):
                phones = [{"type": "mobile", "value": person.phone}]
                return {"data": {"id": person.id, "name": person.name, "emails": [person.email], "phones": phones}}
            case ["opportunities", opportunity, "applications"] if person := self.known.people.get(opportunity):
                other = {"id": "older", "posting": "another-posting"}
                return {"data": [other, {"id": person.application, "posting": person.job_id}]}
            case ["postings", posting]:
                titles = {person.job_id: person.job_title for person in self.known.people.values()}
                return {"data": {"id": posting, "text": titles[posting]}} if posting in titles else None
        return None
