import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import ClassVar

import psutil
import pytest

from portal import processes
from portal.processes import CannotStart, Found, Part, Stages
from portal.settings import ROOT
from portal.supervisor import LONGEST_PAUSE, STEADY, Keeper

pytestmark = pytest.mark.no_stores


class Shell(Part):
    """A part made of a line of shell."""

    name = "shell"
    stages: ClassVar[Stages] = ((signal.SIGTERM, 0.3), (signal.SIGKILL, 5))

    def __init__(self, line: str) -> None:
        self.line = line

    def launch(self) -> None:
        self.process = subprocess.Popen(["/bin/sh", "-c", self.line], stdout=subprocess.PIPE, process_group=0)

    def says(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().strip()


def test_a_part_that_ignores_the_first_signal_gets_the_next() -> None:
    part = Shell("trap '' TERM; echo ready; while :; do sleep 0.1; done")
    part.launch()
    assert part.says() == "ready"
    alive = part.process
    part.stop()
    assert alive is not None
    assert alive.poll() == -signal.SIGKILL


def test_a_hurry_cuts_patience_short() -> None:
    part = Shell("trap '' TERM; echo ready; while :; do sleep 0.1; done")
    part.stages = ((signal.SIGTERM, 60), (signal.SIGKILL, 5))  # type: ignore[misc]
    part.launch()
    assert part.says() == "ready"
    began = time.monotonic()
    part.stop(hurry=lambda: True)
    assert time.monotonic() - began < 30


def test_what_a_dead_part_left_in_its_group_is_ended() -> None:
    part = Shell("sleep 60 & echo $!; wait")
    part.launch()
    child = psutil.Process(int(part.says()))
    part.stop()
    assert psutil.wait_procs([child], timeout=5)[1] == []


ORPHAN = """
import os, sys, time
from portal.processes import die_with_parent
if os.fork() == 0:
    die_with_parent()
    print(os.getpid(), flush=True)
    time.sleep(60)
time.sleep(60)
"""


def test_a_process_can_end_with_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    parent.wait()
    assert psutil.wait_procs([child], timeout=5)[1] == []


def sleeper(seconds: str) -> tuple[subprocess.Popen[bytes], Found]:
    """A process and how it is listed; the system lists its words a moment after it has begun."""
    process = subprocess.Popen(["sleep", seconds])
    until = time.monotonic() + 5
    while processes.command_of(process.pid) != f"sleep {seconds}" and time.monotonic() < until:
        time.sleep(0.01)
    return process, next(found for found in processes.running() if found.pid == process.pid)


def test_a_found_process_is_known_by_its_words_and_can_be_ended() -> None:
    process, found = sleeper("61.25")
    assert found == Found(process.pid, "sleep 61.25")
    assert found.alive()
    found.stop(((signal.SIGTERM, 5),))
    assert process.wait() == -signal.SIGTERM
    assert not found.alive()


def test_a_number_that_is_another_process_by_now_is_left_alone() -> None:
    process, _ = sleeper("61.5")
    Found(process.pid, "postgres -D /somewhere").stop(((signal.SIGKILL, 1),))
    assert process.poll() is None
    process.kill()
    process.wait()


def test_a_process_that_does_not_go_is_named() -> None:
    process, found = sleeper("61.75")
    with pytest.raises(CannotStart, match=f"Process {process.pid} of an earlier run does not stop"):
        found.stop(((signal.SIGCONT, 0.1),))
    process.kill()
    process.wait()


def gone(part: Shell) -> None:
    assert part.process is not None
    part.process.wait()


@pytest.mark.parametrize(
    ("lasts", "pauses"),
    [
        (0, [0.25, 0.5, 1, 2, 4, 8, LONGEST_PAUSE, LONGEST_PAUSE]),
        (STEADY + 1, [0.25, 0.25, 0.25]),
    ],
)
def test_a_part_that_keeps_ending_is_started_ever_later(
    lasts: float, pauses: Sequence[float], capfd: pytest.CaptureFixture[str]
) -> None:
    part = Shell("exit 3")
    part.launch()
    now = 1000.0
    keeper = Keeper(part, now)
    for pause in pauses:
        gone(part)
        now += lasts
        assert not keeper.look(now)
        assert f"shell: ended with exit code 3; starting it again in {pause:g} s." in capfd.readouterr().err
        assert not keeper.look(now + pause - 0.01)
        now += pause
        assert keeper.look(now)
    gone(part)


def test_a_part_that_runs_is_left_alone() -> None:
    part = Shell("sleep 60")
    part.launch()
    keeper = Keeper(part, 0)
    assert not keeper.look(10)
    assert keeper.failures == 0
    assert part.exit_code() is None
    part.stop()
