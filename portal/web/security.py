"""Headers on every answer, and the check that a form was sent by one of our own pages."""

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import HTTPScope, Message, Scope

from portal.settings import settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
}
HSTS = "max-age=31536000; includeSubDomains"


async def add_headers(message: Message, scope: Scope) -> None:
    """A `before_send` hook: unlike `after_request` it also sees errors and unknown addresses."""
    if message["type"] != "http.response.start" or scope["type"] != ScopeType.HTTP:
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    # Addresses carry tokens and names: they are nobody else's business.
    headers.setdefault("referrer-policy", "no-referrer" if not _member_page(scope) else "same-origin")
    headers.setdefault("cache-control", "private, no-store")
    if settings().secure_cookies:
        headers.setdefault("strict-transport-security", HSTS)
    headers.add("vary", "HX-Request")


def _member_page(scope: HTTPScope) -> bool:
    return is_member_path(scope["path"])


def is_member_path(path: str) -> bool:
    """``/app`` and what lies below, but not ``/apply``."""
    return path == "/app" or path.startswith("/app/")


def from_our_page(headers: dict[str, str]) -> bool:
    """Whether a form came from our own origin, by what browsers say (Fetch Metadata); those too old to say are let through
    to the CSRF token."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or origin == settings().public_url
