"""Hits, as the redirect and the landing page would have written them, and what figures say of them."""

from datetime import date, datetime, timedelta
from uuid import UUID

from portal import db
from portal.clicks import copying, ingest
from portal.clicks.hits import Hit
from portal.clicks.invariants import Scope, broken
from portal.links.personal import new_personal_link
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_link
from tests.clicks.agents import INSTAGRAM

DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
"""What many mail scanners say of themselves, and many people."""
EVER = Scope(start=date(2000, 1, 1), end=date(2050, 1, 1))


def click(link_id: UUID | None, *, at: datetime = NOW, user_agent: str = INSTAGRAM, visitor: str = "", **changes: object) -> Hit:
    values: dict[str, object] = {
        "outcome": "redirected",
        "method": "GET",
        "language": "en-gb",
        "referrer_host": "l.instagram.com",
    }
    seen = visitor.encode().ljust(16) if visitor else None
    return Hit(id=db.new_id(), at=at, kind="click", link_id=link_id, user_agent=user_agent, visitor=seen, **(values | changes))  # type: ignore[arg-type]


def landing(of: Hit, *, after: timedelta = timedelta(seconds=1)) -> Hit:
    return Hit(id=db.new_id(), at=of.at + after, kind="landing", link_id=of.link_id, click_id=of.id)


async def write(*hits: Hit) -> None:
    """Into the journal; with the salts of their days, without which nobody would have a visitor."""
    days = {hit.at.date() + timedelta(days=n) for hit in hits for n in (-1, 0, 1)}
    await db.run(
        "INSERT INTO visitor_salt SELECT day, decode(repeat('00', 16), 'hex'), $2 FROM unnest($1::date[]) day "
        "ON CONFLICT DO NOTHING",
        sorted(days),
        NOW,
    )
    async with db.connection() as connection:
        await copying.copy(connection, hits)  # type: ignore[arg-type]  # one of a pool does as well


async def ingest_all(now: datetime = NOW, limit: int = 5000) -> int:
    total = 0
    while moved := await ingest.ingest_batch(now, limit):
        total += moved
    return total


async def daily(dimension: str, day: date | None = None) -> dict[str, int]:
    found = await db.rows(
        "SELECT value, sum(clicks)::bigint AS clicks FROM click_daily WHERE dimension = $1 AND ($2::date IS NULL OR day = $2) "
        "GROUP BY value",
        dimension,
        day,
    )
    return {row["value"]: row["clicks"] for row in found}


async def check_invariants() -> None:
    """Whatever happened: every sum says the same."""
    assert await broken(EVER) == []
    met = "SELECT count(DISTINCT (link_id, day, visitor)) FROM click WHERE verdict = 'person' AND visitor IS NOT NULL"
    assert await db.value("SELECT count(*) FROM visitor_day") == await db.value(met)


async def link_of(northgate: Northgate, network: str, slug: str, placement: str = "there") -> UUID:
    """A channel link in that network."""
    channel = await add_channel(northgate.id, network=network, placement=placement, code=f"c-{slug}")
    return await add_link(northgate.id, northgate.job_id, channel, slug)


async def personal_links(northgate: Northgate, count: int) -> list[UUID]:
    """Links in messages to one candidate."""
    application = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id))
    values = {"workspace_id": northgate.id, "job_id": northgate.job_id, "application_id": application, "now": NOW}
    return [await new_personal_link(**values) for _ in range(count)]  # type: ignore[arg-type]
