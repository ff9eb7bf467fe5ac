"""The log of messages: what comes next, what went out, what did not."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.messages.plans import plan_for
from portal.messages.texts import TextKind, kind_of
from portal.messages.words import Channel, State, Track
from portal.web.paging import PAGE_SIZE


class Tab(StrEnum):
    NEXT = "next"
    SENT = "sent"
    NOT_SENT = "not-sent"


STATES: dict[Tab, tuple[State, ...]] = {
    Tab.NEXT: (State.SCHEDULED, State.CLAIMED, State.HELD),
    Tab.SENT: (State.SENT, State.DELIVERED, State.HANDED_OVER, State.UNKNOWN, State.BOUNCED, State.FAILED),
    Tab.NOT_SENT: (State.SKIPPED, State.CANCELLED),
}
TIMES = {
    Tab.NEXT: "message.due_at",
    Tab.SENT: "coalesce(message.handed_over_at, message.ended_at, message.due_at)",
    Tab.NOT_SENT: "coalesce(message.ended_at, message.created_at)",
}
KIND_NAMES = {
    TextKind.INVITE: "Invitation",
    TextKind.LINK: "The link they asked for",
    TextKind.NEVER_FIRST: "First nudge, not started",
    TextKind.NEVER_SECOND: "Second nudge, not started",
    TextKind.NEVER_LATER: "Later nudge, not started",
    TextKind.NEVER_DEADLINE: "Before the deadline, not started",
    TextKind.UNFINISHED_FIRST: "First nudge, unfinished",
    TextKind.UNFINISHED_SECOND: "Second nudge, unfinished",
    TextKind.UNFINISHED_LATER: "Later nudge, unfinished",
    TextKind.UNFINISHED_DEADLINE: "Before the deadline, unfinished",
    TextKind.MORE_TIME: "More time",
    TextKind.MANUAL: "Message by hand",
}
SOURCE = (
    "message JOIN application ON application.id = message.application_id "
    "JOIN candidate ON candidate.id = application.candidate_id JOIN job ON job.id = application.job_id"
)
WHERE = (
    "message.workspace_id = $1 AND message.state = ANY($2) AND ($3 = '' OR message.channel = $3) "
    "AND ($4::uuid IS NULL OR application.job_id = $4) "
    "AND ($5 = '' OR strpos(lower(candidate.name || ' ' || coalesce(candidate.email, '')), lower($5)) > 0)"
)


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What the list shows; empty means all of the tab."""

    tab: Tab = Tab.NEXT
    state: State | None = None
    channel: Channel | None = None
    job_id: UUID | None = None
    search: str = ""

    @property
    def states(self) -> list[str]:
        return [state.value for state in STATES[self.tab] if self.state in {None, state}]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the list. `at`: when it is due, went out or ended, by the tab."""

    id: UUID
    application_id: UUID
    job_id: UUID
    state: State
    channel: Channel
    name: str
    reason: str
    at: datetime
    candidate: str
    job_title: str


class Found(msgspec.Struct, frozen=True):
    lines: list[Line]
    total: int


async def list_messages(workspace_id: UUID, filters: Filters, *, page: int = 1, size: int = PAGE_SIZE) -> Found:
    """One page, counted from 1, and how many there are in all. What is next stands soonest first, all else newest first."""
    wanted = (workspace_id, filters.states, filters.channel or "", filters.job_id, filters.search)
    time = TIMES[filters.tab]
    rows = await db.rows(
        "SELECT message.id, message.application_id, message.state, message.channel, message.track, message.step_key, "
        f"message.subject, message.reason, {time} AS at, application.job_id, job.title AS job_title, "
        "coalesce(nullif(candidate.name, ''), candidate.email, 'No name') AS candidate "
        f"FROM {SOURCE} WHERE {WHERE} ORDER BY at {'ASC' if filters.tab is Tab.NEXT else 'DESC'}, message.id LIMIT $6 OFFSET $7",
        *wanted,
        size,
        (page - 1) * size,
    )
    total = await db.value(f"SELECT count(*) FROM {SOURCE} WHERE {WHERE}", *wanted)
    return Found(await _lines(workspace_id, rows), total)


async def counts(workspace_id: UUID, filters: Filters) -> dict[Tab, int]:
    """How many messages each tab holds, under the other filters."""
    return {
        tab: await db.value(
            f"SELECT count(*) FROM {SOURCE} WHERE {WHERE}",
            workspace_id,
            [state.value for state in STATES[tab]],
            filters.channel or "",
            filters.job_id,
            filters.search,
        )
        for tab in Tab
    }


async def _lines(workspace_id: UUID, rows: list[db.Row]) -> list[Line]:
    plans = {job_id: await plan_for(workspace_id, job_id) for job_id in {row["job_id"] for row in rows}}
    lines = []
    for row in rows:
        kind = kind_of(Track(row["track"]), row["step_key"], plans[row["job_id"]])
        fields = {name: row[name] for name in Line.__struct_fields__ if name not in {"name", "state", "channel"}}
        lines.append(
            Line(name=row["subject"] or KIND_NAMES[kind], state=State(row["state"]), channel=Channel(row["channel"]), **fields)
        )
    return lines
