"""Showing a page to a member."""

from typing import Any

from litestar import Request, Response
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from portal.accounts.access import Permission, SignedIn
from portal.settings import settings
from portal.web.flash import flash_cookie, read_flash, spent_cookie

NAV = (
    ("jobs", "Jobs", Permission.SEE_JOBS),
    ("candidates", "Candidates", Permission.SEE_CANDIDATES),
    ("links", "Links", Permission.SEE_LINKS),
    ("figures", "Figures", Permission.SEE_FIGURES),
    ("messages", "Messages", Permission.SEE_CANDIDATES),
    ("settings", "Settings", Permission.SEE_JOBS),
)
JOB_TABS = (
    ("overview", "Overview", "", Permission.SEE_JOBS),
    ("share", "Share", "/share", Permission.SEE_LINKS),
    ("candidates", "Candidates", "/candidates", Permission.SEE_CANDIDATES),
    ("interview", "Interview", "/interview", Permission.SEE_JOBS),
    ("nudges", "Nudges", "/nudges", Permission.SEE_CANDIDATES),
    ("figures", "Figures", "/figures", Permission.SEE_FIGURES),
    ("settings", "Settings", "/settings", Permission.EDIT_JOBS),
)


def member_page(
    request: Request,  # type: ignore[type-arg]
    member: SignedIn,
    template: str,
    *,
    nav: str,
    status: int = HTTP_200_OK,
    **context: Any,
) -> Template:
    """`template` with all that the member layouts need. `nav`: which entry of the side bar is current.

    ``nav_counts`` of the request's state, if a room above has set it: what waits behind an entry of the side bar, by its key; or
    a task that will know it, which that room waits for before the page is written.
    """
    said = read_flash(request)
    return Template(
        template,
        context={"member": member, "nav": nav, "nav_entries": nav_entries(member), "flash": said, "is_demo": settings().demo}
        | {"may": member.may, "Permission": Permission, "timezone": member.timezone}
        | {"nav_counts": getattr(request.state, "nav_counts", {})}
        | context,
        status_code=status,
        cookies=[spent_cookie()] if said else [],
    )


def job_page(
    request: Request,  # type: ignore[type-arg]
    member: SignedIn,
    template: str,
    *,
    job: Any,
    tab: str,
    status: int = HTTP_200_OK,
    **context: Any,
) -> Template:
    """A page under a job's tabs. `job` has at least ``id``, ``title`` and ``subtitle``."""
    return member_page(
        request, member, template, nav="jobs", status=status, job=job, tab=tab, job_tabs=job_tabs(member, job.id), **context
    )


def done(request: Request, to: str, said: str = "", *, kind: str = "done", undo: str = "") -> Response:  # type: ignore[type-arg]
    """Post, redirect, get: on to `to`, where `said` is shown once, with a way back if `undo` names the address of one."""
    return Redirect(to, status_code=HTTP_303_SEE_OTHER, cookies=[flash_cookie(said, kind, undo)] if said else [])


def nav_entries(member: SignedIn) -> list[tuple[str, str, str]]:
    return [(key, label, f"/app/{key}") for key, label, permission in NAV if member.may(permission)]


def job_tabs(member: SignedIn, job_id: object) -> list[tuple[str, str, str]]:
    return [(key, label, f"/app/jobs/{job_id}{end}") for key, label, end, permission in JOB_TABS if member.may(permission)]
