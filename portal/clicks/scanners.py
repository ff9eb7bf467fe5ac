"""Mail scanners that look like browsers: what their hits have in common with each other.

Security gateways open the links of a mail before its reader does, in a real browser with an ordinary user agent; the address
and the moment prove nothing either (scans came from 10 seconds to 5 minutes after sending, in one published table). What no
reader does is to open several links at once, or to ask with HEAD before asking with GET.

These rules are for links that travel by mail alone: personal links, and channel links of `MAIL_NETWORKS`. On a public page a
person may well tap three links of ours in ten seconds. Hits are compared by visitor, so nothing is found while salts are away,
nor across the midnight at which the salt changes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from portal import db
from portal.clicks.verdicts import Reason

MAIL_NETWORKS = ("email", "ats")
"""Networks of channels whose links stand in mails."""
WINDOW = timedelta(seconds=10)
MANY_LINKS = 3
"""Two may be an invitation and its reminder, opened one after the other. A third within ten seconds is read by nobody."""
MANY_LINKS_FOR_PHONES = 6
"""A carrier puts hundreds of phones behind one address, and phones of one make say the same of themselves: after a text to many
people, three of them may tap within ten seconds and look like one visitor. Six is a scanner that poses as a phone."""


class Near(NamedTuple):
    """A hit as its neighbours see it."""

    id: UUID
    at: datetime
    link_id: UUID
    visitor: bytes
    method: str
    device: str


def scanned(hits: Iterable[Near]) -> dict[UUID, Reason]:
    """Which of `hits` a scanner made, and how that shows. More neighbours never make fewer of them. All hits of a visitor
    within `WINDOW` of the one in question must be there."""
    found: dict[UUID, Reason] = {}
    for _, group in groupby(sorted(hits, key=lambda hit: (hit.visitor, hit.at, hit.id)), key=lambda hit: hit.visitor):
        ours = list(group)
        found |= dict.fromkeys((hit.id for hit in _asked_twice(ours)), Reason.HEAD_THEN_GET)
        found |= dict.fromkeys((hit.id for hit in _bursts(ours)), Reason.BURST)
    return found


def _bursts(hits: Sequence[Near]) -> Iterator[Near]:
    """Hits of one visitor, by time, that stand with too many different links in one window."""
    first, told, links = 0, 0, Counter[UUID]()
    for last, hit in enumerate(hits):
        links[hit.link_id] += 1
        while hit.at - hits[first].at > WINDOW:
            links[hits[first].link_id] -= 1
            first += 1
        if len(+links) >= (MANY_LINKS_FOR_PHONES if hit.device == "phone" else MANY_LINKS):
            yield from hits[max(first, told) : last + 1]
            told = last + 1


def _asked_twice(hits: Sequence[Near]) -> Iterator[Near]:
    """Hits of one visitor on the same link: HEAD, and GET soon after it."""
    heads: dict[UUID, list[Near]] = defaultdict(list)
    for hit in hits:
        if hit.method == "HEAD":
            heads[hit.link_id].append(hit)
        elif fresh := [head for head in heads[hit.link_id] if hit.at - head.at <= WINDOW]:
            yield from (*fresh, hit)
            heads[hit.link_id] = fresh[-1:]


NEIGHBOURS = """
SELECT near.* FROM unnest($1::bytea[], $2::timestamptz[], $3::timestamptz[]) n (visitor, first, last), LATERAL (
  SELECT * FROM click c WHERE c.mailed AND c.visitor = n.visitor AND c.at BETWEEN n.first AND n.last AND c.at BETWEEN $4 AND $5
  OFFSET 0
) near
"""
"""`OFFSET 0`: visitor by visitor, each by the index. Left to itself, the planner may compare all with all."""


async def neighbours(hits: Sequence[Near], reach: timedelta) -> list[db.Row]:
    """Clicks on mailed links by the visitors of `hits`, as far from them as `reach`."""
    if not hits:
        return []
    spans = list(_spans(hits, reach))
    visitors, first, last = ([span[n] for span in spans] for n in range(3))
    return await db.rows(NEIGHBOURS, visitors, first, last, min(first), max(last))


def near_of(row: db.Row) -> Near:
    return Near(*(row[name] for name in Near._fields))


def _spans(hits: Sequence[Near], reach: timedelta) -> Iterator[tuple[bytes, datetime, datetime]]:
    """From when to when each visitor's neighbours are wanted. No two of a visitor overlap, so no click is found twice."""
    for visitor, group in groupby(sorted((hit.visitor, hit.at) for hit in hits), key=lambda pair: pair[0]):
        first, *others = [at for _, at in group]
        span = (first - reach, first + reach)
        for at in others:
            if at - reach <= span[1]:
                span = (span[0], at + reach)
            else:
                yield visitor, *span
                span = (at - reach, at + reach)
        yield visitor, *span
