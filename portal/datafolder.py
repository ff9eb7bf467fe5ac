"""The folder of one running portal: its lock, its secret, and where others find it while it runs."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from portal.processes import CannotStart

LOCK = "lock"
SECRET = "secret-key"  # noqa: S105 - a file's name
RUNNING = "running.json"


@dataclass(frozen=True, kw_only=True)
class Running:
    """What `portal up` writes down for the other commands, and for the run after it."""

    pid: int
    database_url: str
    redis_url: str
    children: Mapping[str, int] = field(default_factory=dict)
    """Name to process number, of what was started besides the servers."""


class DataFolder:
    """A data folder that is ours alone until `close`, or until this process ends."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> "DataFolder":
        """Make `path` if needed, and take it. Raises `CannotStart` when it can't be used, or another portal uses it."""
        make_folder(path)
        try:
            lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise CannotStart(_unusable(path, error)) from None
        if not _taken_within(lock, seconds=1):
            os.close(lock)
            raise CannotStart(f"Another portal uses the data folder {path}: stop it, or choose another with PORTAL_DATA_DIR.")
        return cls(path, lock)

    def close(self) -> None:
        os.close(self._lock)

    def secret_key(self) -> str:
        """The secret of this folder, made at the first call and kept from then on."""
        if kept := read_secret(self.path):
            return kept
        write_private(self.path / SECRET, secrets.token_hex(32))
        return read_secret(self.path)

    def announce(self, now_running: Running) -> None:
        write_private(self.path / RUNNING, json.dumps(asdict(now_running)))

    def left_behind(self) -> Running | None:
        """What the run before this one wrote, if it did not come to its end."""
        return _read_running(self.path)

    def withdraw(self) -> None:
        (self.path / RUNNING).unlink(missing_ok=True)


def find_running(path: Path) -> Running | None:
    """The portal that runs on `path`, if one does and has come far enough to be used. Raises `CannotStart`."""
    try:
        lock = os.open(path / LOCK, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotStart(_unusable(path, error)) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_running(path)
    finally:
        os.close(lock)
    return None


def read_secret(path: Path) -> str:
    """The secret kept in `path`; empty if there is none. Raises `CannotStart` when it is not ours to read."""
    try:
        return (path / SECRET).read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise CannotStart(_unusable(path, error)) from None


def make_folder(path: Path) -> None:
    """Make `path` and what is missing above it. As root others may pass through it, but not list it: PostgreSQL must."""
    try:
        for missing in reversed([folder for folder in (path, *path.parents) if not folder.exists()]):
            missing.mkdir()
            missing.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise CannotStart(_unusable(path, error)) from None


def write_private(path: Path, text: str) -> None:
    """`path` holds `text` and can be read by its owner alone: it appears whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _taken_within(lock: int, *, seconds: float) -> bool:
    """Whether we hold `lock`. Tried more than once: a look by `find_running` holds it for a moment."""
    until = time.monotonic() + seconds
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() > until:
            return False
        time.sleep(0.05)


def _read_running(path: Path) -> Running | None:
    try:
        return Running(**json.loads((path / RUNNING).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _unusable(path: Path, error: OSError) -> str:
    return f"The data folder {path} cannot be used ({error.strerror}): give another with PORTAL_DATA_DIR."
