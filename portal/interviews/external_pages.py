"""The candidate's way to an interview elsewhere and back, and where that system calls."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import structlog
from litestar import MediaType, Request, Response, get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_429_TOO_MANY_REQUESTS, HTTP_503_SERVICE_UNAVAILABLE

from portal import crypto
from portal.interviews import external, hooks, sittings
from portal.interviews.external import Maker
from portal.interviews.hooks import Hook
from portal.interviews.page import candidate_page, unknown_page
from portal.interviews.sittings import Sitting, State
from portal.jobs.jobs import InterviewKind
from portal.web.missing import Missing

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]
PUBLIC = {"public": True}
LARGEST_BODY = 64_000
SOON = 60
"""Seconds after which a try again may help."""


@post("/i/{token:str}/go", opt=PUBLIC, status_code=HTTP_200_OK)
async def go(token: str, now: datetime, interview_makers: Mapping[InterviewKind, Maker]) -> Template | Redirect:
    """On to the interview, by a page that leads on by itself.

    Not by a redirect: ``form-action`` of our policy ends a form whose answer leads to another host, there and at every further
    redirect, in most browsers. ``Refresh`` is a navigation of its own, and needs no script.
    """
    try:
        sitting = await sittings.open_sitting(token, now)
    except Missing:
        return unknown_page("interviews/unknown_token.html")
    if sitting.state is not State.EXTERNAL:
        return _to(sitting)
    way = await external.go(sitting, interview_makers, now)
    if way.href:
        page = candidate_page("interviews/going.html", sitting.job, href=way.href, sitting=sitting)
        page.headers["refresh"] = f"0; url={way.href}"
        return page
    status = HTTP_429_TOO_MANY_REQUESTS if way.wait else HTTP_503_SERVICE_UNAVAILABLE
    page = candidate_page("interviews/not_there.html", sitting.job, status=status, sitting=sitting, often=bool(way.wait))
    page.headers["retry-after"] = str(way.wait or SOON)
    return page


@get("/i/{token:str}/done/{proof:str}", opt=PUBLIC)
async def back_page(token: str, proof: str, now: datetime) -> Template | Redirect:
    sitting = await _come_back(token, proof, now)
    if sitting is None:
        return unknown_page("interviews/unknown_token.html")
    if sitting.state is not State.EXTERNAL:
        return _to(sitting)
    believed = await external.return_finishes(sitting.link.workspace_id, sitting.link.job_id)
    return candidate_page("interviews/back.html", sitting.job, sitting=sitting, proof=proof, believed=believed)


@post("/i/{token:str}/done/{proof:str}", opt=PUBLIC)
async def say_done(token: str, proof: str, now: datetime) -> Template | Redirect:
    sitting = await _come_back(token, proof, now)
    if sitting is None:
        return unknown_page("interviews/unknown_token.html")
    if sitting.state is State.EXTERNAL and not await external.finish(sitting, now):
        return _to(sitting, f"/done/{proof}")
    return _to(sitting)


@post("/hooks/interview/{key:str}", opt=PUBLIC, request_max_body_size=LARGEST_BODY, status_code=HTTP_200_OK)
async def called(request: AnyRequest, key: str, now: datetime) -> Response[Any]:
    """Who is not known is answered with 200: there is nothing that the sender could do better."""
    body = await request.body()
    hook = await hooks.find_hook(key)
    try:
        message_id = _believed(request, hook, body, now)
        call = hooks.read(body)
    except hooks.NotBelieved as doubt:
        log.warning("interview hook not believed", job=str(hook.job_id), doubt=doubt.doubt.value)
        return _problem(HTTPStatus.FORBIDDEN, str(doubt))
    except crypto.Unsealable:
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "The secret can't be read any more: make a new one at the job.")
    except ValueError:
        return _problem(HTTPStatus.BAD_REQUEST, 'Send a JSON object such as {"token": "…", "event": "completed"}.')
    outcome = await hooks.hear(hook, message_id, call, now)
    return Response({"outcome": outcome.value}, media_type=MediaType.JSON)


def _believed(request: AnyRequest, hook: Hook, body: bytes, now: datetime) -> str:
    """The message's id. Raises `hooks.NotBelieved`, or `crypto.Unsealable`."""
    message_id, timestamp, signatures = (request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    hooks.check(hook.secret(), message_id, timestamp, signatures, body, now=now)
    return message_id


async def _come_back(token: str, proof: str, now: datetime) -> Sitting | None:
    try:
        sitting = await sittings.open_sitting(token, now)
    except Missing:
        return None
    return sitting if external.proves(sitting, proof) else None


def _to(sitting: Sitting, rest: str = "") -> Redirect:
    return Redirect(f"/i/{sitting.token}{rest}", status_code=HTTP_303_SEE_OTHER)


def _problem(status: HTTPStatus, text: str) -> Response[Any]:
    problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": text}
    return Response(problem, status_code=status, media_type="application/problem+json")


handlers = [go, back_page, say_done, called]
