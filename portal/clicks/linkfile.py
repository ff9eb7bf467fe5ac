"""Links and their jobs in a file of SQLite, for an outage: one process writes it, all of this machine read it.

What stands in it is what the redirect needs, and no token: a personal link is found by the digest of its token.
"""

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID
from zlib import crc32

import msgspec

from portal.jobs.jobs import Job
from portal.links.public import FoundLink

NAME = "links.sqlite"
SCHEMA = """
CREATE TABLE link (id BLOB PRIMARY KEY, mark BLOB NOT NULL UNIQUE, job_id BLOB NOT NULL, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE job (id BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
"""
VERSION = crc32(f"{SCHEMA} {FoundLink.__annotations__} {msgspec.json.schema(Job)}".encode()) >> 1
"""Of what stands in the file. A file of another version is made anew, once there is something to put into it."""
BUSY = 2.0
"""Seconds to wait for another process that has the file locked."""

Links = Sequence[tuple[bytes, FoundLink]]


class LinkFile:
    """The file of one folder. Methods block, and raise `sqlite3.Error` or `OSError`; each object belongs to one thread."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._lock = -1
        self._writing: sqlite3.Connection | None = None
        self._reading: sqlite3.Connection | None = None
        self._inode = 0

    def take(self) -> bool:
        """Be the one that writes; whether we are."""
        if self._lock >= 0:
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def close(self) -> None:
        for connection in (self._writing, self._reading):
            if connection is not None:
                connection.close()
        self._writing = self._reading = None
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    def replace(self, after: UUID, up_to: UUID, links: Links, jobs: Sequence[Job]) -> None:
        """From now on `links` are those whose ids lie behind `after` and not behind `up_to`; `jobs` are put or replaced."""
        file = self._open_to_write()
        wanted = {link.link_id.bytes: (mark, link.job_id.bytes, msgspec.msgpack.encode(link)) for mark, link in links}
        there = file.execute("SELECT id, mark, job_id, data FROM link WHERE id > ? AND id <= ?", (after.bytes, up_to.bytes))
        known = {key: (mark, job_id, data) for key, mark, job_id, data in there}
        with file:
            file.execute("BEGIN IMMEDIATE")
            file.executemany("DELETE FROM link WHERE id = ?", [(key,) for key in known.keys() - wanted.keys()])
            changed = [(key, *row) for key, row in wanted.items() if known.get(key) != row]
            file.executemany("INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?)", changed)
            file.executemany(
                "INSERT INTO job VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data WHERE data <> excluded.data",
                [(job.id.bytes, msgspec.msgpack.encode(job)) for job in jobs],
            )

    def forget_jobs(self) -> int:
        """Drop jobs without a link; how many links there are."""
        file = self._open_to_write()
        file.execute("DELETE FROM job WHERE id NOT IN (SELECT job_id FROM link)")
        return int(file.execute("SELECT count(*) FROM link").fetchone()[0])

    def find(self, mark: bytes) -> tuple[FoundLink, Job] | None:
        """The link of that `mark_of`; None also when there is no file, or one that can't be read."""
        file = self._open_to_read()
        sql = "SELECT link.data, job.data FROM link JOIN job ON job.id = link.job_id WHERE link.mark = ?"
        row = file.execute(sql, (mark,)).fetchone() if file is not None else None
        return (msgspec.msgpack.decode(row[0], type=FoundLink), msgspec.msgpack.decode(row[1], type=Job)) if row else None

    def make_anew(self) -> None:
        """The file is broken, or another version's. Who has it open reads the old one until they look again."""
        if self._writing is not None:
            self._writing.close()
        self._writing = None
        for ending in ("-wal", "-shm", ""):  # in this order: what is left of another file must not be taken for a new one's
            self.path.with_name(NAME + ending).unlink(missing_ok=True)

    def _open_to_write(self) -> sqlite3.Connection:
        """Raises `sqlite3.DatabaseError` itself, and no subclass of it, for a file that is none."""
        if self._writing is None:
            if self.path.exists() and not self._is_ours():
                self.make_anew()
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
            file = self._connect()
            file.execute("PRAGMA journal_mode = wal")
            file.execute("PRAGMA synchronous = normal")  # a power cut may undo the last moments; the next pass does them again
            if _version(file) != VERSION:
                file.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
            self._writing = file
        return self._writing

    def _open_to_read(self) -> sqlite3.Connection | None:
        """Anew whenever the file is another."""
        try:
            inode = self.path.stat().st_ino
        except FileNotFoundError:
            return None
        if self._reading is None or inode != self._inode:
            if self._reading is not None:
                self._reading.close()
            self._reading, self._inode = self._connect(), inode
            self._reading.execute("PRAGMA query_only = on")
        return self._reading if _version(self._reading) == VERSION else None

    def _is_ours(self) -> bool:
        file = self._connect()
        try:
            return _version(file) == VERSION
        finally:
            file.close()

    def _connect(self) -> sqlite3.Connection:
        """Transactions are begun by hand."""
        uri = f"{self.path.as_uri()}?mode=rw"
        return sqlite3.connect(uri, uri=True, timeout=BUSY, isolation_level=None, check_same_thread=False)


def _version(file: sqlite3.Connection) -> int:
    return int(file.execute("PRAGMA user_version").fetchone()[0])
