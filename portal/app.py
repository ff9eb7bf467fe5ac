"""The application: the rooms put together, and nothing else."""

import contextlib
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from litestar import Litestar
from litestar.config.csrf import CSRFConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.plugins.htmx import HTMXPlugin
from litestar.types import ASGIApp, ControllerRouterHandler

from portal import clock, crypto, db, redis
from portal.accounts import access
from portal.settings import settings
from portal.web import errors, health, security, static
from portal.web.missing import Missing
from portal.web.templating import template_config

HANDLERS: list[ControllerRouterHandler] = [*health.handlers]
for _room in ("accounts", "jobs", "links", "candidates", "interviews", "messages", "reports"):
    with contextlib.suppress(ModuleNotFoundError):
        HANDLERS += importlib.import_module(f"portal.{_room}.pages").handlers

DEPENDENCIES: dict[str, Callable[..., object]] = {
    "member": access.signed_in,
    "now": clock.now,
}


def create_app() -> ASGIApp:
    """The ASGI callable that the web server runs."""
    return litestar_app()


def litestar_app() -> Litestar:
    return Litestar(
        route_handlers=[*HANDLERS, static.router()],
        guards=[access.guard],
        dependencies={name: Provide(call, sync_to_thread=False) for name, call in DEPENDENCIES.items()},
        before_send=[security.add_headers],
        exception_handlers={HTTPException: errors.http_error, Missing: errors.missing, Exception: errors.other_error},
        template_config=template_config(),
        csrf_config=csrf(),
        plugins=[HTMXPlugin()],
        lifespan=[resources],
        openapi_config=None,
        request_max_body_size=1_000_000,
        signature_types=[datetime],
    )


def csrf() -> CSRFConfig:
    """Member pages only: candidates need no cookie, machines sign what they send."""
    return CSRFConfig(
        secret=crypto.key("csrf").hex(),
        cookie_name="portal_csrf",
        cookie_path="/app",
        cookie_secure=settings().secure_cookies,
        cookie_httponly=True,
        cookie_samesite="lax",
        exclude=[r"^/(apply|i|p|my-data|api|hooks|health|ready|metrics|static|brand|card)(/|$)"],
    )


@asynccontextmanager
async def resources(app: Litestar) -> AsyncIterator[None]:
    """What pages and redirects both use, opened before the first request and closed after the last."""
    await db.open(settings().database_url)
    await redis.open(settings().redis_url)
    try:
        yield
    finally:
        await redis.close()
        await db.close()
