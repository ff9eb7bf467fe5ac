"""What happens at HeyMilo, and what it means here.

Its hooks are signed by nothing we know of: they only say where to look. What is believed is what its API answers then. Hooks that
never come are made up for by looking through each posting now and then.
"""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from portal import crypto, db
from portal.candidates import applications
from portal.candidates.events import EventKind, add_event
from portal.integrations.heymilo import api
from portal.integrations.heymilo.api import Asker, Candidate
from portal.integrations.heymilo.postings import POLL
from portal.integrations.heymilo.problems import Failed, Problem
from portal.web.missing import Missing

LEASE = timedelta(seconds=60)
AGAIN = timedelta(minutes=2)
"""After a look that failed."""
SOONEST_POLL = timedelta(minutes=1)
"""Between two looks through a posting that hooks bring forward."""
REPORT_EVERY, REPORT_WITHIN = timedelta(hours=3), timedelta(days=1)
"""A report comes seconds or minutes after the finish. Where its hook got lost it is looked for now and then, on the first day."""
SLACK = timedelta(hours=1)
LATE = timedelta(days=1)
"""Whose time was over here may have finished there at the last minute, or a little later."""
BATCH, POSTINGS = 10, 3
MOST_WORDS, LONGEST_WORD = 500, 200
FINISHED = frozenset({"evaluating", "completed", "shortlisted"})
"""All steps are done; the rest is the recruiters' business."""
TURNED_DOWN = frozenset({"knocked_out", "dismissed"})


class Standing(NamedTuple):
    """How far somebody came, in our terms."""

    started: bool = False
    finished: bool = False
    turned_down: str = ""
    """Why, in a sentence."""


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """An interview there, as we know it."""

    workspace_id: UUID
    application_id: UUID
    interview_id: str
    score: float | None
    made_at: datetime
    due_at: datetime | None
    """As it was before we looked: a hook that comes meanwhile sets another, and a look of its own follows."""


def standing_of(person: Candidate) -> Standing:
    """Who was knocked out or dismissed after the last step has finished; before it, they were turned down."""
    steps = person.workflow.steps if person.workflow else []
    begun = any(step.started or step.completed or step.knocked_out or step.status != "not_started" for step in steps)
    done = bool(person.workflow and person.workflow.all_complete)
    if person.status in FINISHED or done:
        return Standing(started=True, finished=True)
    if person.status in TURNED_DOWN:
        return Standing(started=begun, turned_down=_why(person))
    return Standing(started=begun or person.status == "in_progress")


def _why(person: Candidate) -> str:
    if person.status == "dismissed":
        return "Dismissed at HeyMilo"
    steps = person.workflow.steps if person.workflow else []
    number = next((step.order for step in steps if step.knocked_out or step.status == "knocked_out"), None)
    return f"Knocked out at HeyMilo, in step {number}" if number else "Knocked out at HeyMilo"


async def hear(key: str, body: bytes, now: datetime) -> int:
    """A hook came. Notes which interviews are to be looked at, and answers at once; how many they are. Raises `Missing`.

    What a hook's body holds is not described: each word in it that is an interview of ours counts. If there is none, the posting
    is looked through soon. Nothing else of it is kept.
    """
    row = await db.row(
        "UPDATE heymilo_posting SET heard_at = $2 WHERE hook_digest = $1 RETURNING workspace_id, job_id",
        crypto.digest(key),
        now,
    )
    if row is None:
        raise Missing("hook")
    marked = await db.run(
        "UPDATE heymilo_interview SET due_at = $4, leased_until = NULL "
        "WHERE workspace_id = $1 AND job_id = $2 AND interview_id = ANY($3)",
        row["workspace_id"],
        row["job_id"],
        words_of(body),
        now,
    )
    if not marked:
        await db.run(
            "UPDATE heymilo_posting SET poll_at = least(poll_at, greatest($3, poll_at - $4::interval)) "
            "WHERE workspace_id = $1 AND job_id = $2",
            row["workspace_id"],
            row["job_id"],
            now,
            POLL - SOONEST_POLL,
        )
    return marked


