from datetime import UTC, date, datetime, time, timedelta

import msgspec
import pytest

from portal.jobs.deadlines import at_place, closes_soon, deadline_for, is_open, is_past
from portal.jobs.jobs import Job, Status, get_job
from tests.cast import NOW, Northgate


@pytest.fixture
async def job(northgate: Northgate) -> Job:
    """Open, until ten days from now."""
    return await get_job(northgate.id, northgate.job_id)


@pytest.mark.parametrize(
    ("fixed", "days", "expected"),
    [
        (None, None, None),
        (timedelta(days=10), None, timedelta(days=10)),
        (None, 7, timedelta(days=7)),
        (timedelta(days=10), 7, timedelta(days=7)),
        (timedelta(days=3), 7, timedelta(days=3)),
    ],
)
async def test_the_earlier_of_both_deadlines_counts(
    job: Job, fixed: timedelta | None, days: int | None, expected: timedelta | None
) -> None:
    changed = msgspec.structs.replace(job, deadline_at=NOW + fixed if fixed else None, deadline_days=days)
    assert deadline_for(changed, NOW) == (NOW + expected if expected else None)


async def test_a_job_is_open_until_the_moment_of_its_deadline(job: Job) -> None:
    assert job.deadline_at is not None
    assert is_open(job, job.deadline_at - timedelta(seconds=1))
    assert not is_open(job, job.deadline_at)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.CLOSED])
async def test_drafts_and_closed_jobs_are_not_open(job: Job, status: Status) -> None:
    assert not is_open(msgspec.structs.replace(job, status=status), NOW)


async def test_days_after_arrival_never_end_the_job_itself(job: Job) -> None:
    lasting = msgspec.structs.replace(job, deadline_at=None, deadline_days=3)
    assert is_open(lasting, NOW + timedelta(days=400))
    assert not is_past(lasting, NOW + timedelta(days=400))


async def test_a_job_closes_soon_in_its_last_three_days(job: Job) -> None:
    assert job.deadline_at is not None
    assert not closes_soon(job, NOW)
    assert closes_soon(job, job.deadline_at - timedelta(hours=71))
    assert not closes_soon(job, job.deadline_at)


def test_a_deadline_is_read_off_the_clock_at_the_place_of_the_job() -> None:
    assert at_place(date(2026, 12, 3), time(18), "Europe/London") == datetime(2026, 12, 3, 18, tzinfo=UTC)
    assert at_place(date(2026, 12, 3), time(18), "Pacific/Auckland") == datetime(2026, 12, 3, 5, tzinfo=UTC)


def test_an_hour_that_comes_twice_ends_with_its_second_turn() -> None:
    assert at_place(date(2026, 10, 25), time(1, 30), "Europe/London") == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_hour_that_never_comes_ends_as_if_the_clock_had_not_jumped() -> None:
    assert at_place(date(2026, 3, 29), time(1, 30), "Europe/London") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
