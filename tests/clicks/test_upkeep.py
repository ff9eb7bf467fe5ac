"""Months made ahead, and salts that go."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from portal import db
from portal.clicks import partitions, visitors
from portal.clicks.visitors import Salts

NEW_YEAR = datetime(2031, 12, 31, 23, 30, tzinfo=UTC)


async def test_this_month_and_the_next_two_are_made_once(stores: None) -> None:
    for _ in range(2):
        await partitions.make_ahead(NEW_YEAR)
    found = await db.rows(
        "SELECT relname FROM pg_class WHERE relname ~ '^click_203[12]_[0-9]+$' AND relkind = 'r' ORDER BY relname"
    )
    assert [row["relname"] for row in found] == ["click_2031_12", "click_2032_01", "click_2032_02"]


async def test_processes_share_the_salt_of_a_day(stores: None) -> None:
    one, other = Salts(), Salts()
    await one.load(NEW_YEAR)
    await other.load(NEW_YEAR)
    for day in (date(2031, 12, 30), date(2031, 12, 31), date(2032, 1, 2)):
        hashes = {salts.visitor(day, UUID(int=1), "192.0.2.1", "x") for salts in (one, other)}
        assert len(hashes) == 1
        assert None not in hashes
    assert one.visitor(date(2031, 12, 29), UUID(int=1), "192.0.2.1", "x") is None


async def test_a_salt_and_who_was_counted_with_it_go_after_two_days(stores: None) -> None:
    await Salts().load(NEW_YEAR)
    await db.run("INSERT INTO visitor_day SELECT $1, day, '\\x00' FROM visitor_salt", UUID(int=1))
    midnight = datetime(2032, 1, 2, tzinfo=UTC)
    await visitors.forget_old(midnight - timedelta(seconds=1))
    assert await db.value("SELECT min(day) FROM visitor_salt") == date(2031, 12, 31)
    await visitors.forget_old(midnight)
    assert await db.value("SELECT min(day) FROM visitor_salt") == date(2032, 1, 1)
    assert await db.value("SELECT min(day) FROM visitor_day") == date(2032, 1, 1)


async def test_a_process_forgets_what_the_database_forgot(stores: None) -> None:
    salts = Salts()
    await salts.load(NEW_YEAR)
    later = NEW_YEAR + timedelta(days=3)
    await visitors.forget_old(later)
    await salts.load(later)
    assert salts.visitor(date(2031, 12, 31), UUID(int=1), "192.0.2.1", "x") is None
