"""The light list of a workspace's open jobs. Each entry keeps the link by which people came."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get
from litestar.response import Template

from portal.accounts.workspaces import get_workspace
from portal.clicks import carried, landings
from portal.interviews.landing import came_to
from portal.interviews.open_jobs import open_jobs
from portal.interviews.page import spoken, unknown_page
from portal.jobs.branding import brand_css_href
from portal.links import bio, domains

AnyRequest = Request[Any, Any, Any]
PUBLIC = {"public": True}
NOBODYS = "interviews/unknown_job.html"


@get("/jobs", opt=PUBLIC)
async def open_jobs_of_host(request: AnyRequest, now: datetime) -> Template:
    """Of the one workspace that this host can mean, if it is one."""
    workspace_id = await bio.only_workspace(domains.bare(request.headers.get("host", "")))
    return await _page(request, workspace_id, now) if workspace_id else unknown_page(NOBODYS)


@get("/jobs/{word:str}", opt=PUBLIC)
async def open_jobs_page(request: AnyRequest, word: str, now: datetime) -> Template:
    workspace_id = await bio.workspace_of(word)
    return await _page(request, workspace_id, now) if workspace_id else unknown_page(NOBODYS)


async def _page(request: AnyRequest, workspace_id: UUID, now: datetime) -> Template:
    workspace, asked = await get_workspace(workspace_id), request.query_params
    click, via = asked.get("click", ""), asked.get("via", "")
    came = await came_to(workspace_id, click, via)
    if came:
        await landings.record(click_id=came.click_id, link_id=came.link_id, at=now)
    way = {"click": str(came.click_id), "via": via} if came else {}
    if filled := asked.get(carried.NAME, ""):
        way[carried.NAME] = filled
    context = {
        "jobs": await open_jobs(workspace_id, now),
        "way": f"?{urlencode(way)}" if way else "",
        "workspace_name": workspace.name,
        "brand_css": brand_css_href(workspace.id, workspace.brand_color),
        "privacy_href": workspace.privacy_url,
        "errors": {},
        **spoken(workspace.language, workspace.name),
    }
    return Template("interviews/open_jobs.html", context=context, headers={"x-robots-tag": "noindex, nofollow"})


handlers = [open_jobs_of_host, open_jobs_page]
