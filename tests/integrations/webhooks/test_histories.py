"""Days in which workers die everywhere and servers misbehave: everything arrives, under its own id, and nothing else does."""

import os
import random
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from portal import db
from portal.candidates.events import EventKind
from portal.integrations.webhooks import publishing, sending
from portal.integrations.webhooks.sending import LEASE
from tests.cast import NOW, Northgate
from tests.doubles.customer import BUSY, REDIRECT, Customer
from tests.doubles.server import Vice
from tests.integrations.webhooks.conftest import DAY, happen, listen

VICES = [Vice.BROKEN_BEFORE, Vice.BROKEN_AFTER, Vice.RESET_BEFORE, Vice.RESET_AFTER, Vice.TOO_MANY, Vice.TOO_MANY_WAIT]
KINDS = [EventKind.CAPTURED, EventKind.STARTED, EventKind.COMPLETED, EventKind.ANSWERED]
ROUNDS = 40
MOST_RUNS = 5
"""Until something was heard twice: a run in which chance spares everybody proves little."""


class Killed(BaseException):
    """Nothing in the portal catches this."""


class History:
    def __init__(self, seed: int, northgate: Northgate, application_id: UUID, customers: list[Customer]) -> None:
        self.dice, self.northgate, self.application_id, self.customers = random.Random(seed), northgate, application_id, customers
        self.now = NOW
        self.told: list[str] = []
        self.kills = 0

    async def run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(ROUNDS):
            await self.live()
            with monkeypatch.context() as dying:
                await self.work(dying)
        for customer in self.customers:
            customer.vices.clear()
            customer.refusals.clear()
        while due := await db.value("SELECT min(next_at) FROM webhook_delivery"):
            self.now = max(self.now + timedelta(seconds=1), due)
            await publishing.publish(self.now)
            await sending.send_due(self.time)

    @property
    def repeated(self) -> int:
        """How often something was heard that had been heard before."""
        return sum(len(customer.ids()) - len(self.told) for customer in self.customers)

    async def live(self) -> None:
        """Something happens, and time passes."""
        for _ in range(self.dice.randint(0, 6)):
            kind = self.dice.choice(KINDS)
            event_id = await happen(self.northgate.id, self.application_id, kind, self.now)
            self.told += [str(event_id)] if kind is not EventKind.ANSWERED else []
        for customer in self.customers:
            customer.vices.extend(self.dice.choices([None, *VICES], k=2))
            customer.refusals.extend(self.dice.choices([BUSY, REDIRECT], k=self.dice.randint(0, 1)))
        self.now += self.dice.choice([timedelta(seconds=2), timedelta(minutes=3), LEASE, timedelta(hours=1)])

    async def work(self, dying: pytest.MonkeyPatch) -> None:
        """A worker's look, which may be its last one: it dies before or after one of its steps."""
        step, after = self.dice.choice([None, "bodies_of", "call", "record"]), self.dice.random() < 0.5
        if step is not None:
            self.doom(dying, publishing if step == "bodies_of" else sending, step, after=after)
        try:
            await publishing.publish(self.now)
            for claimed in await sending.claim_due(self.now, 40):
                await sending.send(claimed, self.time)
        except Killed:
            self.kills += 1

    def doom(self, dying: pytest.MonkeyPatch, module: object, step: str, *, after: bool) -> None:
        real = getattr(module, step)

        async def last(*args: object, **kwargs: object) -> None:
            if after:
                await real(*args, **kwargs)
            raise Killed

        dying.setattr(module, step, last)

    def time(self) -> datetime:
        return self.now


async def test_whatever_dies_everything_arrives(
    northgate: Northgate, customer: Customer, application_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = int(os.environ.get("PORTAL_FAULTS_SEED") or secrets.randbelow(10**6))
    with Customer() as other:
        for one in (customer, other):
            await listen(northgate.id, one)
        history = History(seed, northgate, application_id, [customer, other])
        for _ in range(MOST_RUNS):
            began = history.now
            await history.run(monkeypatch)
            assert history.now - began < 4 * DAY
            if history.kills > 3 and history.repeated:
                break
        said = f"PORTAL_FAULTS_SEED={seed}, {history.kills} kills"
        for one in (customer, other):
            assert set(one.ids()) == set(history.told), said
            assert one.forged == 0, said
            assert len({(heard.id, heard.raw) for heard in one.heard}) == len(history.told), f"{said}: one id, one body"
        assert history.kills > 3 and history.repeated, f"{said}: too little went wrong"
    assert await db.value("SELECT count(*) FROM webhook_delivery WHERE state <> 'delivered'") == 0
