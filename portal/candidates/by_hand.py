"""Adding people by hand: a line for each, understood and judged before anything is made."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal.candidates.arrivals import Arrival, Door, IntakeRefused
from portal.candidates.intake import Foreseen, Result, Taken, foresee, take_in_all
from portal.candidates.lines import MOST_LINES, TypedPerson, read_lines
from portal.jobs.jobs import Job
from portal.links.personal import personal_url
from portal.web.forms import Invalid


class Invite(StrEnum):
    """What happens to the personal link of somebody who is added."""

    NOW = "now"
    """They are written to at once."""
    LATER = "later"
    """Nothing goes to them until a member has them invited."""
    COPY = "copy"
    """A member sends it. Reminders follow the job's plan."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A line, as it is understood, and what becomes of it."""

    typed: TypedPerson
    result: Result | None
    """None: it can't be used."""
    reason: str = ""


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is at the job now."""

    name: str
    result: Result
    reason: str
    application_id: UUID
    url: str
    """Theirs alone."""


class Outcome(msgspec.Struct, frozen=True):
    added: list[Added]
    left: list[Judged]
    """What could not be used."""


def invited(arrival: Arrival, invite: Invite) -> Arrival:
    return msgspec.structs.replace(arrival, invite=invite is Invite.NOW, invite_later=invite is Invite.LATER)


async def judge(job: Job, text: str, now: datetime) -> list[Judged]:
    """Nothing is made. Raises `Invalid` for too many lines."""
    people = _read(text)
    outcomes = await foresee([_arrival(job, typed) for typed in people], now=now)
    return [_judged(typed, outcome) for typed, outcome in zip(people, outcomes, strict=True)]


async def add(job: Job, text: str, invite: Invite, *, now: datetime, member_id: UUID) -> Outcome:
    """Take in all who can be; the others stay as they were typed. Raises `Invalid` for no lines, or too many."""
    people = _read(text)
    if not people:
        raise Invalid({"lines": "Type or paste at least one person."})
    arrivals = [invited(_arrival(job, typed, member_id), invite) for typed in people]
    outcomes = await take_in_all(arrivals, now=now)
    both = list(zip(people, outcomes, strict=True))
    added: dict[UUID, Added] = {}
    for typed, outcome in both:
        if isinstance(outcome, Taken):
            added.setdefault(outcome.application_id, _added(typed, outcome))
    left = [_judged(typed, outcome) for typed, outcome in both if isinstance(outcome, IntakeRefused)]
    return Outcome(list(added.values()), left)


def said(result: Result, differs: Sequence[str], known_as: str = "") -> str:
    """What there is to say beside a result."""
    known = {
        Result.CREATED: "",
        Result.JOINED: f"Known already{f' as {known_as}' if known_as else ''}.",
        Result.UNCHANGED: "At this job already; they keep the link they have.",
    }[result]
    return " ".join(sentence for sentence in (known, *differs) if sentence)


def _read(text: str) -> list[TypedPerson]:
    people = read_lines(text)
    if len(people) > MOST_LINES:
        raise Invalid({"lines": f"These are {len(people):,} people; {MOST_LINES} can be added by hand. Upload them as a file."})
    return people


def _arrival(job: Job, typed: TypedPerson, member_id: UUID | None = None) -> Arrival:
    return Arrival(job=job, door=Door.FORM, name=typed.name, email=typed.email, phone=typed.phone, member_id=member_id)


def _judged(typed: TypedPerson, outcome: Foreseen | IntakeRefused) -> Judged:
    if isinstance(outcome, IntakeRefused):
        return Judged(typed=typed, result=None, reason=" ".join(outcome.errors.values()))
    differs = [what.sentence for what in outcome.differs]
    return Judged(typed=typed, result=outcome.result, reason=said(outcome.result, differs, outcome.known_as))


def _added(typed: TypedPerson, taken: Taken) -> Added:
    return Added(
        name=typed.name or typed.email,
        result=taken.result,
        reason=said(taken.result, [what.sentence for what in taken.differs]),
        application_id=taken.application_id,
        url=personal_url(taken.personal_link_id, taken.token_version),
    )
