"""Whether a member gets the week's figures by email, and what was sent."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Template

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.accounts.pages import settings_tabs
from portal.reports import weekly
from portal.web.forms import Form

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_FIGURES}


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


handlers = [weekly_page, choose_weekly]
