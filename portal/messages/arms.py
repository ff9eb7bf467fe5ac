"""Who is held out of nudges, so that one can see whether nudges help: a fair draw, once for each application.

The draw happens when the first nudges are planned, within seconds of an application's birth, so that nothing which the person
does later can move them from one half to the other. Where a plan holds nobody out, nobody is drawn: such applications belong to
no comparison, and a share that is raised later reaches only those who come later.
"""

import hmac
from datetime import datetime
from uuid import UUID

import msgspec

from portal import crypto, db
from portal.messages.facts import Known
from portal.messages.plans import Plan
from portal.messages.rules import why_ended
from portal.messages.words import NUDGES, Arm

PLACES = 10_000
"""The draw is as fine as a hundredth of a percent."""


def draw(application_id: UUID, percent: int) -> Arm:
    """Fair, and the same whenever it is made: a keyed hash that nobody outside can foresee."""
    mac = hmac.digest(crypto.key("arm"), application_id.bytes, "sha256")
    return Arm.HELD_OUT if int.from_bytes(mac[:8]) % PLACES < percent * PLACES // 100 else Arm.NUDGED


async def with_arm(known: Known, plan: Plan, now: datetime) -> Known:
    """`known` with its half of the comparison, drawn and kept if this is the first time that nudges are planned for it.

    The caller holds the application's lock.
    """
    facts = known.facts
    if facts.arm is not None or plan.holdout_percent == 0 or facts.reminded_elsewhere or why_ended(facts, now):
        return known
    if await _was_planned(known.application_id):
        return known
    arm = draw(known.application_id, plan.holdout_percent)
    await db.run("UPDATE application SET arm = $2, arm_at = $3 WHERE id = $1", known.application_id, arm.value, now)
    return msgspec.structs.replace(known, facts=msgspec.structs.replace(facts, arm=arm))


async def _was_planned(application_id: UUID) -> bool:
    found: bool = await db.value(
        "SELECT EXISTS (SELECT FROM message WHERE application_id = $1 AND track = ANY($2))",
        application_id,
        [track.value for track in NUDGES],
    )
    return found
