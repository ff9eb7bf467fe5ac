"""What is read from the environment about those who carry messages, and what `portal doctor` says of it."""

from collections.abc import Iterator

import pytest

from portal import doctor, redis
from portal.messages import pace
from portal.messages.providers import Unusable
from portal.settings import Settings, SettingsError, load
from tests.doubles.sendgrid import Keys, SendGridDouble
from tests.doubles.signing import SendGridKey
from tests.doubles.smtp import SmtpDouble
from tests.doubles.twilio import TwilioDouble
from tests.messages.carriers import set_up
from tests.servers import TestServers

pytestmark = pytest.mark.no_stores

ACCOUNT = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "token"}


def test_nothing_is_needed() -> None:
    given = load({})
    assert (given.sendgrid_api_key, given.smtp_url, given.twilio_account_sid) == ("", "", "")
    assert (given.sendgrid_api_url, given.twilio_api_url) == ("https://api.sendgrid.com", "https://api.twilio.com")
    assert (given.email_per_second, given.sms_per_second, given.twilio_callbacks) == (10, 1, False)


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"PORTAL_SMTP_URL": "mail.example.com"}, "PORTAL_SMTP_URL is not an address such as"),
        ({"PORTAL_SMTP_URL": "smtp://mail.example.com?tls"}, "PORTAL_SMTP_URL is not an address such as"),
        ({"PORTAL_SMTP_URL": "smtp://mail.example.com:99999"}, "PORTAL_SMTP_URL is not an address such as"),
        ({"PORTAL_EMAIL_FROM": "Northgate"}, "PORTAL_EMAIL_FROM is 'Northgate': give an address"),
        ({"PORTAL_EMAIL_PER_SECOND": "many"}, "PORTAL_EMAIL_PER_SECOND is 'many': give a number"),
        ({"PORTAL_SMS_PER_SECOND": "0"}, "PORTAL_SMS_PER_SECOND is '0': give a number"),
        ({"PORTAL_SMS_PER_SECOND": "nan"}, "PORTAL_SMS_PER_SECOND is 'nan': give a number"),
        ({"SENDGRID_API_URL": "api.sendgrid.com"}, "SENDGRID_API_URL is 'api.sendgrid.com': give scheme and host alone"),
        ({"SENDGRID_WEBHOOK_PUBLIC_KEY": "not a key"}, "SENDGRID_WEBHOOK_PUBLIC_KEY is not a key"),
        ({"TWILIO_ACCOUNT_SID": "AC" + "0" * 32}, "TWILIO_AUTH_TOKEN is not set"),
        ({"TWILIO_AUTH_TOKEN": "token"}, "TWILIO_ACCOUNT_SID is not set"),
        (ACCOUNT | {"TWILIO_ACCOUNT_SID": "SK123"}, "TWILIO_ACCOUNT_SID is 'SK123': it begins with AC"),
        ({"TWILIO_FROM": "0161 496 0000"}, "TWILIO_FROM is '0161 496 0000': give a number with its country code"),
        ({"TWILIO_CALLBACKS": "yes"}, "TWILIO_CALLBACKS is 'yes': give 1 or 0"),
    ],
)
def test_a_wrong_value_is_named_in_one_sentence(env: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(env)
    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)


def test_secrets_are_in_no_message() -> None:
    env = ACCOUNT | {"TWILIO_AUTH_TOKEN": "hush1", "SENDGRID_API_KEY": "hush2", "PORTAL_SMTP_URL": "smtp://me:hush3@mail.example"}
    assert "hush" not in repr(load(env | {"TWILIO_AUTH_TOKEN_BEFORE": "hush4"}))
    with pytest.raises(SettingsError) as raised:
        load({"PORTAL_SMTP_URL": "http://me:hush@mail.example"})
    assert "hush" not in str(raised.value)


