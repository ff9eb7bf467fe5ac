"""Changing a link, with who did it, when, and the way back.

Every change is written down with the values before and after it; taking one back is a change like any other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import changes, db
from portal.links.countdown import ENDS
from portal.web.missing import Missing

Values = Mapping[str, object]
"""By the names of a link's columns."""


class What(StrEnum):
    TARGET = "target"
    START = "start"
    END = "end"
    PAUSED = "paused"
    RESUMED = "resumed"
    ARCHIVED = "archived"
    RESTORED = "restored"
    CARD = "card"
    NAME = "name"


COLUMNS: dict[str, type] = {
    "job_id": UUID,
    "target_url": str,
    "starts_at": datetime,
    "expires_at": datetime,
    "expires_after_hours": int,
    "paused_at": datetime,
    "archived_at": datetime,
    "card_title": str,
    "card_text": str,
    "card_picture_id": UUID,
    "label": str,
    "note": str,
}
"""What can be changed of a link. The slug can't: it is out in the world."""
SWITCHES = {"paused_at": (What.PAUSED, What.RESUMED), "archived_at": (What.ARCHIVED, What.RESTORED)}
"""Columns that say since when something is so; what it means to set and to empty them."""
GROUPS = {
    What.TARGET: ("job_id", "target_url"),
    What.START: ("starts_at",),
    What.END: ("expires_at", "expires_after_hours"),
    What.CARD: ("card_title", "card_text", "card_picture_id"),
    What.NAME: ("label", "note"),
}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One change."""

    id: UUID
    at: datetime
    by: str
    """The member's name; empty if nobody's."""
    what: What
    before: dict[str, object]
    after: dict[str, object]


async def change(workspace_id: UUID, link_id: UUID, values: Values, *, by: UUID | None, now: datetime) -> list[UUID]:
    """Set what is new in `values`; the ids of the changes, none if all was so already. Raises `Missing`."""
    async with db.transaction():
        before = await _lock(workspace_id, link_id)
        new = {name: value for name, value in values.items() if _differs(name, before[name], value)}
        if not new:
            return []
        after = await _write(workspace_id, link_id, new)
        made = [await _record(workspace_id, link_id, what, (before, after), by=by, now=now) for what in _kinds(new)]
    await changes.link_changed(link_id)
    return made


async def pause(workspace_id: UUID, link_id: UUID, *, by: UUID | None, now: datetime) -> list[UUID]:
    """Raises `Missing`."""
    return await change(workspace_id, link_id, {"paused_at": now}, by=by, now=now)


async def resume(workspace_id: UUID, link_id: UUID, *, by: UUID | None, now: datetime) -> list[UUID]:
    """Raises `Missing`."""
    return await change(workspace_id, link_id, {"paused_at": None}, by=by, now=now)


async def archive(workspace_id: UUID, link_id: UUID, *, by: UUID | None, now: datetime) -> list[UUID]:
    """Out of the lists and of use. Its clicks and its slug stay its own. Raises `Missing`."""
    return await change(workspace_id, link_id, {"archived_at": now}, by=by, now=now)


async def restore(workspace_id: UUID, link_id: UUID, *, by: UUID | None, now: datetime) -> list[UUID]:
    """Raises `Missing`."""
    return await change(workspace_id, link_id, {"archived_at": None}, by=by, now=now)


async def undo(workspace_id: UUID, link_id: UUID, change_ids: Sequence[UUID], *, by: UUID | None, now: datetime) -> list[UUID]:
    """What these changes of the link touched is as it was before them; the ids of the changes that this takes. Raises
    `Missing` if one of them is not there."""
    found = await db.rows(
        "SELECT before FROM link_change WHERE workspace_id = $1 AND link_id = $2 AND id = ANY($3) ORDER BY at DESC, id DESC",
        workspace_id,
        link_id,
        list(change_ids),
    )
    if not found or len(found) < len(set(change_ids)):
        raise Missing("change")
    values: dict[str, object] = {}
    for row in found:
        values |= _read(row["before"])
    return await change(workspace_id, link_id, values, by=by, now=now)


async def entries(workspace_id: UUID, link_id: UUID, limit: int = 100) -> list[Entry]:
    """The latest changes, newest first."""
    found = await db.rows(
        "SELECT c.id, c.at, coalesce(member.name, '') AS by, c.what, c.before, c.after FROM link_change c "
        "LEFT JOIN member ON member.workspace_id = c.workspace_id AND member.id = c.member_id "
        "WHERE c.workspace_id = $1 AND c.link_id = $2 ORDER BY c.at DESC, c.id DESC LIMIT $3",
        workspace_id,
        link_id,
        limit,
    )
    return [
        Entry(
            id=row["id"],
            at=row["at"],
            by=row["by"],
            what=What(row["what"]),
            before=_read(row["before"]),
            after=_read(row["after"]),
        )
        for row in found
    ]


async def _lock(workspace_id: UUID, link_id: UUID) -> dict[str, object]:
    found = await db.row(
        f"SELECT {', '.join(COLUMNS)} FROM link WHERE workspace_id = $1 AND id = $2 AND kind = 'channel' FOR NO KEY UPDATE",
        workspace_id,
        link_id,
    )
    if found is None:
        raise Missing("link")
    return dict(found)


async def _write(workspace_id: UUID, link_id: UUID, new: Values) -> dict[str, object]:
    """How the link is then. An end that counts from the first tap is worked out anew."""
    setting = ", ".join(f"{name} = ${n}" for n, name in enumerate(new, start=3))
    where = "WHERE workspace_id = $1 AND id = $2"
    await db.run(f"UPDATE link SET {setting} {where}", workspace_id, link_id, *new.values())
    found = await db.row(
        f"UPDATE link SET expires_at = {ENDS.format(tap='first_tap_at')} {where} RETURNING {', '.join(COLUMNS)}",
        workspace_id,
        link_id,
    )
    return dict(found or {})


async def _record(
    workspace_id: UUID, link_id: UUID, what: What, values: tuple[Values, Values], *, by: UUID | None, now: datetime
) -> UUID:
    """`values`: before, and after."""
    change_id, names = db.new_id(), _names(what)
    await db.run(
        "INSERT INTO link_change (id, workspace_id, link_id, member_id, at, what, before, after) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        change_id,
        workspace_id,
        link_id,
        by,
        now,
        what.value,
        *({name: msgspec.to_builtins(side[name]) for name in names} for side in values),
    )
    return change_id


def _differs(name: str, before: object, value: object) -> bool:
    """What is paused already stays paused since then."""
    return (before is None) != (value is None) if name in SWITCHES else before != value


def _kinds(new: Values) -> list[What]:
    groups = [what for what, names in GROUPS.items() if any(name in new for name in names)]
    return groups + [SWITCHES[name][new[name] is None] for name in new if name in SWITCHES]


def _names(what: What) -> Sequence[str]:
    return GROUPS.get(what) or [name for name, kinds in SWITCHES.items() if what in kinds]


def _read(stored: Values) -> dict[str, object]:
    """As the columns have them."""
    return {name: msgspec.convert(value, COLUMNS[name] | None) for name, value in stored.items()}
