"""Which of HeyMilo's interviewers (postings, in its API) interviews for a job, and where HeyMilo tells what happens there."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import crypto, db
from portal.integrations.heymilo import api
from portal.integrations.heymilo.api import Asker, Posting
from portal.integrations.heymilo.problems import Failed, Problem
from portal.settings import settings
from portal.web.forms import Invalid
from portal.web.missing import Missing

EVENTS = ("interview_started", "interview_completed", "report_available")
SHOWN = 10
POLL = timedelta(minutes=10)
"""How often a posting's people are looked through for what no hook told."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A job's posting."""

    workspace_id: UUID
    job_id: UUID
    posting_id: str
    title: str
    chosen_at: datetime
    hooked_at: datetime | None
    heard_at: datetime | None

    @property
    def hook_url(self) -> str:
        return f"{settings().public_url}/hooks/heymilo/{key_of(self.job_id, self.posting_id)}"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who could not be made there yet."""

    application_id: UUID
    name: str
    problem: str
    due_at: datetime
    """When it is tried again."""


def key_of(job_id: UUID, posting_id: str) -> str:
    """The part of the hook's address that nobody guesses: HeyMilo signs nothing."""
    return crypto.token("heymilo-hook", job_id, posting_id)


async def chosen_for(workspace_id: UUID, job_id: UUID) -> Chosen | None:
    row = await db.row(
        "SELECT workspace_id, job_id, posting_id, title, chosen_at, hooked_at, heard_at FROM heymilo_posting "
        "WHERE workspace_id = $1 AND job_id = $2",
        workspace_id,
        job_id,
    )
    return msgspec.convert(dict(row), Chosen) if row else None


async def choose(asker: Asker, job_id: UUID, posting_id: str) -> Chosen:
    """From now on people of this job are interviewed by that posting. Raises `Failed`, `Invalid` and `Missing`."""
    before = await chosen_for(asker.workspace_id, job_id)
    try:
        posting = await api.posting(asker, posting_id)
    except Failed as failed:
        if failed.problem is Problem.NOT_FOUND:
            raise Invalid({"posting": "Choose an interviewer from the list."}) from None
        raise
    await _keep(asker, job_id, posting)
    if before and before.posting_id != posting.id:
        await _unhook(asker, before)
    chosen = await chosen_for(asker.workspace_id, job_id)
    if chosen is None:
        raise Missing("job")
    return chosen


async def hook(asker: Asker, chosen: Chosen) -> None:
    """Have HeyMilo tell what happens: registers what is not registered yet. Raises `Failed`."""
    there = {hook.event_type for hook in await _hooks(asker, chosen)}
    for event in EVENTS:
        if event not in there:
            await api.register(asker, chosen.posting_id, chosen.hook_url, event)
    await db.run(
        "UPDATE heymilo_posting SET hooked_at = $3 WHERE workspace_id = $1 AND job_id = $2",
        chosen.workspace_id,
        chosen.job_id,
        asker.now,
    )


async def made_count(workspace_id: UUID, job_id: UUID) -> int:
    return int(
        await db.value(
            "SELECT count(*) FROM heymilo_interview WHERE workspace_id = $1 AND job_id = $2 AND made_at IS NOT NULL",
            workspace_id,
            job_id,
        )
    )


async def waiting_at(workspace_id: UUID, job_id: UUID) -> list[Waiting]:
    """The first of those who wait, soonest first."""
    found = await db.rows(
        "SELECT i.application_id, coalesce(nullif(candidate.name, ''), candidate.email, 'No name') AS name, i.problem, i.due_at "
        "FROM heymilo_interview i JOIN application a ON a.id = i.application_id JOIN candidate ON candidate.id = a.candidate_id "
        "WHERE i.workspace_id = $1 AND i.job_id = $2 AND i.made_at IS NULL AND i.problem <> '' "
        "AND a.stage IN ('invited', 'captured', 'started') ORDER BY i.due_at, i.application_id LIMIT $3",
        workspace_id,
        job_id,
        SHOWN + 1,
    )
    return [msgspec.convert(dict(row), Waiting) for row in found]


async def _keep(asker: Asker, job_id: UUID, posting: Posting) -> None:
    """Both together, so that a job of this kind always has a posting."""
    async with db.transaction():
        found = await db.run(
            "UPDATE job SET interview_kind = 'heymilo' WHERE workspace_id = $1 AND id = $2", asker.workspace_id, job_id
        )
        if not found:
            raise Missing("job")
        await db.run(
            "INSERT INTO heymilo_posting (job_id, workspace_id, posting_id, title, hook_digest, chosen_at, poll_at) "
            "VALUES ($2, $1, $3, $4, $5, $6, $7) ON CONFLICT (job_id) DO UPDATE SET posting_id = EXCLUDED.posting_id, "
            "title = EXCLUDED.title, hook_digest = EXCLUDED.hook_digest, chosen_at = EXCLUDED.chosen_at, "
            "hooked_at = CASE WHEN heymilo_posting.posting_id = EXCLUDED.posting_id THEN heymilo_posting.hooked_at END",
            asker.workspace_id,
            job_id,
            posting.id,
            posting.title,
            crypto.digest(key_of(job_id, posting.id)),
            asker.now,
            asker.now + POLL,
        )


async def _hooks(asker: Asker, chosen: Chosen) -> list[api.Webhook]:
    """Those that call this job."""
    return [hook for hook in await api.webhooks(asker) if hook.webhook_url == chosen.hook_url and hook.is_active]


async def _unhook(asker: Asker, before: Chosen) -> None:
    """Take back what the posting before was told. If that fails, it calls an address that answers 404: no harm."""
    try:
        for one in await _hooks(asker, before):
            await api.deregister(asker, one.webhook_id)
    except Failed:
        return
