"""The memory of links: bounded, asked once, dropped when something changes, and good while the database is away."""

import asyncio
from uuid import UUID

import pytest

from portal import changes, redis
from portal.clicks import patience, targets
from portal.clicks.targets import FRESH, FRESH_UNKNOWN, Target, TargetCache, Unreachable, read_target
from portal.jobs import jobs
from portal.links import history
from tests.cast import NOW, Northgate, add_channel, add_link


class Asked:
    """A database that counts questions and can be away; and a clock."""

    def __init__(self) -> None:
        self.questions: list[str] = []
        self.away = False
        self.seconds = 0.0

    async def read(self, key: str) -> Target | None:
        self.questions.append(key)
        await asyncio.sleep(0)
        if self.away:
            raise OSError("away")
        return await read_target(key)

    def cache(self, most: int = 100, most_unknown: int = 100) -> TargetCache:
        return TargetCache(self.read, lambda: self.seconds, most, most_unknown)


@pytest.fixture
async def link_id(northgate: Northgate) -> UUID:
    return await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")


async def test_a_link_is_read_once_while_it_is_fresh(link_id: UUID) -> None:
    asked = Asked()
    cache = asked.cache()
    for _ in range(5):
        found = await cache.find("nurse")
        assert found is not None
        assert found.link.link_id == link_id
    asked.seconds = FRESH - 1
    await cache.find("nurse")
    assert asked.questions == ["nurse"]
    asked.seconds = FRESH
    await cache.find("nurse")
    assert asked.questions == ["nurse", "nurse"]


async def test_many_at_once_ask_once(link_id: UUID) -> None:
    asked = Asked()
    cache = asked.cache()
    found = await asyncio.gather(*(cache.find("nurse") for _ in range(200)))
    assert {target.link.link_id for target in found if target} == {link_id}
    assert asked.questions == ["nurse"]


async def test_unknown_addresses_are_remembered_for_a_shorter_time(northgate: Northgate) -> None:
    asked = Asked()
    cache = asked.cache()
    assert await cache.find("nobody") is None
    assert await cache.find("nobody") is None
    assert asked.questions == ["nobody"]
    asked.seconds = FRESH_UNKNOWN
    await cache.find("nobody")
    assert len(asked.questions) == 2


async def test_a_new_link_is_found_as_soon_as_it_is_announced(northgate: Northgate) -> None:
    cache = Asked().cache()
    assert await cache.find("nurse") is None
    await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    cache.drop("slug:nurse")
    assert await cache.find("nurse") is not None


async def test_guessing_pushes_no_link_out(link_id: UUID) -> None:
    asked = Asked()
    cache = asked.cache(most=3, most_unknown=3)
    await cache.find("nurse")
    for n in range(20):
        await cache.find(f"guess-{n}")
    await cache.find("nurse")
    assert asked.questions.count("nurse") == 1
    assert len(cache._unknown) == 3


async def test_the_least_used_link_goes_first(northgate: Northgate) -> None:
    channel_id = await add_channel(northgate.id)
    for slug in ("one", "two", "three"):
        await add_link(northgate.id, northgate.job_id, channel_id, slug)
    cache = Asked().cache(most=2)
    for slug in ("one", "two", "one", "three"):
        await cache.find(slug)
    assert list(cache._known) == ["one", "three"]


async def test_a_known_link_is_answered_while_the_database_is_away(link_id: UUID) -> None:
    asked = Asked()
    cache = asked.cache()
    await cache.find("nurse")
    asked.away, asked.seconds = True, FRESH + 1
    for _ in range(50):
        assert await cache.find("nurse") is not None
    assert len(asked.questions) == 2, "an outage is not asked about by everybody"
    with pytest.raises(Unreachable):
        await cache.find("never-seen")
    asked.away, asked.seconds = False, FRESH + 100
    assert await cache.find("nurse") is not None


async def test_an_answer_read_before_a_change_is_not_kept_after_it(link_id: UUID) -> None:
    asked = Asked()
    cache = asked.cache()
    looking = asyncio.create_task(cache.find("nurse"))
    while not asked.questions:
        await asyncio.sleep(0)
    cache.drop(f"link:{link_id}")
    await looking
    await cache.find("nurse")
    assert asked.questions == ["nurse", "nurse"]


async def test_every_process_hears_of_changes_of_links_and_jobs(northgate: Northgate, link_id: UUID) -> None:
    cache = TargetCache()
    listening = patience.start(targets.listen(cache))
    async with asyncio.timeout(10):
        while not (await redis.client().pubsub_numsub(changes.CHANNEL))[0][1]:
            await asyncio.sleep(0.01)
        assert (await _now(cache)) == "redirected"
        await history.pause(northgate.id, link_id, by=None, now=NOW)
        while (await _now(cache)) != "paused":
            await asyncio.sleep(0.01)
        await history.resume(northgate.id, link_id, by=None, now=NOW)
        while (await _now(cache)) != "redirected":
            await asyncio.sleep(0.01)
        await jobs.close_job(northgate.id, northgate.job_id, now=NOW)
        await changes.job_changed(northgate.job_id)
        while (await _now(cache)) != "closed":
            await asyncio.sleep(0.01)
    await patience.stop([listening])


async def _now(cache: TargetCache) -> str:
    target = await cache.find("nurse")
    return target.outcome(NOW).value if target else "unknown"


async def test_listening_survives_a_connection_that_breaks(northgate: Northgate, link_id: UUID) -> None:
    cache = TargetCache()
    listening = patience.start(targets.listen(cache))
    async with asyncio.timeout(20):
        for _ in range(2):
            while not (await redis.client().pubsub_numsub(changes.CHANNEL))[0][1]:
                await asyncio.sleep(0.01)
            await redis.client().client_kill_filter(_type="pubsub")
            while (await redis.client().pubsub_numsub(changes.CHANNEL))[0][1]:
                await asyncio.sleep(0.01)
        while not (await redis.client().pubsub_numsub(changes.CHANNEL))[0][1]:
            await asyncio.sleep(0.01)
        await _now(cache)
        await history.pause(northgate.id, link_id, by=None, now=NOW)
        while (await _now(cache)) != "paused":
            await asyncio.sleep(0.01)
    await patience.stop([listening])
