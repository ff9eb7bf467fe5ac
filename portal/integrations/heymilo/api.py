"""HeyMilo's API, version 2: what is asked and what its answers hold, by its OpenAPI description.

It takes 300 requests a minute for a key and has no idempotency key. All workers share one measure; what is done in the background
leaves a part of it to people who wait.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec

from portal.integrations import outward
from portal.integrations.heymilo import accounts
from portal.integrations.heymilo.problems import Failed, Problem
from portal.integrations.outward import Failure, Reply, Unanswered
from portal.settings import settings
from portal.web.limits import Limit, wait_for

T = TypeVar("T")

ALL = Limit("heymilo", burst=40, seconds=10)
"""At most 280 in any minute."""
BACKGROUND = Limit("heymilo-background", burst=30, seconds=10)
SECONDS = 8.0
PAGE = 100
MOST_PAGES = 100
STATUSES = {
    HTTPStatus.UNAUTHORIZED: Problem.WRONG_KEY,
    HTTPStatus.FORBIDDEN: Problem.WRONG_KEY,
    HTTPStatus.NOT_FOUND: Problem.NOT_FOUND,
    HTTPStatus.TOO_MANY_REQUESTS: Problem.TOO_MANY,
}
LONGEST_WAIT = timedelta(hours=1)


class Step(msgspec.Struct, frozen=True):
    """One step of a person's workflow."""

    order: int
    status: str
    started: bool
    completed: bool
    knocked_out: bool = False


class Workflow(msgspec.Struct, frozen=True):
    steps: list[Step]
    all_complete: bool


class Candidate(msgspec.Struct, frozen=True):
    """A person at a posting."""

    interview_id: str
    email: str
    status: str
    interview_url: str | None = None
    workflow: Workflow | None = None
    score: float | None = None
    metadata: dict[str, str] | None = None


class Interview(msgspec.Struct, frozen=True):
    """What making somebody gives."""

    interview_id: str
    interview_url: str


class Posting(msgspec.Struct, frozen=True):
    """An interviewer, as HeyMilo's pages call it."""

    id: str
    title: str
    status: str
    archived: bool = False
    test_posting: bool = False


