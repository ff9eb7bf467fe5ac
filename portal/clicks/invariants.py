"""What always holds of clicks and figures, asked of the database. Tests ask after everything they break; `portal doctor` asks of
the last days."""

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from portal import db
from portal.clicks import retention, spool
from portal.clicks.rollups import span_of
from portal.clicks.spool import Segment


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at: days of the workspaces, both included, of all links, or of a workspace's, or of one link."""

    start: date
    end: date
    workspace_id: UUID | None = None
    link_id: UUID | None = None


MINE = "($1::uuid IS NULL OR {0}.workspace_id = $1) AND ($2::uuid IS NULL OR {0}.link_id = $2)"
CLICKS = f"SELECT c.* FROM click c WHERE {MINE.format('c')} AND c.day BETWEEN $3 AND $4 AND c.at BETWEEN $5 AND $6"
DAYS = f"SELECT d.* FROM click_daily d WHERE {MINE.format('d')} AND d.day BETWEEN $3 AND $4"
PERSONS = "SELECT link_id, day, count(*) AS clicks FROM clicks WHERE verdict = 'person' GROUP BY 1, 2"
OF_ALL_PERSONS = ("app", "device", "system", "language", "referrer")


def _same(one: str, other: str, keys: str) -> str:
    """How many lines of one are not those of the other. Lines that say 0 count as missing lines."""
    return (
        f"SELECT count(*) FROM ({one}) one FULL JOIN ({other}) other USING ({keys}) "
        "WHERE coalesce(one.clicks, 0) <> coalesce(other.clicks, 0)"
    )


def _at_most(one: str, other: str) -> str:
    """How many link's days say more in the one than in the other."""
    return (
        f"SELECT count(*) FROM ({one}) one LEFT JOIN ({other}) other USING (link_id, day) "
        "WHERE one.clicks > coalesce(other.clicks, 0)"
    )


def _said(dimension: str) -> str:
    return f"SELECT link_id, day, sum(clicks) AS clicks FROM days WHERE dimension = '{dimension}' GROUP BY 1, 2"


HOURS_ARE_CLICKS = _same(
    f"SELECT link_id, hour, verdict, clicks FROM click_hourly h WHERE {MINE.format('h')} AND hour BETWEEN $3 AND $4",
    "SELECT link_id, date_trunc('hour', at, 'UTC') AS hour, verdict, count(*) AS clicks FROM click c "
    f"WHERE {MINE.format('c')} AND at >= $3 AND at < $4::timestamptz + interval '1 hour' GROUP BY 1, 2, 3",
    "link_id, hour, verdict",
)
RULES = {
    "every day says of each verdict what the clicks say": _same(
        "SELECT link_id, day, value, clicks FROM days WHERE dimension = 'verdict'",
        "SELECT link_id, day, verdict AS value, count(*) AS clicks FROM clicks GROUP BY 1, 2, 3",
        "link_id, day, value",
    ),
    "what was not counted, by its reasons, is all clicks but the persons'": _same(
        "SELECT link_id, day, value, clicks FROM days WHERE dimension = 'excluded'",
        "SELECT link_id, day, verdict || ':' || reason AS value, count(*) AS clicks FROM clicks WHERE verdict <> 'person' "
        "GROUP BY 1, 2, 3",
        "link_id, day, value",
    ),
    **{f"each person is on one line by {name}": _same(_said(name), PERSONS, "link_id, day") for name in OF_ALL_PERSONS},
    "visitors are the different persons of a day": _same(
        _said("visitor"),
        "SELECT link_id, day, count(DISTINCT visitor) AS clicks FROM clicks WHERE verdict = 'person' GROUP BY 1, 2",
        "link_id, day",
    ),
    "landed are the landings of persons": _same(
        _said("landed"),
        "SELECT c.link_id, c.day, count(*) AS clicks FROM clicks c JOIN landing l ON l.click_id = c.id "
        "WHERE c.verdict = 'person' GROUP BY 1, 2",
        "link_id, day",
    ),
    "no day has more that landed than persons": _at_most(_said("landed"), PERSONS),
    "no day has more visitors than persons": _at_most(_said("visitor"), PERSONS),
    "a landing has its click's verdict": (
        "SELECT count(*) FROM clicks c JOIN landing l ON l.click_id = c.id WHERE l.verdict <> c.verdict"
    ),
}

