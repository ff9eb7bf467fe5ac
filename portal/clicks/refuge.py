"""The spool of this process: where hits go while the database is away, and what is to be copied into it afterwards."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog
from prometheus_client import Counter

from portal.clicks import replaying, spool
from portal.clicks.hits import Hit
from portal.clicks.spool import Segment

log = structlog.get_logger()

LATE = Counter("portal_clicks_late", "Hits counted as lost that the disk took after all.")

LIMIT = 1.0
"""Seconds that a batch waits for the disk."""
LOOK_FOR_ABANDONED = 30.0


class DiskHangs(Exception):
    """It did not answer in time."""


class Refuge:
    """The files of one process, and those that it took over from dead ones. One thread writes, so nothing is written twice at a
    time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        self._writing: asyncio.Future[None] | None = None
        self._segment: Segment | None = None
        self._waiting: list[Segment] = []
        self._looked_at = -LOOK_FOR_ABANDONED
        self.damaged_files = 0
        """Not readable whole, or not at all, at the last look."""
        self.late = 0
        """Hits of batches that were given up, and then written all the same."""

    @property
    def waiting_files(self) -> int:
        return len(self._waiting) + (self._segment is not None)

    async def keep(self, batch: Sequence[Hit]) -> None:
        """Returns when `batch` is on the disk. Raises `DiskHangs` or `OSError`."""
        if self._writing is not None and not self._writing.done():
            raise DiskHangs
        self._writing = asyncio.get_running_loop().run_in_executor(self._disk, self._write, batch)
        await asyncio.wait({self._writing}, timeout=LIMIT)
        if not self._writing.done():
            self._writing.add_done_callback(partial(self._came_late, len(batch)))
            raise DiskHangs
        self._writing.result()

    async def gather(self) -> None:
        """What this process wrote, and what dead ones left, is to be replayed from now on. Raises `OSError`."""
        await asyncio.get_running_loop().run_in_executor(self._disk, self._gather)

    async def replay(self, database_url: str) -> None:
        """Copy what was gathered. Raises what `replaying.replay` raises; what is left is tried again next time."""
        for segment in list(self._waiting):
            self._waiting.append(self._waiting.pop(0))  # one that can't be replayed does not stand in the way of the next
            await replaying.replay(database_url, segment)
            self._waiting.remove(segment)
            self._looked_at = -LOOK_FOR_ABANDONED

    def close(self) -> None:
        """What waits is left to the next process. A disk that hangs is not waited for."""
        for segment in [*self._waiting, *filter(None, [self._segment])]:
            segment.release()
        self._disk.shutdown(wait=False)

    def _write(self, batch: Sequence[Hit]) -> None:
        if self._segment is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._segment = Segment.create(self._folder)
        try:
            self._segment.append(batch)
        except OSError:
            self._put_down()
            raise
        if self._segment.size >= spool.LARGEST:
            self._put_down()

    def _put_down(self) -> None:
        """The next batch begins a new file."""
        if self._segment is not None and self._segment.size:
            self._waiting.append(self._segment)
        elif self._segment is not None:
            self._segment.remove()
        self._segment = None

    def _gather(self) -> None:
        self._put_down()
        if time.monotonic() - self._looked_at >= LOOK_FOR_ABANDONED:
            self._looked_at = time.monotonic()
            ours, unusable = spool.abandoned(self._folder)
            self._waiting += ours
            damaged = unusable + spool.damaged(self._folder)
            if len(damaged) > self.damaged_files:
                log.error("spool files need a look", files=[path.name for path in damaged])
            self.damaged_files = len(damaged)

    def _came_late(self, hits: int, writing: "asyncio.Future[None]") -> None:
        with suppress(Exception):
            writing.result()
            LATE.inc(hits)
            self.late += hits
