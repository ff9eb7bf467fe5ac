"""A customer's server hears everything at least once, under the same id, whatever dies or misbehaves."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from standardwebhooks import Webhook

from portal import db
from portal.candidates.events import EventKind
from portal.integrations import outward
from portal.integrations.webhooks import deliveries, endpoints, notices, publishing, sending
from portal.integrations.webhooks.deliveries import DeliveryState
from portal.integrations.webhooks.endpoints import Health, Made, Wanted, Why
from portal.integrations.webhooks.sending import LEASE
from portal.messages.providers import Accepted, Later, Letter
from portal.web.forms import Invalid
from tests.cast import NOW, Northgate
from tests.doubles.customer import BUSY, GONE, REDIRECT, Customer
from tests.doubles.server import Answer, Vice, until
from tests.integrations.webhooks.conftest import DAY, HOUR, MINUTE, happen, listen, only_delivery, send

SECOND = timedelta(seconds=1)


class Post:
    """Carries emails to members."""

    name = "post"

    def __init__(self) -> None:
        self.carried: list[Letter] = []
        self.refuses: list[Exception] = []

    async def send(self, outgoing: Letter) -> Accepted:
        if self.refuses:
            raise self.refuses.pop()
        self.carried.append(outgoing)
        return Accepted("1")


@pytest.fixture
async def event_id(northgate: Northgate, made: Made, application_id: UUID) -> UUID:
    return await happen(northgate.id, application_id)


async def test_it_arrives_signed_under_the_events_id(made: Made, event_id: UUID, customer: Customer) -> None:
    assert await send() == 1
    assert customer.ids() == [str(event_id)] and customer.forged == 0
    heard = customer.heard[0]
    with time_machine.travel(NOW, tick=False):
        assert Webhook(made.secret).verify(heard.raw, heard.headers)["id"] == str(event_id)
    row = await only_delivery()
    assert (row["state"], row["status"], row["tries"], row["body"]) == ("delivered", 200, 1, heard.raw)
    assert await send(NOW + DAY) == 0


async def test_after_a_rotation_both_secrets_sign_for_a_day(
    northgate: Northgate, made: Made, application_id: UUID, customer: Customer
) -> None:
    new = await endpoints.rotate(northgate.id, made.endpoint.id, now=NOW)
    assert new != made.secret and await endpoints.secret_of(northgate.id, made.endpoint.id) == new
    for after, key in ((HOUR, made.secret), (2 * HOUR, new), (25 * HOUR, new)):
        customer.keys["/hook"] = key
        await happen(northgate.id, application_id)
        await send(NOW + after)
    assert len(customer.heard) == 3 and customer.forged == 0
    assert [len(one.headers["webhook-signature"].split(" ")) for one in customer.heard] == [2, 2, 1]


async def test_a_secret_lies_sealed_in_the_table(made: Made) -> None:
    kept = await db.value("SELECT secret FROM webhook_endpoint")
    assert made.secret not in kept and made.secret.removeprefix("whsec_") not in kept


@pytest.mark.parametrize("vice", [Vice.BROKEN_BEFORE, Vice.RESET_BEFORE, Vice.RESET_AFTER, Vice.TOO_MANY, Vice.BROKEN_AFTER])
async def test_what_was_not_taken_is_tried_again_under_the_same_id(
    made: Made, event_id: UUID, customer: Customer, vice: Vice
) -> None:
    customer.vices.append(vice)
    await send()
    waiting = await only_delivery()
    assert waiting["state"] == "waiting" and waiting["error"] and NOW + 5 * SECOND <= waiting["next_at"] <= NOW + 6 * SECOND
    assert await send(NOW + 4 * SECOND) == 0
    assert await send(NOW + 6 * SECOND) == 1
    assert set(customer.ids()) == {str(event_id)}
    opened = await deliveries.open_delivery(waiting["workspace_id"], made.endpoint.id, waiting["id"])
    assert (opened.state, opened.tries) == (DeliveryState.DELIVERED, 2)
    assert [bool(one.error) for one in opened.attempts] == [False, True]


async def test_a_server_that_asks_for_a_rest_gets_it(
    northgate: Northgate, made: Made, event_id: UUID, application_id: UUID, customer: Customer
) -> None:
    customer.refusals.append(Answer(503, {"error": "busy"}, (("Retry-After", "600"),)))
    await send()
    await happen(northgate.id, application_id, EventKind.STARTED)
    assert await send(NOW + 9 * MINUTE) == 0, "others for this endpoint wait too"
    assert await send(NOW + 10 * MINUTE) == 2
    assert len(customer.heard) == 2


async def test_410_gone_disables_it_and_admins_hear_of_it(
    northgate: Northgate, made: Made, event_id: UUID, application_id: UUID, customer: Customer
) -> None:
    customer.refusals.append(GONE)
    await send()
    endpoint = await endpoints.get_endpoint(northgate.id, made.endpoint.id)
    assert (endpoint.health, endpoint.why_disabled) == (Health.DISABLED, Why.GONE)
    assert (await only_delivery())["state"] == "failed"
    post = Post()
    post.refuses = [Later("not now")]
    assert await notices.send_due(NOW, post) == 1 and post.carried == []
    assert await notices.send_due(NOW, post) == 1 and await notices.send_due(NOW, post) == 0
    letter = post.carried[0]
    assert letter.to_address == "admin@northgate.example" and "410 Gone" in letter.text
    assert f"/app/settings/webhooks/{made.endpoint.id}" in letter.text and "Ana" not in letter.text


async def test_it_follows_no_redirect_and_says_so(made: Made, event_id: UUID, customer: Customer) -> None:
    customer.refusals.append(REDIRECT)
    await send()
    row = await only_delivery()
    assert (row["state"], row["status"]) == ("waiting", 302) and "Redirects are not followed" in row["error"]


async def test_of_a_long_answer_the_beginning_is_kept(
    northgate: Northgate, made: Made, event_id: UUID, customer: Customer
) -> None:
    customer.large = 5_000_000
    await send()
    row = await only_delivery()
    opened = await deliveries.open_delivery(northgate.id, made.endpoint.id, row["id"])
    assert (row["state"], len(opened.attempts[0].answer)) == ("delivered", sending.ANSWER)


async def test_a_name_that_leads_inside_by_now_is_not_called(
    made: Made, event_id: UUID, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It led elsewhere when it was typed."""
    monkeypatch.undo()
    await send()
    row = await only_delivery()
    assert row["state"] == "waiting" and row["status"] is None and "private network" in row["error"]
    assert customer.connections == 0


