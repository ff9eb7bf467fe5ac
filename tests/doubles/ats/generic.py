"""Any system that signs as Standard Webhooks says, and one that signs nothing."""

import base64
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook

from tests.doubles.ats import Person, Post, as_json, seconds

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four b").decode()


def post(payload: Any, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    body = as_json(payload)
    signature = Webhook(secret).sign(delivery, at, body.decode())
    headers = {"webhook-id": delivery, "webhook-timestamp": seconds(at), "webhook-signature": f"v2,AAAA {signature}"}
    return Post(headers, body)


def shown(person: Person) -> dict[str, Any]:
    candidate = {"id": person.id, "name": person.name, "email": person.email, "phone_number": person.phone}
    return {"candidate": candidate, "job": {"id": person.job_id, "title": person.job_title}}


def created(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    return post({"type": "application.created", "data": shown(person)}, at, delivery, secret)


def removed(person: Person, at: datetime, delivery: str, secret: str = SECRET) -> Post:
    return post({"type": "candidate.deleted", "data": {"id": person.id}}, at, delivery, secret)
