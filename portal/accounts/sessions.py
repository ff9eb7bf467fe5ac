"""Who is signed in.

A session lives in Redis under the digest of a token that only the browser has: whoever reads Redis can't sign in with what
stands there. A token is only ever made here; one that a browser brings and nobody made opens nothing and is never taken over.
The member is read from the database for each request, so a new role or a disabled account counts at once.
"""

import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import crypto, db, redis
from portal.accounts.access import Role, SignedIn
from portal.settings import settings

IDLE = timedelta(hours=12)
"""A session that nobody used for so long is over (OWASP ASVS 5.0, 7.3.1)."""
ABSOLUTE = timedelta(days=7)
"""And so is one that began so long ago (7.3.2)."""
TOUCH_EVERY = timedelta(minutes=5)
"""Use is noted this coarsely, so that most requests only read."""

_TOKEN = re.compile(r"[0-9a-f]{64}")


class Session(msgspec.Struct):
    member_id: UUID
    began: datetime
    seen: datetime

    def is_over(self, now: datetime) -> bool:
        return now - self.seen > IDLE or now - self.began > ABSOLUTE


def cookie_name() -> str:
    """With https the browser itself warrants that no other host or path has set it (`__Host-`)."""
    return "__Host-portal" if settings().secure_cookies else "portal_session"


async def begin(member_id: UUID, *, now: datetime) -> str:
    """A new session of `member_id`; the token (256 bits) for the browser's cookie."""
    token = secrets.token_hex(32)
    key, kept = _key(token), _sessions_of(member_id)
    session = Session(member_id, began=now, seen=now)
    async with redis.client().pipeline(transaction=True) as pipe:
        pipe.set(key, msgspec.json.encode(session), ex=IDLE)
        pipe.zremrangebyscore(kept, "-inf", now.timestamp())
        pipe.zadd(kept, {key: (now + ABSOLUTE).timestamp()})
        pipe.expire(kept, ABSOLUTE)
        await pipe.execute()
    return token


async def member_of(cookies: str | None, now: datetime) -> SignedIn | None:
    """The member whose session a ``Cookie`` header carries. Raises `redis.exceptions.RedisError` when Redis is away."""
    token = token_in(cookies)
    session = await _load(token) if token else None
    if token is None or session is None or session.is_over(now):
        return None
    member = await _active_member(session.member_id)
    if member is not None and now - session.seen >= TOUCH_EVERY:
        await _touch(token, session, now)
    return member


async def end(token: str) -> None:
    """Sign out."""
    session = await _load(token)
    await redis.client().delete(_key(token))
    if session is not None:
        await redis.client().zrem(_sessions_of(session.member_id), _key(token))


async def end_all(member_id: UUID) -> None:
    """Sign out everywhere. A session that begins meanwhile stays: it was opened with what is true now."""
    keys = await redis.client().zrange(_sessions_of(member_id), 0, -1)
    if keys:
        await redis.client().delete(*keys)
        await redis.client().zrem(_sessions_of(member_id), *keys)


def token_in(cookies: str | None) -> str | None:
    """The session token in a ``Cookie`` header, if it looks like one."""
    for part in (cookies or "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == cookie_name() and _TOKEN.fullmatch(value):
            return value
    return None


async def _load(token: str) -> Session | None:
    kept = await redis.client().get(_key(token))
    return msgspec.json.decode(kept, type=Session) if kept else None


async def _touch(token: str, session: Session, now: datetime) -> None:
    session.seen = now
    left = min(IDLE, session.began + ABSOLUTE - now)
    # Only if it is still there: a sign-out in this very moment must not be undone.
    await redis.client().set(_key(token), msgspec.json.encode(session), px=max(left, timedelta(milliseconds=1)), xx=True)


async def _active_member(member_id: UUID) -> SignedIn | None:
    found = await db.row(
        "SELECT m.id, m.workspace_id, m.name, m.email, m.role, w.name AS workspace_name, w.timezone "
        "FROM member m JOIN workspace w ON w.id = m.workspace_id WHERE m.id = $1 AND m.disabled_at IS NULL",
        member_id,
    )
    return SignedIn(**dict(found) | {"role": Role(found["role"])}) if found else None


def _key(token: str) -> str:
    return f"session:{crypto.digest(token).hex()}"


def _sessions_of(member_id: UUID) -> str:
    return f"sessions-of:{member_id}"
