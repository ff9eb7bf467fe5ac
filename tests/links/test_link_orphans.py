"""Taps that led nowhere."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.clicks import partitions
from portal.links import links, orphans
from portal.web.forms import Invalid
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_channel, add_job, add_link, post


async def hit(slug: str, hits: int = 1, days_ago: int = 0) -> None:
    at = NOW - timedelta(days=days_ago)
    await db.run("INSERT INTO orphan_hit (slug, day, hits, last_at) VALUES ($1, $2, $3, $4)", slug, at.date(), hits, at)


async def tapped(northgate: Northgate, link_id: UUID, outcome: str, verdict: str = "person", days_ago: int = 0) -> None:
    at = NOW - timedelta(days=days_ago)
    await partitions.make({partitions.month_of(at)})
    texts = ("reason", "method", "app", "device", "system", "language", "referrer_host", "user_agent", "purpose", "sec_fetch")
    said = ", ".join(texts)
    await db.run(
        f"INSERT INTO click (id, at, day, mailed, workspace_id, link_id, outcome, verdict, rules, parameters, {said}) "
        f"VALUES ($1, $2, $3, false, $4, $5, $6, $7, 1, '{{}}'{', $8' * len(texts)})",
        db.new_id(),
        at,
        at.date(),
        northgate.id,
        link_id,
        outcome,
        verdict,
        "",
    )


@pytest.fixture
async def link_id(northgate: Northgate) -> UUID:
    return await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "night-nurse-ig", label="Spring")


@pytest.mark.parametrize(
    ("slug", "meant"),
    [
        ("nigth-nurse-ig", "night-nurse-ig"),
        ("night-nurse-lg", "night-nurse-ig"),
        ("nightnurseig", "night-nurse-ig"),
        ("night-nurse", "night-nurse-ig"),
        ("rn1", "rn"),
        ("rna1", None),
        ("wp-admin", None),
        ("day-cook-fb", None),
        ("", None),
    ],
)
def test_a_slip_of_the_finger_is_recognised_and_noise_is_not(slug: str, meant: str | None) -> None:
    assert orphans.nearest(slug, ["night-nurse-ig", "rn"]) == meant


async def test_only_addresses_like_ones_own_are_shown(northgate: Northgate, outsider: SignedIn, link_id: UUID) -> None:
    await hit("nigth-nurse-ig", 3)
    await hit("nigth-nurse-ig", 4, days_ago=2)
    await hit("night-nurse-lg", 9, days_ago=31)
    await hit("wp-login", 500)
    found = await orphans.orphans(northgate.id, NOW)
    assert [(one.slug, one.hits, one.near.slug, one.can_be_made) for one in found] == [
        ("nigth-nurse-ig", 7, "night-nurse-ig", True)
    ]
    assert await orphans.orphans(outsider.workspace_id, NOW) == []


async def test_a_link_is_made_at_the_address_that_people_tap(
    recruiter: httpx.AsyncClient, northgate: Northgate, link_id: UUID
) -> None:
    await hit("nigth-nurse-ig", 3)
    page = (await recruiter.get("/app/links/orphans")).text
    assert "/nigth-nurse-ig" in page
    made = await post(recruiter, "/app/links/orphans", {"slug": "nigth-nurse-ig", "like": str(link_id)})
    link = await links.get_link(northgate.id, UUID(made.headers["location"].rpartition("/")[2]))
    assert (link.slug, link.job_id, link.channel) == ("nigth-nurse-ig", northgate.job_id, "instagram/story")
    assert link.label == "Spring · typed /nigth-nurse-ig"
    assert await orphans.orphans(northgate.id, NOW) == []


async def test_nobody_takes_an_address_that_is_not_like_their_own(
    northgate: Northgate, outsider: SignedIn, link_id: UUID
) -> None:
    with pytest.raises(Missing):
        await orphans.make_orphan(outsider.workspace_id, "nigth-nurse-ig", link_id, member_id=outsider.id, now=NOW)
    for slug in ("something-else", "app", "night nurse ig", "night-nurse-ig"):
        with pytest.raises(Invalid):
            await orphans.make_orphan(northgate.id, slug, link_id, member_id=northgate.admin.id, now=NOW)


async def test_links_that_ended_and_are_tapped_still_are_listed(
    recruiter: httpx.AsyncClient, northgate: Northgate, outsider: SignedIn, link_id: UUID
) -> None:
    for _ in range(2):
        await tapped(northgate, link_id, "expired")
    await tapped(northgate, link_id, "archived")
    await tapped(northgate, link_id, "redirected")
    await tapped(northgate, link_id, "expired", verdict="bot")
    await tapped(northgate, link_id, "expired", days_ago=31)
    found = await orphans.ended(northgate.id, NOW)
    assert [(one.outcome, one.hits) for one in found] == [("expired", 2), ("archived", 1)]
    assert await orphans.ended(outsider.workspace_id, NOW) == []
    await add_job(northgate.id)
    assert (await recruiter.get("/app/links/orphans")).status_code == 200
