"""SendGrid, against a server that speaks as it does: what is sent, and what each of its answers means for the message."""

from collections.abc import Iterator
from typing import Any

import pytest

from portal.messages.providers import (
    Fault,
    Later,
    Refused,
    SenderUnusable,
    TooMany,
    Uncertain,
    Unreachable,
    Unusable,
    calling,
)
from portal.messages.providers import sendgrid as module
from portal.messages.providers.sendgrid import SendGrid
from tests.doubles.sendgrid import Problem, SendGridDouble, check
from tests.doubles.server import RETRY_AFTER, Vice
from tests.messages.carriers import LINK, MESSAGE_ID, letter, settings_for

pytestmark = pytest.mark.no_stores


@pytest.fixture
def double() -> Iterator[SendGridDouble]:
    with SendGridDouble() as running:
        yield running


@pytest.fixture
def sendgrid(double: SendGridDouble) -> SendGrid:
    return SendGrid(settings_for(double))


async def test_an_email_arrives_as_it_was_written(double: SendGridDouble, sendgrid: SendGrid) -> None:
    accepted = await sendgrid.send(letter(reply_to="answers@northgate.example"))
    [mail] = double.accepted
    assert accepted.provider_id == mail.id
    assert mail.body["personalizations"] == [{"to": [{"email": "ana.duarte@example.com", "name": "Ana Duarte"}]}]
    assert mail.body["from"] == {"email": "jobs@northgate.example", "name": "Northgate Care"}
    assert mail.body["reply_to"] == {"email": "answers@northgate.example"}
    assert mail.body["subject"] == "Your interview — 8 minutes"
    assert [part["type"] for part in mail.body["content"]] == ["text/plain", "text/html"]
    assert LINK in mail.text


async def test_sendgrid_learns_nothing_but_an_opaque_id(double: SendGridDouble, sendgrid: SendGrid) -> None:
    await sendgrid.send(letter())
    [mail] = double.accepted
    assert mail.body["custom_args"] == {"message_id": str(MESSAGE_ID)}
    assert "categories" not in mail.body


async def test_links_are_not_rewritten_and_opens_not_watched(double: SendGridDouble, sendgrid: SendGrid) -> None:
    await sendgrid.send(letter())
    tracking = double.accepted[0].body["tracking_settings"]
    assert tracking["click_tracking"] == {"enable": False, "enable_text": False}
    assert tracking["open_tracking"] == {"enable": False}


