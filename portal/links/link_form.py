"""The form of one link."""

from datetime import datetime
from zoneinfo import ZoneInfo

from portal.jobs.deadlines import at_place
from portal.links.links import LONGEST_LABEL, LinkFields, ShownLink
from portal.web.forms import Form

MOST_YEARS = 10
LOCAL = "%Y-%m-%dT%H:%M"


def shown(link: ShownLink, timezone: str) -> dict[str, str]:
    """What the form holds at first."""
    ends = link.expires_at.astimezone(ZoneInfo(timezone)).strftime(LOCAL) if link.expires_at else ""
    texts = {"label": link.label, "note": link.note, "card_title": link.card_title, "card_text": link.card_text}
    return texts | {"expires_at": ends}


def read_link(form: Form, *, before: ShownLink, timezone: str, now: datetime) -> LinkFields:
    """What the form asks for. Raises `Invalid`."""
    fields = LinkFields(
        label=form.text("label", longest=LONGEST_LABEL),
        note=form.long_text("note", longest=1000),
        card_title=form.text("card_title", longest=90),
        card_text=form.text("card_text", longest=200),
        expires_at=_expiry(form, timezone, now),
    )
    if fields.expires_at is not None and fields.expires_at <= now and fields.expires_at != before.expires_at:
        form.wrong("expires_at", "Choose a moment that is still to come, or leave it empty.")
    form.check()
    return fields


def _expiry(form: Form, timezone: str, now: datetime) -> datetime | None:
    typed = form.raw("expires_at").strip()
    if not typed:
        return None
    try:
        # Seconds, which some browsers add, are left away.
        local = datetime.strptime(typed.replace(" ", "T")[:16], LOCAL)  # noqa: DTZ007 - the workspace's own clock, placed below
    except ValueError:
        form.wrong("expires_at", "Give day and time, such as 2026-12-03 17:00, or leave it empty.")
        return None
    if not 2000 <= local.year <= now.year + MOST_YEARS:
        form.wrong("expires_at", f"Choose a moment within the next {MOST_YEARS} years.")
        return None
    return at_place(local.date(), local.time(), timezone)
