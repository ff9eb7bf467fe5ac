"""A recruiter's yes or no to somebody who asks for more time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, post

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done
from portal.candidates import extensions
from portal.candidates.applications import get_application
from portal.web.templating import moment

AnyRequest = Request[Any, Any, Any]
EDIT = {"permission": Permission.EDIT_CANDIDATES}
HOME = "/app/candidates/{application_id:uuid}"
NOTHING = "Nothing changed: nobody waits for an answer here."


@post(f"{HOME}/extension/grant", opt=EDIT)
async def grant(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Response[str]:
    application = await get_application(member.workspace_id, application_id)
    home = f"/app/candidates/{application_id}"
    until = await extensions.grant(member.workspace_id, application_id, now=now, member_id=member.id)
    if until is None:
        return done(request, home, NOTHING, kind="error")
    return done(request, home, f"{application.shown_name} has until {moment(until, member.timezone)}, and is told so.")


@post(f"{HOME}/extension/decline", opt=EDIT)
async def decline(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Response[str]:
    await get_application(member.workspace_id, application_id)
    home = f"/app/candidates/{application_id}"
    if not await extensions.decline(member.workspace_id, application_id, now=now, member_id=member.id):
        return done(request, home, NOTHING, kind="error")
    return done(request, home, "Declined: the deadline stays. Their page says so.", undo=f"{home}/extension/reopen")


@post(f"{HOME}/extension/reopen", opt=EDIT)
async def reopen(request: AnyRequest, member: SignedIn, now: datetime, application_id: UUID) -> Response[str]:
    await get_application(member.workspace_id, application_id)
    home = f"/app/candidates/{application_id}"
    if not await extensions.reopen(member.workspace_id, application_id, now=now, member_id=member.id):
        return done(request, home, "Nothing changed: nobody had said no.", kind="error")
    return done(request, home, "The question is open again.")


handlers = [grant, decline, reopen]
