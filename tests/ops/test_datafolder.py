import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.datafolder import DataFolder, Running, find_running, read_secret
from portal.processes import CannotStart
from portal.settings import ROOT

pytestmark = pytest.mark.no_stores

HOLDER = """
import sys, time
from pathlib import Path
from portal.datafolder import DataFolder, Running
held = DataFolder.open(Path(sys.argv[1]))
held.announce(Running(pid=1, database_url="postgresql://x", redis_url="unix://y"))
print("held", flush=True)
time.sleep(60)
"""


def hold(path: Path) -> subprocess.Popen[str]:
    """Another process that holds `path`."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_folder_in_use_is_refused_with_a_sentence(folder: Path) -> None:
    held = DataFolder.open(folder)
    with pytest.raises(CannotStart, match=rf"Another portal uses the data folder {folder}: .*PORTAL_DATA_DIR"):
        DataFolder.open(folder)
    held.close()
    DataFolder.open(folder).close()


def test_a_holder_that_was_killed_holds_nothing(folder: Path) -> None:
    holder = hold(folder)
    holder.kill()
    holder.wait()
    taken = DataFolder.open(folder)
    left = taken.left_behind()
    taken.close()
    assert left is not None
    assert left.redis_url == "unix://y"


def test_a_running_portal_is_found_while_it_runs_and_not_after(folder: Path) -> None:
    assert find_running(folder / "nothing") is None
    holder = hold(folder)
    assert find_running(folder) == Running(pid=1, database_url="postgresql://x", redis_url="unix://y")
    holder.kill()
    holder.wait()
    assert find_running(folder) is None


def test_what_is_withdrawn_is_found_no_more(folder: Path) -> None:
    held = DataFolder.open(folder)
    held.announce(Running(pid=1, database_url="", redis_url=""))
    held.withdraw()
    held.withdraw()
    assert held.left_behind() is None
    held.close()


def test_the_secret_is_made_once_and_is_nobody_elses_to_read(folder: Path) -> None:
    held = DataFolder.open(folder)
    secret = held.secret_key()
    assert len(secret) == 64
    assert held.secret_key() == secret == read_secret(folder)
    assert (folder / "secret-key").stat().st_mode & 0o777 == 0o600
    held.close()


def test_a_made_folder_can_be_passed_through_as_root_alone(folder: Path) -> None:
    """PostgreSQL must get through as another user; an ordinary user shares with nobody."""
    old = os.umask(0o077)
    try:
        DataFolder.open(folder / "deep" / "data").close()
    finally:
        os.umask(old)
    mode = 0o711 if os.geteuid() == 0 else 0o700
    assert (folder / "deep").stat().st_mode & 0o777 == mode
    assert (folder / "deep" / "data").stat().st_mode & 0o777 == mode


def test_permissions_of_a_folder_that_was_there_stay(folder: Path) -> None:
    mine = folder / "mine"
    mine.mkdir(mode=0o750)
    DataFolder.open(mine).close()
    assert mine.stat().st_mode & 0o777 == 0o750


def test_a_file_is_no_data_folder(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(CannotStart, match=r"cannot be used .*PORTAL_DATA_DIR"):
        DataFolder.open(folder / "file")


def test_a_planted_lock_is_not_followed(folder: Path) -> None:
    victim = folder / "victim"
    (folder / "lock").symlink_to(victim)
    with pytest.raises(CannotStart):
        DataFolder.open(folder)
    assert not victim.exists()
