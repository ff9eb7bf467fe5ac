"""The way in."""

import ipaddress
from datetime import datetime
from uuid import UUID

from portal import db
from portal.accounts import passwords, sessions
from portal.web.limits import Limit, wait_for

PAIR = Limit("sign-in-pair", burst=8, seconds=600)
"""Tries for one email address from one place."""
PLACE = Limit("sign-in-place", burst=60, seconds=600)
"""Tries from one place: an office signs in through one address on a Monday morning."""
EMAIL = Limit("sign-in-email", burst=60, seconds=3600)
"""Tries for one email address from anywhere. Refills faster than PAIR, so that no single place can lock somebody out."""


async def must_wait(email: str, place: str, now: datetime) -> int:
    """Seconds until this may be tried again; 0: now, and it was counted. `place`: the client's address."""
    near = network(place)
    asked = ((PAIR, f"{email.lower()} {near}"), (PLACE, near), (EMAIL, email.lower()))
    return max([await wait_for(limit, subject, now) for limit, subject in asked])


async def enter(email: str, password: str, *, now: datetime) -> str | None:
    """The token of a new session; None for an unknown address, a wrong password and a disabled member alike."""
    found = await db.row(
        "SELECT id, workspace_id, password_hash FROM member WHERE email = $1 AND disabled_at IS NULL", email.strip().lower()
    )
    right = await passwords.verify(found["password_hash"] if found else "", password)
    if found is None or not right:
        return None
    return await _begin(found["workspace_id"], found["id"], found["password_hash"], password, now)


def network(address: str) -> str:
    """What stands for one client: an IPv4 address, or the /64 that an IPv6 client chooses its addresses from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))


async def _begin(workspace_id: UUID, member_id: UUID, password_hash: str, password: str, now: datetime) -> str | None:
    """Only if the password that was checked is still the one: it may have been changed in this very moment."""
    fresh = await passwords.hash_password(password) if passwords.is_outdated(password_hash) else password_hash
    async with db.transaction():
        unchanged = await db.run(
            "UPDATE member SET password_hash = $4 "
            "WHERE workspace_id = $1 AND id = $2 AND password_hash = $3 AND disabled_at IS NULL",
            workspace_id,
            member_id,
            password_hash,
            fresh,
        )
        return await sessions.begin(member_id, now=now) if unchanged else None
