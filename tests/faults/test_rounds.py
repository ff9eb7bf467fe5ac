"""All faults in random order, in a system that is tapped all the while."""

import os
import secrets

import pytest

from tests.faults.harm import FAULTS
from tests.faults.rounds import Pace, plan, run

pytestmark = pytest.mark.no_stores
QUICK = Pace(least=0.3, most=1.5, outage=3)


def test_the_same_seed_gives_the_same_order() -> None:
    first, again, other = (plan(seed, 30, QUICK) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_every_fault_has_its_turn() -> None:
    assert {fault.name for each in plan(7, len(FAULTS), QUICK) for fault in each.faults} == {fault.name for fault in FAULTS}


@pytest.mark.timeout(400)
async def test_whatever_dies_a_tap_that_was_answered_counts_once(capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("PORTAL_FAULTS_SEED") or secrets.randbelow(10**6))
    rounds = plan(seed, int(os.environ.get("PORTAL_FAULTS_ROUNDS") or len(FAULTS)), QUICK)
    with capsys.disabled():
        print(f"\nfault rounds, PORTAL_FAULTS_SEED={seed}", flush=True)
    done = await run(rounds, seed)
    assert not done.audit.problems, str(done)
    with capsys.disabled():
        print(done)
