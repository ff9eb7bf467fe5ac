"""Judging clicks that are kept by the rules of today."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from portal import db
from portal.clicks import revise, scanners, turns
from portal.clicks.days import days_between
from portal.clicks.hits import Hit, Kind
from portal.clicks.revise import Change
from portal.clicks.scanners import Near
from portal.clicks.verdicts import OPEN, RULES, Judgement, Verdict, judge

AT_ONCE = 5000


class Reclassified(msgspec.Struct):
    """What was done. `changed`: how many clicks went from which verdict and reason to which."""

    clicks: int = 0
    changed: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)


PAGE = """
SELECT id, at, day, workspace_id, link_id, mailed, verdict, reason, rules, method, device, user_agent, purpose, sec_fetch, visitor
FROM click WHERE workspace_id = $1 AND day = $2 AND at >= $3 AND (at, id) > ($3, $4) ORDER BY at, id LIMIT $5
"""


async def reclassify(start: date | None = None, end: date | None = None) -> Reclassified:
    """Judge all clicks from `start` to `end` again (days of their workspaces; None: from the first, to the last), and put their
    figures right, a page of clicks at a time. Workers may go on counting meanwhile. Done twice, it changes nothing the second
    time."""
    done = Reclassified()
    async for workspace_id, day in days_between(start, end):
        await _reclassify_day(workspace_id, day, done)
    return done


async def _reclassify_day(workspace_id: UUID, day: date, done: Reclassified) -> None:
    place: tuple[datetime, UUID] = datetime(1, 1, 1, tzinfo=UTC), UUID(int=0)
    while page := await _page(workspace_id, day, place):
        if await _changes(page):
            page = await _revise(workspace_id, day, place, done)
        done.clicks += len(page)
        place = page[-1]["at"], page[-1]["id"]


async def _page(workspace_id: UUID, day: date, after: tuple[datetime, UUID]) -> list[db.Row]:
    return await db.rows(PAGE, workspace_id, day, *after, AT_ONCE)


async def _revise(workspace_id: UUID, day: date, after: tuple[datetime, UUID], done: Reclassified) -> list[db.Row]:
    """Look again where nobody else writes, and change; the page as it was there."""
    async with db.transaction():
        await turns.alone()
        page = await _page(workspace_id, day, after)
        changes = await _changes(page)
        await revise.apply(changes)
    done.changed.update((one.before, one.after) for one in changes if one.counts)
    return page


async def _changes(page: Sequence[db.Row]) -> list[Change]:
    judged = await _judged(page)
    found = [revise.change(row, *judged[row["id"]]) for row in page]
    return [one for one, row in zip(found, page, strict=True) if one.counts or row["rules"] != RULES]


async def _judged(page: Sequence[db.Row]) -> dict[UUID, Judgement]:
    """As ingest would judge them if they all came now."""
    own = {row["id"]: _alone(row) for row in page}
    ours = [near for row in page if (near := _near(row)) is not None]
    around = [near for row in await scanners.neighbours(ours, scanners.WINDOW) if (near := _near(row)) is not None]
    found = scanners.scanned({near.id: near for near in (*ours, *around)}.values())
    return own | {key: (Verdict.SCANNER, found[key]) for key in found.keys() & own.keys()}


def _alone(row: db.Row) -> Judgement:
    return judge(_hit(row), mailed=row["mailed"])


def _near(row: db.Row) -> Near | None:
    """As its neighbours see it, by the rules of today; None if they can say nothing about it."""
    return scanners.near_of(row) if row["mailed"] and row["visitor"] and _alone(row)[1] in OPEN else None


def _hit(row: db.Row) -> Hit:
    """What the rules look at. Who was a member then is not asked again: the verdict is the record of it."""
    return Hit(
        id=row["id"],
        at=row["at"],
        kind=Kind.CLICK.value,
        method=row["method"],
        staff=row["verdict"] == Verdict.STAFF,
        user_agent=row["user_agent"],
        purpose=row["purpose"],
        sec_fetch=row["sec_fetch"],
    )
