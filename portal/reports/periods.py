"""The days that a page of figures is about. They stand in its address, so that it can be sent."""

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec
from babel.dates import format_date

from portal.web.forms import Invalid

DEFAULT = "30"
ALL = "all"
LAST_DAYS = {"today": 1, "7": 7, "30": 30, "90": 90}
CHOICES = (("today", "Today"), ("7", "Last 7 days"), ("30", "Last 30 days"), ("90", "Last 90 days"), (ALL, "All time"))
OWN = "own"
LONGEST = 366 * 5


class Period(msgspec.Struct, frozen=True):
    """From `start` to `end`, both included."""

    start: date
    end: date
    key: str
    """One of `CHOICES`, or `OWN`."""

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def words(self) -> str:
        """ "1 Nov 2026 – 30 Nov 2026"."""
        days = dict.fromkeys(format_date(day, "d MMM yyyy", locale="en_GB") for day in (self.start, self.end))
        return " – ".join(days)

    @property
    def query(self) -> dict[str, str]:
        """What stands in the address; nothing for the default."""
        if self.key == OWN:
            return {"from": self.start.isoformat(), "to": self.end.isoformat()}
        return {} if self.key == DEFAULT else {"period": self.key}


def read_period(query: Mapping[str, str], *, today: date, first: date | None) -> Period:
    """The period that an address names; the last 30 days if none. `first`: when anything happened at all. Raises `Invalid`."""
    if query.get("from") or query.get("to"):
        return _own_period(query, today)
    key = query.get("period", DEFAULT)
    if key == ALL:
        return Period(min(first or today, today), today, key)
    key = key if key in LAST_DAYS else DEFAULT
    return Period(today - timedelta(days=LAST_DAYS[key] - 1), today, key)


def read_or_default(query: Mapping[str, str], *, today: date, first: date | None) -> tuple[Period, dict[str, str]]:
    """The period that an address names, or the default and what is wrong with that."""
    try:
        return read_period(query, today=today, first=first), {}
    except Invalid as wrong:
        return read_period({}, today=today, first=first), wrong.errors


def _own_period(query: Mapping[str, str], today: date) -> Period:
    errors: dict[str, str] = {}
    start = _day(query, "from", errors, "Give the first day, such as 2026-11-01.")
    end = _day(query, "to", errors, "Give the last day, such as 2026-11-30.")
    if start and end and start > end:
        errors["from"] = "The first day is after the last one."
    if end and end > today:
        errors["to"] = "The last day can't be later than today."
    if start and end and (end - start).days > LONGEST:
        errors["from"] = "Choose at most five years."
    if errors or start is None or end is None:
        raise Invalid(errors)
    return Period(start, end, OWN)


def _day(query: Mapping[str, str], name: str, errors: dict[str, str], wrong: str) -> date | None:
    try:
        return date.fromisoformat(query.get(name, ""))
    except ValueError:
        errors[name] = wrong
        return None
