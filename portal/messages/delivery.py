"""From a due row to a sent message, at most once.

A message is claimed with a lease, asked about once more under the lock of its application and handed over in one transaction,
sent outside of it, and its fate recorded. After the hand-over nothing sends it again unless the provider said that it took
nothing: what dies then leaves it ``unknown``, which `reconcile` looks after.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from portal import db
from portal.links import personal
from portal.messages import fates, pace, preferences, quiet, senders, templates, texts
from portal.messages.facts import Known, load
from portal.messages.fates import MOST_ATTEMPTS
from portal.messages.fields import ways
from portal.messages.lattice import may_become
from portal.messages.planning import wanted, why_unwanted
from portal.messages.plans import Plan, plan_for
from portal.messages.providers import Later, Outgoing, Provider, Refused, Uncertain
from portal.messages.rules import Planned
from portal.messages.senders import SenderOf
from portal.messages.texts import Chosen
from portal.messages.words import Channel, Reason, State, Track

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
"""How long a worker may take from the claim to the hand-over."""
PATIENCE = 30.0
"""Seconds that a provider gets to answer."""
STALE = fates.SILENCE.total_seconds() / 2
"""Seconds after which a worker that was held up between hand-over and call sends no more: others may have been told by then that
the message's fate is unknown."""

CLAIM = """
UPDATE message SET state = 'claimed', lease_until = $2 WHERE id = ANY(ARRAY(
  SELECT id FROM message WHERE state = $4 AND {due} <= $1 ORDER BY {due}, id LIMIT $3 FOR UPDATE SKIP LOCKED)) RETURNING id
"""
"""An array is made once. With ``IN`` PostgreSQL may look again for each message that is claimed, and the limit is none."""

LOCK = """
WITH held AS (SELECT id, candidate_id FROM application WHERE id = $1 FOR NO KEY UPDATE)
SELECT pg_advisory_xact_lock(hashtextextended(held.candidate_id::text, 0)),
  m.id, m.step_key, m.track, m.attempts, m.retry_at, m.link_id FROM held JOIN message m ON m.application_id = held.id
WHERE m.id = $2 AND m.state = 'claimed' AND m.lease_until > $3 FOR UPDATE OF m
"""
"""Both locks, the application's first: the rows that the message is joined to are read, and thus locked, before it is. Then the
person's: what is handed over for another job of theirs waits, so that each knows of the one before."""

Carriers = Callable[[str], Provider]
"""Who carries, by name."""


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


async def deliver(message_id: UUID, now: datetime, carriers: Carriers = pace.provider) -> None:
    """Send a claimed message, or note why it does not go. Does nothing for one that is not, or no longer, claimed."""
    began = asyncio.get_running_loop().time()
    try:
        outgoing = await hand_over(message_id, now)
    except db.AWAY:
        raise
    except Exception as error:  # one that can't be written must not be tried for ever
        log.error("message not written", message=str(message_id), error=repr(error), exc_info=error)
        await _count_attempt(message_id, now)
        return
    if outgoing is None:
        return
    if asyncio.get_running_loop().time() - began > STALE:
        await fates.record_later(outgoing, Later("we were held up"), now)
        return
    await send(outgoing, carriers(outgoing.provider), now)


async def hand_over(message_id: UUID, now: datetime) -> Outgoing | None:
    """Ask everything again, in one transaction with what follows from it: the message ready to leave, or None when it stays.

    Before that its provider: what it would not take now waits, and nothing is lost or unknown.
    """
    claimed = await db.row(
        "SELECT application_id, workspace_id, channel FROM message WHERE id = $1 AND state = 'claimed' AND lease_until > $2",
        message_id,
        now,
    )
    if claimed is None:
        return None
    sender, application_id = await senders.sender_of(claimed["workspace_id"]), claimed["application_id"]
    if not await _has_turn(message_id, sender, Channel(claimed["channel"]), now):
        return None
    async with db.transaction():
        # The application first, as planning does: whoever finishes, or plans, waits for us or was there before.
        message = await db.row(LOCK, application_id, message_id, now)
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
        return await _write(message, planned, known, plan, sender=sender, now=now)


async def send(outgoing: Outgoing, provider: Provider, now: datetime) -> None:
    """Call the provider and record what it said."""
    try:
        accepted = await asyncio.wait_for(provider.send(outgoing), PATIENCE)
    except Refused as refusal:
        await fates.record_refusal(outgoing, refusal, now)
    except Later as later:
        await fates.record_later(outgoing, later, now)
    except Uncertain as doubt:
        await fates.record_doubt(outgoing, str(doubt), now)
    except Exception as error:  # a fault of ours or theirs: the message may have left all the same
        log.error("provider failed", message=str(outgoing.message_id), provider=outgoing.provider, error=repr(error))
        await fates.record_doubt(outgoing, type(error).__name__, now)
    else:
        await fates.record_success(outgoing, accepted, now)


