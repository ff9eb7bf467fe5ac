"""The copy of links on disk: whole, up to date, and readable by who starts while the database is away."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from portal import changes, db, patience, redis
from portal.clicks import linkfile, snapshot, targets
from portal.clicks.linkfile import LinkFile
from portal.clicks.snapshot import Snapshot
from portal.clicks.targets import Target, read_target
from portal.jobs import jobs
from portal.links import history, making, personal
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_link


@pytest.fixture
async def channel_id(northgate: Northgate) -> UUID:
    return await add_channel(northgate.id)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Snapshot]:
    one = Snapshot(folder)
    try:
        yield one
    finally:
        await one.close()


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Snapshot]:
    async with opened(tmp_path) as one:
        yield one


@asynccontextmanager
async def kept(copy: Snapshot) -> AsyncIterator[None]:
    """Looked after, and told of changes."""
    loops = [patience.start(copy.keep()), patience.start(targets.listen(copy))]
    async with asyncio.timeout(10):
        while not (await redis.client().pubsub_numsub(changes.CHANNEL))[0][1]:
            await asyncio.sleep(0.01)
        while not copy._since.int or copy._everything:
            await asyncio.sleep(0.01)
    try:
        yield
    finally:
        await patience.stop(loops)


async def becomes(copy: Snapshot, key: str, outcome: str) -> Target:
    async with asyncio.timeout(10):
        while (found := await copy.find(key)) is None or found.outcome(NOW) != outcome:
            await asyncio.sleep(0.02)
    return found


async def test_what_is_recalled_is_what_the_database_said(northgate: Northgate, channel_id: UUID, copy: Snapshot) -> None:
    ends = NOW + timedelta(days=3, microseconds=7)
    await add_link(northgate.id, northgate.job_id, channel_id, "nurse", card_title="Ja, „wir“", expires_at=ends)
    application_id = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id))
    link_id = await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id)
    token = personal.token_of(link_id)
    await copy.look()
    for key in ("nurse", token):
        assert await copy.find(key) == await read_target(key) != None  # noqa: E711 - both, and something
    assert await copy.find("nobody") is None


async def test_no_token_stands_on_the_disk(northgate: Northgate, copy: Snapshot, tmp_path: Path) -> None:
    application_id = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id))
    token = personal.token_of(await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id))
    await copy.look()
    assert await copy.find(token) is not None
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.encode() not in content
    assert b"ana.duarte" not in content.lower()
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


async def test_states_are_judged_by_the_time_of_the_tap(northgate: Northgate, channel_id: UUID, copy: Snapshot) -> None:
    await add_link(northgate.id, northgate.job_id, channel_id, "short", expires_at=NOW + timedelta(hours=1))
    await copy.look()
    found = await copy.find("short")
    assert found is not None
    assert [found.outcome(NOW + timedelta(hours=hours)) for hours in (0, 2)] == ["redirected", "expired"]
    assert found.outcome(NOW + timedelta(days=11)) == "expired"


async def test_many_links_come_in_pieces_and_those_that_went_go(
    northgate: Northgate, channel_id: UUID, copy: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "CHUNK", 7)
    monkeypatch.setattr(snapshot, "BREATH", 0.0)
    slugs = [f"nurse-{n}" for n in range(50)]
    for slug in slugs:
        await add_link(northgate.id, northgate.job_id, channel_id, slug)
    await copy.look()
    assert [slug for slug in slugs if await copy.find(slug) is None] == []
    await db.run("DELETE FROM link WHERE slug = ANY($1)", slugs[::2])
    copy.expire_all()
    await copy.look()
    assert [slug for slug in slugs if await copy.find(slug) is None] == slugs[::2]


async def test_a_link_of_a_moment_ago_is_there(northgate: Northgate, channel_id: UUID, copy: Snapshot) -> None:
    """Nothing announces a personal link: it is found by its id, also when an older one was committed after it."""
    await copy.look()
    late_id = db.new_id()
    await add_link(northgate.id, northgate.job_id, channel_id, "early")
    await copy.look()
    await add_link(northgate.id, northgate.job_id, channel_id, "late", id=late_id)
    await copy.look()
    assert None not in [await copy.find("early"), await copy.find("late")]


async def test_changes_arrive_as_they_are_announced(
    northgate: Northgate, channel_id: UUID, copy: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "OVERLAP", 0)  # else the link would be looked at anyway, being new
    link_id = await add_link(northgate.id, northgate.job_id, channel_id, "nurse")
    async with kept(copy):
        await becomes(copy, "nurse", "redirected")
        await history.pause(northgate.id, link_id, by=None, now=NOW)
        await becomes(copy, "nurse", "paused")
        await history.resume(northgate.id, link_id, by=None, now=NOW)
        await becomes(copy, "nurse", "redirected")
        await jobs.close_job(northgate.id, northgate.job_id, now=NOW)
        await becomes(copy, "nurse", "closed")
        monkeypatch.undo()
        wanted = [making.WantedLink(job_id=northgate.job_id, channel="instagram/story", slug="brand-new", label="New")]
        made = await making.make_links(northgate.id, wanted, member_id=None, now=NOW)
        assert (await becomes(copy, "brand-new", "closed")).link.link_id == made[0].link_id


async def test_a_message_that_nobody_understands_stops_nothing(northgate: Northgate, channel_id: UUID, copy: Snapshot) -> None:
    async with kept(copy):
        copy.drop("link:nonsense")
        await add_link(northgate.id, northgate.job_id, channel_id, "nurse")
        await becomes(copy, "nurse", "redirected")


async def test_one_process_writes_and_the_next_goes_on_when_it_ends(
    northgate: Northgate, channel_id: UUID, tmp_path: Path
) -> None:
    async with opened(tmp_path) as second:
        async with opened(tmp_path) as first:
            assert await first._write(first._file.take)
            assert not await second._write(second._file.take)
            await add_link(northgate.id, northgate.job_id, channel_id, "nurse")
            await first.look()
            assert await second.find("nurse") is not None
        assert await second._write(second._file.take)


async def test_it_is_read_while_it_is_written(northgate: Northgate, channel_id: UUID, copy: Snapshot, tmp_path: Path) -> None:
    await add_link(northgate.id, northgate.job_id, channel_id, "nurse")
    await copy.look()
    async with opened(tmp_path) as reader:
        writer = sqlite3.connect(tmp_path / linkfile.NAME, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM link")
        assert await reader.find("nurse") is not None
        writer.execute("ROLLBACK")
        writer.close()


@pytest.mark.parametrize("content", [b"", b"not a database, by no means" * 100])
async def test_a_broken_file_is_made_anew(
    northgate: Northgate, channel_id: UUID, copy: Snapshot, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / linkfile.NAME).write_bytes(content)
    await add_link(northgate.id, northgate.job_id, channel_id, "nurse")
    assert await copy.find("nurse") is None
    async with kept(copy):
        await becomes(copy, "nurse", "redirected")


async def test_a_file_that_breaks_while_it_is_in_use_is_made_anew(
    northgate: Northgate, channel_id: UUID, copy: Snapshot, tmp_path: Path
) -> None:
    for n in range(300):
        await add_link(northgate.id, northgate.job_id, channel_id, f"nurse-{n}")
    async with kept(copy):
        await becomes(copy, "nurse-299", "redirected")
    await copy._write(copy._file.close)
    with (tmp_path / linkfile.NAME).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xaa" * 8192)
    copy.expire_all()
    async with kept(copy):
        for n in range(300):
            await becomes(copy, f"nurse-{n}", "redirected")


async def test_another_versions_file_is_no_answer_and_is_replaced_only_when_there_is_something_to_replace_it(
    northgate: Northgate, channel_id: UUID, copy: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_link(northgate.id, northgate.job_id, channel_id, "nurse")
    await copy.look()
    async with opened(tmp_path) as old, opened(tmp_path) as new:
        assert await old.find("nurse") is not None
        monkeypatch.setattr(linkfile, "VERSION", linkfile.VERSION + 1)
        assert await new.find("nurse") is None
        monkeypatch.undo()
        assert await new.find("nurse") is not None, "the file is still there for the version that knows it"
        monkeypatch.setattr(linkfile, "VERSION", linkfile.VERSION + 1)
        await copy._write(copy._file.close)
        copy.expire_all()
        await copy.look()
        assert await new.find("nurse") is not None


async def test_without_a_database_the_copy_stays_as_it_is(
    northgate: Northgate, channel_id: UUID, copy: Snapshot, tmp_path: Path
) -> None:
    await add_link(northgate.id, northgate.job_id, channel_id, "nurse")
    await copy.look()
    url, dsn = "postgresql://postgres@127.0.0.1:1/nothing", db.DB.config["dsn"]
    await db.close()
    await db.open(url)
    try:
        copy.expire_all()
        with pytest.raises(db.AWAY):
            await copy.look()
        assert copy._everything, "it looks at everything as soon as the database is back"
        async with opened(tmp_path) as another:
            assert await another.find("nurse") is not None
    finally:
        await db.close()
        await db.open(dsn)


async def test_a_folder_that_takes_nothing_stops_nothing(northgate: Northgate, channel_id: UUID, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with opened(tmp_path / "file") as nowhere:
        keeping = patience.start(nowhere.keep())
        async with asyncio.timeout(5):
            while not nowhere._failing:
                await asyncio.sleep(0.01)
        assert not keeping.done()
        assert await nowhere.find("nurse") is None
        await patience.stop([keeping])


async def test_jobs_without_a_link_are_forgotten(northgate: Northgate, channel_id: UUID, copy: Snapshot, tmp_path: Path) -> None:
    await add_link(northgate.id, northgate.job_id, channel_id, "nurse")
    await copy.look()
    await db.run("DELETE FROM link")
    copy.expire_all()
    await copy.look()
    file = LinkFile(tmp_path)._connect()
    assert [file.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("link", "job")] == [(0,), (0,)]
    file.close()
