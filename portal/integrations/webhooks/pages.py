"""Webhooks in the settings: where customers' servers listen, and what was sent there."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.accounts.tabs import settings_tabs
from portal.integrations.webhooks import deliveries, endpoints
from portal.integrations.webhooks.deliveries import Count, State
from portal.integrations.webhooks.endpoints import Health, Wanted, Why
from portal.integrations.webhooks.examples import example
from portal.integrations.webhooks.kinds import CHOICES, WHEN
from portal.web.forms import Form, Invalid
from portal.web.paging import page_number, pager
from portal.web.templating import plural

AnyRequest = Request[Any, Any, Any]
ADMINS = {"permission": Permission.EDIT_WORKSPACE}
PATH = "/app/settings/webhooks"
ONE = PATH + "/{endpoint_id:uuid}"
DELIVERY = ONE + "/deliveries/{delivery_id:uuid}"
HEALTH = {
    Health.NEW: ("New", "quiet"),
    Health.FINE: ("Fine", "good"),
    Health.FAILING: ("Failing", "attention"),
    Health.DISABLED: ("Disabled", "bad"),
}
WHY = {
    Why.BY_HAND: "A member disabled it.",
    Why.GONE: "It answered 410 Gone, which says that it wants no more.",
    Why.FAILING: "It had taken nothing for three days.",
}
STATES = {
    State.WAITING: ("Waiting", "going"),
    State.SENDING: ("Sending", "going"),
    State.DELIVERED: ("Delivered", "good"),
    State.FAILED: ("Failed", "bad"),
    State.FORGOTTEN: ("Forgotten", "quiet"),
}
SINCE = {"1": "the last hour", "24": "the last day", "72": "the last 3 days", "168": "the last 7 days"}
"""Hours, for sending again all that failed."""


# ---- Endpoints -----------------------------------------------------------------------------------------------------------


@get(PATH, opt=ADMINS)
async def list_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    found = await endpoints.list_endpoints(member.workspace_id)
    counts = await deliveries.count(member.workspace_id, now)
    lines = [(one, counts.get(one.id, Count())) for one in found]
    return _page(request, member, "list.html", lines=lines, why=WHY)


@get(PATH + "/new", opt=ADMINS, sync_to_thread=False)
def new_page(request: AnyRequest, member: SignedIn) -> Template:
    return _form_page(request, member, Form({}), [kind.value for kind in CHOICES])


@post(PATH, opt=ADMINS)
async def add(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str] | Template:
    form = Form(await request.form())
    try:
        made = await endpoints.create(member.workspace_id, _wanted(form), now=now)
    except Invalid as wrong:
        return _form_page(request, member, form, form.list("kinds"), wrong.errors)
    return done(request, f"{PATH}/{made.endpoint.id}", "Added. Give your server the secret, and send a test.")


@get(PATH + "/events", opt=ADMINS, sync_to_thread=False)
def payloads_page(request: AnyRequest, member: SignedIn) -> Template:
    shown = [(kind, when, example(kind)) for kind, when in WHEN.items()]
    return _page(request, member, "payloads.html", kinds=shown)


@get(ONE, opt=ADMINS)
async def endpoint_page(request: AnyRequest, member: SignedIn, now: datetime, endpoint_id: UUID) -> Template:
    endpoint = await endpoints.get_endpoint(member.workspace_id, endpoint_id)
    log = await _log(request, member, endpoint_id)
    if request.headers.get("HX-Request"):
        return Template("webhooks/_log.html", context=log | {"timezone": member.timezone})
    counts = await deliveries.count(member.workspace_id, now)
    return _page(
        request,
        member,
        "endpoint.html",
        endpoint=endpoint,
        secret=await endpoints.secret_of(member.workspace_id, endpoint_id),
        old_signs=endpoint.old_secret_until is not None and endpoint.old_secret_until > now,
        resting=endpoint.paused_until is not None and endpoint.paused_until > now,
        count=counts.get(endpoint_id, Count()),
        why=WHY,
        since=SINCE,
        **log,
    )


@get(ONE + "/edit", opt=ADMINS)
async def edit_page(request: AnyRequest, member: SignedIn, endpoint_id: UUID) -> Template:
    endpoint = await endpoints.get_endpoint(member.workspace_id, endpoint_id)
    form = Form({"url": endpoint.url, "description": endpoint.description})
    return _form_page(request, member, form, [kind.value for kind in endpoint.kinds], endpoint_id=endpoint_id)


@post(ONE + "/edit", opt=ADMINS)
async def edit(request: AnyRequest, member: SignedIn, endpoint_id: UUID) -> Response[str] | Template:
    form = Form(await request.form())
    try:
        await endpoints.change(member.workspace_id, endpoint_id, _wanted(form))
    except Invalid as wrong:
        return _form_page(request, member, form, form.list("kinds"), wrong.errors, endpoint_id=endpoint_id)
    return done(request, f"{PATH}/{endpoint_id}", "Saved. What waits goes there, too.")


@post(ONE + "/test", opt=ADMINS)
async def send_test(request: AnyRequest, member: SignedIn, now: datetime, endpoint_id: UUID) -> Response[str]:
    try:
        delivery_id = await endpoints.send_test(member.workspace_id, endpoint_id, member_name=member.name, now=now)
    except Invalid as wrong:
        return done(request, f"{PATH}/{endpoint_id}", str(wrong), kind="error")
    return done(request, f"{PATH}/{endpoint_id}/deliveries/{delivery_id}", "The test is on its way.")


@post(ONE + "/rotate", opt=ADMINS)
async def rotate(request: AnyRequest, member: SignedIn, now: datetime, endpoint_id: UUID) -> Response[str]:
    await endpoints.rotate(member.workspace_id, endpoint_id, now=now)
    return done(request, f"{PATH}/{endpoint_id}", "There is a new secret. The one before it signs beside it for 24 hours.")


@post(ONE + "/disable", opt=ADMINS)
async def disable(request: AnyRequest, member: SignedIn, now: datetime, endpoint_id: UUID) -> Response[str]:
    await endpoints.disable(member.workspace_id, endpoint_id, now=now)
    here = f"{PATH}/{endpoint_id}"
    return done(request, here, "Disabled. What waits stays, and nothing new is kept for it.", undo=f"{here}/enable")


@post(ONE + "/enable", opt=ADMINS)
async def enable(request: AnyRequest, member: SignedIn, now: datetime, endpoint_id: UUID) -> Response[str]:
    await endpoints.enable(member.workspace_id, endpoint_id, now=now)
    return done(request, f"{PATH}/{endpoint_id}", "Enabled. What waited goes on now.")


@post(ONE + "/delete", opt=ADMINS)
async def delete(request: AnyRequest, member: SignedIn, now: datetime, endpoint_id: UUID) -> Response[str]:
    gone = await endpoints.delete(member.workspace_id, endpoint_id, now=now)
    return done(request, PATH, f"{gone.name} is gone: nothing is sent there any more.", undo=f"{PATH}/{endpoint_id}/bring-back")


@post(ONE + "/bring-back", opt=ADMINS)
async def bring_back(request: AnyRequest, member: SignedIn, endpoint_id: UUID) -> Response[str]:
    """One that was deleted a moment ago."""
    back = await endpoints.bring_back(member.workspace_id, endpoint_id)
    return done(request, f"{PATH}/{endpoint_id}", f"{back.name} is back.")


# ---- Deliveries ----------------------------------------------------------------------------------------------------------


@get(DELIVERY, opt=ADMINS)
async def delivery_page(request: AnyRequest, member: SignedIn, endpoint_id: UUID, delivery_id: UUID) -> Template:
    endpoint = await endpoints.get_endpoint(member.workspace_id, endpoint_id)
    opened = await deliveries.open_delivery(member.workspace_id, endpoint_id, delivery_id)
    context: dict[str, Any] = {"endpoint": endpoint, "delivery": opened, "states": STATES, "when": WHEN}
    if request.headers.get("HX-Request"):
        return Template("webhooks/_delivery.html", context=context | {"timezone": member.timezone})
    return _page(request, member, "delivery.html", **context)


@post(DELIVERY + "/replay", opt=ADMINS)
async def replay(request: AnyRequest, member: SignedIn, now: datetime, endpoint_id: UUID, delivery_id: UUID) -> Response[str]:
    await deliveries.open_delivery(member.workspace_id, endpoint_id, delivery_id)
    again = await deliveries.replay(member.workspace_id, endpoint_id, delivery_id, now=now)
    here = f"{PATH}/{endpoint_id}/deliveries/{delivery_id}"
    if not again:
        return done(request, here, "Nothing changed: it is on its way already, or was forgotten.", kind="error")
    return done(request, here, "It goes once more, with the same id.")


@post(ONE + "/replay", opt=ADMINS)
async def replay_failed(request: AnyRequest, member: SignedIn, now: datetime, endpoint_id: UUID) -> Response[str]:
    await endpoints.get_endpoint(member.workspace_id, endpoint_id)
    hours = Form(await request.form()).raw("since")
    since = now - timedelta(hours=int(hours if hours in SINCE else "24"))
    again = await deliveries.replay_failed(member.workspace_id, endpoint_id, since=since, now=now)
    said = f"{plural(again, 'delivery', 'deliveries')} on the way again." if again else "Nothing failed in that time."
    return done(request, f"{PATH}/{endpoint_id}", said)


async def _log(request: AnyRequest, member: SignedIn, endpoint_id: UUID) -> dict[str, Any]:
    asked, path = request.query_params, f"{PATH}/{endpoint_id}"
    state = State(asked["state"]) if asked.get("state") in set(State) else None
    page = page_number(asked.get("page"))
    found = await deliveries.list_deliveries(member.workspace_id, endpoint_id, state=state, page=page)
    shown = (None, State.WAITING, State.DELIVERED, State.FAILED)
    return {
        "path": path,
        "lines": found.lines,
        "page": pager(path=path, query={"state": state} if state else {}, page=page, total=found.total),
        "chips": [
            {"label": STATES[one][0] if one else "All", "href": f"{path}?state={one}" if one else path, "on": one is state}
            for one in shown
        ],
        "state": state,
        "states": STATES,
        "when": WHEN,
    }


# ---- Both ----------------------------------------------------------------------------------------------------------------


def _wanted(form: Form) -> Wanted:
    return Wanted(url=form.raw("url"), kinds=form.list("kinds"), description=form.text("description", longest=10_000))


def _form_page(
    request: AnyRequest,
    member: SignedIn,
    form: Form,
    chosen: list[str],
    errors: Mapping[str, str] | None = None,
    *,
    endpoint_id: UUID | None = None,
) -> Template:
    return _page(
        request,
        member,
        "form.html",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        values=form.values,
        chosen=chosen,
        choices=[(kind.value, kind.value, WHEN[kind]) for kind in CHOICES],
        errors=errors or {},
        action=f"{PATH}/{endpoint_id}/edit" if endpoint_id else PATH,
        back=f"{PATH}/{endpoint_id}" if endpoint_id else PATH,
        is_new=endpoint_id is None,
    )


def _page(request: AnyRequest, member: SignedIn, template: str, *, status: int = HTTP_200_OK, **context: Any) -> Template:
    context = {"settings_tabs": settings_tabs(member), "health": HEALTH} | context
    return member_page(request, member, f"webhooks/{template}", nav="settings", status=status, **context)


handlers = [
    *(list_page, new_page, add, payloads_page, endpoint_page, edit_page, edit),
    *(send_test, rotate, disable, enable, delete, bring_back),
    *(delivery_page, replay, replay_failed),
]
