"""The pages of figures: of the workspace, of a job, of a link; by their filters also of a campaign and of a channel."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal import db
from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import job_page, member_page
from portal.jobs import jobs
from portal.links.links import get_link
from portal.reports import excluded, export_pages, hit_pages, lift, lift_pages, lift_say, live, live_pages, weekly_pages
from portal.reports.asking import Asked, ask
from portal.reports.board import Board, board
from portal.reports.filters import Filters, Place, address, read_filters
from portal.reports.periods import Period

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_FIGURES}


@get("/app/figures", opt=SEE)
async def figures_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    filters = await read_filters(member.workspace_id, request.query_params)
    context, status = await _context(member, request.query_params, now, filters, path="/app/figures")
    return member_page(request, member, "reports/figures.html", nav="figures", status=status, **context)


@get("/app/jobs/{job_id:uuid}/figures", opt=SEE)
async def job_figures_page(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    query = request.query_params
    job, filters = await db.side_by_side(jobs.get_job(member.workspace_id, job_id), read_filters(member.workspace_id, query))
    at_job = filters.at(job=Place(job.id, job.title))
    context, status = await _context(member, query, now, at_job, path=f"/app/jobs/{job.id}/figures", of="job")
    return job_page(request, member, "reports/job_figures.html", job=job, tab="figures", status=status, **context)


@get("/app/links/{link_id:uuid}/figures", opt=SEE)
async def link_figures_page(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Template:
    """Its job, campaign and channel are its own: filters by them have no meaning here."""
    query = request.query_params
    link, filters = await db.side_by_side(get_link(member.workspace_id, link_id), read_filters(member.workspace_id, query))
    at_link = filters.only_at(link=Place(link.id, link.name))
    context, status = await _context(member, query, now, at_link, path=f"/app/links/{link.id}/figures", of="link")
    return member_page(request, member, "reports/link_figures.html", nav="figures", status=status, link=link, **context)


async def _context(
    member: SignedIn, query: Mapping[str, str], now: datetime, filters: Filters, *, path: str, of: str = ""
) -> tuple[dict[str, Any], int]:
    """What the page shows, and its status. Days that can't be used are named, and the default stands in for them.

    `of`: the filter that `path` itself says.
    """
    asked = await ask(member, query, now, filters, path=path, of=of)
    period = asked.view.period
    shown, helped, watch = await db.side_by_side(_board(asked), _lift(asked), live.watch(member, asked, now))
    context = {
        **{
            "view": asked.view,
            "period": period,
            "first": asked.first,
            "errors": asked.errors,
            "filters": filters,
            "watch": watch,
        },
        "typed": {name: query.get(name, "") for name in ("from", "to")} if asked.errors else _typed(period),
        "board": shown,
        "excluded": excluded,
        "lift": helped,
    }
    return context, HTTP_422_UNPROCESSABLE_ENTITY if asked.errors else HTTP_200_OK


async def _board(asked: Asked) -> Board | None:
    return await board(asked.scope, asked.view, asked.filters) if asked.first else None


async def _lift(asked: Asked) -> dict[str, str] | None:
    """Whether nudges help, in a sentence, and where more of it stands; unless people are told apart by what brought them."""
    scope = asked.scope
    if scope.is_narrowed or scope.campaign_id or scope.channel_id or scope.link_id:
        return None
    found, period = await lift.overall(scope), asked.view.period
    path = f"/app/jobs/{scope.job_id}/nudges/lift" if scope.job_id else "/app/figures/lift"
    return {"said": lift_say.nudges(found) if found else "", "href": address(path, period.query or {"period": period.key})}


def _typed(period: Period) -> dict[str, str]:
    return {"from": period.start.isoformat(), "to": period.end.isoformat()}


handlers = [figures_page, job_figures_page, link_figures_page, *hit_pages.handlers]
handlers += [*export_pages.handlers, *live_pages.handlers, *weekly_pages.handlers, *lift_pages.handlers]