async def test_one_that_hangs_holds_up_no_other(
    northgate: Northgate, made: Made, application_id: UUID, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 1.0)
    with Customer() as slow:
        slow.always = Vice.HANG_BEFORE
        await listen(northgate.id, slow)
        for _ in range(12):
            await happen(northgate.id, application_id)
        await publishing.publish(NOW)
        work = asyncio.create_task(sending.send_due(lambda: NOW))
        assert await asyncio.to_thread(until, lambda: len(customer.heard) == 12), "all of the others', while it hangs"
        assert not work.done() and len(slow.asked) <= sending.EACH
        await work
    hanging = await db.row("SELECT id, failing_since, paused_until FROM webhook_endpoint WHERE failing_since IS NOT NULL")
    assert hanging is not None and hanging["paused_until"] == NOW + sending.REST
    assert not await sending.anything_due(NOW + 7 * SECOND), "it rests"
    later = await sending.claim_due(NOW + 2 * MINUTE, 40)
    assert [one.endpoint_id for one in later] == [hanging["id"]], "and then it is tried with one call"


async def test_a_worker_that_died_after_its_claim_leaves_it_to_another(made: Made, event_id: UUID, customer: Customer) -> None:
    await publishing.publish(NOW)
    assert len(await sending.claim_due(NOW, 10)) == 1
    assert await send(NOW + LEASE - SECOND) == 0, "it may still be on its way"
    assert await send(NOW + LEASE) == 1
    assert customer.ids() == [str(event_id)]


