"""Taking out again whom a file brought, as long as nobody has touched them since."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from portal import db
from portal.candidates.imports.judging import next_rows
from portal.candidates.imports.keeping import Import

BATCH = 500
SentTo = Callable[[UUID, list[UUID]], Awaitable[set[UUID]]]
"""Of these applications (workspace, applications), those to whom something has gone, or is going. The room of messages knows."""
MOVED = "They have come by themselves, or moved on, since."
TAPPED = "They have opened their link."
TOUCHED = "Somebody has done something for them since."
SENT = "A message has gone to them."
ELSEWHERE = "Their application is gone; they stay, since they are at another job too."
STANDING = """
SELECT id, CASE WHEN stage <> 'invited' THEN $3
  WHEN EXISTS (SELECT FROM link JOIN click_hourly ON click_hourly.link_id = link.id
    WHERE link.application_id = application.id AND click_hourly.verdict = 'person') THEN $4
  WHEN EXISTS (SELECT FROM event WHERE event.application_id = application.id AND event.kind <> 'invited') THEN $5
  ELSE '' END AS objection
FROM application WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE
"""


async def undo(it: Import, sent_to: SentTo, now: datetime) -> None:
    """The next rows of an import whose lock the caller holds."""
    rows = await next_rows(it, "made_application", BATCH)
    if rows:
        await _take_out(it, rows, sent_to)
    is_through = len(rows) < BATCH
    await db.run(
        "UPDATE candidate_import SET place = $2, state = $3, ended_at = $4 WHERE id = $1",
        it.id,
        it.rows if is_through else rows[-1]["number"],
        "undone" if is_through else "undoing",
        now if is_through else None,
    )


async def _take_out(it: Import, rows: list[db.Row], sent_to: SentTo) -> None:
    """The applications are locked first: whoever hands a message over needs the lock too."""
    ids = [row["application_id"] for row in rows]
    standing = await db.rows(STANDING, it.workspace_id, ids, MOVED, TAPPED, TOUCHED)
    objections = {row["id"]: row["objection"] for row in standing}
    objections |= dict.fromkeys(await sent_to(it.workspace_id, ids), SENT)
    free = [application_id for application_id, objection in objections.items() if not objection]
    await db.run("DELETE FROM application WHERE workspace_id = $1 AND id = ANY($2)", it.workspace_id, free)
    people = [row["candidate_id"] for row in rows if row["application_id"] in set(free)]
    await db.run(
        "DELETE FROM resume WHERE workspace_id = $1 AND import_id = $2 AND candidate_id = ANY($3)", it.workspace_id, it.id, people
    )
    made = [row["candidate_id"] for row in rows if row["made_candidate"] and row["candidate_id"] in set(people)]
    gone = await db.rows(
        "DELETE FROM candidate WHERE workspace_id = $1 AND id = ANY($2) AND NOT EXISTS "
        "(SELECT FROM application WHERE application.candidate_id = candidate.id) RETURNING id",
        it.workspace_id,
        made,
    )
    stayed = set(made) - {row["id"] for row in gone}
    await _save(it, [(row["number"], *_end(row, objections, stayed)) for row in rows])


def _end(row: db.Row, objections: dict[UUID, str], stayed: set[UUID]) -> tuple[str, str]:
    if objection := objections.get(row["application_id"]):
        return "kept", objection
    return "undone", ELSEWHERE if row["candidate_id"] in stayed else ""


async def _save(it: Import, ends: list[tuple[int, str, str]]) -> None:
    await db.run(
        "UPDATE import_row SET verdict = new.verdict, reason = new.reason FROM unnest($2::int[], $3::text[], $4::text[]) "
        "AS new (number, verdict, reason) WHERE import_id = $1 AND import_row.number = new.number",
        it.id,
        *([end[n] for end in ends] for n in range(3)),
    )
