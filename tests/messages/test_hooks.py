"""Where providers call back: nothing unsigned is believed, and what is signed is kept before it is said to be."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from multidict import MultiDict
from sendgrid.helpers.eventwebhook import EventWebhook
from twilio.request_validator import RequestValidator

from portal import db
from portal.messages import sendgrid_callbacks, twilio_callbacks
from portal.settings import settings
from tests.cast import NOW
from tests.conftest import PUBLIC_URL
from tests.doubles.sendgrid import Mail, SendGridDouble
from tests.doubles.signing import SendGridKey, sign_twilio
from tests.doubles.twilio import Text, TwilioDouble
from tests.messages.conftest import Life
from tests.messages.test_callbacks import add_message, event, state_of

KEY = SendGridKey()
TOKEN, BEFORE = "the-token-of-today", "the-token-of-yesterday"
STATUS, INBOUND, EVENTS = "/hooks/twilio/status", "/hooks/twilio/inbound", "/hooks/sendgrid"
AT = str(int(NOW.timestamp()))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation that knows its providers, in the middle of an exchange of Twilio's token."""
    monkeypatch.setenv("SENDGRID_WEBHOOK_PUBLIC_KEY", KEY.public_key_base64)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN_BEFORE", BEFORE)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


async def tell_sendgrid(
    client: httpx.AsyncClient, body: bytes, *, signature: str | None = None, timestamp: str = AT
) -> httpx.Response:
    headers = {
        "content-type": "application/json",
        "x-twilio-email-event-webhook-signature": KEY.sign(timestamp, body) if signature is None else signature,
        "x-twilio-email-event-webhook-timestamp": timestamp,
    }
    return await client.post(EVENTS, content=body, headers=headers)


async def tell_twilio(
    client: httpx.AsyncClient, path: str, form: list[tuple[str, str]], *, token: str = TOKEN, url: str = "", **headers: str
) -> httpx.Response:
    signature = sign_twilio(token, url or f"{PUBLIC_URL}{path}", form)
    plain = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
    return await client.post(path, content=urlencode(form).encode(), headers=plain | headers)


def form_of(message: UUID, state: str = "delivered", **more: str) -> list[tuple[str, str]]:
    return [("MessageSid", f"SM{message.hex}"), ("MessageStatus", state), ("ErrorMessage", ""), *more.items()]


# ---- SendGrid ------------------------------------------------------------------------------------------------------------


async def test_a_signed_batch_is_heard(keys: None, life: Life, stranger: httpx.AsyncClient) -> None:
    message = await add_message(life)
    body = json.dumps([event("processed", message), event("delivered", message), event("delivered", db.new_id())]).encode()
    answer = await tell_sendgrid(stranger, body + b"\r\n")
    assert (answer.status_code, await state_of(message)) == (200, "delivered")
    assert "set-cookie" not in answer.headers


async def test_the_same_batch_is_heard_once_and_answered_well_again(keys: None, life: Life, stranger: httpx.AsyncClient) -> None:
    body = json.dumps([event("delivered", await add_message(life))]).encode()
    old = str(int(AT) - 86_400)
    answers = [(await tell_sendgrid(stranger, body, timestamp=at)).status_code for at in (AT, AT, old)]
    assert answers == [200, 200, 200]
    assert await life.events() == ["message_delivered"]
    assert await db.value("SELECT count(*) FROM callback") == 1


WRONG = {
    "none": "",
    "no base64": "%%%",
    "no signature": "AAAA",
    "no ASCII": "é",
    "of another body": KEY.sign(AT, b"[]"),
    "of another key": SendGridKey().sign(AT, b"[{}]"),
}


