"""Resumes: PDFs that came with a file of people."""

from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.web.missing import Missing


class Resume(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    size: int
    created_at: datetime


async def attach(workspace_id: UUID, import_id: UUID, named: list[tuple[UUID, str]], now: datetime) -> int:
    """Give each candidate the file of that name that came with the import; how many were new. The same one twice is one."""
    return await db.run(
        "INSERT INTO resume (id, workspace_id, candidate_id, import_id, name, size, digest, content, created_at) "
        "SELECT gen_random_uuid(), $1, candidate_id, $2, file.name, length(content), sha256(content), content, $5 "
        "FROM unnest($3::uuid[], $4::text[]) AS named (candidate_id, name) JOIN import_file file USING (name) "
        "WHERE file.workspace_id = $1 AND file.import_id = $2 ON CONFLICT (candidate_id, digest) DO NOTHING",
        workspace_id,
        import_id,
        [candidate_id for candidate_id, _ in named],
        [name for _, name in named],
        now,
    )


async def resumes_of(workspace_id: UUID, candidate_id: UUID) -> list[Resume]:
    """Newest first."""
    found = await db.rows(
        "SELECT id, name, size, created_at FROM resume WHERE workspace_id = $1 AND candidate_id = $2 "
        "ORDER BY created_at DESC, id",
        workspace_id,
        candidate_id,
    )
    return [Resume(**dict(row)) for row in found]


async def content_of(workspace_id: UUID, application_id: UUID, resume_id: UUID) -> tuple[str, bytes]:
    """Name and content. Raises `Missing`, also for a resume of somebody else."""
    found = await db.row(
        "SELECT resume.name, content FROM resume JOIN application USING (workspace_id, candidate_id) "
        "WHERE workspace_id = $1 AND application.id = $2 AND resume.id = $3",
        workspace_id,
        application_id,
        resume_id,
    )
    if found is None:
        raise Missing("resume")
    return found["name"], found["content"]
