"""The journal: one commit for many, and a way out when the database does not answer."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import psutil
import pytest

from portal import db
from portal.clicks import journal as journal_module
from portal.clicks import refuge, spool
from portal.clicks.hits import Hit
from portal.clicks.journal import LOST, ONE_WRITE, RECORDED, SPOOLED, Journal
from portal.clicks.replaying import DAMAGED, REPLAYED, TORN, replay_abandoned
from portal.settings import settings
from tests.cast import NOW
from tests.servers import TestServers

NOWHERE = "postgresql://postgres@127.0.0.1:1/nothing"


def hits(count: int) -> list[Hit]:
    return [Hit(id=db.new_id(), at=NOW + timedelta(microseconds=n), kind="click", slug="x", user_agent="é") for n in range(count)]


async def journaled() -> list[Hit]:
    """Each hit once: what was spooled may stand in the journal twice, and ingest sees to that."""
    found = [Hit(**dict(row)) for row in await db.rows("SELECT * FROM click_journal ORDER BY at, id")]
    return [hit for n, hit in enumerate(found) if n == 0 or found[n - 1] != hit]


def counted(counter: object) -> float:
    return float(counter._value.get())  # type: ignore[attr-defined]  # the client has no public way to read one


async def until_replayed(folder: Path) -> None:
    async with asyncio.timeout(20):
        while list(folder.glob("*.spool")):
            await asyncio.sleep(0.05)


@pytest.fixture
async def journal(stores: None, tmp_path: Path) -> AsyncIterator[Journal]:
    opened = Journal(settings().database_url, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_thousand_hits_at_once_are_all_committed_when_they_are_answered(journal: Journal) -> None:
    before, written = counted(RECORDED), hits(1000)
    await asyncio.gather(*(journal.append(hit) for hit in written))
    assert await journaled() == written
    assert counted(RECORDED) - before == 1000


async def test_hits_that_arrive_together_share_a_transaction(journal: Journal) -> None:
    await asyncio.gather(*(journal.append(hit) for hit in hits(500)))
    assert await db.value("SELECT count(DISTINCT xmin::text) FROM click_journal") <= 3


async def test_a_request_that_is_given_up_takes_no_other_with_it(journal: Journal) -> None:
    waiting = [asyncio.create_task(journal.append(hit)) for hit in hits(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert done[1:] == [None] * 19
    assert len(await journaled()) >= 19


async def test_without_a_database_hits_go_to_disk_and_are_replayed_when_it_is_back(stores: None, tmp_path: Path) -> None:
    before, written = counted(SPOOLED), hits(200)
    away = Journal(NOWHERE, tmp_path)
    await away.open()
    await asyncio.gather(*(away.append(hit) for hit in written))
    assert await journaled() == []
    assert counted(SPOOLED) - before == 200
    replayed = counted(REPLAYED)
    away._database_url = settings().database_url
    await until_replayed(tmp_path)
    assert sorted(await journaled(), key=lambda hit: hit.at) == written
    assert counted(REPLAYED) - replayed == 200
    more = hits(1)
    await away.append(more[0])
    assert more[0] in await journaled()
    await away.close()
    assert list(tmp_path.iterdir()) == []


async def test_what_could_not_be_replayed_is_left_for_the_next_process(stores: None, tmp_path: Path) -> None:
    written = hits(3)
    away = Journal(NOWHERE, tmp_path)
    await away.open()
    for hit in written:
        await away.append(hit)
    await away.close()
    assert len(list(tmp_path.glob("*.spool"))) == 1
    following = Journal(settings().database_url, tmp_path)
    await following.open()
    assert await journaled() == written
    await following.close()


async def test_a_torn_end_is_counted_and_the_rest_replayed(stores: None, tmp_path: Path) -> None:
    before, written = counted(TORN), hits(2)
    (tmp_path / "1-dead.spool").write_bytes(b"".join(map(spool.encode, written)) + spool.encode(written[0])[:-1])
    opened = Journal(settings().database_url, tmp_path)
    await opened.open()
    assert await journaled() == written
    assert counted(TORN) - before == 1
    await opened.close()


async def test_a_slow_database_is_given_up_in_time_and_not_asked_again_at_once(journal: Journal, tmp_path: Path) -> None:
    """The table is locked, so that a COPY hangs as it would on a stuck disk."""
    await journal.append(hits(1)[0])
    blocker = await asyncpg.connect(settings().database_url)
    hold = blocker.transaction()
    await hold.start()
    await blocker.execute("LOCK TABLE click_journal IN ACCESS EXCLUSIVE MODE")
    written, before = hits(40), counted(SPOOLED)
    async with asyncio.timeout(5):
        await asyncio.gather(*(journal.append(hit) for hit in written[:20]))
    assert counted(SPOOLED) - before == 20
    assert journal._connection is None
    await hold.rollback()
    await blocker.close()
    await asyncio.gather(*(journal.append(hit) for hit in written[20:]))
    await until_replayed(tmp_path)
    assert {hit.id for hit in written} <= {hit.id for hit in await journaled()}


async def test_a_killed_backend_costs_no_hit(journal: Journal, tmp_path: Path) -> None:
    written, before = hits(300), counted(LOST)
    for n, hit in enumerate(written):
        await journal.append(hit)
        if n % 100 == 50:
            await db.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'portal-journal'")
    await until_replayed(tmp_path)
    assert {hit.id for hit in written} == {hit.id for hit in await journaled()}
    assert counted(LOST) == before


async def test_a_connection_that_asyncpg_itself_lost_track_of_costs_no_hit(journal: Journal, tmp_path: Path) -> None:
    """As after a kill at an unlucky moment: asyncpg then raises an error of its own, neither the server's nor the net's."""
    assert journal._connection is not None
    under_way = asyncio.create_task(journal._connection.fetchval("SELECT pg_sleep(5)"))
    await asyncio.sleep(0.05)
    written, before = hits(5), counted(LOST)
    for hit in written:
        await journal.append(hit)
    under_way.cancel()
    await until_replayed(tmp_path)
    assert {hit.id for hit in written} <= {hit.id for hit in await journaled()}
    assert counted(LOST) == before


async def test_with_neither_database_nor_disk_the_loss_is_counted_and_nobody_waits(stores: None, tmp_path: Path) -> None:
    before = counted(LOST)
    (tmp_path / "spool").write_text("no folder")
    away = Journal(NOWHERE, tmp_path / "spool")
    await away.open()
    async with asyncio.timeout(5):
        await asyncio.gather(*(away.append(hit) for hit in hits(7)))
    assert counted(LOST) - before == 7
    assert (away.standing().journal, away.standing().lost) == ("losing", 7)
    away._database_url = settings().database_url
    async with asyncio.timeout(20):
        while away._connection is None:
            await asyncio.sleep(0.05)
    await away.append(hits(1)[0])
    assert away.standing() == ("ok", 7, 0, 0), "what was lost stays said"
    await away.close()


async def test_a_disk_that_hangs_keeps_nobody_waiting_and_what_it_takes_late_is_not_lost(
    stores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refuge, "LIMIT", 0.1)
    away = Journal(NOWHERE, tmp_path)
    await away.open()
    released = threading.Event()
    away._refuge._disk.submit(released.wait)
    first, second = hits(2)
    await away.append(first)
    await away.append(second)
    assert away.standing().lost == 2
    released.set()
    async with asyncio.timeout(5):
        while away.standing().lost == 2:
            await asyncio.sleep(0.01)
    assert away.standing().lost == 1, "the second was never handed to the disk"
    await away.close()
    assert await replay_abandoned(settings().database_url, tmp_path) == 1
    assert await journaled() == [first]


async def test_more_than_a_batch_holds_waits_its_turn(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MOST", 10)
    written = hits(95)
    await asyncio.gather(*(journal.append(hit) for hit in written))
    assert await journaled() == written


async def test_what_finds_no_room_for_long_is_counted_as_lost(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MOST", 10)
    monkeypatch.setattr(journal_module, "FULL_LIMIT", 0.0)
    before, written = counted(LOST), hits(25)
    await asyncio.gather(*(journal.append(hit) for hit in written))
    assert counted(LOST) - before == 15
    assert await journaled() == written[:10]


@pytest.fixture
async def frozen(journal: Journal, servers: TestServers) -> AsyncIterator[Callable[[], None]]:
    """PostgreSQL neither answers nor refuses: what has a connection hangs, and who asks for one waits. Called, it goes on."""
    assert journal._connection is not None
    backend = journal._connection.get_server_pid()
    server = psutil.Process(backend).parent()
    assert server is not None
    stopped = [server, psutil.Process(backend)]

    def thaw() -> None:
        for process in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):  # a backend ends when its client has gone
                process.resume()

    for process in stopped:
        process.suspend()
    yield thaw
    thaw()


async def test_a_database_that_hangs_is_asked_once_and_not_by_everybody(
    journal: Journal, frozen: Callable[[], None], tmp_path: Path
) -> None:
    before, written = counted(SPOOLED), hits(30)
    for hit in written:
        await journal.append(hit)
        assert journal._connection is None, "the next one would wait for it"
    assert counted(SPOOLED) - before == 30
    assert journal.standing().journal == "spooling"
    frozen()
    await until_replayed(tmp_path)
    assert {hit.id for hit in written} <= {hit.id for hit in await journaled()}
    async with asyncio.timeout(20):
        while journal.standing().journal != "ok":
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("count", [ONE_WRITE, ONE_WRITE + 1, 5000])
async def test_no_batch_waits_for_a_database_that_hangs_however_long_its_hits_are(
    journal: Journal, frozen: Callable[[], None], count: int
) -> None:
    """The larger ones do not fit into the socket: asyncpg then waits for room, and not for an answer."""
    asked = {"query": "é" * 1000, "user_agent": "é" * 500, "purpose": "é" * 244, "sec_fetch": "é" * 124}
    before, written = counted(SPOOLED), [msgspec.structs.replace(hit, **asked) for hit in hits(count)]
    async with asyncio.timeout(5):
        await asyncio.gather(*(journal.append(hit) for hit in written))
    assert counted(SPOOLED) - before == count
    frozen()


async def test_a_database_that_hangs_is_not_waited_for_at_the_start_nor_at_the_end(
    frozen: Callable[[], None], tmp_path: Path
) -> None:
    """Its patience at both ends is shorter than the test's."""
    other = Journal(settings().database_url, tmp_path / "other")
    async with asyncio.timeout(10):
        await other.open()
        await other.append(hits(1)[0])
        await other.close()
    assert len(spool.waiting(tmp_path / "other")) == 1


