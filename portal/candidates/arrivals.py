"""Who stands at a door, as typed or sent there, and what is read of it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec

from portal.candidates.addresses import read_email, read_language, read_line, read_name, read_phone, read_timezone
from portal.jobs.deadlines import is_open
from portal.jobs.jobs import Job
from portal.web.forms import Invalid

LONGEST_EXTERNAL_ID = 200
LONGEST_SYSTEM = 40
MOST_KEYS, LONGEST_KEY, LONGEST_VALUE = 50, 40, 500
"""Of metadata: as many as HeyMilo takes (its API's CandidateIngestRequest), so that what comes in here can go on to there."""


class Door(StrEnum):
    LANDING = "landing"
    """The public page: typed by whoever opened it."""
    FORM = "form"
    """A member, by hand."""
    API = "api"
    ATS = "ats"
    FILE = "file"


class Refusal(StrEnum):
    """Why somebody was not taken in."""

    JOB_DRAFT = "job_draft"
    JOB_CLOSED = "job_closed"
    JOB_OVER = "job_over"
    NAME_MISSING = "name_missing"
    EMAIL_MISSING = "email_missing"
    EMAIL_WRONG = "email_wrong"
    PHONE_WRONG = "phone_wrong"
    EXTERNAL_ID_LONG = "external_id_long"
    METADATA_MANY = "metadata_many"
    METADATA_KEY = "metadata_key"
    METADATA_VALUE = "metadata_value"
    NOBODY_KNOWN = "nobody_known"
    """Without an email nobody new is made, and nobody is known by the number or the id."""
    PHONE_SHARED = "phone_shared"
    ERASED = "erased"

    @property
    def sentence(self) -> str:
        """What to do about it."""
        return _SENTENCES[self]

    @property
    def field(self) -> str:
        """What of the arrival it is about."""
        return "job" if self.value.startswith("job_") else _FIELDS.get(self, self.value.rpartition("_")[0])


_SENTENCES = {
    Refusal.JOB_DRAFT: "This job is a draft. Publish it first.",
    Refusal.JOB_CLOSED: "This job is closed. Reopen it to add people.",
    Refusal.JOB_OVER: "This job's deadline has passed. Set a later one to add people.",
    Refusal.NAME_MISSING: "Enter a full name.",
    Refusal.EMAIL_MISSING: "Enter an email address, like name@example.com.",
    Refusal.EMAIL_WRONG: "Enter an email address that is whole, like name@example.com.",
    Refusal.PHONE_WRONG: "Enter a phone number with its country code, like +44 7700 900123.",
    Refusal.EXTERNAL_ID_LONG: f"Use at most {LONGEST_EXTERNAL_ID} characters.",
    Refusal.METADATA_MANY: f"Send at most {MOST_KEYS} keys of metadata.",
    Refusal.METADATA_KEY: f"Name each key of metadata with 1 to {LONGEST_KEY} characters.",
    Refusal.METADATA_VALUE: f"Use texts of at most {LONGEST_VALUE} characters, numbers, true or false as values of metadata.",
    Refusal.NOBODY_KNOWN: "Nobody is known by that number or id. Give an email address too.",
    Refusal.PHONE_SHARED: "Several people have this number. Give an email address too.",
    Refusal.ERASED: "This id belongs to somebody whose data was erased.",
}
_FIELDS = {Refusal.NOBODY_KNOWN: "email", Refusal.PHONE_SHARED: "email", Refusal.ERASED: "external_id"}


class IntakeRefused(Invalid):
    """Somebody was not taken in, and nothing of them is kept. `reason` is the first of all `reasons`."""

    def __init__(self, *reasons: Refusal) -> None:
        first = {reason.field: reason for reason in reversed(reasons)}
        super().__init__({reason.field: reason.sentence for reason in reasons if first[reason.field] is reason})
        self.reasons = reasons
        self.reason = reasons[0]


class TextConsent(msgspec.Struct, frozen=True):
    """A yes to texts, as it was asked for."""

    wording: str
    page: str


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at a door, as typed or sent there."""

    job: Job
    door: Door
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    timezone: str = ""
    browser_timezone: str = ""
    """Of the phone or computer that the form was sent from."""
    external_id: str = ""
    """Their id in `system`. Nobody can prove one at the public page: there it is noted on the timeline, and names nobody."""
    system: str = ""
    """Where they come from: ``greenhouse``, ``lever``, ...; empty for the API and for files."""
    metadata: Mapping[str, object] = {}
    link_id: UUID | None = None
    """The channel link they came through, and which click on it."""
    click_id: UUID | None = None
    consent: TextConsent | None = None
    invite: bool = False
    """Write to them at once."""
    invite_later: bool = False
    """Somebody will have them invited later. Until then, or until they come by themselves, nothing goes to them."""
    note: str = ""
    member_id: UUID | None = None
    form: str = ""
    """Names the very form that was sent, so that the same one sent twice is known."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of an arrival; empty texts and None where nothing was given."""

    name: str
    email: str | None
    phone: str | None
    language: str
    timezone: str
    browser_timezone: str
    system: str
    external_id: str | None
    metadata: dict[str, str]

    @property
    def identity(self) -> tuple[str, str] | None:
        return (self.system, self.external_id) if self.external_id else None


def refuse_unless_open(job: Job, now: datetime) -> None:
    """Raises `IntakeRefused` under the name ``job``."""
    if job.status == "draft":
        raise IntakeRefused(Refusal.JOB_DRAFT)
    if job.status == "closed":
        raise IntakeRefused(Refusal.JOB_CLOSED)
    if not is_open(job, now):
        raise IntakeRefused(Refusal.JOB_OVER)


def read_person(arrival: Arrival) -> Person:
    """Raises `IntakeRefused` with all that can't be used."""
    name, email = read_name(arrival.name), read_email(arrival.email)
    phone = read_phone(arrival.phone, arrival.job.country) if arrival.phone.strip() else None
    external_id = read_line(arrival.external_id) if arrival.door is not Door.LANDING else ""
    metadata = _read_metadata(arrival.metadata)
    wrong = [
        _wrong_name(arrival, name),
        _wrong_email(arrival, email, is_known_otherwise=bool(phone or external_id)),
        Refusal.PHONE_WRONG if arrival.phone.strip() and not phone else None,
        Refusal.EXTERNAL_ID_LONG if len(external_id) > LONGEST_EXTERNAL_ID else None,
        metadata if isinstance(metadata, Refusal) else None,
    ]
    if refusals := [one for one in wrong if one]:
        raise IntakeRefused(*refusals)
    return Person(
        name=name,
        email=email,
        phone=phone,
        language=read_language(arrival.language),
        timezone=read_timezone(arrival.timezone.strip()),
        browser_timezone=read_timezone(arrival.browser_timezone),
        system=read_line(arrival.system)[:LONGEST_SYSTEM],
        external_id=external_id or None,
        metadata=metadata if isinstance(metadata, dict) else {},
    )


def _wrong_name(arrival: Arrival, name: str) -> Refusal | None:
    return Refusal.NAME_MISSING if not name and _by_a_person(arrival) else None


def _wrong_email(arrival: Arrival, email: str | None, *, is_known_otherwise: bool) -> Refusal | None:
    if email:
        return None
    if arrival.email.strip():
        return Refusal.EMAIL_WRONG
    return None if is_known_otherwise and not _by_a_person(arrival) else Refusal.EMAIL_MISSING


def _by_a_person(arrival: Arrival) -> bool:
    return arrival.door in {Door.LANDING, Door.FORM}


def _read_metadata(given: Mapping[str, object]) -> dict[str, str] | Refusal:
    read: dict[str, str] = {}
    for name, value in given.items():
        key, text = read_line(str(name)), _text_of(value)
        if not 1 <= len(key) <= LONGEST_KEY:
            return Refusal.METADATA_KEY
        if text is None or len(text) > LONGEST_VALUE:
            return Refusal.METADATA_VALUE
        if text:
            read[key] = text
    return read if len(read) <= MOST_KEYS else Refusal.METADATA_MANY


def _text_of(value: object) -> str | None:
    """None for what is neither text nor number, true nor false; nothing at all is an empty text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | Decimal):
        return read_line(str(value))
    return "" if value is None else None