async def test_unsubscribing_by_one_click_is_offered_when_there_is_an_address_for_it(
    double: SendGridDouble, sendgrid: SendGrid
) -> None:
    await sendgrid.send(letter())
    await sendgrid.send(letter(unsubscribe_url="https://portal.test/p/abc/stop"))
    without, with_it = double.accepted
    assert "headers" not in without.body
    assert with_it.body["headers"] == {
        "List-Unsubscribe": "<https://portal.test/p/abc/stop>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


async def test_connections_are_used_again(double: SendGridDouble, sendgrid: SendGrid) -> None:
    for _ in range(10):
        await sendgrid.send(letter())
    assert (len(double.accepted), double.connections) == (10, 1)


MEANINGS: list[tuple[Vice, type[Exception], int]] = [
    (Vice.REFUSED, Refused, 0),
    (Vice.INVALID_ADDRESS, Refused, 0),
    (Vice.TOO_MANY, TooMany, 0),
    (Vice.TOO_MANY_WAIT, TooMany, 0),
    (Vice.UNAUTHORISED, Unusable, 0),
    (Vice.FORBIDDEN, SenderUnusable, 0),
    (Vice.RESET_BEFORE, Uncertain, 0),
    (Vice.RESET_AFTER, Uncertain, 1),
    (Vice.BROKEN_BEFORE, Uncertain, 0),
    (Vice.BROKEN_AFTER, Uncertain, 1),
]
"""A vice, what it means, and how many people got the email all the same."""


@pytest.mark.parametrize(("vice", "meaning", "arrived"), MEANINGS)
async def test_an_error_means(
    double: SendGridDouble, sendgrid: SendGrid, vice: Vice, meaning: type[Exception], arrived: int
) -> None:
    double.vices.append(vice)
    with pytest.raises(meaning) as raised:
        await sendgrid.send(letter())
    assert type(raised.value) is meaning
    assert len(double.accepted) == arrived


@pytest.mark.parametrize(("vice", "arrived"), [(Vice.HANG_BEFORE, 0), (Vice.HANG_AFTER, 1)])
async def test_silence_is_doubt(double: SendGridDouble, monkeypatch: pytest.MonkeyPatch, vice: Vice, arrived: int) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    double.vices.append(vice)
    with pytest.raises(Uncertain):
        await SendGrid(settings_for(double)).send(letter())
    assert len(double.accepted) == arrived


async def test_a_slow_answer_is_an_answer(double: SendGridDouble, sendgrid: SendGrid) -> None:
    double.vices.append(Vice.SLOW)
    await sendgrid.send(letter())
    assert len(double.accepted) == 1


async def test_the_time_to_come_back_is_read(double: SendGridDouble, sendgrid: SendGrid) -> None:
    double.vices.extend([Vice.TOO_MANY, Vice.TOO_MANY_WAIT])
    waits = []
    for _ in range(2):
        with pytest.raises(TooMany) as raised:
            await sendgrid.send(letter())
        waits.append(raised.value.seconds)
    assert waits == [None, RETRY_AFTER]


async def test_a_refused_connection_left_nothing_behind(double: SendGridDouble, sendgrid: SendGrid) -> None:
    double.refuse()
    with pytest.raises(Unreachable):
        await sendgrid.send(letter())
    double.listen()
    await sendgrid.send(letter())
    assert len(double.accepted) == 1


async def test_a_host_without_a_name_left_nothing_behind() -> None:
    nowhere = SendGrid(settings_for(SENDGRID_API_KEY="SG.x", SENDGRID_API_URL="http://nowhere.invalid"))
    with pytest.raises(Unreachable):
        await nowhere.send(letter())


async def test_a_kept_connection_that_died_meanwhile_is_no_doubt(double: SendGridDouble, sendgrid: SendGrid) -> None:
    await sendgrid.send(letter())
    double.refuse()
    double.listen()
    await sendgrid.send(letter())
    assert (len(double.accepted), double.connections) == (2, 2)


async def test_a_bad_address_is_told_from_other_faults(double: SendGridDouble, sendgrid: SendGrid) -> None:
    with pytest.raises(Refused) as raised:
        await sendgrid.send(letter(to_address="nobody"))
    assert raised.value.fault is Fault.INVALID_ADDRESS
    with pytest.raises(Refused) as raised:
        await sendgrid.send(letter(subject=""))
    assert raised.value.fault is Fault.OTHER
    assert double.accepted == []


async def test_without_a_key_messages_wait_for_one(double: SendGridDouble) -> None:
    with pytest.raises(Unusable, match="SENDGRID_API_KEY is not set"):
        await SendGrid(settings_for()).send(letter())
    with pytest.raises(Unusable, match="correct SENDGRID_API_KEY"):
        await SendGrid(settings_for(double, SENDGRID_API_KEY="SG.wrong")).send(letter())
    with pytest.raises(SenderUnusable, match="PORTAL_EMAIL_FROM"):
        await SendGrid(settings_for(double)).send(letter(from_address=""))


async def test_a_look_says_whether_the_key_may_send(double: SendGridDouble, sendgrid: SendGrid) -> None:
    assert await sendgrid.look() == "SendGrid knows the key, and it may send."
    double.keys.scopes = ("stats.read",)
    with pytest.raises(Unusable, match="Mail Send"):
        await sendgrid.look()
    with pytest.raises(Later, match="permission"):
        await sendgrid.send(letter())
    assert double.accepted == []


GOOD: dict[str, Any] = module.write(letter())


@pytest.mark.parametrize(
    "change",
    [
        {"to": "ana@example.com"},
        {"subject": ""},
        {"content": list(reversed(GOOD["content"]))},
        {"custom_args": {"message_id": 7}},
        {"headers": {"Reply-To": "x@example.com"}},
        {"tracking_settings": {"clicks": {"enable": False}}},
    ],
)
def test_the_double_refuses_what_sendgrid_would(change: dict[str, object]) -> None:
    check(GOOD)
    with pytest.raises(Problem):
        check(GOOD | change)


def test_a_call_has_less_time_than_delivery_grants() -> None:
    from portal.messages import delivery

    assert 2 * calling.PATIENCE < delivery.PATIENCE
