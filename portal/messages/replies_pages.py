"""The page of what candidates wrote back, and how many of it wait, on every page."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Template

from portal import patience
from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.messages import pages, replies
from portal.messages.listing import Filters
from portal.web.forms import Form
from portal.web.missing import Missing
from portal.web.paging import page_number, pager

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_CANDIDATES}
EDIT = {"permission": Permission.EDIT_CANDIDATES}
PATH = "/app/messages/replies"
SHOWN = (("", "All"), ("waiting", "To read"), ("opt-outs", "Wanted no more"))


@get(PATH, opt=SEE)
async def replies_page(request: AnyRequest, member: SignedIn) -> Template:
    asked = request.query_params
    show = asked.get("show", "") if asked.get("show") in dict(SHOWN) else ""
    search, page = " ".join(asked.get("q", "").replace("\0", "").split())[:200], page_number(asked.get("page"))
    found = await replies.list_replies(
        member.workspace_id, waiting=show == "waiting", opt_outs=show == "opt-outs", search=search, page=page
    )
    context: dict[str, Any] = {
        "lines": found.lines,
        "page": pager(path=PATH, query=_query(show, search), page=page, total=found.total),
        "chips": [{"label": label, "href": _href(key, search), "on": key == show} for key, label in SHOWN],
        "show": show,
        "search": search,
        "here": _href(show, search, page),
    }
    if request.headers.get("HX-Request"):
        return Template("messages/_replies.html", context=context | {"timezone": member.timezone, "may": member.may})
    tabs = await pages.tabs(member, Filters())
    return member_page(request, member, "messages/replies.html", nav="messages", tabs=tabs, errors={}, **context)


@post(f"{PATH}/{{reply_id:uuid}}/done", opt=EDIT)
async def mark_done(request: AnyRequest, member: SignedIn, now: datetime, reply_id: UUID) -> Response[str]:
    return await _mark(request, member, now, reply_id, seen=True)


@post(f"{PATH}/{{reply_id:uuid}}/open", opt=EDIT)
async def mark_open(request: AnyRequest, member: SignedIn, now: datetime, reply_id: UUID) -> Response[str]:
    return await _mark(request, member, now, reply_id, seen=False)


async def _mark(request: AnyRequest, member: SignedIn, now: datetime, reply_id: UUID, *, seen: bool) -> Response[str]:
    """Raises `Missing`."""
    if not await replies.exists(member.workspace_id, reply_id):
        raise Missing("reply")
    back = _back(Form(await request.form()).raw("back"))
    changed = await replies.mark(member.workspace_id, reply_id, seen=seen, member_id=member.id, now=now)
    if not changed:
        return done(request, back, "Somebody had done that already.")
    return done(request, back, "Done." if seen else "It waits to be read again.", undo=_undo(reply_id, seen=seen))


def _undo(reply_id: UUID, *, seen: bool) -> str:
    return f"{PATH}/{reply_id}/{'open' if seen else 'done'}"


def _back(asked: str) -> str:
    """Where the list was when the button was pressed: our own list, and nowhere else."""
    return asked if asked == PATH or asked.startswith(f"{PATH}?") else PATH


def _query(show: str, search: str) -> dict[str, str]:
    return {key: value for key, value in (("show", show), ("q", search)) if value}


def _href(show: str, search: str, page: int = 1) -> str:
    query = _query(show, search) | ({"page": str(page)} if page > 1 else {})
    return f"{PATH}?{urlencode(query)}" if query else PATH


async def count_waiting(request: AnyRequest) -> None:
    """Before a member's page: how many replies wait, for the number beside Messages. The page does not wait for it: see
    `show_waiting`."""
    member: SignedIn | None = request.scope.get("user")
    if member and member.may(Permission.SEE_CANDIDATES) and "HX-Request" not in request.headers:
        request.state.nav_counts = patience.start(_waiting(member.workspace_id))


async def _waiting(workspace_id: UUID) -> dict[str, int]:
    return {"messages": await replies.unseen_count(workspace_id)}


async def show_waiting(response: Response[Any]) -> Response[Any]:
    """After the page has been made, and before it is written."""
    if isinstance(response, Template) and isinstance(counting := response.context.get("nav_counts"), asyncio.Task):
        response.context["nav_counts"] = await counting
    return response


handlers = [replies_page, mark_done, mark_open]
