"""Looking into what came in: one delivery at a time, claimed with a lease.

What the API has to be asked is asked first, in no transaction. Then everything that follows from a delivery happens in one
transaction with the note that it has happened: a worker that dies leaves the delivery to the next one, and of two workers that
hold the same delivery only one gets to write.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from portal import db
from portal.candidates.addresses import read_email, read_phone
from portal.candidates.intake import Arrival, Door, IntakeRefused, Result, Taken, take_in_all
from portal.integrations import erasing
from portal.integrations.ats import connections, forgetting, people, their_jobs
from portal.integrations.ats.api import Api, Trouble
from portal.integrations.ats.connections import Connection
from portal.integrations.ats.system import Arriving, Hushed, Leaving, Merging, Nothing, Reading
from portal.integrations.ats.their_jobs import Way
from portal.integrations.ats.words import Reason, State
from portal.jobs.jobs import Job, get_job
from portal.messages.suppression import Cause, suppress
from portal.messages.words import Channel

log = structlog.get_logger()

LEASE = timedelta(minutes=3)
"""Longer than an actor may take."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
BREATH = 30.0
"""Seconds in which an API that is away is not asked about others either: each try may take its ten."""
PATIENCE = timedelta(days=3)
"""So long it is tried to reach an API; then the delivery has failed."""
HELD = {Reason.NO_API_KEY, Reason.API_KEY_REFUSED, Reason.BAD_API_ADDRESS, Reason.NO_JOB, Reason.JOB_NOT_OPEN}
LATER = {Reason.API_AWAY, Reason.API_BUSY, Reason.BROKEN}
RESULTS = {Result.CREATED: Reason.CREATED, Result.JOINED: Reason.JOINED, Result.UNCHANGED: Reason.KNOWN}

DUE = """
d.state = 'waiting' AND d.next_at <= $1 AND (d.lease_until IS NULL OR d.lease_until <= $1)
AND c.paused_at IS NULL AND c.removed_at IS NULL
"""
SOURCE = "ats_delivery d JOIN ats_connection c ON c.workspace_id = d.workspace_id AND c.id = d.connection_id"
CLAIM = f"""
UPDATE ats_delivery SET lease_until = $2, attempts = attempts + 1 WHERE id = (
  SELECT d.id FROM {SOURCE} WHERE {DUE} ORDER BY d.next_at, d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
RETURNING id, workspace_id, connection_id, event, body, attempts, since, lease_until
"""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery in our hands until `lease_until`."""

    id: UUID
    workspace_id: UUID
    connection_id: UUID
    event: str
    body: str
    attempts: int
    since: datetime
    lease_until: datetime


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a delivery."""

    state: State
    reason: Reason
    note: str = ""
    their_job: str | None = None
    application_id: UUID | None = None
    person_hash: bytes | None = None
    drop_body: bool = False
    pause: float = 0.0
    """Seconds in which their API is not to be called, whatever it is about."""
    counts: bool = True
    """Whether this was an attempt."""
    ended_links: tuple[UUID, ...] = ()
    """Personal links of people who were erased."""


async def anything_due(now: datetime) -> bool:
    found: bool = await db.value(f"SELECT EXISTS (SELECT FROM {SOURCE} WHERE {DUE})", now)
    return found


async def work(now: datetime) -> bool:
    """Look into the delivery that has waited longest; False when none is due that nobody else has in hand."""
    row = await db.row(CLAIM, now, now + LEASE)
    if row is None:
        return False
    claim = msgspec.convert(dict(row), Claim)
    try:
        await _look_into(claim, now)
    except db.AWAY:
        raise
    except Exception as error:  # one that can't be dealt with must not hold up the others
        log.error("delivery not dealt with", delivery=str(claim.id), error=repr(error), exc_info=error)
        await _settle(claim, Fate(state=State.WAITING, reason=Reason.BROKEN), now)
    return True


async def _look_into(claim: Claim, now: datetime) -> None:
    connection = await connections.get_connection(claim.workspace_id, claim.connection_id)
    reading = _read(connection, claim)
    if isinstance(reading, Arriving) and reading.person:
        try:
            reading = await _complete(connection, reading, now)
        except Trouble as trouble:
            await _settle(claim, _from_trouble(trouble, people.hash_of(connection, reading.person)), now)
            return
    async with db.transaction():
        if not await _still_ours(claim):
            return
        fate = await _act(connection, reading, now)
        await _settle(claim, fate, now)
    await erasing.announce(fate.ended_links)


def _read(connection: Connection, claim: Claim) -> Reading:
    system = connection.kind
    try:
        return system.read(claim.event, system.parse(claim.body.encode()))
    except (LookupError, TypeError, ValueError, AttributeError):
        return Nothing(Reason.UNREADABLE)


