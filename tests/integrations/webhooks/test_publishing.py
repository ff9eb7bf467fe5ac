"""What happened is handed out once, to those who want it."""

import asyncio
import json
from datetime import datetime
from uuid import UUID

import pytest

from portal import crypto, db
from portal.accounts.access import SignedIn
from portal.candidates.events import EventKind
from portal.integrations.webhooks import deliveries, endpoints, examples, publishing
from portal.integrations.webhooks.endpoints import Made
from portal.integrations.webhooks.kinds import CHOICES, Kind
from portal.links import countdown
from tests.cast import NOW, Northgate, add_channel, add_link, insert
from tests.doubles.customer import Customer
from tests.integrations.webhooks.conftest import HOUR, MINUTE, happen, listen


async def told() -> list[tuple[str, str]]:
    """Kind and endpoint's description or id, of all that is written."""
    rows = await db.rows("SELECT kind, endpoint_id FROM webhook_delivery ORDER BY id")
    return [(row["kind"], str(row["endpoint_id"])) for row in rows]


async def test_an_event_goes_to_each_endpoint_that_wants_its_kind(
    northgate: Northgate, customer: Customer, application_id: UUID, outsider: SignedIn
) -> None:
    both = await listen(northgate.id, customer, "/a", ["candidate.captured", "interview.started"])
    one = await listen(northgate.id, customer, "/b", ["interview.started"])
    await listen(outsider.workspace_id, customer, "/c")
    await happen(northgate.id, application_id)
    await happen(northgate.id, application_id, EventKind.STARTED)
    await happen(northgate.id, application_id, EventKind.ANSWERED)
    assert await publishing.publish(NOW) == 3
    assert sorted(await told()) == sorted(
        [
            ("candidate.captured", str(both.endpoint.id)),
            ("interview.started", str(both.endpoint.id)),
            ("interview.started", str(one.endpoint.id)),
        ]
    )
    assert not await publishing.anything_unpublished()


async def test_what_it_says_is_what_is_known(northgate: Northgate, made: Made, application_id: UUID) -> None:
    campaign = await insert("campaign", workspace_id=northgate.id, name="Spring", code="spring", notes="", created_at=NOW)
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "spring-ig", campaign_id=campaign)
    await db.run("UPDATE application SET link_id = $1, stage = 'started', started_at = $2", link_id, NOW + HOUR)
    candidate_id = await db.value("SELECT candidate_id FROM application")
    for system, external_id in (("", "E-7"), ("lever", "abc")):
        await db.run(
            "INSERT INTO candidate_identity VALUES ($1, $2, $3, $4, $5)", northgate.id, system, external_id, candidate_id, NOW
        )
    event_id = await happen(northgate.id, application_id)
    await publishing.publish(NOW + HOUR)
    body = json.loads(await db.value("SELECT body FROM webhook_delivery"))
    assert body == {
        "id": str(event_id),
        "type": "candidate.captured",
        "created_at": "2026-11-23T10:00:00Z",
        "data": {
            "application_id": str(application_id),
            "job_id": str(northgate.job_id),
            "job_title": "Night nurse",
            "stage": "captured",  # what it reports, though she has gone on meanwhile
            "candidate": {
                "id": str(candidate_id),
                "name": "Ana Duarte",
                "email": "ana.duarte@example.com",
                "phone_number": None,
                "external_id": "E-7",
                "external_ids": [{"system": "lever", "external_id": "abc"}],
            },
            "channel": "instagram/story",
            "campaign": {"id": str(campaign), "name": "Spring"},
            "link": {"id": str(link_id), "slug": "spring-ig", "url": "http://portal.test/spring-ig", "label": ""},
            "captured_at": "2026-11-23T10:00:00Z",
            "started_at": "2026-11-23T11:00:00Z",
            "completed_at": None,
            "deadline_at": "2026-12-03T10:00:00Z",
        },
    }


