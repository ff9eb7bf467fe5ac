"""The pages of figures: of the workspace, and of one job."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, get
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import job_page, member_page
from portal.jobs import jobs
from portal.reports import excluded, numbers
from portal.reports.figures import channel_table
from portal.reports.funnel import funnel
from portal.reports.numbers import Scope
from portal.reports.ordering import Order, read_order, sort_rows
from portal.reports.periods import Period, read_period
from portal.reports.series import series
from portal.web.forms import Invalid
from portal.web.missing import Missing

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_FIGURES}


class View(msgspec.Struct, frozen=True):
    """What the address says, so that each link on the page changes one thing and keeps the rest."""

    path: str
    job: str
    period: Period
    order: Order
    open: str
    """The channel whose links are shown."""

    def href(self, **changes: str) -> str:
        """This view with some of ``period`` ``job`` ``sort`` ``up`` ``open`` changed."""
        kept = {"job": self.job, **self.period.query, **self.order.query, "open": self.open}
        if "period" in changes:
            kept = {name: value for name, value in kept.items() if name not in {"from", "to"}}
        query = {name: value for name, value in (kept | changes).items() if value}
        return f"{self.path}?{urlencode(query)}" if query else self.path

    def sort_href(self, key: str) -> str:
        """Sorted by `key`: the largest first, and the other way round at the second press."""
        return self.href(sort=key, up="1" if self.order == Order(key) else "")


@get("/app/figures", opt=SEE)
async def figures_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    query = request.query_params
    chosen = await jobs.get_job(member.workspace_id, _job_id(query["job"])) if query.get("job") else None
    context, status = await _context(member, query, now, chosen.id if chosen else None, "/app/figures")
    context["jobs"], context["chosen"] = await jobs.list_jobs(member.workspace_id), chosen
    return member_page(request, member, "reports/figures.html", nav="figures", status=status, **context)


@get("/app/jobs/{job_id:uuid}/figures", opt=SEE)
async def job_figures_page(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    job = await jobs.get_job(member.workspace_id, job_id)
    context, status = await _context(member, request.query_params, now, job.id, f"/app/jobs/{job.id}/figures")
    return job_page(request, member, "reports/job_figures.html", job=job, tab="figures", status=status, **context)


async def _context(
    member: SignedIn, query: Mapping[str, str], now: datetime, job_id: UUID | None, path: str
) -> tuple[dict[str, Any], int]:
    """What the page shows, and its status. Days that can't be used are named, and the default stands in for them."""
    today = now.astimezone(ZoneInfo(member.timezone)).date()
    first = await numbers.first_day(member.workspace_id, job_id)
    period, errors = _period(query, today, first)
    view = View(path, str(job_id or "") if path == "/app/figures" else "", period, read_order(query), query.get("open", ""))
    table = await channel_table(member.workspace_id, job_id=job_id, start=period.start, end=period.end)
    scope = Scope(workspace_id=member.workspace_id, job_id=job_id, start=period.start, end=period.end)
    context = {
        "view": view,
        "period": period,
        "first": first,
        "errors": errors,
        "typed": {name: query.get(name, "") for name in ("from", "to")} if errors else _typed(period),
        "table": table,
        "rows": sort_rows(table.channels, view.order),
        "steps": funnel(table),
        "series": await series(scope, period),
        "excluded": excluded,
    }
    return context, HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK


def _period(query: Mapping[str, str], today: date, first: date | None) -> tuple[Period, dict[str, str]]:
    try:
        return read_period(query, today=today, first=first), {}
    except Invalid as wrong:
        return read_period({}, today=today, first=first), wrong.errors


def _typed(period: Period) -> dict[str, str]:
    return {"from": period.start.isoformat(), "to": period.end.isoformat()}


def _job_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Missing("job") from None


handlers = [figures_page, job_figures_page]
