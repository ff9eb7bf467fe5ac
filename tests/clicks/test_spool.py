"""The spool: what was written is read again, whatever happened to the end of the file."""

import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from zlib import crc32

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.clicks import spool
from portal.clicks.hits import Hit
from portal.clicks.spool import Segment, abandoned, encode
from portal.settings import ROOT

pytestmark = pytest.mark.no_stores

text = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
block = st.sampled_from([spool.BLOCK, 3000])
"""Read at once, and in blocks that end inside records: the same rules hold."""
few = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
hits = st.builds(
    Hit,
    id=st.uuids(),
    at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),
    kind=st.sampled_from(["click", "landing"]),
    link_id=st.none() | st.uuids(),
    click_id=st.none() | st.uuids(),
    slug=text,
    user_agent=text,
    query=text,
    staff=st.booleans(),
    visitor=st.none() | st.binary(min_size=16, max_size=16),
)


@contextmanager
def blocks_of(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "BLOCK", size)
        patch.setattr(spool, "LONGEST", min(size // 2, spool.LONGEST))
        yield


def read_all(segment: Segment) -> tuple[list[Hit], int, int]:
    """The hits, the stretches that could not be read, and the bytes that a crash cut off."""
    got: list[Hit] = []
    offset, gaps, torn = 0, 0, 0
    while offset < segment.size:
        part = segment.read(offset)
        assert part.end > offset
        got, offset, gaps, torn = got + part.hits, part.end, gaps + part.gaps, torn + part.torn
    return got, gaps, torn


def read_bytes(content: bytes, block: int = spool.BLOCK) -> tuple[list[Hit], int, int]:
    """What a file of a dead process with that content gives, read in blocks of so many bytes."""
    with tempfile.TemporaryDirectory() as folder, blocks_of(block):
        (Path(folder) / "1-x.spool").write_bytes(content)
        ((segment,), _) = abandoned(Path(folder))
        try:
            return read_all(segment)
        finally:
            segment.remove()


@few
@given(block=block, batches=st.lists(st.lists(hits, min_size=1, max_size=5), max_size=4))
def test_what_was_written_is_read_again(block: int, batches: list[list[Hit]]) -> None:
    with tempfile.TemporaryDirectory() as folder, blocks_of(block):
        segment = Segment.create(Path(folder))
        for batch in batches:
            segment.append(batch)
        assert read_all(segment) == ([hit for batch in batches for hit in batch], 0, 0)
        segment.remove()


@few
@given(block=block, kept=st.lists(hits, max_size=10), torn=hits, data=st.data())
def test_a_last_record_that_was_cut_off_is_left_out_and_told(block: int, kept: list[Hit], torn: Hit, data: st.DataObject) -> None:
    part = encode(torn)[: data.draw(st.integers(1, len(encode(torn)) - 1))]
    assert read_bytes(b"".join(map(encode, kept)) + part, block) == (kept, 0, len(part))


@few
@given(kept=st.lists(hits, max_size=10), empty=st.integers(1, 9000))
def test_blocks_that_the_disk_had_not_filled_are_no_damage(kept: list[Hit], empty: int) -> None:
    assert read_bytes(b"".join(map(encode, kept)) + bytes(empty)) == (kept, 0, empty)


@few
@given(block=block, written=st.lists(hits, min_size=1, max_size=10), data=st.data())
def test_a_changed_byte_costs_its_own_record_and_is_told(block: int, written: list[Hit], data: st.DataObject) -> None:
    """Only in the length of the last record it looks like an end that was cut off."""
    records = [encode(hit) for hit in written]
    hurt = data.draw(st.integers(0, len(records) - 1))
    where = data.draw(st.integers(0, len(records[hurt]) - 1))
    changed = bytearray(records[hurt])
    changed[where] ^= data.draw(st.integers(1, 255))
    got, gaps, torn = read_bytes(b"".join(records[:hurt]) + bytes(changed) + b"".join(records[hurt + 1 :]), block)
    assert got == written[:hurt] + written[hurt + 1 :]
    if hurt < len(records) - 1:
        assert (gaps > 0, torn) == (True, 0)
    else:
        assert gaps or torn


@few
@given(block=block, written=st.lists(hits, min_size=3, max_size=10), noise=st.binary(max_size=12_000), data=st.data())
def test_noise_in_the_middle_hides_nothing_behind_it(block: int, written: list[Hit], noise: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(written) - 1))
    got, gaps, torn = read_bytes(b"".join(map(encode, written[:at])) + noise + b"".join(map(encode, written[at:])), block)
    assert got == written
    assert (gaps > 0, torn) == (bool(noise), 0)


@few
@given(content=st.binary(max_size=3000))
def test_a_file_that_never_was_one_gives_nothing(content: bytes) -> None:
    got, gaps, torn = read_bytes(content)
    assert got == []
    assert bool(gaps or torn) == bool(content)


def test_nothing_that_a_stranger_sends_passes_for_a_record() -> None:
    """A record inside a user agent, as a browser's bytes are read, and the record around it damaged."""
    inner = Hit(id=uuid4(), at=datetime(2026, 1, 1, tzinfo=UTC), kind="click")
    outer = Hit(id=uuid4(), at=inner.at, kind="click", user_agent=encode(inner).decode("latin-1"))
    content = bytearray(encode(outer))
    content[20] ^= 1
    assert read_bytes(bytes(content) + encode(inner)) == ([inner], 1, 0)


def test_what_another_version_wrote_is_kept_for_it() -> None:
    body = msgspec.msgpack.encode(["something", "else"])
    record = spool.FRAME.pack(spool.MARK, len(body), crc32(body, len(body))) + body
    assert read_bytes(record) == ([], 1, 0)


WRITER = """
import sys, uuid
from datetime import UTC, datetime
from pathlib import Path
from portal.clicks.hits import Hit
from portal.clicks.spool import Segment
segment = Segment.create(Path(sys.argv[1]))
segment.append([Hit(id=uuid.uuid4(), at=datetime.now(UTC), kind="click")])
print("written", flush=True)
sys.stdin.read()
"""


def test_a_file_of_a_living_process_is_left_alone_and_of_a_dead_one_taken(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"written\n"
        assert abandoned(tmp_path) == ([], [])
        child.kill()
    ((segment,), _) = abandoned(tmp_path)
    assert len(read_all(segment)[0]) == 1
    assert abandoned(tmp_path) == ([], [])
    segment.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_what_was_there_and_none_of_the_batch(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path)
    first = Hit(id=uuid4(), at=datetime(2026, 1, 1, tzinfo=UTC), kind="click")
    segment.append([first])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (segment.size + 100, hard))
    try:
        with pytest.raises(OSError, match="large"):
            segment.append([Hit(id=uuid4(), at=first.at, kind="click", user_agent="x" * 500)] * 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    segment.append([first])
    assert read_all(segment) == ([first, first], 0, 0)
    segment.remove()


def test_a_damaged_file_is_kept_aside_and_not_taken_again(tmp_path: Path) -> None:
    (tmp_path / "1-x.spool").write_bytes(b"x" * 100)
    ((segment,), _) = abandoned(tmp_path)
    segment.keep_aside()
    assert (abandoned(tmp_path), spool.waiting(tmp_path)) == (([], []), [])
    assert [path.read_bytes() for path in spool.damaged(tmp_path)] == [b"x" * 100]


def test_what_cannot_be_opened_is_named_and_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "1-folder.spool").mkdir()
    (tmp_path / "2-link.spool").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "3-x.spool").write_bytes(b"")
    ours, unusable = abandoned(tmp_path)
    assert [segment.path.name for segment in ours] == ["3-x.spool"]
    assert [path.name for path in unusable] == ["1-folder.spool", "2-link.spool"]
    ours[0].remove()
