"""Showing a page to a candidate: no script, no cookie, in the workspace's colour and the job's language."""

from typing import Any

from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_404_NOT_FOUND

from portal.accounts import places
from portal.interviews import page_words
from portal.jobs.branding import brand_css_href
from portal.jobs.jobs import Job


def candidate_page(
    template: str, job: Job, *, status: int = HTTP_200_OK, errors: page_words.Errors = None, **context: Any
) -> Template:
    """`errors`: sentences by field, or pairs of both; the field may be empty for what concerns none."""
    return Template(
        template,
        context={
            "job": job,
            "workspace_name": job.workspace_name,
            "brand_css": brand_css_href(job.workspace_id, job.brand_color),
            "privacy_href": job.privacy_url,
            "errors": page_words.errors_in(job.language, errors),
        }
        | spoken(job.language, job.workspace_name)
        | context,
        status_code=status,
        headers={"x-robots-tag": "noindex, nofollow"},
    )


def spoken(language: str, workspace_name: str) -> dict[str, Any]:
    """What a template needs to speak `language`: words, and how to count and to write days; and the layout's own words."""
    known = places.spoken(language)
    w = page_words.words(known)
    return {
        "lang": known,
        "w": w,
        "counted": page_words.counter(known),
        "locale": page_words.LOCALES[known],
        "error_prefix": w["error"],
        "skip_label": w["skip"],
        "readers_text": str(w["readers"]).format(workspace_name),
        "privacy_label": w["privacy"],
    }


def unknown_page(template: str) -> Template:
    """For an address that leads nowhere: nothing is known, so it wears nobody's colour."""
    return Template(template, context={"errors": {}}, status_code=HTTP_404_NOT_FOUND)
