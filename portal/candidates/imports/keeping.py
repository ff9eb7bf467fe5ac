"""Imports of people: what is kept of one, and what a member can do with it.

A file is read by a worker, its rows judged, and looked through by a member before anybody is made. Then a worker takes the people
in, in batches, each in one transaction with the place that it has come to, so that another goes on where one died.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.arrivals import refuse_unless_open
from portal.candidates.by_hand import Invite
from portal.candidates.columns import Field
from portal.candidates.imports.files import MOST_BYTES
from portal.jobs.jobs import Job
from portal.web.forms import Invalid
from portal.web.missing import Missing

UNUSED, KEPT = timedelta(days=7), timedelta(days=30)
"""How long a file that was not run is kept, and the rows of one that was; until then it can be undone."""
LONGEST_LIST = 50
LONGEST_FILE_NAME = 200


class State(StrEnum):
    READING = "reading"
    JUDGING = "judging"
    REVIEW = "review"
    """A member looks through it. Nobody is made yet."""
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"
    """It can't be read; `fault` says why."""


MOVING = (State.READING, State.JUDGING, State.RUNNING, State.UNDOING)


class Import(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    workspace_id: UUID
    job_id: UUID
    member_id: UUID | None
    member_name: str
    name: str
    size: int
    state: State
    fault: str
    heads: list[str]
    fields: list[Field]
    invite: Invite
    rows: int
    place: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    forgotten_at: datetime | None

    @property
    def moves(self) -> bool:
        """Whether a worker has it in hand."""
        return self.state in MOVING

    @property
    def can_run(self) -> bool:
        return self.state in {State.REVIEW, State.STOPPED} and self.forgotten_at is None

    @property
    def can_be_undone(self) -> bool:
        return self.state in {State.STOPPED, State.DONE} and self.started_at is not None and self.forgotten_at is None


READ = """
SELECT candidate_import.*, coalesce(member.name, '') AS member_name FROM candidate_import
LEFT JOIN member ON member.workspace_id = candidate_import.workspace_id AND member.id = candidate_import.member_id
WHERE candidate_import.workspace_id = $1 AND candidate_import.job_id = $2
"""


async def keep(job: Job, name: str, pieces: AsyncIterator[bytes], *, member_id: UUID, now: datetime) -> UUID:
    """Keep a file, piece by piece; its import's id. Raises `Invalid` for one that is empty or too large, and if the job takes
    nobody; then nothing is kept."""
    refuse_unless_open(job, now)
    import_id = db.new_id()
    async with db.transaction():
        await _insert(job, import_id, name[:LONGEST_FILE_NAME] or "list", member_id, now)
        size = 0
        number = 0
        async for piece in pieces:
            size += len(piece)
            if size > MOST_BYTES:
                raise Invalid({"file": f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it into several."})
            await db.run("INSERT INTO import_chunk VALUES ($1, $2, $3, $4)", import_id, job.workspace_id, number, piece)
            number += 1
        if not size:
            raise Invalid({"file": "The file is empty. Choose another, or paste rows into the field below."})
        await db.run("UPDATE candidate_import SET size = $2 WHERE id = $1", import_id, size)
    return import_id


async def get_import(workspace_id: UUID, job_id: UUID, import_id: UUID) -> Import:
    """Raises `Missing`."""
    row = await db.row(f"{READ} AND candidate_import.id = $3", workspace_id, job_id, import_id)
    if row is None:
        raise Missing("import")
    return msgspec.convert(dict(row), Import)


async def list_imports(workspace_id: UUID, job_id: UUID) -> list[Import]:
    """Newest first."""
    found = await db.rows(
        f"{READ} ORDER BY candidate_import.created_at DESC, candidate_import.id LIMIT {LONGEST_LIST}", workspace_id, job_id
    )
    return [msgspec.convert(dict(row), Import) for row in found]


async def choose_columns(workspace_id: UUID, import_id: UUID, fields: Sequence[Field]) -> bool:
    """Have the rows judged anew under other meanings of the columns. Whether it is still under review."""
    return await _move(workspace_id, import_id, (State.REVIEW,), State.JUDGING, "fields = $5, place = 0", [*fields])


async def run(workspace_id: UUID, import_id: UUID, job: Job, invite: Invite, now: datetime) -> bool:
    """From now on workers take the people in; also after it was stopped. Whether anything changed. Raises `IntakeRefused` if the
    job takes nobody."""
    refuse_unless_open(job, now)
    change = "invite = $5, started_at = coalesce(started_at, $6), ended_at = NULL, fault = ''"
    if await _move(workspace_id, import_id, (State.STOPPED,), State.RUNNING, change, invite.value, now):
        return True
    return await _move(workspace_id, import_id, (State.REVIEW,), State.RUNNING, f"{change}, place = 0", invite.value, now)


async def stop(workspace_id: UUID, import_id: UUID, now: datetime) -> bool:
    """Take in nobody else; those who are in stay. Whether anything changed."""
    return await _move(workspace_id, import_id, (State.RUNNING,), State.STOPPED, "ended_at = $5", now)


async def undo(workspace_id: UUID, import_id: UUID) -> bool:
    """From now on workers take out again whom it brought. Whether anything changed."""
    return await _move(workspace_id, import_id, (State.DONE, State.STOPPED), State.UNDOING, "place = 0, ended_at = NULL")


async def discard(workspace_id: UUID, import_id: UUID) -> bool:
    """Forget one that was never run. Whether it was so."""
    return bool(
        await db.run(
            "DELETE FROM candidate_import WHERE workspace_id = $1 AND id = $2 AND state IN ('review', 'failed')",
            workspace_id,
            import_id,
        )
    )


async def applications_made(workspace_id: UUID, import_id: UUID) -> list[UUID]:
    found = await db.rows(
        "SELECT application_id FROM import_row WHERE workspace_id = $1 AND import_id = $2 AND made_application "
        "AND verdict <> 'undone'",
        workspace_id,
        import_id,
    )
    return [row["application_id"] for row in found]


async def forget_old(now: datetime) -> int:
    """Delete files that were not run, and the rows of those that were; how many. For the clock, over all workspaces."""
    unused = await db.run(
        "DELETE FROM candidate_import WHERE started_at IS NULL AND state IN ('review', 'failed') AND created_at < $1",
        now - UNUSED,
    )
    async with db.transaction():
        old = await db.rows(
            "UPDATE candidate_import SET forgotten_at = $1 WHERE ended_at < $2 AND forgotten_at IS NULL "
            "AND state IN ('done', 'stopped', 'undone') RETURNING id",
            now,
            now - KEPT,
        )
        ids = [row["id"] for row in old]
        await db.run("DELETE FROM import_row WHERE import_id = ANY($1)", ids)
        await db.run("DELETE FROM import_file WHERE import_id = ANY($1)", ids)
    return unused + len(ids)


async def _insert(job: Job, import_id: UUID, name: str, member_id: UUID, now: datetime) -> None:
    await db.run(
        "INSERT INTO candidate_import (id, workspace_id, job_id, member_id, name, size, state, fault, heads, fields, invite, "
        "rows, place, created_at) VALUES ($1, $2, $3, $4, $5, 0, 'reading', '', '[]', '[]', 'now', 0, 0, $6)",
        import_id,
        job.workspace_id,
        job.id,
        member_id,
        name,
        now,
    )


async def _move(
    workspace_id: UUID, import_id: UUID, come_from: tuple[State, ...], to: State, change: str, *values: object
) -> bool:
    """`change` is SQL of ours, with `values` from $5 on."""
    touched = await db.run(
        f"UPDATE candidate_import SET state = $4, {change} WHERE workspace_id = $1 AND id = $2 AND state = ANY($3::text[]) "
        "AND forgotten_at IS NULL",
        workspace_id,
        import_id,
        [state.value for state in come_from],
        to.value,
        *values,
    )
    return bool(touched)
