"""What happened before there were webhooks is nobody's news."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from portal import db
from portal.candidates.events import EventKind
from portal.integrations.webhooks import publishing
from portal.migrations import versions
from tests.cast import NOW, add_application, add_candidate, add_channel, add_job, add_link, add_workspace
from tests.integrations.webhooks.conftest import happen
from tests.servers import TestServers

pytestmark = pytest.mark.no_stores
BEFORE = "portal_2026_11_23_messages"
"""The last one that knows nothing of webhooks."""
OURS = "portal_2026_11_27_hooks"


async def bring_up_to(last: str, after: str = "") -> None:
    """Run the migrations from the one after `after` to `last`, in their order."""
    named = [import_module(f"{versions.__name__}.{one.name}") for one in iter_modules(versions.__path__)]
    in_order = sorted(named, key=lambda module: str(module.ID))
    names = [module.__name__.rpartition(".")[2] for module in in_order]
    first = names.index(after) + 1 if after else 0
    for module in in_order[first : names.index(last) + 1]:
        for change in (await module.forwards()).raw:
            async with db.transaction():
                await change()


async def test_what_happened_before_is_told_to_nobody(servers: TestServers) -> None:
    await db.open(servers.create_database("portal_before_webhooks"))
    try:
        await bring_up_to(BEFORE)
        home = await add_workspace()
        job = await add_job(home)
        application = await add_application(home, job, await add_candidate(home))
        await happen(home, application, EventKind.CAPTURED)
        link = await add_link(home, job, await add_channel(home), "story", first_tap_at=NOW)
        await bring_up_to(OURS, after=BEFORE)
        assert not await publishing.anything_unpublished()
        await db.run("UPDATE link SET first_tap_at = NULL, tap_published_at = NULL WHERE id = $1", link)
        assert not await publishing.anything_unpublished(), "one that nobody tapped yet is no news either"
    finally:
        await db.close()
