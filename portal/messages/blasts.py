"""Messages by hand: to one person, or to all whom a filter finds, one each.

A blast is kept with its text and its filter. A worker writes its messages in batches, each in one transaction with the place that
it has come to (`after_id`), so that another goes on where one died. Whether a message then goes, and when, the rules say as of
any other.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.candidates import listing
from portal.candidates.applications import SOURCE
from portal.candidates.listing import Filters
from portal.messages import planning
from portal.messages.direct import BY_HAND, blast_key
from portal.messages.words import Channel, Reason, State, Track, Wish
from portal.web.missing import Missing

BATCH = 500
MOST = 10_000
"""People in one blast."""
LONGEST_LIST = 100
LONGEST_NAME = 80
FIELD = re.compile(r"{{\s*(\w+)[^}]*}}|{%[^%]*%}")
FIRST_CHANNEL = {Wish.EMAIL: Channel.EMAIL, Wish.SMS: Channel.SMS, Wish.BY_ROLE: Channel.EMAIL}
"""What a message is until it has been planned."""


class Running(StrEnum):
    """How far a blast is."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said, and how."""

    channel: Wish
    subject: str
    body: str
    button: str


class Blast(Draft, frozen=True, kw_only=True):
    id: UUID
    job_id: UUID | None
    job_title: str
    member_name: str
    state: Running
    chosen: int
    """People whom it was meant for, when it was sent off."""
    written: int
    """Of whom so many have their message in the list of those to be sent."""
    created_at: datetime
    ended_at: datetime | None
    workspace_name: str

    @property
    def name(self) -> str:
        """What members call it: its subject, or how it begins, with the fields that are the same for all in their places."""
        filled = {"job": self.job_title or "the job", "workspace": self.workspace_name}
        text = FIELD.sub(lambda found: filled.get(found[1], "…"), self.subject or self.body)
        first = " ".join(text.split())
        return first if len(first) <= LONGEST_NAME else f"{first[:LONGEST_NAME].rstrip()} …"


class LeftOut(msgspec.Struct, frozen=True):
    """Why messages do not go, and how many."""

    code: Reason
    reason: str
    count: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a blast's messages."""

    waiting: int = 0
    sent: int = 0
    unknown: int = 0
    failed: int = 0
    left_out: tuple[LeftOut, ...] = ()

    @property
    def left_out_count(self) -> int:
        return sum(one.count for one in self.left_out)


GROUPS = {
    **dict.fromkeys((State.SCHEDULED, State.CLAIMED, State.HELD), "waiting"),
    **dict.fromkeys((State.HANDED_OVER, State.SENT, State.DELIVERED), "sent"),
    **dict.fromkeys((State.FAILED, State.BOUNCED), "failed"),
    State.UNKNOWN: "unknown",
}

CHOSEN = f"""
SELECT DISTINCT ON (application.candidate_id) application.id, application.candidate_id FROM {SOURCE}
WHERE {listing.WHERE} AND candidate.erased_at IS NULL AND application.created_at <= $10 AND application.candidate_id > $11
  AND ($12::uuid IS NULL OR application.id = $12)
ORDER BY application.candidate_id, application.stage IN ('invited', 'captured', 'started') DESC, application.active_at DESC,
  application.id LIMIT $13
"""
"""One application of each person: the one that is still under way, and of several the one where they did something last."""
COUNT = f"""
SELECT count(DISTINCT application.candidate_id) FROM {SOURCE}
WHERE {listing.WHERE} AND candidate.erased_at IS NULL AND application.created_at <= $10
  AND ($11::uuid IS NULL OR application.id = $11)
"""
WRITE = """
INSERT INTO message (id, workspace_id, application_id, step_key, track, channel, state, reason_code, reason, due_at,
  attempts, to_address, subject, body_text, body_html, provider, provider_id, error, member_id, blast_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', $11, '', '', '', '', '', $12, $13, $10)
ON CONFLICT (application_id, step_key) DO NOTHING
"""
READ = """
SELECT blast.*, coalesce(job.title, '') AS job_title, coalesce(member.name, '') AS member_name,
  workspace.name AS workspace_name
FROM blast JOIN workspace ON workspace.id = blast.workspace_id
LEFT JOIN job ON job.workspace_id = blast.workspace_id AND job.id = blast.job_id
LEFT JOIN member ON member.workspace_id = blast.workspace_id AND member.id = blast.member_id
WHERE blast.workspace_id = $1
"""


class Chosen(msgspec.Struct, frozen=True):
    """Whom a blast is for: all whom the list of candidates shows under `filters`, or one application."""

    filters: Filters = Filters()
    application_id: UUID | None = None


