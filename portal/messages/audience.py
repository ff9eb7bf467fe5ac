"""Who would get a message, and who not, and why: of a step of a job's plan, and of a message by hand before it is sent.

The rules are asked, never repeated. For a step, what they said is read from its planned rows, and asked again only of those whose
rows may be out of date. A message by hand has no rows yet: there everybody is asked about, in batches.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.jobs.jobs import Job
from portal.messages import blasts, planning
from portal.messages.blasts import Chosen
from portal.messages.direct import direct
from portal.messages.facts import Known, ToWrite, load_many
from portal.messages.plans import Plan, Step, plan_for
from portal.messages.rules import ENDED, TRACKS, Planned, why_ended
from portal.messages.words import LEFT_US, Channel, Reason, State, Track, Wish
from portal.web.paging import PAGE_SIZE

MOST_FRESH = 200
"""Applications whose planning is worked out anew for a page; the clock plans the others within seconds."""
PREVIEW = "preview"


class Kind(StrEnum):
    """What becomes of a message, in the roughest terms."""

    GOES = "goes"
    WAITS = "waits"
    GOT = "got"
    NOT = "not"


SENT, FAILED = "sent", "failed"
LABELS: dict[str, str] = {
    SENT: "Have got it",
    FAILED: "Were sent it, but it did not arrive",
    Reason.ON_TIME: "At its time",
    Reason.BY_HAND: "Now",
    Reason.QUIET_HOURS: "Moved out of quiet hours",
    Reason.GAP: "Moved away from another nudge",
    Reason.SNOOZED: "After the quiet time they have",
    Reason.SPREAD: "A little later, so that not all go at once",
    Reason.TRY_AGAIN: "Tried again soon",
    Reason.PROVIDER_DOWN: "When the provider is back",
    Reason.JUST_WRITTEN_TO: "An hour after what they were sent before",
    Reason.COMMUNICATIONS_OFF: "Communications are switched off",
    Reason.JOB_DRAFT: "The job is a draft",
    Reason.NO_HOUR_FITS: "No hour suits all places where they may be",
    Reason.NO_EMAIL: "No email address given",
    Reason.NO_PHONE: "No mobile number given",
    Reason.NO_CONSENT: "No consent to texts",
    Reason.SUPPRESSED: "Their address must not be written to",
    Reason.ERASED: "Their data was erased",
    Reason.HELD_OUT: "Left without nudges, for the comparison",
    Reason.REPLIED: "They have written back",
    Reason.NOT_INVITED: "Have not been invited yet",
    Reason.REMINDED_ELSEWHERE: "Their applicant system reminds them",
    Reason.SKIPPED_BY_MEMBER: "Skipped by a member",
    Reason.BLAST_STOPPED: "It was stopped",
    Reason.TOO_CLOSE: "Too close to another nudge",
    Reason.CAP: "They have had as many nudges as the plan allows",
    Reason.TOO_OLD: "Too long since their last sign of life",
    Reason.MISSED: "Its time had passed",
    Reason.AFTER_DEADLINE: "Too late before their deadline",
    Reason.FINISHED: "They have finished",
    Reason.EXPIRED: "Their deadline has passed",
    Reason.WITHDRAWN: "Their application was withdrawn",
    Reason.DISQUALIFIED: "Their application was turned down",
    Reason.JOB_CLOSED: "The job is closed",
    Reason.MOVED_ON: "They are at another point of the way",
    Reason.NOT_IN_PLAN: "The plan has no such nudge for them",
}


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """People to whom the same applies."""

    key: str
    kind: Kind
    label: str
    count: int


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One application, and what becomes of its message."""

    application_id: UUID
    name: str
    stage: str
    kind: Kind
    key: str
    reason: str
    at: datetime | None
    """When it goes or went; None if it does not."""


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """All groups, and one page of the people in those asked for."""

    groups: list[Group]
    people: list[Person]
    total: int
    """Of the people asked for."""

    def count(self, *kinds: Kind) -> int:
        return sum(group.count for group in self.groups if group.kind in kinds)

    @property
    def everybody(self) -> int:
        return sum(group.count for group in self.groups)


# ---- A message by hand -----------------------------------------------------------------------------------------------


