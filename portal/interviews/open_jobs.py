"""The jobs that somebody can apply for now: what the one link of a profile leads to."""

from datetime import datetime
from uuid import UUID

from portal import db
from portal.interviews import landing
from portal.jobs.jobs import Job, Status, list_jobs

MOST = 100


async def open_jobs(workspace_id: UUID, now: datetime) -> list[Job]:
    """Those whose landing page has a form, newest first."""
    found = (await list_jobs(workspace_id, status=Status.OPEN.value))[:MOST]
    ready = await _with_questions(workspace_id)
    return [job for job in found if landing.takes_people(job, now, has_questions=job.id in ready)]


async def _with_questions(workspace_id: UUID) -> set[UUID]:
    found = await db.rows("SELECT DISTINCT job_id FROM question WHERE workspace_id = $1 AND archived_at IS NULL", workspace_id)
    return {row["job_id"] for row in found}
