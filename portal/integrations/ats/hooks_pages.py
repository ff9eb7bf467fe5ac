"""Where applicant tracking systems call: `/hooks/ats/{system}/{key}`. 2xx is said only after what was sent is kept."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from litestar import HttpMethod, MediaType, Request, Response, post, route

from portal.integrations.ats import connections, deliveries
from portal.integrations.ats.connections import Connection
from portal.integrations.ats.deliveries import Heard
from portal.integrations.ats.system import Sent
from portal.web.missing import Missing

AnyRequest = Request[Any, Any, Any]
OPEN = {"public": True}
PATH = "/hooks/ats/{system:str}/{key:str}"
LARGEST = 1_000_000
"""Bytes."""
LISTENING = "This address listens. Events come by POST."
NOT_BELIEVED = "It is not known who sent this: the signature is missing, does not fit, or is too old."


@post(PATH, opt=OPEN, request_max_body_size=LARGEST)
async def hear(request: AnyRequest, now: datetime, system: str, key: str) -> Response[Any]:
    connection = await _connection(system, key)
    headers = {name.lower(): value for name, value in request.headers.items()}
    echo = connection.kind.handshake(headers)
    if echo is not None:
        await deliveries.note_handshake(connection, now=now)
        return _said(LISTENING, echo)
    heard = await deliveries.receive(connection, Sent(headers, await request.body()), now=now)
    if heard is Heard.NOT_BELIEVED:
        status = HTTPStatus.UNAUTHORIZED
        problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": NOT_BELIEVED}
        return Response(problem, status_code=status, media_type="application/problem+json")
    return _said("Kept." if heard is Heard.KEPT else "Kept already.")


@route(PATH, http_method=[HttpMethod.GET, HttpMethod.HEAD], opt=OPEN)
async def listen(request: AnyRequest, system: str, key: str) -> Response[str]:
    """Some systems try the address before they use it. Changes nothing."""
    connection = await _connection(system, key)
    return _said(LISTENING, connection.kind.handshake({name.lower(): value for name, value in request.headers.items()}))


async def _connection(system: str, key: str) -> Connection:
    """Raises `Missing`."""
    found = await connections.find(system, key)
    if found is None:
        raise Missing("connection")
    return found


def _said(text: str, headers: dict[str, str] | None = None) -> Response[str]:
    return Response(text, media_type=MediaType.TEXT, status_code=HTTPStatus.OK, headers=headers or {})


handlers = [hear, listen]
