"""Giving clicks another verdict, and putting right what was counted by the old one."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from portal import db
from portal.clicks import recount
from portal.clicks.verdicts import RULES, Reason, Verdict


class Change(NamedTuple):
    """A click and what it is now."""

    id: UUID
    at: datetime
    workspace_id: UUID
    link_id: UUID
    day: date
    before: str
    """The verdict and reason that it had: ``person:browser``."""
    verdict: Verdict
    reason: Reason

    @property
    def counts(self) -> bool:
        """Whether any figure changes, or only the number of the rules."""
        return self.before != self.after

    @property
    def after(self) -> str:
        return f"{self.verdict.value}:{self.reason.value}"


def change(row: db.Row, verdict: Verdict, reason: Reason) -> Change:
    """`row`: of `click`."""
    before = f"{row['verdict']}:{row['reason']}"
    return Change(row["id"], row["at"], row["workspace_id"], row["link_id"], row["day"], before, verdict, reason)


async def apply(changes: Sequence[Change]) -> None:
    """In a transaction that is alone with these links: see `turns`."""
    if not changes:
        return
    await _write(changes)
    counting = [one for one in changes if one.counts]
    touched: dict[tuple[UUID, date], list[Change]] = defaultdict(list)
    for one in counting:
        touched[one.workspace_id, one.day].append(one)
    for (workspace_id, day), ours in sorted(touched.items()):
        links = sorted({one.link_id for one in ours})
        hours = [one.at.replace(minute=0, second=0, microsecond=0) for one in ours]
        await recount.hours(workspace_id, links, min(hours), max(hours) + timedelta(hours=1))
        await recount.day(workspace_id, links, day)


async def _write(changes: Sequence[Change]) -> None:
    ids, ats = [one.id for one in changes], [one.at for one in changes]
    verdicts, reasons = [one.verdict.value for one in changes], [one.reason.value for one in changes]
    await db.run(
        "UPDATE click c SET verdict = n.verdict, reason = n.reason, rules = $5 "
        "FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[]) n (id, at, verdict, reason) "
        "WHERE c.id = n.id AND c.at = n.at AND c.at BETWEEN $6 AND $7",
        *(ids, ats, verdicts, reasons, RULES, min(ats), max(ats)),
    )
    await db.run(
        "UPDATE landing l SET verdict = n.verdict FROM unnest($1::uuid[], $2::text[]) n (id, verdict) "
        "WHERE l.click_id = n.id AND l.verdict <> n.verdict",
        *(ids, verdicts),
    )