@pytest.mark.parametrize("signature", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_signature_of_sendgrid_is_refused(keys: None, stranger: httpx.AsyncClient, signature: str) -> None:
    headers = {
        b"x-twilio-email-event-webhook-signature": signature.encode("latin-1"),
        b"x-twilio-email-event-webhook-timestamp": AT.encode(),
    }
    answer = await stranger.post(EVENTS, content=b"[{}]", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


async def test_the_bytes_count_and_not_what_they_mean(keys: None, life: Life, stranger: httpx.AsyncClient) -> None:
    message = await add_message(life)
    signed = json.dumps([event("bounce", message, type="bounce")]).encode()
    answer = await tell_sendgrid(stranger, signed.replace(b": ", b":"), signature=KEY.sign(AT, signed))
    assert (answer.status_code, await state_of(message)) == (403, "sent")


async def test_without_a_key_nothing_is_believed(stranger: httpx.AsyncClient) -> None:
    answer = await tell_sendgrid(stranger, b"[]")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "SENDGRID_WEBHOOK_PUBLIC_KEY is not set, so no event can be believed."
    answer = await tell_twilio(stranger, STATUS, [("MessageSid", "SM1")])
    assert answer.status_code == 503
    assert "TWILIO_AUTH_TOKEN is not set" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1", b"null", b'"a"', b"\xff\xfe"])
async def test_a_signed_body_that_is_no_batch_is_said_to_be_none(keys: None, stranger: httpx.AsyncClient, body: bytes) -> None:
    assert (await tell_sendgrid(stranger, body)).status_code == 400


@pytest.mark.parametrize("path", [EVENTS, STATUS, INBOUND])
async def test_what_is_too_large_is_not_read(keys: None, stranger: httpx.AsyncClient, path: str) -> None:
    answer = await stranger.post(path, content=b"a" * 1_100_000)
    assert answer.status_code == 413


async def test_sendgrids_own_library_agrees_with_ours() -> None:
    body = '[{"event":"open","reason":"Ünïcode"}]\r\n'
    theirs = EventWebhook(KEY.public_key_base64)
    good = KEY.sign(AT, body.encode())
    for signature, timestamp in ((good, AT), (good, "1"), (SendGridKey().sign(AT, body.encode()), AT)):
        ours = sendgrid_callbacks.is_signed(KEY.public_key_base64, signature, timestamp, body.encode())
        assert ours is theirs.verify_signature(body, signature, timestamp)


# ---- Twilio --------------------------------------------------------------------------------------------------------------


async def test_a_signed_status_is_heard(keys: None, life: Life, stranger: httpx.AsyncClient) -> None:
    message = await add_message(life, channel="sms", provider="twilio")
    answer = await tell_twilio(stranger, f"{STATUS}?message={message}", form_of(message))
    assert (answer.status_code, await state_of(message)) == (200, "delivered")
    assert "set-cookie" not in answer.headers


async def test_traffic_of_a_messaging_service_is_believed_too(keys: None, life: Life, stranger: httpx.AsyncClient) -> None:
    """Blank fields are signed like all others."""
    message = await add_message(life, channel="sms", provider="twilio", from_address="MG1")
    form = form_of(message, MessagingServiceSid="MG1", From="", To="+447700900123")
    answer = await tell_twilio(stranger, f"{STATUS}?message={message}&x=", form)
    assert (answer.status_code, await state_of(message)) == (200, "delivered")


async def test_the_other_token_holds_while_they_are_exchanged(keys: None, life: Life, stranger: httpx.AsyncClient) -> None:
    message = await add_message(life, channel="sms", provider="twilio")
    assert (await tell_twilio(stranger, f"{STATUS}?message={message}", form_of(message), token=BEFORE)).status_code == 200
    assert (await tell_twilio(stranger, f"{STATUS}?message={message}", form_of(message), token="a-third")).status_code == 403


async def test_the_host_that_a_request_names_plays_no_part(keys: None, life: Life, stranger: httpx.AsyncClient) -> None:
    """Behind a proxy it is some name inside; from an attacker it is whatever they signed."""
    path = f"{STATUS}?message={db.new_id()}"
    inside = {"host": "10.0.0.7:8000", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https"}
    assert (await tell_twilio(stranger, path, form_of(db.new_id()), **inside)).status_code == 200
    signed = f"http://evil.example{path}"
    assert (await tell_twilio(stranger, path, form_of(db.new_id()), url=signed, host="evil.example")).status_code == 403


async def test_query_and_form_are_signed(keys: None, life: Life, stranger: httpx.AsyncClient) -> None:
    message = await add_message(life, channel="sms", provider="twilio")
    path, form = f"{STATUS}?message={message}", form_of(message, "failed")
    for url, sent in (
        (f"{PUBLIC_URL}{STATUS}?message={db.new_id()}", form),
        (f"{PUBLIC_URL}{path}#rc=3&rp=5xx", form),
    ):
        assert (await tell_twilio(stranger, path, sent, url=url)).status_code == 403
    signature = sign_twilio(TOKEN, f"{PUBLIC_URL}{path}", form_of(message, "delivered"))
    answer = await stranger.post(path, content=urlencode(form).encode(), headers={"x-twilio-signature": signature})
    assert (answer.status_code, await state_of(message)) == (403, "sent")


async def test_an_escaped_query_is_signed_as_it_was_asked_for(keys: None, stranger: httpx.AsyncClient) -> None:
    answer = await tell_twilio(
        stranger, f"{STATUS}?message=a%2Fb%20c&note=%C3%A9", [("MessageSid", "SM1"), ("MessageStatus", "sent")]
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("body", [b"\xff=1", b"&&&", b"=" * 400 + b"&a=1" * 300])
async def test_a_body_that_is_no_form_is_refused(keys: None, stranger: httpx.AsyncClient, body: bytes) -> None:
    answer = await stranger.post(STATUS, content=body, headers={b"x-twilio-signature": "é".encode("latin-1")})
    assert answer.status_code in {400, 403}


FORMS: list[list[tuple[str, str]]] = [
    [],
    [("A", "")],
    [("b", "2"), ("A", "1"), ("a", "ü ñ 🙂"), ("From", "+1 500")],
    [("A", "2"), ("A", "1"), ("B", "")],
]
URLS = [
    "https://jobs.example.com/hooks/twilio/status?message=1&x=%20",
    "https://jobs.example.com:8443/hooks/twilio/inbound",
    "http://localhost:8000/hooks/twilio/inbound",
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("form", FORMS)
async def test_twilios_own_library_agrees_with_ours(url: str, form: list[tuple[str, str]]) -> None:
    theirs = RequestValidator(TOKEN)
    signature = sign_twilio(TOKEN, url, form)
    for given in (signature, signature[:-2] + "x=", ""):
        ours = twilio_callbacks.is_signed([TOKEN], given, [url], form)
        assert ours is theirs.validate(url, MultiDict(form), given)


@pytest.mark.parametrize(
    ("public", "asked"),
    [
        ("https://a.example", {"https://a.example/x?y=", "https://a.example:443/x?y="}),
        ("https://a.example:443", {"https://a.example:443/x?y=", "https://a.example/x?y="}),
        ("http://a.example:8000", {"http://a.example:8000/x?y="}),
        ("http://[::1]:80", {"http://[::1]:80/x?y=", "http://[::1]/x?y="}),
    ],
)
async def test_the_usual_port_may_be_named_or_not(public: str, asked: set[str]) -> None:
    assert set(twilio_callbacks.asked_urls(public, "/x", "y=")) == asked


# ---- From what was sent to what is told, by the doubles ------------------------------------------------------------------


async def test_the_doubles_batch_in_disorder_and_twice_ends_well(
    life: Life, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = SendGridDouble()
    monkeypatch.setenv("SENDGRID_WEBHOOK_PUBLIC_KEY", double.keys.webhook.public_key_base64)
    settings.cache_clear()
    message = await add_message(life, state="unknown", ended_at=NOW)
    custom = {"message_id": str(message)}
    mail = Mail("abcdefghijklmnopqrstuv", {"personalizations": [{"to": [{"email": "ana@example.com"}]}], "custom_args": custom})
    late, early = double.event(mail, "delivered"), double.event(mail, "processed")
    for told in ([late, early, late], [early], [late, early]):
        assert (await double.call_back(f"{PUBLIC_URL}{EVENTS}", told, stranger)).status_code == 200
    row = await db.row("SELECT state, provider_id FROM message WHERE id = $1", message)
    assert row is not None
    assert tuple(row) == ("delivered", mail.id)
    assert sorted(await life.events()) == ["message_delivered", "message_sent"]
    monkeypatch.undo()
    settings.cache_clear()


async def test_the_doubles_text_goes_all_its_way(
    life: Life, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = TwilioDouble()
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", double.account)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", double.token)
    settings.cache_clear()
    message = await add_message(life, state="handed_over", channel="sms", provider="twilio")
    url = f"{PUBLIC_URL}{STATUS}?message={message}"
    text = Text("SM" + "2" * 32, "+447700900123", "", double.service, "Hello", url, 600, "accepted", NOW)
    for state in ("delivered", "sent", "queued", "delivered"):
        assert (await double.call_back(text, state, stranger)).status_code == 200
    assert await state_of(message) == "delivered"
    assert await life.events() == ["message_sent", "message_delivered"]
    monkeypatch.undo()
    settings.cache_clear()
