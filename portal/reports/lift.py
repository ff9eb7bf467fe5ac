"""Whether nudges help: those who got them against those whom chance held out, and two texts of a step against each other.

What steps and channels show beside that is only what happened: who comes back by a nudge might have come anyway.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.applications import LIVE
from portal.messages.plans import DEFAULT
from portal.messages.words import LEFT_US, NUDGES, Anchor, Arm, Channel, Track
from portal.reports.comparing import Compared, Group, Pair, compare
from portal.reports.scope import Query, Scope

TRACKS = {Track.NEVER_STARTED.value: "Not started", Track.UNFINISHED.value: "Unfinished"}
CHANNELS = {Channel.EMAIL.value: "Email", Channel.SMS.value: "Text"}


class OfJob(msgspec.Struct, frozen=True):
    job_id: UUID
    title: str
    compared: Compared | None
    """None: all on one side."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What happened after one step of the plan, by one channel."""

    label: str
    channel: str
    sent: int
    back: int
    """Came back by its link."""
    finished: int
    """And finished after that."""


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """The two texts of a step: those who got A against those who got B."""

    label: str
    channel: str
    compared: Compared


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    overall: Compared | None
    jobs: list[OfJob]
    steps: list[Step]
    texts: list[Texts]

    @property
    def is_empty(self) -> bool:
        return self.overall is None and not self.steps


async def lift(scope: Scope) -> Lift:
    """Of the period's days, at one job or at all."""
    names = await step_names(scope.workspace_id)
    jobs = await arms(scope)
    return Lift(
        overall=compare([pair for _, _, pair in jobs]),
        jobs=[OfJob(job_id, title, compare([pair])) for job_id, title, pair in jobs],
        steps=await steps(scope, names),
        texts=await texts(scope, names),
    )


async def overall(scope: Scope) -> Compared | None:
    """Nudges against none, alone."""
    return compare([pair for _, _, pair in await arms(scope)])


async def first_day(workspace_id: UUID, job_id: UUID | None, timezone: str) -> date | None:
    """When the first person came; None if nobody did."""
    found: date | None = await db.value(
        "SELECT (created_at AT TIME ZONE $3)::date FROM application "
        "WHERE workspace_id = $1 AND ($2::uuid IS NULL OR job_id = $2) ORDER BY created_at LIMIT 1",
        workspace_id,
        job_id,
        timezone,
    )
    return found


async def arms(scope: Scope) -> list[tuple[UUID, str, Pair]]:
    """Of those drawn in the period, by job: with nudges, and without. Jobs by name."""
    q = Query()
    found = await db.rows(
        f"SELECT a.job_id, j.title, a.arm AS side, {_counts('TRUE', q)} FROM application a JOIN job j ON j.id = a.job_id "
        f"WHERE a.arm IS NOT NULL AND {_within(scope, 'a.arm_at', q)} GROUP BY 1, 2, 3 ORDER BY lower(j.title), 1",
        *q.args,
    )
    titles = {row["job_id"]: row["title"] for row in found}
    pairs = _pairs(found, Arm.NUDGED.value, Arm.HELD_OUT.value, "job_id")
    return [(job_id, title, pairs[job_id]) for job_id, title in titles.items()]


async def steps(scope: Scope, names: dict[str, str]) -> list[Step]:
    """Of people who came in the period: what went out, who came back by it, who finished then."""
    q = Query()
    tapped = (
        "SELECT min(tap.at) FROM click tap "
        "WHERE tap.link_id = m.link_id AND tap.verdict = 'person' AND tap.at >= m.handed_over_at"
    )
    found = await db.rows(
        f"SELECT m.step_key, m.channel, count(*) AS sent, count(back.at) AS back, "
        f"count(*) FILTER (WHERE a.completed_at >= back.at) AS finished "
        f"FROM application a JOIN message m ON m.application_id = a.id CROSS JOIN LATERAL ({tapped}) back (at) "
        f"WHERE {_within(scope, 'a.created_at', q)} AND {_went_out(q)} GROUP BY 1, 2",
        *q.args,
    )
    return [
        Step(
            label=names.get(row["step_key"], row["step_key"]),
            channel=CHANNELS[row["channel"]],
            sent=row["sent"],
            back=row["back"],
            finished=row["finished"],
        )
        for row in sorted(found, key=lambda row: _place(names, row["step_key"], row["channel"]))
    ]


