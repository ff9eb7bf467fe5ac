"""The journal: one commit for many, and a way out when the database does not answer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from portal import db
from portal.clicks import journal as journal_module
from portal.clicks import spool
from portal.clicks.hits import Hit
from portal.clicks.journal import LOST, RECORDED, REPLAYED, SPOOLED, TORN, Journal
from portal.settings import settings
from tests.cast import NOW

NOWHERE = "postgresql://postgres@127.0.0.1:1/nothing"


def hits(count: int) -> list[Hit]:
    return [Hit(id=db.new_id(), at=NOW + timedelta(microseconds=n), kind="click", slug="x", user_agent="é") for n in range(count)]


async def journaled() -> list[Hit]:
    return [Hit(**dict(row)) for row in await db.rows("SELECT * FROM click_journal ORDER BY at, id")]


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
    away = Journal(NOWHERE, tmp_path / "spool")
    await away.open()
    (tmp_path / "spool").rmdir()
    async with asyncio.timeout(5):
        await asyncio.gather(*(away.append(hit) for hit in hits(7)))
    assert counted(LOST) - before == 7
    await away.close()


async def test_more_than_a_batch_holds_waits_its_turn(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MOST", 10)
    written = hits(95)
    await asyncio.gather(*(journal.append(hit) for hit in written))
    assert await journaled() == written
