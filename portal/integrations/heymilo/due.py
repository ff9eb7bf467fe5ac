"""What is to be done at HeyMilo: the clock asks every other second, and brings no HTTP client along for it."""

from datetime import datetime

from portal import db


async def anything_due(now: datetime) -> bool:
    return bool(await to_make(now, 1)) or await _anything_to_look_at(now)


async def to_make(now: datetime, most: int) -> list[db.Row]:
    """Applications (workspace, id): new ones of people who gave a name, and those whose time to be tried again has come. None of
    a workspace that has to wait."""
    return await db.rows(
        "SELECT a.workspace_id, a.id FROM heymilo_posting p JOIN heymilo_account k ON k.workspace_id = p.workspace_id "
        "JOIN job j ON j.id = p.job_id AND j.interview_kind = 'heymilo' AND j.status = 'open' "
        "JOIN application a ON a.workspace_id = p.workspace_id AND a.job_id = p.job_id "
        "LEFT JOIN heymilo_interview i ON i.application_id = a.id "
        "WHERE a.stage IN ('invited', 'captured', 'started') AND (k.paused_until IS NULL OR k.paused_until <= $1) "
        "AND (a.deadline_at IS NULL OR a.deadline_at > $1) AND i.made_at IS NULL "
        "AND CASE WHEN i.application_id IS NULL THEN a.stage = 'captured' "
        "ELSE i.due_at <= $1 AND (i.leased_until IS NULL OR i.leased_until <= $1) END "
        "ORDER BY i.due_at NULLS FIRST, a.created_at LIMIT $2",
        now,
        most,
    )


async def _anything_to_look_at(now: datetime) -> bool:
    found = await db.value(
        "SELECT EXISTS (SELECT FROM heymilo_interview i JOIN heymilo_account k ON k.workspace_id = i.workspace_id "
        "WHERE i.due_at <= $1 AND i.made_at IS NOT NULL AND (i.leased_until IS NULL OR i.leased_until <= $1) "
        "AND (k.paused_until IS NULL OR k.paused_until <= $1)) OR EXISTS (SELECT FROM heymilo_posting WHERE poll_at <= $1)",
        now,
    )
    return bool(found)
