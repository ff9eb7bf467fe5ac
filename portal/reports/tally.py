"""What the hits of a scope were, all its links together, while it is put together from several sources."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from portal.clicks.verdicts import Verdict
from portal.reports.scope import Dimension

PERSONAL = "personal"
"""The kind of the links in messages."""


class Excluded(msgspec.Struct, frozen=True):
    """Hits that are no person's, and why."""

    verdict: str
    reason: str
    hits: int


class Counted(msgspec.Struct, frozen=True):
    """Clicks with one value of a dimension."""

    value: str
    clicks: int


class Tally:
    def __init__(self) -> None:
        self.days: Counter[date] = Counter()
        self.hours: Counter[tuple[int, int]] = Counter()
        """By day of the week, Monday is 1, and hour of the day, in the workspace's zone."""
        self.channels: Counter[UUID] = Counter()
        """Under filters only: without them, totals of channels say it."""
        self.landed: Counter[UUID] = Counter()
        """By channel, taps whose page was shown. Under filters only."""
        self.values: dict[str, Counter[str]] = defaultdict(Counter)
        self._excluded: Counter[tuple[str, str, str]] = Counter()

    def add_excluded(self, kind: str, verdict: str, reason: str, hits: int) -> None:
        self._excluded[kind, verdict, reason] += hits

    def excluded(self, kind: str) -> list[Excluded]:
        """Hits that were not counted on links of this kind, the most frequent first."""
        ranked = sorted(self._excluded.items(), key=lambda pair: (-pair[1], pair[0]))
        return [Excluded(verdict, reason, hits) for (of, verdict, reason), hits in ranked if of == kind and hits]

    def ranked(self, dimension: Dimension) -> list[Counted]:
        """What the clicks came from, the most frequent first."""
        ranked = sorted(self.values[dimension].items(), key=lambda pair: (-pair[1], pair[0]))
        return [Counted(value, clicks) for value, clicks in ranked if clicks]

    def add(self, what: str, row: Any) -> None:
        """A line of a grouped statement: `what` is the column that it was grouped by, and `number` how many hits that makes."""
        if what == "reason":
            if row["verdict"] != Verdict.PERSON:
                self.add_excluded(row["kind"], row["verdict"], row["reason"], row["number"])
        elif not row["counted"]:
            return
        elif what == "day":
            self.days[row["day"]] += row["number"]
        elif what == "hour":
            self.hours[divmod(row["hour"], 24)] += row["number"]
        elif what == "channel_id":
            self.channels[row["channel_id"]] += row["number"]
            self.landed[row["channel_id"]] += row["landed"]
        else:
            self.values[what][row[what]] += row["number"]
