"""Sign-in, first run, settings, members."""

import re
from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.response import Redirect, Template
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_204_NO_CONTENT,
    HTTP_303_SEE_OTHER,
    HTTP_422_UNPROCESSABLE_ENTITY,
    HTTP_429_TOO_MANY_REQUESTS,
)

from portal import changes
from portal.accounts import members, sessions, setup, signing_in
from portal.accounts.access import NotSignedIn, Permission, Role, SignedIn
from portal.accounts.colors import read_color, text_on
from portal.accounts.page import done, member_page
from portal.accounts.places import LANGUAGES, countries, timezones
from portal.accounts.tabs import settings_tabs
from portal.accounts.workspaces import edit_workspace, get_workspace, read_changes, switch_communications
from portal.settings import settings
from portal.web.flash import flash_cookie, read_flash, spent_cookie
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing
from portal.web.templating import plural

Asked = Request[SignedIn | None, object, State]
SignIns = list[tuple[str, str, str]]
"""Role, email and password of the demo's members, to be shown on the sign-in page of a demo."""

PUBLIC = {"public": True}
EVERYBODY = {"permission": Permission.SEE_JOBS}
ADMINS = {"permission": Permission.EDIT_WORKSPACE}

SETTINGS, MEMBERS, PASSWORD = "/app/settings", "/app/settings/members", "/app/settings/password"
REFUSED = "That email address and password don't open an account. Check both, or ask an admin of your workspace."
ROLES = [
    (Role.ADMIN, "Admin", "Everything, and settings and members"),
    (Role.RECRUITER, "Recruiter", "Jobs, links, candidates, messages"),
    (Role.MARKETER, "Marketer", "Links and figures; never a candidate's name or answers"),
    (Role.VIEWER, "Viewer", "Sees jobs, candidates and figures; changes nothing"),
]


# ---- The door --------------------------------------------------------------------------------------------------------


@get("/app", opt=EVERYBODY, include_in_schema=False, sync_to_thread=False)
def home() -> Redirect:
    return Redirect("/app/jobs", status_code=HTTP_303_SEE_OTHER)


@get("/app/sign-in", opt=PUBLIC, include_in_schema=False)
async def sign_in_page(request: Asked, demo_sign_ins: SignIns) -> Response[Any]:
    target = local_target(request.query_params.get("next", ""))
    if request.scope.get("user"):
        return Redirect(target, status_code=HTTP_303_SEE_OTHER)
    return await _sign_in_form(request, demo_sign_ins, {"next": target}, {})


@post("/app/sign-in", opt=PUBLIC, include_in_schema=False)
async def sign_in(request: Asked, now: datetime, demo_sign_ins: SignIns) -> Response[Any]:
    form = Form(await request.form())
    email, password = form.text("email", missing="Give your email address.", longest=254), form.raw("password")
    if not password:
        form.wrong("password", "Give your password.")
    if form.errors:
        return await _sign_in_form(request, demo_sign_ins, form.values, form.errors)
    wait = await signing_in.must_wait(email, _address(request), now)
    if wait:
        return await _sign_in_form(request, demo_sign_ins, form.values, {"": _wait(wait)}, retry_after=wait)
    token = await signing_in.enter(email, password, now=now)
    if token is None:
        return await _sign_in_form(request, demo_sign_ins, form.values, {"": REFUSED})
    return await _enter(request, token, local_target(form.raw("next")))


@post("/app/sign-out", opt=PUBLIC, include_in_schema=False)
async def sign_out(request: Asked) -> Response[Any]:
    await _end_session(request)
    cookies = [_session_cookie("", 0), flash_cookie("You are signed out.")]
    return Redirect("/app/sign-in", status_code=HTTP_303_SEE_OTHER, cookies=cookies)


def not_signed_in(request: Request, error: NotSignedIn) -> Response[Any]:  # type: ignore[type-arg]
    """To the sign-in page, which leads back. A fragment's answer would be put into the page: there htmx is sent instead."""
    to = f"/app/sign-in?{urlencode({'next': _wanted(request)})}"
    if request.headers.get("HX-Request"):
        return Response(None, status_code=HTTP_204_NO_CONTENT, headers={"HX-Redirect": to})
    return Redirect(to, status_code=HTTP_303_SEE_OTHER)


