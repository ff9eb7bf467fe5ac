"""The API's edge: who asks, how often, and operations as routes."""

import re
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, patch, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from portal import clock
from portal.accounts.keys import Key, Scope, find_key
from portal.integrations.api import performing
from portal.integrations.api.once import refused
from portal.integrations.api.operations import BASE, Call, Operation
from portal.integrations.api.performing import Sent
from portal.integrations.api.problems import Code, Refusal
from portal.web.limits import Limit, wait_for

AnyRequest = Request[Any, Any, Any]
PER_MINUTE = 300
LIMIT = Limit("api", burst=PER_MINUTE, seconds=60)
JSON, PROBLEM = "application/json", "application/problem+json"
METHODS = {"GET": get, "POST": post, "PATCH": patch}


async def guard(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """For routes that say ``opt={"scope": …}``: the key that asks stands in ``connection.state.key`` afterwards. Cookies count
    for nothing here. Raises `Refusal`."""
    scope: Scope | None = handler.opt.get("scope")
    if scope is None:
        return
    now = clock.now()
    key = await _key(connection.headers.get("authorization", ""), now)
    if wait := await wait_for(LIMIT, str(key.id), now):
        detail = f"At most {PER_MINUTE} requests a minute with one key. Wait {wait} s."
        raise Refusal(Code.RATE_LIMITED, detail, headers={"Retry-After": str(wait)})
    if scope not in key.scopes:
        headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
        raise Refusal(Code.SCOPE_MISSING, f"This needs a key with the scope {scope}.", headers=headers)
    connection.state.key = key


async def _key(authorization: str, now: datetime) -> Key:
    """Raises `Refusal`."""
    scheme, _, secret = authorization.partition(" ")
    key = await find_key(secret.strip(), now=now) if scheme.lower() == "bearer" else None
    if key is None:
        detail = "Send a key of this workspace as “Authorization: Bearer pk_…”. It may have been revoked."
        raise Refusal(Code.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})
    return key


def handler_of(operation: Operation) -> HTTPRouteHandler:
    """The route of an operation."""

    async def serve(request: AnyRequest, now: datetime) -> Response[Any]:
        call = Call(request.state.key, now)
        reply = await performing.perform(operation, call, await _sent(operation, request))
        media_type = JSON if reply.status < 400 else PROBLEM
        headers = {"Idempotency-Replayed": "true"} if reply.replayed else {}
        return Response(reply.body, status_code=reply.status, media_type=media_type, headers=headers)

    made: HTTPRouteHandler = METHODS[operation.method](
        BASE + re.sub(r"{(\w+)}", r"{\1:uuid}", operation.path),
        opt={"scope": operation.scope},
        status_code=operation.status,
        request_max_body_size=operation.most_bytes,
        exception_handlers={Refusal: refuse},
    )(serve)
    return made


async def _sent(operation: Operation, request: AnyRequest) -> Sent:
    """Raises `Refusal`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if operation.body is not None and media_type != JSON:
        raise Refusal(Code.NOT_JSON, "Send the body as JSON, with “Content-Type: application/json”.")
    query = request.query_params
    return Sent(
        path=request.scope["path"],
        ids=dict(request.path_params),
        query={name: query.getall(name) for name in query},
        body=await request.body() if operation.method != "GET" else b"",
        word=request.headers.get("idempotency-key"),
    )


def refuse(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    reply = refused(refusal)
    return Response(reply.body, status_code=reply.status, media_type=PROBLEM, headers=refusal.headers)
