"""What time it is. Only the edge asks (pages, ticks, actors); rules are given the time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from portal.settings import settings


def now() -> datetime:
    """The time in UTC, moved by the seconds in ``PORTAL_CLOCK_FILE`` when that is set."""
    clock_file = settings().clock_file
    real = datetime.now(UTC)
    return real if clock_file is None else real + timedelta(seconds=_offset(clock_file))


def _offset(path: Path) -> float:
    try:
        return float(path.read_text() or 0)
    except (OSError, ValueError):
        return 0.0
