"""Every knob of the portal, read once from the environment.

Nothing else reads ``os.environ``. A missing or wrong value raises `SettingsError`, whose text says what to do.
"""

import base64
import binascii
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds ``portal/``, ``templates/`` and ``static/``."""

MIN_SECRET_LENGTH = 32
MOST_MONTHS = 1200
MOST_PER_SECOND = 1000.0
ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
TEXT_SENDER = re.compile(r"\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32}")
"""A number with its country code, or a Messaging Service of Twilio."""


class SettingsError(Exception):
    """A setting is missing or wrong; the text is one sentence that says what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    data_dir: Path
    """``PORTAL_DATA_DIR``: where embedded servers, click spools and the generated secret live."""
    host: str
    """``PORTAL_HOST``: the address the web server listens on."""
    port: int
    """``PORTAL_PORT``: the port the web server listens on."""
    public_url: str
    """``PORTAL_PUBLIC_URL``: what people type, without a trailing slash. Never taken from a request's ``Host``."""
    secret_key: str
    """``PORTAL_SECRET_KEY``: signs links, forms and sessions; at least 32 characters. Changing it ends every personal link."""
    database_url: str
    """``DATABASE_URL``: PostgreSQL 18 or newer. Empty: `portal up` starts one."""
    redis_url: str
    """``REDIS_URL``: Valkey or Redis. Empty: `portal up` starts one."""
    trusted_proxies: tuple[str, ...]
    """``PORTAL_TRUSTED_PROXIES``: addresses or networks, separated by commas, whose ``X-Forwarded-*`` headers are believed."""
    private_targets: tuple[str, ...]
    """``PORTAL_PRIVATE_TARGETS``: networks of your own, separated by commas, that webhooks and ATS calls may reach, by http too.
    All other private addresses are refused, whatever name leads there."""
    keep_clicks_months: int
    """``PORTAL_KEEP_CLICKS_MONTHS``: whole months of clicks kept beside the current one; 0 keeps them for ever. Figures stay."""
    demo: bool
    """``PORTAL_DEMO``: ``1`` shows the demo's sign-in on the sign-in page. Set by ``portal up --demo``."""
    clock_file: Path | None
    """``PORTAL_CLOCK_FILE``: a file with a number of seconds to add to the time, read at each look. For rehearsals and tests."""
    email_from: str
    """``PORTAL_EMAIL_FROM``: who emails come from unless a workspace says otherwise: an address, or ``Name <address>``."""
    email_per_second: float
    """``PORTAL_EMAIL_PER_SECOND``: so many emails leave in a second at most, from all workers together."""
    sms_per_second: float
    """``PORTAL_SMS_PER_SECOND``: so many texts leave from one number in a second at most. US long codes carry one."""
    smtp_url: str = field(repr=False)
    """``PORTAL_SMTP_URL``: ``smtp://user:password@host:587?starttls`` or ``smtps://…:465``. Without ``starttls`` TLS is used
    where the server offers it. Empty: no SMTP."""
    sendgrid_api_key: str = field(repr=False)
    """``SENDGRID_API_KEY``: with the scope Mail Send. Empty: no SendGrid."""
    sendgrid_api_url: str
    """``SENDGRID_API_URL``: ``https://api.eu.sendgrid.com`` for subusers in the EU."""
    sendgrid_webhook_public_key: str
    """``SENDGRID_WEBHOOK_PUBLIC_KEY``: the verification key of the signed event webhook, as SendGrid shows it."""
    twilio_account_sid: str
    """``TWILIO_ACCOUNT_SID``: begins with AC. Empty: no Twilio."""
    twilio_auth_token: str = field(repr=False)
    """``TWILIO_AUTH_TOKEN``: signs our requests and Twilio's callbacks."""
    twilio_auth_token_before: str = field(repr=False)
    """``TWILIO_AUTH_TOKEN_BEFORE``: while tokens are exchanged, the other one: callbacks signed with it are believed too."""
    twilio_api_url: str
    """``TWILIO_API_URL``: Twilio's address."""
    twilio_from: str
    """``TWILIO_FROM``: the number that texts come from, with its country code, or a Messaging Service (MG…)."""
    twilio_callbacks: bool
    """``TWILIO_CALLBACKS``: ``1`` or ``0``: whether Twilio is asked to report each text's fate to ``PORTAL_PUBLIC_URL``. Unless
    set, if that is https: Twilio refuses texts whose callback address it can't reach by name."""
    heymilo_api_url: str
    """``HEYMILO_API_URL``: HeyMilo's address. Keys are given by each workspace, in its settings."""

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def short_host(self) -> str:
        """The public address as people see it in print: without scheme."""
        return urlsplit(self.public_url).netloc


