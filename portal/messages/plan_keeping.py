"""Keeping plans: the workspace's default, a job's own, and the way back.

Who waits under a changed plan is planned anew by `planning.mark_changed`, in batches: saving takes no longer with many of them.
"""

import base64
import zlib
from datetime import datetime
from uuid import UUID

import msgspec
from itsdangerous import BadSignature, Signer

from portal import crypto, db
from portal.messages.plans import Plan
from portal.messages.quiet import QuietHours

FROM_THE_START = UUID(int=0)

KEEP = """
INSERT INTO nudge_plan (id, workspace_id, job_id, most, gap_hours, age_days, quiet_from, quiet_until, holdout_percent,
  stop_on_reply, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (workspace_id, job_id) DO UPDATE SET most = excluded.most, gap_hours = excluded.gap_hours,
  age_days = excluded.age_days, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
  holdout_percent = excluded.holdout_percent, stop_on_reply = excluded.stop_on_reply
RETURNING id
"""

CHANGED = """
INSERT INTO plan_change (workspace_id, job_id, after_id)
SELECT j.workspace_id, j.id, $3 FROM job j WHERE j.workspace_id = $1 AND (j.id = $2 OR $2::uuid IS NULL
  AND NOT EXISTS (SELECT FROM nudge_plan p WHERE p.workspace_id = $1 AND p.job_id = j.id)) ORDER BY j.id
ON CONFLICT (workspace_id, job_id) DO UPDATE SET after_id = excluded.after_id
"""


class Undo(msgspec.Struct, frozen=True):
    """A job's plan that was given up."""

    workspace_id: UUID
    job_id: UUID
    plan: Plan


async def keep_job_plan(workspace_id: UUID, job_id: UUID, plan: Plan, now: datetime) -> None:
    async with db.transaction():
        await _keep(workspace_id, job_id, plan, now)


async def keep_default_plan(workspace_id: UUID, plan: Plan, now: datetime) -> None:
    """The workspace's plan. Its quiet hours are the workspace's own: they hold for all that goes by text."""
    async with db.transaction():
        if plan.quiet is not None:
            await _keep_quiet(workspace_id, plan.quiet)
        await _keep(workspace_id, None, msgspec.structs.replace(plan, quiet=None), now)


async def give_up_job_plan(workspace_id: UUID, job_id: UUID) -> None:
    """The job follows the workspace's plan again."""
    async with db.transaction():
        await db.run("DELETE FROM nudge_plan WHERE workspace_id = $1 AND job_id = $2", workspace_id, job_id)
        await db.run(CHANGED, workspace_id, job_id, FROM_THE_START)


async def ground_moved(workspace_id: UUID, job_id: UUID) -> None:
    """Something beside its plan has changed that decides about a job's nudges: those who wait are planned anew."""
    await db.run(CHANGED, workspace_id, job_id, FROM_THE_START)


async def has_own_plan(workspace_id: UUID, job_id: UUID) -> bool:
    found: bool = await db.value(
        "SELECT EXISTS (SELECT FROM nudge_plan WHERE workspace_id = $1 AND job_id = $2)", workspace_id, job_id
    )
    return found


def pack(undo: Undo) -> str:
    """For an address: signed, so that nothing else comes back."""
    packed = base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(undo), 9))
    return _signer().sign(packed).decode()


def unpack(text: str) -> Undo | None:
    """None for what `pack` did not make."""
    try:
        packed = _signer().unsign(text)
    except BadSignature:
        return None
    return msgspec.json.decode(zlib.decompress(base64.urlsafe_b64decode(packed)), type=Undo)


def _signer() -> Signer:
    return Signer(crypto.key("plan undo"))


async def _keep(workspace_id: UUID, job_id: UUID | None, plan: Plan, now: datetime) -> None:
    plan_id = await db.value(
        KEEP,
        db.new_id(),
        workspace_id,
        job_id,
        plan.most,
        plan.gap.total_seconds() // 3600,
        plan.age.days,
        plan.quiet.begin if plan.quiet else None,
        plan.quiet.end if plan.quiet else None,
        plan.holdout_percent,
        plan.stop_on_reply,
        now,
    )
    await _keep_steps(workspace_id, plan_id, plan)
    await db.run(CHANGED, workspace_id, job_id, FROM_THE_START)


async def _keep_steps(workspace_id: UUID, plan_id: UUID, plan: Plan) -> None:
    await db.run("DELETE FROM step WHERE workspace_id = $1 AND plan_id = $2", workspace_id, plan_id)
    await db.run_many(
        "INSERT INTO step (id, workspace_id, plan_id, key, track, position, anchor, hours, channel) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            (db.new_id(), workspace_id, plan_id, s.key, s.track.value, place, s.anchor.value, s.hours, s.channel.value)
            for place, s in enumerate(plan.steps, start=1)
        ],
    )


async def _keep_quiet(workspace_id: UUID, quiet: QuietHours) -> None:
    await db.run("UPDATE workspace SET quiet_from = $2, quiet_until = $3 WHERE id = $1", workspace_id, quiet.begin, quiet.end)
