"""The one Redis client of a process: sessions, rate limits, cache invalidation. Nothing that may not be lost."""

from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

LIMIT = 2.0
"""Seconds for a connection, and for an answer."""
_client: Redis | None = None


async def open(url: str) -> None:  # noqa: A001 - read as redis.open()
    """Make the client. Does not connect: a Redis that is away must not stop a process from starting.

    Something that fails is tried once more, since a connection may have died of old age. The library's own ten times would keep
    people waiting for half a minute.
    """
    global _client
    again = Retry(NoBackoff(), 1)
    _client = Redis.from_url(url, socket_timeout=LIMIT, socket_connect_timeout=LIMIT, retry=again)


async def close() -> None:
    global _client
    if _client is not None:
        await _client.aclose()
        _client = None


def client() -> Redis:
    """The client of this process. Raises `RuntimeError` before `open`."""
    if _client is None:
        raise RuntimeError("redis.open() has not been called")
    return _client


def with_database(url: str, number: int) -> str:
    """`url` with another database number: Dramatiq scans its whole database, so it gets one of its own."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = parse_qs(parts.query) | {"db": [str(number)]}
        return f"unix://{parts.path}?{urlencode(query, doseq=True)}"
    return urlunsplit(parts._replace(path=f"/{number}"))