def load(env: Mapping[str, str]) -> Settings:
    """Read settings from `env`. Raises `SettingsError`. Database, Redis and secret may still be empty: see `require`."""
    port = _port(env.get("PORTAL_PORT") or "8000")
    host = env.get("PORTAL_HOST") or "127.0.0.1"
    public_url = _public_url(env.get("PORTAL_PUBLIC_URL") or f"http://{_shown(host)}:{port}")
    clock_file = env.get("PORTAL_CLOCK_FILE") or ""
    return Settings(
        data_dir=Path(env.get("PORTAL_DATA_DIR") or "./data").absolute(),
        host=host,
        port=port,
        public_url=public_url,
        secret_key=_secret(env.get("PORTAL_SECRET_KEY") or ""),
        database_url=_url("DATABASE_URL", env.get("DATABASE_URL") or "", ("postgresql", "postgres")),
        redis_url=_url("REDIS_URL", env.get("REDIS_URL") or "", ("redis", "rediss", "unix")),
        trusted_proxies=_networks("PORTAL_TRUSTED_PROXIES", env.get("PORTAL_TRUSTED_PROXIES") or ""),
        private_targets=_networks("PORTAL_PRIVATE_TARGETS", env.get("PORTAL_PRIVATE_TARGETS") or ""),
        keep_clicks_months=_months(env.get("PORTAL_KEEP_CLICKS_MONTHS") or "0"),
        demo=(env.get("PORTAL_DEMO") or "0") == "1",
        clock_file=Path(clock_file).absolute() if clock_file else None,
        email_from=_email_from(env.get("PORTAL_EMAIL_FROM") or ""),
        email_per_second=_rate("PORTAL_EMAIL_PER_SECOND", env.get("PORTAL_EMAIL_PER_SECOND") or "10"),
        sms_per_second=_rate("PORTAL_SMS_PER_SECOND", env.get("PORTAL_SMS_PER_SECOND") or "1"),
        smtp_url=_smtp_url(env.get("PORTAL_SMTP_URL") or ""),
        sendgrid_api_key=(env.get("SENDGRID_API_KEY") or "").strip(),
        sendgrid_api_url=_api_url("SENDGRID_API_URL", env.get("SENDGRID_API_URL") or "https://api.sendgrid.com"),
        sendgrid_webhook_public_key=_webhook_key(env.get("SENDGRID_WEBHOOK_PUBLIC_KEY") or ""),
        twilio_account_sid=_account(env.get("TWILIO_ACCOUNT_SID") or "", env.get("TWILIO_AUTH_TOKEN") or ""),
        twilio_auth_token=(env.get("TWILIO_AUTH_TOKEN") or "").strip(),
        twilio_auth_token_before=(env.get("TWILIO_AUTH_TOKEN_BEFORE") or "").strip(),
        twilio_api_url=_api_url("TWILIO_API_URL", env.get("TWILIO_API_URL") or "https://api.twilio.com"),
        twilio_from=_text_sender(env.get("TWILIO_FROM") or ""),
        twilio_callbacks=_switch("TWILIO_CALLBACKS", env.get("TWILIO_CALLBACKS") or "", public_url.startswith("https://")),
        heymilo_api_url=_api_url("HEYMILO_API_URL", env.get("HEYMILO_API_URL") or "https://api.heymilo.ai"),
    )


def require(settings: Settings) -> Settings:
    """`settings`, if it names a database, a Redis and a secret. Raises `SettingsError` naming the first that is missing."""
    for name, value in (
        ("DATABASE_URL", settings.database_url),
        ("REDIS_URL", settings.redis_url),
        ("PORTAL_SECRET_KEY", settings.secret_key),
    ):
        if not value:
            raise SettingsError(f"{name} is not set: set it, or run `portal up`, which brings its own.")
    return settings


