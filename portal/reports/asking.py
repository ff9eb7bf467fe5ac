"""What an address of figures asks for: the same for the page, for what moves on it, and for what is taken away from it."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from portal import db
from portal.accounts.access import SignedIn
from portal.reports import lines, numbers
from portal.reports.filters import EVERY, Filters, View
from portal.reports.kept import totals
from portal.reports.ordering import read_order
from portal.reports.periods import ALL, Period, read_or_default
from portal.reports.scope import Scope


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


def today_of(member: SignedIn, now: datetime) -> date:
    """At the workspace."""
    return now.astimezone(ZoneInfo(member.timezone)).date()


async def ask(
    member: SignedIn, query: Mapping[str, str], now: datetime, filters: Filters, *, path: str = "/app/figures", of: str = ""
) -> Asked:
    """`of`: the filter that `path` itself says."""
    today = today_of(member, now)
    # The place, whenever and whoever: before anything happened there, the page says how to begin.
    place = Filters(places=filters.places).scope(member.workspace_id, member.timezone)
    first, until = await db.side_by_side(numbers.first_day(place), totals.counted_until(member.workspace_id))
    period, errors = read_or_default(query, today=today, first=first)
    return Asked(
        view=_view(path, query, period, filters, of),
        filters=filters,
        scope=filters.scope(member.workspace_id, member.timezone, period.start, period.end, first=first, counted_until=until),
        first=first,
        today=today,
        errors=errors,
    )


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
