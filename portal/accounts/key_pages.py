"""API keys: a page of the workspace's settings."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts import keys
from portal.accounts.access import Permission, SignedIn
from portal.accounts.keys import SCOPES, Scope
from portal.accounts.page import done, member_page
from portal.accounts.tabs import settings_tabs
from portal.web.forms import Form, Invalid

AnyRequest = Request[Any, Any, Any]
PAGE = "/app/settings/keys"
ADMINS = {"permission": Permission.EDIT_WORKSPACE}
NAMES = {
    Scope.READ: "Read",
    Scope.JOBS: "Jobs",
    Scope.LINKS: "Links",
    Scope.CANDIDATES_READ: "Read candidates",
    Scope.CANDIDATES: "Add candidates",
}


@get(PAGE, opt=ADMINS)
async def keys_page(request: AnyRequest, member: SignedIn) -> Template:
    return await _page(request, member, values={}, chosen=[Scope.READ], errors={})


@post(PAGE, opt=ADMINS)
async def make(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    """The secret is shown in the answer itself: it must not wait in a cookie for the page after."""
    form = Form(await request.form())
    try:
        name, scopes = keys.read_key(form, form.list("scopes"))
        secret = await keys.make_key(member.workspace_id, name, scopes, member_id=member.id, now=now)
    except Invalid as wrong:
        return await _page(request, member, values=form.values, chosen=form.list("scopes"), errors=wrong.errors)
    return member_page(
        request, member, "accounts/key_once.html", nav="settings", settings_tabs=settings_tabs(member), name=name, secret=secret
    )


@post(f"{PAGE}/{{key_id:uuid}}/revoke", opt=ADMINS)
async def revoke(request: AnyRequest, member: SignedIn, now: datetime, key_id: UUID) -> Response[str]:
    key = await keys.revoke(member.workspace_id, key_id, now=now)
    return done(request, PAGE, f"{key.name} is revoked: it opens nothing any more.", undo=f"{PAGE}/{key_id}/restore")


@post(f"{PAGE}/{{key_id:uuid}}/restore", opt=ADMINS)
async def restore(request: AnyRequest, member: SignedIn, now: datetime, key_id: UUID) -> Response[str]:
    if not await keys.restore(member.workspace_id, key_id, now=now):
        return done(request, PAGE, "A key can be brought back for ten minutes only. Make a new one.", kind="error")
    return done(request, PAGE, "The key works again.")


async def _page(
    request: AnyRequest, member: SignedIn, *, values: Mapping[str, str], chosen: Sequence[str], errors: Mapping[str, str]
) -> Template:
    found = await keys.list_keys(member.workspace_id)
    return member_page(
        request,
        member,
        "accounts/keys.html",
        nav="settings",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        settings_tabs=settings_tabs(member),
        keys=[key for key in found if key.revoked_at is None],
        revoked=[key for key in found if key.revoked_at is not None][:10],
        names=NAMES,
        scopes=[(scope.value, NAMES[scope], sentence) for scope, sentence in SCOPES.items()],
        values=values,
        chosen=chosen,
        errors=errors,
    )


handlers = [keys_page, make, revoke, restore]
