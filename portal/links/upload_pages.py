"""Member pages of lists that come in: choose a file, look through it, make its links."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Stream, Template

from portal.accounts.access import SignedIn
from portal.accounts.page import done, member_page
from portal.links import sheets, uploads
from portal.links.page import EDIT, AnyRequest, status_of
from portal.links.uploads import Verdict
from portal.web.exports import Format, download
from portal.web.forms import Form, Invalid
from portal.web.paging import PAGE_SIZE, page_number, pager
from portal.web.templating import plural

UPLOAD = "/app/links/upload"
ROOM_FOR_THE_FORM = 100_000
"""Bytes of a request besides the file; one somewhat too large still gets its sentence."""
VERDICTS = {Verdict.FRESH: "To be made", Verdict.THERE: "There already", Verdict.FAULT: "Left out"}


@get(UPLOAD, opt=EDIT, sync_to_thread=False)
def upload_page(request: AnyRequest, member: SignedIn) -> Template:
    return _choose(request, member, Form({}))


@post(UPLOAD, opt=EDIT, request_max_body_size=2 * sheets.MOST_BYTES + ROOM_FOR_THE_FORM)
async def upload(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str] | Template:
    sent = await request.form()
    form, file = Form(sent), sent.get("file")
    try:
        name, content = await _sent(form, file if isinstance(file, UploadFile) else None)
        upload_id = await uploads.keep(member.workspace_id, content, name, member_id=member.id, now=now)
    except Invalid as wrong:
        form.errors = wrong.errors
        return _choose(request, member, form)
    return done(request, f"{UPLOAD}/{upload_id}")


@get(f"{UPLOAD}/{{upload_id:uuid}}", opt=EDIT)
async def look_page(request: AnyRequest, member: SignedIn, upload_id: UUID) -> Template:
    kept = await uploads.get_upload(member.workspace_id, upload_id)
    looked = await uploads.look(member.workspace_id, kept.content)
    asked, page = request.query_params, page_number(request.query_params.get("page"))
    show = asked.get("show", "") if asked.get("show") in set(Verdict) else ""
    rows = looked.of(Verdict(show)) if show else looked.rows
    start = (page - 1) * PAGE_SIZE
    return member_page(
        request,
        member,
        "links/upload_look.html",
        nav="links",
        upload=kept,
        counts={verdict: len(looked.of(verdict)) for verdict in Verdict},
        verdicts=VERDICTS,
        columns=list(looked.rows[0].line.values),
        rows=rows[start : start + PAGE_SIZE],
        show=show,
        page=pager(path=f"{UPLOAD}/{upload_id}", query={"show": show} if show else {}, page=page, total=len(rows)),
    )


@post(f"{UPLOAD}/{{upload_id:uuid}}", opt=EDIT)
async def make(request: AnyRequest, member: SignedIn, now: datetime, upload_id: UUID) -> Response[str]:
    made = await uploads.make(member.workspace_id, upload_id, member_id=member.id, now=now)
    said = f"{plural(made, 'link')} made." if made else "These links were there already."
    return done(request, f"{UPLOAD}/{upload_id}", said)


@get(f"{UPLOAD}/{{upload_id:uuid}}/left-out.csv", opt=EDIT)
async def left_out(member: SignedIn, upload_id: UUID) -> Stream:
    kept = await uploads.get_upload(member.workspace_id, upload_id)
    head, rows = uploads.faults(await uploads.look(member.workspace_id, kept.content))
    return download(Format.CSV, f"Left out of {kept.name.rpartition('.')[0] or kept.name}", head, rows)


async def _sent(form: Form, file: UploadFile | None) -> tuple[str, bytes]:
    """Name and content of the file, or of what was pasted. Raises `Invalid`."""
    content = await file.read(sheets.MOST_BYTES + 1) if file else b""
    if content and file:
        return file.filename or "list.csv", content
    if form.raw("pasted").strip():
        return "pasted.csv", form.raw("pasted").encode()
    raise Invalid({"file": "Choose a file, or paste rows into the field below."})


def _choose(request: AnyRequest, member: SignedIn, form: Form) -> Template:
    context = {"values": form.values, "errors": form.errors, "most_rows": sheets.MOST_ROWS}
    return member_page(request, member, "links/upload.html", nav="links", status=status_of(form), **context)


handlers = [upload_page, upload, look_page, make, left_out]
