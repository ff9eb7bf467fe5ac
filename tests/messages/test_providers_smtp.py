"""A mail server: what is sent, what each failure means, and that connections are kept."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.messages.providers import (
    Fault,
    Later,
    Refused,
    SenderUnusable,
    TooMany,
    Uncertain,
    Unreachable,
    Unusable,
)
from portal.messages.providers import smtp as module
from portal.messages.providers.smtp import Smtp
from tests.doubles.smtp import SmtpDouble, SmtpVice
from tests.messages.carriers import LINK, MESSAGE_ID, NOON, letter, settings_for

pytestmark = pytest.mark.no_stores


@pytest.fixture
def double() -> Iterator[SmtpDouble]:
    with SmtpDouble() as running:
        yield running


@pytest.fixture
def smtp(double: SmtpDouble) -> Smtp:
    return Smtp(settings_for(smtp=double))


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


async def test_an_email_arrives_as_it_was_written(double: SmtpDouble, smtp: Smtp) -> None:
    accepted = await smtp.send(letter(reply_to="answers@northgate.example"))
    [got] = double.accepted
    assert (got.sender, got.recipients) == ("jobs@northgate.example", ["ana.duarte@example.com"])
    assert got.mail["From"] == "Northgate Care <jobs@northgate.example>"
    assert got.mail["Reply-To"] == "answers@northgate.example"
    assert got.mail["Subject"] == "Your interview — 8 minutes"
    assert got.mail["Message-ID"] == accepted.provider_id == f"<{MESSAGE_ID}@northgate.example>"
    assert got.mail["Auto-Submitted"] == "auto-generated"
    assert LINK in part(got.mail, "plain") and LINK in part(got.mail, "html")


async def test_unsubscribing_by_one_click_is_offered_in_unbroken_lines(double: SmtpDouble, smtp: Smtp) -> None:
    url = "https://portal.test/p/" + "x" * 200
    await smtp.send(letter(unsubscribe_url=url))
    mail = double.accepted[0].mail
    assert mail["List-Unsubscribe"] == f"<{url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in module.write(letter(unsubscribe_url=url), NOON).as_bytes()


async def test_connections_are_used_again(double: SmtpDouble, smtp: Smtp) -> None:
    for _ in range(10):
        await smtp.send(letter())
    assert (len(double.accepted), double.connections) == (10, 1)


MEANINGS: list[tuple[SmtpVice, type[Exception], int]] = [
    (SmtpVice.MAILBOX_UNKNOWN, Refused, 0),
    (SmtpVice.MAILBOX_BUSY, Later, 0),
    (SmtpVice.SENDER_REFUSED, SenderUnusable, 0),
    (SmtpVice.SENDER_LATER, Later, 0),
    (SmtpVice.CONTENT_REFUSED, Refused, 0),
    (SmtpVice.CONTENT_LATER, Later, 0),
    (SmtpVice.CLOSING, TooMany, 0),
    (SmtpVice.RESET_BEFORE, Unreachable, 0),
    (SmtpVice.RESET_AFTER, Uncertain, 1),
]
"""A vice, what it means, and how many people got the email all the same."""


@pytest.mark.parametrize(("vice", "meaning", "arrived"), MEANINGS)
async def test_an_error_means(double: SmtpDouble, smtp: Smtp, vice: SmtpVice, meaning: type[Exception], arrived: int) -> None:
    double.vices.append(vice)
    with pytest.raises(meaning) as raised:
        await smtp.send(letter())
    assert type(raised.value) is meaning
    assert len(double.accepted) == arrived
    await smtp.send(letter())
    assert len(double.accepted) == arrived + 1


async def test_silence_after_the_content_is_doubt(double: SmtpDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    double.vices.append(SmtpVice.HANG_AFTER)
    double.hanging = 2
    with pytest.raises(Uncertain):
        await Smtp(settings_for(smtp=double)).send(letter())
    assert len(double.accepted) == 1


@pytest.mark.parametrize(
    ("code", "said", "fault"),
    [
        (550, "5.1.1 No such user", Fault.INVALID_ADDRESS),
        (553, "Mailbox name not allowed", Fault.INVALID_ADDRESS),
        (550, "5.7.1 Relaying denied", Fault.OTHER),
        (552, "5.2.2 Mailbox full", Fault.OTHER),
        (554, "Go away", Fault.OTHER),
    ],
)
def test_an_address_that_is_none_is_told_from_other_refusals(code: int, said: str, fault: Fault) -> None:
    from aiosmtplib.errors import SMTPRecipientRefused

    assert module._fault(SMTPRecipientRefused(code, said, "ana@example.com")) is fault


async def test_a_kept_connection_that_died_meanwhile_is_no_doubt(double: SmtpDouble, smtp: Smtp) -> None:
    await smtp.send(letter())
    double.refuse()
    with pytest.raises(Unreachable):
        await smtp.send(letter())
    double.listen()
    await smtp.send(letter())
    assert len(double.accepted) == 2


async def test_a_header_can_not_be_smuggled_in(smtp: Smtp) -> None:
    assert module.write(letter(subject="Hello\r\nBcc: all@example.com"), NOON)["Subject"] == "Hello Bcc: all@example.com"
    with pytest.raises(Refused):
        module.write(letter(to_address="ana@example.com\nBcc: all@example.com"), NOON)


async def test_without_a_server_messages_wait_for_one() -> None:
    with pytest.raises(Unusable, match="PORTAL_SMTP_URL is not set"):
        await Smtp(settings_for()).send(letter())


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_login_is_checked(tmp_path: Path) -> None:
    with SmtpDouble("portal", "a password", tls=certificate(tmp_path)) as double:
        url = f"smtp://portal:a%20password@127.0.0.1:{double.port}?starttls"
        with pytest.raises(Unreachable, match="certificate"):
            await Smtp(settings_for(PORTAL_SMTP_URL=url)).look()
    with SmtpDouble("portal", "a password") as double:
        good = Smtp(settings_for(PORTAL_SMTP_URL=f"smtp://portal:a%20password@127.0.0.1:{double.port}"))
        assert await good.look() == "The mail server answers, not over TLS and knows our name and password."
        await good.send(letter())
        with pytest.raises(Unusable, match="correct PORTAL_SMTP_URL"):
            await Smtp(settings_for(PORTAL_SMTP_URL=f"smtp://portal:wrong@127.0.0.1:{double.port}")).look()
    assert len(double.accepted) == 1


async def test_a_server_without_tls_gets_nothing_when_tls_was_asked_for(double: SmtpDouble) -> None:
    with pytest.raises(Later):
        await Smtp(settings_for(PORTAL_SMTP_URL=double.url + "?starttls")).send(letter())
    assert double.accepted == []


def certificate(folder: Path) -> ssl.SSLContext:
    """One that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context
