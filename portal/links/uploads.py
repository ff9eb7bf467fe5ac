"""Lists of links that come in as a file: looked through first, then made in one go."""

import asyncio
import difflib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import msgspec

from portal import changes, db
from portal.jobs.jobs import Job, Status, list_jobs
from portal.links import campaigns, channels, destinations, domains, making, sheets
from portal.links.campaigns import Campaign
from portal.links.catalogue import CatalogueChannel
from portal.links.links import LONGEST_LABEL
from portal.links.making import PlannedLink, WantedLink
from portal.links.sheets import Column, Line, Sheet
from portal.web.exports import Cell
from portal.web.missing import Missing

KEPT = timedelta(days=1)
LONGEST_NOTE = 1000
LONGEST_FILE_NAME = 200


class Verdict(StrEnum):
    FRESH = "fresh"
    THERE = "there"
    FAULT = "fault"


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One row and what becomes of it."""

    line: Line
    verdict: Verdict
    reason: str = ""
    planned: PlannedLink | None = None


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    content: bytes
    made_at: datetime | None


class DryRun(msgspec.Struct, frozen=True):
    """A list looked through: nothing is made."""

    head: list[str]
    rows: list[Looked]

    def of(self, verdict: Verdict) -> list[Looked]:
        return [row for row in self.rows if row.verdict is verdict]


async def keep(workspace_id: UUID, content: bytes, name: str, *, member_id: UUID, now: datetime) -> UUID:
    """Keep a file until it is made, for a day; its id. Raises `Invalid` for one that can't be read at all."""
    await asyncio.to_thread(sheets.read_sheet, content)
    upload_id = db.new_id()
    await db.run(
        "INSERT INTO link_upload (id, workspace_id, member_id, name, content, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        *(upload_id, workspace_id, member_id, name[:LONGEST_FILE_NAME], content, now),
    )
    return upload_id


async def forget_old(now: datetime) -> int:
    """Delete the files that are older than a day; how many."""
    return await db.run("DELETE FROM link_upload WHERE created_at < $1", now - KEPT)


async def get_upload(workspace_id: UUID, upload_id: UUID) -> Upload:
    """Raises `Missing`, a day later too."""
    sql = "SELECT id, name, content, made_at FROM link_upload WHERE workspace_id = $1 AND id = $2"
    found = await db.row(sql, workspace_id, upload_id)
    if found is None:
        raise Missing("upload")
    return Upload(**dict(found))


async def look(workspace_id: UUID, content: bytes) -> DryRun:
    """Each row with its verdict and the reason for it, as things are at this moment."""
    sheet = await asyncio.to_thread(sheets.read_sheet, content)
    known = await _Known.read(workspace_id)
    read = await asyncio.to_thread(lambda: [known.read_line(line) for line in sheet.lines])
    return DryRun(sheet.head, await _planned(workspace_id, sheet, read))


async def make(workspace_id: UUID, upload_id: UUID, *, member_id: UUID, now: datetime) -> int:
    """Make the links of all rows without a fault, all of them or none; how many. A list is made once: 0 if it was before.

    Raises `Missing`.
    """
    async with db.transaction():
        claimed = await db.run(
            "UPDATE link_upload SET made_at = $3 WHERE workspace_id = $1 AND id = $2 AND made_at IS NULL",
            workspace_id,
            upload_id,
            now,
        )
        upload = await get_upload(workspace_id, upload_id)
        if not claimed:
            return 0
        looked = await look(workspace_id, upload.content)
        wanted = [row.planned.wanted for row in looked.of(Verdict.FRESH) if row.planned]
        made = await making.make_within(workspace_id, wanted, member_id=member_id, now=now)
    await changes.slugs_made([link.slug for link in made if link.fresh])
    return sum(link.fresh for link in made)


def faults(looked: DryRun) -> tuple[list[str], list[list[Cell]]]:
    """Head and rows of what could not be used, as it came, with a column that says why."""
    width = max(len(looked.head), *(len(row.line.cells) for row in looked.rows))
    rows: list[list[Cell]] = [
        [*row.line.cells, *[""] * (width - len(row.line.cells)), row.reason] for row in looked.of(Verdict.FAULT)
    ]
    return [*looked.head, *[""] * (width - len(looked.head)), "reason"], rows


async def _planned(workspace_id: UUID, sheet: Sheet, read: list[WantedLink | str]) -> list[Looked]:
    """`read`: for each line what it wants, or why it can't be used."""
    wanted = [want for want in read if isinstance(want, WantedLink)]
    plans = iter(await making.plan(workspace_id, wanted))
    seen: dict[UUID, int] = {}
    rows = []
    for line, want in zip(sheet.lines, read, strict=True):
        if isinstance(want, str):
            rows.append(Looked(line=line, verdict=Verdict.FAULT, reason=want))
        else:
            rows.append(_judge(line, next(plans), seen))
    return rows


