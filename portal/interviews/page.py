"""Showing a page to a candidate: no script, no cookie, in the workspace's colour and the job's language."""

from typing import Any

from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_404_NOT_FOUND

from portal.jobs.branding import brand_css_href
from portal.jobs.jobs import Job


def candidate_page(template: str, job: Job, *, status: int = HTTP_200_OK, errors: object = None, **context: Any) -> Template:
    """`errors`: sentences by field, or pairs of both; the field may be empty for what concerns none."""
    return Template(
        template,
        context={
            "job": job,
            "workspace_name": job.workspace_name,
            "brand_css": brand_css_href(job.workspace_id, job.brand_color),
            "privacy_href": job.privacy_url,
            "lang": job.language,
            "errors": errors or {},
        }
        | context,
        status_code=status,
        headers={"x-robots-tag": "noindex, nofollow"},
    )


def unknown_page(template: str) -> Template:
    """For an address that leads nowhere: nothing is known, so it wears nobody's colour."""
    return Template(template, context={"errors": {}}, status_code=HTTP_404_NOT_FOUND)
