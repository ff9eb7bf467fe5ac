"""The months of the table of clicks."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from portal import db

AHEAD = 2
LOCK = 7_203_101
"""PostgreSQL's advisory lock for making a month: two at once would collide."""


async def make_ahead(now: datetime) -> None:
    """This month and the next two."""
    month = month_of(now)
    months = [month]
    for _ in range(AHEAD):
        months.append(_next(months[-1]))
    await make(months)


async def make(months: Iterable[date]) -> None:
    """The partitions of `months` (first days), where missing. In a transaction, call it before touching a click."""
    wanted = {name_of(month): month for month in months}
    if not await _missing(wanted):
        return
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock($1)", LOCK)
        for name in sorted(await _missing(wanted)):
            first = wanted[name]
            await db.run(
                f"CREATE TABLE {name} PARTITION OF click FOR VALUES FROM ('{first} 00:00+00') TO ('{_next(first)} 00:00+00')"
            )


async def months() -> list[date]:
    """Those that there are; the oldest first."""
    found = await db.rows(
        "SELECT to_date(c.relname, '\"click_\"YYYY_MM') AS month FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'click'::regclass ORDER BY 1"
    )
    return [row["month"] for row in found]


def before(month: date, months: int) -> date:
    """The first day of the month so many months earlier."""
    count = month.year * 12 + month.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def month_of(at: datetime) -> date:
    return at.astimezone(UTC).date().replace(day=1)


def name_of(month: date) -> str:
    return f"click_{month:%Y_%m}"


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


async def _missing(wanted: dict[str, date]) -> set[str]:
    found = await db.rows("SELECT relname FROM pg_class WHERE relname = ANY($1::text[]) AND relkind = 'r'", list(wanted))
    return set(wanted) - {r["relname"] for r in found}
