import socket
from pathlib import Path

import pytest

from portal import cli, doctor
from portal.datafolder import DataFolder
from portal.settings import settings
from tests.ops.conftest import Portal, naming
from tests.servers import TestServers

pytestmark = pytest.mark.no_stores

SECRET = "one-secret-that-is-long-enough-for-all"
NOWHERE = "postgresql://someone:hidden@127.0.0.1:1/portal"
NO_REDIS = "redis://:hidden@127.0.0.1:1/0"


@pytest.mark.parametrize(
    ("command", "name", "value", "sentence"),
    [
        ("up", "PORTAL_PORT", "http", "PORTAL_PORT is 'http': give a number from 1 to 65535."),
        ("up", "PORTAL_PORT", "70000", "PORTAL_PORT is '70000': give a number from 1 to 65535."),
        ("serve", "PORTAL_PUBLIC_URL", "jobs.example.com", "PORTAL_PUBLIC_URL is 'jobs.example.com': give scheme and host"),
        ("serve", "PORTAL_SECRET_KEY", "short", "PORTAL_SECRET_KEY has 5 characters: give at least 32"),
        ("migrate", "DATABASE_URL", "mysql://db/portal", "it must begin with postgresql://."),
        ("doctor", "REDIS_URL", "http://cache", "it must begin with redis://."),
        ("serve", "DATABASE_URL", "", "DATABASE_URL is not set: set it, or run `portal up`"),
        ("work", "REDIS_URL", "", "REDIS_URL is not set: set it, or run `portal up`"),
        ("clock", "PORTAL_SECRET_KEY", "", "PORTAL_SECRET_KEY is not set: set it, or run `portal up`"),
        ("migrate", "DATABASE_URL", "", "DATABASE_URL is not set: set it, or run `portal up`"),
        ("demo", "REDIS_URL", "", "REDIS_URL is not set: set it, or run `portal up`"),
    ],
)
def test_a_wrong_or_missing_setting_is_one_sentence(
    command: str,
    name: str,
    value: str,
    sentence: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for given, text in {
        "PORTAL_DATA_DIR": str(folder / "data"),
        "DATABASE_URL": NOWHERE,
        "REDIS_URL": NO_REDIS,
        "PORTAL_SECRET_KEY": SECRET,
        name: value,
    }.items():
        monkeypatch.setenv(given, text)
    settings.cache_clear()
    assert cli.main([command]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (folder / "data").exists()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("command", ["up", "work", "clock", "migrate", "demo"])
def test_a_database_that_is_away_is_one_sentence_without_its_password(portal: Portal, command: str, free_port: int) -> None:
    done = portal(command, DATABASE_URL=NOWHERE, REDIS_URL=NO_REDIS, PORTAL_SECRET_KEY=SECRET, PORTAL_PORT=str(free_port))
    assert done.returncode == 2
    assert done.stderr.startswith("portal: PostgreSQL at 127.0.0.1:1/portal cannot be used (")
    assert done.stderr.endswith("start it, or correct DATABASE_URL.\n")
    assert done.stderr.count("\n") == 1
    assert "hidden" not in done.stderr


def test_a_redis_that_is_away_is_one_sentence_without_its_password(portal: Portal, servers: TestServers, free_port: int) -> None:
    url = servers.create_database("portal_redis_away")
    done = portal("up", DATABASE_URL=url, REDIS_URL=NO_REDIS, PORTAL_SECRET_KEY=SECRET, PORTAL_PORT=str(free_port))
    assert done.returncode == 2
    assert done.stderr.startswith("portal: Redis at 127.0.0.1:1/0 cannot be used (")
    assert done.stderr.count("\n") == 1
    assert "hidden" not in done.stderr


@pytest.mark.parametrize("command", ["up", "serve"])
def test_a_taken_port_stops_the_start_before_anything_runs(portal: Portal, folder: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        stores = {"DATABASE_URL": NOWHERE, "REDIS_URL": NO_REDIS, "PORTAL_SECRET_KEY": SECRET} if command == "serve" else {}
        done = portal(command, PORTAL_PORT=port, **stores)
    assert done.returncode == 2
    assert done.stderr.startswith(f"portal: Port {port} of 127.0.0.1 cannot be used (")
    assert done.stderr.endswith("or choose another with PORTAL_PORT.\n")
    assert not (folder / "data" / "postgres").exists()
    assert naming(folder) == []


def test_a_data_folder_in_use_stops_the_start(portal: Portal, folder: Path, free_port: int) -> None:
    held = DataFolder.open(folder / "data")
    done = portal("up", PORTAL_PORT=str(free_port))
    held.close()
    assert done.returncode == 2
    assert done.stderr.startswith("portal: Another portal uses the data folder")
    assert done.stderr.count("\n") == 1
    assert naming(folder) == []


def test_servers_from_elsewhere_need_a_secret_from_elsewhere(portal: Portal, servers: TestServers, free_port: int) -> None:
    url = servers.create_database("portal_no_secret")
    done = portal("up", DATABASE_URL=url, REDIS_URL=servers.redis_url, PORTAL_PORT=str(free_port))
    assert done.returncode == 2
    assert done.stderr.startswith("portal: PORTAL_SECRET_KEY is not set: give at least 32 characters")


def test_doctor_sends_to_migrate_and_migrate_to_nothing_more(portal: Portal, servers: TestServers) -> None:
    given = {
        "DATABASE_URL": servers.create_database("portal_migrated"),
        "REDIS_URL": servers.redis_url,
        "PORTAL_SECRET_KEY": SECRET,
    }
    before = portal("doctor", **given)
    assert before.returncode == 2
    assert "run `portal migrate`" in before.stdout
    first, second = portal("migrate", **given), portal("migrate", **given)
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout != second.stdout == "The database is up to date.\n"
    after = portal("doctor", **given)
    assert after.returncode == 0, after.stdout
    assert "wrong" not in after.stdout
    assert "outbox page" in after.stdout


def test_doctor_says_what_an_unused_folder_is_good_for(portal: Portal) -> None:
    done = portal("doctor")
    assert done.returncode == 0
    assert "`portal up` starts its own" in done.stdout


def test_doctor_names_each_thing_that_is_wrong(portal: Portal) -> None:
    done = portal(
        "doctor",
        DATABASE_URL=NOWHERE,
        REDIS_URL=NO_REDIS,
        PORTAL_SECRET_KEY="a" * 40,
        PORTAL_PUBLIC_URL="http://jobs.example.com",
    )
    assert done.returncode == 2
    wrong = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("wrong")]
    assert wrong == ["secret", "PostgreSQL", "schema", "Redis"]
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("warning")] == ["address", "email", "sms"]
    assert "hidden" not in done.stdout


def test_doctor_tells_of_clicks_on_the_disk(tmp_path: Path) -> None:
    assert str(doctor.clicks_on_disk(tmp_path / "never made")) == "ok       clicks       none wait on the disk"
    (tmp_path / "1-x.spool").touch()
    assert "warning  clicks       1 file of clicks on the disk" in str(doctor.clicks_on_disk(tmp_path))
    (tmp_path / "1-x.spool").rename(tmp_path / "1-x.spool.damaged")
    (tmp_path / "2-x.spool.damaged").touch()
    assert "warning  clicks       2 files of clicks could not be read whole" in str(doctor.clicks_on_disk(tmp_path))
