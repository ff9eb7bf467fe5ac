"""Emails by a mail server (RFC 5321), over connections that are kept.

Which step failed decides what a failure means: before the content has left us nothing can have been sent; from then on silence
is doubt. A reply of the server, whichever, is an answer: after a 4xx or 5xx it has not taken the mail (RFC 5321, 4.2.1).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from portal import clock
from portal.messages.providers import (
    Accepted,
    Fault,
    Later,
    Letter,
    Refused,
    SenderUnusable,
    TooMany,
    Uncertain,
    Unreachable,
    Unusable,
)
from portal.messages.providers.calling import PATIENCE
from portal.settings import Settings

if TYPE_CHECKING:
    from aiosmtplib import SMTP
    from aiosmtplib.errors import SMTPResponseException

MOST = 4
"""Connections that a process keeps."""
POLICY = SMTP_POLICY.clone(max_line_length=998)
"""Headers in one line: folded, the address of List-Unsubscribe would be encoded, and signatures over it fail elsewhere."""
NO_SUCH_CODES = {550, 551, 553}
ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.\d{1,3}\b")
"""Of RFC 3463; its middle number 1 is about the address, 7 about policy."""
PORTS = {"smtp": 587, "smtps": 465}


class Smtp:
    name = "smtp"

    def __init__(self, given: Settings, now: Callable[[], datetime] = clock.now) -> None:
        """`now`: for the mail's date, which is when it leaves."""
        self.settings, self.now = given, now
        self._idle: list[SMTP] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._places = asyncio.Semaphore(MOST)

    async def send(self, outgoing: Letter) -> Accepted:
        if not outgoing.from_address:
            raise SenderUnusable("no address that emails come from: set PORTAL_EMAIL_FROM, or give one under Settings, Sending")
        mail = write(outgoing, self.now())
        async with self._connection() as client:
            await _envelope(client, outgoing)
            await _content(client, mail)
        return Accepted(str(mail["Message-ID"]))

    async def look(self) -> str:
        async with self._connection() as client:
            await client.noop()
        tls = " over TLS" if client.get_transport_info("sslcontext") else ", not over TLS"
        return f"The mail server answers{tls}" + (" and knows our name and password." if self._login()[0] else ".")

    @asynccontextmanager
    async def _connection(self) -> "AsyncIterator[SMTP]":
        """A connection that works, kept for the next one if it still does. Raises `Later` when there is none to be had."""
        if self._loop is not asyncio.get_running_loop():  # connections belong to the loop that opened them
            self._loop, self._idle, self._places = asyncio.get_running_loop(), [], asyncio.Semaphore(MOST)
        async with self._places:
            client = await self._kept() or await self._open()
            try:
                yield client
            except (Refused, Later):
                await self._clean(client)
                raise
            except BaseException:
                client.close()
                raise
            self._idle.append(client)

    async def _kept(self) -> "SMTP | None":
        """One that still answers: servers close what is idle."""
        from aiosmtplib.errors import SMTPException

        while self._idle:
            client = self._idle.pop()
            try:
                await client.noop(timeout=PATIENCE / 4)
            except (SMTPException, OSError):
                client.close()
            else:
                return client
        return None

    async def _clean(self, client: "SMTP") -> None:
        """Drop what was begun, and keep the connection if it still works."""
        from aiosmtplib.errors import SMTPException

        try:
            await client.rset()
        except (SMTPException, OSError):
            client.close()
        else:
            self._idle.append(client)

    async def _open(self) -> "SMTP":
        from aiosmtplib.errors import SMTPAuthenticationError, SMTPException

        client = self._client()
        try:
            await client.connect()
        except SMTPAuthenticationError as error:
            client.close()
            if error.code < 500:
                raise Later(f"The mail server lets nobody in for now ({_said(error)})") from error
            raise Unusable(
                f"The mail server does not know our name and password ({_said(error)}): correct PORTAL_SMTP_URL"
            ) from error
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise Unreachable(f"The mail server could not be reached ({error or type(error).__name__})") from error
        return client

    def _client(self) -> "SMTP":
        if not self.settings.smtp_url:
            raise Unusable("PORTAL_SMTP_URL is not set")
        from aiosmtplib import SMTP

        parts = urlsplit(self.settings.smtp_url)
        name, password = self._login()
        return SMTP(
            hostname=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            username=name or None,
            password=password or None,
            use_tls=parts.scheme == "smtps",
            start_tls=True if parts.query == "starttls" else None if parts.scheme == "smtp" else False,
            timeout=PATIENCE,
        )

    def _login(self) -> tuple[str, str]:
        parts = urlsplit(self.settings.smtp_url)
        return unquote(parts.username or ""), unquote(parts.password or "")


