"""Member pages of one link: what it does, where it leads, how it looks when shared, what was changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import SignedIn
from portal.accounts.page import done, member_page
from portal.jobs.jobs import get_job, list_jobs
from portal.links import destinations, domains, history, link_form, links, utm, words
from portal.links.links import ShownLink
from portal.links.page import EDIT, SEE, AnyRequest, LinkClicks, LinkFaults, state_at
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing

NOTHING = "Nothing was changed."


@get("/app/links/{link_id:uuid}", opt=SEE)
async def link_page(
    request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID, *, link_clicks: LinkClicks, link_faults: LinkFaults
) -> Template:
    link = await links.get_link(member.workspace_id, link_id)
    return await _link(request, member, link, {}, {}, link_clicks=link_clicks, link_faults=link_faults, now=now)


@post("/app/links/{link_id:uuid}", opt=EDIT)
async def save(
    request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID, *, link_clicks: LinkClicks, link_faults: LinkFaults
) -> Response[str] | Template:
    link, form = await links.get_link(member.workspace_id, link_id), Form(await request.form())
    try:
        fields = link_form.read_link(form, before=link, timezone=member.timezone, now=now)
    except Invalid as wrong:
        return await _link(
            request, member, link, form.values, wrong.errors, link_clicks=link_clicks, link_faults=link_faults, now=now
        )
    return await _change(request, member, link, msgspec.structs.asdict(fields), "Saved.", now=now)


@post("/app/links/{link_id:uuid}/target", opt=EDIT)
async def lead_elsewhere(
    request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID, *, link_clicks: LinkClicks, link_faults: LinkFaults
) -> Response[str] | Template:
    link, form = await links.get_link(member.workspace_id, link_id), Form(await request.form())
    jobs = [job.id for job in await list_jobs(member.workspace_id)]
    try:
        wanted = destinations.read_destination(form, before=link, jobs=jobs, own_hosts=await domains.own_hosts())
    except Invalid as wrong:
        return await _link(
            request, member, link, form.values, wrong.errors, link_clicks=link_clicks, link_faults=link_faults, now=now
        )
    return await _change(request, member, link, wanted.values, "It leads elsewhere from now on.", now=now)


@post("/app/links/{link_id:uuid}/pause", opt=EDIT)
async def pause(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Response[str]:
    made = await history.pause(member.workspace_id, link_id, by=member.id, now=now)
    return _said(request, link_id, "Paused: who taps it is asked to come later.", made)


@post("/app/links/{link_id:uuid}/resume", opt=EDIT)
async def resume(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Response[str]:
    made = await history.resume(member.workspace_id, link_id, by=member.id, now=now)
    return _said(request, link_id, "It leads on again.", made)


@post("/app/links/{link_id:uuid}/archive", opt=EDIT)
async def archive(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Response[str]:
    link = await links.get_link(member.workspace_id, link_id)
    await history.archive(member.workspace_id, link_id, by=member.id, now=now)
    return done(request, "/app/links", f"“{link.name}” is archived. Its figures stay.", undo=f"/app/links/{link_id}/restore")


@post("/app/links/{link_id:uuid}/restore", opt=EDIT)
async def restore(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Response[str]:
    made = await history.restore(member.workspace_id, link_id, by=member.id, now=now)
    return _said(request, link_id, "It is back in use.", made)


@get("/app/links/{link_id:uuid}/history", opt=SEE)
async def history_page(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Template:
    link = await links.get_link(member.workspace_id, link_id)
    titles = {job.id: job.title for job in await list_jobs(member.workspace_id)}
    found = await history.entries(member.workspace_id, link_id)
    said = [words.changed(entry, titles, member.timezone) for entry in found]
    return member_page(request, member, "links/history.html", nav="links", link=link, changes=said, errors={})


@post("/app/links/{link_id:uuid}/undo", opt=EDIT)
async def undo(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Response[str]:
    """Takes back the changes that the address names."""
    change_ids = [_uuid(text) for text in request.query_params.getall("change", [])]
    made = await history.undo(member.workspace_id, link_id, change_ids, by=member.id, now=now)
    return _said(request, link_id, "It is as it was before.", made, to="/history")


async def _change(
    request: AnyRequest, member: SignedIn, link: ShownLink, values: Mapping[str, object], said: str, *, now: datetime
) -> Response[str]:
    made = await history.change(member.workspace_id, link.id, values, by=member.id, now=now)
    return _said(request, link.id, said, made)


def _said(request: AnyRequest, link_id: UUID, said: str, made: list[UUID], to: str = "") -> Response[str]:
    """Back to the link, with a way back from `made`."""
    back = f"/app/links/{link_id}/undo?" + "&".join(f"change={change_id}" for change_id in made)
    return done(request, f"/app/links/{link_id}{to}", said if made else NOTHING, undo=back if made else "")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Missing("change") from None


async def _link(
    request: AnyRequest,
    member: SignedIn,
    link: ShownLink,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    link_clicks: LinkClicks,
    link_faults: LinkFaults,
    now: datetime,
) -> Template:
    job = await get_job(member.workspace_id, link.job_id)
    held = link_form.shown(link, member.timezone) | destinations.shown(link)
    context: dict[str, Any] = {
        "link": link,
        "job": job,
        "jobs": [(found.id, found.title) for found in await list_jobs(member.workspace_id)],
        "state": state_at(now)(link),
        "state_said": words.state(link, job, now, member.timezone),
        "end_said": words.end(link, member.timezone),
        "clicks": (await link_clicks(member.workspace_id, [link.id])).get(link.id, 0),
        "faults": await link_faults(member.workspace_id, [link.id]),
        "changes": len(await history.entries(member.workspace_id, link.id)),
        "meta": utm.META if utm.is_meta_ad(link.network, link.placement) else "",
        "values": held | dict(typed),
        "errors": errors,
    }
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    return member_page(request, member, "links/link.html", nav="links", status=status, **context)


handlers = [link_page, save, lead_elsewhere, pause, resume, archive, restore, history_page, undo]
