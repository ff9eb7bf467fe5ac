"""Hits on addresses that nobody made: a typo on a poster shows here."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from portal import db
from portal.clicks.hits import Hit

REMEMBERED = timedelta(hours=48)
"""How long a hit is known again that comes twice. A file that is replayed later than this counts once more: the price of not
keeping every wrong guess for ever."""


async def count(hits: Sequence[Hit]) -> None:
    """Add `hits` to their addresses, by day (UTC), each hit once. In the transaction that takes them from the journal."""
    if not hits:
        return
    new = await _not_seen(hits)
    counts = Counter((hit.slug, hit.at.astimezone(UTC).date()) for hit in new)
    last = {(hit.slug, hit.at.astimezone(UTC).date()): hit.at for hit in sorted(new, key=lambda hit: hit.at)}
    await db.run_many(
        "INSERT INTO orphan_hit (slug, day, hits, last_at) VALUES ($1, $2, $3, $4) ON CONFLICT (slug, day) DO UPDATE "
        "SET hits = orphan_hit.hits + EXCLUDED.hits, last_at = greatest(orphan_hit.last_at, EXCLUDED.last_at)",
        [(slug, day, counts[slug, day], last[slug, day]) for slug, day in sorted(counts)],
    )


async def forget_old(now: datetime) -> int:
    """Forget ids that are not expected again; how many."""
    return await db.run("DELETE FROM orphan_seen WHERE at < $1", now - REMEMBERED)


async def _not_seen(hits: Sequence[Hit]) -> list[Hit]:
    by_id = {hit.id: hit for hit in sorted(hits, key=lambda hit: (hit.at, hit.id))}
    found = await db.rows(
        "INSERT INTO orphan_seen (at, id) SELECT * FROM unnest($1::timestamptz[], $2::uuid[]) "
        "ON CONFLICT DO NOTHING RETURNING id",
        [hit.at for hit in by_id.values()],
        list(by_id),
    )
    return [by_id[row["id"]] for row in found]
