"""The workspace's UTM words: a page of its settings."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done, member_page
from portal.accounts.tabs import settings_tabs
from portal.links import utm
from portal.links.page import AnyRequest
from portal.links.utm import Facts
from portal.web.forms import Form, Invalid

PAGE = "/app/settings/utm"
ADMINS = {"permission": Permission.EDIT_WORKSPACE}
EXAMPLE = Facts(
    network="facebook",
    placement="ad",
    channel="fb-ad",
    campaign="spring-nurses",
    job="Night nurse",
    label="Night shift ad",
    slug="night-nurse-fb-ad",
)
EXAMPLE_TARGET = "https://careers.example.com/jobs/17"


@get(PAGE, opt=ADMINS)
async def utm_page(request: AnyRequest, member: SignedIn) -> Template:
    words = await utm.words_of(member.workspace_id)
    return _page(request, member, words.words, locked=words.locked, errors={})


@post(PAGE, opt=ADMINS)
async def save(request: AnyRequest, member: SignedIn) -> Response[str] | Template:
    form = Form(await request.form())
    try:
        await utm.save_words(member.workspace_id, utm.read_words(form))
    except Invalid as wrong:
        return _page(request, member, form.values, locked=form.checked("locked"), errors=wrong.errors)
    return done(request, PAGE, "Saved. Links that lead to other websites take these words along from now on.")


@get(f"{PAGE}/example", opt=ADMINS, sync_to_thread=False)
def example(request: AnyRequest) -> Template:
    """What the words would come to, while they are being written."""
    asked = {name: request.query_params.get(name, "") for name in utm.DEFAULT}
    return Template("links/_utm_example.html", context={"example": _example(asked)})


def _page(
    request: AnyRequest, member: SignedIn, words: Mapping[str, str], *, locked: bool, errors: Mapping[str, str]
) -> Template:
    context: dict[str, Any] = {
        "settings_tabs": settings_tabs(member),
        "words": words,
        "locked": locked,
        "errors": errors,
        "placeholders": utm.PLACEHOLDERS,
        "example": _example(words),
        "meta": utm.META,
    }
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    return member_page(request, member, "links/utm.html", nav="settings", status=status, **context)


def _example(words: Mapping[str, str]) -> str:
    return utm.tagged(EXAMPLE_TARGET, utm.parameters(words, EXAMPLE))


handlers = [utm_page, save, example]
