"""What workers do with imports, a step at a time."""

from datetime import datetime
from uuid import UUID

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
GIVE_UP = """
UPDATE candidate_import SET state = CASE WHEN started_at IS NULL THEN 'failed' ELSE 'stopped' END, fault = $2, ended_at = $3
WHERE id = ANY($1) AND state IN ('reading', 'judging', 'running', 'undoing')
"""
OUR_FAULT = "Something went wrong on our side. Nobody is there twice; those who are in stay."


async def anything_moving() -> bool:
    moving = [state.value for state in MOVING]
    return bool(await db.value("SELECT EXISTS (SELECT FROM candidate_import WHERE state = ANY($1::text[]))", moving))


async def work(now: datetime, sent_to: SentTo) -> bool:
    """One step of the import that has waited longest; False when there is none that nobody else has in hand. A step that fails by
    a fault of ours ends its import, and is raised: it would fail again, and keep others waiting."""
    in_hand: list[UUID] = []
    try:
        async with db.transaction():
            found = await db.row(NEXT)
            if found is None:
                return False
            in_hand.append(found["id"])
            it = await _step(found, sent_to, now)
    except db.AWAY:
        raise
    except Exception:
        await db.run(GIVE_UP, in_hand, OUR_FAULT, now)
        raise
    if it is not None:
        await running.tell_the_planner(it)
    return True


async def _step(found: db.Row, sent_to: SentTo, now: datetime) -> Import | None:
    """The import, if it has made tables grow so much that the planner of queries should look at them again."""
    if found["state"] == State.READING:
        await reading.read(found)
        return None
    it = await get_import(found["workspace_id"], found["job_id"], found["id"])
    if it.state is State.UNDOING:
        await undoing.undo(it, sent_to, now)
        return None
    job = await get_job(it.workspace_id, it.job_id)
    if it.state is State.JUDGING:
        await judging.judge(it, job, now)
        return None
    return it if await running.run(it, job, now) else None
