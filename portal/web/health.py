"""For machines that watch the portal."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping

from litestar import Response, get
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from portal import db, patience, redis

LIMIT = 1.0
"""Seconds that a store gets to answer."""

JournalStanding = Callable[[], Mapping[str, str | int]]
"""Of the room that keeps it: a word, and counts."""


@get("/health", opt={"public": True}, include_in_schema=False)
async def health() -> dict[str, str]:
    """This process answers. It says nothing of the database: restarting the web would not bring that back."""
    return {"status": "ok"}


@get("/ready", opt={"public": True}, include_in_schema=False)
async def ready(journal_standing: JournalStanding) -> Response[dict[str, str | int]]:
    """Whether every page works. Redirects go on while this says no; what it says of the journal is of this process."""
    database, cache = await asyncio.gather(_word(_database()), _word(_redis()))
    status = HTTP_200_OK if database == cache == "ok" else HTTP_503_SERVICE_UNAVAILABLE
    return Response({"database": database, "redis": cache, **journal_standing()}, status_code=status)


@get("/metrics", opt={"public": True}, include_in_schema=False)
async def metrics() -> Response[bytes]:
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


async def _word(question: Coroutine[object, object, object]) -> str:
    """Of a store: every error means the same here, and the probe must answer."""
    try:
        await patience.within(LIMIT, question)
    except Exception:
        return "away"
    return "ok"


async def _database() -> None:
    await db.value("SELECT 1")


async def _redis() -> None:
    await redis.client().ping()


handlers = [health, ready, metrics]
