"""Folders and processes for tests that run the programme itself."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from portal.datafolder import make_folder
from portal.embedded import Postgres
from portal.settings import ROOT
from tests.servers import open_folder

Portal = Callable[..., subprocess.CompletedProcess[str]]
OURS = ("PORTAL_", "DATABASE_URL", "REDIS_URL")


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder below which PostgreSQL's user can go."""
    made = open_folder("portal-ops-")
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """A data folder with a PostgreSQL cluster, made once: copying one is much faster than making one."""
    made = open_folder("portal-cluster-")
    postgres = Postgres(made, durable=False)
    postgres.start()
    postgres.stop()
    yield made
    shutil.rmtree(made, ignore_errors=True)


def seed(folder: Path, cluster: Path) -> None:
    """Put a copy of `cluster` into `folder`, owners and permissions included."""
    make_folder(folder)
    subprocess.run(["cp", "-a", str(cluster / "postgres"), str(folder)], check=True)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def bare() -> dict[str, str]:
    """The environment without any setting of the portal."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


@pytest.fixture
def portal(bare: dict[str, str], folder: Path) -> Portal:
    """Run `portal` with arguments, and settings as keywords, to its end."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "portal", *arguments],
            env=bare | {"PORTAL_DATA_DIR": str(folder / "data")} | settings,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def naming(folder: Path) -> list[psutil.Process]:
    """The living processes whose arguments name `folder`."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(folder) in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found
