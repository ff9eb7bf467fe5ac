"""One sentence that survives the redirect after a form: in a signed cookie, shown once."""

import base64
import json
from dataclasses import dataclass

from itsdangerous import BadSignature, TimestampSigner
from litestar import Request
from litestar.datastructures import Cookie

from portal import crypto
from portal.settings import settings

COOKIE = "portal_flash"
SECONDS = 60


@dataclass(frozen=True)
class Flash:
    text: str
    kind: str
    """``done`` or ``error``."""
    undo: str = ""
    """Where a POST takes it back, if it can be."""


def flash_cookie(text: str, kind: str = "done", undo: str = "") -> Cookie:
    """To be added to the redirect."""
    body = base64.urlsafe_b64encode(json.dumps([text, kind, undo]).encode())
    value = TimestampSigner(crypto.key("flash")).sign(body).decode()
    return Cookie(
        key=COOKIE, value=value, max_age=SECONDS, path="/app", httponly=True, samesite="lax", secure=settings().secure_cookies
    )


def read_flash(request: Request) -> Flash | None:  # type: ignore[type-arg]
    """What the last form said, if it was within the last minute."""
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    try:
        text, kind, undo = json.loads(
            base64.urlsafe_b64decode(TimestampSigner(crypto.key("flash")).unsign(cookie, max_age=SECONDS))
        )
    except (BadSignature, ValueError):
        return None
    return Flash(text, kind, undo)


def spent_cookie() -> Cookie:
    """Takes the sentence away again."""
    return Cookie(key=COOKIE, value="", max_age=0, path="/app", httponly=True, samesite="lax", secure=settings().secure_cookies)
