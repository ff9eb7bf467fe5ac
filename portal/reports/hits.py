"""The single hits behind the figures, each with its verdict and the reason for it. The one list that reads clicks themselves."""

from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.clicks.verdicts import Verdict
from portal.reports import clicks
from portal.reports.scope import CHANNEL, Query, Scope, at_place, single
from portal.reports.tally import PERSONAL
from portal.web.paging import PAGE_SIZE

LONGEST_AGENT = 90


class ShownHit(msgspec.Struct, frozen=True, kw_only=True):
    """One hit. Of a personal link nothing is said but that it is one: it would name a candidate."""

    at: datetime
    link_id: UUID | None
    link_name: str
    job_title: str
    verdict: str
    reason: str
    user_agent: str

    @property
    def short_agent(self) -> str:
        return self.user_agent if len(self.user_agent) <= LONGEST_AGENT else f"{self.user_agent[: LONGEST_AGENT - 1]}…"


async def list_hits(scope: Scope, *, verdict: Verdict | None, reason: str = "", page: int = 1) -> tuple[list[ShownHit], int]:
    """One page of hits, the newest first, and how many there are. `verdict` None: all that were not counted.

    The verdict of `scope` itself is not asked.
    """
    total = await _how_many(scope, verdict, reason)
    if not total:
        return [], 0
    q = Query()
    page_of = (
        f"SELECT c.* FROM click c WHERE {_wanted(scope, verdict, reason, q)} "
        f"ORDER BY c.day DESC, c.at DESC, c.id LIMIT {PAGE_SIZE} OFFSET {q((page - 1) * PAGE_SIZE)}"
    )
    found = await db.rows(
        "SELECT c.at, c.verdict, c.reason, c.user_agent, j.title AS job_title, "
        f"CASE WHEN l.kind = '{CHANNEL}' THEN l.id END AS link_id, "
        "coalesce(concat_ws(' · ', n.network_name, n.placement_name, nullif(l.label, '')), '') AS link_name "
        f"FROM ({page_of}) c JOIN link l ON l.id = c.link_id JOIN job j ON j.id = l.job_id "
        "LEFT JOIN channel n ON n.id = l.channel_id ORDER BY c.at DESC, c.id",
        *q.args,
    )
    return [ShownHit(**dict(row)) for row in found], total


def _wanted(scope: Scope, verdict: Verdict | None, reason: str, q: Query) -> str:
    """Of `click c`. Which links are asked for stands apart: the newest clicks are found by their time, and few are looked at."""
    where = [single(scope, q), "c.verdict <> 'person'" if verdict is None else f"c.verdict = {q(verdict.value)}"]
    if reason:
        where.append(f"c.reason = {q(reason)}")
    if not scope.is_everywhere:
        where.append(f"c.link_id IN (SELECT l.id FROM link l WHERE {at_place(scope, q)})")
    return " AND ".join(where)


async def _how_many(scope: Scope, verdict: Verdict | None, reason: str) -> int:
    """From the rollups, for what is not counted; nobody waits for a count of millions of clicks."""
    if verdict is Verdict.PERSON:
        q = Query()
        return int(await db.value(f"SELECT count(*) FROM click c WHERE {_wanted(scope, verdict, reason, q)}", *q.args))
    found = await clicks.read(scope)
    lines = [line for kind in (CHANNEL, PERSONAL) for line in found.excluded(kind)]
    return sum(line.hits for line in lines if verdict in (None, line.verdict) and reason in ("", line.reason))
