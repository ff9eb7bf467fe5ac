"""Until when people may come, and until when they may finish."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.jobs.jobs import Job, Status

SOON = timedelta(hours=72)


def deadline_for(job: Job, arrived: datetime) -> datetime | None:
    """Until when somebody who arrived then may finish: the earlier of the job's own deadline and its days after arrival."""
    days = arrived + timedelta(days=job.deadline_days) if job.deadline_days is not None else None
    return min((at for at in (job.deadline_at, days) if at is not None), default=None)


def is_open(job: Job, now: datetime) -> bool:
    """Whether somebody new may come in."""
    return job.status == Status.OPEN and not is_past(job, now)


def is_past(job: Job, now: datetime) -> bool:
    """Whether the job's fixed deadline is over. Days after arrival end for each person, never for the job."""
    return job.deadline_at is not None and job.deadline_at <= now


def closes_soon(job: Job, now: datetime) -> bool:
    return is_open(job, now) and job.deadline_at is not None and job.deadline_at - now <= SOON


def at_place(on: date, at: time, timezone: str) -> datetime:
    """The moment (UTC) that a calendar and a clock at that place show.

    Twice a year the clock shows an hour twice or never (PEP 495): then the later reading counts, so that nobody is shut out
    before the time that they read.
    """
    local = datetime.combine(on, at, ZoneInfo(timezone))
    return max(reading.astimezone(UTC) for reading in (local, local.replace(fold=1)))