async def test_a_worker_that_died_after_its_call_sends_it_again_under_the_same_id(
    made: Made, event_id: UUID, customer: Customer
) -> None:
    await publishing.publish(NOW)
    [claimed] = await sending.claim_due(NOW, 10)
    await sending.call(claimed, lambda: NOW)  # and dies before it is recorded
    assert await send(NOW + LEASE) == 1
    assert customer.ids() == [str(event_id)] * 2
    assert (await only_delivery())["tries"] == 2


async def test_a_worker_that_comes_back_late_takes_nothing_from_another(made: Made, event_id: UUID, customer: Customer) -> None:
    await publishing.publish(NOW)
    [early] = await sending.claim_due(NOW, 10)
    [late] = await sending.claim_due(NOW + LEASE, 10)
    failed = sending.Outcome(at=NOW, error="It answered 500.")
    await sending.record(early, failed, NOW + LEASE, chance=0)
    assert (await only_delivery())["state"] == "sending", "its failure is nobody's business any more"
    await sending.record(late, failed, NOW + LEASE, chance=0)
    await sending.record(early, sending.Outcome(at=NOW, status=200), NOW + LEASE, chance=0)
    assert (await only_delivery())["state"] == "delivered", "but what was taken was taken"


async def test_many_workers_claim_each_delivery_once(
    northgate: Northgate, made: Made, application_id: UUID, customer: Customer
) -> None:
    for _ in range(30):
        await happen(northgate.id, application_id)
    await publishing.publish(NOW)
    await asyncio.gather(*(sending.send_due(lambda: NOW) for _ in range(3)))
    assert len(customer.ids()) == len(set(customer.ids())) == 30


async def fail_for(time: timedelta, customer: Customer) -> datetime:
    """The server is broken for so long; when the last try was."""
    customer.always, at = Vice.BROKEN_BEFORE, NOW
    next_due = (
        "SELECT min(next_at) FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id WHERE e.disabled_at IS NULL"
    )
    while at <= NOW + time and (due := await db.value(next_due)):
        at = max(at, due)
        await send(at)
    customer.always = None
    return at


async def test_after_three_days_without_a_success_it_is_disabled(
    northgate: Northgate, made: Made, event_id: UUID, application_id: UUID, customer: Customer
) -> None:
    await publishing.publish(NOW)
    await fail_for(2 * DAY, customer)
    assert (await endpoints.get_endpoint(northgate.id, made.endpoint.id)).health is Health.FAILING
    await happen(northgate.id, application_id, EventKind.STARTED)
    at = await fail_for(4 * DAY, customer)
    endpoint = await endpoints.get_endpoint(northgate.id, made.endpoint.id)
    assert endpoint.why_disabled is Why.FAILING and at - NOW >= 3 * DAY
    assert await db.value("SELECT count(*) FROM webhook_notice") == 1, "one admin, told once"
    waiting = await db.value("SELECT count(*) FROM webhook_delivery WHERE state = 'waiting'")
    assert waiting and await send(at + DAY) == 0
    await endpoints.enable(northgate.id, endpoint.id, now=at + DAY)
    assert await send(at + DAY) == waiting, "what waits goes on"
    assert (await endpoints.get_endpoint(northgate.id, endpoint.id)).health is Health.FINE


async def test_one_success_in_between_keeps_it_going(
    northgate: Northgate, made: Made, event_id: UUID, application_id: UUID, customer: Customer
) -> None:
    await publishing.publish(NOW)
    at = await fail_for(2 * DAY, customer)
    await happen(northgate.id, application_id, EventKind.STARTED)
    await send(at)
    await fail_for(4 * DAY, customer)
    assert (await endpoints.get_endpoint(northgate.id, made.endpoint.id)).disabled_at is None


