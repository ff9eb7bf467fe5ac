"""PostgreSQL and Redis for a process that outlives both."""

import asyncio
import socket
from datetime import datetime

from portal import db, redis
from portal.settings import settings

POOL = 8
BEAT = 10.0
"""Seconds between two signs of life."""
LIFE = 30
"""Seconds after which a part that gave no sign counts as dead."""

_opening = asyncio.Lock()


async def ready() -> None:
    """Open what is not open yet. Raises what asyncpg raises when PostgreSQL is not there: then the next call tries again."""
    async with _opening:
        if db.DB.pool is None:
            await redis.open(settings().redis_url)
            await db.open(settings().database_url, max_size=POOL)


async def close() -> None:
    await redis.close()
    await db.close()


def beat_key(part: str, host: str = "") -> str:
    """Where a part's sign of life stands: of any host, or of one."""
    return f"heartbeat:{part}:{host}" if host else f"heartbeat:{part}"


async def beat(part: str, now: datetime) -> None:
    """Give a sign of life, for `portal doctor` and for the health check of this container."""
    for key in (beat_key(part), beat_key(part, socket.gethostname())):
        await redis.client().set(key, now.isoformat(), ex=LIFE)
