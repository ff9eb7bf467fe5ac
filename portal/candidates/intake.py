"""The one way in. Whichever door somebody comes through, they become candidate, application, personal link and first event
together, or not at all; and however often they come, they become it once.

A typed address proves nothing: anybody can type Ana's email at a public page. So the landing page may make a person, but
never changes one that is known already. Otherwise a stranger's number on Ana's record would have her link texted to them.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.addresses import read_email, read_language, read_name, read_phone, read_timezone
from portal.candidates.applications import Stage
from portal.candidates.consents import record_consent
from portal.candidates.events import EventKind, add_event
from portal.jobs.deadlines import deadline_for, is_open
from portal.jobs.jobs import Job
from portal.links.personal import new_personal_link
from portal.web.forms import Invalid

LONGEST_EXTERNAL_ID = 200


class Door(StrEnum):
    LANDING = "landing"
    """The public page: typed by whoever opened it."""
    FORM = "form"
    """A member, by hand."""
    API = "api"
    ATS = "ats"
    FILE = "file"


class Result(StrEnum):
    CREATED = "created"
    """A new candidate with a new application."""
    JOINED = "joined"
    """A known candidate with a new application."""
    UNCHANGED = "unchanged"
    """That candidate had an application at this job already."""


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
    metadata: Mapping[str, object] = {}
    link_id: UUID | None = None
    """The channel link they came through, and which click on it."""
    click_id: UUID | None = None
    consent: TextConsent | None = None
    invite: bool = False
    """Write to them at once."""
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
    external_id: str | None
    metadata: dict[str, object]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    result: Result
    candidate_id: UUID
    application_id: UUID
    personal_link_id: UUID
    token_version: int
    """Of the personal link."""
    stage: Stage


async def take_in(arrival: Arrival, *, now: datetime) -> Taken:
    """Raises `Invalid` when the job is not open, or what was given can't be used; then nothing is kept."""
    refuse_unless_open(arrival.job, now)
    person = read_person(arrival)
    async with db.transaction():
        candidate_id, is_new = await _candidate(arrival, person, now)
        application_id = await _new_application(arrival, candidate_id, now)
        if application_id is None:
            return await _arrived_again(arrival, candidate_id, now)
        link_id = await _first_lines(arrival, application_id, now)
        await _keep_consent(arrival, candidate_id, person, now)
    return Taken(
        result=Result.CREATED if is_new else Result.JOINED,
        candidate_id=candidate_id,
        application_id=application_id,
        personal_link_id=link_id,
        token_version=1,
        stage=_first_stage(arrival),
    )


def refuse_unless_open(job: Job, now: datetime) -> None:
    """Raises `Invalid` under the name ``job``."""
    if job.status == "draft":
        raise Invalid({"job": "This job is a draft. Publish it first."})
    if job.status == "closed":
        raise Invalid({"job": "This job is closed. Reopen it to add people."})
    if not is_open(job, now):
        raise Invalid({"job": "This job's deadline has passed. Set a later one to add people."})


def read_person(arrival: Arrival) -> Person:
    """Raises `Invalid` naming all fields that can't be used."""
    by_a_person = arrival.door in {Door.LANDING, Door.FORM}
    errors: dict[str, str] = {}
    name = read_name(arrival.name)
    email = read_email(arrival.email)
    phone = read_phone(arrival.phone, arrival.job.country) if arrival.phone.strip() else None
    external_id = read_name(arrival.external_id)
    if not name and by_a_person:
        errors["name"] = "Enter a full name."
    if not email and (by_a_person or arrival.email.strip() or not (phone or external_id)):
        errors["email"] = "Enter an email address, like name@example.com."
    if arrival.phone.strip() and not phone:
        errors["phone"] = "Enter a phone number with its country code, like +44 7700 900123."
    if len(external_id) > LONGEST_EXTERNAL_ID:
        errors["external_id"] = f"Use at most {LONGEST_EXTERNAL_ID} characters."
    if errors:
        raise Invalid(errors)
    return Person(
        name=name,
        email=email,
        phone=phone,
        language=read_language(arrival.language),
        timezone=read_timezone(arrival.timezone),
        browser_timezone=read_timezone(arrival.browser_timezone),
        external_id=external_id or None,
        metadata=dict(arrival.metadata),
    )


async def _candidate(arrival: Arrival, person: Person, now: datetime) -> tuple[UUID, bool]:
    """Their id, and whether they are new.

    Of several who come at once with the same address one inserts; the others wait for it and find it.
    """
    workspace_id = arrival.job.workspace_id
    known = await find_candidate(workspace_id, person)
    if known is None and person.email is None:
        raise Invalid({"email": "Nobody is known by that number or id. Give an email address too."})
    if known is None and (made := await _insert_candidate(workspace_id, person, now)):
        return made, True
    known = known or await find_candidate(workspace_id, person)
    if known is None:
        raise Invalid({"external_id": "This id belongs to somebody whose data was erased."})
    if arrival.door is not Door.LANDING:
        await _fill_gaps(workspace_id, known, person)
    return known, False


async def find_candidate(workspace_id: UUID, person: Person) -> UUID | None:
    """By the id in the system they came from, else by email; by phone only when there is no email and one person has it."""
    found = await db.rows(
        "SELECT id FROM candidate WHERE workspace_id = $1 AND erased_at IS NULL "
        "AND (external_id = $2 OR email = $3 OR ($3::text IS NULL AND phone = $4)) "
        "ORDER BY coalesce(external_id = $2, false) DESC, coalesce(email = $3, false) DESC LIMIT 2",
        workspace_id,
        person.external_id,
        person.email,
        person.phone,
    )
    shared_phone = person.email is None and person.external_id is None and len(found) > 1
    return found[0]["id"] if found and not shared_phone else None


