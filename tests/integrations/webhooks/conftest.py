"""A customer's server that a webhook of Northgate's leads to."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from portal import db
from portal.candidates.events import EventKind, add_event
from portal.integrations import outward
from portal.integrations.webhooks import endpoints, publishing, sending
from portal.integrations.webhooks.endpoints import Made, Wanted
from portal.integrations.webhooks.kinds import CHOICES
from portal.settings import Settings, settings
from tests.cast import NOW, Northgate, add_application, add_candidate
from tests.doubles.customer import Customer

ALL = [kind.value for kind in CHOICES]


@pytest.fixture
def home_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with ``PORTAL_PRIVATE_TARGETS=127.0.0.0/8``."""
    allowed: Settings = dataclasses.replace(settings(), private_targets=("127.0.0.0/8",))
    monkeypatch.setattr(outward, "settings", lambda: allowed)


@pytest.fixture
def customer(home_allowed: None) -> Iterator[Customer]:
    with Customer() as double:
        yield double


@pytest.fixture
async def made(northgate: Northgate, customer: Customer) -> Made:
    """An endpoint that wants all kinds."""
    return await listen(northgate.id, customer)


@pytest.fixture
async def application_id(northgate: Northgate) -> UUID:
    """Ana's, who gave her name just now."""
    return await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id))


async def listen(workspace_id: UUID, customer: Customer, path: str = "/hook", kinds: list[str] | None = None) -> Made:
    wanted = Wanted(url=customer.url + path, kinds=kinds or ALL)
    made = await endpoints.create(workspace_id, wanted, now=NOW)
    customer.keys[path] = made.secret
    return made


async def happen(
    workspace_id: UUID, application_id: UUID, kind: EventKind = EventKind.CAPTURED, at: datetime = NOW, **data: object
) -> UUID:
    """An event, with no one told of it yet."""
    return await add_event(workspace_id, application_id, kind, at, data)


async def send(now: datetime = NOW) -> int:
    """Hand out what happened, and send what is due at `now`."""
    await publishing.publish(now)
    return await sending.send_due(lambda: now)


async def only_delivery() -> db.Row:
    found = await db.rows("SELECT * FROM webhook_delivery")
    assert len(found) == 1
    return found[0]


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
