"""Running totals of people, kept by the clock, so that no page has to look at each person of a year.

A total says how many people came, and how far they have got, until the end of a day; a period is the difference of two. Whatever
changes of a person leaves a line in `person_stale`, in the same transaction: from that day on pages count people one by one,
until `fold` has made the totals anew. So totals are never wrong, only short.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portal import db
from portal.reports import durations
from portal.reports.scope import CHANNEL, CLICKED_AT, By, Query, Scope, links

OPEN_DAYS = timedelta(days=2)
"""Today, yesterday and the day before change all the time: they are counted one by one."""
AT_ONCE = timedelta(days=62)
"""How much is added in one transaction."""
LOCK = 7_203_104
ALL = "all"
STEPS = 3
"""Of which it is kept how long they took."""
COUNTS = ("people", "captured", "started", "completed", "returned")
REACHED = ("captured", "started", "completed")
COLUMNS = ("workspace_id", "owner_id", "source", "day", *COUNTS, "finished", "times", "zones", "zoned")


UNTIL = """
SELECT least(f.until, (
  SELECT (min(s.at) AT TIME ZONE w.timezone)::date FROM person_stale s WHERE s.workspace_id = f.workspace_id))
FROM person_folded f JOIN workspace w ON w.id = f.workspace_id WHERE f.workspace_id = $1
"""
"""Totals of workspace $1 are right for people who came before this day; of none, if it has no totals."""


async def first_day(workspace_id: UUID) -> date | None:
    """The first day on which anybody came, as far as totals go."""
    found: date | None = await db.value(
        "SELECT min(day) FROM person_total WHERE workspace_id = $1 AND owner_id = $1 AND source = $2", workspace_id, ALL
    )
    return found


# ---- Reading ---------------------------------------------------------------------------------------------------------------


def sources(scope: Scope, q: Query, by: By | None) -> str:
    """``WITH l, o``: the totals that `scope` is made of, each with its `key`: whose row it belongs to, if `by` asks for rows."""
    made = _whole(scope, q) if by is None else _rows(scope, q, by)
    return f"{links(scope, q)}, o AS ({made})"


def _whole(scope: Scope, q: Query) -> str:
    if not (scope.campaign_id or scope.channel_id or scope.link_id):
        return f"SELECT {q(ALL)} AS source, NULL::uuid AS key"
    if scope.channel_id is not None and scope.channel_id == scope.owner:
        return f"SELECT {q(str(scope.channel_id))} AS source, NULL::uuid AS key"
    return "SELECT id::text AS source, NULL::uuid AS key FROM l"


def _rows(scope: Scope, q: Query, by: By) -> str:
    if by is By.CHANNEL and scope.is_everywhere:
        made = f"SELECT id::text AS source, id AS key FROM channel WHERE workspace_id = {q(scope.workspace_id)}"
    elif by is By.CHANNEL and scope.owner is not None and scope.owner != scope.campaign_id:
        made = "SELECT DISTINCT channel_id::text AS source, channel_id AS key FROM l"
    else:
        made = f"SELECT id::text AS source, {by} AS key FROM l"
    without_link = "" if scope.campaign_id or scope.channel_id or scope.link_id else ORIGINS
    return f"{made} {without_link}"


ORIGINS = "UNION ALL VALUES ('direct', NULL::uuid), ('invited', NULL)"


def ending(scope: Scope, q: Query, columns: Sequence[str]) -> str:
    """FROM: for each `o`, the total at the end of the period (`e`) and before it (`b`), as far as totals go."""
    total = (
        f"SELECT {', '.join(columns)} FROM person_total WHERE workspace_id = {q(scope.workspace_id)} "
        f"AND owner_id = {q(scope.job_id or scope.workspace_id)} AND source = o.source AND day"
    )
    nothing = "AND FALSE " if scope.is_from_the_first else ""
    return (
        f"FROM o CROSS JOIN LATERAL ({total} BETWEEN {q(scope.start)} AND {q(scope.end)} ORDER BY day DESC LIMIT 1) e "
        f"LEFT JOIN LATERAL ({total} < {q(scope.start)} {nothing}ORDER BY day DESC LIMIT 1) b ON true"
    )


def kept(scope: Scope) -> Scope | None:
    """The part of `scope` that totals answer; None: nothing of it."""
    if scope.values or scope.zone or scope.start >= scope.counted_until:
        return None
    return msgspec.structs.replace(scope, end=min(scope.end, scope.counted_until - timedelta(days=1)))


def single(scope: Scope) -> Scope | None:
    """The rest of it, whose people are counted one by one."""
    if kept(scope) is None:
        return scope
    return msgspec.structs.replace(scope, start=scope.counted_until) if scope.end >= scope.counted_until else None


async def people_of_jobs(workspace_id: UUID, job_ids: Sequence[UUID]) -> list[db.Row]:
    """Job, `people` and how many of them got how far, of all time: up to a day, and since."""
    reached = ", ".join(f"count(a.{name}_at)" for name in REACHED)
    counted_until = f"(SELECT coalesce(({UNTIL}), '-infinity'))"
    return await db.rows(
        f"SELECT job.id AS job_id, t.people, {', '.join(f't.{name}' for name in REACHED)} FROM unnest($2::uuid[]) job (id) "
        f"CROSS JOIN LATERAL (SELECT * FROM person_total WHERE workspace_id = $1 AND owner_id = job.id "
        f"AND source = '{ALL}' AND day < {counted_until} ORDER BY day DESC LIMIT 1) t "
        f"UNION ALL SELECT a.job_id, count(*), {reached} FROM application a WHERE a.workspace_id = $1 AND a.job_id = ANY($2) "
        f"AND a.created_at >= (SELECT coalesce(({UNTIL}) AT TIME ZONE timezone, '-infinity') FROM workspace WHERE id = $1) "
        "GROUP BY 1",
        workspace_id,
        list(job_ids),
    )


# ---- Keeping ---------------------------------------------------------------------------------------------------------------


class Total:
    """What has been counted for one owner and source."""

    def __init__(self, row: db.Row | None) -> None:
        self.counts = {name: row[name] if row else 0 for name in COUNTS}
        self.finished = 0
        self.steps = [durations.Durations() for _ in range(STEPS)]
        kept = Counter[int]()
        durations.add_flat(kept, row["times"] if row else None)
        durations.add_steps(self.steps, kept)
        self.zones = Counter(dict(zip(row["zones"], row["zoned"], strict=True)) if row else {})

    def add(self, person: db.Row) -> None:
        reached = {name: person[f"{name}_at"] is not None for name in ("captured", "started", "completed")}
        for name in COUNTS:
            self.counts[name] += {"people": True, "returned": bool(person["returned"]), **reached}[name]
        self.finished += reached["completed"]
        moments = [person[f"{name}_at"] for name in ("clicked", "captured", "started", "completed")]
        for step, (earlier, later) in zip(self.steps, pairwise(moments), strict=True):
            if earlier is not None and later is not None:
                step.counts[durations.length_of((later - earlier).total_seconds())] += 1
        if person["timezone"]:
            self.zones[person["timezone"]] += 1

    def row(self) -> tuple[object, ...]:
        return *self.counts.values(), self.finished, self.times, list(self.zones), list(self.zones.values())

    @property
    def times(self) -> list[int]:
        return durations.flat([step.counts for step in self.steps])


Place = tuple[UUID, str]
"""Owner and source."""

PEOPLE = f"""
SELECT (a.created_at AT TIME ZONE $2)::date AS day, a.job_id, l.id AS link_id, l.channel_id, l.campaign_id,
  l.job_id = a.job_id AS at_job, a.came, a.door = 'landing' AS direct, {CLICKED_AT} AS clicked_at, a.captured_at, a.started_at,
  a.completed_at, a.returned, p.timezone
