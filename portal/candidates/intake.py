"""The one way in. Whichever door somebody comes through, they become candidate, application, personal link and first event
together, or not at all; and however often they come, they become it once.

A typed address proves nothing: anybody can type Ana's email at a public page. So the landing page may make a person, but
never changes one that is known already. Otherwise a stranger's number on Ana's record would have her link texted to them.
"""

import zlib
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.applications import Stage, invite
from portal.candidates.arrivals import Arrival as Arrival
from portal.candidates.arrivals import Door as Door
from portal.candidates.arrivals import IntakeRefused as IntakeRefused
from portal.candidates.arrivals import Person as Person
from portal.candidates.arrivals import Refusal as Refusal
from portal.candidates.arrivals import TextConsent as TextConsent
from portal.candidates.arrivals import read_person as read_person
from portal.candidates.arrivals import refuse_unless_open as refuse_unless_open
from portal.candidates.consents import record_consent
from portal.candidates.events import EventKind, Happening, add_event, add_events
from portal.candidates.matching import Book, Differs, Known
from portal.jobs.deadlines import deadline_for
from portal.links.personal import keep_personal_links

LOCKS = 256
"""Of one workspace. Fewer than there are people, since PostgreSQL has room for some thousands of locks at a time; so many that
two people who come at once seldom wait for each other."""


class Result(StrEnum):
    CREATED = "created"
    """A new candidate with a new application."""
    JOINED = "joined"
    """A known candidate with a new application."""
    UNCHANGED = "unchanged"
    """That candidate had an application at this job already."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    result: Result
    candidate_id: UUID
    application_id: UUID
    personal_link_id: UUID
    token_version: int
    """Of the personal link."""
    stage: Stage
    differs: tuple[Differs, ...] = ()
    """What they brought that is known otherwise, and stayed so."""


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of an arrival."""

    result: Result
    known_as: str
    """The name, else the email, of who is known already."""
    person: Person
    differs: tuple[Differs, ...] = ()


class _Case(NamedTuple):
    """An arrival that is somebody."""

    arrival: Arrival
    person: Person
    candidate: Known
    differs: tuple[Differs, ...]

    @property
    def pair(self) -> tuple[UUID, UUID]:
        return self.arrival.job.id, self.candidate.id


class _Standing(NamedTuple):
    """An application that is there."""

    id: UUID
    stage: Stage
    personal_link_id: UUID
    token_version: int
    is_new: bool


class _Made(NamedTuple):
    """An application that was made just now."""

    pair: tuple[UUID, UUID]
    application_id: UUID
    link_id: UUID


async def take_in(arrival: Arrival, *, now: datetime) -> Taken:
    """Raises `IntakeRefused` when the job is not open, or what was given can't be used; then nothing is kept."""
    taken = (await take_in_all([arrival], now=now))[0]
    if isinstance(taken, IntakeRefused):
        raise taken
    return taken


async def take_in_all(arrivals: Sequence[Arrival], *, now: datetime) -> list[Taken | IntakeRefused]:
    """The same for many of one workspace at once: for each what became of it, or why nothing did. The later of two who are the
    same person finds them there."""
    if not arrivals:
        return []
    workspace_id = arrivals[0].job.workspace_id
    read = [_read(arrival, now) for arrival in arrivals]
    people = [person for person in read if isinstance(person, Person)]
    async with db.transaction():
        await _one_at_a_time(workspace_id, people)
        book = await Book.read(workspace_id, people)
        cases = [_place(book, arrival, person) for arrival, person in zip(arrivals, read, strict=True)]
        await _write_candidates(workspace_id, book, now)
        standing = await _applications(workspace_id, [case for case in cases if isinstance(case, _Case)], now)
    seen: set[tuple[UUID, UUID]] = set()
    return [_taken(case, standing, seen) if isinstance(case, _Case) else case for case in cases]


async def foresee(arrivals: Sequence[Arrival], *, now: datetime) -> list[Foreseen | IntakeRefused]:
    """What `take_in_all` would do with these now. Nothing is kept."""
    if not arrivals:
        return []
    workspace_id = arrivals[0].job.workspace_id
    read = [_read(arrival, now) for arrival in arrivals]
    book = await Book.read(workspace_id, [person for person in read if isinstance(person, Person)])
    cases = [_place(book, arrival, person) for arrival, person in zip(arrivals, read, strict=True)]
    known = {case.pair for case in cases if isinstance(case, _Case) and case.candidate.fresh is None}
    there = set(await _standing(workspace_id, known))
    return [_foreseen(case, there) if isinstance(case, _Case) else case for case in cases]


def _read(arrival: Arrival, now: datetime) -> Person | IntakeRefused:
    try:
        refuse_unless_open(arrival.job, now)
        return read_person(arrival)
    except IntakeRefused as refused:
        return refused


