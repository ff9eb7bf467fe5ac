"""Dramatiq over Redis: it only wakes hands, and may lose everything at any time.

What is waiting to be done stands in PostgreSQL, so nothing is retried here: the next tick of the clock sends it again.
"""

import asyncio
import concurrent.futures

import dramatiq
import redis as redis_py
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, AsyncIO, Middleware, ShutdownNotifications, TimeLimit
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal import clock, redis
from portal.settings import settings
from workers import outages, stores

WAKE, SEND = "wake", "send"
"""The queues: what is to be looked after, and messages to be sent."""


class Stores(Middleware):
    """The worker's pool and Redis client, opened in its event loop, and its sign of life. Comes after `AsyncIO`."""

    beating: "concurrent.futures.Future[None] | None" = None

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        thread = get_event_loop_thread()
        if thread is not None:
            self.beating = asyncio.run_coroutine_threadsafe(beat_on("worker"), thread.loop)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        if self.beating is not None:
            self.beating.cancel()
        thread = get_event_loop_thread()
        if thread is not None:
            thread.run_coroutine(stores.close())


async def beat_on(part: str) -> None:
    """Open the stores, and give signs of life as long as the process runs."""
    while True:
        try:
            await stores.ready()
            await stores.beat(part, clock.now())
            outages.over("sign of life")
        except outages.AWAY as error:
            outages.note("sign of life", error)
        await asyncio.sleep(stores.BEAT)


def connect(url: str) -> RedisBroker:
    """A broker in a Redis database of its own, since it scans all of it. Does not connect yet."""
    client = redis_py.Redis.from_url(
        redis.with_database(url, 1), socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 1)
    )
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client,
        middleware=[AgeLimit(), TimeLimit(), ShutdownNotifications(), AsyncIO(), Stores()],
        heartbeat_timeout=15_000,
        maintenance_chance=100_000,
        dead_message_ttl=60_000,
    )


def waiting(queue: str) -> int:
    """How many messages nobody has taken yet. Raises `RedisError`."""
    length: int = broker.client.llen(f"{broker.namespace}:{queue}")
    return length


broker = connect(settings().redis_url)
dramatiq.set_broker(broker)
