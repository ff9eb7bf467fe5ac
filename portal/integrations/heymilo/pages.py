"""Members' pages of HeyMilo: the workspace's key, and which interviewer a job uses."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, job_page, member_page
from portal.accounts.tabs import settings_tabs
from portal.integrations.heymilo import accounts, api, postings
from portal.integrations.heymilo.api import Asker
from portal.integrations.heymilo.problems import SENTENCES, Failed, Problem
from portal.jobs.jobs import get_job
from portal.web.forms import Form, Invalid

AnyRequest = Request[Any, Any, Any]
ADMINS = {"permission": Permission.EDIT_WORKSPACE}
EDIT = {"permission": Permission.EDIT_JOBS}
SETTINGS = "/app/settings/heymilo"
OVER = {"draft": "not live yet", "expired": "expired", "archived": "archived"}


# ---- The key ---------------------------------------------------------------------------------------------------------------


@get(SETTINGS, opt=ADMINS)
async def key_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    return await _key_page(request, member, now)


@post(SETTINGS, opt=ADMINS)
async def save_key(request: AnyRequest, member: SignedIn, now: datetime) -> Template | Response[str]:
    form = Form(await request.form())
    try:
        key = accounts.read_key(form)
    except Invalid as wrong:
        return await _key_page(request, member, now, wrong.errors)
    await accounts.keep_key(member.workspace_id, key, now=now)
    return await _checked(request, member, now, "The key is kept. ")


@post(f"{SETTINGS}/check", opt=ADMINS)
async def check_key(request: AnyRequest, member: SignedIn, now: datetime) -> Response[str]:
    await accounts.clear(member.workspace_id)
    return await _checked(request, member, now)


@post(f"{SETTINGS}/forget", opt=ADMINS)
async def forget_key(request: AnyRequest, member: SignedIn) -> Response[str]:
    await accounts.forget_key(member.workspace_id)
    return done(request, SETTINGS, "The key is forgotten. People who are at HeyMilo already can finish; nobody new gets there.")


async def _checked(request: AnyRequest, member: SignedIn, now: datetime, before: str = "") -> Response[str]:
    """Asks for the list of interviewers, which costs nothing there."""
    try:
        found = await api.postings(Asker(member.workspace_id, now, urgent=True))
    except Failed as failed:
        return done(request, SETTINGS, f"{before}{failed}", kind="error")
    many = f"{len(found)}{' or more' if len(found) >= api.PAGE else ''}"
    said = f"HeyMilo knows this key: it has {many} {'interviewer' if len(found) == 1 else 'interviewers'}."
    return done(request, SETTINGS, before + said)


async def _key_page(request: AnyRequest, member: SignedIn, now: datetime, errors: Mapping[str, str] | None = None) -> Template:
    account = await accounts.account_of(member.workspace_id)
    rests = account is not None and account.paused_until is not None and account.paused_until > now
    return member_page(
        request,
        member,
        "integrations/heymilo_key.html",
        nav="settings",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        settings_tabs=settings_tabs(member),
        account=account,
        problem=SENTENCES[Problem(account.problem)] if account and rests else "",
        errors=errors or {},
    )


# ---- A job's interviewer ---------------------------------------------------------------------------------------------------


@get("/app/jobs/{job_id:uuid}/interview/heymilo", opt=EDIT)
async def posting_page(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template:
    return await _posting_page(request, member, now, job_id)


@post("/app/jobs/{job_id:uuid}/interview/heymilo", opt=EDIT)
async def choose_posting(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Template | Response[str]:
    await get_job(member.workspace_id, job_id)
    form, asker = Form(await request.form()), Asker(member.workspace_id, now, urgent=True)
    posting_id = form.text("posting")
    if not posting_id:
        return await _posting_page(request, member, now, job_id, {"posting": "Choose an interviewer from the list."})
    try:
        chosen = await postings.choose(asker, job_id, posting_id)
    except Invalid as wrong:
        return await _posting_page(request, member, now, job_id, wrong.errors)
    except Failed as failed:
        return await _posting_page(request, member, now, job_id, {"posting": str(failed)})
    said = f"People of this job are now interviewed by “{chosen.title}”."
    return await _hooked(request, asker, chosen, said)


@post("/app/jobs/{job_id:uuid}/interview/heymilo/hooks", opt=EDIT)
async def hook_again(request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID) -> Response[str]:
    chosen = await postings.chosen_for(member.workspace_id, job_id)
    if chosen is None:
        await get_job(member.workspace_id, job_id)
        return done(request, _home(job_id), "Choose an interviewer first.", kind="error")
    return await _hooked(request, Asker(member.workspace_id, now, urgent=True), chosen)


async def _hooked(request: AnyRequest, asker: Asker, chosen: postings.Chosen, said: str = "") -> Response[str]:
    try:
        await postings.hook(asker, chosen)
    except Failed as failed:
        text = f"{said} But HeyMilo does not tell us yet what happens there: {failed}".strip()
        return done(request, _home(chosen.job_id), text, kind="error")
    return done(request, _home(chosen.job_id), f"{said} HeyMilo tells us what happens there.".strip())


async def _posting_page(
    request: AnyRequest, member: SignedIn, now: datetime, job_id: UUID, errors: Mapping[str, str] | None = None
) -> Template:
    job = await get_job(member.workspace_id, job_id)
    search = request.query_params.get("q", "").strip()[:100]
    found, problem = await _postings(member.workspace_id, search, now)
    chosen = await postings.chosen_for(member.workspace_id, job_id)
    return job_page(
        request,
        member,
        "integrations/heymilo_posting.html",
        job=job,
        tab="interview",
        status=HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK,
        has_key=await accounts.account_of(member.workspace_id) is not None,
        chosen=chosen,
        is_used=job.interview_kind == "heymilo",
        options=[(one.id, one.title, OVER.get(one.status, "")) for one in found],
        is_cut=len(found) >= api.PAGE,
        problem=problem,
        search=search,
        made=await postings.made_count(member.workspace_id, job_id),
        waiting=await postings.waiting_at(member.workspace_id, job_id),
        most=postings.SHOWN,
        sentences={problem.value: text for problem, text in SENTENCES.items()},
        events=postings.EVENTS,
        errors=errors or {},
    )


async def _postings(workspace_id: UUID, search: str, now: datetime) -> tuple[list[api.Posting], str]:
    """What HeyMilo has, asked for now; or why not."""
    try:
        return [one for one in await api.postings(Asker(workspace_id, now, urgent=True), search) if not one.archived], ""
    except Failed as failed:
        return [], "" if failed.problem is Problem.NO_KEY else str(failed)


def _home(job_id: UUID) -> str:
    return f"/app/jobs/{job_id}/interview/heymilo"


handlers = [key_page, save_key, check_key, forget_key, posting_page, choose_posting, hook_again]