async def test_a_connection_is_trusted_only_after_it_has_committed(journal: Journal, tmp_path: Path) -> None:
    """The table is locked: connections are to be had, but a COPY hangs."""
    blocker = await asyncpg.connect(settings().database_url)
    async with blocker.transaction():
        await blocker.execute("LOCK TABLE click_journal IN ACCESS EXCLUSIVE MODE")
        await journal.append(hits(1)[0])
        tried: set[int] = set()
        async with asyncio.timeout(30):
            while len(tried) < 4:
                tried |= {row["pid"] for row in await db.rows(WAITING_FOR_LOCK)}
                assert journal._connection is None
                await asyncio.sleep(0.02)
    await blocker.close()
    async with asyncio.timeout(30):
        while journal._connection is None:
            await asyncio.sleep(0.05)
    await until_replayed(tmp_path)


async def test_the_oftener_it_fails_the_later_it_is_trusted_again(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = []
    for _ in range(7):
        assert journal._connection is not None
        journal._give_up(journal._connection)
        pauses.append(journal._pause)
        await journal._regain()
    assert pauses == [1, 2, 4, 8, 10, 10, 10]
    assert journal._connection is not None
    journal._since -= journal_module.STEADY
    journal._give_up(journal._connection)
    assert journal._pause == journal_module.PAUSE


WAITING_FOR_LOCK = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'portal-journal' "
    "AND wait_event_type = 'Lock'"
)


