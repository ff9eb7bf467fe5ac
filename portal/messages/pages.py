"""Member pages of messages: the log, and one message as it looks."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.response import Template

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import member_page
from portal.accounts.workspaces import get_workspace
from portal.jobs.jobs import list_jobs
from portal.messages import listing, reading, replies
from portal.messages.listing import STATES, Filters, Tab
from portal.messages.reading import Opened
from portal.messages.words import Channel, State
from portal.web.paging import page_number, pager
from portal.web.security import POLICY

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_CANDIDATES}
PATH = "/app/messages"
TABS = ((Tab.NEXT, "Next"), (Tab.SENT, "Sent"), (Tab.NOT_SENT, "Not sent"))
STATE_NAMES = {
    State.SCHEDULED: "Scheduled",
    State.CLAIMED: "Sending",
    State.HELD: "Held",
    State.SENT: "Sent",
    State.DELIVERED: "Delivered",
    State.HANDED_OVER: "Handed over",
    State.UNKNOWN: "Unknown",
    State.BOUNCED: "Bounced",
    State.FAILED: "Failed",
    State.SKIPPED: "Skipped",
    State.CANCELLED: "Cancelled",
}
CHANNEL_NAMES = {Channel.EMAIL: "Emails", Channel.SMS: "Texts"}

FRAMED = POLICY.replace("default-src 'none';", "default-src 'none'; frame-src 'self';")
EMAIL = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox"
)
"""Emails carry their style in place. They are shown in a frame that can neither run nor lead anywhere, nor fetch anything but
the workspace's logo."""


@get(PATH, opt=SEE)
async def log_page(request: AnyRequest, member: SignedIn) -> Template:
    filters, page = _filters(request), page_number(request.query_params.get("page"))
    found = await listing.list_messages(member.workspace_id, filters, page=page)
    context: dict[str, Any] = {
        "lines": found.lines,
        "page": pager(path=PATH, query=_query(filters), page=page, total=found.total),
        "filters": filters,
        "tabs": await tabs(member, filters),
        "choices": await _choices(member, filters),
        "held": {key: value for key, value in _query(filters).items() if key != "q"},
        "state_names": STATE_NAMES,
        "is_filtered": bool(filters.state or filters.channel or filters.job_id or filters.search),
        "errors": {},
    }
    if request.headers.get("HX-Request"):
        return Template("messages/_list.html", context=context | {"timezone": member.timezone})
    home = await get_workspace(member.workspace_id)
    return member_page(request, member, "messages/log.html", nav="messages", off_at=home.communications_off_at, **context)


@get(f"{PATH}/{{message_id:uuid}}", opt=SEE)
async def message_page(request: AnyRequest, member: SignedIn, message_id: UUID) -> Template:
    page = member_page(
        request,
        member,
        "messages/message.html",
        nav="messages",
        message=await _opened(member, message_id),
        state_names=STATE_NAMES,
        errors={},
    )
    page.headers["content-security-policy"] = FRAMED
    return page


@get(f"{PATH}/{{message_id:uuid}}/html", opt=SEE, media_type=MediaType.HTML)
async def email_frame(member: SignedIn, message_id: UUID) -> Response[str]:
    """The email by itself, as a mail client would show it."""
    message = await _opened(member, message_id)
    return Response(message.rendered.html, headers={"content-security-policy": EMAIL, "x-frame-options": "SAMEORIGIN"})


async def _opened(member: SignedIn, message_id: UUID) -> Opened:
    """Raises `Missing`."""
    message = await reading.open_message(member.workspace_id, message_id)
    return message if member.may(Permission.EDIT_CANDIDATES) else reading.without_link(message)


def _filters(request: AnyRequest) -> Filters:
    """From the address; what makes no sense there is left out."""
    asked = request.query_params
    tab = Tab(asked["tab"]) if asked.get("tab") in set(Tab) else Tab.NEXT
    state, channel = asked.get("state", ""), asked.get("channel", "")
    return Filters(
        tab=tab,
        state=State(state) if state in STATES[tab] else None,
        channel=Channel(channel) if channel in set(Channel) else None,
        job_id=_uuid(asked.get("job", "")),
        search=" ".join(asked.get("q", "").split())[:200],
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _query(filters: Filters) -> dict[str, str]:
    """What stands in the address for `filters`."""
    told = {
        "tab": filters.tab,
        "state": filters.state,
        "channel": filters.channel,
        "job": filters.job_id,
        "q": filters.search,
    }
    return {key: str(value) for key, value in told.items() if value}


def _href(filters: Filters, **changes: object) -> str:
    return f"{PATH}?{urlencode(_query(msgspec.structs.replace(filters, **changes)))}"


async def tabs(member: SignedIn, filters: Filters) -> list[tuple[str, str, str]]:
    """Of the log; what people wrote back stands beside it."""
    tally = await listing.counts(member.workspace_id, filters)
    log = [(tab.value, f"{label} ({tally[tab]:,})", _href(filters, tab=tab, state=None)) for tab, label in TABS]
    return [*log, ("replies", f"Replies ({await replies.unseen_count(member.workspace_id):,})", f"{PATH}/replies")]


async def _choices(member: SignedIn, filters: Filters) -> dict[str, list[tuple[str, str, bool]]]:
    """For each filter, its options: label, address, whether it is on."""
    jobs = [(job.title, _href(filters, job_id=job.id), job.id == filters.job_id) for job in await list_jobs(member.workspace_id)]
    states = [(STATE_NAMES[s], _href(filters, state=s), s is filters.state) for s in STATES[filters.tab]]
    channels = [(name, _href(filters, channel=c), c is filters.channel) for c, name in CHANNEL_NAMES.items()]
    return {
        "state": [("All states", _href(filters, state=None), filters.state is None), *states],
        "channel": [("Emails and texts", _href(filters, channel=None), filters.channel is None), *channels],
        "job": [("All jobs", _href(filters, job_id=None), filters.job_id is None), *jobs],
    }


handlers = [log_page, message_page, email_frame]
