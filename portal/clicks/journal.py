"""Writing hits down before they are answered.

Hits that arrive together share one `COPY`: while one is under way the next batch gathers, and everybody waits for the commit
that holds their hit. When PostgreSQL doesn't commit within `LIMIT`, its connection is given up, and this batch and those after it
go into a local file (`refuge`): requests don't ask the database again. Beside them the journal tries to get it back, and trusts
it with requests only after it has committed something in time; then the files are copied into it (`replaying`).
A `COPY` that was given up may have committed after all: such a hit is in both places, and ingest counts it once, by its id.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import asyncpg
import structlog
from prometheus_client import Counter

from portal import db, patience
from portal.clicks import copying, replaying
from portal.clicks.hits import Hit
from portal.clicks.refuge import Refuge

log = structlog.get_logger()

RECORDED = Counter("portal_clicks_recorded", "Hits committed to the database before they were answered.")
SPOOLED = Counter("portal_clicks_spooled", "Hits written to a local file because the database did not answer in time.")
LOST = Counter("portal_clicks_lost", "Hits answered although neither database nor disk took them in time.")

LIMIT = 0.25
"""Seconds that a batch waits for PostgreSQL."""
ONE_WRITE = 100
"""Hits that leave in one write, however long they are. Then nothing is waited for but the answer, and ending the connection ends
that: it saves a task and two rounds of the loop. More may have to wait for room in the socket, and are watched from outside."""
MOST = 20_000
"""Hits in a batch; more wait their turn."""
FULL_LIMIT = 1.0
"""Seconds that they wait; then they are lost, and counted."""
PAUSE, LONGEST_PAUSE = 0.5, 10.0
"""Seconds between looks whether the database is back: at first, and when it fails again and again soon after it was."""
REPLAY_EVERY = 0.5
STEADY = 30.0
"""Seconds that a connection must last for that to be forgotten."""
OPENING, CLOSING = 1.0, 3.0
"""Seconds that the start waits for the database, and the end for a last replay."""
TRIAL = 100
"""Hits that must be committed in time before requests may rely on the database again."""
LOSSES_TOLD_EVERY = 10.0


class State(StrEnum):
    OK = "ok"
    SPOOLING = "spooling"
    """Hits go to the disk, or wait there for the database."""
    LOSING = "losing"
    """The last batch went nowhere."""


class Standing(NamedTuple):
    """How the journal of this process is doing."""

    journal: State
    lost: int
    """Hits, since this process started."""
    waiting_files: int
    """Of hits that the database has not got yet."""
    damaged_files: int
    """That could not be read whole, kept aside."""


class _Turn(asyncio.Future[None]):
    """What all requests of a batch wait for. One request that is given up must not take the others with it."""

    def cancel(self, msg: object = None) -> bool:
        return False


async def _copy_in_time(connection: asyncpg.Connection, batch: Sequence[Hit]) -> None:
    """Raises whatever the copy fails with when the connection is ended after `LIMIT`, and what it raises before."""
    if len(batch) > ONE_WRITE:
        return await patience.within(LIMIT, copying.copy(connection, batch))
    timer = asyncio.get_running_loop().call_later(LIMIT, connection.terminate)
    try:
        await copying.copy(connection, batch)
    finally:
        timer.cancel()


class Journal:
    """The journal of one process. It opens, and takes hits, also while the database or the disk is away."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._database_url = database_url
        self._refuge = Refuge(folder)
        self._connection: asyncpg.Connection | None = None
        self._batch: list[Hit] = []
        self._busy = False
        self._since, self._pause = 0.0, PAUSE
        self._trial: Sequence[Hit] = []
        self._lost, self._losing, self._told_at = 0, False, -LOSSES_TOLD_EVERY

    async def open(self) -> None:
        """Waits for the database, but not for long."""
        self._turn = _Turn()
        regain = patience.start(self._regain())
        await asyncio.wait({regain}, timeout=OPENING)
        replay = patience.start(self._replay())
        await asyncio.wait({replay}, timeout=OPENING)
        self._tending = [
            patience.start(_repeat(self._regain, regain, lambda: self._pause)),
            patience.start(_repeat(self._replay, replay, lambda: REPLAY_EVERY)),
        ]

    async def close(self) -> None:
        """Waits for what is under way; what can't be copied now stays in its file for the next process."""
        if self._busy:
            await asyncio.wait({self._runner})
        await patience.stop(self._tending)
        last = patience.start(self._replay())
        await asyncio.wait({last}, timeout=CLOSING)
        await patience.stop([last])
        self._refuge.close()
        if self._connection is not None:
            self._connection.terminate()

    def standing(self) -> Standing:
        refuge = self._refuge
        fine = self._connection is not None and not refuge.waiting_files
        state = State.LOSING if self._losing else State.OK if fine else State.SPOOLING
        return Standing(state, self._lost - refuge.late, refuge.waiting_files, refuge.damaged_files)

    async def append(self, hit: Hit) -> None:
        """Returns when `hit` is committed, or in the spool; or, with both away, counted as lost. Raises nothing."""
        if len(self._batch) >= MOST and not await self._room():
            self._lose(1, "too many at once")
            return
        self._batch.append(hit)
        turn = self._turn
        if not self._busy:
            self._busy = True
            self._runner = patience.start(self._run())
        await turn

    async def _room(self) -> bool:
        """Wait until the batch has room again; whether it has."""
        until = time.monotonic() + FULL_LIMIT
        while len(self._batch) >= MOST and (left := until - time.monotonic()) > 0:
            await asyncio.wait({self._turn}, timeout=left)
        return len(self._batch) < MOST

    async def _run(self) -> None:
        while self._batch:
            batch, turn = self._batch, self._turn
            self._batch, self._turn = [], _Turn()
            try:
                await self._keep(batch)
            except Exception as error:  # whatever it was, people are waiting for their redirect
                self._lose(len(batch), repr(error))
            finally:
                turn.set_result(None)
        self._busy = False

    async def _keep(self, batch: Sequence[Hit]) -> None:
        """Raises what the disk raises, when the database did not take it either."""
        if await self._copied(batch):
            RECORDED.inc(len(batch))
        else:
            await self._refuge.keep(batch)
            SPOOLED.inc(len(batch))
            self._trial = batch[:TRIAL]
        self._losing = False

    async def _copied(self, batch: Sequence[Hit]) -> bool:
        connection = self._connection
        if connection is None:
            return False
        try:
            await _copy_in_time(connection, batch)
        except Exception as error:  # whatever it was, the disk takes the batch
            self._give_up(connection)
            log.warning("journal goes to disk", hits=len(batch), error=repr(error))
            return False
        return True

    def _give_up(self, connection: asyncpg.Connection) -> None:
        """Requests don't ask the database again until it is regained: the later, the oftener it failed."""
        connection.terminate()
        self._connection = None
        steady = time.monotonic() - self._since >= STEADY
        self._pause = PAUSE if steady else min(self._pause * 2, LONGEST_PAUSE)

    def _lose(self, hits: int, why: str) -> None:
        LOST.inc(hits)
        self._lost += hits
        self._losing = True
        if time.monotonic() - self._told_at >= LOSSES_TOLD_EVERY:
            self._told_at = time.monotonic()
            log.error("hits lost", hits=hits, lost_so_far=self._lost, error=why)

    async def _regain(self) -> None:
        """A connection for requests, if there is none. After an outage it must show that it commits: one that hangs again would
        cost people time."""
        if self._connection is not None and not self._connection.is_closed():
            return
        # What a request no longer waits for must end at the server too.
        connection = await replaying.connect(self._database_url, statement_timeout="2s")
        try:
            if self._trial:
                with suppress(asyncpg.DataError):  # a hit that it refuses says nothing about its health
                    await patience.within(LIMIT, copying.copy(connection, self._trial))
        except BaseException:
            connection.terminate()
            raise
        if self._trial:
            log.info("journal goes to the database again")
        self._connection, self._trial, self._since = connection, [], time.monotonic()

    async def _replay(self) -> None:
        """Give the database what it missed, once it is regained. Apart from that: a disk that hangs must not keep it away."""
        if self._connection is not None:
            await self._refuge.gather()
            await self._refuge.replay(self._database_url)


async def _repeat(
    do: Callable[[], Coroutine[None, None, None]], under_way: "asyncio.Task[None]", pause: Callable[[], float]
) -> None:
    """For ever, with `pause` seconds between an end and the next beginning. A failure that lasts is told once."""
    told = ""
    try:
        while True:
            await asyncio.wait({under_way})
            error = under_way.exception()
            if error is not None and repr(error) != told and not isinstance(error, db.AWAY):
                log.error("journal not mended", error=repr(error), exc_info=error)
            told = repr(error)
            await asyncio.sleep(pause())
            under_way = patience.start(do())
    finally:
        await patience.stop([under_way])
