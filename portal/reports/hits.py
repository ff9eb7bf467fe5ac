"""The single hits behind the figures, each with its verdict and the reason for it. The one list that reads clicks themselves."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import msgspec

from portal import db
from portal.clicks import retention
from portal.clicks.verdicts import Verdict
from portal.reports import clicks
from portal.reports.scope import CHANNEL, Query, Scope, at_place, single
from portal.reports.tally import PERSONAL, Tally
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


async def still_kept(scope: Scope) -> Scope:
    """The days of it whose clicks are there: those of old months may have been dropped. What they were counted to stays."""
    first = await retention.first_whole_day()
    return msgspec.structs.replace(scope, start=max(scope.start, first)) if first else scope


async def list_hits(scope: Scope, *, verdict: Verdict | None, reason: str = "", page: int = 1) -> tuple[list[ShownHit], int]:
    """One page of hits, the newest first, and how many there are, of days that are `still_kept`. `verdict` None: all that were
    not counted. Of people those on channel links, as they are counted, and without regard to `reason`: there is none for that.

    The verdict of `scope` itself is not asked.
    """
    if scope.start > scope.end:
        return [], 0
    counted = await clicks.read(msgspec.structs.replace(scope, verdict=Verdict.PERSON))
    total = counted.days.total() if verdict is Verdict.PERSON else _not_counted(counted, verdict, reason)
    if not total:
        return [], 0
    days, skip = scope, (page - 1) * PAGE_SIZE
    if verdict is Verdict.PERSON:
        days, skip = _days_of_page(scope, counted.days, skip)
    return [ShownHit(**dict(row)) for row in await _read(days, verdict, reason, skip)], total


def _not_counted(found: Tally, verdict: Verdict | None, reason: str) -> int:
    lines = [line for kind in (CHANNEL, PERSONAL) for line in found.excluded(kind)]
    return sum(line.hits for line in lines if verdict in (None, line.verdict) and reason in ("", line.reason))


def _days_of_page(scope: Scope, counts: Mapping[date, int], skip: int) -> tuple[Scope, int]:
    """The days of `scope` that hold a page of hits, the newest first, and how many hits of these come before it. Nobody goes
    through a million clicks to the ones that are shown."""
    newest, seen = None, 0
    for day in sorted(counts, reverse=True):
        if newest is None and seen + counts[day] <= skip:
            skip -= counts[day]
            continue
        newest, seen = newest or day, seen + counts[day]
        if seen >= skip + PAGE_SIZE:
            break
    return (msgspec.structs.replace(scope, start=day, end=newest), skip) if newest else (scope, skip)


async def _read(scope: Scope, verdict: Verdict | None, reason: str, skip: int) -> list[db.Row]:
    q = Query()
    order = "c.at DESC" if scope.link_id else "c.day DESC, c.at DESC"  # as the indexes go
    page_of = (
        f"SELECT c.* FROM click c WHERE {_wanted(scope, verdict, reason, q)} "
        f"ORDER BY {order}, c.id LIMIT {PAGE_SIZE} OFFSET {q(skip)}"
    )
    async with db.planned_for_its_values():
        return await db.rows(
            "SELECT c.at, c.verdict, c.reason, c.user_agent, j.title AS job_title, "
            f"CASE WHEN l.kind = '{CHANNEL}' THEN l.id END AS link_id, "
            "coalesce(concat_ws(' · ', n.network_name, n.placement_name, nullif(l.label, '')), '') AS link_name "
            f"FROM ({page_of}) c JOIN link l ON l.id = c.link_id JOIN job j ON j.id = l.job_id "
            "LEFT JOIN channel n ON n.id = l.channel_id ORDER BY c.at DESC, c.id",
            *q.args,
        )


def _wanted(scope: Scope, verdict: Verdict | None, reason: str, q: Query) -> str:
    """Of `click c`. Which links are asked for stands apart: the newest clicks are found by their time, and few are looked at."""
    where = [single(scope, q), "c.verdict <> 'person'" if verdict is None else f"c.verdict = {q(verdict.value)}"]
    if reason and verdict is not Verdict.PERSON:
        where.append(f"c.reason = {q(reason)}")
    kind = f" AND l.kind = '{CHANNEL}'" if verdict is Verdict.PERSON else ""
    if scope.link_id:
        where.append(f"c.link_id = {q(scope.link_id)}")
    if kind or not scope.is_everywhere:
        where.append(f"c.link_id IN (SELECT l.id FROM link l WHERE {at_place(scope, q)}{kind})")
    return " AND ".join(where)
