"""What an address leads to, kept in memory: short, bounded, and good enough while the database is away."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from portal import changes, patience, redis
from portal.clicks import carried
from portal.clicks.hits import Outcome
from portal.jobs import deadlines
from portal.jobs.jobs import Job, Status, find_jobs
from portal.links.links import LinkState, state_of
from portal.links.public import FoundLink, find_links

log = structlog.get_logger()

FRESH, FRESH_UNKNOWN = 30.0, 5.0
"""Seconds after which the database is asked again, about a link and about what is none."""
FRESH_HEARD = 300.0
"""The same while changes are heard of as they are made: else 100,000 links in use would be asked for all the time."""
PING_EVERY, SILENT = 5.0, 15.0
"""Seconds between questions whether Redis still has us on its list, and without any answer until it has not."""
MOST, MOST_UNKNOWN = 150_000, 10_000
"""Addresses kept: a known one takes about a kilobyte. Unknown ones have a room of their own: guessing pushes no link out."""
PATIENCE, PATIENCE_FOR_UNKNOWN = 0.25, 2.0
"""Seconds to wait for the database; and for an address that neither memory nor disk knows, which may be a new one."""
RETRY = 2.0
"""Seconds until a database that did not answer is asked again about what is known from before."""
MOST_LOADING = 200
"""Addresses that a database which is away is asked about at the same time."""

STOPPED = {
    LinkState.ARCHIVED: Outcome.ARCHIVED,
    LinkState.PAUSED: Outcome.PAUSED,
    LinkState.EXPIRED: Outcome.EXPIRED,
    LinkState.NOT_STARTED: Outcome.NOT_STARTED,
}


class Unreachable(Exception):
    """The database is away, and nobody here knows this address."""


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
        if self.personal or link.location or deadlines.is_open(self.job, now):
            return Outcome.REDIRECTED
        return Outcome.NOT_OPEN if self.job.status == Status.DRAFT else Outcome.CLOSED

    def location(self, click_id: UUID, filled: str = "") -> str:
        """Where the redirect goes. The click's id travels on to our pages, so the funnel needs no cookie to join; and what fills
        their form (`carried`), which is nobody else's business."""
        page = self.page
        if not page.startswith("/"):
            return page
        if self.personal:
            return f"{page}?click={click_id}"
        return f"{page}?click={click_id}&via={self.key}" + (f"&{carried.NAME}={filled}" if filled else "")

    @property
    def page(self) -> str:
        """The interview, the landing page, all open jobs, or another website."""
        return f"/i/{self.key}" if self.personal else self.link.location or f"/apply/{self.job.slug}"

    def day(self, now: datetime) -> date:
        """The workspace's calendar."""
        return now.astimezone(ZoneInfo(self.link.timezone)).date()

    def standing(self, now: datetime) -> "Standing":
        """`outcome` and `day`, and until when they stay. Days begin at a full quarter of an hour, wherever that is."""
        quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0) + timedelta(minutes=15)
        times = (self.link.starts_at, self.link.expires_at, self.job.deadline_at)
        until = min([quarter, *(at for at in times if at is not None and at > now)])
        return Standing(self, self.outcome(now), self.day(now), now, until)


class Standing(NamedTuple):
    """What a tap has to know of a target, worked out once for many taps."""

    target: Target
    outcome: Outcome
    day: date
    since: datetime
    until: datetime


async def find_targets(keys: Sequence[str]) -> dict[str, Target]:
    """Those of `keys` that lead to something, from the database, which may raise."""
    links = await find_links(keys)
    jobs = {job.id: job for job in await find_jobs({link.job_id for link in links.values()})} if links else {}
    return {key: Target(key, link, jobs[link.job_id]) for key, link in links.items() if link.job_id in jobs}


async def read_target(key: str) -> Target | None:
    """The same for one."""
    return (await find_targets([key])).get(key)


class _Entry:
    __slots__ = ("fresh_until", "standing", "target")

    def __init__(self, target: Target | None, fresh_until: float) -> None:
        self.target, self.fresh_until = target, fresh_until
        self.standing: Standing | None = None


async def _nothing_known(key: str) -> Target | None:
    return None


