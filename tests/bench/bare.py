"""A redirect that looks nothing up and records nothing: what the portal's own is held against."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

HEADERS = [(b"location", b"/apply/night-nurse-leeds"), (b"cache-control", b"private, no-store"), (b"content-length", b"0")]


def create_app() -> ASGIApp:
    return app


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != ScopeType.HTTP:
        return
    await send({"type": "http.response.start", "status": 302, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
