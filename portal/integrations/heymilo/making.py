"""An application's interview at HeyMilo: made once, however often it is tried, and never two of the same person.

People are saved here before HeyMilo hears of them. Who gave a name is made there in the background at once; who was invited by
somebody else, at their first tap: until then HeyMilo has no reason to know them. HeyMilo has no idempotency key. So before a
request leaves it is written down that it did (`asked_at`), and when nobody can tell what became of it, the person is looked for
there before anything is sent again. One at a time does this for an application (`leased_until`).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import db
from portal.integrations.heymilo import api, due
from portal.integrations.heymilo.api import Asker, Candidate, Interview, Person
from portal.integrations.heymilo.problems import Failed, Problem
from portal.interviews.external import Place

PATIENCE = 45.0
"""Seconds for a look and a request together."""
LEASE = timedelta(seconds=60)
"""Longer than that: whoever is at it has ended before another one begins."""
SETTLE = timedelta(seconds=30)
"""For so long a request that nobody answered may still be under way there."""
FIRST, LONGEST = timedelta(seconds=30), timedelta(hours=1)
"""Between two tries: twice as long each time."""
SLACK = timedelta(hours=1)
"""Their clock may differ from ours."""
BATCH = 10
LOOKS, PAUSE = 10, 0.5
"""How often, and how many seconds apart, somebody looks whether another one who is at it has made it."""
LONGEST_VALUE = 500
"""Of metadata, by HeyMilo's description; a key has 40 at most."""
OURS = "portal_application_id"
"""The key under which we find our own."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to make somebody there."""

    application_id: UUID
    workspace_id: UUID
    posting_id: str
    asked_at: datetime | None
    attempts: int
    since: datetime
    """When the application was made here."""
    name: str
    email: str | None
    phone: str | None
    facts: dict[str, str | None]
    """Where they came from."""


async def place_for(workspace_id: UUID, application_id: UUID, now: datetime) -> Place:
    """Where this person's interview is, which is made if it is not there yet: they wait for it. Never raises `Failed`."""
    if href := await _href(workspace_id, application_id):
        return Place(href)
    if not await make(Asker(workspace_id, now, urgent=True), application_id):
        await _wait(workspace_id, application_id)
    return Place(await _href(workspace_id, application_id))


async def make(asker: Asker, application_id: UUID) -> bool:
    """Make the interview, or note why not and when to try again. False if somebody else is at it, or nothing is to be made."""
    task = await _claim(asker, application_id)
    if task is None:
        return False
    try:
        async with asyncio.timeout(PATIENCE):
            made = await _find_or_make(asker, task)
        await _keep(asker, task, made)
    except Failed as failed:
        await _put_off(asker, task, failed)
    except TimeoutError:
        await _put_off(asker, task, Failed(Problem.SILENT, may_have_arrived=True))
    return True


async def make_due(now: datetime) -> int:
    """Make those that are wanted; how many were tried."""
    found = await due.to_make(now, BATCH)
    await asyncio.gather(*(make(Asker(row["workspace_id"], now), row["id"]) for row in found))
    return len(found)


async def _href(workspace_id: UUID, application_id: UUID) -> str:
    found = await db.value(
        "SELECT interview_url FROM heymilo_interview WHERE workspace_id = $1 AND application_id = $2 AND made_at IS NOT NULL",
        workspace_id,
        application_id,
    )
    return str(found or "")


async def _wait(workspace_id: UUID, application_id: UUID) -> None:
    """Until whoever is at it has ended."""
    for _ in range(LOOKS):
        at_it = await db.value(
            "SELECT leased_until IS NOT NULL AND made_at IS NULL FROM heymilo_interview "
            "WHERE workspace_id = $1 AND application_id = $2",
            workspace_id,
            application_id,
        )
        if not at_it:
            return
        await asyncio.sleep(PAUSE)


async def _claim(asker: Asker, application_id: UUID) -> Task | None:
    """Take it up, if nobody else is at it. A person that may be at another posting already is looked for there."""
    claimed = await db.value(
        "INSERT INTO heymilo_interview AS i "
        "(application_id, workspace_id, job_id, posting_id, interview_url, attempts, problem, status, due_at, leased_until) "
        "SELECT a.id, a.workspace_id, a.job_id, p.posting_id, '', 0, '', '', $3, $4 FROM application a "
        "JOIN job j ON j.id = a.job_id AND j.interview_kind = 'heymilo' JOIN heymilo_posting p ON p.job_id = a.job_id "
        "WHERE a.workspace_id = $1 AND a.id = $2 AND a.stage IN ('invited', 'captured', 'started') "
        "ON CONFLICT (application_id) DO UPDATE SET leased_until = $4, "
        "posting_id = CASE WHEN i.asked_at IS NULL THEN EXCLUDED.posting_id ELSE i.posting_id END "
        "WHERE i.made_at IS NULL AND (i.leased_until IS NULL OR i.leased_until <= $3) RETURNING application_id",
        asker.workspace_id,
        application_id,
        asker.now,
        asker.now + LEASE,
    )
    return await _task(asker.workspace_id, application_id) if claimed else None


