"""Webhooks while real workers die: what a customer's server may not have heard goes once more, under the same id."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from portal import db
from portal.integrations.webhooks import endpoints, sending
from portal.integrations.webhooks.endpoints import Wanted
from portal.integrations.webhooks.sending import LEASE
from portal.settings import settings
from tests.cast import NOW, Northgate, add_application, add_candidate
from tests.doubles.customer import Customer
from tests.doubles.server import Vice
from tests.integrations.webhooks.conftest import happen
from tests.workers.test_processes import CLOCK, WORKER, move_clock, running, until


@pytest.fixture
def customer(monkeypatch: pytest.MonkeyPatch, environment: None) -> Iterator[Customer]:
    monkeypatch.setenv("PORTAL_PRIVATE_TARGETS", "127.0.0.0/8")
    settings.cache_clear()
    try:
        with Customer() as double:
            yield double
    finally:
        settings.cache_clear()


async def test_a_worker_killed_while_a_server_dawdles_sends_it_again(northgate: Northgate, customer: Customer) -> None:
    made = await endpoints.create(northgate.id, Wanted(url=customer.url + "/hook", kinds=["candidate.captured"]), now=NOW)
    customer.keys["/hook"] = made.secret
    application_id = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id))
    event_id = await happen(northgate.id, application_id)
    customer.vices.append(Vice.HANG_AFTER)
    customer.hanging = 60.0
    move_clock(NOW)
    async with running(CLOCK, WORKER) as (_, worker):
        await until(lambda: _heard(customer, 1))
        worker.process.kill()
        worker.process.wait()
    assert await db.value("SELECT state FROM webhook_delivery") == "sending"
    later = NOW + LEASE + timedelta(minutes=1)
    assert await sending.send_due(lambda: later) == 1
    assert await db.value("SELECT state FROM webhook_delivery") == "delivered"
    assert customer.ids() == [str(event_id)] * 2 and customer.forged == 0
    assert await db.value("SELECT tries FROM webhook_delivery") == 2


async def _heard(customer: Customer, count: int) -> bool:
    return len(customer.heard) >= count