async def test_what_a_dead_process_left_is_replayed_without_its_like(stores: None, tmp_path: Path) -> None:
    """As a worker does it, when no web server is ever started again."""
    written = hits(5)
    (tmp_path / "1-dead.spool").write_bytes(b"".join(map(spool.encode, written[:2])))
    (tmp_path / "2-dead.spool").write_bytes(b"".join(map(spool.encode, written[2:])))
    assert await replay_abandoned(settings().database_url, tmp_path) == 5
    assert await journaled() == written
    assert list(tmp_path.iterdir()) == []
    assert await replay_abandoned(settings().database_url, tmp_path) == 0


async def test_files_wait_when_they_cannot_be_replayed(stores: None, tmp_path: Path) -> None:
    (tmp_path / "1-dead.spool").write_bytes(spool.encode(hits(1)[0]))
    with pytest.raises(OSError):
        await replay_abandoned(NOWHERE, tmp_path)
    assert await replay_abandoned(settings().database_url, tmp_path) == 1


async def test_damage_hides_nothing_behind_it_and_the_file_is_kept(stores: None, tmp_path: Path) -> None:
    before, written = counted(DAMAGED), hits(3)
    records = [bytearray(spool.encode(hit)) for hit in written]
    records[1][-5] ^= 1
    (tmp_path / "1-dead.spool").write_bytes(b"".join(records))
    opened = Journal(settings().database_url, tmp_path)
    await opened.open()
    assert await journaled() == [written[0], written[2]]
    assert counted(DAMAGED) - before == 1
    await opened._replay()
    assert (opened.standing().waiting_files, opened.standing().damaged_files) == (0, 1)
    await opened.close()
    assert [path.name for path in tmp_path.iterdir()] == ["1-dead.spool.damaged"]
    assert len(await journaled()) == 2, "it is not replayed again"