async def choose(
    workspace_id: UUID, chosen: Chosen, *, now: datetime, came_before: datetime, after: UUID, limit: int
) -> list[tuple[UUID, UUID]]:
    """(application, candidate) of those who came until `came_before`, one for each person, in the order of the candidates' ids,
    from beyond `after` on."""
    found = await db.rows(
        CHOSEN,
        *listing.asked_for(workspace_id, chosen.filters, now),
        came_before,
        after,
        chosen.application_id,
        limit,
    )
    return [(row["id"], row["candidate_id"]) for row in found]


async def count(workspace_id: UUID, chosen: Chosen, now: datetime) -> int:
    """How many people these are."""
    wanted = listing.asked_for(workspace_id, chosen.filters, now)
    return int(await db.value(COUNT, *wanted, now, chosen.application_id))


async def begin(workspace_id: UUID, blast_id: UUID, draft: Draft, chosen: Chosen, *, now: datetime, member_id: UUID) -> None:
    """Send a blast off: from now on workers write its messages. The same `blast_id` twice is one blast."""
    people = await count(workspace_id, chosen, now)
    await _insert(workspace_id, blast_id, draft, chosen, people, now=now, member_id=member_id)


async def write_to_one(
    workspace_id: UUID, blast_id: UUID, draft: Draft, application_id: UUID, *, now: datetime, member_id: UUID
) -> db.Row:
    """Write to one application at once; its message as it is planned now. The same `blast_id` twice is one message. Raises
    `Missing`."""
    async with db.transaction():
        held = await db.value(
            "SELECT id FROM application WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", workspace_id, application_id
        )
        if held is None:
            raise Missing("application")
        chosen = Chosen(application_id=application_id)
        await _insert(workspace_id, blast_id, draft, chosen, 1, now=now, member_id=member_id)
        while await _write_batch(blast_id, now):
            continue
        await planning.replan(application_id, now)
        row = await db.row("SELECT * FROM message WHERE workspace_id = $1 AND blast_id = $2", workspace_id, blast_id)
    if row is None:
        raise Missing("message")
    return row


async def work(now: datetime) -> bool:
    """Write one batch of the blast that has waited longest; False when none is running that nobody else has in hand."""
    async with db.transaction():
        blast_id = await db.value(
            "SELECT id FROM blast WHERE state = 'running' ORDER BY created_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"
        )
        if blast_id is None:
            return False
        await _write_batch(blast_id, now)
    return True


async def anything_running() -> bool:
    return bool(await db.value("SELECT EXISTS (SELECT FROM blast WHERE state = 'running')"))


async def stop(workspace_id: UUID, blast_id: UUID, now: datetime) -> int | None:
    """Write no more, and take back what has not left: how many messages that were. None if it is no blast of this workspace.

    What is in a worker's hands at this moment is asked for once more at its hand-over, and stays too.
    """
    async with db.transaction():
        known = await db.value(
            "SELECT id FROM blast WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", workspace_id, blast_id
        )
        if known is None:
            return None
        await db.run(
            "UPDATE blast SET state = 'stopped', ended_at = $2 WHERE id = $1 AND (state = 'running' OR EXISTS "
            "(SELECT FROM message WHERE blast_id = $1 AND message.state IN ('scheduled', 'held', 'claimed')))",
            blast_id,
            now,
        )
        await _hold_waiting(blast_id)
        return await db.run(
            "UPDATE message SET state = 'cancelled', reason_code = $2, reason = 'It was stopped', ended_at = $3 "
            "WHERE blast_id = $1 AND state IN ('scheduled', 'held')",
            blast_id,
            Reason.BLAST_STOPPED.value,
            now,
        )


async def get_blast(workspace_id: UUID, blast_id: UUID) -> Blast:
    """Raises `Missing`."""
    row = await db.row(f"{READ} AND blast.id = $2", workspace_id, blast_id)
    if row is None:
        raise Missing("blast")
    return _blast(row)


async def list_blasts(workspace_id: UUID) -> list[Blast]:
    """To many, newest first; those to one person stand on that person's page."""
    found = await db.rows(
        f"{READ} AND NOT blast.filter ? 'application' ORDER BY blast.created_at DESC, blast.id LIMIT {LONGEST_LIST}", workspace_id
    )
    return [_blast(row) for row in found]


