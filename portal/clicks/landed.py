"""Landings: from the journal to the figures."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from portal import db
from portal.clicks import rollups
from portal.clicks.hits import Kind
from portal.clicks.verdicts import Verdict

WAITS = timedelta(minutes=10)
"""For its click, which may still be in the spool of another process."""
AFTER = timedelta(days=2)
"""A page opened later than this after its click is somebody coming back."""

READY = """
WITH ready AS (
  SELECT j.ctid AS place, c.link_id, c.workspace_id, c.day, c.verdict
  FROM click_journal j
  LEFT JOIN LATERAL (
    SELECT * FROM click WHERE id = j.click_id AND at > j.at - $3::interval AND at <= j.at + interval '1 minute' LIMIT 1
  ) c ON true
  WHERE j.kind = $1 AND (c.id IS NOT NULL OR j.at < $2)
  LIMIT $4
  FOR UPDATE OF j SKIP LOCKED
)
DELETE FROM click_journal j USING ready WHERE j.ctid = ready.place
RETURNING j.id, j.at, j.click_id, ready.link_id, ready.workspace_id, ready.day, ready.verdict
"""
"""`LIMIT 1` changes no result, since ids are unique. It makes PostgreSQL look for each landing's click by its id: with a journal
that it believes to be full it would rather read all clicks there are, once for each batch."""


async def ingest(now: datetime, limit: int) -> tuple[int, int]:
    """Landings join the click that they name. One without a click waits for it for a while, then goes. How many left the
    journal, and how many of them had no click."""
    found = await db.rows(READY, Kind.LANDING.value, now - WAITS, AFTER, limit)
    joined = [row for row in found if row["link_id"] is not None]
    if joined:
        await _insert(joined)
    return len(found), len(found) - len(joined)


async def _insert(rows: Sequence[db.Row]) -> None:
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
    clicks = [by_click[row["click_id"]] for row in first]
    await rollups.add_days(
        (row["workspace_id"], row["link_id"], "landed", row["day"], Verdict.PERSON.value)
        for row in clicks
        if row["verdict"] == Verdict.PERSON
    )