async def _insert_candidate(workspace_id: UUID, person: Person, now: datetime) -> UUID | None:
    return await db.value(  # type: ignore[no-any-return]
        "INSERT INTO candidate (id, workspace_id, name, email, phone, language, timezone, browser_timezone, external_id, "
        "metadata, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING id",
        db.new_id(),
        workspace_id,
        person.name,
        person.email,
        person.phone,
        person.language,
        person.timezone,
        person.browser_timezone,
        person.external_id,
        person.metadata,
        now,
    )


async def _fill_gaps(workspace_id: UUID, candidate_id: UUID, person: Person) -> None:
    """What is known stays; what was missing is added."""
    await db.run(
        "UPDATE candidate SET name = coalesce(nullif(name, ''), $3), phone = coalesce(phone, $4), "
        "language = coalesce(nullif(language, ''), $5), timezone = coalesce(nullif(timezone, ''), $6), "
        "external_id = coalesce(external_id, $7), metadata = $8::jsonb || metadata WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        candidate_id,
        person.name,
        person.phone,
        person.language,
        person.timezone,
        person.external_id,
        person.metadata,
    )


def _first_stage(arrival: Arrival) -> Stage:
    return Stage.CAPTURED if arrival.door is Door.LANDING else Stage.INVITED


async def _new_application(arrival: Arrival, candidate_id: UUID, now: datetime) -> UUID | None:
    """None when there was one already."""
    captured = arrival.door is Door.LANDING
    return await db.value(  # type: ignore[no-any-return]
        "INSERT INTO application (id, workspace_id, job_id, candidate_id, stage, door, link_id, click_id, invite, answered, "
        "invited_at, captured_at, active_at, deadline_at, plan_stale, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, true, $12) "
        "ON CONFLICT (job_id, candidate_id) DO NOTHING RETURNING id",
        db.new_id(),
        arrival.job.workspace_id,
        arrival.job.id,
        candidate_id,
        _first_stage(arrival).value,
        arrival.door.value,
        arrival.link_id,
        arrival.click_id,
        arrival.invite,
        None if captured else now,
        now if captured else None,
        now,
        deadline_for(arrival.job, now),
    )


async def _first_lines(arrival: Arrival, application_id: UUID, now: datetime) -> UUID:
    """The personal link and the first event of a new application; the link's id."""
    workspace_id = arrival.job.workspace_id
    link_id = await new_personal_link(workspace_id=workspace_id, job_id=arrival.job.id, application_id=application_id, now=now)
    await db.run(
        "UPDATE application SET personal_link_id = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, application_id, link_id
    )
    if arrival.door is Door.LANDING:
        kind, data = EventKind.CAPTURED, {"form": arrival.form}
    else:
        kind, data = EventKind.INVITED, {"door": arrival.door.value, "note": arrival.note}
    await add_event(workspace_id, application_id, kind, now, {k: v for k, v in data.items() if v}, member_id=arrival.member_id)
    return link_id


async def _keep_consent(arrival: Arrival, candidate_id: UUID, person: Person, now: datetime) -> None:
    """A yes counts for the number that is on record, never for another that somebody typed beside a known email."""
    if arrival.consent is None or person.phone is None:
        return
    workspace_id = arrival.job.workspace_id
    if (
        await db.value("SELECT phone FROM candidate WHERE workspace_id = $1 AND id = $2", workspace_id, candidate_id)
        == person.phone
    ):
        await record_consent(
            workspace_id=workspace_id,
            candidate_id=candidate_id,
            channel="sms",
            address=person.phone,
            wording=arrival.consent.wording,
            page=arrival.consent.page,
            now=now,
        )


async def _arrived_again(arrival: Arrival, candidate_id: UUID, now: datetime) -> Taken:
    """Their application stays as it is, but that an invited person came by themselves, or is to be written to, is kept."""
    workspace_id = arrival.job.workspace_id
    found = await db.row(
        "SELECT application.id, stage, invite, personal_link_id, token_version FROM application "
        "JOIN link ON link.id = application.personal_link_id "
        "WHERE application.workspace_id = $1 AND application.job_id = $2 AND candidate_id = $3 FOR UPDATE OF application",
        workspace_id,
        arrival.job.id,
        candidate_id,
    )
    if found is None:
        raise RuntimeError("an application vanished while its candidate came again")
    stage = Stage(found["stage"])
    if stage is Stage.INVITED and arrival.door is Door.LANDING:
        stage = await _capture(arrival, found["id"], now)
    elif stage is Stage.INVITED and arrival.invite and not found["invite"]:
        await db.run(
            "UPDATE application SET invite = true, plan_stale = true WHERE workspace_id = $1 AND id = $2",
            workspace_id,
            found["id"],
        )
    return Taken(
        result=Result.UNCHANGED,
        candidate_id=candidate_id,
        application_id=found["id"],
        personal_link_id=found["personal_link_id"],
        token_version=found["token_version"],
        stage=stage,
    )


async def _capture(arrival: Arrival, application_id: UUID, now: datetime) -> Stage:
    """The first touch stays the first. The form is not noted: it must not open an application that it did not make."""
    await db.run(
        "UPDATE application SET stage = 'captured', captured_at = $3, active_at = $3, plan_stale = true, "
        "click_id = CASE WHEN link_id IS NULL THEN $5 ELSE click_id END, link_id = coalesce(link_id, $4) "
        "WHERE workspace_id = $1 AND id = $2",
        arrival.job.workspace_id,
        application_id,
        now,
        arrival.link_id,
        arrival.click_id,
    )
    await add_event(arrival.job.workspace_id, application_id, EventKind.CAPTURED, now)
    return Stage.CAPTURED
