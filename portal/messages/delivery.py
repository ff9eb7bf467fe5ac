"""From a due row to a sent message, at most once.

A message is claimed with a lease, asked about once more under the lock of its application and handed over in one transaction,
sent outside of it, and its fate recorded. After the hand-over nothing sends it again: what dies then leaves it ``unknown``.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from portal import db
from portal.links import personal
from portal.messages import fates, texts
from portal.messages.facts import Known, load
from portal.messages.lattice import may_become
from portal.messages.planning import wanted, why_unwanted
from portal.messages.plans import Plan, plan_for
from portal.messages.providers import Outgoing, Provider, Refused, Uncertain, provider_for
from portal.messages.rules import Planned
from portal.messages.words import Reason, State, Track

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
"""How long a worker may take from the claim to the hand-over."""
PATIENCE = 30.0
"""Seconds that a provider gets to answer."""
MOST_ATTEMPTS = 5

CLAIM = """
UPDATE message SET state = 'claimed', lease_until = $2 WHERE state = $4 AND id IN (
  SELECT id FROM message WHERE state = $4 AND {due} <= $1 ORDER BY {due}, id LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id
"""


async def claim_due(now: datetime, limit: int) -> list[UUID]:
    """Lease at most `limit` messages that are due, or whose lease ran out before they were handed over; their ids.

    May be called by many at once: each message goes to one of them.
    """
    lease = now + LEASE
    lost = await db.rows(CLAIM.format(due="lease_until"), now, lease, limit, State.CLAIMED.value)
    due = await db.rows(CLAIM.format(due="due_at"), now, lease, limit - len(lost), State.SCHEDULED.value)
    return [row["id"] for row in (*lost, *due)]


async def give_back(message_ids: Sequence[UUID]) -> None:
    """Let others claim these at once. Only for messages that were handed to nobody since they were claimed."""
    await db.run(
        "UPDATE message SET state = $2, lease_until = NULL WHERE id = ANY($1) AND state = $3",
        message_ids,
        State.SCHEDULED.value,
        State.CLAIMED.value,
    )


async def deliver(message_id: UUID, now: datetime) -> None:
    """Send a claimed message, or note why it does not go. Does nothing for one that is not, or no longer, claimed."""
    try:
        outgoing = await hand_over(message_id, now)
    except db.AWAY:
        raise
    except Exception as error:  # one that can't be written must not be tried for ever
        log.error("message not written", message=str(message_id), error=repr(error), exc_info=error)
        await _count_attempt(message_id, now)
        return
    if outgoing is not None:
        await send(outgoing, provider_for(outgoing.channel), now)


async def hand_over(message_id: UUID, now: datetime) -> Outgoing | None:
    """Ask everything again, in one transaction with what follows from it: the message ready to leave, or None when it stays."""
    application_id = await db.value("SELECT application_id FROM message WHERE id = $1", message_id)
    async with db.transaction():
        # The application first, as planning does: whoever finishes, or plans, waits for us or was there before.
        await db.value("SELECT 1 FROM application WHERE id = $1 FOR NO KEY UPDATE", application_id)
        message = await db.row(
            "SELECT id, step_key, track FROM message WHERE id = $1 AND state = 'claimed' AND lease_until > $2 FOR UPDATE",
            message_id,
            now,
        )
        if message is None:
            return None
        known = await load(application_id, apart_from=message["step_key"])
        if known is None:
            return None
        plan = await plan_for(known.workspace_id, known.job_id)
        planned = next((one for one in wanted(known.facts, plan, now) if one.step_key == message["step_key"]), None)
        if planned is None or planned.state is not State.SCHEDULED or planned.due_at > now:
            await _put_back(message, planned, known, now)
            return None
        return await _write(message, planned, known, plan, now)


async def send(outgoing: Outgoing, provider: Provider, now: datetime) -> None:
    """Call the provider and record what it said."""
    try:
        accepted = await asyncio.wait_for(provider.send(outgoing), PATIENCE)
    except Refused as refusal:
        await fates.record_refusal(outgoing, str(refusal), now)
    except Uncertain as doubt:
        await fates.record_doubt(outgoing, str(doubt), now)
    except Exception as error:  # a fault of ours or theirs: the message may have left all the same
        log.error("provider failed", message=str(outgoing.message_id), provider=outgoing.provider, error=repr(error))
        await fates.record_doubt(outgoing, type(error).__name__, now)
    else:
        await fates.record_success(outgoing, accepted, now)


async def _put_back(message: db.Row, planned: Planned | None, known: Known, now: datetime) -> None:
    """Give a claimed message the state that it should have instead of being sent."""
    if planned is None:
        code, reason = why_unwanted(known.facts, Track(message["track"]), now)
        state, channel, due_at = State.CANCELLED, None, None
    else:
        state, code, reason, channel, due_at = planned.state, planned.code, planned.reason, planned.channel.value, planned.due_at
    await db.run(
        "UPDATE message SET state = $2, reason_code = $3, reason = $4, channel = coalesce($5, channel), "
        "due_at = coalesce($6, due_at), lease_until = NULL, ended_at = $7 WHERE id = $1 AND state = ANY($8)",
        message["id"],
        state.value,
        code.value,
        reason,
        channel,
        due_at,
        now if state in {State.CANCELLED, State.SKIPPED} else None,
        may_become(state),
    )


async def _write(message: db.Row, planned: Planned, known: Known, plan: Plan, now: datetime) -> Outgoing:
    """Write the message, with a personal link of its own, and mark it as handed over."""
    link_id = await personal.new_personal_link(
        workspace_id=known.workspace_id, job_id=known.job_id, application_id=known.application_id, now=now
    )
    kind = texts.kind_of(planned.track, planned.step_key, plan)
    rendered = texts.write(kind, planned.channel, known, personal.personal_url(link_id), now)
    outgoing = Outgoing(
        message_id=message["id"],
        workspace_id=known.workspace_id,
        application_id=known.application_id,
        channel=planned.channel,
        to_address=known.address(planned.channel),
        to_name=known.candidate_name,
        from_name=known.workspace_name,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        provider=provider_for(planned.channel).name,
    )
    await _keep(outgoing, planned, link_id, now)
    return outgoing


async def _keep(outgoing: Outgoing, planned: Planned, link_id: UUID, now: datetime) -> None:
    await db.run(
        "UPDATE message SET state = 'handed_over', handed_over_at = $2, lease_until = NULL, channel = $3, reason_code = $4, "
        "reason = $5, to_address = $6, subject = $7, body_text = $8, body_html = $9, provider = $10, link_id = $11 "
        "WHERE id = $1 AND state = ANY($12)",
        outgoing.message_id,
        now,
        outgoing.channel.value,
        planned.code.value,
        planned.reason,
        outgoing.to_address,
        outgoing.subject,
        outgoing.text,
        outgoing.html,
        outgoing.provider,
        link_id,
        may_become(State.HANDED_OVER),
    )


async def _count_attempt(message_id: UUID, now: datetime) -> None:
    """After `MOST_ATTEMPTS` a message that can't be written has failed; until then its lease runs out and it is claimed again."""
    await db.run(
        """
        UPDATE message SET attempts = attempts + 1,
          state = CASE WHEN attempts + 1 >= $2 THEN 'failed' ELSE state END,
          reason_code = CASE WHEN attempts + 1 >= $2 THEN $3 ELSE reason_code END,
          reason = CASE WHEN attempts + 1 >= $2 THEN $4 ELSE reason END,
          ended_at = CASE WHEN attempts + 1 >= $2 THEN $5::timestamptz END
        WHERE id = $1 AND state = 'claimed'
        """,
        message_id,
        MOST_ATTEMPTS,
        Reason.BROKEN.value,
        f"It could not be written, {MOST_ATTEMPTS} times: the log says why",
        now,
    )
