"""Member pages of files of people: choose one, look through it, run it, stop it, undo it."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Stream, Template
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, job_page
from portal.candidates.by_hand import Invite
from portal.candidates.columns import Field
from portal.candidates.imports import keeping, rows
from portal.candidates.imports.files import MOST_BYTES
from portal.candidates.imports.keeping import Import
from portal.candidates.imports.reading import MOST_ROWS
from portal.candidates.imports.rows import Verdict
from portal.candidates.imports.undoing import SentTo
from portal.candidates.page import EDIT, AnyRequest
from portal.jobs.jobs import Job, get_job
from portal.web.exports import Format, download
from portal.web.forms import Form, Invalid
from portal.web.paging import page_number, pager
from portal.web.templating import plural

HOME = "/app/jobs/{job_id:uuid}/candidates/imports"
ONE = f"{HOME}/{{import_id:uuid}}"
PIECE = 256 * 1024
ROOM_FOR_THE_FORM = 10_000_000
"""Bytes of a request besides the file; one somewhat too large still gets its sentence."""
TOO_LATE = "Nothing changed: it has moved on in the meantime."
FIELDS = {
    Field.NOTHING: "Leave out",
    Field.NAME: "Full name",
    Field.FIRST_NAME: "First name",
    Field.LAST_NAME: "Last name",
    Field.EMAIL: "Email",
    Field.PHONE: "Mobile",
    Field.LANGUAGE: "Language",
    Field.TIMEZONE: "Time zone",
    Field.EXTERNAL_ID: "Id in the other system",
    Field.NOTE: "Note in the timeline",
    Field.RESUME: "Resume (name of the PDF)",
    Field.DETAIL: "Keep as a detail",
}


@get(HOME, opt=EDIT)
async def list_page(request: AnyRequest, member: SignedIn, job_id: UUID) -> Template:
    return await _list(request, member, await get_job(member.workspace_id, job_id), Form({}))


@post(HOME, opt=EDIT, request_max_body_size=MOST_BYTES + ROOM_FOR_THE_FORM)
async def upload(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Response[str] | Template:
    job = await get_job(member.workspace_id, job_id)
    sent = await request.form()
    form, file = Form(sent), sent.get("file")
    try:
        name, pieces = _sent(form, file if isinstance(file, UploadFile) and file.filename else None)
        import_id = await keeping.keep(job, name, pieces, member_id=member.id, now=now)
    except Invalid as wrong:
        form.errors = wrong.errors
        return await _list(request, member, job, form)
    return done(request, _path(job_id, import_id))


@get(ONE, opt=EDIT)
async def import_page(request: AnyRequest, member: SignedIn, job_id: UUID, import_id: UUID) -> Template:
    job = await get_job(member.workspace_id, job_id)
    it = await keeping.get_import(member.workspace_id, job_id, import_id)
    shown = await _shown(it, request.query_params)
    return job_page(request, member, "candidates/import.html", job=job, tab="candidates", errors={}, **shown)


@get(f"{ONE}/progress", opt=EDIT)
async def progress(request: AnyRequest, member: SignedIn, job_id: UUID, import_id: UUID) -> Response[Any]:
    """What an open page asks: 204 while nothing has moved since ``seen``; once it is through, the page is asked for anew."""
    it = await keeping.get_import(member.workspace_id, job_id, import_id)
    if request.query_params.get("seen") == _seen(it):
        return Response(None, status_code=HTTP_204_NO_CONTENT)
    if not it.moves:
        return Response("", headers={"HX-Refresh": "true"})
    shown = {"it": it, "base": _path(job_id, import_id), "seen": _seen(it)}
    return Template("candidates/_import.html", context=shown | {"may": member.may, "Permission": Permission, "errors": {}})


@post(f"{ONE}/columns", opt=EDIT)
async def columns(request: AnyRequest, member: SignedIn, job_id: UUID, import_id: UUID) -> Response[str]:
    it = await keeping.get_import(member.workspace_id, job_id, import_id)
    form = Form(await request.form())
    chosen = [_field(form.raw(f"column-{number}")) for number in range(len(it.heads))]
    twice = {field for field in chosen if field not in {Field.NOTHING, Field.DETAIL} and chosen.count(field) > 1}
    if twice:
        said = f"Choose one column for {FIELDS[min(twice)].lower()}: two say so."
        return done(request, _path(job_id, import_id), said, kind="error")
    changed = await keeping.choose_columns(member.workspace_id, import_id, chosen)
    return _answer(request, job_id, import_id, "The rows are looked through again." if changed else "")


@post(f"{ONE}/run", opt=EDIT)
async def run(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, import_id: UUID) -> Response[str]:
    job = await get_job(member.workspace_id, job_id)
    it = await keeping.get_import(member.workspace_id, job_id, import_id)
    asked = Form(await request.form()).raw("invite")
    invite = Invite(asked) if asked in set(Invite) else it.invite
    try:
        changed = await keeping.run(member.workspace_id, import_id, job, invite, now)
    except Invalid as wrong:
        return done(request, _path(job_id, import_id), str(wrong), kind="error")
    return _answer(request, job_id, import_id, "It is under way." if changed else "")


@post(f"{ONE}/stop", opt=EDIT)
async def stop(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, import_id: UUID) -> Response[str]:
    await keeping.get_import(member.workspace_id, job_id, import_id)
    changed = await keeping.stop(member.workspace_id, import_id, now)
    return _answer(request, job_id, import_id, "Stopped. Those who are in stay." if changed else "")


@post(f"{ONE}/undo", opt=EDIT)
async def undo(request: AnyRequest, member: SignedIn, job_id: UUID, import_id: UUID, sent_to: SentTo) -> Response[str]:
    await keeping.get_import(member.workspace_id, job_id, import_id)
    made = await keeping.applications_made(member.workspace_id, import_id)
    if reached := len(await sent_to(member.workspace_id, made)):
        said = f"It can't be undone any more: messages have gone to {plural(reached, 'person', 'people')}."
        return done(request, _path(job_id, import_id), said, kind="error")
    changed = await keeping.undo(member.workspace_id, import_id)
    return _answer(request, job_id, import_id, "It is being undone." if changed else "")


@post(f"{ONE}/discard", opt=EDIT)
async def discard(request: AnyRequest, member: SignedIn, job_id: UUID, import_id: UUID) -> Response[str]:
    it = await keeping.get_import(member.workspace_id, job_id, import_id)
    if not await keeping.discard(member.workspace_id, import_id):
        return _answer(request, job_id, import_id, "")
    return done(request, f"/app/jobs/{job_id}/candidates/imports", f"{it.name} is thrown away. Nobody was made.")


@get(f"{ONE}/left-out.csv", opt=EDIT)
async def left_out(member: SignedIn, job_id: UUID, import_id: UUID) -> Stream:
    it = await keeping.get_import(member.workspace_id, job_id, import_id)
    head, left = await rows.faults_of(it)
    return download(Format.CSV, f"Left out of {it.name.rpartition('.')[0] or it.name}", head, left)


def _sent(form: Form, file: UploadFile | None) -> tuple[str, AsyncIterator[bytes]]:
    """Name and content of the file, or of what was pasted. Raises `Invalid`."""
    if file is not None:
        return file.filename, _pieces_of(file)
    if form.raw("pasted").strip():
        return "Pasted rows", _piece(form.raw("pasted").encode())
    raise Invalid({"file": "Choose a file, or paste rows into the field below."})


async def _pieces_of(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE):
        yield piece


async def _piece(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _field(text: str) -> Field:
    return Field(text) if text in set(Field) else Field.NOTHING


def _path(job_id: UUID, import_id: UUID) -> str:
    return f"/app/jobs/{job_id}/candidates/imports/{import_id}"


def _answer(request: AnyRequest, job_id: UUID, import_id: UUID, said: str) -> Response[str]:
    return done(request, _path(job_id, import_id), said or TOO_LATE, kind="done" if said else "error")


def _seen(it: Import) -> str:
    """Changes whenever the page would."""
    return f"{it.state.value}-{it.place}"


async def _shown(it: Import, asked: Mapping[str, str]) -> dict[str, Any]:
    show = Verdict(asked["show"]) if asked.get("show") in set(Verdict) else None
    page = page_number(asked.get("page"))
    counts = await rows.counts_of(it.workspace_id, it.id)
    total = counts[show] if show else it.rows
    base = _path(it.job_id, it.id)
    return {
        "it": it,
        "base": base,
        "seen": _seen(it),
        "counts": counts,
        "found": await rows.rows_of(it.workspace_id, it.id, show, page),
        "samples": await rows.samples_of(it.workspace_id, it.id),
        "field_words": FIELDS,
        "show": show,
        "page": pager(path=base, query={"show": show.value} if show else {}, page=page, total=total),
    }


async def _list(request: AnyRequest, member: SignedIn, job: Job, form: Form) -> Template:
    shown: dict[str, Any] = {
        "imports": await keeping.list_imports(member.workspace_id, job.id),
        "values": form.values,
        "errors": form.errors,
        "most_rows": MOST_ROWS,
        "status": HTTP_422_UNPROCESSABLE_ENTITY if form.errors else HTTP_200_OK,
    }
    return job_page(request, member, "candidates/imports.html", job=job, tab="candidates", **shown)


handlers = [list_page, upload, import_page, progress, columns, run, stop, undo, discard, left_out]