def _place(book: Book, arrival: Arrival, person: Person | IntakeRefused) -> _Case | IntakeRefused:
    if isinstance(person, IntakeRefused):
        return person
    try:
        return _Case(arrival, person, *book.take(person, arrival.door))
    except IntakeRefused as refused:
        return refused


def _foreseen(case: _Case, there: set[tuple[UUID, UUID]]) -> Foreseen:
    is_new = case.candidate.fresh is case.person
    result = Result.CREATED if is_new else Result.UNCHANGED if case.pair in there else Result.JOINED
    there.add(case.pair)
    known_as = "" if is_new else case.candidate.name or case.candidate.email or ""
    return Foreseen(result=result, known_as=known_as, person=case.person, differs=case.differs)


def _taken(case: _Case, standing: dict[tuple[UUID, UUID], _Standing], seen: set[tuple[UUID, UUID]]) -> Taken:
    """`seen`: candidates and jobs of arrivals before it, of which only the first makes anything."""
    found = standing[case.pair]
    is_first = found.is_new and case.pair not in seen
    seen.add(case.pair)
    made = Result.CREATED if case.candidate.fresh is case.person else Result.JOINED
    return Taken(
        result=made if is_first else Result.UNCHANGED,
        candidate_id=case.candidate.id,
        application_id=found.id,
        personal_link_id=found.personal_link_id,
        token_version=found.token_version,
        stage=found.stage,
        differs=case.differs,
    )


async def _one_at_a_time(workspace_id: UUID, people: Sequence[Person]) -> None:
    """Of several who come at once with the same id, email or number, one is written; the others wait for it and find it.

    All locks of a transaction are taken together and in order, so that two never wait for each other.
    """
    marks = {
        f"{kind} {mark}"
        for person in people
        for kind, mark in (("id", person.identity), ("email", person.email), ("phone", person.phone))
        if mark
    }
    await db.rows(
        "SELECT pg_advisory_xact_lock(hashtext($1), slot) FROM unnest($2::int[]) AS slot",
        f"intake {workspace_id}",
        sorted({zlib.crc32(mark.encode()) % LOCKS for mark in marks}),
    )


async def _write_candidates(workspace_id: UUID, book: Book, now: datetime) -> None:
    if fresh := [known for known in book.people.values() if known.fresh]:
        await db.run_many(
            "INSERT INTO candidate (id, workspace_id, name, email, phone, language, timezone, browser_timezone, metadata, "
            "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            [(it.id, workspace_id, *_stored(it), it.fresh and it.fresh.browser_timezone, it.metadata, now) for it in fresh],
        )
    await _fill_gaps(workspace_id, [known for known in book.people.values() if known.changed and not known.fresh])
    if book.new_identities:
        await db.run_many(
            "INSERT INTO candidate_identity (workspace_id, system, external_id, candidate_id, created_at) "
            "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            [(workspace_id, *identity, candidate_id, now) for identity, candidate_id in book.new_identities.items()],
        )


def _stored(known: Known) -> tuple[str, str | None, str | None, str, str]:
    return known.name, known.email, known.phone, known.language, known.timezone


async def _fill_gaps(workspace_id: UUID, people: list[Known]) -> None:
    """Asks once more whether there is a gap: pages change candidates too."""
    if people:
        await db.run_many(
            "UPDATE candidate SET name = CASE WHEN name = $3 THEN $4 ELSE name END, phone = coalesce(phone, $5), "
            "language = coalesce(nullif(language, ''), $6), timezone = coalesce(nullif(timezone, ''), $7), "
            "metadata = $8::jsonb || metadata WHERE workspace_id = $1 AND id = $2 AND erased_at IS NULL",
            [
                (workspace_id, it.id, it.name_before, it.name, it.phone, it.language, it.timezone, it.metadata)
                for it in sorted(people, key=lambda known: known.id)
            ],
        )


async def _applications(workspace_id: UUID, cases: list[_Case], now: datetime) -> dict[tuple[UUID, UUID], _Standing]:
    """Makes those that are missing; how each stands then."""
    firsts = {case.pair: case for case in reversed(cases)}
    made = await _insert_applications(workspace_id, list(firsts.values()), now)
    await _first_lines(workspace_id, made, firsts, now)
    new = {pair for pair, *_ in made}
    again = [case for case in cases if case.pair not in new or firsts[case.pair] is not case]
    for case in again:
        if case.arrival.door is Door.LANDING:
            await _capture(case, now)
    for case in cases:
        await _keep_consent(case, now)
    standing = await _standing(workspace_id, firsts.keys())
    if wanted := [case for case in again if case.arrival.invite]:
        ids = [standing[case.pair].id for case in wanted]
        await invite(workspace_id, ids, now=now, member_id=wanted[0].arrival.member_id)
    return {pair: found._replace(is_new=pair in new) for pair, found in standing.items()}


def _first_stage(arrival: Arrival) -> Stage:
    return Stage.CAPTURED if arrival.door is Door.LANDING else Stage.INVITED