def write(letter: Letter, at: datetime) -> EmailMessage:
    """The mail, with a Message-ID that holds ours. Raises `Refused` for an address that has no form in a header."""
    mail = EmailMessage(policy=POLICY)
    domain = letter.from_address.rpartition("@")[2]
    try:
        mail["From"] = formataddr((letter.from_name, letter.from_address))
        mail["To"] = formataddr((letter.to_name, letter.to_address))
        mail["Subject"] = " ".join(letter.subject.split())
        if letter.reply_to:
            mail["Reply-To"] = letter.reply_to
    except (ValueError, UnicodeError) as error:
        raise Refused(f"{letter.to_address} can't be written to: {error}", Fault.INVALID_ADDRESS) from error
    mail["Message-ID"] = f"<{letter.message_id}@{domain}>"
    mail["Date"] = format_datetime(at)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers
    if letter.unsubscribe_url:  # RFC 8058, 3.1
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.text)
    if letter.html:
        mail.add_alternative(letter.html, subtype="html")
    return mail


async def _envelope(client: "SMTP", letter: Letter) -> None:
    """Name both ends. Until here nothing has left us."""
    from aiosmtplib.errors import SMTPException, SMTPRecipientRefused, SMTPSenderRefused

    try:
        await client.mail(letter.from_address)
        await client.rcpt(letter.to_address)
    except SMTPSenderRefused as error:
        if error.code < 500:
            raise _passing(error) from error
        raise SenderUnusable(f"The mail server does not send from {letter.from_address}: {_said(error)}") from error
    except SMTPRecipientRefused as error:
        if error.code < 500:
            raise _passing(error) from error
        raise Refused(_said(error), _fault(error)) from error
    except UnicodeEncodeError as error:
        raise Refused("Addresses with letters beyond ASCII can't be written to by SMTP here", Fault.OTHER) from error
    except (SMTPException, OSError) as error:
        raise Unreachable(f"The mail server broke off ({type(error).__name__})") from error


async def _content(client: "SMTP", mail: EmailMessage) -> None:
    from aiosmtplib.errors import SMTPDataError, SMTPException

    try:
        await client.data(mail.as_bytes())
    except SMTPDataError as error:
        if error.code < 500:
            raise _passing(error) from error
        raise Refused(_said(error)) from error
    except (SMTPException, OSError) as error:
        raise Uncertain(f"The mail server did not answer ({type(error).__name__})") from error


def _passing(error: "SMTPResponseException") -> Later:
    kind = TooMany if error.code == 421 else Later
    return kind(f"The mail server does not take it for now ({_said(error)})")


def _said(error: "SMTPResponseException") -> str:
    return f"{error.code} {' '.join(error.message.split())}"


def _fault(error: "SMTPResponseException") -> Fault:
    """Whether the address is what is wrong: 550 5.7.1 is about who we are, not about them."""
    enhanced = ENHANCED.search(error.message)
    about_address = enhanced[2] == "1" if enhanced else error.code in NO_SUCH_CODES
    return Fault.INVALID_ADDRESS if about_address else Fault.OTHER
