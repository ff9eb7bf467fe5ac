"""Workspaces and their settings."""

from datetime import datetime, time
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.colors import read_color
from portal.accounts.places import LANGUAGES, countries, timezones
from portal.web.forms import Form
from portal.web.missing import Missing

DEFAULT_COLOR = "#0f766e"
QUIET_FROM = time(21)
QUIET_UNTIL = time(8)


class Workspace(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    timezone: str
    country: str
    language: str
    brand_color: str
    privacy_url: str
    quiet_from: time
    quiet_until: time
    communications_off_at: datetime | None
    created_at: datetime


class Changes(msgspec.Struct, frozen=True):
    """What the settings page changes."""

    name: str
    timezone: str
    country: str
    language: str
    brand_color: str
    privacy_url: str


async def list_workspaces() -> list[tuple[UUID, str]]:
    """Id and name of all, by name. For the shell: no member sees other workspaces."""
    return [(r["id"], r["name"]) for r in await db.rows("SELECT id, name FROM workspace ORDER BY lower(name), id")]


async def get_workspace(workspace_id: UUID) -> Workspace:
    """Raises `Missing`."""
    found = await db.row("SELECT * FROM workspace WHERE id = $1", workspace_id)
    if found is None:
        raise Missing
    return Workspace(**{name: found[name] for name in Workspace.__struct_fields__})


def read_changes(form: Form) -> Changes:
    """Raises `Invalid`."""
    changes = Changes(
        name=form.text("name", missing="Give the organisation's name.", longest=120),
        timezone=form.choice("timezone", timezones(), wrong="Choose a time zone from the list."),
        country=form.choice("country", countries(), wrong="Choose a country from the list."),
        language=form.choice("language", LANGUAGES, wrong="Choose a language from the list."),
        brand_color=read_color(form.raw("brand_color")) or "",
        privacy_url=form.text("privacy_url", longest=500),
    )
    if not changes.brand_color:
        form.wrong("brand_color", "Give the colour as # and six digits or letters a to f, such as #0f766e.")
    if changes.privacy_url and not is_https(changes.privacy_url):
        form.wrong("privacy_url", "Give the whole address of a page, beginning with https://.")
    form.check()
    return changes


async def edit_workspace(workspace_id: UUID, changes: Changes) -> None:
    await db.run(
        "UPDATE workspace SET name = $2, timezone = $3, country = $4, language = $5, brand_color = $6, privacy_url = $7 "
        "WHERE id = $1",
        workspace_id,
        *msgspec.structs.astuple(changes),
    )


async def switch_communications(workspace_id: UUID, *, on: bool, now: datetime) -> None:
    """The one switch over all messages to candidates. Switching off twice keeps the first time."""
    await db.run(
        "UPDATE workspace SET communications_off_at = CASE WHEN $2 THEN NULL ELSE coalesce(communications_off_at, $3) END "
        "WHERE id = $1",
        workspace_id,
        on,
        now,
    )


def is_https(text: str) -> bool:
    """Whether `text` is the address of a page that everybody can reach safely."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme == "https" and "." in host.strip(".") and "@" not in parts.netloc and not set(text) & set(" \\\"'<>")
