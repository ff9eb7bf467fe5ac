"""What happened before there were webhooks is nobody's news."""

import re
from pathlib import Path

import pytest

from portal import db, migrations
from portal.candidates.events import EventKind
from portal.integrations.webhooks import publishing
from tests.cast import NOW, add_application, add_candidate, add_channel, add_job, add_link, add_workspace
from tests.integrations.webhooks.conftest import happen
from tests.servers import TestServers

pytestmark = pytest.mark.no_stores
VERSIONS = Path(migrations.__file__).parent / "versions"


def until_webhooks() -> list[Path]:
    """The migrations before this one, in order, and it."""
    ids = {path: re.findall(r'^ID = "(.+)"', path.read_text(), re.M)[0] for path in VERSIONS.glob("portal_*.py")}
    ours = ids[VERSIONS / "portal_2026_11_27_hooks.py"]
    return [path.with_suffix(".sql") for path in sorted(ids, key=lambda path: ids[path]) if ids[path] <= ours]


async def test_what_happened_before_is_told_to_nobody(servers: TestServers) -> None:
    *before, webhooks = until_webhooks()
    await db.open(servers.create_database("portal_before_webhooks"))
    try:
        async with db.connection() as connection:
            for path in before:
                await connection.execute(path.read_text())
        home = await add_workspace()
        job = await add_job(home)
        application = await add_application(home, job, await add_candidate(home))
        await happen(home, application, EventKind.CAPTURED)
        link = await add_link(home, job, await add_channel(home), "story", first_tap_at=NOW)
        async with db.transaction(), db.connection() as connection:
            await connection.execute(webhooks.read_text())
        assert not await publishing.anything_unpublished()
        await db.run("UPDATE link SET first_tap_at = NULL, tap_published_at = NULL WHERE id = $1", link)
        assert not await publishing.anything_unpublished(), "one that nobody tapped yet is no news either"
    finally:
        await db.close()