class TargetCache:
    """Targets by key. `read` asks the database; `recall` knows what it said before; `clock` counts seconds."""

    def __init__(
        self,
        read: Callable[[str], Awaitable[Target | None]] = read_target,
        recall: Callable[[str], Awaitable[Target | None]] = _nothing_known,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST,
        most_unknown: int = MOST_UNKNOWN,
    ) -> None:
        self._read, self._recall, self._clock = read, recall, clock
        self._most, self._most_unknown = most, most_unknown
        self._known: OrderedDict[str, _Entry] = OrderedDict()
        self._unknown: OrderedDict[str, _Entry] = OrderedDict()
        self._of: dict[UUID, set[str]] = {}
        """The known keys of a link, or of a job: most changes touch a few of very many."""
        self._loading: dict[str, asyncio.Task[Target | None]] = {}
        self._changes = 0
        self._fresh = FRESH
        self._away = False
        self._ask_again_at = 0.0

    def peek(self, key: str, now: datetime) -> Standing | None:
        """What `key` leads to, if memory says so and needs not ask: the way of nearly every tap."""
        entry = self._known.get(key)
        if entry is None or entry.target is None or entry.fresh_until <= self._clock():
            return None
        self._known.move_to_end(key)
        standing = entry.standing
        if standing is None or not standing.since <= now < standing.until:
            standing = entry.standing = entry.target.standing(now)
        return standing

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
            return
        if what == "workspace":
            self.expire_all()
            return
        with suppress(ValueError):  # what another version says
            for key in self._of.get(UUID(which), ()):
                self._known[key].fresh_until = 0

    def expire_all(self) -> None:
        """Changes may have been missed: ask again for everything, but keep it for an outage."""
        self._changes += 1
        self._unknown.clear()
        for entry in self._known.values():
            entry.fresh_until = 0

    def hear(self, heard: bool) -> None:
        """Whether from now on all changes are told to `drop`."""
        self._fresh = FRESH_HEARD if heard else FRESH
        latest = self._clock() + self._fresh
        for entry in self._known.values():
            entry.fresh_until = min(entry.fresh_until, latest)

    async def _look(self, key: str, stale: _Entry | None) -> Target | None:
        """Ask the database; while it doesn't answer, whoever knew the address before. Only one request in `RETRY` seconds finds
        out that it is still away."""
        if not self._away or self._clock() >= self._ask_again_at:
            self._ask_again_at = self._clock() + RETRY
            if (task := await self._ask(key, PATIENCE)) is not None:
                return task.result()
            self._away, self._ask_again_at = True, self._clock() + RETRY
        older = stale.target if stale is not None and stale.target is not None else await self._recall(key)
        if older is not None:
            self._keep(key, older, self._clock() + RETRY)
            return older
        if (task := await self._ask(key, PATIENCE_FOR_UNKNOWN)) is not None:
            return task.result()
        raise Unreachable(key)

    async def _ask(self, key: str, seconds: float) -> "asyncio.Task[Target | None] | None":
        """What the database said, asked once for all who wait for the same key; None if it said nothing in time."""
        task = self._loading.get(key)
        if task is None and self._away and len(self._loading) >= MOST_LOADING:
            return None
        if task is None:
            task = self._loading[key] = patience.start(self._load(key))
            task.add_done_callback(lambda _: self._loading.pop(key, None))
        await asyncio.wait({task}, timeout=seconds)
        return task if task.done() and task.exception() is None else None

    async def _load(self, key: str) -> Target | None:
        changes = self._changes
        target = await self._read(key)
        self._away = False
        fresh = self._fresh if target is not None else FRESH_UNKNOWN
        # Something changed while we read: this answer serves those who wait for it, and nobody after them.
        self._keep(key, target, self._clock() + fresh if changes == self._changes else 0)
        return target

    def _keep(self, key: str, target: Target | None, fresh_until: float) -> None:
        room, most = (self._known, self._most) if target is not None else (self._unknown, self._most_unknown)
        self._forget(key)
        room[key] = _Entry(target, fresh_until)
        for id_ in _ids(target):
            self._of.setdefault(id_, set()).add(key)
        while len(room) > most:
            self._forget(next(iter(room)))

    def _forget(self, key: str) -> None:
        self._unknown.pop(key, None)
        entry = self._known.pop(key, None)
        for id_ in _ids(entry.target if entry is not None else None):
            self._of[id_].discard(key)
            if not self._of[id_]:
                del self._of[id_]


def _ids(target: Target | None) -> tuple[UUID, ...]:
    """By which changes of it are announced."""
    return (target.link.link_id, target.job.id) if target is not None else ()


class Listener(Protocol):
    """Who wants to know what has changed."""

    def drop(self, message: str) -> None: ...

    def expire_all(self) -> None: ...


async def listen(*listeners: Listener, hears: Callable[[bool], None] = lambda heard: None) -> None:
    """Tell them what other processes change, for ever. After an outage of Redis everything may have changed. `hears` is told
    whether all changes are heard from now on."""
    while True:
        try:
            async with redis.client().pubsub() as heard:
                await heard.subscribe(changes.CHANNEL)
                for listener in listeners:
                    listener.expire_all()
                hears(True)
                await _pass_on(heard, listeners)
        except (RedisError, OSError) as error:
            log.debug("not listening for changes", error=repr(error))
            hears(False)
            await asyncio.sleep(1)


async def _pass_on(heard: PubSub, listeners: Sequence[Listener]) -> None:
    """Until the connection breaks, which some do without a word. Raises `RedisError` or `OSError`."""
    asked = answered = time.monotonic()
    while True:
        message = await heard.get_message(ignore_subscribe_messages=True, timeout=1.0)
        now = time.monotonic()
        answered = now if message is not None else answered
        if message is not None and message["type"] == "message":
            for listener in listeners:
                listener.drop(message["data"].decode(errors="replace"))
        if now - asked >= PING_EVERY:
            await heard.ping()
            asked = now
        if now - answered >= SILENT:
            raise OSError("Redis says nothing")
