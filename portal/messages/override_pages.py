"""What a recruiter does about single messages, from the candidate's page."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, Response, post

from portal import db
from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done
from portal.candidates.applications import get_application
from portal.candidates.pages import read_day
from portal.messages import overrides
from portal.messages.overrides import Refused, Standing
from portal.messages.words import State
from portal.web.forms import Form
from portal.web.missing import Missing
from portal.web.templating import moment

AnyRequest = Request[Any, Any, Any]
EDIT = {"permission": Permission.EDIT_CANDIDATES}
MESSAGE = "/app/messages/{message_id:uuid}"
CANDIDATE = "/app/candidates/{application_id:uuid}"
Wish = Callable[..., Awaitable[Standing]]


@post(f"{MESSAGE}/skip", opt=EDIT)
async def skip(request: AnyRequest, member: SignedIn, now: datetime, message_id: UUID) -> Response[str]:
    said = "Left out: it does not go. Those after it follow the plan."
    return await _do(request, member, now, message_id, wish=overrides.skip, words=lambda _: said, undo="as-planned")


@post(f"{MESSAGE}/as-planned", opt=EDIT)
async def as_planned(request: AnyRequest, member: SignedIn, now: datetime, message_id: UUID) -> Response[str]:
    words = partial(_what_follows, member=member, now=now)
    return await _do(request, member, now, message_id, wish=overrides.follow_plan, words=words)


@post(f"{MESSAGE}/send-now", opt=EDIT)
async def send_now(request: AnyRequest, member: SignedIn, now: datetime, message_id: UUID) -> Response[str]:
    words = partial(_what_follows, member=member, now=now)
    return await _do(request, member, now, message_id, wish=overrides.send_now, words=words, undo="as-planned")


@post(f"{CANDIDATE}/snooze", opt=EDIT)
async def snooze(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Response[str]:
    application = await get_application(member.workspace_id, application_id)
    home = f"/app/candidates/{application_id}"
    until = read_day(Form(await request.form()).raw("snooze_until"), member.timezone)
    if until is None or until <= now:
        return done(request, home, "Choose a day from today on until which nudges wait.", kind="error")
    await overrides.snooze(member.workspace_id, application_id, until, now=now, member_id=member.id)
    said = f"No nudge goes to {application.shown_name} before {moment(until, member.timezone)}."
    return done(request, home, said, undo=f"{home}/wake")


@post(f"{CANDIDATE}/wake", opt=EDIT)
async def wake(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Response[str]:
    application = await get_application(member.workspace_id, application_id)
    await overrides.snooze(member.workspace_id, application_id, None, now=now, member_id=member.id)
    return done(request, f"/app/candidates/{application_id}", f"Nudges to {application.shown_name} follow the plan again.")


async def _do(
    request: AnyRequest,
    member: SignedIn,
    now: datetime,
    message_id: UUID,
    *,
    wish: Wish,
    words: Callable[[Standing], str],
    undo: str = "",
) -> Response[str]:
    """Follow the wish, and say on the candidate's page what comes of it."""
    try:
        standing = await wish(member.workspace_id, message_id, now=now, member_id=member.id)
    except Refused as no:
        return done(request, await _home(member, message_id), str(no), kind="error")
    home = f"/app/candidates/{standing.application_id}"
    return done(request, home, words(standing), undo=f"/app/messages/{message_id}/{undo}" if undo else "")


async def _home(member: SignedIn, message_id: UUID) -> str:
    """Raises `Missing`."""
    found = await db.value(
        "SELECT application_id FROM message WHERE workspace_id = $1 AND id = $2", member.workspace_id, message_id
    )
    if found is None:
        raise Missing("message")
    return f"/app/candidates/{found}"


def _what_follows(standing: Standing, member: SignedIn, now: datetime) -> str:
    kind = "email" if standing.channel == "email" else "text"
    if standing.state is State.SCHEDULED and standing.due_at <= now:
        return f"The {kind} goes now. Everything is asked once more just before it leaves."
    if standing.state is State.SCHEDULED:
        return f"The {kind} goes {moment(standing.due_at, member.timezone)}: {standing.reason}."
    if standing.state is State.HELD:
        return f"The {kind} waits: {standing.reason}."
    return f"The {kind} does not go: {standing.reason}."


handlers = [skip, as_planned, send_now, snooze, wake]
