"""What an address leads to, kept in memory: short, bounded, and good enough while the database is away."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog
from redis.exceptions import RedisError

from portal import changes, redis
from portal.clicks import patience
from portal.clicks.hits import Outcome
from portal.jobs import deadlines
from portal.jobs.jobs import Job, Status, get_job
from portal.links.links import LinkState, state_of
from portal.links.public import FoundLink, find_link
from portal.web.missing import Missing

log = structlog.get_logger()

FRESH, FRESH_UNKNOWN = 30.0, 5.0
"""Seconds after which the database is asked again."""
MOST, MOST_UNKNOWN = 20_000, 10_000
"""Addresses kept. Unknown ones have a room of their own, so that guessing pushes no link out."""
PATIENCE, PATIENCE_WITH_STALE = 2.0, 0.25
"""Seconds to wait for the database: without, and with, an older answer at hand."""
RETRY = 2.0

STOPPED = {
    LinkState.ARCHIVED: Outcome.ARCHIVED,
    LinkState.PAUSED: Outcome.PAUSED,
    LinkState.EXPIRED: Outcome.EXPIRED,
    LinkState.NOT_STARTED: Outcome.NOT_STARTED,
}


class Unreachable(Exception):
    """The database is away, and this address is not in memory."""


class Target(msgspec.Struct, frozen=True):
    """A link and its job."""

    key: str
    link: FoundLink
    job: Job

    @property
    def personal(self) -> bool:
        return self.link.kind == "personal"

    def outcome(self, now: datetime) -> Outcome:
        """What somebody who taps now is answered. A personal link always leads on: its page knows how far the person is, and
        says so, also when the job has closed."""
        link = self.link
        state = state_of(link.starts_at, link.expires_at, link.paused_at, link.archived_at, now)
        if state in STOPPED:
            return STOPPED[state]
        if self.personal or deadlines.is_open(self.job, now):
            return Outcome.REDIRECTED
        return Outcome.NOT_OPEN if self.job.status == Status.DRAFT else Outcome.CLOSED

    def location(self, click_id: UUID) -> str:
        """Where the redirect goes. The click's id travels on, so the funnel needs no cookie to join."""
        return f"{self.page}?click={click_id}" if self.personal else f"{self.page}?click={click_id}&via={self.key}"

    @property
    def page(self) -> str:
        """The landing page, or the interview."""
        return f"/i/{self.key}" if self.personal else f"/apply/{self.job.slug}"

    def day(self, now: datetime) -> date:
        """The workspace's calendar."""
        return now.astimezone(ZoneInfo(self.link.timezone)).date()


async def read_target(key: str) -> Target | None:
    """From the database, which may raise."""
    link = await find_link(key)
    if link is None:
        return None
    try:
        return Target(key, link, await get_job(link.workspace_id, link.job_id))
    except Missing:
        return None


class _Entry:
    __slots__ = ("fresh_until", "target")

    def __init__(self, target: Target | None, fresh_until: float) -> None:
        self.target, self.fresh_until = target, fresh_until


class TargetCache:
    """Targets by key. `read` asks the database; `clock` counts seconds."""

    def __init__(
        self,
        read: Callable[[str], Awaitable[Target | None]] = read_target,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST,
        most_unknown: int = MOST_UNKNOWN,
    ) -> None:
        self._read, self._clock = read, clock
        self._most, self._most_unknown = most, most_unknown
        self._known: OrderedDict[str, _Entry] = OrderedDict()
        self._unknown: OrderedDict[str, _Entry] = OrderedDict()
        self._loading: dict[str, asyncio.Task[Target | None]] = {}
        self._changes = 0

    async def find(self, key: str) -> Target | None:
        """What `key` leads to; None for nothing. Raises `Unreachable`."""
        entry = self._known.get(key) or self._unknown.get(key)
        if entry is None or entry.fresh_until <= self._clock():
            return await self._look(key, entry)
        if entry.target is not None:
            self._known.move_to_end(key)
        return entry.target

    def drop(self, message: str) -> None:
        """Something was changed: see `changes.CHANNEL`."""
        self._changes += 1
        what, _, which = message.partition(":")
        if what == "slug":
            self._unknown.pop(which, None)
        for key, entry in self._known.items():
            if entry.target is not None and which in (key, str(entry.target.link.link_id), str(entry.target.job.id)):
                entry.fresh_until = 0

    def expire_all(self) -> None:
        """Changes may have been missed: ask again for everything, but keep it for an outage."""
        self._changes += 1
        self._unknown.clear()
        for entry in self._known.values():
            entry.fresh_until = 0

    async def _look(self, key: str, stale: _Entry | None) -> Target | None:
        """Ask the database, once for all who wait for the same key."""
        task = self._loading.get(key)
        if task is None:
            task = self._loading[key] = patience.start(self._load(key))
            task.add_done_callback(lambda _: self._loading.pop(key, None))
        usable = stale is not None and stale.target is not None
        await asyncio.wait({task}, timeout=PATIENCE_WITH_STALE if usable else PATIENCE)
        if task.done() and task.exception() is None:
            return task.result()
        if stale is None or stale.target is None:
            raise Unreachable(key)
        stale.fresh_until = self._clock() + RETRY
        return stale.target

    async def _load(self, key: str) -> Target | None:
        changes = self._changes
        target = await self._read(key)
        room, most, seconds = (
            (self._known, self._most, FRESH) if target is not None else (self._unknown, self._most_unknown, FRESH_UNKNOWN)
        )
        # Something changed while we read: this answer serves those who wait for it, and nobody after them.
        room[key] = _Entry(target, self._clock() + seconds if changes == self._changes else 0)
        room.move_to_end(key)
        if target is not None:
            self._unknown.pop(key, None)
        else:
            self._known.pop(key, None)
        while len(room) > most:
            room.popitem(last=False)
        return target


async def listen(cache: TargetCache) -> None:
    """Drop what other processes change, for ever. After an outage of Redis everything is asked again once."""
    while True:
        try:
            async with redis.client().pubsub() as heard:
                await heard.subscribe(changes.CHANNEL)
                cache.expire_all()
                while True:
                    message = await heard.get_message(ignore_subscribe_messages=True, timeout=1.0)
                    if message is not None:
                        cache.drop(message["data"].decode(errors="replace"))
        except (RedisError, OSError) as error:
            log.debug("not listening for changes", error=repr(error))
            await asyncio.sleep(1)
