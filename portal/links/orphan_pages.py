"""The page of taps that led nowhere."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Template

from portal.accounts.access import SignedIn
from portal.accounts.page import done, member_page
from portal.links import orphans
from portal.links.page import EDIT, SEE, AnyRequest
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing

PAGE = "/app/links/orphans"
WORDS = {
    "expired": "It has ended",
    "archived": "It is archived",
    "paused": "It is paused",
    "closed": "Its job is closed",
    "not_open": "Its job is not published",
    "not_started": "It is not open yet",
}


@get(PAGE, opt=SEE)
async def orphans_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    context: dict[str, Any] = {
        "orphans": await orphans.orphans(member.workspace_id, now),
        "ended": await orphans.ended(member.workspace_id, now),
        "outcomes": WORDS,
    }
    return member_page(request, member, "links/orphans.html", nav="links", errors={}, **context)


@post(PAGE, opt=EDIT)
async def make(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str]:
    form = Form(await request.form())
    slug = form.raw("slug")
    try:
        made = await orphans.make_orphan(member.workspace_id, slug, _uuid(form.raw("like")), member_id=member.id, now=now)
    except Invalid as wrong:
        return done(request, PAGE, next(iter(wrong.errors.values())), kind="error")
    said = "Made: who taps this address arrives from now on."
    return done(request, f"/app/links/{made}", said, undo=f"/app/links/{made}/archive")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Missing("link") from None


handlers = [orphans_page, make]
