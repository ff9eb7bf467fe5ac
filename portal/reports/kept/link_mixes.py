"""What the hits of single links were by all that is known of them at once: what filters of one link read of days that are over.

It stands in lines of `click_folds`, one for each link and larger block. The `parts` of such a line are the link's ``channel``,
and ``mixes``, each with its verdict, reason, app, device, system, language, referrer, hits, and hits whose page was shown; and
two lists of pairs: hour of the week (0 is Monday's first) and hits, and day (as Python numbers them) and hits.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from portal import db
from portal.clicks.verdicts import Verdict
from portal.reports.durations import add_flat, pairs
from portal.reports.kept.blocks import Block, Key, Parts
from portal.reports.scope import CHANNEL, COLUMN, Dimension, Scope
from portal.reports.tally import Tally

MIXES = "mixes"
"""The dimension of these lines."""
HOURS = 7 * 24
KNOWN = ("verdict", "reason", *Dimension)


async def of_days(workspace_id: UUID, block: Block) -> dict[Key, Parts]:
    """From the clicks. Those that were dropped for their age are in no line."""
    last = block.day + timedelta(days=block.days - 1)
    lines: dict[Key, dict[str, Any]] = {}
    for row in await db.rows(HITS, workspace_id, block.day, last):
        parts = lines.setdefault(Key(row["link_id"], MIXES), {"channel": str(row["channel_id"]), "mixes": []})
        hours = Counter(at % HOURS for at in row["moments"])
        days = Counter(block.day.toordinal() + at // HOURS for at in row["moments"])
        parts["mixes"].append([*(row[name] for name in KNOWN), row["hits"], row["landed"], pairs(hours), pairs(days)])
    return dict(lines)


HITS = f"""
SELECT c.link_id, l.channel_id, c.verdict, c.reason, {", ".join(f"{column} AS {name}" for name, column in COLUMN.items())},
  count(*) AS hits, count(landing.click_id) AS landed,
  array_agg((c.day - $2) * {HOURS} + extract(isodow FROM c.at AT TIME ZONE w.timezone)::integer * 24 - 24
    + extract(hour FROM c.at AT TIME ZONE w.timezone)::integer) AS moments
FROM workspace w JOIN click c ON c.workspace_id = w.id JOIN link l ON l.id = c.link_id AND l.kind = '{CHANNEL}'
LEFT JOIN landing ON landing.click_id = c.id
WHERE w.id = $1 AND c.day BETWEEN $2 AND $3::date AND c.at BETWEEN $2::date - 2 AND $3::date + 3
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
"""`moments`: for each hit its day in the block, and its hour of the week."""


def together(lines: Sequence[Parts]) -> Parts:
    """Of the blocks in one."""
    sums: dict[tuple[str, ...], tuple[Counter[str], Counter[int], Counter[int]]] = defaultdict(
        lambda: (Counter(), Counter(), Counter())
    )
    for line in lines:
        for *known, hits, landed, hours, days in line["mixes"]:
            counts, by_hour, by_day = sums[tuple(known)]
            counts.update(hits=hits, landed=landed)
            add_flat(by_hour, hours)
            add_flat(by_day, days)
    mixes = [
        [*known, counts["hits"], counts["landed"], pairs(by_hour), pairs(by_day)]
        for known, (counts, by_hour, by_day) in sums.items()
    ]
    return {"channel": lines[0]["channel"], "mixes": mixes}


def add(scope: Scope, lines: Sequence[Parts], tally: Tally) -> None:
    """What fits the filters of a link."""
    wanted = [(tuple(Dimension).index(dimension), value) for dimension, value in scope.values]
    hours, days = Counter[int](), Counter[int]()
    for line in lines:
        for verdict, reason, *values, hits, landed, by_hour, by_day in line["mixes"]:
            if any(values[place] != value for place, value in wanted):
                continue
            if verdict != Verdict.PERSON:
                tally.add_excluded(CHANNEL, verdict, reason, hits)
            if verdict == scope.verdict and not scope.zone:  # nobody knows the time zone of a click
                _count(tally, UUID(line["channel"]), values, hits, landed)
                add_flat(hours, by_hour)
                add_flat(days, by_day)
    tally.hours.update({(hour // 24 + 1, hour % 24): number for hour, number in hours.items()})
    tally.days.update({date.fromordinal(day): number for day, number in days.items()})


def _count(tally: Tally, channel_id: UUID, values: Sequence[str], hits: int, landed: int) -> None:
    tally.channels[channel_id] += hits
    tally.landed[channel_id] += landed
    for name, value in zip(Dimension, values, strict=True):
        tally.values[name][value] += hits