async def _task(workspace_id: UUID, application_id: UUID) -> Task | None:
    row = await db.row(
        "SELECT i.application_id, i.workspace_id, i.posting_id, i.asked_at, i.attempts, a.created_at AS since, "
        "candidate.name, candidate.email, candidate.phone, jsonb_build_object('channel', channel.network || '/' || "
        "channel.placement, 'source', channel.network_name || ' · ' || channel.placement_name, 'campaign', campaign.name, "
        "'link', link.slug) AS facts FROM heymilo_interview i JOIN application a ON a.id = i.application_id "
        "JOIN candidate ON candidate.id = a.candidate_id LEFT JOIN link ON link.id = a.link_id "
        "LEFT JOIN channel ON channel.id = link.channel_id LEFT JOIN campaign ON campaign.id = link.campaign_id "
        "WHERE i.workspace_id = $1 AND i.application_id = $2",
        workspace_id,
        application_id,
    )
    return msgspec.convert(dict(row), Task) if row else None


def person_of(task: Task) -> Person:
    """Raises `Failed` for somebody without an email address: HeyMilo wants one."""
    if not task.email:
        raise Failed(Problem.REFUSED)
    named = {key: value[:LONGEST_VALUE] for key, value in task.facts.items() if value}
    metadata = {OURS: str(task.application_id)} | named
    return Person(name=task.name or task.email, email=task.email, phone_number=task.phone, metadata=metadata)


async def _find_or_make(asker: Asker, task: Task) -> Interview:
    """Raises `Failed`."""
    person = person_of(task)
    if task.asked_at is not None:
        try:
            found = await _look_for(asker, task)
        except Failed as failed:
            raise Failed(failed.problem, wait=failed.wait, may_have_arrived=True) from failed
        if found:
            return found
        if asker.now < task.asked_at + SETTLE:
            left = task.asked_at + SETTLE - asker.now
            raise Failed(Problem.UNSURE, wait=left, may_have_arrived=True)
    await db.run(
        "UPDATE heymilo_interview SET asked_at = $3 WHERE workspace_id = $1 AND application_id = $2",
        task.workspace_id,
        task.application_id,
        asker.now,
    )
    return await api.make_candidate(asker, task.posting_id, person)


async def _look_for(asker: Asker, task: Task) -> Interview | None:
    """The interview that a request of ours may have made. Raises `Failed`."""
    after, more = "", True
    for _ in range(api.MOST_PAGES):
        page, more = await api.candidates(asker, task.posting_id, task.since - SLACK, after)
        for one in page:
            if _is_same(one, task) and one.interview_url:
                return Interview(one.interview_id, one.interview_url)
        if not more or not page:
            return None
        after = page[-1].interview_id
    raise Failed(Problem.UNSURE)


def _is_same(one: Candidate, task: Task) -> bool:
    """Our own mark says so; without one, the address does."""
    ours = (one.metadata or {}).get(OURS)
    return ours == str(task.application_id) if ours else one.email.casefold() == (task.email or "").casefold()


async def _keep(asker: Asker, task: Task, made: Interview) -> None:
    """Raises `Failed` for an interview that another person of this job has."""
    kept = await db.run(
        "UPDATE heymilo_interview i SET interview_id = $3, interview_url = $4, made_at = $5, asked_at = NULL, problem = '', "
        "due_at = NULL, leased_until = NULL WHERE workspace_id = $1 AND application_id = $2 AND made_at IS NULL AND NOT EXISTS "
        "(SELECT FROM heymilo_interview other WHERE other.job_id = i.job_id AND other.interview_id = $3)",
        task.workspace_id,
        task.application_id,
        made.interview_id,
        made.interview_url,
        asker.now,
    )
    if not kept:
        raise Failed(Problem.NOT_UNDERSTOOD)


async def _put_off(asker: Asker, task: Task, failed: Failed) -> None:
    wait = max(failed.wait or timedelta(), min(FIRST * 2.0 ** min(task.attempts, 10), LONGEST))
    if failed.problem in {Problem.UNSURE, Problem.TOO_MANY} and failed.wait:
        wait = failed.wait
    await db.run(
        "UPDATE heymilo_interview SET due_at = $3, problem = $4, attempts = attempts + 1, leased_until = NULL, "
        "asked_at = CASE WHEN $5 THEN asked_at END WHERE workspace_id = $1 AND application_id = $2 AND made_at IS NULL",
        task.workspace_id,
        task.application_id,
        asker.now + wait,
        failed.problem.value,
        failed.may_have_arrived,
    )


async def forget(workspace_id: UUID, application_ids: Sequence[UUID]) -> None:
    """Where these people's interviews are, and what HeyMilo said of them. For an erasure, in its transaction. HeyMilo's API can't
    be told to forget somebody: its own pages do that."""
    await db.run(
        "DELETE FROM heymilo_interview WHERE workspace_id = $1 AND application_id = ANY($2::uuid[])",
        workspace_id,
        list(application_ids),
    )