def _judge(line: Line, plan: PlannedLink, seen: dict[UUID, int]) -> Looked:
    """`seen`: links that earlier rows stand for, and the numbers of those rows."""
    if plan.fault:
        return Looked(line=line, verdict=Verdict.FAULT, reason=plan.fault.value)
    if plan.link_id in seen:
        said = f"Row {seen[plan.link_id]} is for the same job, channel and campaign. Give each a label of its own."
        return Looked(line=line, verdict=Verdict.FAULT, reason=said)
    seen[plan.link_id] = line.number
    if plan.fresh:
        return Looked(line=line, verdict=Verdict.FRESH, planned=plan)
    return Looked(line=line, verdict=Verdict.THERE, reason=f"There already, as /{plan.slug}.", planned=plan)


T = TypeVar("T")


class _Unusable(Exception):
    """A cell that can't be used; its text is the sentence that says why."""


class _Known:
    """Jobs, channels and campaigns by the words that people may write for them."""

    def __init__(
        self, jobs: list[Job], offered: list[CatalogueChannel], pushed: list[Campaign], own_hosts: Collection[str]
    ) -> None:
        self.own_hosts = own_hosts
        self.jobs: dict[str, list[Job]] = {}
        for job in jobs:
            for word in {_letters(job.title), _letters(job.slug), _letters(f"{job.title} {job.location}"), job.id.hex}:
                self.jobs.setdefault(word, []).append(job)
        self.channels = {_letters(word): c for c in offered for word in (c.code, c.key, f"{c.network_name} {c.placement_name}")}
        self.campaigns = {_letters(word): c for c in reversed(pushed) if not c.archived_at for word in (c.code, c.name)}

    @classmethod
    async def read(cls, workspace_id: UUID) -> "_Known":
        return cls(
            await list_jobs(workspace_id),
            await channels.channels_of(workspace_id),
            await campaigns.list_campaigns(workspace_id),
            await domains.own_hosts(),
        )

    def read_line(self, line: Line) -> WantedLink | str:
        """What the line wants, or the sentence that says why it can't be used."""
        values = line.values
        try:
            return WantedLink(
                job_id=self._job(values[Column.JOB]).id,
                channel=_find(values[Column.CHANNEL], self.channels, lambda c: c.name, "channel").key,
                slug=_slug(values.get(Column.SLUG, "")),
                campaign_id=self._campaign(values.get(Column.CAMPAIGN, "")),
                label=_bounded(values.get(Column.LABEL, ""), LONGEST_LABEL, "label"),
                note=_bounded(values.get(Column.NOTE, ""), LONGEST_NOTE, "note"),
                target_url=_target(values.get(Column.TARGET, ""), self.own_hosts),
            )
        except _Unusable as why:
            return str(why)

    def _job(self, text: str) -> Job:
        found = _find(text, self.jobs, lambda jobs: jobs[0].title, "job")
        in_use = [job for job in found if job.status is not Status.CLOSED]
        if not in_use:
            raise _Unusable("This job is closed. Open it again, or choose another.")
        if len(in_use) > 1:
            names = " or ".join(sorted(job.slug for job in in_use)[:3])
            raise _Unusable(f"{len(in_use)} jobs are called so. Write {names} instead.")
        return in_use[0]

    def _campaign(self, text: str) -> UUID | None:
        return _find(text, self.campaigns, lambda campaign: campaign.name, "campaign").id if text else None


def _find(text: str, known: Mapping[str, T], name: Callable[[T], str], what: str) -> T:
    if not text:
        raise _Unusable(f"Say which {what}.")
    found = known.get(_letters(text))
    if found is None:
        near = difflib.get_close_matches(_letters(text), known, n=1)
        hint = f" Did you mean “{name(known[near[0]])}”?" if near else ""
        raise _Unusable(f"There is no {what} “{text[:60]}”.{hint}")
    return found


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _slug(text: str) -> str:
    """The end of a short address, or the whole of it."""
    return text.partition("?")[0].rstrip("/").rpartition("/")[2]


def _bounded(text: str, longest: int, what: str) -> str:
    if len(text) > longest:
        raise _Unusable(f"Use at most {longest:,} characters for the {what}; this has {len(text):,}.")
    return text


def _target(text: str, own_hosts: Collection[str]) -> str:
    if not text or text == destinations.ALL_JOBS:
        return text
    if fault := destinations.fault_of(text, own_hosts):
        raise _Unusable(f"Target: {fault.value}")
    return destinations.tidy(text)
