"""Calling servers that others named: a webhook's address, an ATS's API.

Whoever may type an address must not reach what stands behind our walls (server-side request forgery, CWE-918): only public
addresses are called, over https, and the address that was looked at is the one that is called, whatever the name says a moment
later. Redirects are not followed. Networks of ``PORTAL_PRIVATE_TARGETS`` are excepted.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from portal.settings import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SECONDS = 10.0
"""For the whole call, name and all."""
MOST = 1_000_000
"""Bytes that are read of an answer."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses inside of IPv6 (RFC 6052)."""


class Failure(StrEnum):
    """Why there is no answer."""

    BAD_ADDRESS = "bad_address"
    NOT_HTTPS = "not_https"
    NOT_PUBLIC = "not_public"
    UNKNOWN_HOST = "unknown_host"
    UNREACHABLE = "unreachable"
    """Refused, broken, or its certificate is not its own."""
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"


SENTENCES = {
    Failure.BAD_ADDRESS: "Give a full address that begins with https://, such as https://example.com/hooks.",
    Failure.NOT_HTTPS: "Give an address that begins with https://: what is sent must not be read on the way.",
    Failure.NOT_PUBLIC: "This name leads to an address inside a private network. Give a public one.",
    Failure.UNKNOWN_HOST: "There is no host of this name.",
    Failure.UNREACHABLE: "The server could not be reached.",
    Failure.TIMED_OUT: "The server did not answer in time.",
    Failure.TOO_LARGE: "The server's answer was too large.",
}


class Unanswered(Exception):
    """There is no answer; `failure` says why. After `may_have_arrived` the other side may have acted all the same."""

    def __init__(self, failure: Failure, *, may_have_arrived: bool = False) -> None:
        super().__init__(SENTENCES[failure])
        self.failure = failure
        self.may_have_arrived = may_have_arrived


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    """By name in any case."""
    body: bytes


async def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    seconds: float = SECONDS,
    first: int | None = None,
) -> Reply:
    """Send `body` to `url` and read the answer, whatever its status. Raises `Unanswered`.

    `first`: read no more than about so many bytes of the answer and hang up, for those who want little more than its status.
    """
    target = check_address(url)
    connector = aiohttp.TCPConnector(resolver=_Resolver(target.scheme), use_dns_cache=False, force_close=True)
    limit = aiohttp.ClientTimeout(total=seconds)
    # What is compressed could grow without bounds: none is asked for, and none unpacked.
    plain = {"accept-encoding": "identity", "user-agent": "Portal/1"} | dict(headers or {})
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=limit, auto_decompress=False) as session,
            session.request(method, target, data=body or None, headers=plain, allow_redirects=False) as answer,
        ):
            return Reply(answer.status, answer.headers, await _read(answer, first))
    except _Refused as refused:
        raise Unanswered(refused.failure) from refused
    except aiohttp.ClientConnectorDNSError as error:
        raise Unanswered(Failure.UNKNOWN_HOST) from error
    except aiohttp.ClientConnectorError as error:  # a certificate that is not theirs too: nothing has been sent
        raise Unanswered(Failure.UNREACHABLE) from error
    except TimeoutError as error:
        raise Unanswered(Failure.TIMED_OUT, may_have_arrived=True) from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unanswered(Failure.UNREACHABLE, may_have_arrived=True) from error
    except ValueError as error:  # of a name that can't be one, or a header with a line break
        raise Unanswered(Failure.BAD_ADDRESS) from error


async def look_up(url: str) -> None:
    """Raises `Unanswered` if `call` would refuse `url` now, or find no such host: for the form where it is typed."""
    target = check_address(url)
    try:
        await asyncio.wait_for(_Resolver(target.scheme).resolve(target.raw_host or "", target.port or 0), SECONDS)
    except _Refused as refused:
        raise Unanswered(refused.failure) from refused
    except TimeoutError as error:
        raise Unanswered(Failure.TIMED_OUT) from error
    except (OSError, ValueError) as error:
        raise Unanswered(Failure.UNKNOWN_HOST) from error


def check_address(url: str) -> URL:
    """`url` as it will be called. Raises `Unanswered` for what can be refused without asking for the host's addresses.

    Read by the very parser that the call uses: two parsers that understand one address differently are a way around any check.
    """
    try:
        target = URL(url)
        host = target.raw_host or ""
    except ValueError as error:
        raise Unanswered(Failure.BAD_ADDRESS) from error
    literal = _address(host)
    if target.scheme not in {"https", "http"} or not (literal or _is_name(host)) or target.user is not None or " " in url:
        raise Unanswered(Failure.BAD_ADDRESS)
    failure = _refusal([literal], target.scheme) if literal else None
    if literal is None and target.scheme == "http" and not settings().private_targets:
        failure = Failure.NOT_HTTPS
    if failure:
        raise Unanswered(failure)
    return target


def _is_name(host: str) -> bool:
    """No name of the net ends in a number. ``127.1`` and ``2130706433`` are addresses to some, and aiohttp takes them for such
    without asking `_Resolver`."""
    return host.rstrip(".").rpartition(".")[2][:1].isalpha()


class _Refused(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class _Resolver(AbstractResolver):
    """Addresses that may be called. aiohttp connects to what it is given here and asks nobody else."""

    def __init__(self, scheme: str) -> None:
        self.scheme = scheme

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_UNSPEC) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        numbers = [str(address[0]) for *_, address in found]
        if failure := _refusal([ipaddress.ip_address(number.split("%")[0]) for number in numbers], self.scheme):
            raise _Refused(failure)
        return [
            ResolveResult(hostname=host, host=number, port=port, family=kind, proto=proto, flags=socket.AI_NUMERICHOST)
            for number, (kind, _, proto, _, _) in zip(numbers, found, strict=True)
        ]

    async def close(self) -> None:
        """Nothing is kept open."""


def _refusal(addresses: list[Address], scheme: str) -> Failure | None:
    """One bad address is enough: which of them is called is chance."""
    excepted = [ipaddress.ip_network(name, strict=False) for name in settings().private_targets]
    outside = [address for address in addresses if not any(_inner(address) in network for network in excepted)]
    if not all(_inner(address).is_global and not _inner(address).is_multicast for address in outside):
        return Failure.NOT_PUBLIC
    return Failure.NOT_HTTPS if outside and scheme != "https" else None


def _inner(address: Address) -> Address:
    """The address that is meant: some of IPv6 hold one of IPv4."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return None


async def _read(answer: aiohttp.ClientResponse, first: int | None) -> bytes:
    body = bytearray()
    async for part in answer.content.iter_chunked(65_536):
        body += part
        if first is not None and len(body) >= first:
            answer.close()
            break
        if len(body) > MOST:
            raise _Refused(Failure.TOO_LARGE)
    return bytes(body)