async def figures_of(workspace_id: UUID, blast_ids: list[UUID]) -> dict[UUID, Figures]:
    """What became of the messages of these blasts."""
    found = await db.rows(
        "SELECT blast_id, state, reason_code, min(reason) AS reason, count(*) AS count FROM message "
        "WHERE workspace_id = $1 AND blast_id = ANY($2) GROUP BY blast_id, state, reason_code "
        "ORDER BY count(*) DESC, reason_code",
        workspace_id,
        blast_ids,
    )
    return {blast_id: _figures([row for row in found if row["blast_id"] == blast_id]) for blast_id in blast_ids}


def to_json(chosen: Chosen) -> dict[str, Any]:
    """As it is kept with a blast."""
    if chosen.application_id is not None:
        return {"application": str(chosen.application_id)}
    filters: dict[str, Any] = msgspec.to_builtins(chosen.filters)
    return {name: value for name, value in filters.items() if value}


def from_json(kept: dict[str, Any]) -> Chosen:
    if "application" in kept:
        return Chosen(application_id=UUID(kept["application"]))
    return Chosen(filters=msgspec.convert(kept, Filters))


def _figures(rows: list[db.Row]) -> Figures:
    counts = dict.fromkeys(("waiting", "sent", "unknown", "failed"), 0)
    left_out: dict[Reason, LeftOut] = {}
    for row in rows:
        group = GROUPS.get(State(row["state"]))
        if group is not None:
            counts[group] += row["count"]
            continue
        code = Reason(row["reason_code"])
        before = left_out.get(code, LeftOut(code, row["reason"], 0))
        left_out[code] = LeftOut(code, before.reason, before.count + row["count"])
    return Figures(**counts, left_out=tuple(left_out.values()))


def _blast(row: db.Row) -> Blast:
    return msgspec.convert(dict(row), Blast)


async def _insert(
    workspace_id: UUID, blast_id: UUID, draft: Draft, chosen: Chosen, people: int, *, now: datetime, member_id: UUID
) -> None:
    await db.run(
        "INSERT INTO blast (id, workspace_id, job_id, member_id, channel, subject, body, button, filter, state, chosen, written, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running', $10, 0, $11) ON CONFLICT (id) DO NOTHING",
        blast_id,
        workspace_id,
        chosen.filters.job_id,
        member_id,
        draft.channel.value,
        draft.subject,
        draft.body,
        draft.button,
        to_json(chosen),
        people,
        now,
    )


async def _write_batch(blast_id: UUID, now: datetime) -> bool:
    """The next messages of a running blast, whose lock the caller holds; whether there may be more."""
    blast = await db.row("SELECT * FROM blast WHERE id = $1 AND state = 'running'", blast_id)
    if blast is None:
        return False
    room = min(BATCH, MOST - blast["written"])
    people = await choose(
        blast["workspace_id"],
        from_json(blast["filter"]),
        now=now,
        came_before=blast["created_at"],
        after=blast["after_id"] or UUID(int=0),
        limit=room,
    )
    if people:
        await _write(blast, [application_id for application_id, _ in people], now)
    more: bool = len(people) == room and blast["written"] + len(people) < MOST
    await db.run(
        "UPDATE blast SET written = written + $2, after_id = coalesce($3, after_id), state = $4, ended_at = $5 WHERE id = $1",
        blast_id,
        len(people),
        people[-1][1] if people else None,
        "running" if more else "done",
        None if more else now,
    )
    return more


async def _write(blast: db.Row, application_ids: list[UUID], now: datetime) -> None:
    """A message for each, due at once; planning then says what becomes of it. The applications are locked first, in order."""
    await db.rows("SELECT id FROM application WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", application_ids)
    await db.run("UPDATE application SET plan_stale = true WHERE id = ANY($1)", application_ids)
    channel = FIRST_CHANNEL[Wish(blast["channel"])]
    subject = blast["subject"] if "{" not in blast["subject"] else ""
    fixed = (blast_key(blast["id"]), Track.MANUAL, channel, State.SCHEDULED, Reason.BY_HAND, BY_HAND, now)
    await db.run_many(
        WRITE,
        [
            (db.new_id(), blast["workspace_id"], application_id, *fixed, subject, blast["member_id"], blast["id"])
            for application_id in application_ids
        ],
    )


async def _hold_waiting(blast_id: UUID) -> None:
    """Lock the applications whose messages wait, and have them planned anew."""
    waiting = [
        row["application_id"]
        for row in await db.rows(
            "SELECT application_id FROM message WHERE blast_id = $1 AND state IN ('scheduled', 'held', 'claimed')", blast_id
        )
    ]
    await db.rows("SELECT id FROM application WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", waiting)
    await db.run("UPDATE application SET plan_stale = true WHERE id = ANY($1)", waiting)
