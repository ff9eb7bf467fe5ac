"""Every knob of the portal, read once from the environment.

Nothing else reads ``os.environ``. A missing or wrong value raises `SettingsError`, whose text says what to do.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds ``portal/``, ``templates/`` and ``static/``."""

MIN_SECRET_LENGTH = 32
MOST_MONTHS = 1200


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
    keep_clicks_months: int
    """``PORTAL_KEEP_CLICKS_MONTHS``: whole months of clicks kept beside the current one; 0 keeps them for ever. Figures stay."""
    demo: bool
    """``PORTAL_DEMO``: ``1`` shows the demo's sign-in on the sign-in page. Set by ``portal up --demo``."""
    clock_file: Path | None
    """``PORTAL_CLOCK_FILE``: a file with a number of seconds to add to the time, read at each look. For rehearsals and tests."""

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
    shown_host = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else host  # noqa: S104 - compared, not bound
    clock_file = env.get("PORTAL_CLOCK_FILE") or ""
    return Settings(
        data_dir=Path(env.get("PORTAL_DATA_DIR") or "./data").absolute(),
        host=host,
        port=port,
        public_url=_public_url(env.get("PORTAL_PUBLIC_URL") or f"http://{shown_host}:{port}"),
        secret_key=_secret(env.get("PORTAL_SECRET_KEY") or ""),
        database_url=_url("DATABASE_URL", env.get("DATABASE_URL") or "", ("postgresql", "postgres")),
        redis_url=_url("REDIS_URL", env.get("REDIS_URL") or "", ("redis", "rediss", "unix")),
        trusted_proxies=_networks(env.get("PORTAL_TRUSTED_PROXIES") or ""),
        keep_clicks_months=_months(env.get("PORTAL_KEEP_CLICKS_MONTHS") or "0"),
        demo=(env.get("PORTAL_DEMO") or "0") == "1",
        clock_file=Path(clock_file).absolute() if clock_file else None,
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


def _networks(text: str) -> tuple[str, ...]:
    named = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in named:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            raise SettingsError(
                f"PORTAL_TRUSTED_PROXIES names {name!r}: give addresses or networks, such as 10.0.0.0/8, separated by commas."
            ) from None
    return named


def _url(name: str, text: str, schemes: tuple[str, ...]) -> str:
    if text and urlsplit(text).scheme not in schemes:
        raise SettingsError(f"{name} is {text!r}: it must begin with {schemes[0]}://.")
    return text
