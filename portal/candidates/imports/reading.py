"""From the file to its rows: the pieces are put together on the worker's disk, and read a batch at a time."""

import asyncio
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from portal import db
from portal.candidates.columns import BY_LETTERS, guess, has_heads, letters
from portal.candidates.imports.files import Resume, Row, contents_of
from portal.web.spreadsheets import Unreadable

BATCH = 1000
MOST_ROWS = 100_000
MOST_COLUMNS = 100
LONGEST_CELL = 1000
"""Longer ones are cut: no field of a person is as long."""
LONGEST_HEAD = 80


async def read(found: db.Row) -> None:
    """All rows of an import whose lock the caller holds, and what its columns mean by their looks; or why it can't be read."""
    try:
        heads = await _read_rows(found["workspace_id"], found["id"])
    except Unreadable as why:
        await _fail(found["id"], str(why))
        return
    sample = await db.rows("SELECT cells FROM import_row WHERE import_id = $1 ORDER BY number LIMIT 20", found["id"])
    await db.run("DELETE FROM import_chunk WHERE import_id = $1", found["id"])
    await db.run(
        "UPDATE candidate_import SET state = 'judging', place = 0, heads = $2, fields = $3, "
        "rows = (SELECT count(*) FROM import_row WHERE import_id = $1) WHERE id = $1",
        found["id"],
        heads.names,
        [field.value for field in guess(heads.names, [row["cells"] for row in sample])],
    )


async def _fail(import_id: UUID, fault: str) -> None:
    for table in ("import_row", "import_file", "import_chunk"):
        await db.run(f"DELETE FROM {table} WHERE import_id = $1", import_id)
    await db.run("UPDATE candidate_import SET state = 'failed', fault = $2 WHERE id = $1", import_id, fault)


class Heads:
    """The columns of all tables in the file together: a ZIP may hold several, with their columns in different orders."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._sources: dict[str, list[int]] = {}
        self._before = 0
        """How many columns earlier tables have."""

    def place(self, row: Row) -> list[str] | None:
        """The row's cells under the columns of all; None if it is the head of its table."""
        if row.source in self._sources:
            return self._ordered(row.cells, self._sources[row.source])
        if has_heads(row.cells):
            self._sources[row.source] = self._columns(row.cells[:MOST_COLUMNS])
            return None
        self._sources[row.source] = list(range(min(len(row.cells), MOST_COLUMNS)))
        self.names += [f"Column {n + 1}" for n in range(len(self.names), len(self._sources[row.source]))]
        return self._ordered(row.cells, self._sources[row.source])

    def _columns(self, heads: list[str]) -> list[int]:
        """Where the columns of a table stand; those of an earlier table that mean the same are used again."""
        found: list[int] = []
        for head in heads:
            tidy = " ".join(head.split())[:LONGEST_HEAD]
            meant = {column: _meaning(name) for column, name in enumerate(self.names[: self._before]) if column not in found}
            column = next((column for column, meaning in meant.items() if tidy and meaning == _meaning(tidy)), len(self.names))
            if column == len(self.names):
                self.names.append(tidy or f"Column {column + 1}")
            found.append(column)
        self._before = len(self.names)
        return found

    def _ordered(self, cells: list[str], where: list[int]) -> list[str]:
        placed = [""] * len(self.names)
        for column, cell in zip(where, cells, strict=False):
            placed[column] = cell.strip()[:LONGEST_CELL]
        return placed


def _meaning(head: str) -> str:
    return BY_LETTERS.get(letters(head), letters(head))


async def _read_rows(workspace_id: UUID, import_id: UUID) -> Heads:
    """Raises `Unreadable`."""
    heads, count = Heads(), 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        await _put_together(import_id, path)
        contents = contents_of(path)
        while batch := await asyncio.to_thread(_next, contents):
            rows = [(row, cells) for row in batch if isinstance(row, Row) and (cells := heads.place(row)) is not None]
            if count + len(rows) > MOST_ROWS:
                raise Unreadable(f"There are more than {MOST_ROWS:,} rows. Split the file into several.")
            await _keep_rows(workspace_id, import_id, count, rows)
            await _keep_resumes(workspace_id, import_id, [one for one in batch if isinstance(one, Resume)])
            count += len(rows)
    if not heads.names:
        raise Unreadable("The file is empty. It needs a row for each person.")
    if not count:
        raise Unreadable("There is only a head. Add a row for each person.")
    return heads


def _next(contents: Iterator[Row | Resume]) -> list[Row | Resume]:
    """Resumes are large: one at a time."""
    batch: list[Row | Resume] = []
    for one in islice(contents, BATCH):
        batch.append(one)
        if isinstance(one, Resume):
            break
    return batch


async def _put_together(import_id: UUID, path: Path) -> None:
    number = 0
    with path.open("wb") as file:
        while (
            piece := await db.value("SELECT content FROM import_chunk WHERE import_id = $1 AND number = $2", import_id, number)
        ) is not None:
            await asyncio.to_thread(file.write, piece)
            number += 1


async def _keep_rows(workspace_id: UUID, import_id: UUID, count: int, rows: list[tuple[Row, list[str]]]) -> None:
    await db.run(
        "INSERT INTO import_row (import_id, workspace_id, number, source, line, cells, verdict, reason) "
        "SELECT $1, $2, number, source, line, cells::jsonb, '', '' "
        "FROM unnest($3::int[], $4::text[], $5::int[], $6::text[]) AS new (number, source, line, cells)",
        import_id,
        workspace_id,
        list(range(count + 1, count + 1 + len(rows))),
        [row.source for row, _ in rows],
        [row.line for row, _ in rows],
        [json.dumps([_storable(cell) for cell in cells]) for _, cells in rows],
    )


async def _keep_resumes(workspace_id: UUID, import_id: UUID, resumes: list[Resume]) -> None:
    for resume in resumes:
        await db.run(
            "INSERT INTO import_file VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            import_id,
            workspace_id,
            resume.name,
            resume.content,
        )


def _storable(cell: str) -> str:
    """Without what PostgreSQL's texts can't hold: NUL, and halves of characters."""
    return cell.replace("\0", "").encode("utf-8", "replace").decode()
