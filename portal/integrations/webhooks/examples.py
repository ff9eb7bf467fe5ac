"""A payload of each kind, as it might come: shown to whoever writes a receiver. Made by what makes the real ones."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from portal.integrations.webhooks.kinds import STAGE, Kind
from portal.integrations.webhooks.payloads import Data, News, OfApplication, OfLink, OfTest, body_of

AT = datetime(2026, 12, 1, 9, 40, tzinfo=UTC)
JOB = {"job_id": "01936b02-11f4-7d52-8a7e-6c0b9f1d2e34", "job_title": "Night nurse"}
SOURCE = {
    "channel": "instagram/story",
    "campaign": {"id": "01936b02-5c3d-7a10-b1c2-8d4e6f7a9b01", "name": "Spring nurses"},
    "link": {
        "id": "01936b03-0a4b-7e61-9c5d-2f3e4a5b6c70",
        "slug": "spring-nurses-ig",
        "url": "https://jobs.example.com/spring-nurses-ig",
        "label": "",
    },
}
NOOR = {
    "id": "01936c5a-79e1-7a10-9b2c-3d4e5f607182",
    "name": "Noor Haddad",
    "email": "noor.haddad@example.com",
    "phone_number": "+447700900123",
    "external_id": "E-2041",
    "external_ids": [{"system": "greenhouse", "external_id": "48213907"}],
}
APPLICATION = {
    "application_id": "01936c5a-79f0-7b21-8c3d-4e5f60718293",
    "candidate": NOOR,
    "captured_at": AT,
    "started_at": None,
    "completed_at": None,
    "deadline_at": datetime(2026, 12, 11, 17, 0, tzinfo=UTC),
}
REACHED: dict[Kind, dict[str, Any]] = {
    Kind.INTERVIEW_STARTED: {"started_at": AT},
    Kind.INTERVIEW_COMPLETED: {"started_at": AT, "completed_at": AT},
    Kind.CANDIDATE_OPTED_OUT: {"opted_out_of": "sms"},
}


def example(kind: Kind) -> str:
    """Indented, to be read by people."""
    event_id = UUID("01936c5a-7a10-7c3e-9d0a-3b1f5e2c4d60")
    news = News(event_id=event_id, workspace_id=UUID(int=0), kind=kind, at=AT)
    return msgspec.json.format(body_of(news, _data(kind)), indent=2)


def _data(kind: Kind) -> Data:
    if kind is Kind.PING:
        return OfTest(webhook_id=UUID("01936c58-2b1a-7f40-8e9d-0c1b2a394857"), message="A test, sent by Lea Winter.")
    if kind is Kind.LINK_FIRST_CLICK:
        return msgspec.convert(JOB | SOURCE, OfLink)
    stage = {"stage": STAGE.get(kind, "captured")}
    return msgspec.convert(JOB | SOURCE | APPLICATION | stage | REACHED.get(kind, {}), OfApplication)