async def _complete(connection: Connection, arriving: Arriving, now: datetime) -> Arriving:
    """With what the event left out, unless that person is gone anyway. Raises `Trouble`."""
    fetch = connection.kind.fetch
    key = await connections.api_key_of(connection) if fetch else ""
    if fetch is None or arriving.email or (not connection.kind.needs_api and not key):
        return arriving
    if await people.is_removed(connection, people.hash_of(connection, arriving.person)):
        return arriving
    if not key:
        raise Trouble(Reason.NO_API_KEY)
    if connection.wait_until and connection.wait_until > now:
        raise Trouble(Reason.API_BUSY, pause=(connection.wait_until - now).total_seconds(), was_asked=False)
    if not connection.api:
        raise Trouble(Reason.BAD_API_ADDRESS, "None was given.")
    return await fetch(Api(connection.api, key, now), arriving)


def _from_trouble(trouble: Trouble, person_hash: bytes) -> Fate:
    state = State.HELD if trouble.reason in HELD else State.WAITING if trouble.reason in LATER else State.FAILED
    return Fate(
        state=state,
        reason=trouble.reason,
        note=trouble.note,
        person_hash=person_hash,
        pause=max(trouble.pause, BREATH) if trouble.reason is Reason.API_AWAY else trouble.pause,
        counts=trouble.was_asked,
    )


async def _still_ours(claim: Claim) -> bool:
    """Lock the delivery, unless the lease ran out and somebody else has it."""
    return bool(
        await db.value(
            "SELECT id FROM ats_delivery WHERE id = $1 AND state = 'waiting' AND lease_until = $2 FOR UPDATE",
            claim.id,
            claim.lease_until,
        )
    )


# ---- What follows, in one transaction -----------------------------------------------------------------------------------


async def _act(connection: Connection, reading: Reading, now: datetime) -> Fate:
    match reading:
        case Nothing(reason):
            return Fate(state=State.IGNORED, reason=reason)
        case Leaving("") | Hushed("") | Merging("", _) | Merging(_, "") | Arriving(person=""):
            return Fate(state=State.IGNORED, reason=Reason.NO_PERSON)
        case Leaving(person):
            return await _leave(connection, people.hash_of(connection, person), now)
        case Hushed(person):
            return await _hush(connection, people.hash_of(connection, person), now)
        case Merging(person, into):
            return await _merge(connection, people.hash_of(connection, person), people.hash_of(connection, into), now)
        case Arriving():
            return await _arrive(connection, reading, now)


async def _leave(connection: Connection, person_hash: bytes, now: datetime) -> Fate:
    await people.lock(connection, person_hash)
    known = await people.remove(connection, person_hash, now)
    ended: list[UUID] = []
    for candidate_id in known:
        source = f"Removed in {connection.kind.name}"
        ended += await erasing.forget(connection.workspace_id, candidate_id, source=source, now=now) or []
    await forgetting.forget_person(connection.id, person_hash)
    reason = Reason.ERASED if known else Reason.NOBODY
    return Fate(state=State.DONE, reason=reason, person_hash=person_hash, drop_body=True, ended_links=tuple(ended))


async def _hush(connection: Connection, person_hash: bytes, now: datetime) -> Fate:
    await people.lock(connection, person_hash)
    known = await people.hush(connection, person_hash)
    if known is not None:
        await _keep_quiet(connection, known, now)
    return Fate(state=State.DONE, reason=Reason.HUSHED, person_hash=person_hash)


async def _merge(connection: Connection, person_hash: bytes, into: bytes, now: datetime) -> Fate:
    await people.lock(connection, person_hash, into)
    await people.merge(connection, person_hash, into)
    if await people.is_removed(connection, into):
        return await _leave(connection, person_hash, now)
    return Fate(state=State.DONE, reason=Reason.MERGED, person_hash=person_hash)


async def _arrive(connection: Connection, arriving: Arriving, now: datetime) -> Fate:
    person_hash = people.hash_of(connection, arriving.person)
    await people.lock(connection, person_hash)
    if await people.is_removed(connection, person_hash):
        return Fate(state=State.IGNORED, reason=Reason.REMOVED_THERE, person_hash=person_hash, drop_body=True)
    if not read_email(arriving.email):
        note = f"It says {arriving.email[:80]}." if arriving.email else ""
        return Fate(state=State.FAILED, reason=Reason.NO_ADDRESS, note=note, person_hash=person_hash)
    ways = await their_jobs.ways(connection, arriving.jobs, now)
    taken = iter(await _take_in(connection, arriving, [way.job_id for way in ways if way.job_id], now))
    fates = [_fate(way, next(taken) if way.job_id else None) for way in ways]
    worst = min(fates, key=lambda fate: URGENT.index(fate.state))
    return msgspec.structs.replace(worst, person_hash=person_hash)


