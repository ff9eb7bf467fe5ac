"""A candidate asks for more time."""

from datetime import datetime
from typing import Any

from litestar import Request, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_303_SEE_OTHER

from portal.candidates import extensions
from portal.interviews.page import unknown_page
from portal.links.personal import find_personal
from portal.web.forms import Form
from portal.web.missing import Missing

AnyRequest = Request[Any, Any, Any]


@post("/i/{token:str}/more-time", opt={"public": True})
async def ask(request: AnyRequest, token: str, now: datetime) -> Template | Redirect:
    """Any personal link of theirs will do. ``back`` names the page to go back to: the interview (``i``) or the preferences."""
    link = await find_personal(token)
    if link is None:
        return unknown_page("interviews/unknown_token.html")
    try:
        await extensions.ask(link.workspace_id, link.application_id, now=now)
    except Missing:
        return unknown_page("interviews/unknown_token.html")
    page = "p" if Form(await request.form()).raw("back") == "p" else "i"
    return Redirect(f"/{page}/{token.strip().lower()}", status_code=HTTP_303_SEE_OTHER)


handlers = [ask]