async def _insert_applications(workspace_id: UUID, cases: list[_Case], now: datetime) -> list[_Made]:
    """Those that were not there."""
    made = await db.rows(
        "INSERT INTO application (id, workspace_id, job_id, candidate_id, stage, door, link_id, click_id, invite, invite_later, "
        "answered, invited_at, captured_at, active_at, deadline_at, personal_link_id, plan_stale, created_at) "
        "SELECT id, $1, job_id, candidate_id, stage, door, link_id, click_id, invite, invite_later, "
        "0, CASE WHEN stage = 'invited' THEN $2::timestamptz END, CASE WHEN stage = 'captured' THEN $2::timestamptz END, $2, "
        "deadline_at, personal_link_id, true, $2 FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], "
        "$8::uuid[], $9::uuid[], $10::boolean[], $11::boolean[], $12::timestamptz[], $13::uuid[]) AS new "
        "(id, job_id, candidate_id, stage, door, link_id, click_id, invite, invite_later, deadline_at, personal_link_id) "
        "ON CONFLICT (job_id, candidate_id) DO NOTHING RETURNING id, job_id, candidate_id, personal_link_id",
        workspace_id,
        now,
        [db.new_id() for _ in cases],
        [case.arrival.job.id for case in cases],
        [case.candidate.id for case in cases],
        [_first_stage(case.arrival).value for case in cases],
        [case.arrival.door.value for case in cases],
        [case.arrival.link_id for case in cases],
        [case.arrival.click_id for case in cases],
        [case.arrival.invite for case in cases],
        [case.arrival.invite_later and not case.arrival.invite for case in cases],
        [deadline_for(case.arrival.job, now) for case in cases],
        [db.new_id() for _ in cases],
    )
    return [_Made((row["job_id"], row["candidate_id"]), row["id"], row["personal_link_id"]) for row in made]


async def _first_lines(workspace_id: UUID, made: list[_Made], cases: dict[tuple[UUID, UUID], _Case], now: datetime) -> None:
    """Personal links and first events of new applications."""
    await keep_personal_links(workspace_id, [(new.link_id, new.pair[0], new.application_id) for new in made], now)
    await add_events(workspace_id, [_first_event(new.application_id, cases[new.pair].arrival) for new in made], now)


def _first_event(application_id: UUID, arrival: Arrival) -> Happening:
    if arrival.door is Door.LANDING:
        source = {"external_id": arrival.external_id, "system": arrival.system} if arrival.external_id else {}
        kind, data = EventKind.CAPTURED, {"form": arrival.form} | source
    else:
        kind, data = EventKind.INVITED, {"door": arrival.door.value, "note": arrival.note}
    return Happening(application_id, kind, {name: text for name, text in data.items() if text}, arrival.member_id)


async def _standing(workspace_id: UUID, pairs: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], _Standing]:
    """The applications of these (job, candidate) that are there."""
    found = await db.rows(
        "SELECT application.id, application.job_id, candidate_id, stage, personal_link_id, token_version FROM application "
        "JOIN unnest($2::uuid[], $3::uuid[]) AS wanted (job_id, candidate_id) USING (job_id, candidate_id) "
        "JOIN link ON link.id = application.personal_link_id WHERE application.workspace_id = $1",
        workspace_id,
        [job_id for job_id, _ in pairs],
        [candidate_id for _, candidate_id in pairs],
    )
    return {
        (row["job_id"], row["candidate_id"]): _Standing(
            row["id"], Stage(row["stage"]), row["personal_link_id"], row["token_version"], is_new=False
        )
        for row in found
    }


async def _capture(case: _Case, now: datetime) -> None:
    """Somebody invited came by themselves. The first touch stays the first. The form is not noted: it must not open an
    application that it did not make."""
    arrival = case.arrival
    application_id = await db.value(
        "UPDATE application SET stage = 'captured', captured_at = $4, active_at = $4, plan_stale = true, "
        "click_id = CASE WHEN link_id IS NULL THEN $6 ELSE click_id END, link_id = coalesce(link_id, $5) "
        "WHERE workspace_id = $1 AND job_id = $2 AND candidate_id = $3 AND stage = 'invited' RETURNING id",
        arrival.job.workspace_id,
        *case.pair,
        now,
        arrival.link_id,
        arrival.click_id,
    )
    if application_id:
        await add_event(arrival.job.workspace_id, application_id, EventKind.CAPTURED, now)


async def _keep_consent(case: _Case, now: datetime) -> None:
    """A yes counts for the number that is on record, never for another that somebody typed beside a known email."""
    consent, phone = case.arrival.consent, case.person.phone
    if consent and phone and case.candidate.phone == phone:
        await record_consent(
            workspace_id=case.arrival.job.workspace_id,
            candidate_id=case.candidate.id,
            channel="sms",
            address=phone,
            wording=consent.wording,
            page=consent.page,
            now=now,
        )
