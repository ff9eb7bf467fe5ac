"""Campaigns: a marketer's named push."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from itertools import count
from uuid import UUID

import asyncpg
import msgspec
from slugify import slugify

from portal import changes, db
from portal.links.links import COLUMNS, SOURCE, ShownLink, shown
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing

LONGEST_NAME = 120
LONGEST_NOTES = 2000
LONGEST_CODE = 54
"""In letters of its name; a number still fits behind it."""
NAME_TAKEN = "There is a campaign of this name already. Choose another, or add links to that one."


class CampaignState(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"
    ARCHIVED = "archived"


class CampaignFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a member may set."""

    name: str
    starts_on: date | None
    ends_on: date | None
    notes: str


class Campaign(CampaignFields, frozen=True, kw_only=True):
    id: UUID
    code: str
    """Its word in ``utm_campaign``: made from its first name, and kept when it gets another."""
    archived_at: datetime | None

    def state(self, today: date) -> CampaignState:
        """`today`: the day at the workspace's place. A campaign without dates is running."""
        if self.archived_at is not None:
            return CampaignState.ARCHIVED
        if self.starts_on is not None and today < self.starts_on:
            return CampaignState.PLANNED
        return CampaignState.ENDED if self.ends_on is not None and today > self.ends_on else CampaignState.RUNNING


FIELDS = CampaignFields.__struct_fields__


async def list_campaigns(workspace_id: UUID) -> list[Campaign]:
    """All of them, newest first, archived ones last."""
    sql = "SELECT * FROM campaign WHERE workspace_id = $1 ORDER BY archived_at IS NOT NULL, created_at DESC, id DESC"
    return [campaign_from(row) for row in await db.rows(sql, workspace_id)]


async def get_campaign(workspace_id: UUID, campaign_id: UUID) -> Campaign:
    """Raises `Missing`."""
    found = await find_campaign(workspace_id, campaign_id)
    if found is None:
        raise Missing("campaign")
    return found


async def find_campaign(workspace_id: UUID, campaign_id: UUID) -> Campaign | None:
    found = await db.row("SELECT * FROM campaign WHERE workspace_id = $1 AND id = $2", workspace_id, campaign_id)
    return campaign_from(found) if found else None


async def make_campaign(workspace_id: UUID, campaign_id: UUID, fields: CampaignFields, *, now: datetime) -> None:
    """A campaign whose id was chosen before, so that the same form sent twice makes one. Raises `Invalid` when its name is
    taken, and `Missing` when the id is somebody else's."""
    columns = ", ".join(FIELDS)
    sql = (
        f"INSERT INTO campaign (id, workspace_id, code, created_at, {columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
        "ON CONFLICT DO NOTHING"
    )
    while True:
        code = await free_code(workspace_id, fields.name)
        if await db.run(sql, campaign_id, workspace_id, code, now, *msgspec.structs.astuple(fields)):
            return
        if await db.row("SELECT 1 FROM campaign WHERE id = $1", campaign_id):
            await get_campaign(workspace_id, campaign_id)
            return
        await check_name(workspace_id, fields.name)


async def check_name(workspace_id: UUID, name: str) -> None:
    """Raises `Invalid` when a campaign in use has it."""
    sql = "SELECT 1 FROM campaign WHERE workspace_id = $1 AND lower(name) = lower($2) AND archived_at IS NULL"
    if await db.value(sql, workspace_id, name):
        raise Invalid({"name": NAME_TAKEN})


async def edit_campaign(workspace_id: UUID, campaign_id: UUID, fields: CampaignFields) -> None:
    """Its code stays: it stands in other people's figures. Raises `Missing`, and `Invalid` when the name is taken."""
    setting = ", ".join(f"{name} = ${n}" for n, name in enumerate(FIELDS, start=3))
    await _change(workspace_id, campaign_id, setting, *msgspec.structs.astuple(fields))


async def set_archived(workspace_id: UUID, campaign_id: UUID, *, at: datetime | None) -> None:
    """Out of the lists, or back (`at` None); its links go on. Raises `Missing`, and `Invalid` when another has its name now."""
    await _change(workspace_id, campaign_id, "archived_at = $3", at)


async def links_of_campaign(workspace_id: UUID, campaign_id: UUID) -> list[ShownLink]:
    """Those in use, by job, oldest first."""
    found = await db.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE l.workspace_id = $1 AND l.campaign_id = $2 AND l.kind = 'channel' "
        "AND l.archived_at IS NULL ORDER BY lower(job.title), job.id, l.created_at, l.id",
        workspace_id,
        campaign_id,
    )
    return [shown(row) for row in found]


async def links_by_campaign(workspace_id: UUID) -> Mapping[UUID, list[UUID]]:
    """The ids of each campaign's links, archived ones too: their clicks were the campaign's."""
    sql = (
        "SELECT campaign_id, array_agg(id) AS links FROM link "
        "WHERE workspace_id = $1 AND kind = 'channel' AND campaign_id IS NOT NULL GROUP BY campaign_id"
    )
    return {row["campaign_id"]: row["links"] for row in await db.rows(sql, workspace_id)}


async def free_code(workspace_id: UUID, name: str) -> str:
    """The name in small letters and hyphens; with a number where another campaign has that."""
    base = slugify(name, max_length=LONGEST_CODE, word_boundary=True) or "campaign"
    taken = {row["code"] for row in await db.rows("SELECT code FROM campaign WHERE workspace_id = $1", workspace_id)}
    return next(code for n in count(1) if (code := base if n == 1 else f"{base}-{n}") not in taken)


def read_campaign(form: Form) -> CampaignFields:
    """Notes what is wrong in the form; the caller checks it, together with what else it holds."""
    fields = CampaignFields(
        name=form.text("name", missing="Give the campaign a name, such as Spring nurses.", longest=LONGEST_NAME),
        starts_on=_day(form, "starts_on"),
        ends_on=_day(form, "ends_on"),
        notes=form.long_text("notes", longest=LONGEST_NOTES),
    )
    if fields.starts_on and fields.ends_on and fields.ends_on < fields.starts_on:
        form.wrong("ends_on", "Choose a last day that is not before the first.")
    return fields


def _day(form: Form, name: str) -> date | None:
    typed = form.raw(name).strip()
    try:
        day = date.fromisoformat(typed) if typed else None
    except ValueError:
        day = date.min
    if day is not None and not 2000 <= day.year <= 2100:
        form.wrong(name, "Give the day, such as 2026-12-03, or leave it empty.")
        return None
    return day


async def _change(workspace_id: UUID, campaign_id: UUID, setting: str, *values: object) -> None:
    sql = f"UPDATE campaign SET {setting} WHERE workspace_id = $1 AND id = $2"
    try:
        touched = await db.run(sql, workspace_id, campaign_id, *values)
    except asyncpg.UniqueViolationError:
        raise Invalid({"name": NAME_TAKEN}) from None
    if not touched:
        raise Missing("campaign")
    await changes.workspace_changed(workspace_id)


def campaign_from(row: db.Row) -> Campaign:
    """A row of the table."""
    return Campaign(**{name: row[name] for name in Campaign.__struct_fields__})
