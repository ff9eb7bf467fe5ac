"""Messages while workers die and providers misbehave: a step is one text at most, nothing follows the end, nothing is lost."""

import os
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import pytest

from portal import db
from portal.messages import delivery, fates, pace, reconcile
from portal.settings import settings
from tests.cast import Northgate
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.server import Vice
from tests.doubles.twilio import TwilioDouble
from tests.faults.histories import Kill, World
from tests.messages.conftest import AFTER_3H, Life, give_phone, new_life
from tests.workers.test_processes import CLOCK, WORKER, move_clock, running, until

pytestmark = pytest.mark.timeout(600)
D = TypeVar("D")


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch, environment: None) -> Iterator[TwilioDouble]:
    with TwilioDouble() as double:
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", double.account)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", double.token)
        monkeypatch.setenv("TWILIO_API_URL", double.url)
        monkeypatch.setenv("TWILIO_FROM", double.number)
        monkeypatch.setenv("PORTAL_SMS_PER_SECOND", "1000")
        yield from _set_up(double)


@pytest.fixture
def sendgrid(monkeypatch: pytest.MonkeyPatch, environment: None) -> Iterator[SendGridDouble]:
    with SendGridDouble() as double:
        monkeypatch.setenv("SENDGRID_API_KEY", double.keys.api_key)
        monkeypatch.setenv("SENDGRID_API_URL", double.url)
        monkeypatch.setenv("PORTAL_EMAIL_FROM", "Northgate <jobs@northgate.example>")
        monkeypatch.setenv("PORTAL_EMAIL_PER_SECOND", "1000")
        yield from _set_up(double)


def _set_up(double: D) -> Iterator[D]:
    """Read the settings anew, and once more when they are as before."""
    settings.cache_clear()
    pace.forget_providers()
    try:
        yield double
    finally:
        settings.cache_clear()
        pace.forget_providers()


async def test_whatever_dies_a_step_is_one_text(
    twilio: TwilioDouble, sendgrid: SendGridDouble, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PATIENCE", 1.0)
    twilio.hanging = sendgrid.hanging = 2.0
    twilio.slowness = sendgrid.slowness = 0.02
    seed = int(os.environ.get("PORTAL_FAULTS_SEED") or secrets.randbelow(10**6))
    count = int(os.environ.get("PORTAL_FAULTS_HISTORIES") or 200)
    with capsys.disabled():
        print(f"\nhistories of messages, PORTAL_FAULTS_SEED={seed}", flush=True)
    found = await World(seed, count, twilio, sendgrid).run()
    with capsys.disabled():
        print(found)
    assert not found.problems, str(found)
    assert set(found.kills) == set(Kill) and len(found.vices) > len(Vice) / 2, "too little went wrong to prove anything"
    assert found.texts and found.emails


async def test_a_worker_killed_while_its_provider_dawdles_leaves_one_text(northgate: Northgate, twilio: TwilioDouble) -> None:
    """With real processes: the text was accepted, and whoever sent it is dead before it hears so."""
    life, at = await a_text_is_due(northgate, twilio), AFTER_3H
    twilio.always, twilio.hanging = Vice.HANG_AFTER, 60.0
    async with running(CLOCK, WORKER) as (_, worker):
        await until(lambda: _accepted(twilio, 1))
        worker.process.kill()
        worker.process.wait()
    assert (await life.message("3h"))["state"] == "handed_over"
    twilio.always = None
    move_clock(at + timedelta(minutes=5))
    assert await fates.sweep_unknown(at + timedelta(minutes=5)) == 1
    async with running(CLOCK, WORKER):
        await until(lambda: db.value("SELECT count(*) FROM message WHERE state = 'sent'"))
    assert len(twilio.accepted) == 1
    assert await life.events() == ["message_unknown", "message_sent"]
    assert (await life.message("3h"))["provider_id"] == twilio.accepted[0].sid


async def test_a_worker_killed_before_its_provider_listened_leaves_one_text(northgate: Northgate, twilio: TwilioDouble) -> None:
    life, at = await a_text_is_due(northgate, twilio), AFTER_3H
    twilio.always, twilio.hanging = Vice.HANG_BEFORE, 60.0
    async with running(CLOCK, WORKER) as (_, worker):
        await until(lambda: _asked(twilio))
        worker.process.kill()
        worker.process.wait()
    twilio.always = None
    for minutes in (5, 16):
        twilio.created_at = at + timedelta(minutes=minutes)
        await fates.sweep_unknown(at + timedelta(minutes=minutes))
        assert twilio.accepted == []
        assert await reconcile.look_for_texts(at + timedelta(minutes=minutes)) == 1
    await life.tick(at + timedelta(minutes=17))
    assert len(twilio.accepted) == 1
    assert await life.events() == ["message_unknown", "message_retried", "message_sent"]


async def a_text_is_due(northgate: Northgate, twilio: TwilioDouble) -> Life:
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", northgate.job_id)
    life = await new_life(northgate)
    await give_phone(life)
    move_clock(AFTER_3H)
    twilio.created_at = AFTER_3H
    return life


async def _accepted(twilio: TwilioDouble, count: int) -> bool:
    return len(twilio.accepted) >= count


async def _asked(twilio: TwilioDouble) -> bool:
    return any(twilio.is_sending(asked) for asked in twilio.asked)
