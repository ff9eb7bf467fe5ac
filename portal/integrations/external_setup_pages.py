"""A job whose interview is at an address of its own: what to paste where, and whether it works."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal import crypto, db
from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, job_page
from portal.integrations.outward import Unanswered, call
from portal.interviews import external, hooks
from portal.interviews.external import MEANINGS, check_address
from portal.jobs.job_form import LONGEST_ADDRESS, read_address
from portal.jobs.jobs import Job, get_job
from portal.web.forms import Form, Invalid

AnyRequest = Request[Any, Any, Any]
EDIT = {"permission": Permission.EDIT_JOBS}
SAMPLE = '{"token": "%s", "event": "completed"}' % ("a" * 26)
PAGE = "/app/jobs/{job_id:uuid}/interview/elsewhere"


@get(PAGE, opt=EDIT)
async def setup_page(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    return await _page(request, member, await get_job(member.workspace_id, job_id), now=now)


@post(PAGE, opt=EDIT)
async def save(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template | Response[str]:
    job, form = await get_job(member.workspace_id, job_id), Form(await request.form())
    url = read_address(form)
    try:
        form.check()
    except Invalid as wrong:
        return await _page(request, member, job, now=now, values=form.values, errors=wrong.errors)
    await external.choose(member.workspace_id, job_id, url=url, return_finishes=form.checked("return_finishes"))
    return done(request, _home(job_id), "Saved.")


@get("/app/jobs/interview-address", opt=EDIT)
async def address_check(request: AnyRequest, member: SignedIn) -> Template:
    """What stands below the field while somebody types."""
    url = request.query_params.get("external_url", "").strip()[:LONGEST_ADDRESS]
    return Template("integrations/_address.html", context={"check": check_address(url), "url": url, "meanings": MEANINGS})


@post(f"{PAGE}/hook", opt=EDIT)
async def make_hook(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Response[str]:
    had = await hooks.hook_of(member.workspace_id, job_id)
    await hooks.make_hook(member.workspace_id, job_id, now=now)
    said = "There is a new secret; the one before has ended." if had else "There is a hook. Paste address and secret there."
    return done(request, _home(job_id), said)


@post(f"{PAGE}/test", opt=EDIT)
async def test_hook(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Response[str]:
    """Calls the hook as the other system would, by its public address: what stands in front of the portal is tried too."""
    hook = await hooks.hook_of(member.workspace_id, job_id)
    if hook is None:
        await get_job(member.workspace_id, job_id)
        return done(request, _home(job_id), "Make the hook first.", kind="error")
    message_id = f"test_{db.new_id()}"
    try:
        signed = hooks.headers_for(hook.secret(), message_id, SAMPLE, now=now)
        reply = await call("POST", hook.url, headers=signed, body=SAMPLE.encode())
    except Unanswered as unanswered:
        return done(request, _home(job_id), f"{hook.url} could not be called from here. {unanswered}", kind="error")
    except crypto.Unsealable:
        return done(request, _home(job_id), "The secret can't be read any more: make a new one.", kind="error")
    if reply.status != HTTP_200_OK:
        return done(request, _home(job_id), f"{hook.url} answered with {reply.status} instead of 200.", kind="error")
    return done(request, _home(job_id), "The hook works: a signed call about somebody made up was believed.")


async def _page(
    request: AnyRequest,
    member: SignedIn,
    job: Job,
    *,
    now: datetime,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:
    hook = await hooks.hook_of(member.workspace_id, job.id)
    finishes = await external.return_finishes(member.workspace_id, job.id)
    shown = values or {"external_url": job.external_url, "return_finishes": "on" if finishes else ""}
    return job_page(
        request,
        member,
        "integrations/external.html",
        job=job,
        tab="interview",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        values=shown,
        errors=errors or {},
        url=shown.get("external_url", ""),
        check=check_address(shown.get("external_url", "")),
        meanings=MEANINGS,
        hook=hook,
        secret=_secret(hook),
        sample=_sample(hook, now),
        heard=await hooks.heard(member.workspace_id, job.id),
    )


def _secret(hook: hooks.Hook | None) -> str:
    try:
        return hook.secret() if hook else ""
    except crypto.Unsealable:
        return ""


def _sample(hook: hooks.Hook | None, now: datetime) -> str:
    """A call as it must look, signed for this moment."""
    if hook is None or not (secret := _secret(hook)):
        return ""
    headers = hooks.headers_for(secret, "msg_1", SAMPLE, now=now)
    return "\n".join([f"POST {hook.url}", *(f"{name}: {value}" for name, value in headers.items()), "", SAMPLE])


def _home(job_id: UUID) -> str:
    return f"/app/jobs/{job_id}/interview/elsewhere"


handlers = [setup_page, save, address_check, make_hook, test_hook]
