"""What a member typed about a job, read and checked."""

from collections.abc import Callable
from datetime import date, datetime, time
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from portal.accounts.places import LANGUAGES, countries, timezones
from portal.accounts.workspaces import is_https
from portal.jobs.deadlines import at_place
from portal.jobs.jobs import InterviewKind, Job, JobFields, RoleType
from portal.web.forms import Form

T = TypeVar("T")

LONGEST_ADDRESS = 2000
MOST_YEARS = 5
MOST_EXTENSION_HOURS = 720
AT_ONCE, BY_HAND = "1", ""
WRONG_EXTENSION = f"Give the hours as a whole number from 0 to {MOST_EXTENSION_HOURS}; 0 offers no more time."
LINES = {"location": 120, "pay": 120, "card_title": 120, "card_text": 300}
"""Lines that may be empty, and how long they may be."""


class DeadlineKind(StrEnum):
    NONE = "none"
    FIXED = "fixed"
    DAYS = "days"


def read_job(form: Form, *, now: datetime, before: Job | None = None) -> JobFields:
    """The job as typed. `before`: the job as it was, whose deadline may stay even when it is over. Raises `Invalid`."""
    title = form.text("title", missing="Give the job a title, such as “Night nurse”.", longest=120)
    role_type = form.choice("role_type", list(RoleType), wrong="Choose the kind of role.")
    interview_kind = form.choice("interview_kind", kinds(before), wrong="Choose where the interview takes place.")
    timezone = form.choice("timezone", timezones(), wrong="Choose a time zone from the list.")
    country = form.choice("country", countries(), wrong="Choose a country from the list.")
    minutes = form.whole("minutes", wrong="Give the minutes as a whole number from 1 to 240.", least=1, most=240)
    external_url = read_address(form) if interview_kind == InterviewKind.EXTERNAL else ""
    deadline_at, deadline_days = _deadline(form, timezone, now, before)
    texts = {name: form.text(name, longest=longest) for name, longest in LINES.items()}
    summary = form.long_text("summary", longest=5000)
    extension_hours = form.whole("extension_hours", wrong=WRONG_EXTENSION, least=0, most=MOST_EXTENSION_HOURS, empty=0)
    language = _language(form, before)
    form.check()
    return JobFields(
        title=title,
        role_type=RoleType(role_type),
        interview_kind=InterviewKind(interview_kind),
        timezone=timezone,
        country=country,
        minutes=minutes,
        external_url=external_url,
        deadline_at=deadline_at,
        deadline_days=deadline_days,
        summary=summary,
        extension_hours=extension_hours,
        extension_at_once=form.raw("extension_at_once") == AT_ONCE,
        language=language,
        **texts,
    )


def kinds(before: Job | None) -> list[InterviewKind]:
    """Where the interview may be said to be: HeyMilo stays HeyMilo; it is chosen together with an interviewer, elsewhere."""
    at_heymilo = before is not None and before.interview_kind is InterviewKind.HEYMILO
    return [kind for kind in InterviewKind if kind is not InterviewKind.HEYMILO or at_heymilo]


def shown(job: Job) -> dict[str, str]:
    """The values that the form of an existing job begins with."""
    local = job.deadline_at.astimezone(ZoneInfo(job.timezone)) if job.deadline_at else None
    kind = DeadlineKind.FIXED if local else DeadlineKind.DAYS if job.deadline_days else DeadlineKind.NONE
    plain = ("title", "location", "pay", "summary", "role_type", "interview_kind", "external_url", "minutes")
    values = {name: str(getattr(job, name)) for name in (*plain, "timezone", "country", "language", "card_title", "card_text")}
    return values | {
        "deadline_kind": kind.value,
        "deadline_date": f"{local:%Y-%m-%d}" if local else "",
        "deadline_time": f"{local:%H:%M}" if local else "",
        "deadline_days": str(job.deadline_days or ""),
        "extension_hours": str(job.extension_hours),
        "extension_at_once": AT_ONCE if job.extension_at_once else BY_HAND,
    }


def empty(timezone: str, country: str, language: str) -> dict[str, str]:
    """The values that the form of a new job begins with: where the workspace is."""
    names = ("title", "location", "pay", "summary", "external_url", "deadline_date", "deadline_days", "card_title", "card_text")
    return dict.fromkeys(names, "") | {
        "role_type": RoleType.PROFESSIONAL.value,
        "interview_kind": InterviewKind.BUILT_IN.value,
        "minutes": "10",
        "deadline_kind": DeadlineKind.NONE.value,
        "deadline_time": "23:59",
        "extension_hours": "0",
        "extension_at_once": BY_HAND,
        "timezone": timezone,
        "country": country,
        "language": language,
    }


def _language(form: Form, before: Job | None) -> str:
    """Without a choice a job keeps its language, and a new one takes the workspace's."""
    if not form.raw("language"):
        return before.language if before else ""
    return form.choice("language", LANGUAGES, wrong="Choose a language from the list.")


def read_address(form: Form) -> str:
    """The address of an interview elsewhere; what is wrong with it is noted in `form`."""
    url = form.text("external_url", missing="Paste the address of the interview.", longest=LONGEST_ADDRESS)
    if url and not is_https(url):
        form.wrong("external_url", "Give a full address that begins with https://, such as https://interviews.example.com/nurse.")
    return url


def _deadline(form: Form, timezone: str, now: datetime, before: Job | None) -> tuple[datetime | None, int | None]:
    """(fixed moment, days after arrival); one of them at most."""
    kind = form.choice("deadline_kind", list(DeadlineKind), wrong="Choose until when people can finish.")
    if kind == DeadlineKind.FIXED:
        return _fixed_deadline(form, timezone, now, before), None
    if kind == DeadlineKind.DAYS:
        return None, form.whole("deadline_days", wrong="Give the days as a whole number from 1 to 365.", least=1, most=365)
    return None, None


def _fixed_deadline(form: Form, timezone: str, now: datetime, before: Job | None) -> datetime | None:
    on = _read(form, "deadline_date", date.fromisoformat, "Give the last day, such as 2026-12-03.")
    at = _read(form, "deadline_time", time.fromisoformat, "Give the time on the last day, such as 18:00.")
    if on is None or at is None or timezone not in timezones():
        return None
    if not 2000 <= on.year <= now.year + MOST_YEARS:
        form.wrong("deadline_date", f"Choose a day within the next {MOST_YEARS} years.")
        return None
    deadline = at_place(on, at.replace(tzinfo=None), timezone)
    if deadline <= now and not (before and before.deadline_at and _to_the_minute(before.deadline_at) == deadline):
        form.wrong("deadline_date", "This moment is over. Choose a later one.")
    return deadline


def _to_the_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _read(form: Form, name: str, parse: Callable[[str], T], wrong: str) -> T | None:
    try:
        return parse(form.raw(name).strip())
    except ValueError:
        form.wrong(name, wrong)
        return None
