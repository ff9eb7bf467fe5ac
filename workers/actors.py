"""What the clock can wake. Each actor calls one function of `portal`, and asks what time it is.

An actor's coroutine runs as a task with a context of its own, so that a broken transaction ends with it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import dramatiq

from portal import clock
from portal.candidates.imports import work as imports
from portal.clicks import ingest as clicks
from portal.clicks import replaying
from portal.integrations.ats import processing as ats
from portal.integrations.webhooks import notices, publishing, sending
from portal.messages import blasts, delivery, planning
from portal.messages import reconcile as unknown
from portal.messages.sent import sent_to
from portal.reports import weekly
from portal.settings import settings
from workers import outages, stores
from workers.broker import SEND, WAKE

AGE = 10_000
"""Milliseconds after which a wake-up call is not worth following: the clock has called again."""
LIMIT = 60_000
"""Milliseconds that an actor may take."""
BATCH = 5000
ATS = 20.0
"""Seconds after which no further delivery is begun: one may wait half a minute for an API."""
IMPORT_STEPS = 20


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def ingest() -> None:
    """Count the clicks of the journal."""
    await _do("ingest", _ingest)


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def replay() -> None:
    """Bring in the clicks that a dead web process left on this machine's disk."""
    await _do("replay", lambda now: replaying.replay_abandoned(settings().database_url, settings().data_dir / "spool"))


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def replan() -> None:
    """Plan the messages of applications that have changed."""
    await _do("replan", lambda now: planning.replan_stale(now, limit=500))


@dramatiq.actor(queue_name=SEND, max_age=LIMIT, time_limit=LIMIT)
async def deliver(message_id: str) -> None:
    """Send one claimed message."""
    await _do("deliver", lambda now: delivery.deliver(UUID(message_id), now))


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def write_blasts() -> None:
    """Write the messages of blasts that are running, a batch at a time."""
    await _do("blasts", _write_blasts)


async def _write_blasts(now: datetime) -> None:
    while await blasts.work(now):
        continue


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def look_into_ats() -> None:
    """Look into what applicant tracking systems sent, one delivery after the other."""
    await _do("ats", _look_into_ats)


async def _look_into_ats(now: datetime) -> None:
    """Stops in good time: an API may take its own, and the clock calls again."""
    end = asyncio.get_running_loop().time() + ATS
    while asyncio.get_running_loop().time() < end and await ats.work(now):
        continue


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def work_on_imports() -> None:
    """Read, judge, run and undo lists of people, a step at a time."""
    await _do("imports", _work_on_imports)


async def _work_on_imports(now: datetime) -> None:
    """Not to the end of a long one: the clock wakes the next, before the time is over."""
    for _ in range(IMPORT_STEPS):
        if not await imports.work(now, sent_to):
            return


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def report() -> None:
    """Write and send the weekly reports that are due."""
    await _do("weekly reports", _report)


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def heymilo() -> None:
    """Make interviews at HeyMilo, and look how they stand."""
    await _do("HeyMilo", _heymilo)


async def _heymilo(now: datetime) -> None:
    """The HTTP client is brought in where it is used: most installations have nothing to ask there."""
    from portal.integrations.heymilo import following, making

    await making.make_due(now)
    await following.look_due(now)
    await following.poll_due(now)


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def reconcile() -> None:
    """Find out what became of messages whose fate is unknown."""
    await _do("reconcile", _reconcile)


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def publish() -> None:
    """Hand out what happened to the webhooks that want to hear of it."""
    await _do("publish", _publish)


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def send_webhooks() -> None:
    """Call customers' servers, many at once. One actor of a process claims and one may end what it began: servers that dawdle
    take no other thread."""
    if not _calling.locked():
        await _do("webhooks", _send_webhooks)


@dramatiq.actor(queue_name=WAKE, max_age=AGE, time_limit=LIMIT)
async def tell_of_webhooks() -> None:
    """Write to admins about webhooks that were disabled."""
    await _do("webhook notices", notices.send_due)


_calling = asyncio.Lock()


async def _send_webhooks(now: datetime) -> None:
    async with _calling:
        _, flying = await sending.begin_due(clock.now)
    await sending.end(flying)


async def _publish(now: datetime) -> None:
    while await publishing.publish(now) >= publishing.BATCH:
        continue


async def _reconcile(now: datetime) -> None:
    await unknown.resend_silent(now)
    await unknown.look_for_texts(now)


async def _report(now: datetime) -> None:
    await weekly.make_due(now)
    await weekly.send_due(now)


async def _ingest(now: datetime) -> None:
    while await clicks.ingest_batch(now, limit=BATCH) >= BATCH:
        continue


async def _do(what: str, call: Callable[[datetime], Awaitable[object]]) -> None:
    try:
        await stores.ready()
        await call(clock.now())
    except outages.AWAY as error:
        outages.note(what, error)
    else:
        outages.over(what)
