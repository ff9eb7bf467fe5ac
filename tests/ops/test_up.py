"""`portal up` as people meet it: its whole life, and what `kill -9` does to it."""

import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from portal.demo import SIGN_INS
from portal.settings import ROOT
from tests.ops.conftest import Portal, naming, seed

pytestmark = pytest.mark.no_stores

MARKS = {
    "web": "-m portal serve",
    "worker": "-m workers ",
    "clock": "-m workers.schedule",
    "postgres": "/postgres -D",
    "valkey": "/valkey-server",
}


Starts = Callable[..., "Up"]


class Up:
    """One run of `portal up`."""

    def __init__(self, environment: dict[str, str], port: int, output: Path, *options: str) -> None:
        self.port = port
        self.output = output
        with output.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal", "up", *options], env=environment, cwd=ROOT, stdout=file, stderr=file
            )
        self.supervisor = psutil.Process(self.process.pid)
        eventually(lambda: "Ctrl-C stops it." in self.said() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self.output.read_text()

    def parts(self) -> dict[str, psutil.Process]:
        """Name to process, of those that run now."""
        found: dict[str, psutil.Process] = {}
        for child in self.supervisor.children():
            words = arguments(child)
            found |= {name: child for name, mark in MARKS.items() if mark in words}
        return found

    def everything(self) -> list[psutil.Process]:
        return self.supervisor.children(recursive=True)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self, signum: signal.Signals) -> int:
        self.process.send_signal(signum)
        return self.process.wait(timeout=60)


def arguments(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()) + " "
    except psutil.Error:  # it has just ended
        return ""


def eventually(holds: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


@pytest.fixture
def start(bare: dict[str, str], folder: Path, cluster: Path, free_port: int) -> Iterator[Starts]:
    """Starts `portal up` on the test's folder, where PostgreSQL's files are made already."""
    seed(folder / "data", cluster)
    runs: list[Up] = []

    def begin(*options: str) -> Up:
        environment = bare | {"PORTAL_DATA_DIR": str(folder / "data"), "PORTAL_PORT": str(free_port)}
        runs.append(Up(environment, free_port, folder / f"output-{len(runs)}", *options))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.stop(signal.SIGTERM)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_on_an_empty_folder_and_leaves_nothing(start: Starts, folder: Path, signum: signal.Signals) -> None:
    shutil.rmtree(folder / "data")
    up = start()
    assert f"The portal is ready: http://localhost:{up.port}/app" in up.said()
    assert "/app/setup/" in up.said()
    assert set(up.parts()) == set(MARKS)
    eventually(up.ready)
    below = up.everything()
    assert up.stop(signum) == 0
    assert psutil.wait_procs(below, timeout=0)[1] == []
    assert naming(folder) == []
    assert not (folder / "data" / "running.json").exists()


def test_other_commands_find_it_and_a_second_start_does_not_disturb_it(start: Starts, portal: Portal) -> None:
    up = start()
    running = Path(up.output).parent / "data" / "running.json"
    assert running.stat().st_mode & 0o777 == 0o600
    first = portal("up", PORTAL_PORT="1")
    assert first.returncode == 2
    assert "Another portal uses the data folder" in first.stderr
    assert portal("migrate").stdout == "The database is up to date.\n"
    assert "`portal up` runs on this folder" in portal("doctor").stdout
    password = {"PORTAL_PASSWORD": "a horse that nobody rides 9"}
    person = ["--email", "ann@example.com", "--name", "Ann"]
    assert portal("user", *person, **password).stderr.startswith("portal: There is no workspace yet")
    made = portal("user", *person, "--workspace", "Acme", **password)
    assert (made.returncode, made.stderr) == (0, "")
    twice = portal("user", *person, **password)
    assert twice.returncode == 2
    assert twice.stderr.count("\n") == 1
    other = portal("user", "--email", "bob@example.com", "--name", "Bob", "--role", "marketer", **password)
    assert other.stdout == "Added bob@example.com to Acme as marketer.\n"
    refused = portal("demo")
    assert refused.returncode == 2
    assert "There is a workspace already" in refused.stderr
    assert up.ready()


def test_every_part_that_is_killed_comes_back(start: Starts) -> None:
    up = start()
    for name in MARKS:
        before = up.parts()[name]
        before.kill()
        eventually(lambda name=name, before=before: up.parts().get(name, before) != before)  # type: ignore[misc]
        eventually(up.ready)
        assert "killed by SIGKILL; starting it again in 0.25 s." in up.said()
    assert set(up.parts()) == set(MARKS)
    assert up.stop(signal.SIGTERM) == 0


def test_the_process_that_answers_comes_back_too(start: Starts) -> None:
    """granian's worker, below web's own process."""
    up = start()
    web = up.parts()["web"]
    [answering] = web.children()
    answering.kill()
    eventually(lambda: [child for child in web.children() if child != answering] != [])
    eventually(up.ready)
    assert up.parts()["web"] == web


@pytest.mark.parametrize("everything", [False, True])
def test_after_kill_9_it_goes_on_where_it_was(start: Starts, portal: Portal, folder: Path, everything: bool) -> None:
    first = start()
    person = ["--email", "ann@example.com", "--name", "Ann", "--workspace", "Acme"]
    assert portal("user", *person, PORTAL_PASSWORD="a horse that nobody rides 9").returncode == 0
    below = first.everything()
    first.process.kill()
    for process in below if everything else []:
        process.kill()
    first.process.wait()
    second = start()
    assert psutil.wait_procs(below, timeout=15)[1] == []
    assert "/app/setup/" not in second.said()
    eventually(second.ready)
    assert second.stop(signal.SIGTERM) == 0
    assert naming(folder) == []


def test_the_demo_is_loaded_once_and_its_sign_ins_are_said_each_time(start: Starts) -> None:
    first = start("--demo")
    assert "Loading the demo" in first.said()
    assert first.stop(signal.SIGTERM) == 0
    second = start("--demo")
    assert "Loading the demo" not in second.said()
    for role, email, password in SIGN_INS:
        assert all(f"Sign in as {role}: {email}, password {password}" in up.said() for up in (first, second))


def test_no_demo_is_loaded_over_somebodys_workspace(start: Starts, portal: Portal) -> None:
    first = start()
    person = ["--email", "ann@example.com", "--name", "Ann", "--workspace", "Acme"]
    assert portal("user", *person, PORTAL_PASSWORD="a horse that nobody rides 9").returncode == 0
    assert first.stop(signal.SIGTERM) == 0
    second = start("--demo")
    assert "This data folder holds a workspace already: the demo was not loaded." in second.said()
    assert "Sign in as" not in second.said()


def test_a_second_ctrl_c_does_not_wait_for_what_hangs(start: Starts) -> None:
    up = start()
    for name in ("worker", "clock"):  # ten seconds each, if nobody hurries
        up.parts()[name].suspend()
    up.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=15) == 0