def local_target(text: str) -> str:
    """`text` if it is an address of a member page, else the first page: a sign-in must not lead to other sites."""
    local = re.fullmatch(r"/app(?:[/?][!-\[\]-~]*)?", text) and len(text) <= 2000
    return text if local and not text.startswith(("/app/sign-in", "/app/sign-out")) else "/app"


def _wanted(request: Asked) -> str:
    """The page to come back to: this one, or the one whose form or fragment this is."""
    page = request.headers.get("HX-Current-URL") or ("" if request.method == "GET" else request.headers.get("Referer", ""))
    try:
        parts = urlsplit(page or str(request.url))
    except ValueError:
        return "/app"
    return local_target(parts.path + (f"?{parts.query}" if parts.query else ""))


async def _sign_in_form(
    request: Asked, demo: SignIns, values: Mapping[str, str], errors: Mapping[str, str], *, retry_after: int = 0
) -> Template:
    status = HTTP_429_TOO_MANY_REQUESTS if retry_after else HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    context = {
        "demo_sign_ins": demo if settings().demo else [],
        "is_set_up": await setup.is_set_up(),
        "values": values,
        "errors": errors,
    }
    return _door(request, "accounts/sign_in.html", status, context, {"Retry-After": str(retry_after)} if retry_after else {})


