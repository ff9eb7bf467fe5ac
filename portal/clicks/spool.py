"""The journal's place of refuge: files of hits that the database has not got yet.

A record is a mark, the length and the CRC-32 of what follows (both 4 bytes, big-endian), then the hit as msgpack. The mark is
there to find the next record behind one that can't be read; it holds bytes that no UTF-8 text holds (RFC 3629, section 3), so
nothing that a stranger sends can look like one.

A file belongs to the process that holds its lock (`flock`), so a file without a lock was left by one that died.
"""

import fcntl
import os
import secrets
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import msgspec

from portal.clicks.hits import Hit

MARK = b"\xffHIT\xfe"
FRAME = struct.Struct(f">{len(MARK)}sII")
LONGEST = 65_536
"""Bytes of a record."""
BLOCK = 1 << 20
"""Bytes read at once."""
LARGEST = 16 << 20
"""Bytes after which a new file is begun: what was copied is deleted file by file."""
SUFFIX, DAMAGED_SUFFIX = ".spool", ".damaged"


def encode(hit: Hit) -> bytes:
    body = msgspec.msgpack.encode(hit)
    return FRAME.pack(MARK, len(body), _checksum(body)) + body


class Part(NamedTuple):
    """What was read of a file."""

    hits: list[Hit]
    end: int
    """Where the next part begins."""
    gaps: int
    """Stretches that could not be read, although whole records follow, or should."""
    torn: int
    """Bytes of a last record that a crash cut off, before anybody relied on it."""


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
        """All of `hits`, on the disk when this returns. Raises `OSError`, and then keeps none of them; what comes next belongs
        into another file, since a disk that failed once may say afterwards that all is well."""
        data = memoryview(b"".join(map(encode, hits)))
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._handle, data[written:], self.size + written)
            os.fsync(self._handle)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._handle, self.size)
            raise
        self.size += len(data)

    def read(self, offset: int) -> Part:
        """The hits of the next block from `offset` on; at the end, none. Raises `OSError`."""
        block = os.pread(self._handle, min(BLOCK, self.size - offset), offset)
        last = len(block) < BLOCK or offset + len(block) >= self.size
        hits, at, gaps = [], 0, 0
        while at < len(block):
            if (found := _record(block, at)) is not None:
                hit, at = found
                hits.append(hit)
                continue
            if not last and at > 0 and len(block) - at < LONGEST:
                break  # the rest of it may stand in the next block
            following = _next_record(block, at)
            if last and following == len(block) and _is_torn(block[at:]):
                return Part(hits, self.size, gaps, torn=len(block) - at)
            gaps += 1
            at = following if last or following < len(block) else max(at + 1, len(block) - LONGEST)
        return Part(hits, self.size if last else offset + at, gaps, torn=0)

    def remove(self) -> None:
        """The hits are elsewhere now."""
        with suppress(FileNotFoundError):
            self.path.unlink()
        self.release()

    def keep_aside(self) -> None:
        """The hits that could be read are elsewhere now; the file is left to people."""
        with suppress(FileNotFoundError):
            self.path.rename(self.path.with_name(self.path.name + DAMAGED_SUFFIX))
        self.release()

    def release(self) -> None:
        """Whoever comes next may take it over. A second time does nothing."""
        handle, self._handle = self._handle, -1  # first: a thread may be about to do the same
        if handle >= 0:
            os.close(handle)


def abandoned(folder: Path) -> tuple[list[Segment], list[Path]]:
    """The files of processes that are gone, now ours; and those that nobody can open as we are."""
    ours, unusable = [], []
    for path in waiting(folder):
        try:
            segment = _locked(path, os.open(path, os.O_RDWR | os.O_NOFOLLOW))
        except FileNotFoundError:  # somebody else was quicker
            continue
        except OSError:  # a folder, a link, another user's
            unusable.append(path)
            continue
        if segment is not None:
            ours.append(segment)
    return ours, unusable


def waiting(folder: Path) -> list[Path]:
    """Files whose hits the database has not got."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def damaged(folder: Path) -> list[Path]:
    """Files that could not be read whole."""
    return sorted(folder.glob(f"*{SUFFIX}{DAMAGED_SUFFIX}"))


def _checksum(body: bytes) -> int:
    """Of the length too: a wrong length must not read as a shorter hit."""
    return crc32(body, len(body))


def _record(block: bytes, at: int) -> tuple[Hit, int] | None:
    """The hit that begins there, and where it ends; None if there is none, or not all of it."""
    start = at + FRAME.size
    if len(block) < start:
        return None
    mark, length, checksum = FRAME.unpack_from(block, at)
    body = block[start : start + length] if mark == MARK and FRAME.size + length <= LONGEST else b""
    if not body or len(body) < length or _checksum(body) != checksum:
        return None
    try:
        return msgspec.msgpack.decode(body, type=Hit), start + length
    except msgspec.DecodeError:  # another version's
        return None


def _next_record(block: bytes, at: int) -> int:
    """Where the next whole record behind `at` begins; the end when there is none."""
    while (at := block.find(MARK, at + 1)) != -1:
        if _record(block, at) is not None:
            return at
    return len(block)


def _is_torn(rest: bytes) -> bool:
    """Whether a crash explains it: a record that ends too early, or blocks that the disk had not filled yet."""
    if len(rest) < FRAME.size:
        return True
    mark, length, _ = FRAME.unpack_from(rest)
    return (mark == MARK and len(rest) < FRAME.size + length) or not rest.strip(b"\0")


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
