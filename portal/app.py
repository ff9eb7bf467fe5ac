"""The application: the rooms put together, and nothing else."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from litestar import Litestar
from litestar.config.csrf import CSRFConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.plugins.htmx import HTMXPlugin
from litestar.types import ASGIApp

from portal import clock, crypto, db, demo, redis
from portal.accounts import access, key_pages
from portal.accounts import pages as accounts_pages
from portal.accounts.middleware import SessionMiddleware
from portal.candidates import adding_pages, applications, extension_pages, extensions, import_pages, resume_pages
from portal.candidates import pages as candidates_pages
from portal.clicks import fault_pages, faults, front
from portal.clicks import pages as clicks_pages
from portal.integrations import external_setup_pages as setup_pages
from portal.integrations.api import page as api_page
from portal.integrations.api import pages as api_pages
from portal.integrations.api import schema_pages
from portal.integrations.ats import hooks_pages as ats_hooks_pages
from portal.integrations.ats import pages as ats_pages
from portal.integrations.heymilo import hooks_pages as heymilo_hooks_pages
from portal.integrations.heymilo import making as heymilo_making
from portal.integrations.heymilo import pages as heymilo_pages
from portal.integrations.recipes import pages as recipes_pages
from portal.integrations.webhooks import pages as webhooks_pages
from portal.interviews import answers, external_pages, open_jobs_pages, questions
from portal.interviews import extension_pages as asking_pages
from portal.interviews import pages as interviews_pages
from portal.jobs import pages as jobs_pages
from portal.jobs.jobs import InterviewKind
from portal.links import (
    campaign_pages,
    domain_pages,
    grid_pages,
    link_pages,
    links,
    list_pages,
    orphan_pages,
    picture_pages,
    print_pages,
    upload_pages,
    utm_pages,
)
from portal.links import pages as links_pages
from portal.messages import (
    audience_pages,
    blast_pages,
    hooks_pages,
    override_pages,
    pace,
    plan_pages,
    preferences_pages,
    replies_pages,
    senders_pages,
    sent,
    shown,
    suppression_pages,
    template_pages,
)
from portal.messages import pages as messages_pages
from portal.processes import die_with_parent
from portal.reports import counts
from portal.reports import pages as reports_pages
from portal.settings import settings
from portal.web import errors, health, logs, security, static
from portal.web.missing import Missing
from portal.web.templating import template_config

COLLECT_AFTER = (50_000, 20, 50)
"""Objects more than before, and rounds over young and middle-aged ones (``gc.set_threshold``)."""
HANDLERS = [
    *health.handlers,
    *accounts_pages.handlers,
    *key_pages.handlers,
    *jobs_pages.handlers,
    *links_pages.handlers,
    *link_pages.handlers,
    *print_pages.handlers,
    *orphan_pages.handlers,
    *domain_pages.handlers,
    *picture_pages.handlers,
    *list_pages.handlers,
    *campaign_pages.handlers,
    *grid_pages.handlers,
    *utm_pages.handlers,
    *upload_pages.handlers,
    *clicks_pages.handlers,
    *fault_pages.handlers,
    *candidates_pages.handlers,
    *adding_pages.handlers,
    *import_pages.handlers,
    *resume_pages.handlers,
    *extension_pages.handlers,
    *interviews_pages.handlers,
    *external_pages.handlers,
    *asking_pages.handlers,
    *open_jobs_pages.handlers,
    *override_pages.handlers,
    *audience_pages.handlers,
    *blast_pages.handlers,
    *messages_pages.handlers,
    *template_pages.handlers,
    *hooks_pages.handlers,
    *replies_pages.handlers,
    *suppression_pages.handlers,
    *senders_pages.handlers,
    *plan_pages.handlers,
    *preferences_pages.handlers,
    *reports_pages.handlers,
    *api_pages.handlers,
    *schema_pages.handlers,
    *recipes_pages.handlers,
    *webhooks_pages.handlers,
    *setup_pages.handlers,
    *heymilo_pages.handlers,
    *heymilo_hooks_pages.handlers,
    *ats_hooks_pages.handlers,
    *ats_pages.handlers,
]


SHOWN_FROM_ABOVE: dict[str, object] = {
    "demo_sign_ins": demo.SIGN_INS,
    "job_counts": counts.job_counts,
    "journal_standing": lambda: front.engine().journal.standing()._asdict(),
    "link_clicks": counts.link_clicks,
    "link_count": links.link_count,
    "link_faults": faults.open_faults,
    "question_count": questions.count_of,
    "provider_calls": pace.calls,
    "stuck_count": candidates_pages.stuck_count,
    "asked_count": extensions.asked_count,
    "move_deadlines": applications.move_deadlines,
    "answers_shown": answers.answers_shown,
    "messages_shown": shown.messages_shown,
    "contact_stops": shown.contact_stops,
    "interview_makers": {InterviewKind.HEYMILO: heymilo_making.place_for},
    "sent_to": sent.sent_to,
}
"""What pages of lower rooms show of higher ones, by the name under which their handlers take it."""


def create_app() -> ASGIApp:
    """The ASGI callable that the web server runs: redirects in front, everything else behind."""
    die_with_parent()
    logs.configure()
    app = front.RedirectFront(litestar_app())
    settle()
    return app


def settle() -> None:
    """What is there from the start stays: Python's collector of cycles need not look through it again and again, and hundreds of
    requests that wait for one commit are no reason to look for garbage. It costs a redirect a fifth of its time otherwise."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def litestar_app() -> Litestar:
    return Litestar(
        route_handlers=[*HANDLERS, static.router()],
        guards=[access.guard, api_page.guard],
        middleware=[DefineMiddleware(SessionMiddleware)],
        dependencies={"member": _asked(access.signed_in), "now": _asked(clock.now)}
        | {n: _given(v) for n, v in SHOWN_FROM_ABOVE.items()},
        before_request=replies_pages.count_waiting,
        after_request=replies_pages.show_waiting,
        before_send=[security.add_headers],
        exception_handlers={
            access.NotSignedIn: accounts_pages.not_signed_in,
            HTTPException: errors.http_error,
            Missing: errors.missing,
            Exception: errors.other_error,
        },
        template_config=template_config(),
        csrf_config=csrf(),
        plugins=[HTMXPlugin()],
        lifespan=[resources],
        openapi_config=None,
        request_max_body_size=1_000_000,
        signature_types=[datetime],
    )


