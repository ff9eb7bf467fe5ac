"""What people see when something is wrong: one clear sentence, never a stack trace."""

from http import HTTPStatus

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Template
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR, HTTP_503_SERVICE_UNAVAILABLE
from redis.exceptions import RedisError

from portal import db
from portal.web.missing import Missing
from portal.web.security import is_member_path

log = structlog.get_logger()

AWAY = (*db.AWAY, RedisError)

SENTENCES = {
    400: ("That didn't work", "Something in what was sent can't be used. Go back and try again."),
    403: (
        "You can't do that",
        "This needs a right that you don't have, or the form has grown too old. Reload the page and try again.",
    ),
    404: ("Nothing here", "There is no page at this address. It may have been removed, or mistyped."),
    405: ("That didn't work", "This address can't be used that way. Go back and try again."),
    413: ("Too large", "What was sent is too large."),
    429: ("One moment", "That was tried very often. Wait a minute, then try again."),
    500: ("Our mistake", "Something went wrong on our side. What you saved before is kept. Please try again."),
    503: ("Back in a moment", "The service is not reachable for a moment. What you saved before is kept. Please try again."),
}


def http_error(request: Request, error: HTTPException) -> Response:  # type: ignore[type-arg]
    return _answer(request, error.status_code, dict(error.headers or {}))


def missing(request: Request, error: Missing) -> Response:  # type: ignore[type-arg]
    return _answer(request, 404, {})


def other_error(request: Request, error: Exception) -> Response:  # type: ignore[type-arg]
    """Everything that nobody foresaw. A database that is away is told apart: it comes back by itself."""
    away = isinstance(error, AWAY)
    log.error("request failed", method=request.method, route=_route(request), error=repr(error), exc_info=not away and error)
    if away:
        return _answer(request, HTTP_503_SERVICE_UNAVAILABLE, {"Retry-After": "5"})
    return _answer(request, HTTP_500_INTERNAL_SERVER_ERROR, {})


def _route(request: Request) -> str:  # type: ignore[type-arg]
    """The address with its tokens left out: they are secrets, and logs travel."""
    first = request.scope["path"].split("/")[1:2]
    return f"/{first[0]}/…" if first else "/"


def _code(status: int) -> str:
    """For programs: the status in a word or two."""
    return "too_large" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else HTTPStatus(status).name.lower()


def _answer(request: Request, status: int, headers: dict[str, str]) -> Response:  # type: ignore[type-arg]
    title, text = SENTENCES.get(status, SENTENCES[500 if status >= 500 else 400])
    path = request.scope["path"]
    if path.startswith(("/api/", "/hooks/")):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": text, "code": _code(status)}
        return Response(problem, status_code=status, media_type="application/problem+json", headers=headers)
    return Template(
        "layouts/error.html",
        context={"title": title, "text": text, "back": "/app" if is_member_path(path) else "", "status": status},
        status_code=status,
        headers=headers,
        media_type=MediaType.HTML,
    )
