"""What an interview elsewhere tells: signed (Standard Webhooks 1.0), once for each message, and about one job.

Nothing is believed before the raw body's signature was checked, by the secret of the job that the address names.
"""

import base64
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
from standardwebhooks import Webhook

from portal import crypto, db
from portal.candidates import applications
from portal.links.personal import find_personal
from portal.settings import settings
from portal.web.missing import Missing

PURPOSE = "interview-hook"
TOLERANCE = timedelta(minutes=5)
"""How far a message's time may be from ours, by the specification."""
LONGEST_ID, LONGEST_EVENT = 200, 40
KEPT = timedelta(days=30)
"""How long it is known what was heard; senders repeat themselves for days at most."""
SHOWN = 10


class Doubt(StrEnum):
    """Why a message is not believed."""

    NO_HEADERS = "no_headers"
    WRONG_TIME = "wrong_time"
    WRONG_SIGNATURE = "wrong_signature"


DOUBTS = {
    Doubt.NO_HEADERS: "The headers webhook-id, webhook-timestamp and webhook-signature are needed.",
    Doubt.WRONG_TIME: "webhook-timestamp must be the time of sending in seconds since 1970, at most 5 minutes off.",
    Doubt.WRONG_SIGNATURE: "The signature does not fit the body and the secret.",
}


class NotBelieved(Exception):
    def __init__(self, doubt: Doubt) -> None:
        super().__init__(DOUBTS[doubt])
        self.doubt = doubt


class Event(StrEnum):
    STARTED = "started"
    COMPLETED = "completed"


class Outcome(StrEnum):
    """What came of a message."""

    STARTED = "started"
    COMPLETED = "completed"
    NOTHING_NEW = "nothing_new"
    UNKNOWN = "unknown"
    """About nobody who is known at this job, or an event that means nothing here."""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job's interview calls."""

    workspace_id: UUID
    job_id: UUID
    secret_sealed: str

    @property
    def url(self) -> str:
        return f"{settings().public_url}/hooks/interview/{key_of(self.job_id)}"

    def secret(self) -> str:
        """Raises `crypto.Unsealable` after a change of the installation's secret key."""
        return crypto.unseal(PURPOSE, self.secret_sealed)


class Call(msgspec.Struct, frozen=True):
    """The body of a message. One of `token` and `application_id` says who is meant."""

    event: str
    token: str = ""
    application_id: str = ""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what was heard."""

    event: str
    outcome: Outcome
    received_at: datetime
    application_id: UUID | None


def key_of(job_id: UUID) -> str:
    return crypto.token(PURPOSE, job_id)


async def hook_of(workspace_id: UUID, job_id: UUID) -> Hook | None:
    """The job's hook, if one was made."""
    row = await db.row(
        "SELECT workspace_id, job_id, secret_sealed FROM external_interview "
        "WHERE workspace_id = $1 AND job_id = $2 AND hook_digest IS NOT NULL",
        workspace_id,
        job_id,
    )
    return msgspec.convert(dict(row), Hook) if row else None


async def find_hook(key: str) -> Hook:
    """The hook that an address names, of whatever workspace. Raises `Missing`."""
    row = await db.row(
        "SELECT workspace_id, job_id, secret_sealed FROM external_interview WHERE hook_digest = $1", crypto.digest(key)
    )
    if row is None:
        raise Missing("hook")
    return msgspec.convert(dict(row), Hook)


