"""Rate limits: a token bucket in Redis, one atomic script, the same for every replica."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import structlog
from redis.exceptions import RedisError

from portal import redis

log = structlog.get_logger()

BUCKET = """
local full, per_second, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(full, (tonumber(kept[1]) or full) + math.max(0, now - (tonumber(kept[2]) or now)) * per_second)
local allowed = tokens >= 1
if allowed then tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(full / per_second * 1000) + 1000)
return allowed and 0 or math.ceil((1 - tokens) / per_second)
"""


@dataclass(frozen=True)
class Limit:
    """`burst` at once, refilled over `seconds`."""

    name: str
    burst: int
    seconds: int


async def wait_for(limit: Limit, subject: str, now: datetime) -> int:
    """Seconds that `subject` must wait before it may; 0: it may, and that was counted.

    `subject` is hashed: an address of a network is never kept readable. A Redis that is away lets everybody pass:
    slower guessing is worth less than candidates who can't get in.
    """
    key = f"limit:{limit.name}:{hashlib.sha256(subject.encode()).hexdigest()[:32]}"
    try:
        wait = await redis.client().eval(BUCKET, 1, key, limit.burst, limit.burst / limit.seconds, now.timestamp())
    except RedisError as error:
        log.warning("rate limit not asked", limit=limit.name, error=str(error))
        return 0
    return int(wait)