def _door(
    request: Asked, template: str, status: int, context: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Template:
    said = read_flash(request)
    return Template(
        template,
        context={"flash": said, "is_demo": settings().demo, "workspace_name": ""} | dict(context),
        status_code=status,
        headers=dict(headers or {}),
        cookies=[spent_cookie()] if said else [],
    )


async def _enter(request: Asked, token: str, to: str) -> Redirect:
    """With a session of its own: the one this browser had before, whosever it was, ends."""
    await _end_session(request)
    cookie = _session_cookie(token, int(sessions.ABSOLUTE.total_seconds()))
    return Redirect(to, status_code=HTTP_303_SEE_OTHER, cookies=[cookie])


async def _end_session(request: Asked) -> None:
    token = sessions.token_in(request.headers.get("cookie"))
    if token:
        await sessions.end(token)


def _session_cookie(token: str, max_age: int) -> Cookie:
    secure = settings().secure_cookies
    name = sessions.cookie_name()
    return Cookie(key=name, value=token, max_age=max_age, path="/", secure=secure, httponly=True, samesite="lax")


def _address(request: Asked) -> str:
    """Where it came from; behind a trusted proxy the server has put the client's own address here."""
    return request.client.host if request.client else ""


def _wait(seconds: int) -> str:
    span = plural(seconds, "second") if seconds < 60 else plural(ceil(seconds / 60), "minute")
    return f"That was tried too often. Wait {span}, then try again."


# ---- The first run ---------------------------------------------------------------------------------------------------


@get("/app/setup/{token:str}", opt=PUBLIC, include_in_schema=False)
async def setup_page(request: Asked, token: str) -> Response[Any]:
    if not setup.is_setup_token(token):
        raise Missing
    if await setup.is_set_up():
        return done(request, "/app/sign-in", "The portal is set up already. Sign in.")
    return _setup_form(request, token, {"timezone": "Europe/London", "country": "GB"}, {})


@post("/app/setup/{token:str}", opt=PUBLIC, include_in_schema=False)
async def set_up(request: Asked, token: str, now: datetime) -> Response[Any]:
    if not setup.is_setup_token(token):
        raise Missing
    form = Form(await request.form())
    try:
        _, member_id = await setup.make_first_workspace(**_first_workspace(form), now=now)
    except Invalid as wrong:
        return _setup_form(request, token, form.values, wrong.errors)
    except setup.AlreadySetUp:
        return done(request, "/app/sign-in", "The portal is set up already. Sign in.")
    return await _enter(request, await sessions.begin(member_id, now=now), "/app/jobs/new")


def _first_workspace(form: Form) -> dict[str, str]:
    """What was typed, spaces tidied. Time zone and country are picked from lists; the rest is checked where it is used."""
    read = {
        "name": form.text("name"),
        "timezone": form.choice("timezone", timezones(), wrong="Choose a time zone from the list."),
        "country": form.choice("country", countries(), wrong="Choose a country from the list."),
        "member_name": form.text("member_name"),
        "email": form.text("email", longest=254),
        "password": form.raw("password"),
    }
    form.check()
    return read


def _setup_form(request: Asked, token: str, values: Mapping[str, str], errors: Mapping[str, str]) -> Template:
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    return _door(request, "accounts/setup.html", status, {"token": token, "values": values, "errors": errors} | _lists())


def _lists() -> dict[str, object]:
    return {"timezones": timezones(), "countries": countries(), "languages": LANGUAGES}


# ---- The workspace ---------------------------------------------------------------------------------------------------


@get(SETTINGS, opt=EVERYBODY, include_in_schema=False)
async def settings_page(request: Asked, member: SignedIn) -> Response[Any]:
    return await _settings_form(request, member)


@post(SETTINGS, opt=ADMINS, include_in_schema=False)
async def save_settings(request: Asked, member: SignedIn) -> Response[Any]:
    form = Form(await request.form())
    try:
        await edit_workspace(member.workspace_id, read_changes(form))
        await changes.workspace_changed(member.workspace_id)
    except Invalid as wrong:
        return await _settings_form(request, member, form.values, wrong.errors)
    return done(request, SETTINGS, "Settings saved.")


@post("/app/settings/communications", opt=ADMINS, include_in_schema=False)
async def switch(request: Asked, member: SignedIn, now: datetime) -> Response[Any]:
    on = Form(await request.form()).raw("on") == "yes"
    await switch_communications(member.workspace_id, on=on, now=now)
    return done(request, SETTINGS, "Messages to candidates are on." if on else "Messages to candidates are off.")


@get("/app/settings/color", opt=EVERYBODY, include_in_schema=False, sync_to_thread=False)
def color_preview(request: Asked) -> Template:
    """How the colour looks behind a button, while it is being chosen."""
    color = read_color(request.query_params.get("brand_color", ""))
    if color is None:
        raise Missing
    return Template("accounts/_color.html", context=_preview(color))


async def _settings_form(
    request: Asked, member: SignedIn, values: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> Template:
    workspace = await get_workspace(member.workspace_id)
    shown = msgspec.structs.asdict(workspace) | dict(values or {})
    return member_page(
        request,
        member,
        "accounts/settings.html",
        nav="settings",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        settings_tabs=settings_tabs(member),
        workspace=workspace,
        values=shown,
        errors=errors or {},
        **_lists(),
        **_preview(read_color(shown["brand_color"]) or workspace.brand_color),
    )


def _preview(color: str) -> dict[str, str]:
    return {"color": color, "on_color": text_on(color)}


# ---- Members ---------------------------------------------------------------------------------------------------------


@get(MEMBERS, opt=ADMINS, include_in_schema=False)
async def members_page(request: Asked, member: SignedIn) -> Response[Any]:
    people = await members.list_members(member.workspace_id)
    return _members_page(request, member, "accounts/members.html", people=people)


@get(f"{MEMBERS}/new", opt=ADMINS, include_in_schema=False, sync_to_thread=False)
def new_member(request: Asked, member: SignedIn) -> Response[Any]:
    return _members_page(request, member, "accounts/new_member.html", values={"role": Role.RECRUITER.value})


@post(MEMBERS, opt=ADMINS, include_in_schema=False)
async def add_member(request: Asked, member: SignedIn, now: datetime) -> Response[Any]:
    """A password made up here is shown in the answer itself: it must not wait in a cookie for the page after."""
    form = Form(await request.form())
    password = form.raw("password") or members.made_up_password()
    try:
        member_id = await members.add_member(**_new_member(form, member), password=password, now=now)
    except Invalid as wrong:
        return _members_page(request, member, "accounts/new_member.html", errors=wrong.errors, values=form.values)
    person = await members.get_member(member.workspace_id, member_id)
    if form.raw("password"):
        return done(request, MEMBERS, f"{person.name} is a member now.")
    return _members_page(request, member, "accounts/password_once.html", person=person, password=password, is_new=True)


@get(f"{MEMBERS}/{{member_id:uuid}}", opt=ADMINS, include_in_schema=False)
async def one_member(request: Asked, member: SignedIn, member_id: UUID) -> Response[Any]:
    return await _one_member(request, member, member_id)


@post(f"{MEMBERS}/{{member_id:uuid}}/role", opt=ADMINS, include_in_schema=False)
async def change_role(request: Asked, member: SignedIn, member_id: UUID) -> Response[Any]:
    form = Form(await request.form())
    try:
        role = _role(form)
        form.check()
        await members.change_role(member.workspace_id, member_id, role, by=member.id)
    except Invalid as wrong:
        return await _one_member(request, member, member_id, wrong.errors)
    return done(request, f"{MEMBERS}/{member_id}", "Role changed.")


@post(f"{MEMBERS}/{{member_id:uuid}}/disable", opt=ADMINS, include_in_schema=False)
async def disable(request: Asked, member: SignedIn, member_id: UUID, now: datetime) -> Response[Any]:
    try:
        await members.disable(member.workspace_id, member_id, by=member.id, now=now)
    except Invalid as wrong:
        return await _one_member(request, member, member_id, wrong.errors)
    return done(request, f"{MEMBERS}/{member_id}", "Disabled, and signed out everywhere.")


@post(f"{MEMBERS}/{{member_id:uuid}}/enable", opt=ADMINS, include_in_schema=False)
async def enable(request: Asked, member: SignedIn, member_id: UUID) -> Response[Any]:
    await members.enable(member.workspace_id, member_id)
    return done(request, f"{MEMBERS}/{member_id}", "Enabled: the password from before works again.")


@post(f"{MEMBERS}/{{member_id:uuid}}/password", opt=ADMINS, include_in_schema=False)
async def reset_password(request: Asked, member: SignedIn, member_id: UUID) -> Response[Any]:
    if member_id == member.id:
        return done(request, PASSWORD, "Change your own password here.", kind="error")
    person, password = await members.get_member(member.workspace_id, member_id), members.made_up_password()
    await members.set_password(member.workspace_id, member_id, password)
    return _members_page(request, member, "accounts/password_once.html", person=person, password=password, is_new=False)


def _new_member(form: Form, admin: SignedIn) -> dict[str, Any]:
    read = {
        "workspace_id": admin.workspace_id,
        "name": form.text("name"),
        "email": form.text("email", longest=254),
        "role": _role(form),
    }
    form.check()
    return read


def _role(form: Form) -> Role:
    chosen = form.choice("role", {role.value for role in Role}, wrong="Choose a role.")
    return Role(chosen) if not form.errors.get("role") else Role.VIEWER


async def _one_member(request: Asked, member: SignedIn, member_id: UUID, errors: Mapping[str, str] | None = None) -> Template:
    person = await members.get_member(member.workspace_id, member_id)
    return _members_page(request, member, "accounts/member.html", errors=errors, person=person)


def _members_page(
    request: Asked,
    member: SignedIn,
    template: str,
    status: int = HTTP_200_OK,
    *,
    errors: Mapping[str, str] | None = None,
    **context: object,
) -> Template:
    return member_page(
        request,
        member,
        template,
        nav="settings",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors and status == HTTP_200_OK else status,
        settings_tabs=settings_tabs(member),
        errors=errors or {},
        roles=ROLES,
        **context,
    )


# ---- One's own password ----------------------------------------------------------------------------------------------


@get(PASSWORD, opt=EVERYBODY, include_in_schema=False, sync_to_thread=False)
def password_page(request: Asked, member: SignedIn) -> Response[Any]:
    return _members_page(request, member, "accounts/password.html")


@post(PASSWORD, opt=EVERYBODY, include_in_schema=False)
async def change_password(request: Asked, member: SignedIn, now: datetime) -> Response[Any]:
    form = Form(await request.form())
    wait = await signing_in.must_wait(member.email, _address(request), now)
    if wait:
        errors = {"": _wait(wait)}
        return _members_page(request, member, "accounts/password.html", HTTP_429_TOO_MANY_REQUESTS, errors=errors)
    try:
        await members.change_password(member.workspace_id, member.id, old=form.raw("old"), new=form.raw("new"))
    except Invalid as wrong:
        return _members_page(request, member, "accounts/password.html", errors=wrong.errors)
    answer = done(request, PASSWORD, "Password changed. You are signed out everywhere else.")
    token = await sessions.begin(member.id, now=now)
    answer.cookies.append(_session_cookie(token, int(sessions.ABSOLUTE.total_seconds())))
    return answer


handlers = [
    home,
    sign_in_page,
    sign_in,
    sign_out,
    setup_page,
    set_up,
    settings_page,
    save_settings,
    switch,
    color_preview,
    members_page,
    new_member,
    add_member,
    one_member,
    change_role,
    disable,
    enable,
    reset_password,
    password_page,
    change_password,
]
