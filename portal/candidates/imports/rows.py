"""The rows of an import: their verdicts, a page at a time."""

from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.imports.keeping import Import
from portal.web.exports import Cell
from portal.web.paging import PAGE_SIZE


class Verdict(StrEnum):
    """What becomes of a row, or became of it."""

    NEW = "new"
    JOINED = "joined"
    """Known, and new at this job."""
    THERE = "there"
    """At this job already."""
    DOUBLE = "double"
    """The same person as in an earlier row."""
    FAULT = "fault"
    UNDONE = "undone"
    KEPT = "kept"
    """Was to be undone, and could not be."""


class ShownRow(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    line: int
    cells: list[str]
    verdict: Verdict | None
    reason: str
    application_id: UUID | None


async def counts_of(workspace_id: UUID, import_id: UUID) -> dict[Verdict, int]:
    found = await db.rows(
        "SELECT verdict, count(*) AS count FROM import_row WHERE workspace_id = $1 AND import_id = $2 AND verdict <> '' "
        "GROUP BY verdict",
        workspace_id,
        import_id,
    )
    return dict.fromkeys(Verdict, 0) | {Verdict(row["verdict"]): row["count"] for row in found}


async def rows_of(workspace_id: UUID, import_id: UUID, verdict: Verdict | None, page: int = 1) -> list[ShownRow]:
    """One page, counted from 1, of all rows or of those with that verdict."""
    found = await db.rows(
        "SELECT source, line, cells, nullif(verdict, '') AS verdict, reason, application_id FROM import_row "
        "WHERE workspace_id = $1 AND import_id = $2 AND ($3::text IS NULL OR verdict = $3) ORDER BY number LIMIT $4 OFFSET $5",
        workspace_id,
        import_id,
        verdict,
        PAGE_SIZE,
        (page - 1) * PAGE_SIZE,
    )
    return [msgspec.convert(dict(row), ShownRow) for row in found]


async def samples_of(workspace_id: UUID, import_id: UUID) -> list[list[str]]:
    """The cells of the first rows, by which a member sees what a column holds."""
    found = await db.rows(
        "SELECT cells FROM import_row WHERE workspace_id = $1 AND import_id = $2 ORDER BY number LIMIT 3", workspace_id, import_id
    )
    return [row["cells"] for row in found]


async def faults_of(it: Import) -> tuple[list[str], list[list[Cell]]]:
    """Head and rows of what could not be used, as it came, with a column that says why."""
    found = await db.rows(
        "SELECT cells, reason FROM import_row WHERE workspace_id = $1 AND import_id = $2 AND verdict = 'fault' ORDER BY number",
        it.workspace_id,
        it.id,
    )
    rows: list[list[Cell]] = [[*row["cells"], *[""] * (len(it.heads) - len(row["cells"])), row["reason"]] for row in found]
    return [*it.heads, "reason"], rows