async def test_what_failed_for_good_can_be_sent_again(
    northgate: Northgate, made: Made, event_id: UUID, customer: Customer
) -> None:
    await publishing.publish(NOW)
    await db.run("UPDATE webhook_delivery SET tries = 9")
    customer.refusals.append(BUSY)
    await send()
    row = await only_delivery()
    assert row["state"] == "failed" and "503" in row["error"]
    again = {"since": NOW + SECOND, "now": NOW + HOUR}
    assert await deliveries.replay_failed(northgate.id, made.endpoint.id, **again) == 0
    assert await deliveries.replay_failed(northgate.id, made.endpoint.id, **again | {"since": NOW}) == 1
    await send(NOW + HOUR)
    assert await deliveries.replay(northgate.id, made.endpoint.id, row["id"], now=NOW + HOUR)
    await send(NOW + HOUR)
    assert customer.ids() == [str(event_id)] * 2, "the receiver knows by the id that it had it"


async def test_a_test_goes_at_once(northgate: Northgate, made: Made, customer: Customer) -> None:
    await endpoints.send_test(northgate.id, made.endpoint.id, member_name="Mara Lind", now=NOW)
    await send()
    assert customer.heard[0].body["type"] == "ping" and "Mara Lind" in customer.heard[0].body["data"]["message"]
    await endpoints.disable(northgate.id, made.endpoint.id, now=NOW)
    with pytest.raises(Invalid):
        await endpoints.send_test(northgate.id, made.endpoint.id, member_name="Mara Lind", now=NOW)


async def test_a_secret_that_cannot_be_read_stops_only_its_own(
    northgate: Northgate, made: Made, event_id: UUID, customer: Customer
) -> None:
    await listen(northgate.id, customer, "/other")
    await db.run("UPDATE webhook_endpoint SET secret = 'nonsense' WHERE id = $1", made.endpoint.id)
    await send()
    assert len(customer.heard) == 1
    assert "can't be read" in await db.value("SELECT error FROM webhook_delivery WHERE state = 'waiting'")
    assert await endpoints.secret_of(northgate.id, made.endpoint.id) == ""


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://10.0.0.1/hook", "private network"),
        ("https://169.254.169.254/latest/meta-data", "private network"),
        ("http://example.com/hook", "https://"),
        ("hook", "https://"),
    ],
)
async def test_an_address_inside_is_refused_when_it_is_typed(northgate: Northgate, url: str, says: str) -> None:
    with pytest.raises(Invalid) as raised:
        await endpoints.create(northgate.id, Wanted(url=url, kinds=[]), now=NOW)
    assert says in raised.value.errors["url"] and "kinds" in raised.value.errors


async def test_what_ended_long_ago_is_forgotten(
    northgate: Northgate, made: Made, event_id: UUID, application_id: UUID, customer: Customer
) -> None:
    await send()
    assert await deliveries.forget_old(NOW + 30 * DAY) == 0
    assert await deliveries.forget_old(NOW + 31 * DAY) == 1
    await endpoints.delete(northgate.id, made.endpoint.id, now=NOW)
    await endpoints.bring_back(northgate.id, made.endpoint.id)
    await endpoints.delete(northgate.id, made.endpoint.id, now=NOW)
    await deliveries.forget_old(NOW + 2 * DAY)
    assert await db.value("SELECT count(*) FROM webhook_endpoint") == 0


async def test_the_first_bytes_are_read_and_no_more(customer: Customer) -> None:
    customer.large = 5_000_000
    made = customer.keys["/x"] = "whsec_" + "YWJj" * 8
    assert made
    reply = await outward.call("POST", customer.url + "/x", body=b"{}", first=10)
    assert reply.status == 401 and len(reply.body) < 65_537
