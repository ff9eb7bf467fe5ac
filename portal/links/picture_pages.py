"""Pictures: how a link looks when it is shared, the workspace's logo, and the address where anybody fetches them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from litestar import HttpMethod, Response, get, post, route
from litestar.datastructures import UploadFile
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.accounts.tabs import settings_tabs
from portal.jobs.jobs import get_job
from portal.links import history, links, pictures
from portal.links.links import ShownLink
from portal.links.page import EDIT, SEE, AnyRequest
from portal.links.pictures import Fault, Refused
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing

IMMUTABLE = "public, max-age=31536000, immutable"
LOGO = "/app/settings/logo"
ADMINS = {"permission": Permission.EDIT_WORKSPACE}
LARGEST = 12_000_000
"""Bytes of a form: enough for a photo from a phone, so that its sender reads what is wrong with it."""


@route("/card/picture/{picture_id:uuid}", http_method=[HttpMethod.GET, HttpMethod.HEAD], opt={"public": True})
async def picture(picture_id: UUID) -> Response[bytes]:
    """Crawlers come from everywhere. A picture never changes, so whoever has it may keep it."""
    found = await pictures.find(picture_id)
    return Response(found.content, media_type=found.type, headers={"cache-control": IMMUTABLE, "x-robots-tag": "noindex"})


@get("/app/links/{link_id:uuid}/card", opt=SEE)
async def card_page(request: AnyRequest, member: SignedIn, link_id: UUID) -> Template:
    return await _card(request, member, await links.get_link(member.workspace_id, link_id), {}, {})


@post("/app/links/{link_id:uuid}/card", opt=EDIT, request_max_body_size=LARGEST)
async def save_card(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Response[str] | Template:
    link, data = await links.get_link(member.workspace_id, link_id), await request.form()
    form = Form(data)
    texts = {"card_title": form.text("card_title", longest=90), "card_text": form.text("card_text", longest=200)}
    try:
        file = await _read(form, data.get("picture"), pictures.CARD_SIDE)
        form.check()
    except Invalid as wrong:
        return await _card(request, member, link, form.values, wrong.errors)
    kept = None if form.checked("without") else link.card_picture_id
    picture_id = await pictures.keep(member.workspace_id, file, now=now) if file else kept
    made = await history.change(member.workspace_id, link_id, texts | {"card_picture_id": picture_id}, by=member.id, now=now)
    back = f"/app/links/{link_id}/undo?change={made[0]}" if made else ""
    said = "Saved. Apps that know the link already may show the old card for some days." if made else "Nothing was changed."
    return done(request, f"/app/links/{link_id}/card", said, undo=back)


@get(LOGO, opt=ADMINS)
async def logo_page(request: AnyRequest, member: SignedIn) -> Template:
    return await _logo(request, member, {})


@post(LOGO, opt=ADMINS, request_max_body_size=LARGEST)
async def save_logo(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str] | Template:
    data = await request.form()
    form = Form(data)
    try:
        file = await _read(form, data.get("picture"), pictures.LOGO_SIDE)
        if file is None:
            form.wrong("picture", Fault.EMPTY.value)
        form.check()
    except Invalid as wrong:
        return await _logo(request, member, wrong.errors)
    if file is None:
        raise Missing("picture")
    before = await pictures.set_logo(member.workspace_id, await pictures.keep(member.workspace_id, file, now=now))
    return done(request, LOGO, "This is the logo now.", undo=_back(before))


@post(f"{LOGO}/restore", opt=ADMINS)
async def restore_logo(request: AnyRequest, member: SignedIn) -> Response[str]:
    """The picture that the address names is the logo, or none."""
    asked = request.query_params.get("picture", "")
    try:
        picture_id = UUID(asked) if asked else None
    except ValueError:
        raise Missing("picture") from None
    before = await pictures.set_logo(member.workspace_id, picture_id)
    return done(request, LOGO, "The logo from before is back." if picture_id else "There is no logo now.", undo=_back(before))


async def _read(form: Form, sent: object, longest_side: int) -> pictures.Picture | None:
    """The picture that a form brings, if any; what is wrong with it is noted in `form`."""
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    try:
        return pictures.read_picture(await sent.read(), longest_side)
    except Refused as refused:
        form.wrong("picture", refused.fault.value)
        return None


def _back(picture_id: UUID | None) -> str:
    return f"{LOGO}/restore?picture={picture_id or ''}"


async def _card(
    request: AnyRequest, member: SignedIn, link: ShownLink, typed: Mapping[str, str], errors: Mapping[str, str]
) -> Template:
    context = {
        "link": link,
        "job": await get_job(member.workspace_id, link.job_id),
        "picture": pictures.path_of(link.card_picture_id) if link.card_picture_id else "",
        "values": {"card_title": link.card_title, "card_text": link.card_text} | dict(typed),
        "errors": errors,
    }
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    return member_page(request, member, "links/card.html", nav="links", status=status, **context)


async def _logo(request: AnyRequest, member: SignedIn, errors: Mapping[str, str]) -> Template:
    logo_id = await pictures.logo_of(member.workspace_id)
    context = {"logo": pictures.path_of(logo_id) if logo_id else "", "settings_tabs": settings_tabs(member), "errors": errors}
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    return member_page(request, member, "links/logo.html", nav="settings", status=status, **context)


handlers = [picture, card_page, save_card, logo_page, save_logo, restore_logo]
