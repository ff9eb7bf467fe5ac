"""From the journal to figures: once, and only once."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from portal import db
from portal.clicks import ingest, orphans, partitions, visitors
from portal.clicks.hits import Hit
from portal.clicks.verdicts import RULES
from portal.settings import settings
from tests.cast import NOW, Northgate, add_channel, add_job, add_link, add_workspace
from tests.clicks.agents import OTHERS, PEOPLE
from tests.clicks.hitting import check_invariants, click, daily, ingest_all, landing, link_of, write

DICE = random.Random(7)


@pytest.fixture
async def link_id(northgate: Northgate) -> UUID:
    await partitions.make_ahead(NOW)
    return await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")


async def test_a_hit_becomes_a_click_with_all_that_is_known_of_it(northgate: Northgate, link_id: UUID) -> None:
    hit = click(
        link_id, query="utm_source=ig&fbclid=secret", purpose="", sec_fetch="cross-site navigate ?1 document", visitor="ana"
    )
    await write(hit)
    assert await ingest_all() == 1
    row = await db.row("SELECT * FROM click")
    assert row is not None
    assert (row["id"], row["at"], row["workspace_id"], row["link_id"]) == (hit.id, NOW, northgate.id, link_id)
    assert (row["day"], row["mailed"]) == (NOW.date(), False)
    assert (row["verdict"], row["reason"], row["rules"], row["outcome"]) == ("person", "in_app", RULES, "redirected")
    assert (row["app"], row["device"], row["system"], row["language"]) == ("Instagram", "phone", "iOS", "en-gb")
    assert row["parameters"] == {"utm_source": "ig", "fbclid": "present"}
    assert row["visitor"] == hit.visitor
    assert await ingest.journal_is_empty()
    await check_invariants()


async def test_only_persons_count_and_the_others_are_shown_with_their_reason(link_id: UUID) -> None:
    await write(*(click(link_id, user_agent=agent) for _, agent in [*PEOPLE, *OTHERS]), click(link_id, staff=True))
    await write(click(link_id, method="HEAD"), click(link_id, purpose="prefetch"))
    await ingest_all()
    excluded = await daily("excluded")
    assert (await daily("verdict"))["person"] == len(PEOPLE)
    assert excluded["preview:link_preview"] == sum(kind == "link_preview" for kind, _ in OTHERS)
    assert (excluded["staff:member"], excluded["bot:head"], excluded["prefetch:prefetch"]) == (1, 1, 1)
    assert sum(excluded.values()) == len(OTHERS) + 3
    await check_invariants()


async def test_what_stands_twice_in_the_journal_counts_once(link_id: UUID) -> None:
    hits = [click(link_id, visitor=f"v{n % 3}") for n in range(10)]
    await write(*hits, *hits[:5])
    await write(*(landing(hit) for hit in hits), *(landing(hit) for hit in hits[:4]))
    await ingest_all(limit=4)
    await write(*hits, *(landing(hit) for hit in hits))
    await ingest_all()
    assert await db.value("SELECT count(*) FROM click") == 10
    assert await daily("verdict") == {"person": 10}
    assert await daily("visitor") == {"person": 3}
    assert await daily("landed") == {"person": 10}
    await check_invariants()


async def test_a_visitor_counts_once_a_day_for_each_link(northgate: Northgate, link_id: UUID) -> None:
    other = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id, code="x", placement="bio"), "nurse-x")
    await write(*(click(link_id, visitor="ana") for _ in range(3)), click(other, visitor="ana"))
    await write(click(link_id, visitor="ana", at=NOW + timedelta(days=1)), click(link_id, visitor="bot", user_agent="curl/8.5.0"))
    await ingest_all()
    assert await daily("visitor", NOW.date()) == {"person": 2}
    assert await daily("visitor") == {"person": 3}
    await check_invariants()


async def test_a_visitor_who_comes_to_light_after_the_day_was_forgotten_is_not_counted_again(link_id: UUID) -> None:
    later = NOW + timedelta(days=4)
    await write(click(link_id, visitor="ana"), click(link_id, visitor="ben"))
    await ingest_all()
    await visitors.forget_old(later)
    assert await db.value("SELECT count(*) FROM visitor_day") == 0
    await write(*(click(link_id, visitor=name) for name in ("ana", "cem", "cem")))
    await ingest_all(later)
    await visitors.forget_old(later)
    await write(click(link_id, visitor="cem"))
    await ingest_all(later)
    assert await daily("visitor") == {"person": 3}


async def test_a_workspace_that_moves_keeps_the_days_it_had(northgate: Northgate, link_id: UUID) -> None:
    evening = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    first = click(link_id, at=evening)
    await write(first)
    await ingest_all()
    await db.run("UPDATE workspace SET timezone = 'Europe/Berlin' WHERE id = $1", northgate.id)
    await write(click(link_id, at=evening), landing(first))
    await ingest_all()
    assert await daily("verdict", date(2026, 11, 23)) == {"person": 1}
    assert await daily("verdict", date(2026, 11, 24)) == {"person": 1}
    assert await daily("landed", date(2026, 11, 23)) == {"person": 1}
    await check_invariants()


@pytest.mark.parametrize(
    ("timezone", "at", "day"),
    [
        ("Pacific/Auckland", datetime(2026, 11, 22, 10, 59, tzinfo=UTC), date(2026, 11, 22)),
        ("Pacific/Auckland", datetime(2026, 11, 22, 11, 0, tzinfo=UTC), date(2026, 11, 23)),
        ("America/New_York", datetime(2026, 11, 23, 4, 59, tzinfo=UTC), date(2026, 11, 22)),
        ("America/New_York", datetime(2026, 11, 23, 5, 0, tzinfo=UTC), date(2026, 11, 23)),
        ("America/New_York", datetime(2026, 7, 1, 4, 0, tzinfo=UTC), date(2026, 7, 1)),
        ("Pacific/Kiritimati", datetime(2026, 12, 31, 10, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
async def test_a_day_is_the_workspaces(timezone: str, at: datetime, day: date) -> None:
    workspace_id = await add_workspace(timezone=timezone)
    link_id = await add_link(workspace_id, await add_job(workspace_id), await add_channel(workspace_id), "there")
    hit = click(link_id, at=at, visitor="ana")
    await write(hit, landing(hit, after=timedelta(minutes=30)))
    await ingest_all()
    for dimension in ("verdict", "visitor", "landed", "app"):
        assert sum((await daily(dimension, day)).values()) == 1, dimension
    assert await db.value("SELECT hour FROM click_hourly") == at.replace(minute=0)


async def test_late_hits_land_in_the_month_they_belong_to(link_id: UUID) -> None:
    months = [
        datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
        datetime(2024, 12, 31, 23, 30, tzinfo=UTC),
        datetime(2025, 1, 1, tzinfo=UTC),
    ]
    await write(*(click(link_id, at=at) for at in months))
    await ingest_all()
    found = await db.rows("SELECT tableoid::regclass::text AS month FROM click ORDER BY at")
    assert [row["month"] for row in found] == ["click_2024_02", "click_2024_12", "click_2025_01"]
    await check_invariants()


async def test_a_landing_waits_for_its_click_and_then_goes(link_id: UUID) -> None:
    late = click(link_id)
    await write(landing(late), landing(click(link_id)))
    assert await ingest_all(NOW + timedelta(minutes=9)) == 0
    assert not await ingest.journal_is_empty()
    await write(late)
    assert await ingest_all(NOW + timedelta(minutes=9)) == 2
    assert await daily("landed") == {"person": 1}
    assert await ingest_all(NOW + timedelta(minutes=11)) == 1
    assert await ingest.journal_is_empty()
    assert await db.value("SELECT count(*) FROM landing") == 1


async def test_landings_of_others_than_persons_are_kept_but_not_counted(link_id: UUID) -> None:
    hit = click(link_id, staff=True)
    await write(hit, landing(hit))
    await ingest_all()
    assert await db.value("SELECT verdict FROM landing") == "staff"
    assert await daily("landed") == {}


async def test_a_landing_belongs_to_the_link_of_its_click_whatever_it_says(northgate: Northgate, link_id: UUID) -> None:
    other = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id, code="x", placement="bio"), "nurse-x")
    hit = click(link_id)
    lying = landing(hit)
    await write(hit, Hit(id=lying.id, at=lying.at, kind="landing", link_id=other, click_id=hit.id))
    await ingest_all()
    assert await db.value("SELECT link_id FROM landing") == link_id


async def test_taps_that_were_not_led_on_count_and_are_told_apart(link_id: UUID) -> None:
    await write(click(link_id), click(link_id, outcome="closed"), click(link_id, outcome="expired", user_agent="curl/8.5.0"))
    await ingest_all()
    assert await daily("verdict") == {"person": 2, "bot": 1}
    assert await daily("outcome") == {"closed": 1}


async def test_hits_on_addresses_that_nobody_made_are_counted_by_address(link_id: UUID) -> None:
    await write(
        *(click(None, slug="nurze", outcome="unknown", at=NOW + timedelta(hours=n)) for n in range(3)), click(None, slug="old")
    )
    await write(click(None, slug="nurze", outcome="unknown"))
    await ingest_all(limit=2)
    row = await db.row("SELECT hits, last_at FROM orphan_hit WHERE slug = 'nurze'")
    assert row is not None
    assert (row["hits"], row["last_at"]) == (4, NOW + timedelta(hours=2))
    assert await db.value("SELECT count(*) FROM click") == 0


async def test_a_hit_on_no_link_that_comes_twice_counts_once(link_id: UUID) -> None:
    hits = [click(None, slug="nurze", outcome="unknown") for _ in range(5)]
    await write(*hits, *hits[:3])
    await ingest_all(limit=3)
    await write(*hits)
    await ingest_all()
    assert await db.value("SELECT hits FROM orphan_hit") == 5
    assert await orphans.forget_old(NOW + orphans.REMEMBERED) == 0
    assert await orphans.forget_old(NOW + orphans.REMEMBERED + timedelta(seconds=1)) == 5


async def test_hits_of_a_link_that_is_gone_do_not_stop_the_others(link_id: UUID) -> None:
    await write(click(UUID(int=5)), click(link_id))
    assert await ingest_all() == 2
    assert await db.value("SELECT count(*) FROM click") == 1


async def many(link_ids: Sequence[UUID], count: int) -> list[Hit]:
    agents = [agent for _, agent in PEOPLE * 3 + OTHERS]
    return [
        click(
            DICE.choice(link_ids),
            at=NOW + timedelta(minutes=DICE.randrange(60 * 48)),
            user_agent=DICE.choice(agents),
            visitor=f"v{DICE.randrange(40)}",
        )
        for _ in range(count)
    ]


async def test_workers_side_by_side_count_everything_once(northgate: Northgate, link_id: UUID) -> None:
    others = [await link_of(northgate, network, f"nurse-{network}") for network in ("facebook", "tiktok", "email", "ats")]
    hits = await many([link_id, *others], 5000)
    landed = [landing(hit) for hit in hits[::2]]
    doubled = [*hits, *hits[:1000], *landed, *landed[:300]]
    DICE.shuffle(doubled)
    await write(*doubled)
    await asyncio.gather(*(ingest_all(limit=400) for _ in range(4)))
    await ingest_all()
    assert await db.value("SELECT count(*) FROM click") == 5000
    assert await db.value("SELECT count(*) FROM landing") == 2500
    assert await ingest.journal_is_empty()
    await check_invariants()


async def test_workers_that_need_the_same_new_month_do_not_collide(link_id: UUID) -> None:
    await write(*(click(link_id, at=datetime(2023, n % 4 + 1, 3, tzinfo=UTC)) for n in range(80)))
    await asyncio.gather(*(ingest_all(limit=10) for _ in range(4)))
    assert await db.value("SELECT count(*) FROM click") == 80
    await check_invariants()


async def test_a_backend_killed_in_the_middle_loses_and_doubles_nothing(link_id: UUID) -> None:
    await write(*await many([link_id], 1200))
    killer = await asyncpg.connect(settings().database_url)
    killed = 0

    async def kill() -> None:
        nonlocal killed
        sql = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
            "AND state <> 'idle' AND pid <> pg_backend_pid() AND query ~ '(click_daily|click_hourly|INSERT INTO click )'"
        )
        while killed < 5:
            killed += await killer.fetchval(sql)
            await asyncio.sleep(0)

    async def work() -> None:
        empty = False
        while not empty:
            try:
                await ingest.ingest_batch(NOW, limit=60)
                empty = await ingest.journal_is_empty()
            except (asyncpg.PostgresError, *db.AWAY):
                await asyncio.sleep(0.01)

    killing = asyncio.create_task(kill())
    try:
        await asyncio.wait_for(work(), 60)
    finally:
        killing.cancel()
        await asyncio.wait({killing})
        await killer.close()
    assert killed > 0
    assert await db.value("SELECT count(*) FROM click") == 1200
    await check_invariants()


async def test_a_link_ends_so_many_hours_after_its_first_tap_by_a_person(link_id: UUID) -> None:
    await db.run("UPDATE link SET expires_after_hours = 24 WHERE id = $1", link_id)
    await write(
        click(link_id, staff=True), click(link_id, at=NOW + timedelta(hours=2)), click(link_id, at=NOW + timedelta(hours=1))
    )
    await ingest_all(limit=2)
    row = await db.row("SELECT first_tap_at, expires_at FROM link WHERE id = $1", link_id)
    assert row is not None
    assert tuple(row) == (NOW + timedelta(hours=1), NOW + timedelta(hours=25))
