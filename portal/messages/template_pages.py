"""Member pages of texts: what is in force for each occasion, and an editor with a preview for a real candidate."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import MediaType, Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, job_page, member_page
from portal.accounts.tabs import settings_tabs
from portal.messages import template_scenes as scenes
from portal.messages import templates
from portal.messages.fields import SAID
from portal.messages.filling import Wrong
from portal.messages.languages import DEFAULT, LANGUAGES
from portal.messages.listing import KIND_NAMES
from portal.messages.occasions import Text
from portal.messages.pages import EMAIL, FRAMED
from portal.messages.template_scenes import Draft, Moment, Scene
from portal.messages.templates import Place
from portal.messages.words import Channel
from portal.web.forms import Form
from portal.web.missing import Missing

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_JOBS}
EDIT = {"permission": Permission.EDIT_MESSAGES}
HOME = "/app/settings/texts"
JOB = "/app/jobs/{job_id:uuid}/nudges/texts"
WHOSE = {"job": "this job's own", "workspace": "the workspace's own", "ours": "ours"}
CHANNELS = {Channel.EMAIL: "Email", Channel.SMS: "Text message"}
LONGEST_UNDO = 2600
"""Characters: the way back travels in a cookie, of which browsers keep 4,096 bytes."""


class Asked:
    """The text that an address names: `place` is where it is kept."""

    def __init__(self, scene: Scene, query: Mapping[str, str]) -> None:
        """Raises `Missing` for an occasion that the plan does not have."""
        self.scene = scene
        self.moment = _moment(scene, query.get("step", "invite"))
        channel, language = query.get("channel", ""), query.get("language", "")
        self.place: Place = scene.place(
            self.moment,
            Channel(channel) if channel in set(Channel) else Channel.EMAIL,
            language if language in LANGUAGES else DEFAULT,
            "b" if query.get("variant") == "b" else "a",
        )

    def href(self, page: str, **changes: str) -> str:
        named = {"step": self.place.step_key, "channel": self.place.channel.value} | {
            "language": self.place.language,
            "variant": self.place.variant,
        }
        return f"{self.scene.path}/{page}?{urlencode(named | changes)}"

    def draft(self, text: Text, person: str) -> Draft:
        return Draft(place=self.place, kind=self.moment.kind, text=text, is_started=self.moment.is_started, person=_uuid(person))


# ---- The list --------------------------------------------------------------------------------------------------------


@get(HOME, opt=SEE)
async def texts_page(request: AnyRequest, member: SignedIn) -> Template:
    return _list(request, member, await scenes.open_scene(member.workspace_id, None))


@get(JOB, opt=SEE)
async def job_texts_page(request: AnyRequest, member: SignedIn, job_id: UUID) -> Template:
    return _list(request, member, await scenes.open_scene(member.workspace_id, job_id))


def _list(request: AnyRequest, member: SignedIn, scene: Scene) -> Template:
    groups = [(name, list(moments)) for name, moments in groupby(scene.moments, lambda moment: moment.group)]
    return _page(request, member, scene, "messages/template_list.html", groups=groups, kind_names=KIND_NAMES, errors={})


# ---- The editor ------------------------------------------------------------------------------------------------------


@get(f"{HOME}/edit", opt=SEE)
async def text_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    return await _kept(request, member, await scenes.open_scene(member.workspace_id, None), now)


@get(f"{JOB}/edit", opt=SEE)
async def job_text_page(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    return await _kept(request, member, await scenes.open_scene(member.workspace_id, job_id), now)


@post(f"{HOME}/preview", opt=EDIT, status_code=HTTP_200_OK)
async def preview_text(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    return await _preview(request, member, await scenes.open_scene(member.workspace_id, None), now)


@post(f"{JOB}/preview", opt=EDIT, status_code=HTTP_200_OK)
async def preview_job_text(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    return await _preview(request, member, await scenes.open_scene(member.workspace_id, job_id), now)


@post(f"{HOME}/edit", opt=EDIT)
async def save_text(request: AnyRequest, member: SignedIn, now: datetime) -> Response[Any]:
    return await _save(request, member, await scenes.open_scene(member.workspace_id, None), now)


@post(f"{JOB}/edit", opt=EDIT)
async def save_job_text(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Response[Any]:
    return await _save(request, member, await scenes.open_scene(member.workspace_id, job_id), now)


@post(f"{HOME}/remove", opt=EDIT)
async def remove_text(request: AnyRequest, member: SignedIn) -> Response[Any]:
    return await _remove(request, await scenes.open_scene(member.workspace_id, None))


@post(f"{JOB}/remove", opt=EDIT)
async def remove_job_text(request: AnyRequest, member: SignedIn, job_id: UUID) -> Response[Any]:
    return await _remove(request, await scenes.open_scene(member.workspace_id, job_id))


@post(f"{HOME}/take-back", opt=EDIT)
async def take_back(request: AnyRequest, member: SignedIn, now: datetime) -> Response[Any]:
    """The text that was just removed, of the workspace or of a job. Raises `Missing` for anything else."""
    kept = scenes.unpack_kept(request.query_params.get("text", ""))
    if kept is None or kept.place.workspace_id != member.workspace_id:
        raise Missing("text")
    asked = Asked(await scenes.open_scene(member.workspace_id, kept.place.job_id), _query(kept.place))
    await templates.keep(kept.place, kept.text, member_id=member.id, now=now)
    return done(request, asked.href("edit"), "Your text is back.")


@get(f"{HOME}/letter", opt=SEE, media_type=MediaType.HTML)
async def letter_frame(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str]:
    """The email that a draft comes to, by itself, by day or by night. Raises `Missing`."""
    draft = scenes.unpack_draft(request.query_params.get("draft", ""))
    if draft is None or draft.place.workspace_id != member.workspace_id or not _may_see(member, draft):
        raise Missing("text")
    try:
        html = (await scenes.render(draft, now)).html
    except Wrong as wrong:
        raise Missing("text") from wrong
    dark = request.query_params.get("look") == "dark"
    shown = html.replace("@media (prefers-color-scheme: dark)", "@media all" if dark else "@media not all")
    return Response(shown, headers={"content-security-policy": EMAIL, "x-frame-options": "SAMEORIGIN"})


async def _kept(request: AnyRequest, member: SignedIn, scene: Scene, now: datetime) -> Template:
    asked = Asked(scene, request.query_params)
    text = templates.in_force(scene.kept, asked.place, asked.moment.kind).text
    return await _editor(request, member, asked, asked.draft(text, ""), now)


async def _preview(request: AnyRequest, member: SignedIn, scene: Scene, now: datetime) -> Template:
    asked = Asked(scene, request.query_params)
    form = Form(await request.form())
    draft = asked.draft(_typed(form, asked.place.channel), form.raw("person"))
    if not request.headers.get("HX-Request"):
        return await _editor(request, member, asked, draft, now)
    shown = await scenes.preview(draft, now, scene.kept)
    return Template("messages/_template_preview.html", context={"preview": shown, "draft": draft, "asked": asked, "live": True})


async def _save(request: AnyRequest, member: SignedIn, scene: Scene, now: datetime) -> Response[Any]:
    asked = Asked(scene, request.query_params)
    form = Form(await request.form())
    draft = asked.draft(_typed(form, asked.place.channel), form.raw("person"))
    errors = (await scenes.preview(draft, now)).errors
    if errors:
        return await _editor(request, member, asked, draft, now, errors=errors)
    await templates.keep(asked.place, draft.text, member_id=member.id, now=now)
    said = "Saved. Half of them, by chance, get this text from now on." if asked.place.variant == "b" else SAVED
    return done(request, asked.href("edit"), said)


SAVED = "Saved. Messages that go out from now on say this."


async def _remove(request: AnyRequest, scene: Scene) -> Response[Any]:
    asked = Asked(scene, request.query_params)
    removed = await templates.remove(asked.place)
    if removed is None:
        return done(request, asked.href("edit", variant="a"), "There was no text of your own.")
    packed = scenes.pack(removed)
    undo = f"{HOME}/take-back?{urlencode({'text': packed})}" if len(packed) <= LONGEST_UNDO else ""
    said = (
        "The second text is gone." if asked.place.variant == "b" else "Your text is gone: what was in force before is so again."
    )
    return done(request, asked.href("edit", variant="a"), said, undo=undo)


async def _editor(
    request: AnyRequest, member: SignedIn, asked: Asked, draft: Draft, now: datetime, *, errors: Mapping[str, str] | None = None
) -> Template:
    """The editor of one text, with what it comes to."""
    scene, place = asked.scene, asked.place
    offered = await scenes.people(member.workspace_id, scene.job_id) if member.may(Permission.EDIT_CANDIDATES) else []
    page = _page(
        request,
        member,
        scene,
        "messages/template_edit.html",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        asked=asked,
        draft=draft,
        preview=await scenes.preview(draft, now, scene.kept),
        own=scene.own(place),
        second=scene.own(scene.place(asked.moment, place.channel, place.language, "b")),
        sources=scene.sources(asked.moment, place.channel),
        people=offered,
        fields=SAID,
        channels=CHANNELS,
        languages=LANGUAGES,
        kind_names=KIND_NAMES,
        live=False,
        errors=errors or {},
    )
    page.headers["content-security-policy"] = FRAMED
    return page


def _page(request: AnyRequest, member: SignedIn, scene: Scene, template: str, **context: Any) -> Template:
    """Under the workspace's settings, or under the job."""
    context |= {"scene": scene, "whose": WHOSE}
    if scene.job is not None:
        return job_page(request, member, template, job=scene.job, tab="nudges", layout="layouts/job.html", **context)
    context |= {"layout": "accounts/settings_layout.html", "settings_tabs": settings_tabs(member), "settings_tab": "texts"}
    return member_page(request, member, template, nav="settings", **context)


def _typed(form: Form, channel: Channel) -> Text:
    body = form.long_text("body", longest=100_000)
    if channel is Channel.SMS:
        return Text(body=body)
    return Text(subject=form.text("subject", longest=10_000), body=body, button=form.text("button", longest=10_000))


def _moment(scene: Scene, step_key: str) -> Moment:
    found = next((moment for moment in scene.moments if moment.step_key == step_key), None)
    if found is None:
        raise Missing("text")
    return found


def _may_see(member: SignedIn, draft: Draft) -> bool:
    return draft.person is None or member.may(Permission.EDIT_CANDIDATES)


def _query(place: Place) -> dict[str, str]:
    return {"step": place.step_key, "channel": place.channel.value, "language": place.language, "variant": place.variant}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


handlers = [
    texts_page,
    job_texts_page,
    text_page,
    job_text_page,
    preview_text,
    preview_job_text,
    save_text,
    save_job_text,
    remove_text,
    remove_job_text,
    take_back,
    letter_frame,
]
