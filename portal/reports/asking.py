"""What an address of figures asks for: the same for the page, for what moves on it, and for what is taken away from it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from portal import db
from portal.accounts.access import SignedIn
from portal.reports import lines, numbers
from portal.reports.filters import EVERY, Filters, View
from portal.reports.kept import totals, touches
from portal.reports.ordering import read_order
from portal.reports.periods import ALL, Period, read_or_default
from portal.reports.scope import Query, Scope


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    view: View
    filters: Filters
    scope: Scope
    first: date | None
    """When anything happened at the place at all; None: not yet."""
    today: date
    """At the workspace."""
    errors: dict[str, str]
    """What is wrong with the days; the default stands in for them."""
    moved: str
    """Another text whenever figures of today may be others. As it was before any was read: what changes while they are is then
    seen as a change."""


def today_of(member: SignedIn, now: datetime) -> date:
    """At the workspace."""
    return now.astimezone(ZoneInfo(member.timezone)).date()


async def ask(
    member: SignedIn, query: Mapping[str, str], now: datetime, filters: Filters, *, path: str = "/app/figures", of: str = ""
) -> Asked:
    """`of`: the filter that `path` itself says."""
    today = today_of(member, now)
    # Whenever and whoever: before anything happened at the place, the page says how to begin.
    standing = await _standing(filters.place.scope(member.workspace_id, member.timezone), today)
    first = standing.first
    period, errors = read_or_default(query, today=today, first=first)
    return Asked(
        view=_view(path, query, period, filters, of),
        filters=filters,
        scope=filters.scope(
            member.workspace_id,
            member.timezone,
            period.start,
            period.end,
            first=first,
            counted_until=standing.counted_until,
            settled_until=standing.settled_until,
        ),
        first=first,
        today=today,
        errors=errors,
        moved=standing.moved,
    )


class _Standing(NamedTuple):
    """What must be known before anything is counted."""

    first: date | None
    counted_until: date
    settled_until: date
    moved: str


async def _standing(place: Scope, today: date) -> _Standing:
    """In one question.

    Hits and landings of this day and the one before (late ones come in after midnight), and the latest doing of anybody: of the
    whole workspace, since what moves elsewhere in it costs a look and shows nothing new. A new link, a budget and somebody's
    erasure do not count as moving; the next move shows them.
    """
    q = Query()
    q(place.workspace_id)
    found = await db.row(
        f"SELECT {numbers.first_day_of(place, q)} AS first, ({totals.UNTIL}) AS until, ({touches.UNTIL}) AS unsettled, "
        "(SELECT coalesce(sum(clicks), 0) FROM click_sum_daily WHERE owner_id = $1 AND kind = 'channel' "
        f"AND day BETWEEN {q(today - timedelta(days=1))} AND {q(today)} AND dimension IN ('verdict', 'landed')) AS hits, "
        "(SELECT active_at FROM application WHERE workspace_id = $1 ORDER BY active_at DESC LIMIT 1) AS latest",
        *q.args,
    )
    first, until, unsettled, hits, latest = found or (None, None, None, 0, None)
    moved = f"{hits}-{latest.timestamp() * 1_000_000:.0f}" if latest else f"{hits}-0"
    return _Standing(first, until or date.min, unsettled or date.max, moved)


def _view(path: str, query: Mapping[str, str], period: Period, filters: Filters, of: str) -> View:
    return View(
        path=path,
        filters={name: value for name, value in filters.query.items() if value and name != of},
        fixed={of: filters.query[of]} if of else {},
        period=period,
        order=read_order(query),
        compare=query.get("compare") == "1" and period.key != ALL,
        show=query.get("show", "") if query.get("show") in lines.SHOWS else "",
        open=query.get("open", ""),
        links=EVERY if query.get("open") and query.get("links") == EVERY else "",
    )
