"""The memory of links: bounded, asked once, dropped when something changes, and good while the database is away."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from portal import changes, db, patience, redis
from portal.clicks import targets
from portal.clicks.targets import FRESH, FRESH_HEARD, FRESH_UNKNOWN, Target, TargetCache, Unreachable, read_target
from portal.jobs import jobs
from portal.links import history
from tests.cast import NOW, Northgate, add_channel, add_link


class Asked:
    """A database that counts questions and can be away; and a clock."""

    def __init__(self) -> None:
        self.questions: list[str] = []
        self.away = False
        self.hangs: asyncio.Event | None = None
        self.seconds = 0.0
        self.remembered: dict[str, Target] = {}
        self.recalled: list[str] = []

    async def read(self, key: str) -> Target | None:
        self.questions.append(key)
        await asyncio.sleep(0)
        if self.hangs is not None:
            await self.hangs.wait()
        if self.away:
            raise OSError("away")
        return await read_target(key)

    async def recall(self, key: str) -> Target | None:
        self.recalled.append(key)
        return self.remembered.get(key)

    def cache(self, most: int = 100, most_unknown: int = 100) -> TargetCache:
        return TargetCache(self.read, self.recall, lambda: self.seconds, most, most_unknown)


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


async def test_what_memory_does_not_know_is_recalled_while_the_database_is_away(link_id: UUID) -> None:
    asked = Asked()
    target = await read_target("nurse")
    assert target is not None
    asked.remembered, asked.away = {"nurse": target}, True
    cache = asked.cache()
    for _ in range(50):
        assert await cache.find("nurse") == target
    assert (asked.questions, asked.recalled) == (["nurse"], ["nurse"]), "then memory knows it"


async def test_while_the_database_hangs_one_finds_out_and_the_others_recall_at_once(link_id: UUID) -> None:
    asked = Asked()
    target = await read_target("nurse")
    assert target is not None
    asked.remembered = {f"nurse-{n}": target for n in range(100)}
    asked.hangs = asyncio.Event()
    cache = asked.cache()
    assert await cache.find("nurse-0") == target
    for n in range(1, 100):
        assert await cache.find(f"nurse-{n}") == target
    assert asked.questions == ["nurse-0"]
    asked.seconds = targets.RETRY
    together = asyncio.gather(*(cache.find(f"nurse-{n}") for n in range(1, 100)))
    assert await together == [target] * 99
    assert len(asked.questions) == 2, "one more found out that it still hangs"
    asked.hangs.set()
    asked.hangs, asked.seconds = None, 10 * targets.RETRY
    assert await cache.find("nurse") == target
    assert asked.questions[-1] == "nurse", "it is asked again"


async def test_a_new_link_is_waited_for_longer_than_a_known_one(link_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is merely slow must not make a link that was just made unknown."""
    monkeypatch.setattr(targets, "PATIENCE", 0.01)
    asked = Asked()
    asked.hangs = asyncio.Event()
    looking = asyncio.create_task(asked.cache().find("nurse"))
    while not asked.recalled:
        await asyncio.sleep(0.01)
    asked.hangs.set()
    found = await looking
    assert found is not None
    assert asked.questions == ["nurse"]


async def test_guessing_while_the_database_hangs_is_bounded(link_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "PATIENCE", 0.01)
    monkeypatch.setattr(targets, "PATIENCE_FOR_UNKNOWN", 0.05)
    monkeypatch.setattr(targets, "MOST_LOADING", 5)
    asked = Asked()
    asked.hangs = asyncio.Event()
    cache = asked.cache()
    for first in (["guess"], [f"guess-{n}" for n in range(50)]):
        answers = await asyncio.gather(*map(cache.find, first), return_exceptions=True)
        assert {type(answer) for answer in answers} == {Unreachable}
    assert len(asked.questions) == 5
    asked.hangs.set()


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


