"""Writing hits down before they are answered.

Hits that arrive together share one `COPY`: while one is under way the next batch gathers, and everybody waits for the commit
that holds their hit. When PostgreSQL doesn't commit within `LIMIT`, the batch goes into a local file (`spool`) instead, and so
do the next ones until the database is back; then the file is copied into it. A `COPY` that was given up may have committed
after all: such a hit is in both places, and ingest counts it once, by its id.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import msgspec
import structlog
from prometheus_client import Counter

from portal import db
from portal.clicks import patience, spool
from portal.clicks.hits import COLUMNS, Hit
from portal.clicks.spool import Segment

log = structlog.get_logger()

RECORDED = Counter("portal_clicks_recorded", "Hits committed to the database before they were answered.")
SPOOLED = Counter("portal_clicks_spooled", "Hits written to a local file because the database did not answer in time.")
REPLAYED = Counter("portal_clicks_replayed", "Hits copied from local files into the database.")
LOST = Counter("portal_clicks_lost", "Hits answered although neither database nor disk took them.")
TORN = Counter("portal_clicks_torn", "Ends of local files that a crash cut off.")

LIMIT = 0.25
"""Seconds that a batch waits for PostgreSQL."""
DISK_LIMIT = 1.0
"""And for the disk."""
MOST = 20_000
"""Hits in a batch; more wait their turn."""
PAUSE = 0.5
"""Seconds between looks whether the database is back."""
LOOK_FOR_ABANDONED = 30.0
REPLAY_AT_ONCE = 2_000

FAILURES = (*db.AWAY, asyncpg.PostgresError)


class _Turn(asyncio.Future[None]):
    """What all requests of a batch wait for. One request that is given up must not take the others with it."""

    def cancel(self, msg: object = None) -> bool:
        return False


class Journal:
    """The journal of one process. It opens, and takes hits, also while the database is away."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._database_url = database_url
        self._folder = folder
        self._connection: asyncpg.Connection | None = None
        self._batch: list[Hit] = []
        self._busy = False
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        self._writing: asyncio.Future[None] | None = None
        self._segment: Segment | None = None
        self._waiting: list[Segment] = []
        self._looked_at = -LOOK_FOR_ABANDONED
        self._was_away = False

    async def open(self) -> None:
        """Raises `OSError` when the folder can't be made."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._turn = _Turn()
        await self._mend()
        self._tending = patience.start(self._tend())

    async def close(self) -> None:
        """Waits for what is under way; what can't be copied now stays in its file for the next process."""
        if self._busy:
            await asyncio.wait({self._runner})
        await patience.stop([self._tending])
        await self._mend()
        for segment in [*self._waiting, *filter(None, [self._segment])]:
            segment.release()
        self._disk.shutdown()
        if self._connection is not None:
            self._connection.terminate()

    async def append(self, hit: Hit) -> None:
        """Returns when `hit` is committed, or in the spool; or, with both away, counted as lost. Raises nothing."""
        while len(self._batch) >= MOST:
            await self._turn
        self._batch.append(hit)
        turn = self._turn
        if not self._busy:
            self._busy = True
            self._runner = patience.start(self._run())
        await turn

    async def _run(self) -> None:
        while self._batch:
            batch, turn = self._batch, self._turn
            self._batch, self._turn = [], _Turn()
            try:
                await self._keep(batch)
            except Exception as error:  # whatever it was, people are waiting for their redirect
                LOST.inc(len(batch))
                log.error("hits lost", hits=len(batch), error=repr(error), exc_info=error)
            turn.set_result(None)
        self._busy = False

    async def _keep(self, batch: Sequence[Hit]) -> None:
        if await self._copied(batch):
            RECORDED.inc(len(batch))
        elif await self._spooled(batch):
            SPOOLED.inc(len(batch))
        else:
            LOST.inc(len(batch))

    async def _copied(self, batch: Sequence[Hit]) -> bool:
        connection = self._connection
        if connection is None:
            return False
        try:
            await patience.within(LIMIT, _copy(connection, batch))
        except Exception as error:  # whatever it was, the disk takes the batch
            self._connection, self._was_away = None, True
            connection.terminate()
            log.warning("journal goes to disk", hits=len(batch), error=repr(error))
            return False
        return True

    async def _spooled(self, batch: Sequence[Hit]) -> bool:
        if self._writing is not None and not self._writing.done():
            return False  # the disk still hangs
        self._writing = asyncio.get_running_loop().run_in_executor(self._disk, self._write, batch)
        await asyncio.wait({self._writing}, timeout=DISK_LIMIT)
        error = self._writing.exception() if self._writing.done() else TimeoutError()
        if error is not None:
            log.error("hits lost", hits=len(batch), error=repr(error))
        return error is None

    def _write(self, batch: Sequence[Hit]) -> None:
        """In the disk's thread."""
        if self._segment is None:
            self._segment = Segment.create(self._folder)
        self._segment.append(batch)

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            try:
                await self._mend()
            except Exception as error:  # one bad file must not keep the others, or the database, away
                log.error("journal not mended", error=repr(error), exc_info=error)

    async def _mend(self) -> None:
        """Get the database back, and give it what it missed."""
        try:
            if self._connection is None or self._connection.is_closed():
                self._connection = await connect(self._database_url)
                if self._was_away:
                    log.info("journal goes to the database again")
                    self._was_away = False
            await self._replay()
        except FAILURES as error:
            log.debug("journal not mended", error=repr(error))

    async def _replay(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._disk, self._gather)
        for segment in list(self._waiting):
            self._waiting.append(self._waiting.pop(0))  # one that can't be replayed does not stand in the way of the next
            await replay(self._database_url, segment)
            self._waiting.remove(segment)

    def _gather(self) -> None:
        """In the disk's thread: what this process wrote, and what dead ones left."""
        if self._segment is not None:
            self._waiting.append(self._segment)
            self._segment = None
        if time.monotonic() - self._looked_at >= LOOK_FOR_ABANDONED:
            self._looked_at = time.monotonic()
            self._waiting += spool.abandoned(self._folder)


async def replay(database_url: str, segment: Segment) -> int:
    """Copy a file into the database and remove it; how many hits it held. Broken off, it is done again from its start."""
    connection = await connect(database_url)
    total, offset = 0, 0
    try:
        while True:
            hits, offset = await asyncio.to_thread(segment.read, offset, REPLAY_AT_ONCE)
            if not hits:
                break
            await _copy(connection, hits)
            total += len(hits)
    finally:
        connection.terminate()
    if torn := segment.size - offset:
        TORN.inc()
        log.warning("spool file was cut off", file=segment.path.name, bytes=torn)
    REPLAYED.inc(total)
    await asyncio.to_thread(segment.remove)
    return total


async def connect(database_url: str) -> asyncpg.Connection:
    """A connection whose commits are on the disk when they are said to be."""
    settings = {"application_name": "portal-journal", "synchronous_commit": "on"}
    return await patience.within(3, asyncpg.connect(database_url, timeout=2, server_settings=settings))


async def _copy(connection: asyncpg.Connection, hits: Sequence[Hit]) -> None:
    records = [msgspec.structs.astuple(hit) for hit in hits]
    await connection.copy_records_to_table("click_journal", records=records, columns=COLUMNS)
