"""From a due delivery to a customer's server, at least once.

A delivery is claimed with a lease, sent, and its fate recorded. What dies in between is claimed again when the lease has run
out, and goes once more under the same ``webhook-id``: receivers know by it what they have had. An endpoint has a few calls under
way at a time, one that fails has one, and one that does not answer rests, so that it holds up nobody else.
"""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from portal import crypto, db
from portal.integrations import outward
from portal.integrations.webhooks import endpoints, notices, signing
from portal.integrations.webhooks.endpoints import PURPOSE, Why
from portal.integrations.webhooks.retries import next_try, read_retry_after

log = structlog.get_logger()

SECONDS = 15.0
"""That a receiver gets to answer."""
LEASE = timedelta(seconds=60)
SLOTS = 40
"""Calls that are under way at once in a process."""
EACH, EACH_FAILING = 4, 1
"""Calls under way at once to one endpoint, from all processes together; a few more when two claim in the same moment."""
CLAIMING = 30.0
"""Seconds for which one worker's look claims more; then it ends what it began, and another goes on."""
LOOK = 0.5
"""Seconds between two looks for what became due while calls are under way."""
REST = timedelta(minutes=1)
"""Of an endpoint that did not answer in time."""
FAILING = timedelta(days=3)
"""After so long without one success an endpoint is disabled."""
OFTEN = timedelta(minutes=1)
"""So often at most a success is noted while all is well: many deliveries end at once."""
ANSWER = 2048
"""Bytes of an answer that are kept."""
REDIRECTS = range(300, 400)

FREE = """
e.disabled_at IS NULL AND e.deleted_at IS NULL AND coalesce(e.paused_until <= $1, true)
"""
ROOM = f"""
greatest(0, CASE WHEN e.failing_since IS NULL THEN {EACH} ELSE {EACH_FAILING} END - (SELECT count(*) FROM webhook_delivery f
  WHERE f.endpoint_id = e.id AND f.state = 'sending' AND f.next_at > $1))
"""
DUE = "SELECT id, next_at FROM webhook_delivery WHERE endpoint_id = e.id AND state IN ('waiting', 'sending') AND next_at <= $1"
ANYTHING = f"SELECT EXISTS (SELECT FROM webhook_endpoint e WHERE {FREE} AND {ROOM} > 0 AND EXISTS ({DUE}))"
CLAIM = f"""
UPDATE webhook_delivery d SET state = 'sending', tries = d.tries + 1, next_at = $2 FROM (
  SELECT due.id FROM webhook_endpoint e CROSS JOIN LATERAL ({DUE} ORDER BY next_at LIMIT {ROOM} FOR UPDATE SKIP LOCKED) due
  WHERE {FREE} ORDER BY due.next_at LIMIT $3
) chosen, webhook_endpoint e
WHERE d.id = chosen.id AND e.id = d.endpoint_id
RETURNING d.id, d.workspace_id, d.endpoint_id, d.event_id, d.body, d.tries, e.url, e.secret,
  CASE WHEN e.old_secret_until > $1 THEN e.old_secret END AS old_secret
"""

Time = Callable[[], datetime]
Flying = set[asyncio.Task[None]]


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is ours until its lease runs out."""

    id: UUID
    workspace_id: UUID
    endpoint_id: UUID
    event_id: UUID
    body: str
    tries: int
    url: str
    secret: str
    old_secret: str | None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one call."""

    at: datetime
    milliseconds: int = 0
    status: int | None = None
    error: str = ""
    """A sentence; empty after a success."""
    answer: str = ""
    asked: timedelta | None = None
    """How long the receiver wants to be left alone."""
    rest: bool = False
    """Whether it did not answer in time."""

    @property
    def is_gone(self) -> bool:
        return self.status == 410


async def anything_due(now: datetime) -> bool:
    found: bool = await db.value(ANYTHING, now)
    return found


async def claim_due(now: datetime, limit: int) -> list[Claimed]:
    """Lease up to `limit` deliveries that are due, or whose lease ran out: of each endpoint as many as it may have under way."""
    return [Claimed(**dict(row)) for row in await db.rows(CLAIM, now, now + LEASE, limit)]


async def send_due(time: Time) -> int:
    """Send what is due, many at once; how many were sent. `time`: the clock."""
    begun, flying = await begin_due(time)
    await end(flying)
    return begun