async def test_no_personal_link_is_ever_told(northgate: Northgate, made: Made, application_id: UUID) -> None:
    for kind in (EventKind.CAPTURED, EventKind.STARTED, EventKind.COMPLETED, EventKind.EXPIRED):
        await happen(northgate.id, application_id, kind)
    await happen(northgate.id, application_id, EventKind.OPTED_OUT, channel="sms")
    await publishing.publish(NOW)
    personal = await db.value("SELECT personal_link_id FROM application")
    bodies = [row["body"] for row in await db.rows("SELECT body FROM webhook_delivery")]
    assert len(bodies) == 5
    assert not [body for body in bodies if crypto.token("personal-link", personal, 1) in body or str(personal) in body]
    assert '"opted_out_of":"sms"' in bodies[-1] and '"stage":"captured"' in bodies[-1]


async def test_the_first_tap_on_a_link_is_told_once(northgate: Northgate, made: Made) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "story")
    await countdown.first_taps({link_id: NOW + HOUR})
    assert await publishing.anything_unpublished()
    await publishing.publish(NOW + HOUR)
    await countdown.first_taps({link_id: NOW})  # an earlier one comes in late
    await publishing.publish(NOW + HOUR)
    body = json.loads(await db.value("SELECT body FROM webhook_delivery"))
    assert (body["type"], body["created_at"]) == ("link.first_click", "2026-11-23T11:00:00Z")
    assert (body["data"]["link"]["slug"], body["data"]["channel"]) == ("story", "instagram/story")


async def test_two_workers_at_once_hand_out_each_event_once(northgate: Northgate, made: Made, application_id: UUID) -> None:
    for n in range(40):
        await happen(northgate.id, application_id, at=NOW + n * MINUTE)

    async def work() -> None:
        while await publishing.publish(NOW + HOUR, limit=3):
            continue

    await asyncio.gather(*(work() for _ in range(4)))
    assert await db.value("SELECT count(*) FROM webhook_delivery") == 40
    assert await db.value("SELECT count(DISTINCT event_id) FROM webhook_delivery") == 40


async def test_a_worker_that_dies_in_the_middle_has_handed_out_nothing(
    northgate: Northgate, made: Made, application_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    async def die(*_: object) -> dict[UUID, str]:
        raise Killed

    await happen(northgate.id, application_id)
    with monkeypatch.context() as dying:
        dying.setattr(publishing, "bodies_of", die)
        with pytest.raises(Killed):
            await publishing.publish(NOW)
    assert await told() == [] and await publishing.anything_unpublished()
    await publishing.publish(NOW)
    assert len(await told()) == 1


async def test_where_nobody_listens_it_is_one_statement(
    northgate: Northgate, application_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    rows = db.rows

    async def counted(sql: str, *args: object) -> list[db.Row]:
        asked.append(sql)
        return await rows(sql, *args)

    monkeypatch.setattr(db, "rows", counted)
    for _ in range(5):
        await happen(northgate.id, application_id)
    assert await publishing.publish(NOW) == 5
    assert asked == [publishing.TAKE_EVENTS, publishing.TAKE_TAPS]


async def test_what_happens_while_an_endpoint_is_disabled_is_not_kept_for_it(
    northgate: Northgate, made: Made, application_id: UUID
) -> None:
    await endpoints.disable(northgate.id, made.endpoint.id, now=NOW)
    await happen(northgate.id, application_id)
    await publishing.publish(NOW)
    await endpoints.enable(northgate.id, made.endpoint.id, now=NOW)
    await publishing.publish(NOW)
    assert await told() == []


async def test_erasure_blanks_what_was_told(northgate: Northgate, made: Made, application_id: UUID) -> None:
    await happen(northgate.id, application_id)
    await publishing.publish(NOW)
    assert await deliveries.forget(northgate.id, [application_id], now=NOW) == 1
    row = await db.row("SELECT state, body FROM webhook_delivery")
    assert row is not None and (row["state"], row["body"]) == ("forgotten", "")
    delivery_id = await db.value("SELECT id FROM webhook_delivery")
    assert not await deliveries.replay(northgate.id, made.endpoint.id, delivery_id, now=NOW)


@pytest.mark.no_stores
@pytest.mark.parametrize("kind", [*CHOICES, Kind.PING])
def test_each_kind_has_an_example(kind: Kind) -> None:
    shown = json.loads(examples.example(kind))
    assert list(shown) == ["id", "type", "created_at", "data"] and shown["type"] == kind
    assert datetime.fromisoformat(shown["created_at"]).utcoffset() is not None
    assert ("opted_out_of" in shown["data"]) == (kind is Kind.CANDIDATE_OPTED_OUT)
