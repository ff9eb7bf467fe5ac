"""Northgate Care with a key at HeyMilo, and its night nurses interviewed there."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest

from portal import db
from portal.integrations import outward
from portal.integrations.heymilo import accounts, api, following, making, postings
from portal.integrations.heymilo.api import Asker
from portal.settings import settings
from tests.cast import NOW, Northgate, add_application, add_candidate
from tests.doubles.heymilo import HeyMiloDouble, Person

POSTING = "13D77095"


@pytest.fixture
def heymilo(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeyMiloDouble]:
    with HeyMiloDouble() as double:
        double.hanging = 1.0
        double.created_at = NOW.timestamp()
        allowed = dataclasses.replace(settings(), private_targets=("127.0.0.0/8",), heymilo_api_url=double.url)
        monkeypatch.setattr(outward, "settings", lambda: allowed)
        monkeypatch.setattr(api, "settings", lambda: allowed)
        monkeypatch.setattr(api, "SECONDS", 0.4)
        yield double
        assert double.wrong == []


@pytest.fixture
async def there(northgate: Northgate, heymilo: HeyMiloDouble) -> HeyMiloDouble:
    """HeyMilo, where the night nurses' interviews are."""
    await accounts.keep_key(northgate.id, heymilo.key, now=NOW)
    asker = Asker(northgate.id, NOW, urgent=True)
    await postings.hook(asker, await postings.choose(asker, northgate.job_id, POSTING))
    return heymilo


async def add_ana(northgate: Northgate, stage: str = "captured", email: str = "ana.duarte@example.com") -> UUID:
    """Somebody who gave name and email just now, or was invited."""
    candidate_id = await add_candidate(northgate.id, email=email, phone=None)
    came = {"invited_at": NOW, "captured_at": None, "door": "form"} if stage == "invited" else {}
    return await add_application(northgate.id, northgate.job_id, candidate_id, stage=stage, **came)


async def work(now: datetime) -> None:
    """What the workers do when the clock wakes them."""
    await making.make_due(now)
    await following.look_due(now)
    await following.poll_due(now)


async def made_for(application_id: UUID) -> str | None:
    found: str | None = await db.value(
        "SELECT interview_id FROM heymilo_interview WHERE application_id = $1 AND made_at IS NOT NULL", application_id
    )
    return found


async def stage_of(application_id: UUID) -> str:
    return str(await db.value("SELECT stage FROM application WHERE id = $1", application_id))


async def a_nurse_there(northgate: Northgate, there: HeyMiloDouble) -> tuple[UUID, Person]:
    """Ana, whose interview is made."""
    ana = await add_ana(northgate)
    await making.make_due(NOW)
    return ana, there.people[-1]
