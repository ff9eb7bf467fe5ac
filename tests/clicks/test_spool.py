"""The spool: what was written is read again, whatever happened to the end of the file."""

import resource
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.clicks.hits import Hit
from portal.clicks.spool import Segment, abandoned, encode
from portal.settings import ROOT

pytestmark = pytest.mark.no_stores

text = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
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


def read_all(segment: Segment) -> tuple[list[Hit], int]:
    got: list[Hit] = []
    offset = 0
    while True:
        part, offset = segment.read(offset, 3)
        if not part:
            return got, offset
        got += part


@given(batches=st.lists(st.lists(hits, min_size=1, max_size=5), max_size=5))
def test_what_was_written_is_read_again(batches: list[list[Hit]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        segment = Segment.create(Path(folder))
        for batch in batches:
            segment.append(batch)
        written = [hit for batch in batches for hit in batch]
        assert read_all(segment) == (written, segment.size)
        segment.remove()


@given(kept=st.lists(hits, min_size=1, max_size=4), torn=hits, data=st.data())
def test_a_last_record_that_was_cut_off_is_left_out(kept: list[Hit], torn: Hit, data: st.DataObject) -> None:
    part = encode(torn)[: data.draw(st.integers(0, len(encode(torn)) - 1))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "1-x.spool"
        whole = b"".join(map(encode, kept))
        path.write_bytes(whole + part)
        (segment,) = abandoned(Path(folder))
        assert read_all(segment) == (kept, len(whole))
        assert segment.size == len(whole) + len(part)
        segment.remove()


@given(written=st.lists(hits, min_size=2, max_size=5), data=st.data())
def test_a_changed_byte_is_noticed_and_nothing_wrong_is_read(written: list[Hit], data: st.DataObject) -> None:
    whole = bytearray(b"".join(map(encode, written)))
    where = data.draw(st.integers(0, len(whole) - 1))
    whole[where] ^= data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "1-x.spool").write_bytes(whole)
        (segment,) = abandoned(Path(folder))
        got, _ = read_all(segment)
        assert got == written[: len(got)]
        assert len(got) < len(written)
        segment.remove()


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
        assert abandoned(tmp_path) == []
        child.kill()
    (segment,) = abandoned(tmp_path)
    assert len(read_all(segment)[0]) == 1
    assert abandoned(tmp_path) == []
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
    assert read_all(segment) == ([first, first], segment.size)
    segment.remove()
