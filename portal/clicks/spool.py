"""The journal's place of refuge: files of hits that the database has not got yet.

A record is its length and CRC-32 (both 4 bytes, big-endian), then the hit as msgpack. A file belongs to the process that
holds its lock (`flock`), so a file without a lock was left by one that died.
"""

import fcntl
import os
import secrets
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import msgspec

from portal.clicks.hits import Hit

FRAME = struct.Struct(">II")
LONGEST_RECORD = 65_536
SUFFIX = ".spool"


def encode(hit: Hit) -> bytes:
    body = msgspec.msgpack.encode(hit)
    return FRAME.pack(len(body), crc32(body)) + body


class Segment:
    """One file of hits, locked by this process. Its methods block: call them in a thread."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle
        self.size = os.fstat(handle).st_size
        """Bytes that are known to be on the disk."""

    @classmethod
    def create(cls, folder: Path) -> "Segment":
        """A new, empty file of ours. Raises `OSError`."""
        while True:
            path = folder / f"{os.getpid()}-{secrets.token_hex(8)}{SUFFIX}"
            segment = _locked(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
            if segment is not None:
                _sync_folder(folder)
                return segment

    def append(self, hits: Sequence[Hit]) -> None:
        """All of `hits`, on the disk when this returns. Raises `OSError`, and then keeps none of them."""
        data = memoryview(b"".join(map(encode, hits)))
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._handle, data[written:], self.size + written)
            os.fsync(self._handle)
        except OSError:
            os.ftruncate(self._handle, self.size)
            raise
        self.size += len(data)

    def read(self, offset: int, most: int) -> tuple[list[Hit], int]:
        """Up to `most` hits from `offset` on, and where they end. No hits: the end, or a record that was cut off by a crash
        before anybody relied on it."""
        hits: list[Hit] = []
        while len(hits) < most and (found := self._record(offset)) is not None:
            hit, offset = found
            hits.append(hit)
        return hits, offset

    def remove(self) -> None:
        """The hits are elsewhere now."""
        with suppress(FileNotFoundError):
            self.path.unlink()
        self.release()

    def release(self) -> None:
        """Whoever comes next may take it over."""
        os.close(self._handle)

    def _record(self, offset: int) -> tuple[Hit, int] | None:
        head = os.pread(self._handle, FRAME.size, offset)
        if len(head) < FRAME.size:
            return None
        length, checksum = FRAME.unpack(head)
        if length > LONGEST_RECORD:
            return None
        body = os.pread(self._handle, length, offset + FRAME.size)
        if len(body) < length or crc32(body) != checksum:
            return None
        return msgspec.msgpack.decode(body, type=Hit), offset + FRAME.size + length


def abandoned(folder: Path) -> list[Segment]:
    """The files of processes that are gone, now ours. Raises `OSError`."""
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with suppress(FileNotFoundError):
            segment = _locked(path, os.open(path, os.O_RDWR | os.O_NOFOLLOW))
            if segment is not None:
                found.append(segment)
    return found


def _locked(path: Path, handle: int) -> Segment | None:
    """The file, if it is ours: not locked by another process, and not removed by one before we had the lock."""
    with suppress(BlockingIOError, FileNotFoundError):  # somebody else's
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(handle).st_ino:
            return Segment(path, handle)
    os.close(handle)
    return None


def _sync_folder(folder: Path) -> None:
    """The name of a new file is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