MIX = "owner_id, kind, verdict, day, channel, reason, app, device, system, language, referrer"
OF_CLICKS = """
SELECT o.owner_id, link.kind, c.verdict, c.day, coalesce(link.channel_id::text, '') AS channel,
  CASE WHEN c.verdict = 'person' THEN '' ELSE c.reason END AS reason, c.app, c.device, c.system,
  split_part(c.language, '-', 1) AS language, c.referrer_host AS referrer,
  count(*) + 0.5 * count(*) FILTER (WHERE EXISTS (SELECT FROM landing WHERE landing.click_id = c.id)) AS clicks
FROM clicks c JOIN link ON link.id = c.link_id AND (link.kind = 'channel' OR c.verdict <> 'person')
CROSS JOIN LATERAL (
  VALUES (link.workspace_id), (link.job_id), (link.campaign_id), (pair_of(link.job_id, link.campaign_id))
) o (owner_id)
WHERE o.owner_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
"""
MIXED = """
SELECT m.*, coalesce(m.channel_id::text, '') AS channel FROM click_mix m
WHERE ($1::uuid IS NULL OR m.workspace_id = $1) AND m.day BETWEEN $3 AND $4
"""
OF_MIXES = {
    "mixes say what clicks and landings say": _same(
        OF_CLICKS, f"SELECT {MIX}, clicks + 0.5 * landed AS clicks FROM ({MIXED}) m", MIX
    ),
    "each click of a mix has its hour": f"SELECT count(*) FROM ({MIXED}) m WHERE clicks <> (SELECT sum(n) FROM unnest(hours) n)",
}
"""Of all links: a mix does not know which link a click was on."""


async def broken(scope: Scope) -> list[str]:
    """A sentence for each rule that does not hold; none: all is well. Looks at one moment, whatever workers do meanwhile, and at
    days alone that have all their clicks."""
    whole = await retention.first_whole_day()
    if whole is not None and whole > scope.start:
        scope = msgspec.structs.replace(scope, start=whole)
    if scope.start > scope.end:
        return []
    async with db.transaction():
        await db.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [f"{rule}: {wrong:,} lines differ" for rule, wrong in await _wrong(scope) if wrong]


async def broken_lately() -> list[str]:
    """The same, of the last two days on which anything was counted."""
    last: date | None = await db.value("SELECT max(day) FROM click_daily WHERE dimension = 'verdict'")
    return await broken(Scope(start=last - timedelta(days=1), end=last)) if last else []


async def _wrong(scope: Scope) -> list[tuple[str, int]]:
    mine, days = (scope.workspace_id, scope.link_id), (scope.start, scope.end)
    span = (span_of(scope.start)[0], span_of(scope.end)[1])
    found = [
        (rule, await db.value(f"WITH clicks AS ({CLICKS}), days AS ({DAYS}) {sql}", *mine, *days, *span))
        for rule, sql in (RULES if scope.link_id else RULES | OF_MIXES).items()
    ]
    first = datetime.combine(scope.start, time(), UTC)
    last = datetime.combine(scope.end, time(23), UTC)
    return [*found, ("every hour says what the clicks say", await db.value(HOURS_ARE_CLICKS, *mine, first, last))]


async def missing(answered: Collection[UUID], folder: Path) -> set[UUID]:
    """Of the ids of hits that were answered, those that are in neither journal nor clicks nor the spool (`folder`). The spool is
    read first: what leaves it meanwhile is found in the journal, and what leaves that, among the clicks."""
    left = set(answered) - set(_spooled(folder))
    for table in ("click_journal", "click"):
        found = await db.rows(f"SELECT id FROM {table} WHERE id = ANY($1::uuid[])", list(left))
        left -= {row["id"] for row in found}
    return left


def _spooled(folder: Path) -> Iterator[UUID]:
    """Of whatever process: reading takes no lock."""
    for path in spool.waiting(folder):
        with suppress(FileNotFoundError):
            segment, offset = Segment(path, os.open(path, os.O_RDONLY)), 0
            while offset < segment.size:
                part = segment.read(offset)
                yield from (hit.id for hit in part.hits)
                offset = part.end
            segment.release()
