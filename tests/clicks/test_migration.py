"""Clicks that were kept before they had a day: they get it when the database is brought up to this version."""

import re
from datetime import date, timedelta
from pathlib import Path

import asyncpg
import pytest

from portal import db, migrations
from tests.cast import NOW, add_application, add_candidate, add_channel, add_job, add_link, add_workspace
from tests.servers import TestServers

pytestmark = pytest.mark.no_stores
VERSIONS = Path(migrations.__file__).parent / "versions"
OLD_CLICK = """
INSERT INTO click SELECT uuidv7(), $2, workspace_id, id, 'redirected', 'person', 'browser', 1, 'GET', '', '', '', '', '', '', '',
  '', '{}', NULL FROM link WHERE id = $1
"""


async def sql(name: str) -> None:
    async with db.connection() as connection:
        await connection.execute((VERSIONS / f"portal_2026_11_22_{name}.sql").read_text())


async def test_older_clicks_get_their_day_and_how_their_link_travels(servers: TestServers) -> None:
    await db.open(servers.create_database("portal_older"))
    try:
        await sql("first")
        await db.run(
            "CREATE TABLE click_2026_11 PARTITION OF click FOR VALUES FROM ('2026-11-01 00:00+00') TO ('2026-12-01 00:00+00')"
        )
        workspace = await add_workspace(timezone="Pacific/Auckland")
        job = await add_job(workspace)
        links = {
            network: await add_link(
                workspace, job, await add_channel(workspace, network=network, code=network), f"nurse-{network}"
            )
            for network in ("email", "instagram", "ats")
        }
        application = await add_application(workspace, job, await add_candidate(workspace))
        links["personal"] = await db.value("SELECT personal_link_id FROM application WHERE id = $1", application)
        for link in links.values():
            await db.run(OLD_CLICK, link, NOW + timedelta(hours=2))
        await sql("verdicts")
        found = {row["link_id"]: (row["day"], row["mailed"]) for row in await db.rows("SELECT link_id, day, mailed FROM click")}
        tomorrow = date(2026, 11, 24)
        assert {network: found[link] for network, link in links.items()} == {
            "email": (tomorrow, True),
            "ats": (tomorrow, True),
            "personal": (tomorrow, True),
            "instagram": (tomorrow, False),
        }
        with pytest.raises(asyncpg.NotNullViolationError):
            await db.run("UPDATE click SET day = NULL")
    finally:
        await db.close()


def test_what_travels_by_mail_is_the_same_in_the_migration() -> None:
    from portal.clicks.scanners import MAIL_NETWORKS

    written = re.search(r"channel\.network IN \((.+?)\)", (VERSIONS / "portal_2026_11_22_verdicts.sql").read_text())
    assert written is not None
    assert {name.strip("' ") for name in written[1].split(",")} == set(MAIL_NETWORKS)
