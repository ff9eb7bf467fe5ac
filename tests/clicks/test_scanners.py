"""Mail scanners that look like browsers, and people who only look like mail scanners."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from portal import db
from portal.clicks import reclassify, scanners
from portal.clicks.hits import Hit
from portal.clicks.scanners import MANY_LINKS, MANY_LINKS_FOR_PHONES, WINDOW, Near, scanned
from portal.clicks.verdicts import Reason
from tests.cast import NOW, Northgate
from tests.clicks.hitting import DESK, check_invariants, click, daily, ingest_all, landing, link_of, personal_links, write

LINKS = [UUID(int=n) for n in range(10)]


def near(link: int, seconds: float, *, visitor: str = "v", method: str = "GET", device: str = "desktop") -> Near:
    return Near(db.new_id(), NOW + timedelta(seconds=seconds), LINKS[link], visitor.encode(), method, device)


@pytest.mark.parametrize(
    ("hits", "found"),
    [
        ([near(1, 0), near(2, 5), near(3, 10)], [0, 1, 2]),
        ([near(1, 0), near(2, 5), near(3, 10.001)], []),
        ([near(1, 0), near(2, 1), near(1, 2), near(2, 3)], []),
        ([near(1, 0), near(2, 1), near(3, 2, visitor="another")], []),
        ([near(1, 0), near(2, 9), near(3, 10), near(4, 18), near(4, 30)], [0, 1, 2, 3]),
        ([near(1, 0), near(1, 3), near(2, 9), near(3, 13), near(3, 23.5)], [1, 2, 3]),
        ([near(n, n, device="phone") for n in range(MANY_LINKS_FOR_PHONES - 1)], []),
        ([near(n, n, device="phone") for n in range(MANY_LINKS_FOR_PHONES)], list(range(MANY_LINKS_FOR_PHONES))),
        ([near(n, n, device="tablet") for n in range(MANY_LINKS)], list(range(MANY_LINKS))),
    ],
)
def test_several_links_at_once_are_a_scanners(hits: list[Near], found: list[int]) -> None:
    assert scanned(hits) == {hits[n].id: Reason.BURST for n in found}


@pytest.mark.parametrize(
    ("hits", "found"),
    [
        ([near(1, 0, method="HEAD"), near(1, 2)], [0, 1]),
        ([near(1, 0, method="HEAD"), near(1, 2), near(1, 9)], [0, 1, 2]),
        ([near(1, 0, method="HEAD"), near(1, 10.5)], []),
        ([near(1, 0), near(1, 2, method="HEAD")], []),
        ([near(1, 0, method="HEAD"), near(2, 2)], []),
        ([near(1, 0, method="HEAD"), near(1, 2, visitor="another")], []),
        ([near(1, 0, method="HEAD"), near(1, 8, method="HEAD"), near(1, 16)], [1, 2]),
        ([near(1, 0, method="HEAD"), near(1, 8, method="HEAD"), near(1, 9), near(1, 17)], [0, 1, 2, 3]),
        ([near(1, 0, method="HEAD", device="phone"), near(1, 2, device="phone")], [0, 1]),
    ],
)
def test_asking_before_opening_is_a_scanners(hits: list[Near], found: list[int]) -> None:
    assert scanned(hits) == {hits[n].id: Reason.HEAD_THEN_GET for n in found}


def test_several_links_say_more_than_asking_twice() -> None:
    hits = [near(1, 0, method="HEAD"), near(1, 1), near(2, 2), near(3, 3)]
    assert set(scanned(hits).values()) == {Reason.BURST}


def test_more_neighbours_never_speak_for_a_person() -> None:
    dice = random.Random(3)
    for _ in range(300):
        hits = [near(dice.randrange(5), dice.uniform(0, 40), method=dice.choice(["GET", "GET", "HEAD"])) for _ in range(12)]
        assert scanned(hits[:-1]).keys() <= scanned(hits).keys()


async def test_no_visitor_is_looked_up_twice_for_the_same_moment() -> None:
    dice = random.Random(5)
    hits = [near(dice.randrange(5), dice.uniform(0, 200), visitor=dice.choice("ab")) for _ in range(50)]
    spans = sorted(scanners._spans(hits, WINDOW))
    for visitor, first, last in spans:
        assert sum(a <= first <= b or a <= last <= b for v, a, b in spans if v == visitor) == 1
    for hit in hits:
        assert any(v == hit.visitor and a <= hit.at - WINDOW and hit.at + WINDOW <= b for v, a, b in spans)


def scan(link_ids: list[UUID], *, apart: float = 1, at: datetime = NOW, visitor: str = "gateway") -> list[Hit]:
    return [
        click(link, at=at + timedelta(seconds=n * apart), user_agent=DESK, visitor=visitor) for n, link in enumerate(link_ids)
    ]


async def test_a_burst_on_personal_links_counts_as_a_scanners(northgate: Northgate) -> None:
    links = await personal_links(northgate, 4)
    hits = scan(links[:3])
    await write(*hits, click(links[3], visitor="ana"), *(landing(hit) for hit in hits))
    await ingest_all()
    assert await daily("verdict") == {"scanner": 3, "person": 1}
    assert await daily("excluded") == {"scanner:burst": 3}
    assert await daily("landed") == {}
    assert await daily("visitor") == {"person": 1}
    await check_invariants()


@pytest.mark.parametrize("network", ["email", "ats"])
async def test_links_in_mails_to_many_are_scanned_too(northgate: Northgate, network: str) -> None:
    links = [await link_of(northgate, network, f"nurse-{n}", placement=f"p{n}") for n in range(3)]
    await write(*scan(links))
    await write(click(links[0], method="HEAD", visitor="other"), click(links[0], at=NOW + timedelta(seconds=1), visitor="other"))
    await ingest_all()
    assert await daily("excluded") == {"scanner:burst": 3, "scanner:head_then_get": 2}
    await check_invariants()


@pytest.mark.parametrize("network", ["instagram", "sms", "qr"])
async def test_on_public_links_somebody_may_tap_several(northgate: Northgate, network: str) -> None:
    links = [await link_of(northgate, network, f"nurse-{n}", placement=f"p{n}") for n in range(4)]
    await write(*scan(links), click(links[0], method="HEAD", user_agent=DESK, visitor="gateway"))
    await ingest_all()
    assert await daily("verdict") == {"person": 4, "bot": 1}
    await check_invariants()


async def test_members_and_robots_stay_what_they_are_in_a_burst(northgate: Northgate) -> None:
    links = await personal_links(northgate, 3)
    await write(*(click(link, staff=True, visitor="jo") for link in links))
    await write(*(click(link, user_agent="curl/8.5.0", visitor="robot") for link in links))
    await ingest_all()
    assert await daily("excluded") == {"staff:member": 3, "bot:library": 3}


async def test_a_visitor_nobody_could_name_is_no_scanner(northgate: Northgate) -> None:
    await write(*(click(link, user_agent=DESK) for link in await personal_links(northgate, 4)))
    await ingest_all()
    assert await daily("verdict") == {"person": 4}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_neighbour_that_comes_late_changes_what_was_counted(northgate: Northgate, order: tuple[int, ...]) -> None:
    links = await personal_links(northgate, 3)
    hits = scan(links)
    for number in order:
        await write(hits[number], landing(hits[number]))
        await ingest_all()
    assert await daily("verdict") == {"scanner": 3}
    assert await daily("visitor") == await daily("landed") == await daily("app") == {}
    assert await db.value("SELECT count(*) FROM click_hourly") == 3
    assert await db.value("SELECT count(*) FROM landing WHERE verdict = 'scanner'") == 3
    await check_invariants()


async def test_a_late_neighbour_leaves_other_clicks_of_the_link_alone(northgate: Northgate) -> None:
    links = await personal_links(northgate, 3)
    hits = scan(links, at=datetime(2026, 11, 23, 9, 59, 58, tzinfo=UTC), apart=2)
    ana = [click(links[0], visitor="ana", at=NOW + timedelta(minutes=n)) for n in (-30, 3)]
    same_device = click(links[0], user_agent=DESK, visitor="gateway", at=NOW + timedelta(minutes=40))
    await write(*ana, landing(ana[0]), same_device, *hits[:2])
    await ingest_all()
    await write(hits[2])
    await ingest_all()
    assert await daily("verdict") == {"scanner": 3, "person": 3}
    assert await daily("visitor") == {"person": 2}
    assert await daily("landed") == {"person": 1}
    await check_invariants()


async def test_the_order_of_arrival_and_the_size_of_batches_do_not_matter(northgate: Northgate) -> None:
    """And judging all again says the same."""
    dice = random.Random(11)
    links = await personal_links(northgate, 6)
    hits = [
        click(
            dice.choice(links),
            at=NOW + timedelta(seconds=dice.uniform(0, 300)),
            user_agent=DESK,
            visitor=dice.choice("abcd"),
            method=dice.choice(["GET", "GET", "GET", "HEAD"]),
        )
        for _ in range(150)
    ]
    landed = [landing(hit) for hit in hits[::3]]
    verdicts = set()
    for limit in (7, 1000):
        await db.run("DELETE FROM click")
        for table in ("landing", "click_hourly", "click_daily", "click_mix", "visitor_day"):
            await db.run(f"DELETE FROM {table}")
        arriving = dice.sample([*hits, *landed], len(hits) + len(landed))
        for n in range(0, len(arriving), 60):
            await write(*arriving[n : n + 60])
            await asyncio.gather(*(ingest_all(limit=limit) for _ in range(3)))
        await check_invariants()
        found = await db.rows("SELECT id, verdict, reason FROM click ORDER BY id")
        verdicts.add(tuple(map(tuple, found)))
        assert (await reclassify.reclassify()).changed == {}
    assert len(verdicts) == 1
    reasons = Counter(reason for _, _, reason in verdicts.pop())
    assert {"burst", "head_then_get", "browser"} <= reasons.keys()
