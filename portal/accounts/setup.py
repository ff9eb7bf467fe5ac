"""The first run: the first workspace and its admin."""

import hmac
from datetime import datetime
from uuid import UUID

from portal import crypto, db
from portal.accounts import members
from portal.accounts.access import Role
from portal.accounts.places import LANGUAGES
from portal.accounts.workspaces import DEFAULT_COLOR, QUIET_FROM, QUIET_UNTIL
from portal.settings import settings
from portal.web.forms import Invalid

_LOCK = 7_402_118_359
"""Any number that nothing else locks."""


class AlreadySetUp(Exception):
    """There is a workspace: the link of the first run opens nothing any more."""


async def setup_link() -> str | None:
    """The address of the first run, or None once a workspace exists."""
    return None if await is_set_up() else f"{settings().public_url}/app/setup/{_token()}"


async def is_set_up() -> bool:
    return bool(await db.value("SELECT EXISTS (SELECT FROM workspace)"))


def is_setup_token(token: str) -> bool:
    return hmac.compare_digest(token.encode(errors="replace"), _token().encode())


async def make_first_workspace(
    *, name: str, timezone: str, country: str, member_name: str, email: str, password: str, now: datetime
) -> tuple[UUID, UUID]:
    """`create_workspace`, unless there is one: of two forms sent at once the second raises `AlreadySetUp`."""
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock($1)", _LOCK)
        if await is_set_up():
            raise AlreadySetUp
        return await create_workspace(
            name=name, timezone=timezone, country=country, member_name=member_name, email=email, password=password, now=now
        )


async def create_workspace(
    *,
    name: str,
    member_name: str,
    email: str,
    password: str,
    now: datetime,
    timezone: str = "Europe/London",
    country: str = "GB",
) -> tuple[UUID, UUID]:
    """A workspace and its admin, both or neither; their ids. `timezone` and `country` are ones that `places` knows.

    Raises `Invalid` with ``name``, ``member_name``, ``email`` or ``password``.
    """
    _check(name, member_name, email, password)
    async with db.transaction():
        workspace_id = await _insert(name.strip(), timezone, country, now)
        member_id = await members.add_member(
            workspace_id=workspace_id, name=member_name, email=email, role=Role.ADMIN, password=password, now=now
        )
    return workspace_id, member_id


def _check(name: str, member_name: str, email: str, password: str) -> None:
    errors = {} if 0 < len(name.strip()) <= 120 else {"name": "Give the organisation's name, in at most 120 characters."}
    try:
        members.check(name=member_name, email=email, password=password)
    except Invalid as wrong:
        errors |= {field: sentence for field, sentence in wrong.errors.items() if field != "name"}
        if "name" in wrong.errors:
            errors["member_name"] = "Give your name, in at most 120 characters."
    if errors:
        raise Invalid(errors)


async def _insert(name: str, timezone: str, country: str, now: datetime) -> UUID:
    made = db.new_id()
    await db.run(
        "INSERT INTO workspace "
        "(id, name, timezone, country, language, brand_color, privacy_url, quiet_from, quiet_until, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8, $9)",
        made,
        name,
        timezone,
        country,
        next(iter(LANGUAGES)),
        DEFAULT_COLOR,
        QUIET_FROM,
        QUIET_UNTIL,
        now,
    )
    return made


def _token() -> str:
    return crypto.token("setup")
