"""Whether a member gets the week's figures by email, and what was sent."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_404_NOT_FOUND

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.accounts.tabs import settings_tabs
from portal.reports import weekly, weekly_stop
from portal.settings import settings
from portal.web.forms import Form

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_FIGURES}
PUBLIC = {"public": True}


@get(weekly.SETTINGS, opt=SEE)
async def weekly_page(request: AnyRequest, member: SignedIn) -> Template:
    return member_page(
        request,
        member,
        "reports/weekly.html",
        nav="settings",
        settings_tabs=settings_tabs(member),
        wanted=await weekly.wants(member.workspace_id, member.id),
        reports=await weekly.reports_of(member.workspace_id, member.id),
    )


@post(weekly.SETTINGS, opt=SEE)
async def choose_weekly(request: AnyRequest, member: SignedIn) -> Response[Any]:
    wanted = Form(await request.form()).raw("wanted") == "yes"
    await weekly.choose(member.workspace_id, member.id, wanted=wanted)
    said = "You get the week's figures on Mondays." if wanted else "You get no weekly report any more."
    return done(request, weekly.SETTINGS, said)


@get(weekly_stop.PATH + "/{token:str}", opt=PUBLIC)
async def stop_page(token: str) -> Template:
    """From the email. Mail scanners open every address: this only shows a button."""
    member_id = weekly_stop.read_token(token)
    workspace = await weekly_stop.workspace_of(member_id) if member_id else None
    return _stop_page(workspace, done=False)


@post(weekly_stop.PATH + "/{token:str}", status_code=HTTP_200_OK, opt=PUBLIC)
async def stop_weekly(token: str) -> Template:
    member_id = weekly_stop.read_token(token)
    workspace = await weekly_stop.workspace_of(member_id) if member_id else None
    if member_id is not None:
        await weekly_stop.stop(member_id)
    return _stop_page(workspace, done=True)


def _stop_page(workspace: str | None, *, done: bool) -> Template:
    """`workspace`: None where the address is not one of ours."""
    if workspace is None:
        return Template("interviews/unknown_token.html", context={"errors": {}}, status_code=HTTP_404_NOT_FOUND)
    way = settings().public_url + weekly.SETTINGS
    return Template("reports/weekly_stop.html", context={"errors": {}, "workspace": workspace, "done": done, "settings": way})


handlers = [weekly_page, choose_weekly, stop_page, stop_weekly]