async def _put_back(message: db.Row, planned: Planned | None, known: Known, now: datetime) -> None:
    """Give a claimed message the state that it should have instead of being sent.

    It counted as gone while it was claimed: what was planned around it meanwhile is planned again.
    """
    await db.run("UPDATE application SET plan_stale = true WHERE id = $1", known.application_id)
    if planned is None:
        code, reason = why_unwanted(known.facts, Track(message["track"]), now)
        state, channel, due_at = State.CANCELLED, None, None
    else:
        state, code, reason, channel, due_at = planned.state, planned.code, planned.reason, planned.channel.value, planned.due_at
    await db.run(
        "UPDATE message SET state = $2, reason_code = $3, reason = $4, channel = coalesce($5, channel), "
        "due_at = coalesce(greatest($6, retry_at), due_at), lease_until = NULL, ended_at = $7 WHERE id = $1 AND state = ANY($8)",
        message["id"],
        state.value,
        code.value,
        reason,
        channel,
        due_at,
        now if state in {State.CANCELLED, State.SKIPPED} else None,
        may_become(state),
    )


async def _write(message: db.Row, planned: Planned, known: Known, plan: Plan, *, sender: SenderOf, now: datetime) -> Outgoing:
    """Write the message, with a personal link of its own, and mark it as handed over. A link that an earlier attempt made is
    used again: whichever of them arrives is known by it."""
    link_id = message["link_id"] or await personal.new_personal_link(
        workspace_id=known.workspace_id, job_id=known.job_id, application_id=known.application_id, now=now
    )
    chosen = await templates.text_for(known, planned.step_key, planned.channel, plan, planned.track)
    rendered = texts.write(chosen, known, ways(link_id), now, sender.postal_address)
    outgoing = Outgoing(
        message_id=message["id"],
        workspace_id=known.workspace_id,
        application_id=known.application_id,
        channel=planned.channel,
        to_address=known.address(planned.channel),
        to_name=known.candidate_name,
        from_name=sender.from_name,
        from_address=sender.address(planned.channel),
        reply_to=sender.reply_to if planned.channel is Channel.EMAIL else "",
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        attempt=message["attempts"] + 1,
        provider=sender.provider(planned.channel),
        unsubscribe_url=preferences.unsubscribe_url(link_id) if planned.channel is Channel.EMAIL else "",
        valid_until=_valid_until(planned.channel, known, now),
    )
    await _keep(outgoing, planned, chosen, segments=rendered.segments, link_id=link_id, now=now)
    return outgoing


def _valid_until(channel: Channel, known: Known, now: datetime) -> datetime | None:
    """Until when a text may arrive: the begin of quiet hours, or the deadline. An email disturbs nobody, and can't be stopped."""
    if channel is Channel.EMAIL:
        return None
    facts = known.facts
    ends = (quiet.closes_at(now, facts.quiet, facts.zones), facts.deadline_at)
    return min((end for end in ends if end is not None), default=None)


async def _keep(outgoing: Outgoing, planned: Planned, chosen: Chosen, *, segments: int, link_id: UUID, now: datetime) -> None:
    await db.run(
        "UPDATE message SET state = 'handed_over', handed_over_at = $2, lease_until = NULL, channel = $3, reason_code = $4, "
        "reason = $5, to_address = $6, subject = $7, body_text = $8, body_html = $9, provider = $10, link_id = $11, "
        "attempts = $13, from_address = $14, error = '', retry_at = NULL, looked_at = NULL, "
        "language = $15, variant = $16, template_id = $17, segments = $18 "
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
        outgoing.attempt,
        outgoing.from_address,
        chosen.language,
        chosen.variant,
        chosen.template_id,
        segments,
    )


async def _has_turn(message_id: UUID, sender: SenderOf, channel: Channel, now: datetime) -> bool:
    """Whether a claimed message may leave as far as its provider is concerned; else it is put back for a while.

    This is the provider of the channel that was planned. When the hand-over changes the channel, the other one is not asked: it
    says so itself when it takes nothing.
    """
    provider = sender.provider(channel)
    standing = await pace.breaker(provider, sender.address(channel))
    if standing.is_open:
        reason = f"It waits until the provider works again: {standing.reason}"
        await _wait(message_id, Reason.PROVIDER_DOWN, reason, standing.seconds, now)
        return False
    seconds = await pace.wait_turn(provider, sender.address(channel))
    if seconds > 0:
        await _wait(message_id, Reason.TRY_AGAIN, "It waits its turn: more are to go than may leave at once", seconds, now)
    return seconds <= 0


async def _wait(message_id: UUID, code: Reason, reason: str, seconds: float, now: datetime) -> None:
    """Put a claimed message back for a while, which counts as no attempt; and a little longer by chance: what waits together
    must not all come back together."""
    await db.run(
        "UPDATE message SET state = 'scheduled', lease_until = NULL, reason_code = $2, reason = $3, retry_at = $4, due_at = $4 "
        "WHERE id = $1 AND state = 'claimed'",
        message_id,
        code.value,
        reason,
        now + timedelta(seconds=seconds * random.uniform(1, 1.2)),  # noqa: S311 - no secret
    )


async def _count_attempt(message_id: UUID, now: datetime) -> None:
    """After `MOST_ATTEMPTS` a message that can't be written has failed; until then its lease runs out and it is claimed again."""
    tried = await db.row(
        "UPDATE message SET attempts = attempts + 1 WHERE id = $1 AND state = 'claimed' "
        "RETURNING id, workspace_id, application_id, channel, subject, attempts",
        message_id,
    )
    if tried is not None and tried["attempts"] >= MOST_ATTEMPTS:
        await fates.record_broken(fates.handed_from(tried), now)
