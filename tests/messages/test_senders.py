"""Settings, Sending: who carries a workspace's messages, from whom they come, and whether a provider takes a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.messages import pace, providers, senders, trials
from portal.messages.senders import Choice, choose, sender_of
from portal.messages.suppression import Cause, suppress
from portal.messages.words import Channel
from portal.settings import settings
from tests.cast import NOW, Northgate, post
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.server import Vice
from tests.doubles.smtp import SmtpDouble
from tests.doubles.twilio import TwilioDouble
from tests.messages.carriers import set_up

PATH = "/app/settings/sending"
NUMBER = "+447700900123"
TYPED = {
    "email_provider": "sendgrid",
    "sms_provider": "twilio",
    "from_name": "Northgate Jobs",
    "from_email": "Jobs@Northgate.example",
    "reply_to": "answers@northgate.example",
    "sms_from": "07700 900456",
    "postal_address": "1 High Street\nLeeds",
    "resend_after_minutes": "60",
}


@pytest.fixture(autouse=True)
def fresh(stores: None) -> Iterator[None]:
    yield
    pace.forget()


@pytest.fixture
def sendgrid() -> Iterator[SendGridDouble]:
    with SendGridDouble() as running:
        yield running


@pytest.fixture
def twilio() -> Iterator[TwilioDouble]:
    with TwilioDouble() as running:
        yield running


@pytest.fixture
def smtp() -> Iterator[SmtpDouble]:
    with SmtpDouble() as running:
        yield running


@contextmanager
def installed(monkeypatch: pytest.MonkeyPatch, env: dict[str, str]) -> Iterator[None]:
    """An installation that is set up like that."""
    with monkeypatch.context() as changed:
        for name, value in env.items():
            if name != "PORTAL_PUBLIC_URL":
                changed.setenv(name, value)
        settings.cache_clear()
        pace.forget_providers()
        yield
    settings.cache_clear()
    pace.forget_providers()


@pytest.fixture
def everything(
    monkeypatch: pytest.MonkeyPatch, sendgrid: SendGridDouble, smtp: SmtpDouble, twilio: TwilioDouble
) -> Iterator[None]:
    with installed(monkeypatch, set_up(sendgrid, smtp, twilio)):
        yield


async def test_a_new_installation_sends_nothing_and_says_so(northgate: Northgate, admin: httpx.AsyncClient) -> None:
    sender = await sender_of(northgate.id)
    assert (sender.email, sender.sms, sender.from_name) == ("outbox", "outbox", "Northgate Care")
    page = await admin.get(PATH)
    assert page.status_code == 200
    assert page.text.count("Nothing leaves this installation") == 2
    for variable in ("SENDGRID_API_KEY", "PORTAL_SMTP_URL", "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"):
        assert f"can be chosen once {variable}" in page.text
    assert "Send me a test" not in page.text


async def test_an_installation_with_keys_uses_them(northgate: Northgate, everything: None) -> None:
    sender = await sender_of(northgate.id)
    assert (sender.email, sender.sms) == ("sendgrid", "twilio")
    assert (sender.from_name, sender.from_email, sender.sms_from) == ("Northgate", "jobs@northgate.example", "+15005550006")
    assert sender.resend_after is None


async def test_the_mail_server_carries_where_there_is_no_sendgrid(
    northgate: Northgate, monkeypatch: pytest.MonkeyPatch, smtp: SmtpDouble
) -> None:
    with installed(monkeypatch, set_up(smtp=smtp)):
        assert (await sender_of(northgate.id)).email == "smtp"


async def test_the_demo_sends_nothing_whatever_keys_there_are(
    northgate: Northgate,
    admin: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    sendgrid: SendGridDouble,
    twilio: TwilioDouble,
) -> None:
    await choose(northgate.id, Choice(email_provider="sendgrid"), NOW)
    with installed(monkeypatch, set_up(sendgrid, twilio=twilio) | {"PORTAL_DEMO": "1"}):
        sender = await sender_of(northgate.id)
        assert (sender.email, sender.sms) == ("outbox", "outbox")
        assert [value for value, _, _ in senders.options(Channel.EMAIL)] == ["", "outbox"]
        assert "SendGrid can be chosen once PORTAL_DEMO=0 is set." in (await admin.get(PATH)).text


async def test_an_admin_chooses(northgate: Northgate, admin: httpx.AsyncClient, everything: None, outsider: SignedIn) -> None:
    answer = await post(admin, PATH, TYPED)
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    sender = await sender_of(northgate.id)
    assert (sender.email, sender.from_name, sender.from_email) == ("sendgrid", "Northgate Jobs", "jobs@northgate.example")
    assert (sender.sms, sender.sms_from, sender.reply_to) == ("twilio", "+447700900456", "answers@northgate.example")
    assert (sender.postal_address, sender.resend_after) == ("1 High Street\nLeeds", timedelta(hours=1))
    page = await admin.get(PATH)
    assert "Saved. The next message leaves this way." in page.text and "+447700900456" in page.text
    assert (await sender_of(outsider.workspace_id)).from_email == "jobs@northgate.example", "of the installation"


async def test_choosing_again_changes_the_choice(northgate: Northgate, admin: httpx.AsyncClient, everything: None) -> None:
    await post(admin, PATH, TYPED)
    await post(admin, PATH, TYPED | {"email_provider": "smtp", "resend_after_minutes": "0", "from_name": ""})
    sender = await sender_of(northgate.id)
    assert (sender.email, sender.resend_after, sender.from_name) == ("smtp", None, "Northgate")
    assert await db.value("SELECT count(*) FROM sender") == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email_provider": "twilio"}, "Choose who carries them from the list."),
        ({"sms_provider": "sendgrid"}, "Choose who carries them from the list."),
        ({"from_email": "nobody"}, "Give one email address"),
        ({"from_email": "a@b.example\r\nBcc: all@example.com"}, "Give one email address"),
        ({"reply_to": "a@b"}, "Give one email address"),
        ({"sms_from": "12"}, "Give a number with its country code"),
        ({"sms_from": "MG123"}, "Give a number with its country code"),
        ({"resend_after_minutes": "7"}, "Choose from the list."),
        ({"postal_address": "x" * 301}, "Use at most 300 characters"),
    ],
)
async def test_what_can_not_be_used_is_said_beside_the_field_and_kept(
    admin: httpx.AsyncClient, everything: None, change: dict[str, str], sentence: str
) -> None:
    answer = await post(admin, PATH, TYPED | change)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Northgate Jobs" in answer.text
    assert await db.value("SELECT count(*) FROM sender") == 0


async def test_a_provider_without_its_key_can_not_be_chosen(admin: httpx.AsyncClient) -> None:
    answer = await post(admin, PATH, TYPED)
    assert answer.status_code == 422
    assert "Choose who carries them from the list." in answer.text


async def test_whoever_sends_needs_somewhere_to_send_from(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, sendgrid: SendGridDouble, twilio: TwilioDouble
) -> None:
    with installed(monkeypatch, set_up(sendgrid, twilio=twilio) | {"PORTAL_EMAIL_FROM": "", "TWILIO_FROM": ""}):
        answer = await post(admin, PATH, TYPED | {"from_email": "", "sms_from": ""})
        assert answer.status_code == 422
        assert "PORTAL_EMAIL_FROM is not set" in answer.text and "TWILIO_FROM is not set" in answer.text
        assert (await post(admin, PATH, TYPED | {"sms_from": "MG" + "1" * 32})).status_code == 303


async def test_a_provider_that_loses_its_key_stays_chosen_and_its_messages_wait(
    northgate: Northgate, admin: httpx.AsyncClient
) -> None:
    await choose(northgate.id, Choice(email_provider="sendgrid"), NOW)
    assert (await sender_of(northgate.id)).email == "sendgrid"
    page = await admin.get(PATH)
    assert "SENDGRID_API_KEY is not set any more: messages wait." in page.text
    said = await trials.try_email(northgate.id, "Mara Lind", "mara@northgate.example")
    assert said.outcome is trials.Outcome.NOT_TAKEN


async def test_only_admins_see_and_change_it(
    recruiter: httpx.AsyncClient, marketer: httpx.AsyncClient, viewer: httpx.AsyncClient
) -> None:
    for client in (recruiter, marketer, viewer):
        assert (await client.get(PATH)).status_code == 403
        for path in (PATH, f"{PATH}/test-email", f"{PATH}/test-text"):
            assert (await post(client, path, TYPED)).status_code == 403


async def test_a_test_email_goes_to_the_admin(admin: httpx.AsyncClient, everything: None, sendgrid: SendGridDouble) -> None:
    assert (await post(admin, f"{PATH}/test-email")).status_code == 303
    [mail] = sendgrid.accepted
    assert mail.to == "admin@northgate.example"
    page = await admin.get(PATH)
    assert f"SendGrid took it for admin@northgate.example ({mail.id})" in page.text


async def test_a_test_email_by_the_mail_server(
    admin: httpx.AsyncClient, northgate: Northgate, everything: None, smtp: SmtpDouble
) -> None:
    await choose(northgate.id, Choice(email_provider="smtp"), NOW)
    await post(admin, f"{PATH}/test-email")
    assert smtp.accepted[0].recipients == ["admin@northgate.example"]
    assert "Mail server (SMTP) took it" in (await admin.get(PATH)).text


async def test_a_test_text_goes_to_the_number_that_was_typed(
    admin: httpx.AsyncClient, everything: None, twilio: TwilioDouble
) -> None:
    assert (await post(admin, f"{PATH}/test-text", {"number": "07700 900123"})).status_code == 303
    assert [text.to for text in twilio.accepted] == [NUMBER]
    assert f"Twilio took it for {NUMBER}" in (await admin.get(PATH)).text


@pytest.mark.parametrize(
    ("vice", "sentence"),
    [
        (Vice.OPTED_OUT, "Twilio refused it: Attempt to send to unsubscribed recipient (Twilio 21610)."),
        (Vice.TOO_MANY, "Not sent: Twilio takes no more for now."),
        (Vice.UNAUTHORISED, "correct TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
        (Vice.RESET_AFTER, "It may have been sent, but no clear answer came"),
    ],
)
async def test_what_the_provider_answered_is_said_in_words(
    admin: httpx.AsyncClient, everything: None, twilio: TwilioDouble, vice: Vice, sentence: str
) -> None:
    twilio.vices.append(vice)
    assert (await post(admin, f"{PATH}/test-text", {"number": NUMBER})).status_code == 303
    assert sentence.replace("'", "&#39;") in (await admin.get(PATH)).text


async def test_a_number_that_is_none_or_said_stop_gets_no_test(
    admin: httpx.AsyncClient, northgate: Northgate, everything: None, twilio: TwilioDouble
) -> None:
    answer = await post(admin, f"{PATH}/test-text", {"number": "12"})
    assert answer.status_code == 422 and "Give a mobile number" in answer.text and 'value="12"' in answer.text
    await suppress(northgate.id, Channel.SMS, NUMBER, cause=Cause.STOP, source="a test", now=NOW)
    answer = await post(admin, f"{PATH}/test-text", {"number": NUMBER})
    assert answer.status_code == 422 and "must not be written to" in answer.text
    assert twilio.accepted == []


async def test_the_button_is_no_way_to_write_to_strangers(
    admin: httpx.AsyncClient, everything: None, twilio: TwilioDouble
) -> None:
    answers = [await post(admin, f"{PATH}/test-text", {"number": NUMBER}) for _ in range(trials.MOST_AN_HOUR + 1)]
    assert [answer.status_code for answer in answers[-2:]] == [303, 422]
    assert "wait a while" in answers[-1].text
    assert len(twilio.accepted) == trials.MOST_AN_HOUR


async def test_a_wrong_key_is_shown_until_a_test_arrives(
    admin: httpx.AsyncClient, everything: None, sendgrid: SendGridDouble
) -> None:
    sendgrid.vices.append(Vice.UNAUTHORISED)
    await post(admin, f"{PATH}/test-email")
    page = await admin.get(PATH)
    assert "SendGrid is not used for now" in page.text and "correct SENDGRID_API_KEY" in page.text
    await post(admin, f"{PATH}/test-email")
    assert "is not used for now" not in (await admin.get(PATH)).text


def test_everybody_who_can_be_chosen_has_a_name() -> None:
    assert set(senders.NAMES) == {name for names in providers.CARRIERS.values() for name in names}


def test_providers_are_made_once_in_a_process() -> None:
    assert pace.provider("outbox") is pace.provider("outbox")
    with pytest.raises(ValueError, match="pigeon"):
        pace.provider("pigeon")


def test_the_web_process_loads_no_sdk_at_its_start() -> None:
    import subprocess
    import sys

    code = "import sys, portal.app; print([m for m in ('twilio', 'sendgrid', 'aiosmtplib', 'requests') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