async def of_blast(
    workspace_id: UUID, chosen: Chosen, wish: Wish, now: datetime, *, key: str = "", page: int = 1, size: int = PAGE_SIZE
) -> Audience:
    """Who would get a message by hand at `now`. `key`: only the people of this group. At most `blasts.MOST` are asked about."""
    fates: list[Person] = []
    after = UUID(int=0)
    while len(fates) < blasts.MOST:
        batch = await blasts.choose(workspace_id, chosen, now=now, came_before=now, after=after, limit=blasts.BATCH)
        if not batch:
            break
        fates += [fate_by_hand(known, wish, now) for known in await load_many([one for one, _ in batch])]
        after = batch[-1][1]
    order = list(Kind)
    wanted = sorted(
        (one for one in fates if key in {"", one.key}),
        key=lambda one: (order.index(one.kind), one.name.lower(), one.application_id),
    )
    return Audience(groups=_groups(fates), people=wanted[(page - 1) * size : page * size], total=len(wanted))


def fate_by_hand(known: Known, wish: Wish, now: datetime) -> Person:
    """What would become of a message by hand to this person at `now`."""
    ended = why_ended(known.facts, now)
    if ended:
        return _person(known, State.CANCELLED, *ended, at=None)
    facts = msgspec.structs.replace(known.facts, blasts=(*known.facts.blasts, ToWrite(PREVIEW, wish, now)))
    planned = next(one for one in direct(facts, now) if one.step_key == PREVIEW)
    return _person(known, planned.state, planned.code, planned.reason, at=planned.due_at)


def _person(known: Known, state: State, code: Reason, reason: str, *, at: datetime | None) -> Person:
    kind = _kind(state)
    return Person(
        application_id=known.application_id,
        name=known.candidate_name or known.email or "No name",
        stage=known.facts.stage,
        kind=kind,
        key=code.value,
        reason=reason,
        at=at if kind is Kind.GOES else None,
    )


def _kind(state: State) -> Kind:
    if state in {State.SCHEDULED, State.CLAIMED}:
        return Kind.GOES
    return Kind.WAITS if state is State.HELD else Kind.NOT


def _groups(people: Iterable[Person]) -> list[Group]:
    """The largest first, those who get it before those who don't."""
    counts: dict[tuple[Kind, str], int] = {}
    for one in people:
        counts[one.kind, one.key] = counts.get((one.kind, one.key), 0) + 1
    return _sorted(Group(key=key, kind=kind, label=LABELS.get(key, key), count=count) for (kind, key), count in counts.items())


def _sorted(groups: Iterable[Group]) -> list[Group]:
    order = list(Kind)
    return sorted(groups, key=lambda group: (order.index(group.kind), -group.count, group.key))


# ---- A step of a plan ------------------------------------------------------------------------------------------------

SHOWN = """
WITH fresh AS (
  SELECT * FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::timestamptz[]) AS f (id, state, code, reason, at)
), elsewhere AS (SELECT * FROM unnest($9::text[], $10::text[], $11::text[]) AS e (stage, code, reason)),
shown AS (
  SELECT a.id AS application_id, coalesce(nullif(c.name, ''), c.email, 'No name') AS name, a.stage, m.state = ANY($12) AS is_got,
    m.state IN ('failed', 'bounced') AS is_failed, e.code AS gone, e.reason AS gone_reason,
    coalesce(f.state, m.state, 'cancelled') AS state, coalesce(f.code, m.reason_code, 'not_in_plan') AS code,
    coalesce(f.reason, m.reason, 'Not planned yet') AS reason, coalesce(f.at, m.handed_over_at, m.due_at) AS at
  FROM application a JOIN candidate c ON c.id = a.candidate_id
  LEFT JOIN message m ON m.application_id = a.id AND m.step_key = $3
  LEFT JOIN fresh f ON f.id = a.id
  LEFT JOIN elsewhere e ON e.stage = a.stage
  WHERE a.workspace_id = $1 AND a.job_id = $2
), people AS (
  SELECT application_id, name, stage, at,
    CASE WHEN is_got OR is_failed OR gone IS NULL THEN reason ELSE gone_reason END AS reason,
    CASE WHEN is_got THEN 'sent' WHEN is_failed THEN 'failed' WHEN gone IS NOT NULL THEN gone ELSE code END AS key,
    CASE WHEN is_got THEN 'got' WHEN is_failed OR gone IS NOT NULL THEN 'not' WHEN state IN ('scheduled', 'claimed') THEN 'goes'
      WHEN state = 'held' THEN 'waits' ELSE 'not' END AS kind
  FROM shown)
"""