URGENT = [State.HELD, State.FAILED, State.DONE, State.IGNORED]
"""Of several jobs in one delivery, the one that a member has to look at is shown."""


def _fate(way: Way, taken: Taken | IntakeRefused | None) -> Fate:
    """Of one person at one of their jobs."""
    state, reason, note, application_id = State.HELD, Reason.NO_JOB, "", None
    if way.ignored:
        state, reason = State.IGNORED, Reason.JOB_IGNORED
    elif isinstance(taken, Taken):
        state, reason, application_id = State.DONE, RESULTS[taken.result], taken.application_id
    elif taken is not None and "job" in taken.errors:
        reason = Reason.JOB_NOT_OPEN
    elif taken is not None:
        state, reason, note = State.FAILED, Reason.NOT_USABLE, str(taken)
    return Fate(state=state, reason=reason, note=note, their_job=way.their_job, application_id=application_id)


async def _take_in(connection: Connection, arriving: Arriving, job_ids: list[UUID], now: datetime) -> list[Taken | IntakeRefused]:
    jobs = [await get_job(connection.workspace_id, job_id) for job_id in job_ids]
    taken = await take_in_all([_arrival(connection, arriving, job) for job in jobs], now=now)
    known = next((one.candidate_id for one in taken if isinstance(one, Taken)), None)
    if known is not None:
        person_hash = people.hash_of(connection, arriving.person)
        await people.belongs_to(connection, person_hash, known)
        if not arriving.can_email or await people.is_quiet(connection, person_hash):
            await _keep_quiet(connection, known, now)
    return taken


def _arrival(connection: Connection, arriving: Arriving, job: Job) -> Arrival:
    """A number that can't be used keeps nobody out who has an email address. Ids count in one account alone: another of the same
    system numbers other people."""
    return Arrival(
        job=job,
        door=Door.ATS,
        name=arriving.name,
        email=arriving.email,
        phone=arriving.phone if read_phone(arriving.phone, job.country) else "",
        language=arriving.language,
        external_id=arriving.person if "@" not in arriving.person else "",
        system=f"{connection.system} {connection.id.hex[-12:]}",
        metadata=arriving.metadata,
        invite=connection.invite,
        note=f"From {connection.name}",
    )


async def _keep_quiet(connection: Connection, candidate_id: UUID, now: datetime) -> None:
    """They are not to be written to by email, as their system says. A member may lift that."""
    email = await db.value(
        "SELECT email FROM candidate WHERE workspace_id = $1 AND id = $2", connection.workspace_id, candidate_id
    )
    source = f"{connection.kind.name} says: no emails"
    if email:
        await suppress(connection.workspace_id, Channel.EMAIL, email, cause=Cause.BY_HAND, source=source, now=now)


# ---- Noting it ----------------------------------------------------------------------------------------------------------


async def _settle(claim: Claim, fate: Fate, now: datetime) -> None:
    """Write down what became of it, if it is still in our hands."""
    fate, next_at = _when(claim, fate, now)
    settled = await db.run(
        "UPDATE ats_delivery SET state = $3, reason = $4, note = $5, their_job = coalesce($6, their_job), "
        "application_id = coalesce($7, application_id), person_hash = coalesce($8, person_hash), attempts = attempts - $12, "
        "body = CASE WHEN $9 THEN '' ELSE body END, next_at = $10, lease_until = NULL, ended_at = $11 "
        "WHERE id = $1 AND state = 'waiting' AND lease_until = $2",
        claim.id,
        claim.lease_until,
        fate.state.value,
        fate.reason.value,
        fate.note,
        fate.their_job,
        fate.application_id,
        fate.person_hash,
        fate.drop_body,
        next_at,
        None if fate.state in {State.WAITING, State.HELD} else now,
        0 if fate.counts else 1,
    )
    if settled and fate.pause:
        await db.run(
            "UPDATE ats_connection SET wait_until = greatest(wait_until, $2) WHERE id = $1",
            claim.connection_id,
            now + timedelta(seconds=fate.pause),
        )


def _when(claim: Claim, fate: Fate, now: datetime) -> tuple[Fate, datetime]:
    """When it is tried again: later and later, until it has failed."""
    if fate.state is not State.WAITING:
        return fate, now
    asked = timedelta(seconds=fate.pause)
    pause = max(min(FIRST_PAUSE * 2 ** min(claim.attempts - 1, 20), LONGEST_PAUSE), asked) if fate.counts else asked
    if now + pause > claim.since + PATIENCE:
        note = f"{fate.note} It was tried for three days.".strip()
        return msgspec.structs.replace(fate, state=State.FAILED, note=note), now
    return fate, now + pause
