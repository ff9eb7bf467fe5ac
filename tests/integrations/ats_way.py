"""A connection to each system, and its double: what the tests of ATSs share."""

import dataclasses
from datetime import datetime
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx

from portal import db
from portal.integrations import outward
from portal.integrations.ats import connections, processing
from portal.integrations.ats.connections import Connection, Wanted
from portal.settings import settings
from tests.cast import NOW, Northgate
from tests.doubles.ats import Person, Post, ashby, generic, greenhouse, lever, smartrecruiters, workable

DOUBLES: dict[str, ModuleType] = {
    "greenhouse": greenhouse,
    "lever": lever,
    "ashby": ashby,
    "workable": workable,
    "smartrecruiters": smartrecruiters,
    "generic": generic,
}
"""Those that sign."""
FETCHED = {"lever", "smartrecruiters"}
"""Those whose events carry ids only."""
ANA = Person()


def allow_home(monkeypatch: Any) -> None:
    """As with ``PORTAL_PRIVATE_TARGETS=127.0.0.0/8``."""
    allowed = dataclasses.replace(settings(), private_targets=("127.0.0.0/8",))
    monkeypatch.setattr(outward, "settings", lambda: allowed)


async def connect(northgate: Northgate, system: str, **changes: Any) -> Connection:
    """A connection whose people go to Northgate's job, with its secret."""
    wanted: dict[str, Any] = {"name": "Main account", "job_id": northgate.job_id, "invite": False, "api_key": "", "api_url": ""}
    connection_id = await connections.make(northgate.id, system, Wanted(**(wanted | changes)), now=NOW)
    connection = await connections.get_connection(northgate.id, connection_id)
    if system in DOUBLES:
        await connections.add_secret(connection, DOUBLES[system].SECRET, end_others=False, now=NOW)
    return connection


async def connect_api(northgate: Northgate, system: str, api: Any, **changes: Any) -> Connection:
    """The same, with its API."""
    return await connect(northgate, system, api_key=api.known.key, api_url=api.url, **changes)


async def deliver(client: httpx.AsyncClient, connection: Connection, post: Post) -> int:
    """Send it; the status of the answer."""
    answer = await client.post(connection.url, content=post.body, headers=post.headers)
    return answer.status_code


async def work_off(now: datetime = NOW) -> int:
    """Look into all that is due; how much that was."""
    count = 0
    while await processing.work(now):
        count += 1
    return count


async def log(connection: Connection) -> list[tuple[str, str]]:
    """State and reason of all deliveries, the oldest first."""
    found = await db.rows(
        "SELECT state, reason FROM ats_delivery WHERE connection_id = $1 ORDER BY received_at, id", connection.id
    )
    return [(row["state"], row["reason"]) for row in found]


async def candidates(workspace_id: UUID) -> list[tuple[str, str | None, str | None]]:
    """Name, email and phone of all who are known."""
    found = await db.rows(
        "SELECT name, email, phone FROM candidate WHERE workspace_id = $1 AND erased_at IS NULL ORDER BY email", workspace_id
    )
    return [tuple(row) for row in found]
