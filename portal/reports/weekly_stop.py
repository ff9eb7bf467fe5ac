"""The way out of the weekly report that stands in its header: one POST, without signing in (RFC 8058)."""

import base64
import binascii
import hmac
from uuid import UUID

from portal import crypto, db
from portal.settings import settings

PATH = "/p/weekly"
ID, MAC = 26, 16
"""Letters of the member's id, and of our signature (80 bits): short enough for a line of a header."""


def stop_url(member_id: UUID) -> str:
    return f"{settings().public_url}{PATH}/{stop_token(member_id)}"


def stop_token(member_id: UUID) -> str:
    return base64.b32encode(member_id.bytes).decode().lower().rstrip("=") + _mac(member_id)


def read_token(token: str) -> UUID | None:
    """Whose report it stops; None for a token that is not ours."""
    named, signature = token.lower()[:ID], token.lower()[ID:]
    try:
        member_id = UUID(bytes=base64.b32decode(named.upper() + "=" * (-ID % 8)))
    except (binascii.Error, ValueError):
        return None
    return member_id if hmac.compare_digest(signature.encode(), _mac(member_id).encode()) else None


async def workspace_of(member_id: UUID) -> str | None:
    """The name of the workspace that the report is about."""
    return await db.value(  # type: ignore[no-any-return]
        "SELECT w.name FROM member m JOIN workspace w ON w.id = m.workspace_id WHERE m.id = $1", member_id
    )


async def stop(member_id: UUID) -> None:
    await db.run("UPDATE member SET weekly_report = false WHERE id = $1", member_id)


def _mac(member_id: UUID) -> str:
    return crypto.token("weekly-stop", member_id)[:MAC]