@cache
def settings() -> Settings:
    """The settings of this process, complete. Raises `SettingsError`."""
    return require(load(os.environ))


def _shown(host: str) -> str:
    """What to type for `host` on this machine."""
    return "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else host  # noqa: S104 - compared, not bound


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"PORTAL_PORT is {text!r}: give a number from 1 to 65535.")
    return int(text)


def _public_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^/?#\s]+/?", text):
        raise SettingsError(f"PORTAL_PUBLIC_URL is {text!r}: give scheme and host alone, such as https://jobs.example.com.")
    return text.rstrip("/")


def _secret(text: str) -> str:
    if text and len(text) < MIN_SECRET_LENGTH:
        raise SettingsError(
            f"PORTAL_SECRET_KEY has {len(text)} characters: give at least {MIN_SECRET_LENGTH}, for instance from "
            "`openssl rand -hex 32`."
        )
    return text


def _months(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_MONTHS:
        raise SettingsError(
            f"PORTAL_KEEP_CLICKS_MONTHS is {text!r}: give a number of months up to {MOST_MONTHS}, or 0 to keep clicks for ever."
        )
    return int(text)


def _networks(variable: str, text: str) -> tuple[str, ...]:
    named = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in named:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            raise SettingsError(
                f"{variable} names {name!r}: give addresses or networks, such as 10.0.0.0/8, separated by commas."
            ) from None
    return named


def _url(name: str, text: str, schemes: tuple[str, ...]) -> str:
    if text and urlsplit(text).scheme not in schemes:
        raise SettingsError(f"{name} is {text!r}: it must begin with {schemes[0]}://.")
    return text


def _smtp_url(text: str) -> str:
    """Never says what was given: it may hold a password."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0 and parts.query in {"", "starttls"}
    except ValueError:
        good = False
    if text and not good:
        raise SettingsError("PORTAL_SMTP_URL is not an address such as smtp://user:password@mail.example.com:587?starttls.")
    return text


def _api_url(name: str, text: str) -> str:
    if not re.fullmatch(r"https?://[^/?#@\s]+/?", text):
        raise SettingsError(f"{name} is {text!r}: give scheme and host alone, such as https://api.example.com, or leave it out.")
    return text.rstrip("/")


def _webhook_key(text: str) -> str:
    """The key is a public one: base64 of its DER form, on one line."""
    key = "".join(text.split())
    try:
        good = not key or len(base64.b64decode(key, validate=True)) > 50
    except binascii.Error:
        good = False
    if not good:
        raise SettingsError(
            "SENDGRID_WEBHOOK_PUBLIC_KEY is not a key: copy the verification key that SendGrid shows with its signed webhook."
        )
    return key


def _account(sid: str, token: str) -> str:
    if bool(sid.strip()) != bool(token.strip()):
        missing = "TWILIO_AUTH_TOKEN" if sid.strip() else "TWILIO_ACCOUNT_SID"
        raise SettingsError(f"{missing} is not set: Twilio needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN together.")
    if sid.strip() and not ACCOUNT.fullmatch(sid.strip()):
        raise SettingsError(f"TWILIO_ACCOUNT_SID is {sid!r}: it begins with AC and has 34 characters.")
    return sid.strip()


def _text_sender(text: str) -> str:
    sender = text.strip()
    if sender and not TEXT_SENDER.fullmatch(sender):
        raise SettingsError(
            f"TWILIO_FROM is {text!r}: give a number with its country code, such as +15550100100, or a Messaging Service (MG…)."
        )
    return sender


def _email_from(text: str) -> str:
    """Whether mail servers take it is for them to say; here it only has to look like an address."""
    address = parseaddr(text)[1]
    if text and not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", address):
        raise SettingsError(
            f"PORTAL_EMAIL_FROM is {text!r}: give an address, alone or as in Northgate Care <jobs@northgate.example>."
        )
    return text.strip()


def _rate(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= MOST_PER_SECOND:
        raise SettingsError(
            f"{name} is {text!r}: give a number of messages a second, up to {MOST_PER_SECOND:.0f}; 0.5 is one in two."
        )
    return rate


def _switch(name: str, text: str, otherwise: bool) -> bool:
    if text not in {"", "0", "1"}:
        raise SettingsError(f"{name} is {text!r}: give 1 or 0, or leave it out.")
    return text == "1" if text else otherwise
