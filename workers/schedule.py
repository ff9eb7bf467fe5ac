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
from portal.candidates.imports import keeping
from portal.candidates.imports import work as imports
from portal.clicks import ingest, orphans, partitions, retention, visitors
from portal.integrations import erasing
from portal.integrations.api import once
from portal.integrations.ats import connections, processing
from portal.integrations.ats import deliveries as ats_deliveries
from portal.integrations.heymilo import due as heymilo_due
from portal.integrations.webhooks import deliveries, notices, publishing, sending
from portal.interviews import hooks
from portal.links import uploads
from portal.messages import blasts, callbacks, delivery, fates, planning, reconcile
from portal.reports.kept import came, click_folds, person_folds, totals, touches
from workers import outages, stores
from workers.starting import start

log = structlog.get_logger()

MOST_WAKE_UPS = 16
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


def wake(actor: str, wanted: Callable[[datetime], Awaitable[bool]] | None = None) -> Callable[[datetime], Awaitable[None]]:
    """A chore that calls a worker for `actor`, named as in `workers.actors`, when `wanted` says that there is something to do;
    without it, always."""

    async def call(now: datetime) -> None:
        from workers import actors, broker

        if (wanted is None or await wanted(now)) and await asyncio.to_thread(broker.waiting, broker.WAKE) < MOST_WAKE_UPS:
            await asyncio.to_thread(getattr(actors, actor).send)

    return call


async def hits_wait(now: datetime) -> bool:
    return not await ingest.journal_is_empty()


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


async def beat(now: datetime) -> None:
    await stores.beat("clock", now)


CHORES = (
    Chore("ingest", 1, wake("ingest", hits_wait)),
    # The clock can't look: what dead web processes left lies on the disks of the machines where workers run.
    Chore("clicks on disk", 30, wake("replay")),
    Chore("planning", 1, wake("replan", lambda now: planning.anything_stale())),
    Chore("delivery", 1, wake_delivery),
    Chore("blasts", 1, wake("write_blasts", lambda now: blasts.anything_running())),
    Chore("imports", 1, wake("work_on_imports", lambda now: imports.anything_moving())),
    Chore("events to hand out", 1, wake("publish", lambda now: publishing.anything_unpublished())),
    Chore("webhooks", 1, wake("send_webhooks", sending.anything_due)),
    Chore("webhook notices", 30, wake("tell_of_webhooks", lambda now: notices.anything_to_tell())),
    Chore("sign of life", stores.BEAT, beat),
    Chore("interviews at HeyMilo", 2, wake("heymilo", heymilo_due.anything_due)),
    Chore("unknown messages", 30, fates.sweep_unknown),
    Chore("what became of unknown messages", 30, wake("reconcile", reconcile.anything_unknown)),
    Chore("expired applications", 60, applications.expire_due),
    Chore("changed jobs, plans and switches", 5, planning.mark_changed),
    Chore("click partitions", 60, partitions.make_ahead),
    Chore("visitor salts", 60, visitors.forget_old),
    Chore("hits on no link", 60, orphans.forget_old),
    Chore("old clicks", 3600, retention.drop_old),
    Chore("last touches", 60, touches.settle),
    Chore("what brought people", 60, came.settle),
    Chore("totals of people", 60, totals.fold),
    Chore("days of people that are over", 60, person_folds.fold),
    Chore("days of clicks that are over", 60, click_folds.fold),
    Chore("weekly reports", 600, wake("report")),
    Chore("old lists of links", 600, uploads.forget_old),
    Chore("deliveries of ATSs", 1, wake("look_into_ats", processing.anything_due)),
    Chore("late words about the erased", 600, erasing.sweep),
    Chore("old deliveries of ATSs", 3600, ats_deliveries.forget_old),
    Chore("old connections to ATSs", 3600, connections.forget_old),
    Chore("old lists of people", 600, keeping.forget_old),
    Chore("old callbacks", 3600, callbacks.forget_old),
    Chore("old answers of the API", 3600, once.forget_old),
    Chore("old webhook deliveries", 3600, deliveries.forget_old),
    Chore("old calls of interviews", 3600, hooks.forget_old),
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
    except asyncio.CancelledError:  # by a library, and not by us: the group would go on without this chore, and say nothing
        if (task := asyncio.current_task()) is None or task.cancelling():
            raise
        log.warning("chore cancelled from inside", chore=chore.name)
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
