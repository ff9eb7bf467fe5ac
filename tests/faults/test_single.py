"""Faults that deserve a look of their own."""

import signal

import pytest

from tests.faults.harm import disk_full, losing, postgres_stopped
from tests.faults.rounds import judge, tapped
from tests.faults.system import System, until
from tests.faults.taps import Taps

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(240)]
SMALL = 64 * 1024
"""Bytes of a file system that takes a hundred hits or two."""


async def test_a_web_server_whose_log_nobody_reads_any_more_redirects_and_counts() -> None:
    def mute(system: System) -> None:
        system.web("web-a").mute = True

    async with tapped(seed=1, prepare=mute) as (system, taps):
        async with postgres_stopped(system):
            await more(taps, 100)
        await more(taps, 100)
        found = await judge(system, taps)
    assert not found.problems, found.problems


async def test_the_worker_counts_what_web_servers_left_that_never_come_back() -> None:
    async with tapped(seed=2) as (system, taps):
        await system.postgres.stop(signal.SIGINT)
        await more(taps, 200)
        for program in (*system.webs, system.clock):
            await program.kill()
        assert list(system.spool.glob("*.spool"))
        await system.postgres.start()
        await system.clock.start()  # a new one looks at once, one that runs already within half a minute
        found = await judge(system, taps)
    assert not found.problems, found.problems


async def test_a_full_disk_loses_what_is_said_to_be_lost_and_no_redirect() -> None:
    """A small file system where we may mount one; elsewhere, files that take no more."""
    mounted = False

    def make_small(system: System) -> None:
        nonlocal mounted
        mounted = system.mount_spool(SMALL)

    async with tapped(seed=3, prepare=make_small) as (system, taps):
        async with losing(system, system.webs) if mounted else disk_full(system):
            await more(taps, 300)
        found = await judge(system, taps)
    assert not found.problems, found.problems
    assert found.lost > 0


async def more(taps: Taps, count: int) -> None:
    """Wait until so many more taps were answered."""
    wanted = len(taps.answered) + count
    await until(lambda: len(taps.answered) >= wanted, f"{count} more taps to be answered")