async def texts(scope: Scope, names: dict[str, str]) -> list[Texts]:
    """Steps of which both texts went out to people who came in the period. Finishing counts from the message on."""
    q = Query()
    found = await db.rows(
        f"SELECT m.step_key, m.channel, a.job_id, m.variant AS side, {_counts('a.completed_at >= m.handed_over_at', q)} "
        f"FROM application a JOIN message m ON m.application_id = a.id "
        f"WHERE {_within(scope, 'a.created_at', q)} AND {_went_out(q)} AND m.variant <> '' GROUP BY 1, 2, 3, 4",
        *q.args,
    )
    by_step: dict[tuple[str, str], list[db.Row]] = defaultdict(list)
    for row in found:
        by_step[row["step_key"], row["channel"]].append(row)
    told = []
    for key, channel in sorted(by_step, key=lambda pair: _place(names, *pair)):
        compared = compare(list(_pairs(by_step[key, channel], "a", "b", "job_id").values()))
        if compared is not None:
            told.append(Texts(label=names.get(key, key), channel=CHANNELS[channel], compared=compared))
    return told


async def step_names(workspace_id: UUID) -> dict[str, str]:
    """What steps are called, by key, in the order of the plans that have them: "Unfinished, 24 h after"."""
    own = await db.rows(
        "SELECT key, track, anchor, hours FROM step WHERE workspace_id = $1 ORDER BY track, anchor, hours, plan_id", workspace_id
    )
    known = {step.key: _named(step.track, step.anchor, step.hours) for step in DEFAULT.steps}
    return {row["key"]: _named(row["track"], row["anchor"], row["hours"]) for row in own} | known


def _named(track: str, anchor: str, hours: int) -> str:
    when = "before the deadline" if anchor == Anchor.BEFORE_DEADLINE else "after"
    return f"{TRACKS[str(track)]}, {hours} h {when}"


def _place(names: dict[str, str], key: str, channel: str) -> tuple[int, str, str]:
    return (list(names).index(key) if key in names else len(names)), key, channel


def _counts(completed: str, q: Query) -> str:
    live = q([stage.value for stage in LIVE])
    return (
        f"count(*) AS people, count(*) FILTER (WHERE a.completed_at IS NOT NULL AND {completed}) AS completed, "
        f"count(*) FILTER (WHERE a.stage = ANY({live}::text[])) AS waiting"
    )


def _within(scope: Scope, moment: str, q: Query) -> str:
    where = f"a.workspace_id = {q(scope.workspace_id)} AND {moment} >= {q(scope.begins_at)} AND {moment} < {q(scope.ends_at)}"
    return where if scope.job_id is None else f"{where} AND a.job_id = {q(scope.job_id)}"


def _went_out(q: Query) -> str:
    gone, nudges = q([state.value for state in LEFT_US]), q([track.value for track in NUDGES])
    return f"m.state = ANY({gone}::text[]) AND m.track = ANY({nudges}::text[])"


def _pairs(rows: Sequence[db.Row], first: str, second: str, by: str) -> dict[UUID, Pair]:
    """The two sides, by job; an empty group where one is missing."""
    groups: dict[UUID, dict[str, Group]] = defaultdict(dict)
    for row in rows:
        groups[row[by]][row["side"]] = Group(row["people"], row["completed"], row["waiting"])
    return {key: Pair(sides.get(first, Group(0, 0)), sides.get(second, Group(0, 0))) for key, sides in groups.items()}
