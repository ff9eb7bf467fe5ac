"""The frame of emails: one column around a text, in the workspace's colour, and the same as plain text.

The sheet is a file of its own, written into the elements by css-inline, since mail clients drop sheets; what stays at the top
only serves dark mode. The inlining takes a quarter of the millisecond that an email takes: nothing is kept.
"""

from functools import cache
from pathlib import Path

import msgspec
from css_inline import CSSInliner
from jinja2.utils import urlize
from markupsafe import Markup, escape

from portal.jobs.branding import text_on
from portal.links.pictures import path_of
from portal.messages.facts import Known
from portal.messages.fields import Fields
from portal.messages.languages import LANGUAGES, Words
from portal.settings import ROOT, settings
from portal.web.templating import render


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the frame. Empty lines of the body part paragraphs; without words there is no button."""

    subject: str
    body: str
    button: str
    postal_address: str


def set_in(letter: Letter, known: Known, filling: Fields, words: Words, language: str) -> tuple[str, str]:
    """The email as plain text and as HTML."""
    said = words.frame
    parts = {
        "language": language,
        "subject": letter.subject,
        "hello": said.hello.format(name=filling.first_name) if filling.first_name else said.hello_nobody,
        "button": letter.button,
        "link": filling.link,
        "why": why_they_get_it(known, words),
        "workspace": known.workspace_name,
        "privacy_url": known.privacy_url,
        "preferences": filling.preferences,
        "unsubscribe": filling.unsubscribe,
        "postal_address": letter.postal_address,
        "said": said,
        "brand": known.brand_color,
        "on_brand": text_on(known.brand_color),
        "logo": settings().public_url + path_of(known.logo_id) if known.logo_id else "",
    }
    lines = [paragraph.strip() for paragraph in letter.body.split("\n\n") if paragraph.strip()]
    html = render("email/frame.html", **parts, css=sheet(), lines=[as_html(line) for line in lines])
    return render("email/frame.txt", **parts, lines=lines), inline(html)


def for_members() -> dict[str, object]:
    """What the frame needs besides, around a letter to a member: no preferences, no logo."""
    empty = dict.fromkeys(("preferences", "unsubscribe", "postal_address", "logo"), "")
    return {"css": sheet(), "language": "en", "said": LANGUAGES["en"].frame, **empty}


def as_html(paragraph: str) -> Markup:
    """Plain text as HTML: escaped, its addresses clickable, its lines kept."""
    html = urlize(paragraph) if "://" in paragraph else str(escape(paragraph))  # looking for addresses is the dear part
    return Markup(html.replace("\n", "<br>"))  # noqa: S704 - both escape


def inline(html: str) -> str:
    """`html` with its sheet written into its elements."""
    return _inliner().inline(html)


@cache
def sheet() -> Markup:
    return Markup(Path(ROOT / "templates" / "email" / "frame.css").read_text())  # noqa: S704 - our own file


def why_they_get_it(known: Known, words: Words) -> str:
    sentence = words.frame.invited if known.facts.captured_at is None else words.frame.gave_address
    return sentence.format(workspace=known.workspace_name, job=known.job_title)


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
