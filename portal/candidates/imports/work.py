"""What workers do with imports, a step at a time."""

from datetime import datetime

from portal import db
from portal.candidates.imports import judging, reading, running, undoing
from portal.candidates.imports.keeping import MOVING, Import, State, get_import
from portal.candidates.imports.undoing import SentTo
from portal.jobs.jobs import get_job

NEXT = """
SELECT id, workspace_id, job_id, state FROM candidate_import WHERE state IN ('reading', 'judging', 'running', 'undoing')
ORDER BY state IN ('running', 'undoing'), created_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""
"""Those first for which somebody waits before a page."""


async def anything_moving() -> bool:
    moving = [state.value for state in MOVING]
    return bool(await db.value("SELECT EXISTS (SELECT FROM candidate_import WHERE state = ANY($1::text[]))", moving))


async def work(now: datetime, sent_to: SentTo) -> bool:
    """One step of the import that has waited longest; False when there is none that nobody else has in hand."""
    async with db.transaction():
        found = await db.row(NEXT)
        if found is None:
            return False
        if found["state"] == State.READING:
            await reading.read(found)
            return True
        it = await get_import(found["workspace_id"], found["job_id"], found["id"])
        grown = await _step(it, sent_to, now)
    if grown:
        await running.tell_the_planner(it)
    return True


async def _step(it: Import, sent_to: SentTo, now: datetime) -> bool:
    """Whether tables have grown so much that the planner of queries should look at them again."""
    if it.state is State.UNDOING:
        await undoing.undo(it, sent_to, now)
        return False
    job = await get_job(it.workspace_id, it.job_id)
    if it.state is State.JUDGING:
        await judging.judge(it, job, now)
        return False
    return await running.run(it, job, now)
