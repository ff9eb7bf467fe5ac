"""Whether the best channel is the best, or was lucky."""

from collections.abc import Sequence

import msgspec

from portal.reports.figures import ChannelRow, Share
from portal.reports.intervals import is_higher, z_among
from portal.web.templating import plural

NAMED = 3
"""So many are named; of more, how many there are."""


class Ranking(msgspec.Struct, frozen=True):
    """The channel with the highest share of completed interviews, and those that it may lead by chance."""

    best: str
    alike: list[str]
    others: int
    """Those that are behind by more than chance."""


def rank(rows: Sequence[ChannelRow]) -> Ranking | None:
    """None: there is nothing to compare.

    Taps stand for people here, as on the rest of the page. Somebody who taps twice counts twice, so the true uncertainty is a
    little larger than what is said.
    """
    tried = [(row.name, row.figures.yield_) for row in rows]
    known = sorted(((name, found) for name, found in tried if found), key=lambda pair: -pair[1].percent)
    if len(known) < 2 or not known[0][1].part:
        return None
    (best, top), rest, z = known[0], known[1:], z_among(len(known))
    alike = [name for name, found in rest if not _leads(top, found, z)]
    return Ranking(best, alike, len(rest) - len(alike))


def say(found: Ranking | None) -> str:
    """A sentence or two, or nothing where there is nothing to compare."""
    if found is None:
        return ""
    best = f"Highest share of completed interviews: {found.best}"
    if not found.alike:
        return f"{best}, by more than chance."
    more = len(found.alike) - NAMED
    names = [*found.alike[:NAMED], *([plural(more, "other")] if more > 0 else [])]
    return f"{best}. That {_and(names)} {'is' if len(names) == 1 and more <= 0 else 'are'} behind may be chance."


def _leads(top: Share, other: Share, z: float) -> bool:
    return is_higher(top.part, top.whole, other.part, other.whole, z)


def _and(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
