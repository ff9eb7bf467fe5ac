"""What was counted before the schema changed is counted after it."""

from datetime import timedelta
from random import Random

import pytest

from portal import db
from tests.cast import NOW, add_job, add_workspace
from tests.integrations.webhooks.test_migration import bring_up_to
from tests.reports.conftest import hit, landing, record
from tests.reports.test_sums import check, many_links
from tests.servers import TestServers

pytestmark = pytest.mark.no_stores
BEFORE = "portal_2026_11_27_links_filtered"
"""The last one in which clicks, visitors and landings have lines of their own."""
OURS = "portal_2026_11_28_totals"
TWO_FILTERS = "portal_2026_11_28_two_filters"


async def test_running_totals_are_put_into_one_line(servers: TestServers) -> None:
    await db.open(servers.create_database("portal_before_totals"))
    try:
        await bring_up_to(BEFORE)
        workspace, dice = await add_workspace(), Random(7)
        job = await add_job(workspace)
        links = await many_links(workspace, job, dice)
        for _ in range(2):
            taps = [hit(dice.choice(links), NOW - timedelta(days=dice.randrange(40)), visitor=bytes([n % 9])) for n in range(60)]
            await record([*taps, *map(landing, taps[::3])])
            await bring_up_to(OURS, after=BEFORE)
            await check()
        await db.run("UPDATE link SET job_id = $2 WHERE id = $1", links[0], job)
        await check()
    finally:
        await db.close()


async def test_blocks_without_lines_of_two_filters_are_no_longer_there(servers: TestServers) -> None:
    """Or they would say that nothing happened under two filters."""
    await db.open(servers.create_database("portal_before_two_filters"))
    try:
        await bring_up_to(OURS)
        workspace = await add_workspace()
        await db.run("INSERT INTO click_block (workspace_id, day, days) VALUES ($1, $2, 1), ($1, $2, 4)", workspace, NOW.date())
        await bring_up_to(TWO_FILTERS, after=OURS)
        assert not await db.value("SELECT count(*) FROM click_block")
    finally:
        await db.close()
