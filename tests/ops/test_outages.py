"""A web server that starts while its stores are away: links lead on, pages say that they will be back, and it all comes back."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from portal import db
from portal.clicks.linkfile import NAME
from portal.clicks.snapshot import Snapshot
from portal.datafolder import make_folder
from portal.embedded import Embedded
from portal.links import personal
from portal.migrations import migrate
from portal.settings import ROOT, settings
from tests.cast import add_application, add_candidate, add_channel, add_job, add_link, add_workspace
from tests.clicks.agents import INSTAGRAM
from tests.ops.conftest import Portal, seed
from tests.servers import TestServers

pytestmark = pytest.mark.no_stores


class House:
    """Stores and processes of one test; each can be ended and started by itself."""

    def __init__(self, folder: Path, environment: dict[str, str], port: int) -> None:
        self.folder, self.port = folder, port
        self.stores = Embedded(folder / "stores")
        self.stores.start()
        self.data = folder / "data"
        self.environment = environment | {
            "PORTAL_DATA_DIR": str(self.data),
            "PORTAL_PORT": str(port),
            "PORTAL_SECRET_KEY": settings().secret_key,
            "DATABASE_URL": self.stores.database_url,
            "REDIS_URL": self.stores.redis_url,
        }
        self.running: list[subprocess.Popen[bytes]] = []
        self.said = folder / "said"

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.said.open("ab") as said:
            command = [sys.executable, "-m", *arguments]
            self.running.append(subprocess.Popen(command, env=self.environment, cwd=ROOT, stdout=said, stderr=said))
        return self.running[-1]

    def lose_stores(self) -> None:
        for server in self.stores.servers:
            assert server.process is not None
            server.process.kill()
            server.process.wait()

    def regain_stores(self) -> None:
        for server in self.stores.servers:
            server.start()

    async def ask(self, path: str) -> httpx.Response | None:
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=20) as client:
                return await client.get(path, headers={"user-agent": INSTAGRAM, "cookie": f"portal_session={'0' * 64}"})
        return None

    async def status(self, path: str) -> int:
        answer = await self.ask(path)
        return answer.status_code if answer is not None else 0

    def close(self) -> None:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            process.wait(timeout=30)
        self.stores.stop(hurry=lambda: True)


async def until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(60):
            while not await holds():
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"waited a minute for {what}") from None


@pytest.fixture
async def house(bare: dict[str, str], folder: Path, cluster: Path, free_port: int) -> AsyncIterator[House]:
    seed(folder / "stores", cluster)
    make_folder(folder / "data")
    made = House(folder, bare, free_port)
    try:
        await migrate(made.stores.database_url)
        await db.open(made.stores.database_url)
        yield made
    finally:
        await db.close()
        made.close()


class Links:
    """One of each kind."""

    def __init__(self, slug: str, token: str) -> None:
        self.slug, self.token = slug, token


@pytest.fixture
async def links(house: House) -> Links:
    workspace_id = await add_workspace()
    job_id = await add_job(workspace_id, slug="night-nurse-leeds", deadline_at=None)
    await add_link(workspace_id, job_id, await add_channel(workspace_id), "nurse")
    application_id = await add_application(workspace_id, job_id, await add_candidate(workspace_id))
    link_id = await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id)
    return Links("nurse", personal.token_of(link_id))


async def copy_links(house: House) -> None:
    """As an earlier web server of this folder would."""
    copy = Snapshot(house.data)
    await copy.look()
    await copy.close()


async def copied(house: House) -> bool:
    """Whether a web server has done it."""
    with suppress(sqlite3.Error):
        file = sqlite3.connect(f"file:{house.data / NAME}?mode=ro", uri=True)
        try:
            return bool(file.execute("SELECT count(*) FROM link").fetchone()[0] == 2)
        finally:
            file.close()
    return False


def click_of(answer: httpx.Response | None) -> str:
    assert answer is not None and answer.status_code == 302, answer
    return answer.headers["location"].partition("click=")[2].partition("&")[0]


async def counted(ids: set[str]) -> bool:
    found = await db.rows("SELECT DISTINCT id FROM click_journal WHERE id = ANY($1::uuid[])", list(ids))
    return {str(row["id"]) for row in found} == ids


async def test_a_web_server_that_starts_while_both_stores_are_away_redirects_and_recovers(house: House, links: Links) -> None:
    await copy_links(house)
    house.lose_stores()
    web = house.start("portal", "serve")
    await until(lambda: said(house, "/health", 200), "web")
    assert "does not answer" in house.said.read_text()
    clicks = {click_of(await house.ask(f"/{key}")) for key in (links.slug, links.token, links.slug)}
    assert await house.status("/never-made") == 503
    for path in ("/app", "/app/sign-in", "/apply/night-nurse-leeds"):
        page = await house.ask(path)
        assert page is not None
        assert (page.status_code, "Traceback" in page.text) == (503, False), path
        assert "The service is not reachable for a moment." in page.text
    ready = await house.ask("/ready")
    assert ready is not None
    assert ready.status_code == 503
    expected = {"database": "away", "redis": "away", "journal": "spooling", "lost": 0, "waiting_files": 1, "damaged_files": 0}
    assert ready.json() == expected
    house.regain_stores()
    await until(lambda: said(house, "/ready", 200), "everything to be back")
    await until(lambda: counted(clicks), "the clicks")
    assert web.poll() is None, "it was never started again"
    assert await house.status("/app/sign-in") == 200
    ready = await house.ask("/ready")
    assert ready is not None
    assert (ready.json()["journal"], ready.json()["lost"]) == ("ok", 0)
    assert list((house.data / "spool").iterdir()) == []


async def said(house: House, path: str, status: int) -> bool:
    return await house.status(path) == status


async def test_what_a_web_server_left_that_never_comes_back_is_brought_in_by_a_worker(house: House, links: Links) -> None:
    web = house.start("portal", "serve")
    await until(lambda: copied(house), "the copy of links")
    await until(lambda: said(house, f"/{links.slug}", 302), "web")
    house.lose_stores()
    clicks = {click_of(await house.ask(f"/{links.slug}")) for _ in range(3)}
    web.kill()
    web.wait()
    house.regain_stores()
    house.start("portal", "work")
    house.start("portal", "clock")

    async def ingested() -> bool:
        found = await db.rows("SELECT id FROM click WHERE id = ANY($1::uuid[])", list(clicks))
        return {str(row["id"]) for row in found} == clicks

    await until(ingested, "the clicks")
    assert list((house.data / "spool").iterdir()) == []


async def test_a_database_that_hangs_stops_neither_start_nor_redirect(house: House, links: Links) -> None:
    await copy_links(house)
    postgres = house.stores.postgres
    assert postgres is not None and postgres.process is not None
    postgres.process.send_signal(signal.SIGSTOP)
    try:
        house.start("portal", "serve")
        await until(lambda: said(house, "/health", 200), "web")
        clicks = {click_of(await house.ask(f"/{links.slug}")) for _ in range(3)}
        assert await house.status("/ready") == 503
        assert await house.status("/app/sign-in") == 503
    finally:
        postgres.process.send_signal(signal.SIGCONT)
    await until(lambda: said(house, "/ready", 200), "everything to be back")
    await until(lambda: counted(clicks), "the clicks")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("portal_not_migrated", "portal: The database is behind this version: run `portal migrate`.\n"),
        ("portal_never_made", 'cannot be used (database "portal_never_made" does not exist): '),
    ],
)
def test_a_database_for_which_waiting_would_not_help_stops_the_start(
    portal: Portal, servers: TestServers, free_port: int, name: str, sentence: str
) -> None:
    url = servers.create_database("portal_not_migrated").replace("portal_not_migrated", name)
    given = {"PORTAL_SECRET_KEY": "one-secret-that-is-long-enough-for-all", "PORTAL_PORT": str(free_port)}
    done = portal("serve", DATABASE_URL=url, REDIS_URL=servers.redis_url, **given)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
