"""Files of hits into the database, once it is back."""

import asyncio
from pathlib import Path
from typing import NamedTuple

import asyncpg
import structlog
from prometheus_client import Counter

from portal import db, patience
from portal.clicks import copying, spool
from portal.clicks.spool import Segment

log = structlog.get_logger()

REPLAYED = Counter("portal_clicks_replayed", "Hits copied from local files into the database.")
TORN = Counter("portal_clicks_torn", "Ends of local files that a crash cut off.")
DAMAGED = Counter("portal_clicks_damaged", "Stretches of local files that could not be read; the files are kept aside.")

FAILURES = (*db.AWAY, asyncpg.PostgresError)
"""Of database and disk."""
LIMIT = 30.0
"""Seconds for one part of a file."""


class Replayed(NamedTuple):
    hits: int
    gaps: int
    torn: int


async def replay(database_url: str, segment: Segment) -> int:
    """Copy a file into the database and remove it, or keep it aside when parts of it could not be read; how many hits it held.

    Broken off, it is done again from its start: whoever reads the journal knows each hit by its id. Raises what asyncpg raises,
    and `OSError`.
    """
    connection = await connect(database_url)
    try:
        found = await _copy_all(connection, segment)
    finally:
        connection.terminate()
    REPLAYED.inc(found.hits)
    TORN.inc(found.torn > 0)
    DAMAGED.inc(found.gaps)
    log.info("spool file replayed", file=segment.path.name, hits=found.hits)
    if found.torn:
        log.warning("spool file was cut off", file=segment.path.name, bytes=found.torn)
    if found.gaps:
        log.error("spool file could not be read whole and is kept aside", file=segment.path.name, stretches=found.gaps)
    await asyncio.to_thread(segment.keep_aside if found.gaps else segment.remove)
    return found.hits


async def replay_abandoned(database_url: str, folder: Path) -> int:
    """What dead processes left in `folder`; how many hits. A file that fails does not keep the next one waiting.

    Raises what the last file that failed raised.
    """
    total, failure = 0, None
    segments, _ = await asyncio.to_thread(spool.abandoned, folder)
    try:
        for segment in segments:
            try:
                total += await replay(database_url, segment)
            except FAILURES as error:
                failure = error
    finally:
        for segment in segments:
            segment.release()
    if failure is not None:
        raise failure
    return total


async def connect(database_url: str, **settings: str) -> asyncpg.Connection:
    """A connection whose commits are on the disk when they are said to be."""
    wanted = {"application_name": "portal-journal", "synchronous_commit": "on"} | settings
    return await patience.within(3, asyncpg.connect(database_url, timeout=2, server_settings=wanted))


async def _copy_all(connection: asyncpg.Connection, segment: Segment) -> Replayed:
    hits, gaps, torn, offset = 0, 0, 0, 0
    while offset < segment.size:
        part = await asyncio.to_thread(segment.read, offset)
        if part.hits:
            await patience.within(LIMIT, copying.copy(connection, part.hits))
        hits, gaps, torn, offset = hits + len(part.hits), gaps + part.gaps, torn + part.torn, part.end
    return Replayed(hits, gaps, torn)
