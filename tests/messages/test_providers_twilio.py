"""Twilio, against a server that speaks as it does: what is sent, what each of its answers means, and how a lost text is found."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from portal.messages.providers import (
    Fault,
    Found,
    Later,
    Refused,
    SenderUnusable,
    Sought,
    TooMany,
    Uncertain,
    Unreachable,
    Unusable,
)
from portal.messages.providers import twilio as module
from portal.messages.providers.calling import asked_to_wait
from portal.messages.providers.twilio import Twilio
from portal.messages.words import Channel
from portal.settings import load
from tests.doubles.server import RETRY_AFTER, Vice
from tests.doubles.twilio import TwilioDouble
from tests.messages.carriers import LINK, MESSAGE_ID, NOON, letter, set_up, settings_for

pytestmark = pytest.mark.no_stores

TEXT = letter(Channel.SMS)


@pytest.fixture
def double() -> Iterator[TwilioDouble]:
    with TwilioDouble() as running:
        running.created_at = NOON
        yield running


def twilio_of(double: TwilioDouble, **more: str) -> Twilio:
    return Twilio(load(set_up(twilio=double) | more), now=lambda: NOON)


@pytest.fixture
def twilio(double: TwilioDouble) -> Twilio:
    return twilio_of(double)


def sought(**changes: object) -> Sought:
    plain = {"to_address": TEXT.to_address, "from_address": "", "link": LINK, "not_before": NOON - timedelta(minutes=5)}
    return Sought(**(plain | changes))  # type: ignore[arg-type]


async def test_a_text_arrives_as_it_was_written(double: TwilioDouble, twilio: Twilio) -> None:
    accepted = await twilio.send(TEXT)
    [text] = double.accepted
    assert (accepted.provider_id, text.to, text.from_, text.body) == (text.sid, "+15550100200", double.number, TEXT.text)
    assert text.status_callback == f"https://portal.test/hooks/twilio/status?message={MESSAGE_ID}"
    assert set(text.form) == {"To", "From", "Body", "StatusCallback"}


async def test_a_messaging_service_sends_too(double: TwilioDouble, twilio: Twilio) -> None:
    await twilio.send(letter(Channel.SMS, from_address=double.service))
    [text] = double.accepted
    assert (text.service, text.from_, text.state) == (double.service, "", "accepted")


async def test_reports_are_asked_for_only_where_twilio_can_bring_them(double: TwilioDouble) -> None:
    await twilio_of(double, PORTAL_PUBLIC_URL="http://localhost:8000").send(TEXT)
    await twilio_of(double, PORTAL_PUBLIC_URL="http://jobs.example.com", TWILIO_CALLBACKS="1").send(TEXT)
    await twilio_of(double, TWILIO_CALLBACKS="0").send(TEXT)
    assert [bool(text.status_callback) for text in double.accepted] == [False, True, False]


@pytest.mark.parametrize(
    ("ends", "seconds"),
    [(timedelta(hours=1), 3600), (timedelta(seconds=1), 1), (timedelta(hours=11), 36_000), (None, None)],
)
async def test_a_text_does_not_outlive_the_hours_in_which_it_may_arrive(
    double: TwilioDouble, twilio: Twilio, ends: timedelta | None, seconds: int | None
) -> None:
    await twilio.send(letter(Channel.SMS, valid_until=NOON + ends if ends else None))
    assert double.accepted[0].form.get("ValidityPeriod") == (str(seconds) if seconds else None)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(milliseconds=-900), timedelta(hours=-1)])
async def test_a_text_that_is_too_late_stays(double: TwilioDouble, twilio: Twilio, late: timedelta) -> None:
    with pytest.raises(Later):
        await twilio.send(letter(Channel.SMS, valid_until=NOON + late))
    assert double.asked == []


async def test_connections_are_used_again(double: TwilioDouble, twilio: Twilio) -> None:
    for _ in range(10):
        await twilio.send(TEXT)
    assert (len(double.accepted), double.connections) == (10, 1)


MEANINGS: list[tuple[Vice, type[Exception], int]] = [
    (Vice.REFUSED, Refused, 0),
    (Vice.INVALID_ADDRESS, Refused, 0),
    (Vice.OPTED_OUT, Refused, 0),
    (Vice.TOO_MANY, TooMany, 0),
    (Vice.TOO_MANY_WAIT, TooMany, 0),
    (Vice.UNAUTHORISED, Unusable, 0),
    (Vice.FORBIDDEN, Unusable, 0),
    (Vice.RESET_BEFORE, Uncertain, 0),
    (Vice.RESET_AFTER, Uncertain, 1),
    (Vice.BROKEN_BEFORE, Uncertain, 0),
    (Vice.BROKEN_AFTER, Uncertain, 1),
    (Vice.GIBBERISH, Uncertain, 1),
]
"""A vice, what it means, and how many people got the text all the same."""


@pytest.mark.parametrize(("vice", "meaning", "arrived"), MEANINGS)
async def test_an_error_means(double: TwilioDouble, twilio: Twilio, vice: Vice, meaning: type[Exception], arrived: int) -> None:
    double.vices.append(vice)
    with pytest.raises(meaning) as raised:
        await twilio.send(TEXT)
    assert type(raised.value) is meaning
    assert len(double.accepted) == arrived


@pytest.mark.parametrize(("vice", "arrived"), [(Vice.HANG_BEFORE, 0), (Vice.HANG_AFTER, 1)])
async def test_silence_is_doubt(double: TwilioDouble, monkeypatch: pytest.MonkeyPatch, vice: Vice, arrived: int) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    double.vices.append(vice)
    with pytest.raises(Uncertain):
        await twilio_of(double).send(TEXT)
    assert len(double.accepted) == arrived


async def test_the_time_to_come_back_is_read(double: TwilioDouble, twilio: Twilio) -> None:
    double.vices.extend([Vice.TOO_MANY, Vice.TOO_MANY_WAIT])
    waits = []
    for _ in range(2):
        with pytest.raises(TooMany) as raised:
            await twilio.send(TEXT)
        waits.append(raised.value.seconds)
    assert waits == [None, RETRY_AFTER]


SENT, LATER = "Fri, 27 Nov 2026 12:00:00 GMT", "Fri, 27 Nov 2026 12:01:30 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": LATER, "Date": SENT}, 90),
        ({"Retry-After": SENT, "Date": LATER}, None),
        ({"Retry-After": LATER}, None),
        ({"Retry-After": LATER, "Date": "27 Nov 2026 12:00:00"}, None),
        ({"Retry-After": "soon", "Date": SENT}, None),
        ({"Retry-After": "-1"}, None),
        ({}, None),
    ],
)
def test_when_to_come_back_may_be_said_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_to_wait(headers) == seconds


async def test_a_refused_connection_left_nothing_behind(double: TwilioDouble, twilio: Twilio) -> None:
    double.refuse()
    with pytest.raises(Unreachable):
        await twilio.send(TEXT)
    double.listen()
    await twilio.send(TEXT)
    assert len(double.accepted) == 1


async def test_those_who_opted_out_are_told_from_numbers_that_are_none(double: TwilioDouble, twilio: Twilio) -> None:
    double.opted_out.add(TEXT.to_address)
    faults = []
    for address in (TEXT.to_address, "5550100"):
        with pytest.raises(Refused) as raised:
            await twilio.send(letter(Channel.SMS, to_address=address))
        faults.append(raised.value.fault)
    assert faults == [Fault.OPTED_OUT, Fault.INVALID_ADDRESS]


@pytest.mark.parametrize(
    ("code", "meaning", "fault"),
    [
        (21610, Refused, Fault.OPTED_OUT),
        (21211, Refused, Fault.INVALID_ADDRESS),
        (21614, Refused, Fault.INVALID_ADDRESS),
        (21408, Refused, Fault.OTHER),
        (21617, Refused, Fault.OTHER),
        (99999, Refused, Fault.OTHER),
        (21606, SenderUnusable, None),
        (21705, SenderUnusable, None),
        (21611, TooMany, None),
        (21609, Unusable, None),
    ],
)
def test_a_code_of_twilios_means(code: int, meaning: type[Exception], fault: Fault | None) -> None:
    error = module._refusal(code, "said")
    assert type(error) is meaning
    assert getattr(error, "fault", None) is fault


async def test_a_number_that_is_not_ours_fails_nobodys_text(double: TwilioDouble, twilio: Twilio) -> None:
    with pytest.raises(SenderUnusable, match="21606"):
        await twilio.send(letter(Channel.SMS, from_address="+15550100999"))
    with pytest.raises(SenderUnusable, match="TWILIO_FROM"):
        await twilio_of(double, TWILIO_FROM="").send(TEXT)


async def test_a_callback_that_twilio_can_not_bring_fails_nobodys_text(double: TwilioDouble) -> None:
    with pytest.raises(Unusable, match="PORTAL_PUBLIC_URL"):
        await twilio_of(double, PORTAL_PUBLIC_URL="http://localhost:8000", TWILIO_CALLBACKS="1").send(TEXT)


async def test_without_a_token_messages_wait_for_one(double: TwilioDouble) -> None:
    with pytest.raises(Unusable, match="not set"):
        await Twilio(settings_for()).send(TEXT)
    with pytest.raises(Unusable, match="correct TWILIO_ACCOUNT_SID"):
        await twilio_of(double, TWILIO_AUTH_TOKEN="wrong").send(TEXT)


async def test_a_lost_text_is_found_by_its_link(double: TwilioDouble, twilio: Twilio) -> None:
    double.vices.append(Vice.RESET_AFTER)
    with pytest.raises(Uncertain):
        await twilio.send(TEXT)
    await twilio.send(letter(Channel.SMS, text="Another text"))
    assert await twilio.find(sought()) == Found(double.accepted[0].sid, "sent")


async def test_what_was_never_taken_is_not_found(double: TwilioDouble, twilio: Twilio) -> None:
    double.vices.append(Vice.RESET_BEFORE)
    with pytest.raises(Uncertain):
        await twilio.send(TEXT)
    await twilio.send(letter(Channel.SMS, to_address="+15550100300"))
    assert await twilio.find(sought()) is None


async def test_an_old_text_with_the_link_is_another(double: TwilioDouble, twilio: Twilio) -> None:
    await twilio.send(TEXT)
    assert await twilio.find(sought(not_before=NOON + timedelta(minutes=1))) is None


async def test_a_lost_text_is_found_behind_many_others(double: TwilioDouble, twilio: Twilio) -> None:
    await twilio.send(TEXT)
    first = double.accepted[0]
    for number in range(150):
        double._keep(first.form | {"Body": f"Text {number}"})
    found = await twilio.find(sought())
    assert found is not None and found.provider_id == first.sid
    pages = [asked for asked in double.asked if asked.method == "GET"]
    assert len(pages) == 2


@pytest.mark.parametrize(
    ("status", "code", "found"),
    [("delivered", None, ("delivered", "")), ("undelivered", 30005, ("failed", "Twilio 30005")), ("queued", None, ("sent", ""))],
)
async def test_a_found_text_tells_its_state(
    double: TwilioDouble, twilio: Twilio, status: str, code: int | None, found: tuple[str, str]
) -> None:
    await twilio.send(TEXT)
    double.accepted[0].state, double.accepted[0].error_code = status, code
    seen = await twilio.find(sought())
    assert seen is not None and (seen.state, seen.error) == found


async def test_where_bodies_are_blotted_out_nothing_is_proved(double: TwilioDouble, twilio: Twilio) -> None:
    await twilio.send(TEXT)
    double.accepted[0].body = ""
    with pytest.raises(Uncertain):
        await twilio.find(sought())


async def test_a_search_that_fails_is_made_again_later(double: TwilioDouble, twilio: Twilio) -> None:
    double.refuse()
    with pytest.raises(Later):
        await twilio.find(sought())


async def test_a_look_says_whether_the_account_is_active(double: TwilioDouble, twilio: Twilio) -> None:
    assert await twilio.look() == "Twilio knows the account, and it is active."
    double.account_status = "suspended"
    with pytest.raises(Unusable, match="suspended"):
        await twilio.look()