async def test_a_file_that_the_database_refuses_keeps_nothing_else_away(stores: None, tmp_path: Path) -> None:
    refused, fine = hits(2)
    poison = msgspec.structs.replace(refused, slug="\0")
    (tmp_path / "1-dead.spool").write_bytes(spool.encode(poison))
    (tmp_path / "2-dead.spool").write_bytes(spool.encode(fine))
    opened = Journal(settings().database_url, tmp_path)
    await opened.open()
    async with asyncio.timeout(20):
        while await journaled() != [fine]:
            await asyncio.sleep(0.05)
    assert opened.standing().waiting_files == 1
    await opened.close()


async def test_a_disk_that_hangs_does_not_keep_the_database_away(stores: None, tmp_path: Path) -> None:
    away = Journal(NOWHERE, tmp_path)
    await away.open()
    released = threading.Event()
    away._refuge._disk.submit(released.wait)
    away._database_url = settings().database_url
    async with asyncio.timeout(20):
        while away._connection is None:
            await asyncio.sleep(0.05)
    written = hits(3)
    for hit in written:
        await away.append(hit)
    assert await journaled() == written
    released.set()
    await away.close()


async def test_what_nobody_can_open_in_the_folder_keeps_nothing_else_away(stores: None, tmp_path: Path) -> None:
    (tmp_path / "1-odd.spool").mkdir()
    written = hits(1)
    (tmp_path / "2-dead.spool").write_bytes(spool.encode(written[0]))
    opened = Journal(settings().database_url, tmp_path)
    await opened.open()
    assert await journaled() == written
    assert opened.standing() == ("ok", 0, 0, 1)
    await opened.close()


async def test_a_long_outage_writes_few_files(stores: None, tmp_path: Path) -> None:
    """Whatever happens meanwhile to find out whether the database is back."""
    away = Journal(NOWHERE, tmp_path)
    await away.open()
    for hit in hits(20):
        await away.append(hit)
        await away._replay()
    assert len(spool.waiting(tmp_path)) == 1
    await away.close()


async def test_a_long_outage_is_spread_over_files_that_go_one_by_one(
    stores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "LARGEST", 1000)
    written = hits(30)
    away = Journal(NOWHERE, tmp_path)
    await away.open()
    for hit in written:
        await away.append(hit)
    await away.close()
    assert len(spool.waiting(tmp_path)) > 2
    assert await replay_abandoned(settings().database_url, tmp_path) == 30
    assert await journaled() == written
