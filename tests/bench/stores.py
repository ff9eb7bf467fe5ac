"""The portal's own PostgreSQL and Valkey, every fsync on, in a temporary folder."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from portal.embedded import Embedded
from portal.settings import settings
from tests.servers import open_folder


class Stores:
    def __init__(self, embedded: Embedded) -> None:
        self._embedded = embedded

    def create_database(self, name: str) -> str:
        """Empty; its URL."""
        assert self._embedded.postgres is not None
        self._embedded.postgres.ask("template1", f'CREATE DATABASE "{name}"')
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        return self._embedded.database_url.replace("/portal?", f"/{name}?")

    def cpu(self) -> float:
        """Seconds that PostgreSQL has used."""
        assert self._embedded.postgres is not None
        assert self._embedded.postgres.process is not None
        return cpu_of(self._embedded.postgres.process.pid)


@contextmanager
def stores(kept: Path | None = None) -> Iterator[Stores]:
    """Started, and named in the environment, which the servers that are measured inherit. In `kept`, a folder that stays."""
    folder = kept or open_folder("portal-bench-")
    folder.mkdir(mode=0o711, exist_ok=True)
    embedded = Embedded(folder)
    try:
        embedded.start()
        os.environ |= {
            "DATABASE_URL": embedded.database_url,
            "REDIS_URL": embedded.redis_url,
            "PORTAL_SECRET_KEY": "a-secret-for-benchmarks-and-nothing-else",
            "PORTAL_DATA_DIR": str(folder / "portal"),
        }
        settings.cache_clear()
        yield Stores(embedded)
    finally:
        embedded.stop(hurry=lambda: True)
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def cpu_of(pid: int) -> float:
    """Seconds of CPU that process `pid` and its living children have used."""
    whole = psutil.Process(pid)
    return sum(_cpu(process) for process in (whole, *whole.children(recursive=True)))


def _cpu(process: psutil.Process) -> float:
    """Finer than hundredths of a second where the kernel says so (Linux)."""
    with suppress(FileNotFoundError, ProcessLookupError):
        if told := [int(task.read_text().split()[0]) for task in Path(f"/proc/{process.pid}/task").glob("*/schedstat")]:
            return sum(told) / 1e9
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # a helper of PostgreSQL that has done its work
        return 0.0
    return times.user + times.system
