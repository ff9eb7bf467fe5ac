"""Greenhouse, after the samples in its documentation (developers.greenhouse.io/webhooks.html)."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from tests.doubles.ats import Person, Post, as_json

SECRET = "greenhouse-secret-key"


def post(payload: Any, secret: str, delivery: str) -> Post:
    body = as_json(payload)
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Post({"Signature": f"sha256 {digest}", "Greenhouse-Event-ID": delivery, "Content-Type": "application/json"}, body)


def created(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    candidate: dict[str, Any] = {
        "id": int(person.id),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "external_id": None,
        "phone_numbers": [{"value": person.phone, "type": "mobile"}] if person.phone else [],
        "email_addresses": [{"value": person.email, "type": "personal"}] if person.email else [],
        "attachments": [],
        "tags": [],
        "custom_fields": {},
    }
    if person.can_email is not None:
        candidate["can_email"] = person.can_email
    job = {"id": int(person.job_id), "name": person.job_title, "requisition_id": None, "status": "open", "offices": []}
    application = {"id": int(person.application), "status": "active", "candidate": candidate, "jobs": [job], "source": {"id": 16}}
    return post({"action": "new_candidate_application", "payload": {"application": application}}, secret, delivery)


def removed(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    gone = {"id": int(person.id), "first_name": person.first_name, "last_name": person.last_name, "is_private": False}
    return post({"action": "delete_candidate", "payload": {"person": gone}}, secret, delivery)


def anonymized(person: Person, delivery: str, secret: str = SECRET) -> Post:
    said = {"candidate_id": int(person.id), "anonymized_fields": ["full_name", "emails", "phone_numbers"]}
    return post({"action": "candidate_anonymized", "payload": said}, secret, delivery)


def merged(person: Person, into: str, delivery: str, secret: str = SECRET) -> Post:
    gone = {"id": int(person.id), "first_name": person.first_name, "new_candidate_id": int(into)}
    return post({"action": "merge_candidate", "payload": {"person": gone}}, secret, delivery)


def moved(person: Person, delivery: str, secret: str = SECRET) -> Post:
    candidate: dict[str, Any] = {"id": int(person.id), "is_private": False, "can_email": person.can_email is not False}
    application = {"id": int(person.application), "candidate": candidate}
    return post({"action": "candidate_stage_change", "payload": {"application": application}}, secret, delivery)


def ping(delivery: str, secret: str = SECRET) -> Post:
    return post({"action": "ping", "payload": {"web_hook_id": 1}}, secret, delivery)
