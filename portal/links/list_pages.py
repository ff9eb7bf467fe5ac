"""The page of all links, and the table of it to take away."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import get
from litestar.response import Stream, Template

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import member_page
from portal.jobs.jobs import list_jobs
from portal.links import campaigns, listing
from portal.links.links import ShownLink
from portal.links.listing import Sort, View
from portal.links.page import SEE, STATES, AnyRequest, LinkClicks, state_at
from portal.web.exports import Cell, Format, download
from portal.web.paging import PAGE_SIZE, page_number, pager

HEADER = ("Link", "Slug", "Job", "Channel", "Campaign", "Label", "Target", "Note", "State", "Clicks by people", "Made")
"""What can come in again has the names that `uploads` knows."""
Menu = tuple[str, str, Sequence[tuple[UUID | str, str]], UUID | str | None]
"""A filter: its name in the address, the words for all, what can be chosen (key, name), what is."""


@get("/app/links", opt=SEE)
async def list_page(request: AnyRequest, member: SignedIn, now: datetime, link_clicks: LinkClicks) -> Template:
    view, page = listing.read_view(request.query_params), page_number(request.query_params.get("page"))
    found = await listing.find(member.workspace_id, view, now=now, clicks=link_clicks)
    shown = await listing.fetch(member.workspace_id, found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    context: dict[str, Any] = {
        "view": view,
        "links": shown,
        "clicks": await link_clicks(member.workspace_id, [link.id for link in shown]),
        "state_of": state_at(now),
        "page": pager(path=listing.PATH, query=view.query, page=page, total=len(found)),
        "timezone": member.timezone,
        "may": member.may,
        "Permission": Permission,
        "sorted_by": lambda key: view.sort is Sort(key),
        **await _choices(member, view),
    }
    if request.headers.get("HX-Request"):
        return Template("links/_list.html", context=context)
    return member_page(request, member, "links/list.html", nav="links", errors={}, **context)


@get(["/app/links/links.csv", "/app/links/links.xlsx"], opt=SEE)
async def export(request: AnyRequest, member: SignedIn, now: datetime, link_clicks: LinkClicks) -> Stream:
    """All pages of the list as it is filtered and ordered."""
    view = listing.read_view(request.query_params)
    found = await listing.find(member.workspace_id, view, now=now, clicks=link_clicks)
    shown = await listing.fetch(member.workspace_id, found)
    clicks = await link_clicks(member.workspace_id, found)
    kind = Format(request.url.path.rpartition(".")[2])
    rows = _rows(shown, clicks, now=now, timezone=member.timezone)
    return download(kind, f"Links {now.astimezone(ZoneInfo(member.timezone)):%Y-%m-%d}", HEADER, rows)


def _rows(links: Iterable[ShownLink], clicks: dict[UUID, int], *, now: datetime, timezone: str) -> Iterable[list[Cell]]:
    for link in links:
        channel = f"{link.network_name} · {link.placement_name}"
        texts = [link.url, link.slug, link.job_title, channel, link.campaign or "", link.label, link.target_url, link.note]
        yield [*texts, STATES[link.state(now)], clicks.get(link.id, 0), link.created_at.astimezone(ZoneInfo(timezone))]


async def _choices(member: SignedIn, view: View) -> dict[str, Any]:
    """What the filters offer, and the words of those in force."""
    jobs = [(job.id, job.title) for job in await list_jobs(member.workspace_id)]
    named = [(campaign.id, campaign.name) for campaign in await campaigns.list_campaigns(member.workspace_id)]
    channels = await listing.used_channels(member.workspace_id)
    menus: list[Menu] = [
        ("job", "All jobs", jobs, view.job),
        ("campaign", "All campaigns", named, view.campaign),
        ("channel", "All channels", channels, view.channel),
    ]
    return {"menus": [menu for menu in menus if menu[2]], "states": STATES}


handlers = [list_page, export]
