"""Rates and breakers that workers share, and what is left of them without Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from portal import redis
from portal.messages import pace
from portal.messages.pace import CLOSED, FAILURES, Watched
from portal.messages.providers import (
    Accepted,
    Letter,
    Refused,
    SenderUnusable,
    TooMany,
    Uncertain,
    Unreachable,
    Unusable,
)
from portal.settings import settings
from tests.messages.carriers import letter

NUMBER = "+15550100100"
MAIL = "jobs@northgate.example"


@pytest.fixture(autouse=True)
def fresh(stores: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing remembered of providers, and rates so slow that a busy machine does not matter: a message in 30 seconds."""
    slow = replace(settings(), sms_per_second=1 / 30, email_per_second=1 / 30)
    monkeypatch.setattr(pace, "settings", lambda: slow)
    yield
    pace.forget()


@pytest.fixture
async def no_redis(tmp_path: Path) -> AsyncIterator[None]:
    """A Redis that is away."""
    await redis.close()
    await redis.open(f"unix://{tmp_path}/nobody.sock")
    yield
    await redis.close()
    await redis.open(settings().redis_url)


class Carrier:
    """Fails as told, once for each fault."""

    name = "sendgrid"

    def __init__(self, *faults: Exception | None) -> None:
        self.faults = list(faults)

    async def send(self, outgoing: Letter) -> Accepted:
        if fault := self.faults.pop(0):
            raise fault
        return Accepted("1")

    async def look(self) -> str:
        return ""


async def sent(*faults: Exception | None) -> None:
    """Calls that end like that, one after the other."""
    watched = Watched(Carrier(*faults))
    for _ in faults:
        try:
            await watched.send(letter())
        except Exception as error:
            assert error in faults


def another_process() -> None:
    """From here on what was learned can only have come from Redis."""
    pace.forget()


async def expire(word: str, provider: str = "sendgrid") -> None:
    """Let the time of a key in Redis run out."""
    assert await redis.client().delete(f"pace:{word}:{provider}") == 1


DOWN = Uncertain("no answer")


async def test_texts_leave_one_by_one_from_a_number_and_others_wait_their_turn() -> None:
    waits = [await pace.wait_turn("twilio", NUMBER) for _ in range(4)]
    assert waits == pytest.approx([0, 30, 60, 90])


async def test_numbers_do_not_wait_for_each_other() -> None:
    assert [await pace.wait_turn("twilio", number) for number in (NUMBER, "+15550100101", "MG" + "1" * 32)] == [0, 0, 0]


async def test_emails_count_for_the_provider_whoever_sends_them() -> None:
    waits = [await pace.wait_turn("sendgrid", f"{n}@northgate.example") for n in range(3)]
    assert [wait > 0 for wait in waits] == [False, True, True]


async def test_the_rate_is_shared_by_all_processes() -> None:
    assert await pace.wait_turn("twilio", NUMBER) == 0
    another_process()
    assert await pace.wait_turn("twilio", NUMBER) > 0


async def test_many_who_ask_at_once_get_no_more_than_the_rate() -> None:
    waits = await asyncio.gather(*(pace.wait_turn("sendgrid", MAIL) for _ in range(60)))
    assert waits.count(0) == 1
    assert len(set(waits)) == 60, "each is told another time"


async def test_the_outbox_has_no_rate() -> None:
    assert [await pace.wait_turn("outbox", "") for _ in range(50)] == [0] * 50


@pytest.mark.parametrize(("rate", "amount", "seconds"), [(10, 10, 1), (0.5, 1, 2), (2.5, 5, 2), (1 / 60, 1, 60), (0.001, 1, 60)])
def test_a_rate_is_so_many_in_whole_seconds(rate: float, amount: int, seconds: int) -> None:
    item = pace._item(rate)
    assert (item.amount, item.multiples) == (amount, seconds)


async def test_without_redis_it_is_slower_and_still_goes(no_redis: None) -> None:
    waits = [await pace.wait_turn("sendgrid", MAIL) for _ in range(10)]
    assert waits.count(0) == 1
    assert all(wait >= 60 for wait in waits if wait), "a quarter of the rate, or what is slowest"
    assert await pace.breaker("sendgrid") == CLOSED


async def test_a_sender_that_was_told_429_rests_as_long_as_it_was_told() -> None:
    await sent(TooMany("enough", 60))
    assert 60 <= await pace.wait_turn("sendgrid", MAIL) <= 90
    assert await pace.wait_turn("sendgrid", "others@northgate.example") == 0
    assert (await pace.breaker("sendgrid")).is_open is False
    another_process()
    assert 59 <= await pace.wait_turn("sendgrid", MAIL) <= 90


async def test_those_who_come_back_after_429_do_not_come_at_the_same_moment() -> None:
    rests = set()
    for n in range(20):
        await pace.pause("twilio", f"+1555010{n:04}", "enough", 10)
        rests.add(round(await pace.wait_turn("twilio", f"+1555010{n:04}"), 1))
    assert len(rests) > 5
    assert all(9.8 <= rest <= 15 for rest in rests)


