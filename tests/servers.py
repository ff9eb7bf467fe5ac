"""PostgreSQL and Valkey for one test process, in a temporary folder of its own."""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote

from portal.embedded import Embedded


class TestServers:
    """Two servers that nothing else uses and that forget everything at `stop`."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._embedded = Embedded(folder, durable=False)
        self._embedded.start()
        self.database_url = self._embedded.database_url
        self.redis_url = self._embedded.redis_url

    def create_database(self, name: str) -> str:
        """An empty database named `name`, replacing one; its URL."""
        postgres = self._embedded.postgres
        assert postgres is not None
        postgres.ask("template1", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        postgres.ask("template1", f'CREATE DATABASE "{name}"')
        return f"postgresql://postgres@/{quote(name)}?host={quote(str(postgres.sockets))}"

    def stop(self) -> None:
        self._embedded.stop(hurry=lambda: True)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_test_servers() -> TestServers:
    """Started in about a second; ended by `stop`, or when this process ends, however it ends."""
    folder = open_folder("portal-tests-")
    try:
        return TestServers(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def open_folder(prefix: str) -> Path:
    """A new temporary folder that the user PostgreSQL runs as can pass through, wherever TMPDIR points to."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):
        if os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in (parent, *parent.parents)):
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            folder.chmod(0o711)
            return folder
    raise AssertionError("no temporary folder can be entered by other users")