FROM application a JOIN candidate p ON p.workspace_id = a.workspace_id AND p.id = a.candidate_id
LEFT JOIN link l ON l.id = a.link_id AND l.kind = '{CHANNEL}'
WHERE a.workspace_id = $1 AND a.created_at >= $3 AND a.created_at < $4 ORDER BY a.created_at
"""


async def fold(now: datetime) -> int:
    """Bring totals up to date, some weeks further each time; of how many workspaces. For a clock to call."""
    found = await db.rows(
        "SELECT w.id, w.timezone FROM workspace w LEFT JOIN person_folded f ON f.workspace_id = w.id "
        "WHERE EXISTS (SELECT FROM person_stale s WHERE s.workspace_id = w.id) "
        "OR coalesce(f.until, '-infinity') < $1 AND EXISTS (SELECT FROM application a WHERE a.workspace_id = w.id)",
        now.date() - OPEN_DAYS,
    )
    done = [await _fold(row["id"], ZoneInfo(row["timezone"]), now) for row in found]
    return sum(done)


async def _fold(workspace_id: UUID, zone: ZoneInfo, now: datetime) -> bool:
    """Whether anything was done."""
    async with db.transaction():
        if not await db.value("SELECT pg_try_advisory_xact_lock($1)", LOCK):
            return False
        until: date | None = await db.value("SELECT until FROM person_folded WHERE workspace_id = $1", workspace_id)
        # Lines that come after this moment stay for the next time, whether or not what they tell of is seen by then.
        gone = await db.rows("DELETE FROM person_stale WHERE workspace_id = $1 RETURNING at", workspace_id)
        first: datetime | None = await db.value("SELECT min(created_at) FROM application WHERE workspace_id = $1", workspace_id)
        first_day = first.astimezone(zone).date() if first else now.astimezone(zone).date()
        changed = [row["at"].astimezone(zone).date() if row["at"].year > 1 else date.min for row in gone]
        await _take_away(workspace_id, changed)
        begin = min((until, *changed)) if until else first_day
        end = max(until or begin, min(now.astimezone(zone).date() - OPEN_DAYS, max(begin, until or begin) + AT_ONCE))
        if begin >= end:
            return False
        await db.run("DELETE FROM person_total WHERE workspace_id = $1 AND day >= $2", workspace_id, begin)
        await _count(workspace_id, zone, begin, end)
        await db.run(
            "INSERT INTO person_folded (workspace_id, until) VALUES ($1, $2) ON CONFLICT (workspace_id) DO UPDATE SET until = $2",
            workspace_id,
            end,
        )
        return True


async def _take_away(workspace_id: UUID, changed: Sequence[date]) -> None:
    """The blocks of these days, or all: see `person_folds`."""
    await db.run(
        "DELETE FROM person_block b WHERE b.workspace_id = $1 AND ($3 OR EXISTS (SELECT FROM unnest($2::date[]) d (day) "
        "WHERE b.day BETWEEN d.day - 63 AND d.day AND b.day + b.days > d.day))",
        workspace_id,
        sorted({day for day in changed if day > date.min}),
        date.min in changed,
    )


async def _count(workspace_id: UUID, zone: ZoneInfo, begin: date, end: date) -> None:
    """Totals of the days from `begin` to before `end`, on top of those before."""
    totals: dict[Place, Total] = {}
    args = (workspace_id, zone.key, midnight(max(begin, date(2, 1, 1)), zone), midnight(end, zone))
    async with db.connection() as connection:
        day, people = begin, list[db.Row]()
        async for person in connection.cursor(PEOPLE, *args, prefetch=2000):
            if person["day"] != day and people:
                await _add_day(workspace_id, day, people, totals)
                people = []
            day = person["day"]
            people.append(person)
        if people:
            await _add_day(workspace_id, day, people, totals)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


async def _add_day(workspace_id: UUID, day: date, people: Sequence[db.Row], totals: dict[Place, Total]) -> None:
    places = {place for person in people for place in _places(workspace_id, person)}
    await _fetch(workspace_id, places - totals.keys(), day, totals)
    for place in places:
        totals[place].finished = 0
    for person in people:
        for place in _places(workspace_id, person):
            totals[place].add(person)
    rows = [(workspace_id, *place, day, *totals[place].row()) for place in sorted(places)]
    async with db.connection() as connection:
        await connection.copy_records_to_table("person_total", records=rows, columns=COLUMNS)


async def _fetch(workspace_id: UUID, places: set[Place], before: date, totals: dict[Place, Total]) -> None:
    """What stands for these places before that day."""
    found = await db.rows(
        "SELECT t.* FROM unnest($2::uuid[], $3::text[]) p (owner_id, source) CROSS JOIN LATERAL (SELECT * FROM person_total "
        "WHERE workspace_id = $1 AND owner_id = p.owner_id AND source = p.source AND day < $4 ORDER BY day DESC LIMIT 1) t",
        *(workspace_id, [owner for owner, _ in places], [source for _, source in places], before),
    )
    there = {(row["owner_id"], row["source"]): row for row in found}
    totals.update({place: Total(there.get(place)) for place in places})


def _places(workspace_id: UUID, person: db.Row) -> list[Place]:
    """Where somebody counts. A link that has moved to another job says nothing at the first one."""
    origin = "direct" if person["direct"] else "invited"
    job_id, link_id = person["job_id"], person["link_id"]
    by_link = [str(person["channel_id"]), str(link_id)] if link_id else [origin]
    at_job = by_link if person["at_job"] else [origin]
    return [*((workspace_id, source) for source in (ALL, *by_link)), *((job_id, source) for source in (ALL, *at_job))]
