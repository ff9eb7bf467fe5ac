"""Whenever it is loaded, the demo tells the same story; the hour only cuts off what is still to come."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.demo import SIGN_INS, story
from portal.demo.book import Book
from portal.demo.living import QUIET, ZONES
from portal.demo.loading import Telling
from portal.demo.taps import Clock
from portal.messages.quiet import is_quiet
from portal.messages.words import NUDGES, State

pytestmark = [pytest.mark.no_stores, pytest.mark.usefixtures("environment")]

MORNING, EVENING = datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 22, 20, tzinfo=UTC)
TIMES = {
    "click": "at",
    "landing": "at",
    "candidate": "created_at",
    "consent": "at",
    "event": "at",
    "answer": "answered_at",
    "message": "handed_over_at",
    "suppression": "created_at",
}
"""The column that says when a row of the table came to be."""
Row = dict[str, Any]


def telling(now: datetime) -> Telling:
    return Telling(Book(), Clock(now, ZoneInfo(story.TIMEZONE)), SIGN_INS, ["", "", "", ""])


def tell(now: datetime) -> Book:
    told = telling(now)
    told.tell()
    return told.book


@pytest.fixture(scope="module")
def evening(environment: None) -> Book:
    return tell(EVENING)


@pytest.fixture(scope="module")
def morning(environment: None) -> Book:
    return tell(MORNING)


def before_nine(book: Book, table: str) -> dict[object, Row]:
    """The rows from before the morning, apart from what the present itself brought: the two who ask for their link."""
    time, present = TIMES[table], MORNING - timedelta(seconds=10)
    return {row["id"]: row for row in book.rows[table] if row[time] is not None and row[time] < present}


@pytest.mark.parametrize("table", TIMES)
def test_loaded_in_the_evening_it_tells_of_the_time_until_nine_what_it_told_at_nine(
    morning: Book, evening: Book, table: str
) -> None:
    at_nine = before_nine(morning, table)
    assert at_nine
    assert before_nine(evening, table) == at_nine
    assert len(evening.rows[table]) >= len(at_nine)


@pytest.mark.parametrize("table", ["click_hourly", "click_daily"])
def test_the_figures_of_days_gone_by_do_not_depend_on_the_hour(morning: Book, evening: Book, table: str) -> None:
    def until_midnight(book: Book) -> list[Row]:
        gone = [row for row in book.rows[table] if str(row.get("hour", row.get("day"))) < "2026-11-22"]
        return sorted(gone, key=str)

    assert until_midnight(morning) == until_midnight(evening)


def test_another_day_moves_the_story_and_keeps_its_size(evening: Book) -> None:
    """The weekends lie elsewhere, the people are the same."""
    later = tell(EVENING + timedelta(days=3))
    for table in ("click", "landing", "application", "answer", "event", "message"):
        assert len(later.rows[table]) == pytest.approx(len(evening.rows[table]), rel=0.01), table
    assert [(row["name"], row["email"]) for row in later.rows["candidate"]] == [
        (row["name"], row["email"]) for row in evening.rows["candidate"]
    ]
    stages = [Counter(row["stage"] for row in book.rows["application"]) for book in (evening, later)]
    assert stages[0]["completed"] == pytest.approx(stages[1]["completed"], rel=0.02)


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(datetime(2026, 11, 22, 0, 5, tzinfo=UTC), id="just after midnight"),
        pytest.param(datetime(2026, 11, 23, 3, 30, tzinfo=UTC), id="in the night"),
        pytest.param(datetime(2026, 6, 10, 23, 55, tzinfo=UTC), id="tomorrow in London, today in UTC"),
        pytest.param(datetime(2026, 3, 29, 1, 15, tzinfo=UTC), id="an hour is left out"),
        pytest.param(datetime(2026, 10, 25, 1, 15, tzinfo=UTC), id="an hour comes twice"),
    ],
)
def test_its_rules_hold_at_every_hour(now: datetime) -> None:
    lives = telling(now).lives()
    letters = [letter for life in lives for letter in life.letters]
    gone = [letter for letter in letters if letter.state not in {State.SKIPPED, State.CANCELLED, State.CLAIMED}]
    assert len(lives) > 900
    assert {letter.state for letter in letters} == set(State) - {State.SCHEDULED, State.HELD}  # these two are the planner's
    assert [life.key for life in lives if life.active > now or any(event.at > now for event in life.events)] == []
    assert [life.key for life in lives if life.under_way and life.deadline is not None and life.deadline <= now] == []
    assert [one.id for one in gone if one.due > now] == []
    assert [one.id for one in gone if one.track in NUDGES and is_quiet(one.due, QUIET, ZONES)] == []
    for life in lives:
        assert [event.at for event in life.events] == sorted(event.at for event in life.events), life.key
