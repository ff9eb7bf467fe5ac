import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.datafolder import DataFolder, Running
from portal.processes import CannotStart, command_of
from portal.settings import ROOT, Settings, load
from portal.supervisor import check_port, end_leftovers, how_it_ended
from tests.ops.conftest import naming

pytestmark = pytest.mark.no_stores

# Any Python with these last words is listed as a web server of the portal would be.
SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]


@pytest.fixture
def held(folder: Path) -> Iterator[DataFolder]:
    opened = DataFolder.open(folder)
    yield opened
    opened.close()


@pytest.fixture
def chosen(folder: Path, free_port: int) -> Settings:
    return load({"PORTAL_DATA_DIR": str(folder), "PORTAL_PORT": str(free_port)})


def begin(*words: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([*SLEEP, *words], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process


def test_children_of_a_killed_run_are_ended(held: DataFolder) -> None:
    web, bystander = begin("-m", "portal", "serve"), begin("something", "else")
    children = {"web": web.pid, "clock": bystander.pid, "worker": 2**22 + 1}
    held.announce(Running(pid=1, database_url="", redis_url="", children=children))
    end_leftovers(held)
    assert command_of(web.pid) == ""
    assert bystander.poll() is None
    for process in (web, bystander):
        process.kill()
        process.wait()


def test_a_run_that_came_to_its_end_has_no_leftovers(held: DataFolder) -> None:
    """Its process ids may belong to others by now."""
    web = begin("-m", "portal", "serve")
    held.announce(Running(pid=1, database_url="", redis_url="", children={"web": web.pid}))
    held.withdraw()
    end_leftovers(held)
    assert web.poll() is None
    web.kill()
    web.wait()


def test_a_free_port_is_fine(chosen: Settings) -> None:
    check_port(chosen)


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("no-such-host.invalid", "PORTAL_HOST is 'no-such-host.invalid', which is no address of this machine."),
        ("192.0.2.1", "of 192.0.2.1 cannot be used"),
    ],
)
def test_an_address_of_another_machine_is_refused(chosen: Settings, host: str, sentence: str) -> None:
    with pytest.raises(CannotStart) as refused:
        check_port(replace(chosen, host=host))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("code", "words"), [(2, "ended with exit code 2"), (0, "ended with exit code 0"), (-9, "killed by SIGKILL")]
)
def test_an_end_is_said_in_words(code: int, words: str) -> None:
    assert how_it_ended(code) == words


RUN = """
import os, sys
from portal.processes import CannotStart
from portal.settings import load
from portal.supervisor import Supervisor
idle = ("-c", "import time; time.sleep(60)")
try:
    Supervisor(load(os.environ), demo=False, programs={"web": ("-c", sys.argv[1]), "worker": idle, "clock": idle}).run()
except CannotStart as error:
    print(error)
"""


def test_a_web_server_that_never_starts_ends_everything(folder: Path, bare: dict[str, str], free_port: int) -> None:
    environment = bare | {"PORTAL_DATA_DIR": str(folder / "data"), "PORTAL_PORT": str(free_port)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, "raise SystemExit('no reason')"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == "The web server stopped 3 times while starting: what it said stands above.\n"
    assert done.stderr.count("no reason") == 3
    assert naming(folder) == []
    assert not (folder / "data" / "running.json").exists()
