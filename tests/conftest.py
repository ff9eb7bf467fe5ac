"""One database per test process, real servers from the wheels, emptied before each test."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from litestar import Litestar
from litestar.types import ASGIApp

from portal import db, redis
from portal.clicks import front
from portal.migrations import migrate
from portal.settings import settings
from tests.servers import TestServers, start_test_servers

pytest_plugins = ["tests.cast"]

PUBLIC_URL = "http://portal.test"
UNTOUCHED = {"migration"}
ALONE = {"e2e", "faults", "test_outages.py", "test_front.py", "test_journal.py", "test_targets.py"}
"""Folders and files of tests that drive a browser, break things, or wait for the database no longer than a tap does: nothing runs
beside them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not ALONE.isdisjoint(item.path.relative_to(Path(__file__).parent).parts):
            item.add_marker("alone")


@pytest.fixture(scope="session")
def servers() -> Iterator[TestServers]:
    """PostgreSQL and Valkey of this test process."""
    started = start_test_servers()
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session", autouse=True)
def environment(servers: TestServers) -> Iterator[None]:
    """What the programme reads, set once for the whole process."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DATABASE_URL": servers.create_database("portal_tests"),
            "REDIS_URL": servers.redis_url,
            "PORTAL_SECRET_KEY": "a-secret-for-tests-and-nothing-else",
            "PORTAL_PUBLIC_URL": PUBLIC_URL,
            "PORTAL_DATA_DIR": folder,
            "PORTAL_CLOCK_FILE": str(Path(folder) / "clock"),
        }
        settings.cache_clear()
        yield


@pytest.fixture(scope="session")
async def schema(environment: None) -> AsyncIterator[None]:
    await migrate(settings().database_url)
    yield
    for cleaner in _cleaners.values():
        cleaner.terminate()


@pytest.fixture(autouse=True)
async def stores(request: pytest.FixtureRequest, schema: None) -> AsyncIterator[None]:
    """Open, empty stores for each test; tests marked ``no_stores`` bring what they need."""
    if request.node.get_closest_marker("no_stores"):
        yield
        return
    await db.open(settings().database_url)
    await redis.open(settings().redis_url)
    await empty_stores()
    try:
        yield
    finally:
        await redis.close()
        await db.close()


async def empty_stores() -> None:
    (settings().clock_file or Path()).unlink(missing_ok=True)
    await redis.client().flushall()
    cleaner = await _cleaner()
    found = await cleaner.fetch(TABLES)
    names = [row["name"] for row in found if row["name"] not in UNTOUCHED]
    grown = [row["name"] for row in found if row["grown"] and row["name"] not in UNTOUCHED]
    # Most tables are empty and the others small: DELETE is many times quicker here than TRUNCATE, which makes new files. But what
    # is deleted stays in the old ones until somebody comes by, and thousands of tests later each look takes seconds.
    await cleaner.execute("".join(f"TRUNCATE {name};" if name in grown else f"DELETE FROM {name};" for name in names))


_cleaners: dict[str, asyncpg.Connection] = {}


async def _cleaner() -> asyncpg.Connection:
    """A connection to the database that the tests use, kept from test to test: one that knows a hundred tables already empties
    them many times quicker than a new one."""
    url = settings().database_url
    if url not in _cleaners or _cleaners[url].is_closed():
        _cleaners[url] = await asyncpg.connect(url, server_settings={"session_replication_role": "replica"})
    return _cleaners[url]


TABLES = """
SELECT c.relname AS name, CASE WHEN 1000000 < (
  SELECT pg_relation_size(c.oid) + coalesce(sum(pg_relation_size(i.inhrelid)), 0) FROM pg_inherits i WHERE i.inhparent = c.oid
) THEN NOT EXISTS (SELECT FROM pg_constraint k WHERE k.confrelid = c.oid) ELSE false END AS grown
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


@asynccontextmanager
async def browser(app: ASGIApp, **kwargs: object) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a real browser: it keeps cookies and follows nothing by itself."""
    transport = httpx.ASGITransport(app=app, client=("192.0.2.1", 50000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, **kwargs) as client:  # type: ignore[arg-type]
        yield client


@pytest.fixture(scope="session")
def whole(environment: None) -> Litestar:
    """The application, built once: it keeps nothing between requests."""
    from portal.app import litestar_app

    return litestar_app()


@pytest.fixture
async def app(whole: Litestar, stores: None) -> AsyncIterator[ASGIApp]:
    """The application behind its redirects, on the stores that the test already has open."""
    await front.open()
    try:
        yield front.RedirectFront(whole)
    finally:
        await front.close()


@pytest.fixture
async def stranger(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in: a candidate, or anybody else."""
    async with browser(app) as client:
        yield client
