"""Does it help? Of the workspace, and of a job."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import job_page, member_page
from portal.jobs.jobs import get_job
from portal.messages import plans
from portal.reports import lift, lift_say
from portal.reports.asking import today_of
from portal.reports.filters import address
from portal.reports.periods import CHOICES, OWN, read_or_default
from portal.reports.scope import Scope

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_FIGURES}
DEFAULT_PERIOD = {"period": "90"}
"""Longer than other figures: people take their time, and few are held out."""


@get("/app/figures/lift", opt=SEE)
async def lift_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    context, status = await _context(member, request.query_params, now, path="/app/figures/lift")
    return member_page(request, member, "reports/lift.html", nav="figures", status=status, **context)


@get("/app/jobs/{job_id:uuid}/nudges/lift", opt=SEE)
async def job_lift_page(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    job = await get_job(member.workspace_id, job_id)
    context, status = await _context(member, request.query_params, now, path=f"/app/jobs/{job_id}/nudges/lift", job_id=job_id)
    plan = await plans.plan_for(member.workspace_id, job_id)
    tab = "nudges" if member.may(Permission.SEE_CANDIDATES) else "figures"
    context |= {"percent": plan.holdout_percent, "plan_href": f"/app/jobs/{job_id}/nudges"}
    return job_page(request, member, "reports/job_lift.html", job=job, tab=tab, status=status, **context)


async def _context(
    member: SignedIn, query: Mapping[str, str], now: datetime, *, path: str, job_id: UUID | None = None
) -> tuple[dict[str, Any], int]:
    asked = query if any(query.get(name) for name in ("period", "from", "to")) else DEFAULT_PERIOD
    today = today_of(member, now)
    first = await lift.first_day(member.workspace_id, job_id, member.timezone)
    period, errors = read_or_default(asked, today=today, first=first)
    scope = Scope(workspace_id=member.workspace_id, timezone=member.timezone, start=period.start, end=period.end, job_id=job_id)
    chips = [{"label": label, "href": address(path, {"period": key}), "on": period.key == key} for key, label in CHOICES]
    if period.key == OWN:
        chips.append({"label": period.words, "href": path, "on": True, "remove": True})
    context: dict[str, Any] = {
        "lift": await lift.lift(scope),
        "say": lift_say,
        "period": period,
        "chips": chips,
        "errors": errors,
        "percent": None,
        "plan_href": "/app/settings/nudges",
        "here": path,
    }
    return context, HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK


handlers = [lift_page, job_lift_page]
