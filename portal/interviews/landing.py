"""The landing page's form: what was typed, and what it leads to."""

import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from portal import crypto, db
from portal.candidates.addresses import LONGEST_NAME
from portal.candidates.applications import request_link
from portal.candidates.arrivals import LONGEST_EXTERNAL_ID
from portal.candidates.events import EventKind
from portal.candidates.intake import Arrival, Door, Result, Taken, TextConsent, read_person, take_in
from portal.clicks import carried
from portal.clicks.prefill import Field, full_name
from portal.interviews.page_words import words
from portal.interviews.questions import count_of
from portal.jobs.deadlines import is_open, is_past
from portal.jobs.jobs import Job, Status
from portal.links.public import ChannelLink, find_channel_link, leads_to
from portal.web.forms import Form, Invalid
from portal.web.limits import Limit, wait_for

FORM_LIFE = timedelta(hours=24)
"""How long the very same form, sent again, is the same form."""
PER_ADDRESS = Limit("capture-address", burst=60, seconds=600)
"""Whole hospitals and phone networks share one address."""
PER_JOB = Limit("capture-job", burst=600, seconds=60)
PER_APPLICATION = Limit("link-request", burst=6, seconds=86_400)


class State(StrEnum):
    """Whether the page has a form, and if not, why."""

    OPEN = "open"
    CLOSED = "closed"
    OVER = "over"
    """Its deadline has passed."""
    NOT_YET = "not_yet"
    """A draft, or an interview without questions."""


class Came(NamedTuple):
    """By which link, and which click on it."""

    click_id: UUID
    link_id: UUID
    system: str = ""
    """The applicant system whose message it was in."""


class Next(StrEnum):
    """What follows the form."""

    INTERVIEW = "interview"
    LINK_SENT = "link_sent"
    """They are known here: the personal link goes to their address, and nobody is let in for having typed it."""


async def state_of(job: Job, now: datetime) -> State:
    if job.status is Status.CLOSED:
        return State.CLOSED
    if job.status is Status.DRAFT:
        return State.NOT_YET
    if is_past(job, now):
        return State.OVER
    has_interview = job.is_elsewhere or await count_of(job.id) > 0
    return State.OPEN if has_interview else State.NOT_YET


def takes_people(job: Job, now: datetime, *, has_questions: bool) -> bool:
    """Whether `state_of` is OPEN, for many jobs at once."""
    return is_open(job, now) and (job.is_elsewhere or has_questions)


def consent_wording(job: Job) -> str:
    """What stands beside the box, and what is kept of it."""
    return str(words(job.language)["consent"]).format(job.workspace_name)


async def came_by(job: Job, click: str, via: str) -> Came | None:
    """What the address says of the way here, if all of it is true for this job."""
    link = await _link_of(job.workspace_id, via)
    return _came(click, link) if link and await leads_to(link, job.id) else None


async def came_to(workspace_id: UUID, click: str, via: str) -> Came | None:
    """The same for a page of the whole workspace."""
    return _came(click, await _link_of(workspace_id, via))


async def _link_of(workspace_id: UUID, via: str) -> ChannelLink | None:
    link = await find_channel_link(via) if via else None
    return link if link and link.workspace_id == workspace_id else None


def _came(click: str, link: ChannelLink | None) -> Came | None:
    try:
        return Came(UUID(click), link.link_id, link.system) if link else None
    except ValueError:
        return None


def filled(sealed: str, now: datetime) -> dict[str, str]:
    """What the form holds before anybody typed: what came by their link, sealed. It proves nothing about them."""
    came = carried.unseal(sealed, now) if sealed else {}
    kept = {field.value: came[field] for field in (Field.EMAIL, Field.PHONE, Field.EXTERNAL_ID) if field in came}
    return kept | ({"name": full_name(came)} if full_name(came) else {})


def read_landing(job: Job, form: Form, came: Came | None, now: datetime) -> Arrival:
    """Raises `Invalid` naming every field that can't be used."""
    wants_texts = form.checked("texts")
    arrival = Arrival(
        job=job,
        door=Door.LANDING,
        name=form.text("name", longest=LONGEST_NAME),
        email=form.raw("email"),
        phone=form.raw("phone").strip(),
        external_id=form.text("external_id", longest=LONGEST_EXTERNAL_ID) if came else "",
        system=came.system if came else "",
        language=job.language,
        browser_timezone=form.raw("zone"),
        link_id=came.link_id if came else None,
        click_id=came.click_id if came else None,
        consent=TextConsent(wording=consent_wording(job), page=f"/apply/{job.slug}") if wants_texts else None,
        form=form_digest(job.id, form.raw("form"), now),
    )
    try:
        read_person(arrival)
    except Invalid as invalid:
        form.errors = {**invalid.errors, **form.errors}
    if wants_texts and not arrival.phone:
        form.wrong("phone", "Enter your mobile number, or leave the box below it empty.")
    form.check()
    return arrival


async def arrive(arrival: Arrival, *, now: datetime) -> tuple[Next, Taken]:
    """Take them in and say what follows. Raises `Invalid`."""
    async with db.transaction():
        taken = await take_in(arrival, now=now)
        if taken.result is not Result.UNCHANGED or await _made_by(taken, arrival):
            return Next.INTERVIEW, taken
    if not await wait_for(PER_APPLICATION, str(taken.application_id), now):
        await request_link(arrival.job.workspace_id, taken.application_id, now=now)
    return Next.LINK_SENT, taken


async def _made_by(taken: Taken, arrival: Arrival) -> bool:
    """Whether this very form made the application: a double tap, or a reload of its answer."""
    if not arrival.form:
        return False
    made = await db.value(
        "SELECT EXISTS (SELECT 1 FROM event "
        "WHERE workspace_id = $1 AND application_id = $2 AND kind = $3 AND data ->> 'form' = $4)",
        arrival.job.workspace_id,
        taken.application_id,
        EventKind.CAPTURED.value,
        arrival.form,
    )
    return bool(made)


def new_form(job_id: UUID, now: datetime) -> str:
    """Names one showing of the form, without storing anything: time, chance and our signature."""
    named = f"{int(now.timestamp())}.{secrets.token_hex(16)}"
    return f"{named}.{_signature(job_id, named)}"


def form_digest(job_id: UUID, form: str, now: datetime) -> str:
    """What is kept of a form's name; nothing for one that is not ours, or too old."""
    named, _, signature = form.rpartition(".")
    seconds = named.split(".", 1)[0]
    if not hmac.compare_digest(signature.encode(), _signature(job_id, named).encode()) or not seconds.isdecimal():
        return ""
    is_fresh = 0 <= now.timestamp() - int(seconds) + 1 <= FORM_LIFE.total_seconds()
    return crypto.digest(form).hex() if is_fresh else ""


def _signature(job_id: UUID, named: str) -> str:
    return crypto.token("landing-form", job_id, named)
