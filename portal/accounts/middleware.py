"""Before a member's page: who asks, and whether a form came from one of our own pages."""

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from portal import clock
from portal.accounts import sessions
from portal.web.security import from_our_page, is_member_path

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SessionMiddleware:
    """Sets ``scope["user"]`` below ``/app``, and looks at nothing else: candidates have no session."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `PermissionDeniedException` for a form from elsewhere."""
        if scope["type"] == ScopeType.HTTP and is_member_path(scope["path"]):
            await _look(scope)
        await self.app(scope, receive, send)


async def _look(scope: HTTPScope) -> None:
    headers = Headers.from_scope(scope)
    if scope["method"] not in SAFE and not from_our_page({name.lower(): value for name, value in headers.items()}):
        raise PermissionDeniedException
    scope["user"] = await sessions.member_of(headers.get("cookie"), clock.now())
