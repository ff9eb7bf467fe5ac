"""The form of one link: name, note, from when and until when it leads on."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.jobs.deadlines import at_place
from portal.links.links import LONGEST_LABEL, LinkFields, ShownLink
from portal.web.forms import Form
from portal.web.templating import moment

MOST_YEARS = 10
MOST_HOURS = 8760
LOCAL = "%Y-%m-%dT%H:%M"


class Ends(StrEnum):
    """How a link's end is given."""

    NEVER = "never"
    AT = "at"
    AFTER = "after"
    """So many hours after the first tap."""


def shown(link: ShownLink, timezone: str) -> dict[str, str]:
    """What the form holds at first."""
    ends = Ends.AFTER if link.expires_after_hours else Ends.AT if link.expires_at else Ends.NEVER
    return {
        "label": link.label,
        "note": link.note,
        "starts_at": _local(link.starts_at, timezone),
        "ends": ends.value,
        "expires_at": _local(link.expires_at, timezone) if ends is Ends.AT else "",
        "expires_after_hours": str(link.expires_after_hours or 24),
    }


def read_link(form: Form, *, before: ShownLink, timezone: str, now: datetime) -> LinkFields:
    """What the form asks for. Raises `Invalid`."""
    ends = form.choice("ends", set(Ends), wrong="Choose until when it leads on.")
    fields = LinkFields(
        label=form.text("label", longest=LONGEST_LABEL),
        note=form.long_text("note", longest=1000),
        starts_at=_moment(form, "starts_at", timezone, now),
        expires_at=_expiry(form, before, timezone, now) if ends == Ends.AT else None,
        expires_after_hours=_hours(form, before, timezone, now) if ends == Ends.AFTER else None,
    )
    if fields.starts_at and fields.expires_at and fields.expires_at <= fields.starts_at:
        form.wrong("expires_at", "It would end before it starts. Choose a later end, or an earlier start.")
    form.check()
    return fields


def _expiry(form: Form, before: ShownLink, timezone: str, now: datetime) -> datetime | None:
    at = _moment(form, "expires_at", timezone, now)
    unchanged = at is not None and before.expires_at is not None and _local(at, timezone) == _local(before.expires_at, timezone)
    if at is None:
        form.wrong("expires_at", "Give the day and time of its end, or choose another way to end.")
    elif unchanged:
        return before.expires_at
    elif at <= now:
        form.wrong("expires_at", "Choose a moment that is still to come.")
    return at


def _hours(form: Form, before: ShownLink, timezone: str, now: datetime) -> int:
    """Counted from the first tap, also from one that was before the hours were set: then the end must be still to come."""
    wrong = f"Give a number of hours from 1 to {MOST_HOURS:,}."
    hours = form.whole("expires_after_hours", wrong=wrong, least=1, most=MOST_HOURS)
    tap = before.first_tap_at
    if tap is not None and hours != before.expires_after_hours and tap + timedelta(hours=hours) <= now:
        said = f"The first tap was on {moment(tap, timezone)}: that long after it is over already. Give a date instead."
        form.wrong("expires_after_hours", said)
    return hours


def _moment(form: Form, name: str, timezone: str, now: datetime) -> datetime | None:
    typed = form.raw(name).strip()
    if not typed:
        return None
    try:
        # Seconds, which some browsers add, are left away.
        local = datetime.strptime(typed.replace(" ", "T")[:16], LOCAL)  # noqa: DTZ007 - the workspace's own clock, placed below
    except ValueError:
        form.wrong(name, "Give day and time, such as 2026-12-03 17:00, or leave it empty.")
        return None
    if not 2000 <= local.year <= now.year + MOST_YEARS:
        form.wrong(name, f"Choose a moment within the next {MOST_YEARS} years.")
        return None
    return at_place(local.date(), local.time(), timezone)


def _local(at: datetime | None, timezone: str) -> str:
    return at.astimezone(ZoneInfo(timezone)).strftime(LOCAL) if at else ""
