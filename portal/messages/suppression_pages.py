"""The list of addresses that are not written to: whose they are, why, and since when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.accounts.tabs import settings_tabs
from portal.accounts.workspaces import get_workspace
from portal.candidates.addresses import read_email, read_phone
from portal.messages import do_not_contact, suppression
from portal.messages.suppression import Cause, Suppression
from portal.messages.words import Channel
from portal.web.forms import Form, Invalid
from portal.web.paging import page_number, pager

AnyRequest = Request[Any, Any, Any]
EDIT = {"permission": Permission.EDIT_CANDIDATES}
PATH = "/app/settings/do-not-contact"
CAUSES = {
    Cause.INVALID: "No such address",
    Cause.BOUNCED: "Came back",
    Cause.BY_HAND: "By hand",
    Cause.UNSUBSCRIBED: "Unsubscribed",
    Cause.STOP: "Said stop",
    Cause.COMPLAINED: "Marked as spam",
    Cause.ERASED: "Data erased",
}
WHY_NOT = {
    Cause.UNSUBSCRIBED: "They unsubscribed. Only they can take that back, on the page of their contact preferences.",
    Cause.STOP: "They said stop. Only they can take that back, by texting START to the number that they had texts from.",
    Cause.COMPLAINED: "They marked a message as spam. Writing to them again would harm all that you send.",
    Cause.ERASED: "Their data was erased, and that they are not written to is all that is still known.",
}
"""Why a member can't lift it."""
CHANNELS = ((None, "Emails and texts"), (Channel.EMAIL, "Emails"), (Channel.SMS, "Texts"))


@get(PATH, opt=EDIT)
async def list_page(request: AnyRequest, member: SignedIn) -> Template:
    context = await _listed(request, member)
    if request.headers.get("HX-Request"):
        return Template("messages/_suppressions.html", context=context | {"timezone": member.timezone})
    return _page(request, member, context)


@post(PATH, opt=EDIT)
async def add(request: AnyRequest, member: SignedIn, now: datetime) -> Template | Response[str]:
    form = Form(await request.form())
    try:
        added = await do_not_contact.add_by_hand(member, form, now)
    except Invalid as wrong:
        return _page(request, member, await _listed(request, member), form.values, wrong.errors)
    return done(request, PATH, added.said)


@post(f"{PATH}/{{suppression_id:uuid}}/lift", opt=EDIT)
async def lift(request: AnyRequest, member: SignedIn, now: datetime, suppression_id: UUID) -> Response[str]:
    """Raises `Missing`."""
    line = await suppression.get_suppression(member.workspace_id, suppression_id)
    if not line.is_ours:
        return done(request, PATH, WHY_NOT.get(line.cause, "This can't be lifted."), kind="error")
    source = f"Lifted by {member.name}"
    lifted = await suppression.lift(
        member.workspace_id, line.channel, line.address, causes=suppression.OURS, source=source, now=now, member_id=member.id
    )
    if not lifted:
        return done(request, PATH, "Nothing changed: it has another reason by now.", kind="error")
    return done(request, PATH, f"{line.address} may be written to again.")


async def _listed(request: AnyRequest, member: SignedIn) -> dict[str, Any]:
    asked = request.query_params
    channel = Channel(asked["channel"]) if asked.get("channel") in set(Channel) else None
    search, page = " ".join(asked.get("q", "").replace("\0", "").split())[:254], page_number(asked.get("page"))
    found = await suppression.list_suppressions(
        member.workspace_id, search=search, addresses=await _spellings(member, search), channel=channel, page=page
    )
    return {
        "lines": [(line, _whose(line)) for line in found.lines],
        "page": pager(path=PATH, query=_query(channel, search), page=page, total=found.total),
        "chips": [{"label": label, "href": _href(key, search), "on": key is channel} for key, label in CHANNELS],
        "channel": channel or "",
        "search": search,
        "causes": CAUSES,
    }


async def _spellings(member: SignedIn, search: str) -> list[str]:
    """The whole addresses that `search` may be: they find also what is kept as a hash."""
    if not search:
        return []
    country = (await get_workspace(member.workspace_id)).country
    return [address for address in (read_email(search), read_phone(search, country)) if address]


def _whose(line: Suppression) -> str:
    """Why a member can't lift this line; empty if one can."""
    return "" if line.is_ours else WHY_NOT.get(line.cause, "It is kept as a hash only.")


def _query(channel: Channel | None, search: str) -> dict[str, str]:
    return {key: value for key, value in (("channel", channel or ""), ("q", search)) if value}


def _href(channel: Channel | None, search: str) -> str:
    query = urlencode(_query(channel, search))
    return f"{PATH}?{query}" if query else PATH


def _page(
    request: AnyRequest,
    member: SignedIn,
    context: Mapping[str, Any],
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:
    return member_page(
        request,
        member,
        "messages/do_not_contact.html",
        nav="settings",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        settings_tabs=settings_tabs(member),
        values=values or {},
        errors=errors or {},
        **context,
    )


handlers = [list_page, add, lift]
