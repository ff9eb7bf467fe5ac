"""What the redirect answers, as bytes: a status, headers, a body."""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import NamedTuple

from portal.accounts.places import spoken
from portal.clicks import cards
from portal.clicks.hits import Outcome
from portal.clicks.targets import Target
from portal.clicks.words import WORDS, Said, words
from portal.jobs.jobs import Job
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


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes


def redirect(location: str) -> Answer:
    return Answer(302, [*_always(), (b"location", location.encode()), NOTHING], b"")


def card(target: Target) -> Answer:
    return _page(HTTPStatus.OK, cards.card(target))


def stopped(outcome: Outcome, target: Target | None) -> Answer:
    """A page that says why there is no redirect, and what to do; of an unknown link, in all languages."""
    if target is None:
        return _page(STATUS[Outcome.UNKNOWN], _unknown())
    job, language = target.job, spoken(target.job.language)
    return _page(STATUS[outcome], _text({language: _about(words(language).stopped[outcome], job)}))


def away() -> Answer:
    """The database is away and this link is not in memory."""
    answer = _page(HTTPStatus.SERVICE_UNAVAILABLE, _away())
    answer.headers.append((b"retry-after", b"5"))
    return answer


def _page(status: HTTPStatus, body: bytes) -> Answer:
    return Answer(status, [*_always(), (b"content-type", HTML), (b"content-length", str(len(body)).encode())], body)


def _about(said: Said, job: Job) -> Said:
    return Said(said.title, tuple(line.format(company=job.workspace_name, job=job.title) for line in said.lines))


def _text(pages: Mapping[str, Said]) -> bytes:
    """By language; the first is the page's, and others follow below it."""
    first, *others = pages.items()
    return render("clicks/unknown.html", lang=first[0], said=first[1], others=others, skip_label=words(first[0]).skip).encode()


@cache
def _unknown() -> bytes:
    return _text({language: known.stopped[Outcome.UNKNOWN] for language, known in WORDS.items()})


@cache
def _away() -> bytes:
    return _text({language: known.away for language, known in WORDS.items()})


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
