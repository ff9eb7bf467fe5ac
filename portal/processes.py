"""Processes: children that end with their parent, and what an earlier run left behind."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import ClassVar

PROC = Path("/proc")
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1
"""prctl(2): the signal a process gets when the thread that forked it ends. Cleared by fork, kept by exec."""

Stages = Sequence[tuple[Signals, float]]
"""How to end a process: a signal, the seconds it gets to obey, the next signal."""


class CannotStart(Exception):
    """Something the portal needs is not there; the text is one sentence that says what to do."""


def die_with_parent(signum: Signals = signal.SIGTERM) -> None:
    """Have this process get `signum` when its parent ends, however that ends. Call it early, in the main thread.

    Where the kernel does not offer it (macOS), a thread asks twice a second.
    """
    spawner, parent = multiprocessing.parent_process(), os.getppid()
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(signum))
    else:
        threading.Thread(target=_watch_parent, args=(parent, signum), daemon=True).start()
    if os.getppid() != parent or (spawner is not None and not spawner.is_alive()):  # it ended before the kernel was told
        os.kill(os.getpid(), signum)


def _watch_parent(parent: int, signum: Signals) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signum)


def tie(signum: Signals) -> Callable[[], None] | None:
    """A `preexec_fn` that does the same for a child about to be executed. Fork it from the main thread."""
    if LIBC is None:
        return None
    parent, prctl = os.getpid(), LIBC.prctl

    def tied() -> None:
        prctl(PR_SET_PDEATHSIG, int(signum))
        if os.getppid() != parent:
            os._exit(1)

    return tied


class Part:
    """One process that the portal starts, looks after and ends."""

    name: str
    stages: ClassVar[Stages] = ((signal.SIGTERM, 10), (signal.SIGKILL, 5))
    process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it. Returns at once. Raises `CannotStart`."""
        raise NotImplementedError

    def exit_code(self) -> int | None:
        """None while it runs or before it was started; a signal's number is negative."""
        return None if self.process is None else self.process.poll()

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """End it and wait until it is gone. Once `hurry` says so, each stage gets a second at most."""
        if self.process is None:
            return
        alive = self.process
        _end(lambda: alive.poll() is None, alive.send_signal, self.stages, hurry)
        self.sweep()
        self.process = None

    def sweep(self) -> None:
        """End what a dead process left in its group. The group's number cannot be anybody else's while it has members."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def _end(alive: Callable[[], bool], send: Callable[[Signals], None], stages: Stages, hurry: Callable[[], bool]) -> bool:
    """Send each signal in turn until it is gone; whether it is."""
    for signum, patience in stages:
        if not alive():
            return True
        send(signum)
        began = time.monotonic()
        while alive() and time.monotonic() - began < (min(patience, 1) if hurry() else patience):
            time.sleep(0.02)
    return not alive()


@dataclass(frozen=True)
class Found:
    """A process of this machine, as the system lists it."""

    pid: int
    command: str
    """Its arguments joined by spaces."""

    def alive(self) -> bool:
        """Whether it still runs, and the number is not another process's by now."""
        return command_of(self.pid) == self.command

    def send(self, signum: Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signum)

    def stop(self, stages: Stages) -> None:
        """Raises `CannotStart` when it does not go."""
        try:
            gone = _end(self.alive, self.send, stages, lambda: False)
        except PermissionError:
            gone = False
        if not gone:
            raise CannotStart(f"Process {self.pid} of an earlier run does not stop: end it by hand ({self.command[:120]}).")


def running() -> Iterator[Found]:
    """The processes of this machine that can be seen."""
    if not PROC.joinpath("self").exists():
        yield from _listed_by_ps()
        return
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and (command := command_of(int(folder.name))):
            yield Found(int(folder.name), command)


def command_of(pid: int) -> str:
    """What process `pid` was started with; empty if there is none (or it has ended and waits to be noticed)."""
    if not PROC.joinpath("self").exists():
        return next((found.command for found in _listed_by_ps("-p", str(pid))), "")
    try:
        return PROC.joinpath(str(pid), "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _listed_by_ps(*which: str) -> Iterator[Found]:
    asked = ["/bin/ps", "-ww", *(which or ["-ax"]), "-o", "pid=,command="]
    listed = subprocess.run(asked, capture_output=True, check=False)
    for line in listed.stdout.decode(errors="replace").splitlines():
        pid, _, command = line.strip().partition(" ")
        yield Found(int(pid), command.strip())
