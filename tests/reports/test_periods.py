from datetime import date, timedelta

import pytest

from portal.reports.periods import OWN, Period, read_period
from portal.web.forms import Invalid

TODAY = date(2026, 11, 23)
FIRST = date(2026, 9, 1)


def read(**query: str) -> Period:
    return read_period({name.rstrip("_"): value for name, value in query.items()}, today=TODAY, first=FIRST)


@pytest.mark.parametrize(("key", "days"), [("today", 1), ("7", 7), ("30", 30), ("90", 90)])
def test_a_period_ends_today_and_has_the_days_of_its_name(key: str, days: int) -> None:
    assert (read(period=key).days, read(period=key).end) == (days, TODAY)


def test_all_time_begins_with_the_first_day_anything_happened() -> None:
    assert read(period="all") == Period(FIRST, TODAY, "all")


def test_before_anything_happened_all_time_is_today() -> None:
    assert read_period({"period": "all"}, today=TODAY, first=None).days == 1


@pytest.mark.parametrize("key", ["", "31", "-1", "yesterday"])
def test_nonsense_is_the_last_thirty_days(key: str) -> None:
    assert read(period=key) == read() == Period(TODAY - timedelta(days=29), TODAY, "30")


def test_own_days_are_both_included() -> None:
    assert read(from_="2026-11-01", to="2026-11-03") == Period(date(2026, 11, 1), date(2026, 11, 3), OWN)
    assert read(from_="2026-11-01", to="2026-11-01").days == 1


@pytest.mark.parametrize(
    ("start", "end", "fields"),
    [
        ("2026-11-03", "2026-11-01", {"from"}),
        ("2026-11-03", "", {"to"}),
        ("", "2026-11-03", {"from"}),
        ("soon", "later", {"from", "to"}),
        ("2026-11-03", "2026-11-24", {"to"}),
        ("1990-01-01", "2026-11-01", {"from"}),
    ],
)
def test_days_that_cannot_be_used_are_named(start: str, end: str, fields: set[str]) -> None:
    with pytest.raises(Invalid) as wrong:
        read(from_=start, to=end)
    assert set(wrong.value.errors) == fields


@pytest.mark.parametrize("query", [{}, {"period": "7"}, {"period": "all"}, {"from": "2026-11-01", "to": "2026-11-03"}])
def test_an_address_leads_back_to_the_same_period(query: dict[str, str]) -> None:
    assert read_period(query, today=TODAY, first=FIRST).query == query