def words_of(body: bytes) -> list[str]:
    """Short strings anywhere in a JSON body; none of what is no JSON."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return [word for _, word in zip(range(MOST_WORDS), _words(told), strict=False)]


def _words(told: object) -> Iterator[str]:
    waiting = [told]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and 0 < len(one) <= LONGEST_WORD and "\0" not in one:
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


async def look_due(now: datetime) -> int:
    """Look at the interviews whose time has come; how many they were."""
    found = await db.rows(
        "WITH due AS (SELECT i.application_id FROM heymilo_interview i JOIN heymilo_account k ON k.workspace_id = i.workspace_id "
        "WHERE i.due_at <= $1 AND i.made_at IS NOT NULL AND (i.leased_until IS NULL OR i.leased_until <= $1) "
        "AND (k.paused_until IS NULL OR k.paused_until <= $1) ORDER BY i.due_at LIMIT $3 FOR UPDATE OF i SKIP LOCKED) "
        "UPDATE heymilo_interview i SET leased_until = $2 FROM due WHERE i.application_id = due.application_id "
        "RETURNING i.workspace_id, i.application_id, i.interview_id, i.score, i.made_at, i.due_at",
        now,
        now + LEASE,
        BATCH,
    )
    await asyncio.gather(*(_look(msgspec.convert(dict(row), Followed), now) for row in found))
    return len(found)


async def _look(followed: Followed, now: datetime) -> None:
    try:
        person = await api.interview(Asker(followed.workspace_id, now), followed.interview_id)
    except Failed as failed:
        await _put_off(followed, failed, now)
    else:
        await apply(followed, person, now)


async def _put_off(followed: Followed, failed: Failed, now: datetime) -> None:
    """What HeyMilo does not have any more is looked at no more."""
    again = None if failed.problem is Problem.NOT_FOUND else now + (failed.wait or AGAIN)
    await db.run(
        "UPDATE heymilo_interview SET due_at = $3, leased_until = NULL, problem = $4 "
        "WHERE workspace_id = $1 AND application_id = $2 AND due_at = $5",
        followed.workspace_id,
        followed.application_id,
        again,
        failed.problem.value,
        followed.due_at,
    )


async def apply(followed: Followed, person: Candidate, now: datetime) -> None:
    """Bring what HeyMilo says of somebody over to us. Said twice or late, it changes nothing."""
    standing = standing_of(person)
    home, application_id = followed.workspace_id, followed.application_id
    async with db.transaction():
        if standing.started:
            await applications.start(home, application_id, now=now)
        if standing.finished:
            await applications.complete(home, application_id, now=now, late=True)
        if standing.turned_down:
            await applications.disqualify(home, application_id, standing.turned_down, now=now)
        await _note(followed, person, standing, now)


async def _note(followed: Followed, person: Candidate, standing: Standing, now: datetime) -> None:
    waits_for_report = standing.finished and person.score is None and now < followed.made_at + REPORT_WITHIN
    before = await db.value(
        "WITH before AS (SELECT application_id, score FROM heymilo_interview "
        "WHERE workspace_id = $1 AND application_id = $2 FOR UPDATE) "
        "UPDATE heymilo_interview i SET status = $3, score = coalesce($4, i.score), read_at = $5, "
        "due_at = CASE WHEN i.due_at IS NOT DISTINCT FROM $7 THEN $6 ELSE i.due_at END, "
        "leased_until = NULL, problem = '' FROM before WHERE i.application_id = before.application_id "
        "RETURNING before.score IS NOT NULL",
        followed.workspace_id,
        followed.application_id,
        person.status[:LONGEST_WORD],
        None if person.score is None else round(person.score, 2),
        now,
        now + REPORT_EVERY if waits_for_report else None,
        followed.due_at,
    )
    if standing.finished and person.score is not None and before is False:
        note = {"note": f"HeyMilo gives {person.score:g} of 100"}
        await add_event(followed.workspace_id, followed.application_id, EventKind.REPORT_READY, now, note)


# ---- Looking through a posting ---------------------------------------------------------------------------------------------


async def poll_due(now: datetime) -> int:
    """Look through the postings whose time has come; how many had people to look for."""
    due = await db.rows(
        "WITH due AS (SELECT p.job_id FROM heymilo_posting p WHERE p.poll_at <= $1 ORDER BY p.poll_at LIMIT $3 "
        "FOR UPDATE SKIP LOCKED) UPDATE heymilo_posting p SET poll_at = $2 FROM due WHERE p.job_id = due.job_id "
        "RETURNING p.workspace_id, p.job_id",
        now,
        now + POLL,
        POSTINGS,
    )
    polled = [await _poll(row["workspace_id"], row["job_id"], now) for row in due]
    return sum(polled)


async def _poll(workspace_id: UUID, job_id: UUID, now: datetime) -> bool:
    """Whether there was anybody to look for. A job whose posting was changed may have people at both."""
    under_way = await db.rows(
        "SELECT i.posting_id, i.workspace_id, i.application_id, i.interview_id, i.score, i.made_at, i.due_at, a.created_at "
        "FROM heymilo_interview i JOIN application a ON a.id = i.application_id WHERE i.workspace_id = $1 AND i.job_id = $2 "
        "AND i.made_at IS NOT NULL AND (a.stage IN ('invited', 'captured', 'started') "
        "OR a.stage = 'expired' AND a.ended_at > $3)",
        workspace_id,
        job_id,
        now - LATE,
    )
    groups: dict[str, dict[str, db.Row]] = {}
    for row in under_way:
        groups.setdefault(row["posting_id"], {})[row["interview_id"]] = row
    try:
        for posting_id, followed in groups.items():
            await _look_through(Asker(workspace_id, now), posting_id, followed)
    except Failed as failed:
        wait = failed.wait or AGAIN
        await db.run("UPDATE heymilo_posting SET poll_at = $2 WHERE job_id = $1 AND poll_at > $2", job_id, now + wait)
    return bool(under_way)


async def _look_through(asker: Asker, posting_id: str, followed: dict[str, db.Row]) -> None:
    """Raises `Failed`; those on pages before have been brought over then."""
    since = min(row["created_at"] for row in followed.values()) - SLACK
    after = ""
    for _ in range(api.MOST_PAGES):
        page, more = await api.candidates(asker, posting_id, since, after)
        for person in page:
            if row := followed.get(person.interview_id):
                await apply(msgspec.convert(dict(row), Followed), person, asker.now)
        if not more or not page:
            return
        after = page[-1].interview_id
