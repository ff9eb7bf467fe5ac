"""Counting people once a day without knowing who they are.

A visitor is a hash of address and user agent, keyed with a random salt that lives for one day of the calendar. When the salt
is gone, nobody can tell whose hash it was, us included. So visitors can be added up over days, but never compared.
"""

import secrets
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from portal import db

SALT_LENGTH = 16
KEPT = timedelta(hours=48)


class Salts:
    """The salts that this process uses: of every day that it is now somewhere on Earth, and of the two after it, so that an
    outage over midnight loses no visitor."""

    def __init__(self) -> None:
        self._by_day: dict[date, bytes] = {}

    async def load(self, now: datetime) -> None:
        """Make those that are missing and forget those of other days. Raises what the database raises."""
        today = now.astimezone(UTC).date()
        days = [today + timedelta(days=n) for n in range(-1, 3)]
        await db.run(
            "INSERT INTO visitor_salt (day, salt, created_at) SELECT *, $3::timestamptz FROM unnest($1::date[], $2::bytea[]) "
            "ON CONFLICT (day) DO NOTHING",
            days,
            [secrets.token_bytes(SALT_LENGTH) for _ in days],
            now,
        )
        found = await db.rows("SELECT day, salt FROM visitor_salt WHERE day = ANY($1::date[])", days)
        self._by_day = {r["day"]: r["salt"] for r in found}

    def visitor(self, day: date, workspace_id: UUID, address: str, user_agent: str) -> bytes | None:
        """16 bytes for one household's device on the workspace's day; None when there is no salt for it. `address` goes no
        further than this."""
        salt = self._by_day.get(day)
        if salt is None:
            return None
        said = b"\0".join((workspace_id.bytes, address.encode(), user_agent.encode()))
        return blake2b(said, key=salt, digest_size=16).digest()


def doubtful(now: datetime) -> date:
    """The last day of which `visitor_day` may have been forgotten already, or may be while we look. A click of that day or an
    earlier one comes late, and who it is must be asked of the clicks themselves."""
    return (now.astimezone(UTC) - KEPT).date() + timedelta(days=1)


async def forget_old(now: datetime) -> int:
    """Delete salts two days after their day began in UTC, by when it has ended everywhere, and who was counted with them; how
    many salts that were."""
    last = (now.astimezone(UTC) - KEPT).date()
    async with db.transaction():
        await db.run("DELETE FROM visitor_day WHERE day <= $1", last)
        return await db.run("DELETE FROM visitor_salt WHERE day <= $1", last)
