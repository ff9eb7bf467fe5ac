"""A link on paper: its QR code, its poster, and further print runs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Template
from slugify import slugify

from portal.accounts.access import SignedIn
from portal.accounts.page import done, member_page
from portal.jobs.branding import brand_css_href
from portal.jobs.jobs import get_job
from portal.links import links, pictures, posters, qr
from portal.links.links import ShownLink
from portal.links.page import EDIT, SEE, AnyRequest
from portal.links.pictures import Picture
from portal.links.posters import Size
from portal.links.qr import Code, Level


@get("/app/links/{link_id:uuid}/print", opt=SEE)
async def print_page(request: AnyRequest, member: SignedIn, link_id: UUID) -> Template:
    link, asked = await links.get_link(member.workspace_id, link_id), request.query_params
    context: dict[str, Any] = {
        "link": link,
        "level": _level(asked),
        "levels": qr.LEVELS,
        "size": _size(asked),
        "sizes": qr.SIZES,
        "has_logo": await pictures.logo_of(member.workspace_id) is not None,
        "with_logo": "logo" in asked,
        "drawable": posters.is_drawable(posters.poster(link, await get_job(member.workspace_id, link.job_id))),
    }
    return member_page(request, member, "links/print.html", nav="links", errors={}, **context)


@get("/app/links/{link_id:uuid}/qr.svg", opt=SEE)
async def qr_svg(request: AnyRequest, member: SignedIn, link_id: UUID) -> Response[bytes]:
    link = await links.get_link(member.workspace_id, link_id)
    code, logo = await _code(member, link, request.query_params)
    return _file(qr.as_svg(code, f"QR code of {link.short_url}", logo), "image/svg+xml", link, "svg", request.query_params)


@get("/app/links/{link_id:uuid}/qr.png", opt=SEE)
async def qr_png(request: AnyRequest, member: SignedIn, link_id: UUID) -> Response[bytes]:
    link = await links.get_link(member.workspace_id, link_id)
    code, logo = await _code(member, link, request.query_params)
    return _file(qr.as_png(code, _size(request.query_params), logo), "image/png", link, "png", request.query_params)


@get("/app/links/{link_id:uuid}/poster", opt=SEE)
async def poster_page(request: AnyRequest, member: SignedIn, link_id: UUID) -> Template:
    """A page for the printer, of the size that it asks for itself."""
    link = await links.get_link(member.workspace_id, link_id)
    job = await get_job(member.workspace_id, link.job_id)
    context = {
        "link": link,
        "poster": posters.poster(link, job),
        "paper": _paper(request.query_params),
        "brand_css": brand_css_href(job.workspace_id, job.brand_color),
        "has_logo": await pictures.logo_of(member.workspace_id) is not None,
        "errors": {},
    }
    return Template("links/poster.html", context=context)


@get("/app/links/{link_id:uuid}/poster.pdf", opt=SEE)
async def poster_pdf(request: AnyRequest, member: SignedIn, link_id: UUID) -> Response[bytes]:
    link = await links.get_link(member.workspace_id, link_id)
    what = posters.poster(link, await get_job(member.workspace_id, link.job_id))
    if not posters.is_drawable(what):
        said = "The PDF's font lacks letters of this job's words. Print the page instead: your browser has them."
        return done(request, f"/app/links/{link_id}/print", said, kind="error")
    content = posters.as_pdf(what, _paper(request.query_params), await _logo(member))
    return _file(content, "application/pdf", link, "pdf", {"download": "1"})


@post("/app/links/{link_id:uuid}/print-run", opt=EDIT)
async def another_print_run(request: AnyRequest, member: SignedIn, now: datetime, link_id: UUID) -> Response[str]:
    link = await links.get_link(member.workspace_id, link_id)
    made = await posters.make_print_run(member.workspace_id, link, member_id=member.id, now=now)
    return done(request, f"/app/links/{made}/print", "A link of its own for the next print run.")


async def _code(member: SignedIn, link: ShownLink, asked: Mapping[str, str]) -> tuple[Code, Picture | None]:
    logo = await _logo(member) if "logo" in asked else None
    return qr.code_of(link.url, _level(asked), logo=logo is not None), logo


async def _logo(member: SignedIn) -> Picture | None:
    logo_id = await pictures.logo_of(member.workspace_id)
    return await pictures.find(logo_id) if logo_id else None


def _level(asked: Mapping[str, str]) -> Level:
    level = asked.get("level", "")
    return Level(level) if level in set(Level) else Level.M


def _size(asked: Mapping[str, str]) -> int:
    return next((size for size in qr.SIZES if str(size) == asked.get("size")), 1200)


def _paper(asked: Mapping[str, str]) -> Size:
    paper = asked.get("paper", "")
    return Size(paper) if paper in set(Size) else Size.A4


def _file(content: bytes, kind: str, link: ShownLink, end: str, asked: Mapping[str, str]) -> Response[bytes]:
    """Shown in a page, or saved if the address says ``download``."""
    name = slugify(link.slug)
    headers = {"content-disposition": f'attachment; filename="{name}.{end}"'} if "download" in asked else {}
    return Response(content, media_type=kind, headers=headers)


handlers = [print_page, qr_svg, qr_png, poster_page, poster_pdf, another_print_run]
