"""The token bucket."""

import asyncio
from datetime import timedelta

import pytest

from portal import redis
from portal.web.limits import Limit, wait_for
from tests.cast import NOW

THREE_A_MINUTE = Limit("test", burst=3, seconds=60)


async def test_a_burst_passes_and_the_next_waits() -> None:
    assert [await wait_for(THREE_A_MINUTE, "ana", NOW) for _ in range(4)] == [0, 0, 0, 20]


async def test_it_refills_with_time() -> None:
    for _ in range(3):
        await wait_for(THREE_A_MINUTE, "ana", NOW)
    assert await wait_for(THREE_A_MINUTE, "ana", NOW + timedelta(seconds=20)) == 0
    assert await wait_for(THREE_A_MINUTE, "ana", NOW + timedelta(seconds=21)) > 0


async def test_people_do_not_use_up_each_others_tries() -> None:
    for _ in range(4):
        await wait_for(THREE_A_MINUTE, "ana", NOW)
    assert await wait_for(THREE_A_MINUTE, "jo", NOW) == 0


async def test_requests_at_the_same_time_get_no_more_than_the_burst() -> None:
    waits = await asyncio.gather(*(wait_for(THREE_A_MINUTE, "ana", NOW) for _ in range(50)))
    assert waits.count(0) == 3


async def test_no_address_is_kept_readable() -> None:
    await wait_for(THREE_A_MINUTE, "192.0.2.7", NOW)
    keys = [key async for key in redis.client().scan_iter("limit:*")]
    assert keys
    assert not [key for key in keys if b"192.0.2.7" in key]


@pytest.mark.no_stores
async def test_without_redis_everybody_passes() -> None:
    await redis.open("redis://127.0.0.1:9/0")
    try:
        assert await wait_for(THREE_A_MINUTE, "ana", NOW) == 0
    finally:
        await redis.close()
