"""Settings, Sending: who carries a workspace's messages, and from whom they come."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.accounts.tabs import settings_tabs
from portal.accounts.workspaces import get_workspace
from portal.messages import senders, trials
from portal.messages.senders import NAMES, SenderOf
from portal.messages.trials import Outcome, Said
from portal.messages.words import Channel
from portal.web.forms import Form, Invalid

AnyRequest = Request[Any, Any, Any]
ADMINS = {"permission": Permission.EDIT_WORKSPACE}
PATH = "/app/settings/sending"
MOST_SHOWN = 500
"""Characters of what a provider said: a cookie carries them to the next page."""
RESEND_WORDS = {0: "Never", 30: "After half an hour", 60: "After an hour", 240: "After 4 hours", 1440: "After a day"}


@get(PATH, opt=ADMINS)
async def sending_page(request: AnyRequest, member: SignedIn) -> Template:
    return await _page(request, member)


@post(PATH, opt=ADMINS)
async def save_sending(request: AnyRequest, member: SignedIn, now: datetime) -> Response[Any]:
    form = Form(await request.form())
    home = await get_workspace(member.workspace_id)
    try:
        chosen = senders.read_choice(form, home.country, await senders.chosen_by(member.workspace_id))
    except Invalid as wrong:
        return await _page(request, member, form.values, wrong.errors)
    await senders.choose(member.workspace_id, chosen, now)
    return done(request, PATH, "Saved. The next message leaves this way.")


@post(f"{PATH}/test-email", opt=ADMINS)
async def send_test_email(request: AnyRequest, member: SignedIn) -> Response[Any]:
    try:
        said = await trials.try_email(member.workspace_id, member.name, member.email)
    except Invalid as wrong:
        return await _page(request, member, {}, wrong.errors)
    return _told(request, said)


@post(f"{PATH}/test-text", opt=ADMINS)
async def send_test_text(request: AnyRequest, member: SignedIn) -> Response[Any]:
    form = Form(await request.form())
    home = await get_workspace(member.workspace_id)
    try:
        said = await trials.try_text(member.workspace_id, home.country, form.raw("number"))
    except Invalid as wrong:
        return await _page(request, member, {"number": form.raw("number")}, wrong.errors)
    return _told(request, said)


def _told(request: AnyRequest, said: Said) -> Response[Any]:
    return done(request, PATH, said.text[:MOST_SHOWN], kind="done" if said.outcome is Outcome.TAKEN else "error")


async def _page(
    request: AnyRequest, member: SignedIn, values: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> Template:
    held = await senders.chosen_by(member.workspace_id)
    sender = await senders.sender_of(member.workspace_id)
    return member_page(
        request,
        member,
        "messages/sender.html",
        nav="settings",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        settings_tabs=settings_tabs(member),
        values={"number": ""} | msgspec.structs.asdict(held) | dict(values or {}),
        errors=errors or {},
        sender=sender,
        resend_words=RESEND_WORDS.items(),
        channels={channel.value: await _channel(sender, channel, held) for channel in Channel},
    )


async def _channel(sender: SenderOf, channel: Channel, held: senders.Choice) -> dict[str, object]:
    """What the page shows of a channel."""
    chosen = held.email_provider if channel is Channel.EMAIL else held.sms_provider
    return {
        "options": senders.options(channel, chosen),
        "missing": senders.not_set_up(channel),
        "carrier": NAMES[sender.provider(channel)],
        "is_outbox": sender.provider(channel) == "outbox",
        "from": sender.address(channel),
        "standing": await senders.standing(sender, channel),
    }


handlers = [sending_page, save_sending, send_test_email, send_test_text]
