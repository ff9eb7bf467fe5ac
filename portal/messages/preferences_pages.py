"""The pages where a candidate says how we may write to them. The token in the address is the authority: no cookie, no script."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Request, get, post
from litestar.di import Provide
from litestar.params import Dependency
from litestar.response import Redirect, Template
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_303_SEE_OTHER,
    HTTP_422_UNPROCESSABLE_ENTITY,
    HTTP_429_TOO_MANY_REQUESTS,
)

from portal.accounts.places import timezones
from portal.candidates import extensions
from portal.interviews.page import candidate_page, spoken, unknown_page
from portal.messages import preferences
from portal.messages.preferences import Preferences, Snooze
from portal.messages.preferences_words import LANGUAGE_NAMES, WORDS
from portal.messages.words import Channel
from portal.web.forms import Form, Invalid
from portal.web.limits import Limit, wait_for
from portal.web.missing import Missing

AnyRequest = Request[Any, Any, Any]
CHANGES = Limit("preferences", burst=60, seconds=600)
Opened = Annotated[Preferences, Dependency(skip_validation=True)]
"""What the token in the address opens."""


def _unknown(request: AnyRequest, error: Missing) -> Template:
    return unknown_page("interviews/unknown_token.html")


OF_TOKEN: dict[str, Any] = {
    "opt": {"public": True},
    "dependencies": {"opened": Provide(preferences.open_preferences)},
    "exception_handlers": {Missing: _unknown},
}


@get("/p/{token:str}", **OF_TOKEN)
async def preferences_page(request: AnyRequest, opened: Opened, now: datetime) -> Template:
    asked = request.query_params
    stopped = [channel for channel in Channel if channel.value in asked.get("stopped", "").split(".")]
    return await _page(opened, now, saved=asked.get("saved") == "1", stopped=stopped, every_zone=asked.get("zones") == "all")


@post("/p/{token:str}", **OF_TOKEN)
async def save(request: AnyRequest, opened: Opened, now: datetime) -> Template | Redirect:
    words, form = WORDS[opened.language], Form(await request.form())
    if often := await _too_often(opened, now):
        return often
    wrong = {"language": words["wrong_language"], "timezone": words["wrong_timezone"]}
    try:
        wishes = preferences.read_wishes(opened, form, wrong)
    except Invalid as invalid:
        page = await _page(opened, now, typed=form.values, errors=invalid.errors)
        page.status_code = HTTP_422_UNPROCESSABLE_ENTITY
        return page
    wording = words["texts"].format(opened.job.workspace_name)
    await preferences.save(opened, wishes, wording=wording, page="/p", now=now)
    return _to(opened, "?saved=1")


@post("/p/{token:str}/snooze", **OF_TOKEN)
async def snooze(request: AnyRequest, opened: Opened, now: datetime) -> Template | Redirect:
    """``for``: one of `Snooze`, or ``none`` to end it."""
    wish = Form(await request.form()).raw("for")
    if often := await _too_often(opened, now):
        return often
    if wish == "none":
        await preferences.wake(opened, now=now)
    elif wish in set(Snooze):
        await preferences.snooze(opened, Snooze(wish), now=now)
    else:
        page = await _page(opened, now, errors={"": WORDS[opened.language]["wrong_snooze"]})
        page.status_code = HTTP_422_UNPROCESSABLE_ENTITY
        return page
    return _to(opened, "?saved=1")


@post("/p/{token:str}/stop", **OF_TOKEN)
async def stop(opened: Opened, now: datetime) -> Template | Redirect:
    stopped = await preferences.stop_all(opened, now=now)
    return _to(opened, f"?stopped={'.'.join(stopped) or 'none'}")


@post("/p/{token:str}/undo", **OF_TOKEN)
async def undo(request: AnyRequest, opened: Opened, now: datetime) -> Template | Redirect:
    named = Form(await request.form()).list("channel")
    if often := await _too_often(opened, now):
        return often
    await preferences.undo(opened, [channel for channel in Channel if channel.value in named], now=now)
    return _to(opened, "?saved=1")


@get("/p/{token:str}/unsubscribe", **OF_TOKEN)
async def unsubscribe_page(opened: Opened) -> Template:
    """Mail scanners open every address: this only shows a button."""
    return _plain("messages/preferences_unsubscribe.html", opened, done=False, stopped=[])


@post("/p/{token:str}/unsubscribe", status_code=HTTP_200_OK, **OF_TOKEN)
async def unsubscribe(opened: Opened, now: datetime) -> Template:
    """RFC 8058, for mail services and for the button alike: no cookie, no sign-in, no redirect. The body says nothing that the
    address does not say already, and is not looked at, whatever its encoding."""
    stopped = await preferences.unsubscribe(opened, now=now)
    return _plain("messages/preferences_unsubscribe.html", opened, done=True, stopped=stopped)


async def _too_often(opened: Preferences, now: datetime) -> Template | None:
    wait = await wait_for(CHANGES, str(opened.link.application_id), now)
    if not wait:
        return None
    page = await _page(opened, now, errors={"": WORDS[opened.language]["often"]})
    page.status_code = HTTP_429_TOO_MANY_REQUESTS
    page.headers["retry-after"] = str(wait)
    return page


async def _page(
    opened: Preferences,
    now: datetime,
    *,
    saved: bool = False,
    stopped: Sequence[Channel] = (),
    every_zone: bool = False,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:
    """`typed`: what was sent, if it is to be mended."""
    return _plain(
        "messages/preferences.html",
        opened,
        errors=errors or {},
        values=_values(opened) if typed is None else typed,
        languages_offered=list(LANGUAGE_NAMES.items()),
        zones=_zones(opened, now, every_zone=every_zone),
        every_zone=every_zone,
        saved=saved,
        stopped=stopped,
        more=await extensions.offer(opened.link.workspace_id, opened.link.application_id, now),
    )


def _plain(template: str, opened: Preferences, **context: Any) -> Template:
    """A page in the candidate's language."""
    parts = spoken(opened.language, opened.job.workspace_name) | {"w": WORDS[opened.language], "opened": opened}
    return candidate_page(template, opened.job, **parts | context)


def _values(opened: Preferences) -> dict[str, str]:
    on = {channel.value: "on" for channel in Channel if opened.standing[channel] is preferences.Standing.ON}
    return {**on, "language": opened.language, "timezone": opened.timezone}


def _zones(opened: Preferences, now: datetime, *, every_zone: bool) -> list[tuple[str, str]]:
    """What the field offers: the place we take them to be at, then others, each with the time that it is there."""
    names = preferences.likely_zones(opened)
    names += [name for name in timezones() if every_zone and name not in names]
    guess = WORDS[opened.language]["guess"].format(_clock(opened.browser_timezone or opened.job.timezone, now))
    return [("", guess), *((name, _clock(name, now)) for name in names)]


def _clock(zone: str, now: datetime) -> str:
    return f"{zone.rsplit('/', 1)[-1].replace('_', ' ')} ({now.astimezone(ZoneInfo(zone)):%H:%M})"


def _to(opened: Preferences, rest: str) -> Redirect:
    return Redirect(f"/p/{opened.token}{rest}", status_code=HTTP_303_SEE_OTHER)


handlers = [preferences_page, save, snooze, stop, undo, unsubscribe_page, unsubscribe]
