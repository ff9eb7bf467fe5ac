"""The people of a workspace."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from portal import db
from portal.accounts import passwords, sessions
from portal.accounts.access import Role
from portal.accounts.emails import read_email
from portal.web.forms import Invalid
from portal.web.missing import Missing

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are mistaken for each other when read aloud or copied by hand."""


class Member(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    email: str
    role: Role
    disabled_at: datetime | None
    created_at: datetime


async def list_members(workspace_id: UUID) -> list[Member]:
    """All of them by name, those who can't sign in last."""
    found = await db.rows(
        "SELECT id, name, email, role, disabled_at, created_at FROM member WHERE workspace_id = $1 "
        "ORDER BY disabled_at IS NOT NULL, lower(name), id",
        workspace_id,
    )
    return [_member(r) for r in found]


async def get_member(workspace_id: UUID, member_id: UUID) -> Member:
    """Raises `Missing`."""
    found = await db.row(
        "SELECT id, name, email, role, disabled_at, created_at FROM member WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        member_id,
    )
    if found is None:
        raise Missing
    return _member(found)


async def add_member(*, workspace_id: UUID, name: str, email: str, role: Role, password: str, now: datetime) -> UUID:
    """Raises `Invalid` with ``name``, ``email`` or ``password``."""
    check(name=name, email=email, password=password)
    made = db.new_id()
    try:
        await db.run(
            "INSERT INTO member (id, workspace_id, name, email, role, password_hash, created_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7)",
            made,
            workspace_id,
            name.strip(),
            read_email(email),
            role.value,
            await passwords.hash_password(password),
            now,
        )
    except asyncpg.UniqueViolationError as clash:
        raise Invalid({"email": "Somebody with this email address is already a member."}) from clash
    return made


def check(*, name: str, email: str, password: str) -> None:
    """Raises `Invalid` with all that is wrong with a new member."""
    address = read_email(email)
    wrong = {
        "name": "" if 0 < len(name.strip()) <= 120 else "Give the person's name, in at most 120 characters.",
        "email": "" if address else "Give an email address such as name@example.com.",
        "password": passwords.wrong_with(password, address or ""),
    }
    if any(wrong.values()):
        raise Invalid({name: sentence for name, sentence in wrong.items() if sentence})


async def change_role(workspace_id: UUID, member_id: UUID, role: Role, *, by: UUID) -> None:
    """Raises `Missing`, or `Invalid` where nobody would be left to manage the workspace."""
    if member_id == by:
        raise Invalid({"role": "You can't change your own role: ask another admin."})
    async with _keeping_an_admin(workspace_id, "role"):
        await _one("UPDATE member SET role = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, member_id, role.value)


async def disable(workspace_id: UUID, member_id: UUID, *, by: UUID, now: datetime) -> None:
    """From now on they can't sign in, and are signed out. Raises `Missing` or `Invalid`."""
    if member_id == by:
        raise Invalid({"": "You can't disable yourself: ask another admin."})
    async with _keeping_an_admin(workspace_id, ""):
        await _one(
            "UPDATE member SET disabled_at = coalesce(disabled_at, $3) WHERE workspace_id = $1 AND id = $2",
            workspace_id,
            member_id,
            now,
        )
        await sessions.end_all(member_id)


async def enable(workspace_id: UUID, member_id: UUID) -> None:
    """They can sign in again, with the password they had. Raises `Missing`."""
    await _one("UPDATE member SET disabled_at = NULL WHERE workspace_id = $1 AND id = $2", workspace_id, member_id)


async def set_password(workspace_id: UUID, member_id: UUID, password: str) -> None:
    """And sign them out everywhere. `password` has been checked. Raises `Missing`."""
    password_hash = await passwords.hash_password(password)
    async with db.transaction():
        await _one(
            "UPDATE member SET password_hash = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, member_id, password_hash
        )
        await sessions.end_all(member_id)


async def change_password(workspace_id: UUID, member_id: UUID, *, old: str, new: str) -> None:
    """The member's own doing. Ends all their sessions. Raises `Invalid` with ``old`` or ``new``."""
    found = await db.row("SELECT email, password_hash FROM member WHERE workspace_id = $1 AND id = $2", workspace_id, member_id)
    if found is None or not await passwords.verify(found["password_hash"], old):
        raise Invalid({"old": "This is not your password now."})
    wrong = "Choose one that differs from the old." if old == new else passwords.wrong_with(new, found["email"])
    if wrong:
        raise Invalid({"new": wrong})
    await set_password(workspace_id, member_id, new)


def made_up_password() -> str:
    """Sixteen letters and figures in groups of four (79 bits), to be told to somebody once."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


@asynccontextmanager
async def _keeping_an_admin(workspace_id: UUID, field: str) -> AsyncIterator[None]:
    """A change that is undone when no admin could sign in after it. Two of them wait for each other."""
    async with db.transaction():
        await db.value("SELECT id FROM workspace WHERE id = $1 FOR UPDATE", workspace_id)
        yield
        left = await db.value(
            "SELECT count(*) FROM member WHERE workspace_id = $1 AND role = 'admin' AND disabled_at IS NULL", workspace_id
        )
        if not left:
            raise Invalid({field: "This is the last admin: make somebody else an admin first."})


async def _one(sql: str, *args: object) -> None:
    if not await db.run(sql, *args):
        raise Missing


def _member(found: db.Row) -> Member:
    return Member(**dict(found) | {"role": Role(found["role"])})