async def test_the_breaker_opens_after_failures_in_a_row() -> None:
    await sent(*[DOWN] * (FAILURES - 1), None, *[DOWN] * (FAILURES - 1))
    assert await pace.breaker("sendgrid") == CLOSED
    await sent(Unreachable("refused"))
    standing = await pace.breaker("sendgrid")
    assert standing.is_open and standing.reason == "refused" and 25 < standing.seconds <= 30


async def test_failures_of_several_processes_add_up() -> None:
    for _ in range(FAILURES):
        await sent(DOWN)
        another_process()
    assert (await pace.breaker("sendgrid")).is_open


async def test_what_a_provider_refuses_for_good_is_no_failure_of_it() -> None:
    await sent(*[Refused("no such person")] * 10, *[TooMany("enough", 1)] * 10)
    assert await pace.standing("sendgrid") == CLOSED


async def test_a_fault_that_nobody_foresaw_counts_as_failure() -> None:
    await sent(*[RuntimeError("what?")] * FAILURES)
    assert (await pace.standing("sendgrid")).is_open


async def test_a_wrong_key_opens_it_at_once_and_says_why() -> None:
    await sent(Unusable("correct SENDGRID_API_KEY"))
    standing = await pace.breaker("sendgrid")
    assert standing.is_open and standing.reason == "correct SENDGRID_API_KEY" and standing.seconds > 290


async def test_a_wrong_sender_stops_itself_and_nobody_else() -> None:
    await sent(SenderUnusable("not verified"))
    held = await pace.breaker("sendgrid", MAIL)
    assert held.is_open and held.reason == "not verified"
    assert await pace.breaker("sendgrid", "others@northgate.example") == CLOSED


async def test_one_message_goes_as_a_probe_and_closes_it_when_it_arrives() -> None:
    await sent(*[DOWN] * FAILURES)
    await expire("open")
    assert [(await pace.breaker("sendgrid")).is_open for _ in range(3)] == [False, True, True]
    await sent(None)
    assert [(await pace.breaker("sendgrid")).is_open for _ in range(3)] == [False, False, False]


async def test_a_probe_that_fails_opens_it_for_longer() -> None:
    await sent(*[DOWN] * FAILURES)
    lengths = []
    for _ in range(6):
        await expire("open")
        assert not (await pace.breaker("sendgrid")).is_open
        await sent(DOWN)
        lengths.append(round((await pace.breaker("sendgrid")).seconds / 10) * 10)
    assert lengths == [60, 120, 240, 480, 600, 600]


async def test_looking_takes_no_probe() -> None:
    await sent(*[DOWN] * FAILURES)
    await expire("open")
    for _ in range(3):
        assert await pace.standing("sendgrid") == CLOSED
    assert await pace.breaker("sendgrid") == CLOSED


async def test_calls_under_way_when_it_opens_do_not_keep_it_open_for_longer() -> None:
    await sent(*[DOWN] * (FAILURES + 20))
    assert (await pace.breaker("sendgrid")).seconds <= 30


async def test_without_redis_each_process_has_a_breaker_of_its_own(no_redis: None) -> None:
    await sent(*[DOWN] * FAILURES)
    assert (await pace.breaker("sendgrid")).is_open
    assert await pace.breaker("smtp") == CLOSED
    await sent(None)
    assert await pace.breaker("sendgrid") == CLOSED


def test_the_breaker_of_one_process_probes_too() -> None:
    local = pace.Local()
    for _ in range(FAILURES):
        local.fail(100.0, "down", 0)
    assert local.ask(129.0).is_open and local.read(129.0).is_open
    assert not local.ask(130.5).is_open and local.ask(131.0).is_open
    local.fail(131.5, "still down", 0)
    assert local.ask(190.0).is_open and not local.ask(192.0).is_open


async def test_losing_patience_with_a_call_is_a_failure_too() -> None:
    class Silent(Carrier):
        async def send(self, outgoing: Letter) -> Accepted:
            await asyncio.sleep(60)
            return Accepted("")

    for _ in range(FAILURES):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Watched(Silent()).send(letter()), 0.01)
    assert (await pace.breaker("sendgrid")).is_open


async def test_what_workers_did_at_providers_is_among_the_figures_of_web(stranger: httpx.AsyncClient) -> None:
    watched = Watched(Carrier(None, None, TooMany("no more", 1)))
    await watched.send(letter())
    await watched.send(letter())
    with pytest.raises(TooMany):
        await watched.send(letter())
    told = (await stranger.get("/metrics")).text
    assert 'portal_provider_calls_total{outcome="accepted",provider="sendgrid"} 2.0' in told
    assert 'portal_provider_calls_total{outcome="TooMany",provider="sendgrid"} 1.0' in told
    assert "process_cpu_seconds_total" in told


async def test_figures_are_told_without_redis_too(no_redis: None, stranger: httpx.AsyncClient) -> None:
    assert "process_cpu_seconds_total" in (await stranger.get("/metrics")).text
