"""What the redirect answers, as bytes: a status, headers, a body."""

from functools import cache
from http import HTTPStatus
from typing import NamedTuple

from portal.clicks import cards
from portal.clicks.hits import Outcome
from portal.clicks.targets import Target
from portal.settings import settings
from portal.web import security
from portal.web.templating import render

Headers = list[tuple[bytes, bytes]]

HTML = b"text/html; charset=utf-8"
NOTHING = (b"content-length", b"0")
STATUS = {
    Outcome.UNKNOWN: HTTPStatus.NOT_FOUND,
    Outcome.PAUSED: HTTPStatus.NOT_FOUND,
    Outcome.NOT_STARTED: HTTPStatus.NOT_FOUND,
    Outcome.NOT_OPEN: HTTPStatus.NOT_FOUND,
    Outcome.CLOSED: HTTPStatus.GONE,
    Outcome.EXPIRED: HTTPStatus.GONE,
    Outcome.ARCHIVED: HTTPStatus.GONE,
}
"""410 for what does not come back (RFC 9110, 15.5.11), 404 for the rest."""

TITLES = {
    Outcome.UNKNOWN: "This link leads nowhere",
    Outcome.PAUSED: "This link is paused",
    Outcome.NOT_STARTED: "This link is not open yet",
    Outcome.NOT_OPEN: "This job is not open yet",
    Outcome.CLOSED: "This job is closed",
    Outcome.EXPIRED: "This link has ended",
    Outcome.ARCHIVED: "This link is no longer in use",
}
LINES = {
    Outcome.UNKNOWN: (
        "There is nothing at this address. Perhaps a letter got lost when it was typed or copied.",
        "Open the post or the message again and tap the link there. If you were sent a link of your own, the newest one works.",
    ),
    Outcome.PAUSED: ("{company} has paused it. Please try again later.",),
    Outcome.NOT_STARTED: ("{company} has not opened it yet. Please try again later.",),
    Outcome.NOT_OPEN: ("{company} has not opened “{job}” yet. Please try again later.",),
    Outcome.CLOSED: (
        "{company} no longer takes applications for “{job}”. Thank you for your interest.",
        "If you began already, open the link in the message that you got: what you saved is kept.",
    ),
    Outcome.EXPIRED: ("{company} used it until recently. A newer post may have the new one.",),
    Outcome.ARCHIVED: ("{company} no longer uses it. A newer post may have the new one.",),
}


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes


def redirect(location: str) -> Answer:
    return Answer(302, [*_always(), (b"location", location.encode()), NOTHING], b"")


def card(target: Target) -> Answer:
    return _page(HTTPStatus.OK, cards.card(target))


def stopped(outcome: Outcome, target: Target | None) -> Answer:
    """A page that says why there is no redirect, and what to do."""
    if target is None:
        return _page(STATUS[Outcome.UNKNOWN], _unknown())
    lines = [line.format(company=target.job.workspace_name, job=target.job.title) for line in LINES[outcome]]
    return _page(STATUS[outcome], _text(TITLES[outcome], lines))


def away() -> Answer:
    """The database is away and this link is not in memory."""
    body = _text("Back in a moment", ["The service is not reachable for a moment. Please try again."])
    answer = _page(HTTPStatus.SERVICE_UNAVAILABLE, body)
    answer.headers.append((b"retry-after", b"5"))
    return answer


def _page(status: HTTPStatus, body: bytes) -> Answer:
    return Answer(status, [*_always(), (b"content-type", HTML), (b"content-length", str(len(body)).encode())], body)


def _text(title: str, lines: list[str]) -> bytes:
    return render("clicks/unknown.html", title=title, lines=lines).encode()


@cache
def _unknown() -> bytes:
    return _text(TITLES[Outcome.UNKNOWN], list(LINES[Outcome.UNKNOWN]))


@cache
def _always() -> Headers:
    """On each answer: nobody keeps it, nobody lists it, and the next page is not told where people came from."""
    headers = security.HEADERS | {
        "cache-control": "private, no-store",
        "x-robots-tag": "noindex, nofollow",
        "referrer-policy": "no-referrer",
    }
    if settings().secure_cookies:
        headers["strict-transport-security"] = security.HSTS
    return [(name.encode(), value.encode()) for name, value in headers.items()]
