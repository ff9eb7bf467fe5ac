"""The clock: `python -m workers.schedule`. It looks what is to be done and wakes the workers; nothing long is done here.

Several clocks may run side by side: what they claim is claimed once, and to be woken twice does no harm.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import datetime
from typing import NamedTuple

import structlog

from portal import clock
from portal.candidates import applications
from portal.clicks import ingest, orphans, partitions, retention, visitors
from portal.links import uploads
from portal.messages import blasts, callbacks, delivery, fates, planning, reconcile
from portal.reports import came, folds, totals, touches
from workers import outages, stores
from workers.starting import start

log = structlog.get_logger()

MOST_WAKE_UPS = 8
"""Wake-up calls that nobody has taken yet: more would only pile up while no worker runs."""
MOST_SENDS = 500
"""Messages claimed and not yet taken by a worker."""
LONGEST_PAUSE = 10.0
"""Seconds between looks while a store is away: so late, at most, work goes on when it is back, and so seldom it is asked."""
PATIENCE = 60.0
"""Seconds that one look may take."""
CLOSING = 2.0


class Chore(NamedTuple):
    """Something that is looked after every so many seconds."""

    name: str
    seconds: float
    call: Callable[[datetime], Awaitable[object]]


async def wake_ingest(now: datetime) -> None:
    from workers import actors, broker

    if not await ingest.journal_is_empty() and await asyncio.to_thread(broker.waiting, broker.WAKE) < MOST_WAKE_UPS:
        await asyncio.to_thread(actors.ingest.send)


async def wake_replay(now: datetime) -> None:
    """The clock can't look: what dead web processes left lies on the disks of the machines where workers run."""
    from workers import actors, broker

    if await asyncio.to_thread(broker.waiting, broker.WAKE) < MOST_WAKE_UPS:
        await asyncio.to_thread(actors.replay.send)


async def wake_planning(now: datetime) -> None:
    from workers import actors, broker

    if await planning.anything_stale() and await asyncio.to_thread(broker.waiting, broker.WAKE) < MOST_WAKE_UPS:
        await asyncio.to_thread(actors.replan.send)


async def wake_delivery(now: datetime) -> None:
    """Claim what is due and hand its ids to the workers. The queue is asked first: without Redis nothing is claimed in vain."""
    from workers import actors, broker

    room = MOST_SENDS - await asyncio.to_thread(broker.waiting, broker.SEND)
    claimed, told = await delivery.claim_due(now, room) if room > 0 else [], 0
    try:
        for message_id in claimed:
            await asyncio.to_thread(actors.deliver.send, str(message_id))
            told += 1
    finally:
        if told < len(claimed):  # nobody heard of these: the next look takes them, not the one after their lease
            await delivery.give_back(claimed[told:])


async def wake_blasts(now: datetime) -> None:
    from workers import actors, broker

    if await blasts.anything_running() and await asyncio.to_thread(broker.waiting, broker.WAKE) < MOST_WAKE_UPS:
        await asyncio.to_thread(actors.write_blasts.send)


async def wake_reports(now: datetime) -> None:
    from workers import actors, broker

    if await asyncio.to_thread(broker.waiting, broker.WAKE) < MOST_WAKE_UPS:
        await asyncio.to_thread(actors.report.send)


async def wake_reconciling(now: datetime) -> None:
    from workers import actors, broker

    if await reconcile.anything_unknown(now) and await asyncio.to_thread(broker.waiting, broker.WAKE) < MOST_WAKE_UPS:
        await asyncio.to_thread(actors.reconcile.send)


async def beat(now: datetime) -> None:
    await stores.beat("clock", now)


CHORES = (
    Chore("ingest", 1, wake_ingest),
    Chore("clicks on disk", 30, wake_replay),
    Chore("planning", 1, wake_planning),
    Chore("delivery", 1, wake_delivery),
    Chore("blasts", 1, wake_blasts),
    Chore("sign of life", stores.BEAT, beat),
    Chore("unknown messages", 30, fates.sweep_unknown),
    Chore("what became of unknown messages", 30, wake_reconciling),
    Chore("expired applications", 60, applications.expire_due),
    Chore("changed jobs, plans and switches", 5, planning.mark_changed),
    Chore("click partitions", 60, partitions.make_ahead),
    Chore("visitor salts", 60, visitors.forget_old),
    Chore("hits on no link", 60, orphans.forget_old),
    Chore("old clicks", 3600, retention.drop_old),
    Chore("last touches", 60, touches.settle),
    Chore("what brought people", 60, came.settle),
    Chore("totals of people", 60, totals.fold),
    Chore("days of clicks that are over", 60, folds.fold),
    Chore("weekly reports", 600, wake_reports),
    Chore("old lists of links", 600, uploads.forget_old),
    Chore("old callbacks", 3600, callbacks.forget_old),
)


async def run(chores: tuple[Chore, ...] = CHORES) -> None:
    """Look after all chores, each at its own pace, until cancelled."""
    async with asyncio.TaskGroup() as group:
        for chore in chores:
            group.create_task(keep_doing(chore))


async def keep_doing(chore: Chore) -> None:
    """Every `chore.seconds`; more and more seldom while it fails, up to `LONGEST_PAUSE` or its own pace."""
    pause = chore.seconds
    while True:
        done = await asyncio.create_task(do_once(chore), context=Context())
        pause = chore.seconds if done else min(pause * 2, max(LONGEST_PAUSE, chore.seconds))
        await asyncio.sleep(pause)


async def do_once(chore: Chore) -> bool:
    """Whether it went well. In a context of its own, so that a broken transaction is forgotten with it."""
    try:
        async with asyncio.timeout(PATIENCE):
            await stores.ready()
            await chore.call(clock.now())
    except outages.AWAY as error:
        outages.note(chore.name, error)
        return False
    except Exception as error:  # a fault in one chore must not stop the clock
        log.error("chore failed", chore=chore.name, error=repr(error), exc_info=error)
        return False
    outages.over(chore.name)
    return True


async def main() -> None:
    """Until SIGTERM or SIGINT."""
    work = asyncio.create_task(run())
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work
    with contextlib.suppress(*outages.AWAY):
        async with asyncio.timeout(CLOSING):
            await stores.close()


if __name__ == "__main__":
    start()
    asyncio.run(main())