async def begin_due(time: Time) -> tuple[int, Flying]:
    """Send what is due until nothing is left, or `CLAIMING` has passed; how many were begun, and those that are under way still.
    Another may begin more while they end."""
    flying: Flying = set()
    loop, begun = asyncio.get_running_loop(), 0
    until = loop.time() + CLAIMING
    while loop.time() < until:
        claimed = await claim_due(time(), SLOTS - len(flying))
        begun += len(claimed)
        flying |= {asyncio.create_task(_send_safely(one, time)) for one in claimed}
        if not flying:
            break
        _, flying = await asyncio.wait(flying, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
    return begun, flying


async def end(flying: Flying) -> None:
    if flying:
        await asyncio.wait(flying)


async def _send_safely(claimed: Claimed, time: Time) -> None:
    """One that can't be recorded is sent again when its lease has run out; the others go on."""
    try:
        await send(claimed, time)
    except db.AWAY as error:
        log.warning("webhook not recorded", delivery=str(claimed.id), error=repr(error))
    except Exception as error:  # a fault of ours with one delivery is not the others'
        log.error("webhook failed", delivery=str(claimed.id), error=repr(error), exc_info=error)


async def send(claimed: Claimed, time: Time) -> None:
    """Call the endpoint, and record what came of it."""
    outcome = await call(claimed, time)
    await record(claimed, outcome, time(), chance=random.random())  # noqa: S311 - it spreads, and hides nothing


async def call(claimed: Claimed, time: Time) -> Outcome:
    """One call. It is never repeated here."""
    at = time()
    began = asyncio.get_running_loop().time()
    try:
        headers = signing.headers(str(claimed.event_id), claimed.body, _keys(claimed), at)
        body = claimed.body.encode()
        reply = await outward.call("POST", claimed.url, headers=headers, body=body, seconds=SECONDS, first=ANSWER)
    except crypto.Unsealable:
        return Outcome(at=at, error="The secret can't be read any more: the portal's secret key has changed. Make a new one.")
    except outward.Unanswered as nothing:
        rest = nothing.failure is outward.Failure.TIMED_OUT
        return Outcome(at=at, milliseconds=_since(began), error=str(nothing), rest=rest)
    return _answered(at, _since(began), reply)


def _keys(claimed: Claimed) -> list[str]:
    sealed = [claimed.secret, *([claimed.old_secret] if claimed.old_secret else [])]
    return [crypto.unseal(PURPOSE, one) for one in sealed]


def _since(began: float) -> int:
    return int(1000 * (asyncio.get_running_loop().time() - began))


def _answered(at: datetime, milliseconds: int, reply: outward.Reply) -> Outcome:
    asked = read_retry_after(reply.headers.get("Retry-After", ""), at) if reply.status in {429, 503} else None
    return Outcome(
        at=at,
        milliseconds=milliseconds,
        status=reply.status,
        error=fault_of(reply.status),
        answer=reply.body[:ANSWER].decode(errors="replace").replace("\0", ""),
        asked=asked,
    )


def fault_of(status: int) -> str:
    """What is wrong with an answer of that status, in a sentence; empty if nothing is."""
    if 200 <= status < 300:
        return ""
    if status == 410:
        return "It answered 410 Gone: it wants no more webhooks."
    if status in REDIRECTS:
        return f"It answered {status} and named another address. Redirects are not followed: give the final address."
    return f"It answered {status}; only 200 to 299 counts as taken."


async def record(claimed: Claimed, outcome: Outcome, now: datetime, *, chance: float) -> None:
    """Write down what came of a call, and what follows for the delivery and its endpoint: together."""
    async with db.transaction():
        if outcome.error:
            again = None if outcome.is_gone else next_try(claimed.tries, now, chance=chance, asked=outcome.asked)
            ours = await _failed(claimed, outcome, again, now)
        else:
            ours = await _delivered(claimed, outcome, now)
        if not ours:
            return
        await _keep(claimed, outcome)
        if outcome.error:
            await _note_failure(claimed, outcome, now)
        else:
            await _note_success(claimed.endpoint_id, now)


async def _delivered(claimed: Claimed, outcome: Outcome, now: datetime) -> bool:
    """A success counts also when it comes after the lease: it was taken."""
    return bool(
        await db.run(
            "UPDATE webhook_delivery SET state = 'delivered', next_at = NULL, ended_at = $2, status = $3, error = '' "
            "WHERE id = $1 AND state IN ('waiting', 'sending')",
            claimed.id,
            now,
            outcome.status,
        )
    )


async def _failed(claimed: Claimed, outcome: Outcome, again: datetime | None, now: datetime) -> bool:
    """False if somebody else has it by now."""
    return bool(
        await db.run(
            "UPDATE webhook_delivery SET state = $3, next_at = $4, ended_at = $5, status = $6, error = $7 "
            "WHERE id = $1 AND state = 'sending' AND tries = $2",
            claimed.id,
            claimed.tries,
            "waiting" if again else "failed",
            again,
            None if again else now,
            outcome.status,
            outcome.error,
        )
    )


async def _keep(claimed: Claimed, outcome: Outcome) -> None:
    await db.run(
        "INSERT INTO webhook_attempt (id, workspace_id, delivery_id, at, milliseconds, status, error, answer) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        db.new_id(),
        claimed.workspace_id,
        claimed.id,
        outcome.at,
        outcome.milliseconds,
        outcome.status,
        outcome.error,
        outcome.answer,
    )


async def _note_success(endpoint_id: UUID, now: datetime) -> None:
    await db.run(
        "UPDATE webhook_endpoint SET last_success_at = $2, failing_since = NULL, paused_until = NULL WHERE id = $1 "
        "AND (failing_since IS NOT NULL OR coalesce(last_success_at < $3, true))",
        endpoint_id,
        now,
        now - OFTEN,
    )


async def _note_failure(claimed: Claimed, outcome: Outcome, now: datetime) -> None:
    pause = outcome.asked or (REST if outcome.rest else None)
    since = await db.value(
        "UPDATE webhook_endpoint SET failing_since = coalesce(failing_since, $2), paused_until = greatest(paused_until, $3) "
        "WHERE id = $1 AND disabled_at IS NULL AND deleted_at IS NULL RETURNING failing_since",
        claimed.endpoint_id,
        now,
        now + pause if pause else None,
    )
    if since is None:
        return
    why = Why.GONE if outcome.is_gone else Why.FAILING if since <= now - FAILING else None
    if why:
        await endpoints.disable(claimed.workspace_id, claimed.endpoint_id, why=why, now=now)
        await notices.write(claimed.workspace_id, claimed.endpoint_id, why, now)