async def test_what_is_in_memory_changes_with_the_time(northgate: Northgate) -> None:
    begins, ends = NOW + timedelta(minutes=7), NOW + timedelta(hours=1, minutes=1)
    await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse", starts_at=begins, expires_at=ends)
    cache = Asked().cache()
    await cache.find("nurse")

    def outcome(at: datetime) -> str:
        standing = cache.peek("nurse", at)
        assert standing is not None
        return standing.outcome.value

    second = timedelta(seconds=1)
    assert [outcome(NOW), outcome(begins - second), outcome(begins)] == ["not_started", "not_started", "redirected"]
    assert [outcome(ends - second), outcome(ends)] == ["redirected", "expired"]
    assert outcome(NOW) == "not_started", "clocks are put right now and then"


@pytest.mark.parametrize("timezone", ["Europe/London", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"])
async def test_the_day_in_memory_is_the_workspaces_own_at_every_minute(northgate: Northgate, timezone: str) -> None:
    await db.run("UPDATE workspace SET timezone = $1", timezone)
    await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    cache = Asked().cache()
    await cache.find("nurse")
    days = set()
    for minute in range(26 * 60):
        at = NOW + timedelta(minutes=minute)
        standing = cache.peek("nurse", at)
        assert standing is not None
        assert standing.day == at.astimezone(ZoneInfo(timezone)).date()
        days.add(standing.day)
    assert len(days) >= 2


async def test_a_job_that_reaches_its_deadline_is_closed_at_that_moment(northgate: Northgate, link_id: UUID) -> None:
    await db.run("UPDATE job SET deadline_at = $1", NOW + timedelta(minutes=5))
    cache = Asked().cache()
    await cache.find("nurse")
    for seconds, outcome in ((0, "redirected"), (299, "redirected"), (300, "closed")):
        standing = cache.peek("nurse", NOW + timedelta(seconds=seconds))
        assert standing is not None
        assert standing.outcome == outcome


async def test_memory_is_not_asked_for_what_is_stale_or_unknown(link_id: UUID) -> None:
    asked = Asked()
    cache = asked.cache()
    assert cache.peek("nurse", NOW) is None
    await cache.find("nobody")
    assert cache.peek("nobody", NOW) is None
    await cache.find("nurse")
    assert cache.peek("nurse", NOW) is not None
    asked.seconds = FRESH
    assert cache.peek("nurse", NOW) is None


async def test_while_changes_are_heard_a_link_is_asked_for_less_often(link_id: UUID) -> None:
    asked = Asked()
    cache = asked.cache()
    cache.hear(True)
    await cache.find("nurse")
    asked.seconds = FRESH_HEARD - 1
    await cache.find("nurse")
    assert asked.questions == ["nurse"]
    asked.seconds = FRESH_HEARD
    await cache.find("nurse")
    assert asked.questions == ["nurse", "nurse"]


async def test_from_when_changes_may_be_missed_what_is_known_lasts_half_a_minute(link_id: UUID) -> None:
    asked = Asked()
    cache = asked.cache()
    cache.hear(True)
    await cache.find("nurse")
    cache.hear(False)
    asked.seconds = FRESH - 1
    await cache.find("nurse")
    assert asked.questions == ["nurse"]
    asked.seconds = FRESH
    await cache.find("nurse")
    assert asked.questions == ["nurse", "nurse"]


async def test_a_change_of_the_workspace_is_heard_too(link_id: UUID, northgate: Northgate) -> None:
    cache = Asked().cache()
    assert await cache.find("nurse") is not None
    await db.run("UPDATE workspace SET name = 'Southgate Care'")
    cache.drop(f"workspace:{northgate.id}")
    found = await cache.find("nurse")
    assert found is not None
    assert found.job.workspace_name == "Southgate Care"


async def test_a_redis_that_says_nothing_is_not_believed_to_tell_of_changes(
    link_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection stays open, but nothing comes any more: not even an answer."""
    monkeypatch.setattr(targets, "PING_EVERY", 0.1)
    monkeypatch.setattr(targets, "SILENT", 1.5)
    cache = TargetCache()
    listening = patience.start(targets.listen(cache, hears=cache.hear))
    async with asyncio.timeout(20):
        while cache._fresh != FRESH_HEARD:
            await asyncio.sleep(0.01)
        await redis.client().client_pause(2500)
        while cache._fresh != FRESH:
            await asyncio.sleep(0.05)
        while cache._fresh != FRESH_HEARD:
            await asyncio.sleep(0.05)
    await patience.stop([listening])
