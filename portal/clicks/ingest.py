"""From the journal to clicks and figures.

Each batch is one transaction: hits leave the journal, clicks come in by their ids, and only those that were new are counted.
So a hit that stands twice in the journal (a `COPY` given up and then spooled, a file replayed twice) counts once, and a worker
that dies leaves everything as it was. Hits on addresses that nobody made have no row that could be recognised: those, and those
alone, may count twice.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from prometheus_client import Counter as Metric

from portal import db
from portal.clicks import agents, partitions, rollups
from portal.clicks.hits import COLUMNS, Hit, Kind
from portal.clicks.parameters import parameters
from portal.clicks.rollups import Counted
from portal.clicks.verdicts import RULES, Verdict, judge

LANDING_WAITS = timedelta(minutes=10)
"""For its click, which may still be in the spool of another process."""
LANDING_AFTER = timedelta(days=2)
"""A page opened later than this after its click is somebody coming back."""

DROPPED = Metric("portal_hits_dropped", "Hits that no click could be made of.", ["why"])


class _Home(msgspec.Struct, frozen=True):
    """Whose link it is."""

    workspace_id: UUID
    zone: ZoneInfo


async def ingest_batch(now: datetime, limit: int = 5000) -> int:
    """Move up to `limit` clicks and as many landings; how many hits left the journal. 0: nothing is there to be done now.

    Any number of workers may do this at the same time.
    """
    return await _ingest_clicks(limit) + await _ingest_landings(now, limit)


async def journal_is_empty() -> bool:
    return not await db.value("SELECT EXISTS (SELECT 1 FROM click_journal)")


async def _ingest_clicks(limit: int) -> int:
    async with db.transaction():
        hits = await _take_clicks(limit)
        homes = await _homes({hit.link_id for hit in hits if hit.link_id is not None})
        clicks = [_Judged(hit, homes[hit.link_id]) for hit in hits if hit.link_id in homes]
        await _add_orphans([hit for hit in hits if hit.link_id is None])
        DROPPED.labels("link deleted").inc(sum(hit.link_id is not None and hit.link_id not in homes for hit in hits))
        if clicks:
            await partitions.make({partitions.month_of(click.hit.at) for click in clicks})
            new = await _insert(sorted(clicks, key=lambda click: click.hit.id))
            await rollups.add(new)
    return len(hits)


async def _take_clicks(limit: int) -> list[Hit]:
    found = await db.rows(
        f"DELETE FROM click_journal WHERE ctid = ANY(ARRAY(SELECT ctid FROM click_journal WHERE kind = $1 LIMIT $2 "
        f"FOR UPDATE SKIP LOCKED)) RETURNING {', '.join(COLUMNS)}",
        Kind.CLICK.value,
        limit,
    )
    return [Hit(**dict(row)) for row in found]


async def _homes(link_ids: set[UUID]) -> dict[UUID | None, _Home]:
    found = await db.rows(
        "SELECT link.id, link.workspace_id, workspace.timezone FROM link JOIN workspace ON workspace.id = link.workspace_id "
        "WHERE link.id = ANY($1::uuid[])",
        list(link_ids),
    )
    return {row["id"]: _Home(row["workspace_id"], ZoneInfo(row["timezone"])) for row in found}


class _Judged:
    """A click on its way into the table."""

    def __init__(self, hit: Hit, home: _Home) -> None:
        self.hit = hit
        verdict, reason = judge(hit)
        said = agents.describe(hit.user_agent)
        self.counted = Counted(
            id=hit.id,
            workspace_id=home.workspace_id,
            link_id=hit.link_id or UUID(int=0),
            at=hit.at.astimezone(UTC),
            day=_day(hit.at, home),
            verdict=verdict,
            reason=reason.value,
            outcome=hit.outcome,
            app=said.app,
            device=said.device,
            system=said.system,
            language=hit.language,
            referrer_host=hit.referrer_host,
            visitor=hit.visitor,
        )

    def row(self) -> tuple[object, ...]:
        """In the order of `CLICK_COLUMNS`."""
        c, hit = self.counted, self.hit
        return (
            *(c.id, c.at, c.workspace_id, c.link_id, c.outcome, c.verdict.value, c.reason, RULES, hit.method, c.app, c.device),
            *(c.system, c.language, c.referrer_host, hit.user_agent, hit.purpose, hit.sec_fetch),
            *(msgspec.json.encode(parameters(hit.query)).decode(), c.visitor),
        )


CLICK_COLUMNS = {
    "id": "uuid",
    "at": "timestamptz",
    "workspace_id": "uuid",
    "link_id": "uuid",
    "outcome": "text",
    "verdict": "text",
    "reason": "text",
    "rules": "int",
    "method": "text",
    "app": "text",
    "device": "text",
    "system": "text",
    "language": "text",
    "referrer_host": "text",
    "user_agent": "text",
    "purpose": "text",
    "sec_fetch": "text",
    "parameters": "jsonb",
    "visitor": "bytea",
}


async def _insert(clicks: Sequence[_Judged]) -> list[Counted]:
    """Those that were not there before. In the order of their ids: two workers that hold the same click wait, not ring."""
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(CLICK_COLUMNS.values(), start=1))
    found = await db.rows(
        f"INSERT INTO click ({', '.join(CLICK_COLUMNS)}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING RETURNING id",
        *(list(column) for column in zip(*(click.row() for click in clicks), strict=True)),
    )
    by_id = {click.hit.id: click.counted for click in clicks}
    return [by_id[row["id"]] for row in found]


async def _add_orphans(hits: Sequence[Hit]) -> None:
    """Addresses that nobody made, by UTC day: a typo on a poster shows here."""
    counts = Counter((hit.slug, hit.at.astimezone(UTC).date()) for hit in hits)
    last = {(hit.slug, hit.at.astimezone(UTC).date()): hit.at for hit in sorted(hits, key=lambda hit: hit.at)}
    await db.run_many(
        "INSERT INTO orphan_hit (slug, day, hits, last_at) VALUES ($1, $2, $3, $4) ON CONFLICT (slug, day) DO UPDATE "
        "SET hits = orphan_hit.hits + EXCLUDED.hits, last_at = greatest(orphan_hit.last_at, EXCLUDED.last_at)",
        [(slug, day, counts[slug, day], last[slug, day]) for slug, day in sorted(counts)],
    )


LANDINGS_READY = """
WITH ready AS (
  SELECT j.ctid AS place, c.link_id, c.workspace_id, c.at AS clicked_at, c.verdict
  FROM click_journal j
  LEFT JOIN click c ON c.id = j.click_id AND c.at > j.at - $3::interval AND c.at <= j.at + interval '1 minute'
  WHERE j.kind = $1 AND (c.id IS NOT NULL OR j.at < $2)
  LIMIT $4
  FOR UPDATE OF j SKIP LOCKED
)
DELETE FROM click_journal j USING ready WHERE j.ctid = ready.place
RETURNING j.id, j.at, j.click_id, ready.link_id, ready.workspace_id, ready.clicked_at, ready.verdict
"""


async def _ingest_landings(now: datetime, limit: int) -> int:
    """Landings join the click that they name. One without a click waits for it for a while, then goes."""
    async with db.transaction():
        found = await db.rows(
            LANDINGS_READY,
            Kind.LANDING.value,
            now - LANDING_WAITS,
            LANDING_AFTER,
            limit,
        )
        joined = [row for row in found if row["link_id"] is not None]
        DROPPED.labels("landing without click").inc(len(found) - len(joined))
        if joined:
            await _insert_landings(joined)
    return len(found)


async def _insert_landings(rows: Sequence[db.Row]) -> None:
    """The first landing of each click. It counts on the day of the click, so that no day has more landings than clicks."""
    first = await db.rows(
        "INSERT INTO landing (id, at, workspace_id, job_id, link_id, click_id, verdict) "
        "SELECT n.id, n.at, n.workspace_id, link.job_id, n.link_id, n.click_id, n.verdict "
        "FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[]) "
        "AS n (id, at, workspace_id, link_id, click_id, verdict) JOIN link ON link.id = n.link_id ORDER BY n.click_id "
        "ON CONFLICT (click_id) DO NOTHING RETURNING click_id",
        *([row[name] for row in rows] for name in ("id", "at", "workspace_id", "link_id", "click_id", "verdict")),
    )
    by_click = {row["click_id"]: row for row in rows}
    persons = [by_click[row["click_id"]] for row in first if by_click[row["click_id"]]["verdict"] == Verdict.PERSON]
    homes = await _homes({row["link_id"] for row in persons})
    await rollups.add_days(
        (row["workspace_id"], row["link_id"], "landed", _day(row["clicked_at"], homes[row["link_id"]]), Verdict.PERSON.value)
        for row in persons
    )


def _day(at: datetime, home: _Home) -> date:
    return at.astimezone(home.zone).date()
