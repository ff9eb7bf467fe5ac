"""Who of a job gets a nudge of its plan, and who not, and why."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get
from litestar.response import Template

from portal import db
from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import job_page
from portal.jobs.jobs import get_job
from portal.messages import audience
from portal.messages.blast_pages import reason_hrefs
from portal.messages.plans import Step, plan_for
from portal.messages.words import Anchor, Track
from portal.web.missing import Missing
from portal.web.paging import page_number, pager

AnyRequest = Request[Any, Any, Any]
TRACKS = {Track.NEVER_STARTED: "Not started", Track.UNFINISHED: "Unfinished"}


@get("/app/jobs/{job_id:uuid}/nudges/who", opt={"permission": Permission.SEE_CANDIDATES})
async def who_page(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    job = await get_job(member.workspace_id, job_id)
    plan = await plan_for(member.workspace_id, job_id)
    asked = request.query_params
    step = plan.step(asked.get("step", "")) if asked.get("step") else next(iter(plan.steps), None)
    if step is None:
        raise Missing("step")
    path, query = f"/app/jobs/{job_id}/nudges/who", {"step": step.key}
    key, page = asked.get("reason", ""), page_number(asked.get("page"))
    seen = await audience.of_step(job, step, now, key=key, page=page)
    return job_page(
        request,
        member,
        "messages/who.html",
        job=job,
        tab="nudges",
        step_title=title_of(step),
        choices=[(title_of(one), f"{path}?{urlencode({'step': one.key})}", one.key == step.key) for one in plan.steps],
        seen=seen,
        key=key,
        hrefs=reason_hrefs(path, query, seen),
        all_href=f"{path}?{urlencode(query)}",
        stale=await _stale(member.workspace_id, job_id),
        page=pager(path=path, query=query | ({"reason": key} if key else {}), page=page, total=seen.total),
        errors={},
    )


def title_of(step: Step) -> str:
    """ "Unfinished, after 24 h"."""
    hours = f"{step.hours} h before the deadline" if step.anchor is Anchor.BEFORE_DEADLINE else f"after {step.hours} h"
    return f"{TRACKS[step.track]}, {hours}"


async def _stale(workspace_id: UUID, job_id: UUID) -> int:
    return int(
        await db.value(
            "SELECT count(*) FROM application WHERE workspace_id = $1 AND job_id = $2 AND plan_stale", workspace_id, job_id
        )
    )


handlers = [who_page]
