"""For machines that watch the portal."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence

from litestar import Response, get
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily

from portal import db, patience, redis

LIMIT = 1.0
"""Seconds that a store gets to answer."""

ProviderCalls = Callable[[], Awaitable[Mapping[tuple[str, str], int]]]
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
async def metrics(provider_calls: ProviderCalls) -> Response[bytes]:
    """Of this process; and what workers did at providers, who are not asked themselves."""
    calls = CounterMetricFamily(
        "portal_provider_calls", "Messages handed to providers, by what came of it", labels=["provider", "outcome"]
    )
    for labels, count in (await provider_calls()).items():
        calls.add_metric(labels, count)
    return Response(generate_latest() + generate_latest(_Told([calls])), headers={"content-type": CONTENT_TYPE_LATEST})


class _Told(CollectorRegistry):
    """Figures that were counted elsewhere."""

    def __init__(self, families: Sequence[Metric]) -> None:
        super().__init__()
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


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
