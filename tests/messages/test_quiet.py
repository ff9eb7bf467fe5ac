"""Quiet hours: wall-clock, at every place where the person may be."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.messages.quiet import MARGIN, QuietHours, closes_at, is_quiet, last_allowed, next_allowed

pytestmark = pytest.mark.no_stores

NIGHT = QuietHours(begin=time(21), end=time(8))
ZONES = [
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "UTC",
]


def at(text: str, zone: str = "Europe/London", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("local", "moved"),
    [
        ("2026-11-23 03:12", "2026-11-23 08:00"),
        ("2026-11-23 08:00", "2026-11-23 08:00"),
        ("2026-11-23 20:59", "2026-11-23 20:59"),
        ("2026-11-23 21:00", "2026-11-24 08:00"),
        ("2026-11-23 23:59", "2026-11-24 08:00"),
        # Clocks go back on 25 October 2026 and forward on 29 March 2026.
        ("2026-10-24 22:00", "2026-10-25 08:00"),
        ("2026-03-28 22:00", "2026-03-29 08:00"),
    ],
)
def test_what_falls_into_the_night_waits_for_the_morning(local: str, moved: str) -> None:
    assert next_allowed(at(local), NIGHT, ["Europe/London"]) == at(moved)


def test_what_may_not_be_late_goes_an_hour_before_the_night() -> None:
    assert last_allowed(at("2026-11-23 23:59"), NIGHT, ["Europe/London"]) == at("2026-11-23 20:00")
    assert last_allowed(at("2026-11-24 06:00"), NIGHT, ["Europe/London"]) == at("2026-11-23 20:00")
    assert last_allowed(at("2026-11-24 12:00"), NIGHT, ["Europe/London"]) == at("2026-11-24 12:00")


def test_every_possible_place_must_allow_it() -> None:
    both = ["Europe/London", "America/New_York"]
    assert next_allowed(at("2026-11-23 09:00"), NIGHT, both) == at("2026-11-23 08:00", "America/New_York")


def test_places_without_a_common_hour_have_no_time() -> None:
    narrow = QuietHours(begin=time(18), end=time(9))
    assert next_allowed(at("2026-11-23 09:00"), narrow, ["Europe/London", "Pacific/Auckland"]) is None
    assert last_allowed(at("2026-11-23 09:00"), narrow, ["Europe/London", "Pacific/Auckland"]) is None


def test_an_end_of_quiet_hours_that_the_clock_skips_or_shows_twice_is_survived() -> None:
    skipped = QuietHours(begin=time(23), end=time(1, 30))
    assert next_allowed(at("2026-03-29 00:30"), skipped, ["Europe/London"]) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    second = at("2026-10-25 01:10", fold=1)
    assert next_allowed(second, skipped, ["Europe/London"]) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_equal_ends_mean_never_quiet() -> None:
    assert not is_quiet(at("2026-11-23 03:00"), QuietHours(begin=time(8), end=time(8)), ["Europe/London"])


def test_quiet_hours_within_one_day_work_too() -> None:
    siesta = QuietHours(begin=time(13), end=time(16))
    assert next_allowed(at("2026-11-23 14:00"), siesta, ["Europe/London"]) == at("2026-11-23 16:00")
    assert last_allowed(at("2026-11-23 14:00"), siesta, ["Europe/London"]) == at("2026-11-23 12:00")


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda d: d.replace(tzinfo=UTC))
CLOCKS = st.builds(lambda m: time(m // 60, m % 60), st.integers(0, 24 * 60 - 1))
HOURS = st.builds(QuietHours, begin=CLOCKS, end=CLOCKS)


@given(MOMENTS, HOURS, st.lists(st.sampled_from(ZONES), min_size=1, max_size=3))
def test_a_moved_time_is_never_quiet_and_never_moves_the_wrong_way(when: datetime, hours: QuietHours, zones: list[str]) -> None:
    later, earlier = next_allowed(when, hours, zones), last_allowed(when, hours, zones)
    if not is_quiet(when, hours, zones):
        assert later == earlier == when
    if later is not None:
        assert not is_quiet(later, hours, zones) and when <= later <= when + timedelta(days=9)
    if earlier is not None:
        assert not is_quiet(earlier, hours, zones) and when - timedelta(days=9) <= earlier <= when


@given(MOMENTS, HOURS, st.lists(st.sampled_from(ZONES), min_size=1, max_size=3), st.floats(0, 1))
def test_no_moment_is_passed_over_that_would_have_done(when: datetime, hours: QuietHours, zones: list[str], part: float) -> None:
    """Up to the hour that clocks may lose or win on the way."""
    later = next_allowed(when, hours, zones)
    end = (later or when + timedelta(days=8)) - MARGIN
    if end > when:
        assert is_quiet(when + (end - when) * part, hours, zones)


@pytest.mark.parametrize(
    ("zone", "local", "moved"),
    [
        # Lord Howe puts its clocks forward by half an hour, at 2:00 on 4 October 2026.
        ("Australia/Lord_Howe", "2026-10-03 22:00", "2026-10-04 08:00"),
        # Samoa went from 29 to 31 December 2011.
        ("Pacific/Apia", "2011-12-29 22:00", "2011-12-31 08:00"),
        ("Asia/Kathmandu", "2026-06-01 21:00", "2026-06-02 08:00"),
    ],
)
def test_odd_places_have_mornings_too(zone: str, local: str, moved: str) -> None:
    assert next_allowed(at(local, zone), NIGHT, [zone]) == at(moved, zone)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3),
    st.floats(0, 1, exclude_max=True),
)
def test_it_is_not_quiet_before_quiet_hours_begin(moment: datetime, zones: list[str], share: float) -> None:
    ends = closes_at(moment, NIGHT, zones)
    assert ends is not None and moment < ends <= moment + timedelta(hours=25)
    if not is_quiet(moment, NIGHT, zones):
        before = min(moment + (ends - moment) * share, ends - timedelta(microseconds=1))  # shares near 1 are rounded up
        assert not is_quiet(before, NIGHT, zones)


def test_quiet_hours_begin_by_the_clock_on_the_wall() -> None:
    assert closes_at(at("2026-11-23 10:00"), NIGHT, ["Europe/London"]) == at("2026-11-23 21:00")
    assert closes_at(at("2026-11-23 22:00"), NIGHT, ["Europe/London"]) == at("2026-11-24 21:00")
    assert closes_at(at("2026-10-25 00:30"), NIGHT, ["Europe/London"]) == at("2026-10-25 21:00")
    assert closes_at(at("2026-11-23 10:00"), QuietHours(time(8), time(8)), ["Europe/London"]) is None


def test_where_clocks_change_over_it_quiet_hours_begin_at_the_earlier_reading() -> None:
    early = QuietHours(begin=time(1, 30), end=time(8))
    assert closes_at(at("2026-10-25 00:10"), early, ["Europe/London"]) == at("2026-10-25 01:30", fold=0)
    assert closes_at(at("2026-03-29 00:10"), early, ["Europe/London"]) == at("2026-03-29 00:30")
