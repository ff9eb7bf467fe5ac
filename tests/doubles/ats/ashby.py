"""Ashby: the application inside an event is as its API shows one."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from tests.doubles.ats import ApiDouble, Person, Post, as_json
from tests.doubles.server import Asked

SECRET = "ashby-secret-token"


def post(payload: Any, secret: str) -> Post:
    body = as_json(payload)
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Post({"Ashby-Signature": f"sha256={digest}", "Content-Type": "application/json"}, body)


def created(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    candidate: dict[str, Any] = {"id": person.id, "name": person.name}
    if person.email:
        candidate["primaryEmailAddress"] = {"value": person.email, "type": "Personal", "isPrimary": True}
    if person.phone:
        candidate["primaryPhoneNumber"] = {"value": person.phone, "type": "Personal", "isPrimary": True}
    job = {"id": person.job_id, "title": person.job_title}
    application = {"id": person.application, "status": "Active", "candidate": candidate, "job": job}
    return post({"action": "applicationSubmit", "data": {"application": application}, "webhookActionId": delivery}, secret)


def removed(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    return post({"action": "candidateDelete", "data": {"candidate": {"id": person.id}}, "webhookActionId": delivery}, secret)


def ping(secret: str = SECRET) -> Post:
    return post({"action": "ping", "data": {"webhookActionType": "ping"}}, secret)


class Api(ApiDouble):
    @property
    def key_header(self) -> tuple[str, str]:
        return "authorization", "Basic " + base64.b64encode(f"{self.known.key}:".encode()).decode()

    def find(self, asked: Asked) -> Any:
        if asked.method != "POST" or asked.path != "/candidate.info":
            return None
        person = self.known.people.get(json.loads(asked.body)["id"])
        if person is None:
            return {"success": False, "errors": ["candidate_not_found"]}
        email = {"value": person.email, "type": "Personal", "isPrimary": True}
        return {"success": True, "results": {"id": person.id, "name": person.name, "primaryEmailAddress": email}}
