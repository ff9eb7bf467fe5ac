"""Reading a request: what a hit keeps of it, and who asks, which it does not keep."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import msgspec

from portal.clicks import prefill
from portal.settings import settings

Networks = tuple[IPv4Network | IPv6Network, ...]

PURPOSES = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
SITE, MODE, USER, DEST = b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-user", b"sec-fetch-dest"
EARLY = frozenset(PURPOSES)
REMEMBERED = 5_000
LONGEST_QUERY = 1000
TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", re.IGNORECASE)


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A request, cut to what the journal has room for."""

    method: str
    address: str
    """Never written down: it goes into the visitor's hash."""
    query: str
    about_them: str
    """The query as it came, if it may say who they are; `query` then says no more than that it did. Never written down either."""
    user_agent: str
    referrer_host: str
    language: str
    purpose: str
    sec_fetch: str
    cookie: str


class _Said(msgspec.Struct, frozen=True):
    """What browsers say of themselves: many taps of a campaign say the same."""

    user_agent: str
    referrer_host: str
    language: str
    sec_fetch: str


def read_request(scope: Mapping[str, Any]) -> Asked:
    """`scope`: of an HTTP request (ASGI 3)."""
    got = dict(scope["headers"])
    find = got.get
    said = _said(
        find(b"user-agent", b"")[:500],
        find(b"referer", b"")[:500],
        find(b"accept-language", b"")[:60],
        _cut(find(SITE)),
        _cut(find(MODE)),
        _cut(find(USER)),
        _cut(find(DEST)),
    )
    query, about_them = _query(scope["query_string"])
    return Asked(
        method=scope["method"],
        address=_address(scope["client"], find(b"x-forwarded-for")),
        query=query,
        about_them=about_them,
        user_agent=said.user_agent,
        referrer_host=said.referrer_host,
        language=said.language,
        purpose="" if EARLY.isdisjoint(got) else " ".join([_text(got[name], 60) for name in PURPOSES if name in got]),
        sec_fetch=said.sec_fetch,
        cookie=_text(find(b"cookie"), 4096),
    )


def referrer_host(referrer: str) -> str:
    """ "https://l.instagram.com/?u=…" gives ``l.instagram.com``. The rest of the address is nobody's business."""
    if not referrer:
        return ""
    _, _, rest = referrer.partition("://")
    host = rest.split("/", 1)[0].split("?", 1)[0].rsplit("@", 1)[-1].split(":", 1)[0]
    return host.lower()[:100]


def first_language(accept: str) -> str:
    """ "en-GB,en;q=0.9" gives ``en-gb``."""
    found = TAG.match(accept.strip())
    return found.group().lower()[:20] if found else ""


def client_address(client: str, forwarded_for: str, proxies: Networks) -> str:
    """Who asks. Behind `proxies`, the last address of `X-Forwarded-For` that is not one of theirs: what stands further left
    could have been written by anybody."""
    if not forwarded_for or not _is_in(proxies, client):
        return client
    chain = [part.strip() for part in forwarded_for.split(",")]
    return next((address for address in reversed(chain) if not _is_in(proxies, address)), chain[0])


@cache
def networks(names: tuple[str, ...]) -> Networks:
    """Addresses or networks as settings name them. Raises `ValueError`."""
    return tuple(ip_network(name, strict=False) for name in names)


def household(address: str) -> str:
    """For IPv6 the first 64 bits: the rest changes every few hours (RFC 8981)."""
    if ":" not in address:
        return address[:64]
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address[:64]
    return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))


def _address(client: tuple[str, int] | None, forwarded_for: bytes | None) -> str:
    """Not remembered, unlike what follows: an address is kept nowhere."""
    address = client[0] if client else ""
    if forwarded_for:
        address = client_address(address, _text(forwarded_for, 500), networks(settings().trusted_proxies))
    return household(address)


def _query(raw: bytes) -> tuple[str, str]:
    """What may be kept of it; and all of it, if that is not the same."""
    if not raw or not prefill.may_be_personal(raw):
        return _text(raw, LONGEST_QUERY), ""
    about_them = _text(raw, prefill.LONGEST_QUERY)
    return prefill.stored(about_them)[:LONGEST_QUERY], about_them


# Remembered, since one look is quicker than reading it again. What comes in is cut already: nobody may fill the memory.
@lru_cache(maxsize=REMEMBERED)
def _said(agent: bytes, referrer: bytes, language: bytes, *fetch: bytes | None) -> _Said:
    return _Said(
        user_agent=_text(agent, 500),
        referrer_host=referrer_host(_text(referrer, 500)),
        language=first_language(_text(language, 60)),
        sec_fetch=" ".join([_text(b"-" if value is None else value, 30) for value in fetch]) if fetch[0] is not None else "",
    )


def _cut(value: bytes | None) -> bytes | None:
    return value[:30] if value is not None else None


def _is_in(proxies: Networks, address: str) -> bool:
    if not proxies:
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in proxies)


def _text(value: bytes | None, longest: int) -> str:
    """PostgreSQL's text holds no NUL."""
    return value[:longest].decode("latin-1").replace("\0", "") if value else ""