async def of_step(job: Job, step: Step, now: datetime, *, key: str = "", page: int = 1, size: int = PAGE_SIZE) -> Audience:
    """Who of a job gets this nudge, got it, or does not, as things stand. `key`: only the people of this group."""
    given = await _given(job, step, now)
    counted = await db.rows(f"{SHOWN} SELECT kind, key, count(*) AS count FROM people GROUP BY kind, key", *given)
    rows = await db.rows(
        f"{SHOWN} SELECT * FROM people WHERE $13 = '' OR key = $13 "
        "ORDER BY array_position('{goes,waits,got,not}', kind), CASE kind WHEN 'goes' THEN at END, "
        "CASE kind WHEN 'got' THEN at END DESC, lower(name), application_id LIMIT $14 OFFSET $15",
        *given,
        key,
        size,
        (page - 1) * size,
    )
    groups = _sorted(
        Group(key=row["key"], kind=Kind(row["kind"]), label=LABELS.get(row["key"], row["key"]), count=row["count"])
        for row in counted
    )
    return Audience(
        groups=groups,
        people=[_from_row(row) for row in rows],
        total=sum(group.count for group in groups if key in {"", group.key}),
    )


async def _given(job: Job, step: Step, now: datetime) -> tuple[object, ...]:
    """The parameters $1 to $12 of `SHOWN`."""
    fresh = await _fresh(job, step, now)
    gone = _gone(step.track)
    return (
        job.workspace_id,
        job.id,
        step.key,
        [known.application_id for known, _ in fresh],
        [planned.state.value for _, planned in fresh],
        [planned.code.value for _, planned in fresh],
        [planned.reason for _, planned in fresh],
        [planned.due_at for _, planned in fresh],
        list(gone),
        [code.value for code, _ in gone.values()],
        [reason for _, reason in gone.values()],
        [state.value for state in LEFT_US],
    )


def _gone(track: Track) -> dict[str, tuple[Reason, str]]:
    """The stages at which nobody gets a nudge of `track`, and why."""
    elsewhere = "They have started" if track is Track.NEVER_STARTED else "They have not started"
    return ENDED | {stage: (Reason.MOVED_ON, elsewhere) for stage, on in TRACKS.items() if on is not track}


async def _fresh(job: Job, step: Step, now: datetime) -> list[tuple[Known, Planned]]:
    """What the rules say now of those who may get the step and whose row, if there is one, may be out of date."""
    found = await db.rows(
        "SELECT a.id FROM application a WHERE a.workspace_id = $1 AND a.job_id = $2 AND a.stage = ANY($3) AND (a.plan_stale OR "
        "NOT EXISTS (SELECT FROM message m WHERE m.application_id = a.id AND m.step_key = $4)) AND NOT EXISTS "
        "(SELECT FROM message m WHERE m.application_id = a.id AND m.step_key = $4 AND m.state = 'claimed') "
        "ORDER BY a.id LIMIT $5",
        job.workspace_id,
        job.id,
        [stage for stage, track in TRACKS.items() if track is step.track],
        step.key,
        MOST_FRESH,
    )
    if not found:
        return []
    plan = await plan_for(job.workspace_id, job.id)
    return [(known, _planned(known, step, plan, now)) for known in await load_many([row["id"] for row in found])]


def _planned(known: Known, step: Step, plan: Plan, now: datetime) -> Planned:
    planned: Sequence[Planned] = planning.wanted(known.facts, plan, now)
    found = next((one for one in planned if one.step_key == step.key), None)
    if found is not None:
        return found
    code, reason = planning.why_unwanted(known.facts, step.track, now)
    return Planned(
        step_key=step.key,
        track=step.track,
        channel=Channel.EMAIL,
        due_at=now,
        state=State.CANCELLED,
        code=code,
        reason=reason,
    )


def _from_row(row: db.Row) -> Person:
    kind = Kind(row["kind"])
    values = {name: row[name] for name in ("application_id", "name", "stage", "key", "reason")}
    return Person(kind=kind, at=row["at"] if kind in {Kind.GOES, Kind.GOT} else None, **values)