def test_a_key_may_be_broken_over_lines() -> None:
    key = SendGridKey().public_key_base64
    assert load({"SENDGRID_WEBHOOK_PUBLIC_KEY": f" {key[:64]}\n{key[64:]}\n"}).sendgrid_webhook_public_key == key


@pytest.mark.parametrize("sender", ["+15550100100", "MG" + "a1" * 16, ""])
def test_texts_come_from_a_number_or_a_service(sender: str) -> None:
    assert load({"TWILIO_FROM": sender}).twilio_from == sender


def test_reports_are_asked_for_when_the_portal_can_be_reached_safely() -> None:
    assert load({"PORTAL_PUBLIC_URL": "https://jobs.example.com"}).twilio_callbacks
    assert not load({"PORTAL_PUBLIC_URL": "https://jobs.example.com", "TWILIO_CALLBACKS": "0"}).twilio_callbacks
    assert load({"TWILIO_CALLBACKS": "1"}).twilio_callbacks


@pytest.fixture
def sendgrid() -> Iterator[SendGridDouble]:
    with SendGridDouble() as running:
        yield running


@pytest.fixture
def twilio() -> Iterator[TwilioDouble]:
    with TwilioDouble() as running:
        yield running


async def look(given: Settings) -> dict[str, str]:
    return {f"{finding.subject} {finding.state.value}": finding.text async for finding in doctor.providers(given)}


async def test_doctor_says_that_nothing_is_sent() -> None:
    outbox = "Nothing is sent: messages stand on the outbox page."
    assert await look(load({})) == {"email warning": outbox, "sms warning": outbox}


async def test_doctor_asks_each_provider_about_its_key(sendgrid: SendGridDouble, twilio: TwilioDouble) -> None:
    with SmtpDouble() as smtp:
        both = await look(load(set_up(sendgrid, twilio=twilio)))
        mail = await look(load(set_up(smtp=smtp)))
    assert both == {
        "email ok": "SendGrid knows the key, and it may send.",
        "sms ok": "Twilio knows the account, and it is active.",
    }
    assert mail["email ok"] == "The mail server answers, not over TLS."


async def test_doctor_says_what_to_correct(sendgrid: SendGridDouble, twilio: TwilioDouble) -> None:
    found = await look(load(set_up(sendgrid, twilio=twilio) | {"SENDGRID_API_KEY": "SG.old", "TWILIO_AUTH_TOKEN": "old"}))
    assert "correct SENDGRID_API_KEY" in found["email wrong"]
    assert "correct TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN" in found["sms wrong"]


async def test_doctor_finds_a_key_that_may_not_send() -> None:
    with SendGridDouble(Keys(scopes=("stats.read",))) as reading:
        found = await look(load(set_up(reading)))
    assert "give it the permission Mail Send" in found["email wrong"]


async def test_doctor_does_not_call_a_key_wrong_that_nobody_could_look_at(sendgrid: SendGridDouble) -> None:
    sendgrid.refuse()
    found = await look(load(set_up(sendgrid)))
    assert found["email warning"] == "SendGrid could not be reached: its key could not be looked at."


async def test_doctor_misses_the_sender(sendgrid: SendGridDouble) -> None:
    found = await look(load(set_up(sendgrid) | {"PORTAL_EMAIL_FROM": ""}))
    assert found["email warning"].endswith("But PORTAL_EMAIL_FROM is not set: each workspace needs a sender of its own.")


async def test_doctor_tells_that_messages_wait(sendgrid: SendGridDouble, servers: TestServers) -> None:
    given = load(set_up(sendgrid) | {"REDIS_URL": servers.redis_url})
    await redis.open(servers.redis_url)
    await redis.client().flushall()
    await pace.heard("sendgrid", "jobs@northgate.example", Unusable("correct SENDGRID_API_KEY"))
    await redis.close()
    pace.forget()
    found = await look(given)
    assert found["email ok"] == "SendGrid knows the key, and it may send."
    assert found["email warning"] == "Messages wait, since it has failed: correct SENDGRID_API_KEY."
