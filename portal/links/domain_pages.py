"""The workspace's own short domains: a page of its settings."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.accounts.tabs import settings_tabs
from portal.links import domains
from portal.links.page import AnyRequest
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing

PAGE = "/app/settings/domains"
ADMINS = {"permission": Permission.EDIT_WORKSPACE}
REFUSED = "This domain can't be added: somebody uses it already, or there are 20 of them."


@get(PAGE, opt=ADMINS)
async def domains_page(request: AnyRequest, member: SignedIn) -> Template:
    return await _page(request, member, {}, {})


@post(PAGE, opt=ADMINS)
async def add(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str] | Template:
    form = Form(await request.form())
    try:
        host = domains.read_host(form)
    except Invalid as wrong:
        return await _page(request, member, form.values, wrong.errors)
    if await domains.add(member.workspace_id, host, now=now) is None:
        return await _page(request, member, form.values, {"host": REFUSED})
    return done(request, PAGE, f"Links work at {host} as soon as its DNS entry leads here.")


@post(f"{PAGE}/prefer", opt=ADMINS)
async def prefer(request: AnyRequest, member: SignedIn) -> Response[str]:
    """The domain that the address names stands in copied addresses; none: the public host."""
    before = await domains.prefer(member.workspace_id, _asked(request))
    back = f"{PAGE}/prefer?domain={before or ''}"
    return done(request, PAGE, "Switched. Addresses that are out already go on working.", undo=back)


@post(f"{PAGE}/{{domain_id:uuid}}/remove", opt=ADMINS)
async def remove(request: AnyRequest, member: SignedIn, domain_id: UUID) -> Response[str]:
    host = await domains.remove(member.workspace_id, domain_id)
    return done(request, PAGE, f"{host} is gone: links no longer work there.", undo=f"{PAGE}/again?host={host}")


@post(f"{PAGE}/again", opt=ADMINS)
async def add_again(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str]:
    """One that was removed a moment ago."""
    try:
        host = domains.read_host(Form({"host": request.query_params.get("host", "")}))
    except Invalid:
        raise Missing("domain") from None
    made = await domains.add(member.workspace_id, host, now=now)
    return done(request, PAGE, f"{host} is back." if made else REFUSED, kind="done" if made else "error")


def _asked(request: AnyRequest) -> UUID | None:
    typed = request.query_params.get("domain", "")
    try:
        return UUID(typed) if typed else None
    except ValueError:
        raise Missing("domain") from None


async def _page(request: AnyRequest, member: SignedIn, values: Mapping[str, str], errors: Mapping[str, str]) -> Template:
    found = await domains.domains_of(member.workspace_id)
    context = {
        "domains": found,
        "public": domains.public_host(),
        "public_preferred": not any(domain.preferred for domain in found),
        "settings_tabs": settings_tabs(member),
        "values": values,
        "errors": errors,
    }
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    return member_page(request, member, "links/domains.html", nav="settings", status=status, **context)


handlers = [domains_page, add, prefer, remove, add_again]