def dependencies() -> dict[str, Provide]:
    asked: dict[str, Callable[..., object]] = {"member": access.signed_in, "now": clock.now}
    return {name: _asked(call) for name, call in asked.items()} | {name: _given(it) for name, it in SHOWN_FROM_ABOVE.items()}


def csrf() -> CSRFConfig:
    """Member pages only: candidates need no cookie, machines sign what they send."""
    return CSRFConfig(
        secret=crypto.key("csrf").hex(),
        cookie_name="portal_csrf",
        cookie_path="/app",
        cookie_secure=settings().secure_cookies,
        cookie_httponly=True,
        cookie_samesite="lax",
        exclude=[r"^/(apply|i|p|my-data|api|schema|hooks|health|ready|metrics|static|brand|card|jobs)(/|$)"],
    )


@asynccontextmanager
async def resources(app: Litestar) -> AsyncIterator[None]:
    """What pages and redirects both use, opened before the first request and closed after the last. Opens also while PostgreSQL
    or Redis is away: redirects work, pages say that they will be back, and all goes on by itself."""
    await db.open(settings().database_url)
    await redis.open(settings().redis_url)
    await front.open()
    try:
        yield
    finally:
        await front.close()
        await redis.close()
        await db.close()


def _asked(call: Callable[..., object]) -> Provide:
    """A dependency that is worked out for each request."""
    return Provide(call, sync_to_thread=False)


def _given(value: object) -> Provide:
    """A dependency that is always the same."""
    return Provide(lambda: value, sync_to_thread=False)
