"""Their jobs and ours: which goes where."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.integrations.ats.connections import Connection, go_on
from portal.integrations.ats.system import TheirJob
from portal.integrations.ats.words import Reason
from portal.web.missing import Missing


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """A job of theirs, as seen in what came in."""

    id: UUID
    their_id: str
    title: str
    job_id: UUID | None
    ignored: bool
    seen_at: datetime
    held: int = 0
    """Deliveries that wait for a choice."""

    @property
    def name(self) -> str:
        """ "'Night nurse' (4711)"."""
        if not self.their_id:
            return "Deliveries that name no job"
        return f"“{self.title}” ({self.their_id})" if self.title and self.title != self.their_id else self.their_id


class Way(msgspec.Struct, frozen=True):
    """Where somebody of one of their jobs goes."""

    their_job: str
    title: str
    job_id: UUID | None
    """None: nobody has chosen."""
    ignored: bool


async def jobs_of(connection: Connection) -> list[Mapped]:
    """Those that wait for a choice first."""
    found = await db.rows(
        "SELECT ats_job.id, their_id, title, job_id, ignored, seen_at, "
        "(SELECT count(*) FROM ats_delivery d WHERE d.connection_id = ats_job.connection_id AND d.their_job = ats_job.their_id "
        "AND d.state = 'held' AND d.reason IN ('no_job', 'job_not_open')) AS held "
        "FROM ats_job WHERE workspace_id = $1 AND connection_id = $2 "
        "ORDER BY job_id IS NOT NULL OR ignored, lower(title), their_id",
        connection.workspace_id,
        connection.id,
    )
    return [msgspec.convert(dict(row), Mapped) for row in found]


async def get_job_of(connection: Connection, mapped_id: UUID) -> Mapped:
    """Raises `Missing`."""
    found = [one for one in await jobs_of(connection) if one.id == mapped_id]
    if not found:
        raise Missing("their job")
    return found[0]


async def choose(connection: Connection, mapped: Mapped, job_id: UUID | None, *, ignored: bool, now: datetime) -> int:
    """Send people of that job to one of ours, or nowhere (`ignored`), or where the connection says (neither). What waited for it
    goes on; how much that is. `job_id`: of this workspace."""
    async with db.transaction():
        await db.run(
            "UPDATE ats_job SET job_id = $3, ignored = $4 WHERE workspace_id = $1 AND id = $2",
            connection.workspace_id,
            mapped.id,
            None if ignored else job_id,
            ignored,
        )
        if job_id is None and not ignored and connection.job_id is None:
            return 0
        return await go_on(connection, (Reason.NO_JOB, Reason.JOB_NOT_OPEN), now=now, their_job=mapped.their_id)


async def ways(connection: Connection, jobs: Collection[TheirJob], now: datetime) -> list[Way]:
    """Where somebody goes who applied for `jobs`, or for one that was not named. Jobs that are new are noted."""
    return [await _way(connection, job, now) for job in jobs or (TheirJob("", ""),)]


async def _way(connection: Connection, job: TheirJob, now: datetime) -> Way:
    row = await db.row(
        "INSERT INTO ats_job (id, workspace_id, connection_id, their_id, title, job_id, ignored, seen_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, false, $7) ON CONFLICT (connection_id, their_id) DO UPDATE "
        "SET title = coalesce(nullif(excluded.title, ''), ats_job.title), seen_at = greatest(ats_job.seen_at, excluded.seen_at) "
        "RETURNING their_id, title, job_id, ignored",
        db.new_id(),
        connection.workspace_id,
        connection.id,
        job.id,
        job.title,
        await _our_job(connection, job.id) if connection.kind.takes_our_jobs else None,
        now,
    )
    if row is None:
        raise RuntimeError("a row that was written is not there")
    chosen = row["job_id"] or (None if row["ignored"] else connection.job_id)
    return Way(row["their_id"], row["title"], chosen, row["ignored"])


async def _our_job(connection: Connection, named: str) -> UUID | None:
    """The job of ours whose address or id that is."""
    return await db.value(  # type: ignore[no-any-return]
        "SELECT id FROM job WHERE workspace_id = $1 AND (slug = $2 OR id::text = $2)", connection.workspace_id, named.lower()
    )
