"""Nudge plans: which reminders a job's candidates get, and the default when nobody made one."""

from datetime import timedelta
from uuid import UUID

import msgspec

from portal import db
from portal.messages.quiet import QuietHours
from portal.messages.words import Anchor, Track, Wish


class Step(msgspec.Struct, frozen=True):
    """One reminder: `hours` after the person stopped, or before the deadline."""

    key: str
    track: Track
    anchor: Anchor
    hours: int
    channel: Wish = Wish.BY_ROLE


class Plan(msgspec.Struct, frozen=True):
    """`most`: nudges per application, over both tracks. `age`: how long after the person stopped the last one may go."""

    most: int
    gap: timedelta
    age: timedelta
    steps: tuple[Step, ...]
    quiet: QuietHours | None = None
    """Its own quiet hours; None: the workspace's."""
    holdout_percent: int = 0
    """The share of applications that get no nudges, so that one can see whether nudges help."""
    stop_on_reply: bool = True
    """Whether who has written back is nudged no more."""

    def step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)

    def track(self, track: Track) -> list[Step]:
        return [step for step in self.steps if step.track is track]


HOURS_AFTER = (3, 24, 72)
HOURS_BEFORE = 24


def default_steps(track: Track) -> tuple[Step, ...]:
    name = track.value.replace("_", "-")
    after = [Step(f"{name}-{hours}h", track, Anchor.AFTER, hours) for hours in HOURS_AFTER]
    return (*after, Step(f"{name}-deadline-{HOURS_BEFORE}h", track, Anchor.BEFORE_DEADLINE, HOURS_BEFORE))


DEFAULT = Plan(
    most=4,
    gap=timedelta(hours=20),
    age=timedelta(days=30),
    steps=default_steps(Track.NEVER_STARTED) + default_steps(Track.UNFINISHED),
)


async def plan_for(workspace_id: UUID, job_id: UUID | None) -> Plan:
    """The plan of the job, else the workspace's own, else the default. Without a job: what holds where no job has its own."""
    kept = await db.row(
        """
        SELECT id, most, gap_hours, age_days, quiet_from, quiet_until, holdout_percent, stop_on_reply FROM nudge_plan
        WHERE workspace_id = $1 AND (job_id = $2 OR job_id IS NULL) ORDER BY job_id NULLS LAST LIMIT 1
        """,
        workspace_id,
        job_id,
    )
    if kept is None:
        return DEFAULT
    return Plan(
        most=kept["most"],
        gap=timedelta(hours=kept["gap_hours"]),
        age=timedelta(days=kept["age_days"]),
        steps=await _steps(workspace_id, kept["id"]),
        quiet=QuietHours(kept["quiet_from"], kept["quiet_until"]) if kept["quiet_from"] is not None else None,
        holdout_percent=kept["holdout_percent"],
        stop_on_reply=kept["stop_on_reply"],
    )


async def _steps(workspace_id: UUID, plan_id: UUID) -> tuple[Step, ...]:
    found = await db.rows(
        "SELECT key, track, anchor, hours, channel FROM step WHERE workspace_id = $1 AND plan_id = $2 ORDER BY position, key",
        workspace_id,
        plan_id,
    )
    return tuple(Step(r["key"], Track(r["track"]), Anchor(r["anchor"]), r["hours"], Wish(r["channel"])) for r in found)
