"""Links while PostgreSQL is away, also for a process that starts only then.

One web process of a data folder keeps a copy of all links on its disk (`linkfile`); when it ends, another goes on. New links are
fetched every two seconds, changes as soon as they are announced, and everything every few minutes, since an announcement can
get lost. The copy is read only when the database does not answer and memory does not know a link.

Redis holds no copy of links: it would have to be asked over the net, may be away with the database, and forgets.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from portal import db
from portal.clicks.linkfile import LinkFile
from portal.clicks.replaying import FAILURES
from portal.clicks.targets import Target
from portal.jobs import jobs
from portal.links.public import links_after, mark_of

T = TypeVar("T")
log = structlog.get_logger()

KEPT = Gauge("portal_snapshot_links", "Links in the copy on disk, as of the last pass over all.")
FAILED = Counter("portal_snapshot_failures", "Times that the copy of links on disk could not be written or read.")

EVERY = 2.0
"""Seconds between looks for new links."""
ALL_EVERY, ALL_SHARE = 300.0, 50
"""Seconds between passes over all links; and so many times as long as a pass took, so that it stays a small part of the work."""
OVERLAP = 60_000
"""Milliseconds: a link is made some time before it is committed, by a machine whose clock may be wrong."""
CHUNK, BREATH = 200, 0.01
"""Links at once, and seconds between two chunks: requests come first."""
LIMIT = 1.0
"""Seconds to wait for the disk."""
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)


class DiskFails(Exception):
    """The folder can't be written to."""


class Snapshot:
    """The copy of one data folder, for one process. What is announced is told to `drop` and `expire_all`."""

    def __init__(self, folder: Path) -> None:
        self._file = LinkFile(folder)
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="snapshot-writer")
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="snapshot-reader")
        self._changed: set[str] = set()
        self._everything = True
        self._soon = asyncio.Event()
        self._since = FIRST
        self._all_at = 0.0
        self._failing = False

    async def find(self, key: str) -> Target | None:
        """What the first part of an address led to when the database was last heard. Raises nothing."""
        reading = asyncio.get_running_loop().run_in_executor(self._reader, self._file.find, mark_of(key))
        await asyncio.wait({reading}, timeout=LIMIT)
        try:
            found = reading.result() if reading.done() else None
        except (sqlite3.Error, OSError, msgspec.DecodeError) as error:
            self._note("read", error)
            return None
        return Target(key, *found) if found else None

    def drop(self, message: str) -> None:
        """Something was changed: see `changes.CHANNEL`."""
        self._changed.add(message)
        self._soon.set()

    def expire_all(self) -> None:
        """Changes may have been missed."""
        self._everything = True
        self._soon.set()

    async def keep(self) -> None:
        """Look after the copy until cancelled, if no other process of this folder does."""
        while True:
            try:
                if await self._write(self._file.take):
                    await self.look()
                    self._failing = False
                else:
                    self._changed.clear()
            except FAILURES as error:
                log.debug("links not copied", error=repr(error))
            except Exception as error:  # a disk that is full, a broken file: the redirect goes on without
                await self._fail(error)
            await self._rest()

    async def look(self) -> None:
        """Copy what is new and what has changed, or everything when that is due. Raises what database and file raise."""
        changed, self._changed = self._changed, set()
        began = db.new_id()
        whole = self._everything or time.monotonic() >= self._all_at
        self._everything = False
        try:
            await (self._copy_all() if whole else self._copy_changes(changed))
        except BaseException:
            self._everything = True
            raise
        self._since = began

    async def close(self) -> None:
        """Another process may go on. A disk that hangs is not waited for."""
        closing = asyncio.get_running_loop().run_in_executor(self._writer, self._file.close)
        await asyncio.wait({closing}, timeout=LIMIT)
        for thread in (self._reader, self._writer):
            thread.shutdown(wait=False)

    async def _copy_all(self) -> None:
        began = time.monotonic()
        await self._copy(FIRST, LAST)
        KEPT.set(await self._write(self._file.forget_jobs))
        now = time.monotonic()
        self._all_at = now + max(ALL_EVERY, ALL_SHARE * (now - began))

    async def _copy_changes(self, changed: set[str]) -> None:
        """What is no longer there goes too: new links are looked for behind those that were there a minute ago."""
        for message in changed:
            what, _, which = message.partition(":")
            if what == "link":
                await self._copy(_before(UUID(which)), UUID(which), chunk=1)
            elif what == "job":
                await self._write(partial(self._file.replace, LAST, LAST, [], await jobs.find_jobs([UUID(which)])))
        await self._copy(_earlier(self._since, OVERLAP), LAST)

    async def _copy(self, after: UUID, up_to: UUID, chunk: int = CHUNK) -> None:
        """Links whose ids lie behind `after` and not behind `up_to`, with their jobs."""
        done: set[UUID] = set()
        while after < up_to:
            found = [one for one in await links_after(after, chunk) if one[1].link_id <= up_to]
            end = found[-1][1].link_id if len(found) == chunk else up_to
            missing = {link.job_id for _, link in found} - done
            await self._write(partial(self._file.replace, after, end, found, await jobs.find_jobs(missing) if missing else []))
            done |= missing
            after = end
            await asyncio.sleep(BREATH)

    async def _write(self, do: Callable[[], T]) -> T:
        """Raises `sqlite3.Error` or `DiskFails`, never `OSError`: that would be the database."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._writer, do)
        except OSError as error:
            raise DiskFails(repr(error)) from error

    async def _fail(self, error: Exception) -> None:
        self._note("written", error)
        if type(error) is sqlite3.DatabaseError:  # broken; what can pass by itself (full, locked) has a class of its own
            with suppress(DiskFails):
                await self._write(self._file.make_anew)

    def _note(self, what: str, error: Exception) -> None:
        """Once, until it is well again."""
        FAILED.inc()
        if not self._failing:
            log.error(f"copy of links can't be {what}", error=repr(error))
        self._failing = True

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY):
                await self._soon.wait()
        self._soon.clear()


def _before(link_id: UUID) -> UUID:
    return UUID(int=max(0, link_id.int - 1))


def _earlier(link_id: UUID, milliseconds: int) -> UUID:
    """The first id that could have been made so much before `link_id` (RFC 9562, 5.7: the first 48 bits are the time)."""
    return UUID(int=max(0, (link_id.int >> 80) - milliseconds) << 80)
