"""A mail server (aiosmtpd) that keeps what it accepts and refuses on request.

`vices` holds one entry for each of the next mails; what each means is where in the dialogue (RFC 5321, 3.3) it goes wrong.
"""

import asyncio
import email
import email.policy
import socket
import ssl
from collections import deque
from email.message import EmailMessage
from enum import StrEnum
from typing import Any, NamedTuple, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class SmtpVice(StrEnum):
    """How the next mail is treated."""

    MAILBOX_UNKNOWN = "550 at RCPT"
    MAILBOX_BUSY = "450 at RCPT"
    SENDER_REFUSED = "553 at MAIL"
    SENDER_LATER = "451 at MAIL"
    CONTENT_REFUSED = "554 after DATA"
    CONTENT_LATER = "451 after DATA"
    HANG_AFTER = "accepts, then says nothing"
    RESET_AFTER = "accepts, then breaks the connection"
    RESET_BEFORE = "breaks the connection at MAIL"
    CLOSING = "421 at MAIL"


class Delivered(NamedTuple):
    sender: str
    recipients: list[str]
    mail: EmailMessage


AT_MAIL = {
    SmtpVice.SENDER_REFUSED: "553 5.1.8 Sender address rejected: domain not found",
    SmtpVice.SENDER_LATER: "451 4.3.0 Try again later",
    SmtpVice.CLOSING: "421 4.3.2 Service not available",
}
AT_RCPT = {
    SmtpVice.MAILBOX_UNKNOWN: "550 5.1.1 No such user here",
    SmtpVice.MAILBOX_BUSY: "450 4.2.0 Greylisted, try again later",
}
AT_DATA = {SmtpVice.CONTENT_REFUSED: "554 5.7.1 Message rejected as spam", SmtpVice.CONTENT_LATER: "451 4.3.0 Local error"}


class SmtpDouble:
    """Use it with ``with``. With `user` it wants a login; with `tls` it offers STARTTLS, and wants it before a login."""

    def __init__(self, user: str = "", password: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.user, self.password = user, password
        self.vices: deque[SmtpVice | None] = deque()
        self.accepted: list[Delivered] = []
        """What people will get: the oracle."""
        self.connections = 0
        self.hanging = 20.0
        self.vice: SmtpVice | None = None
        self._tls = tls
        self._controller: Controller | None = None
        self.port = 0

    @property
    def url(self) -> str:
        login = f"{self.user}:{self.password}@" if self.user else ""
        return f"smtp://{login}127.0.0.1:{self.port}" + ("?starttls" if self._tls else "")

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()

    def listen(self) -> None:
        """Listen, on the same port as before."""
        options: dict[str, Any] = {"ready_timeout": 10, "auth_exclude_mechanism": []}
        if self.user:
            options |= {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": self._tls is not None}
        if self._tls:
            options |= {"tls_context": self._tls, "require_starttls": True}
        self.port = self.port or _free_port()
        self._controller = _Controller(self, self.port, options)
        self._controller.start()
        self.connections -= 1  # the library connects once to see that it listens

    def refuse(self) -> None:
        """Listen no more. What was accepted is kept."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _kind: str, login: LoginPassword
    ) -> AuthResult:
        good = (login.login, login.password) == (self.user.encode(), self.password.encode())
        return AuthResult(success=good, handled=False)

    # ---- aiosmtpd calls these --------------------------------------------------------------------------------------------

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: SMTP, _s: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.vice = self.vices.popleft() if self.vices else None
        if self.vice is SmtpVice.RESET_BEFORE:
            _cut(server)
        if self.vice in AT_MAIL:
            return AT_MAIL[self.vice]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _s: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.vice in AT_RCPT:
            return AT_RCPT[self.vice]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, _s: Session, envelope: Envelope
    ) -> str:
        if self.vice in AT_DATA:
            return AT_DATA[self.vice]
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        mail = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.accepted.append(Delivered(envelope.mail_from or "", list(envelope.rcpt_tos), mail))
        if self.vice is SmtpVice.RESET_AFTER:
            _cut(server)
        if self.vice is SmtpVice.HANG_AFTER:
            await asyncio.sleep(self.hanging)
        return "250 2.0.0 OK: queued as 1"


class _Controller(Controller):
    def __init__(self, double: SmtpDouble, port: int, options: dict[str, Any]) -> None:
        self._double = double
        super().__init__(double, hostname="127.0.0.1", port=port, **options)

    def factory(self) -> SMTP:
        self._double.connections += 1
        return SMTP(self.handler, **self.SMTP_kwargs)


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _cut(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