class Webhook(msgspec.Struct, frozen=True):
    webhook_id: str
    posting_id: str
    webhook_url: str
    event_type: str
    is_active: bool


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody to be interviewed, as HeyMilo takes them."""

    name: str
    email: str
    phone_number: str | None = None
    metadata: dict[str, str] | None = None


class Asker(msgspec.Struct, frozen=True):
    """Who asks: a workspace, at a time. `urgent`: somebody waits for the answer."""

    workspace_id: UUID
    now: datetime
    urgent: bool = False


class _One(msgspec.Struct, frozen=True):
    data: msgspec.Raw


class _Pagination(msgspec.Struct, frozen=True):
    has_more: bool


class _Many(msgspec.Struct, frozen=True):
    data: msgspec.Raw
    pagination: _Pagination


async def postings(asker: Asker, search: str = "") -> list[Posting]:
    """Those whose title holds `search`; the first hundred. Raises `Failed`."""
    found, _ = await _page(asker, "/postings", list[Posting], {"search": search} if search else {})
    return found


async def posting(asker: Asker, posting_id: str) -> Posting:
    """Raises `Failed`."""
    return await _one(asker, "GET", f"/postings/{quote(posting_id, safe='')}", Posting)


async def make_candidate(asker: Asker, posting_id: str, person: Person) -> Interview:
    """Asks for a new person at a posting, which may make a second one of the same. Raises `Failed`."""
    made = await _one(asker, "POST", f"/postings/{quote(posting_id, safe='')}/candidates", Interview, person)
    return _usable(made)


async def candidates(asker: Asker, posting_id: str, created_after: datetime, after: str = "") -> tuple[list[Candidate], bool]:
    """A page of a posting's people made since then, the one after the interview `after`; and whether there are more.

    Raises `Failed`."""
    query = {"created_after": str(int(created_after.timestamp()))} | ({"starting_after": after} if after else {})
    return await _page(asker, f"/postings/{quote(posting_id, safe='')}/candidates", list[Candidate], query)


async def interview(asker: Asker, interview_id: str) -> Candidate:
    """How somebody stands. Raises `Failed`."""
    return await _one(asker, "GET", f"/interviews/{quote(interview_id, safe='')}/data", Candidate)


async def webhooks(asker: Asker) -> list[Webhook]:
    """All that are registered. Raises `Failed`."""
    found: list[Webhook] = []
    for _ in range(MOST_PAGES):
        page, more = await _page(asker, "/webhooks", list[Webhook], {"starting_after": found[-1].webhook_id} if found else {})
        found += page
        if not more or not page:
            break
    return found


async def register(asker: Asker, posting_id: str, url: str, event: str) -> None:
    """Have `url` called on `event`. Raises `Failed`."""
    body = {"posting_id": posting_id, "webhook_url": url, "event_type": event}
    await _one(asker, "POST", "/webhooks", Webhook, body)


async def deregister(asker: Asker, webhook_id: str) -> None:
    """Raises `Failed`."""
    await _ask(asker, "DELETE", f"/webhooks/{quote(webhook_id, safe='')}")


def _usable(made: Interview) -> Interview:
    """Raises `Failed` for an address that a page may not lead to. It was made all the same."""
    allowed = ("https://", "http://") if settings().private_targets else ("https://",)
    url = made.interview_url
    good = url.startswith(allowed) and url.isascii() and url.isprintable() and not set(url) & set(" \\\"'<>")
    if not good or not made.interview_id:
        raise Failed(Problem.NOT_UNDERSTOOD, may_have_arrived=True)
    return made


async def _one(asker: Asker, method: str, path: str, kind: type[T], body: object = None) -> T:
    answer = await _ask(asker, method, path, body)
    try:
        return msgspec.json.decode(msgspec.json.decode(answer, type=_One).data, type=kind)
    except msgspec.DecodeError:
        raise Failed(Problem.NOT_UNDERSTOOD, may_have_arrived=True) from None


async def _page(asker: Asker, path: str, kind: type[T], query: dict[str, str]) -> tuple[T, bool]:
    answer = await _ask(asker, "GET", f"{path}?{urlencode({'limit': str(PAGE)} | query)}")
    try:
        page = msgspec.json.decode(answer, type=_Many)
        return msgspec.json.decode(page.data, type=kind), page.pagination.has_more
    except msgspec.DecodeError:
        raise Failed(Problem.NOT_UNDERSTOOD) from None


async def _ask(asker: Asker, method: str, path: str, body: object = None) -> bytes:
    """The answer's body, if it was a good one. Raises `Failed`, and has everybody rest where that is asked for."""
    key = await accounts.key_for_use(asker.workspace_id, now=asker.now)
    limits = (ALL,) if asker.urgent else (BACKGROUND, ALL)
    for limit in limits:
        if wait := await wait_for(limit, key, asker.now):
            raise Failed(Problem.TOO_MANY, wait=timedelta(seconds=wait))
    try:
        return _read(await _call(method, f"{settings().heymilo_api_url}/api/v2{path}", key, body), method)
    except Failed as failed:
        await accounts.note(asker.workspace_id, failed, now=asker.now)
        raise


async def _call(method: str, url: str, key: str, body: object) -> Reply:
    headers = {"x-api-key": key, "accept": "application/json"} | ({"content-type": "application/json"} if body else {})
    try:
        sent = msgspec.json.encode(body) if body else b""
        return await outward.call(method, url, headers=headers, body=sent, seconds=SECONDS)
    except Unanswered as unanswered:
        problems = {Failure.TIMED_OUT: Problem.SILENT, Failure.TOO_LARGE: Problem.NOT_UNDERSTOOD}
        problem = problems.get(unanswered.failure, Problem.UNREACHABLE)
        arrived = unanswered.may_have_arrived or unanswered.failure is Failure.TOO_LARGE
        raise Failed(problem, may_have_arrived=arrived) from unanswered


def _read(reply: Reply, method: str) -> bytes:
    if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return reply.body
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Failed(Problem.BROKEN, may_have_arrived=method == "POST")
    known: dict[Any, Problem] = dict(STATUSES)
    raise Failed(known.get(reply.status, Problem.REFUSED), wait=_retry_after(reply))


def _retry_after(reply: Reply) -> timedelta | None:
    """Seconds; a date is too rare to be read."""
    said = reply.headers.get("retry-after", "").strip()
    return min(timedelta(seconds=int(said)), LONGEST_WAIT) if said.isdecimal() and len(said) < len("100000") else None
