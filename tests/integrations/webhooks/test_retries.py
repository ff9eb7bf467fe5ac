"""When a delivery is tried again."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from portal.integrations.webhooks.retries import JITTER, MOST_ASKED, WAITS, next_try, read_retry_after
from tests.cast import NOW

pytestmark = pytest.mark.no_stores

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("tries", "chance", "asked", "wait"),
    [
        (1, 0.0, None, 5 * SECOND),
        (1, 1.0, None, 6 * SECOND),
        (2, 0.0, None, 5 * MINUTE),
        (2, 0.5, None, 5.5 * MINUTE),
        (3, 0.0, None, 30 * MINUTE),
        (4, 0.0, None, 2 * HOUR),
        (5, 0.0, None, 5 * HOUR),
        (6, 0.0, None, 10 * HOUR),
        (7, 0.0, None, 14 * HOUR),
        (8, 0.0, None, 20 * HOUR),
        (9, 0.0, None, 24 * HOUR),
        (10, 0.0, None, None),
        (11, 0.0, 7 * SECOND, None),
        (1, 0.0, 7 * SECOND, 7 * SECOND),
        (1, 0.0, HOUR, HOUR),
        (4, 0.0, 7 * SECOND, 2 * HOUR),
    ],
)
def test_it_waits_longer_each_time(tries: int, chance: float, asked: timedelta | None, wait: timedelta | None) -> None:
    assert next_try(tries, NOW, chance=chance, asked=asked) == (NOW + wait if wait else None)


def test_the_tries_go_on_for_three_days() -> None:
    at, tries = NOW, 0
    while (again := next_try(tries := tries + 1, at, chance=0.0)) is not None:
        at = again
    assert tries == 10 and 3 * DAY < at - NOW < 4 * DAY / (1 + JITTER)
    assert sum(WAITS, timedelta()) == at - NOW


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("7", 7 * SECOND),
        (" 120 ", 2 * MINUTE),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("99999999999999999", None),
        ("999999", MOST_ASKED),
        (format_datetime(NOW + HOUR, usegmt=True), HOUR),
        (format_datetime(NOW - HOUR, usegmt=True), None),
        ("Mon, 23 Nov 2026 10:00:30", 30 * SECOND),
        ("Mon, 99 Nov 2026 10:00:30 GMT", None),
    ],
)
def test_it_reads_how_long_a_server_wants_to_be_left_alone(text: str, asked: timedelta | None) -> None:
    assert read_retry_after(text, NOW) == asked