async def make_hook(workspace_id: UUID, job_id: UUID, *, now: datetime) -> None:
    """Give the job a hook, or its hook another secret: the one before ends at once. Raises `Missing`."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    made = await db.run(
        "INSERT INTO external_interview (job_id, workspace_id, return_finishes, hook_digest, secret_sealed) "
        "SELECT id, workspace_id, true, $3, $4 FROM job WHERE workspace_id = $1 AND id = $2 "
        "ON CONFLICT (job_id) DO UPDATE SET hook_digest = EXCLUDED.hook_digest, secret_sealed = EXCLUDED.secret_sealed",
        workspace_id,
        job_id,
        crypto.digest(key_of(job_id)),
        crypto.seal(PURPOSE, secret, now=now),
    )
    if not made:
        raise Missing("job")


def headers_for(secret: str, message_id: str, body: str, *, now: datetime) -> dict[str, str]:
    """What a sender puts on `body`."""
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, body),
    }


def check(secret: str, message_id: str, timestamp: str, signatures: str, body: bytes, *, now: datetime) -> None:
    """Raises `NotBelieved` unless one of `signatures` (separated by spaces) is ours on this id, time and body.

    The library signs; it asks the machine's clock when it verifies, so that is done here.
    """
    if not (message_id and timestamp and signatures):
        raise NotBelieved(Doubt.NO_HEADERS)
    if not timestamp.isdecimal() or len(timestamp) > len("99999999999"):
        raise NotBelieved(Doubt.WRONG_TIME)
    at = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(at - now) > TOLERANCE:
        raise NotBelieved(Doubt.WRONG_TIME)
    try:
        ours = Webhook(secret).sign(message_id, at, body.decode())
    except UnicodeDecodeError:
        raise NotBelieved(Doubt.WRONG_SIGNATURE) from None
    if not any(hmac.compare_digest(ours.encode(), one.encode()) for one in signatures.split(" ")):
        raise NotBelieved(Doubt.WRONG_SIGNATURE)


def read(body: bytes) -> Call:
    """Raises `ValueError` for what is no JSON object with an event."""
    return msgspec.json.decode(body, type=Call)


async def hear(hook: Hook, message_id: str, call: Call, now: datetime) -> Outcome:
    """Apply a message that was believed; the same one again does nothing."""
    async with db.transaction():
        application_id = await _meant(hook, call)
        call_id = db.new_id()
        if not await _first_time(hook, call_id, message_id, call, application_id, now=now):
            return Outcome.NOTHING_NEW
        outcome = await _apply(hook, call, application_id, now)
        await db.run("UPDATE interview_call SET outcome = $2 WHERE id = $1", call_id, outcome.value)
    return outcome


async def heard(workspace_id: UUID, job_id: UUID) -> list[Heard]:
    """What was heard last, newest first."""
    found = await db.rows(
        "SELECT event, outcome, received_at, application_id FROM interview_call WHERE workspace_id = $1 AND job_id = $2 "
        "ORDER BY received_at DESC, id DESC LIMIT $3",
        workspace_id,
        job_id,
        SHOWN,
    )
    return [msgspec.convert(dict(row), Heard) for row in found]


async def forget_old(now: datetime) -> int:
    """Drop what was heard longer than `KEPT` ago; how much."""
    return await db.run("DELETE FROM interview_call WHERE received_at < $1", now - KEPT)


async def _meant(hook: Hook, call: Call) -> UUID | None:
    """The application that is meant, if it is one of this job's."""
    if call.token:
        link = await find_personal(call.token)
        return link.application_id if link and (link.workspace_id, link.job_id) == (hook.workspace_id, hook.job_id) else None
    try:
        application_id = UUID(call.application_id)
    except ValueError:
        return None
    return await db.value(  # type: ignore[no-any-return]
        "SELECT id FROM application WHERE workspace_id = $1 AND job_id = $2 AND id = $3",
        hook.workspace_id,
        hook.job_id,
        application_id,
    )


async def _first_time(
    hook: Hook, call_id: UUID, message_id: str, call: Call, application_id: UUID | None, *, now: datetime
) -> bool:
    """Whether this message is heard for the first time. Who brings it at the same time waits."""
    added = await db.run(
        "INSERT INTO interview_call (id, workspace_id, job_id, message_id, event, application_id, outcome, received_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (job_id, message_id) DO NOTHING",
        call_id,
        hook.workspace_id,
        hook.job_id,
        message_id[:LONGEST_ID],
        call.event[:LONGEST_EVENT],
        application_id,
        Outcome.UNKNOWN.value,
        now,
    )
    return added == 1


async def _apply(hook: Hook, call: Call, application_id: UUID | None, now: datetime) -> Outcome:
    if application_id is None or call.event not in set(Event):
        return Outcome.UNKNOWN
    if call.event == Event.STARTED:
        moved = await applications.start(hook.workspace_id, application_id, now=now)
        return Outcome.STARTED if moved else Outcome.NOTHING_NEW
    moved = await applications.complete(hook.workspace_id, application_id, now=now, late=True)
    return Outcome.COMPLETED if moved else Outcome.NOTHING_NEW
