"""Links that the messages of applicant systems (ATS) carry: one of a job for each system, in the channel ``ats/email``."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import changes, db
from portal.links import making
from portal.links.links import COLUMNS, SOURCE, ShownLink, shown
from portal.links.making import WantedLink

CHANNEL = "ats/email"


class Reminders(StrEnum):
    """Who reminds people who came by the link and gave their name."""

    HERE = "here"
    """The job's nudge plan, as for everybody."""
    THERE = "there"
    """The system whose message they had; nobody is reminded twice."""


class AtsLink(msgspec.Struct, frozen=True):
    link: ShownLink
    system: str
    reminders: Reminders


async def ats_links(workspace_id: UUID, *, job_id: UUID | None = None, system: str = "") -> list[AtsLink]:
    """Those in use, the oldest of a job and a system first: that one counts. Of one job or one system, if it is given."""
    found = await db.rows(
        f"SELECT {COLUMNS}, l.system, l.reminders FROM {SOURCE} WHERE l.workspace_id = $1 AND l.kind = 'channel' "
        "AND l.system <> '' AND ($2::uuid IS NULL OR l.job_id = $2) AND ($3 = '' OR l.system = $3) AND l.archived_at IS NULL "
        "ORDER BY l.created_at, l.id",
        workspace_id,
        job_id,
        system,
    )
    return [AtsLink(shown(row), row["system"], Reminders(row["reminders"])) for row in found]


async def find_ats_link(workspace_id: UUID, job_id: UUID, system: str) -> AtsLink | None:
    return next(iter(await ats_links(workspace_id, job_id=job_id, system=system)), None)


async def make_ats_link(
    workspace_id: UUID, job_id: UUID, *, system: str, name: str, member_id: UUID | None, now: datetime
) -> bool:
    """The link of `system`, called `name`; False if it is there already. Raises `Missing`."""
    wanted = WantedLink(job_id=job_id, channel=CHANNEL, label=name)
    async with db.transaction():
        (made,) = await making.make_within(workspace_id, [wanted], member_id=member_id, now=now)
        await db.run("UPDATE link SET system = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, made.link_id, system)
    await changes.slugs_made([made.slug] if made.fresh else [])
    return made.fresh


async def set_reminders(workspace_id: UUID, link_id: UUID, reminders: Reminders) -> bool:
    """Whether that changes anything. People who wait must be planned anew then."""
    return bool(
        await db.run(
            "UPDATE link SET reminders = $3 WHERE workspace_id = $1 AND id = $2 AND reminders <> $3",
            workspace_id,
            link_id,
            reminders.value,
        )
    )
