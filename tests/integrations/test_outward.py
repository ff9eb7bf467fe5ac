"""Calling addresses that others typed."""

import dataclasses
from collections.abc import Iterator

import pytest
from aiohttp.abc import ResolveResult

from portal.integrations import outward
from portal.integrations.outward import Failure, Unanswered, call, check_address, look_up
from portal.settings import Settings, settings
from tests.doubles.server import Answer, Asked, Double, Vice

pytestmark = pytest.mark.no_stores

INWARD = [
    "https://127.0.0.1/",
    "https://127.1.2.3:8443/x",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0.0.0.0/",
    "https://100.64.0.1/",
    "https://224.0.0.1/",
    "https://[::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
]
HALF = [
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://１２７.1/",
    "https://127.0.0.1./",
]
"""What some resolvers take for addresses of this machine."""


class Echo(Double):
    """Answers with what it was asked."""

    size = 0
    status = 200

    def is_sending(self, asked: Asked) -> bool:
        return True

    def answer(self, asked: Asked, vice: Vice | None) -> Answer:
        headers = (("Location", self.url + "/elsewhere"),) if self.status == 302 else (("X-Word", "Yes"),)
        return Answer(self.status, b"x" * self.size or asked.body, headers)


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as double:
        yield double


@pytest.fixture
def home_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with ``PORTAL_PRIVATE_TARGETS=127.0.0.0/8``."""
    allowed: Settings = dataclasses.replace(settings(), private_targets=("127.0.0.0/8",))
    monkeypatch.setattr(outward, "settings", lambda: allowed)


async def failure_of(url: str, seconds: float = outward.SECONDS) -> Unanswered:
    with pytest.raises(Unanswered) as raised:
        await call("POST", url, body=b"hello", seconds=seconds)
    return raised.value


@pytest.mark.parametrize("url", INWARD)
def test_it_refuses_addresses_behind_our_walls_however_they_are_written(url: str) -> None:
    with pytest.raises(Unanswered) as raised:
        check_address(url)
    assert raised.value.failure is Failure.NOT_PUBLIC


@pytest.mark.parametrize("url", HALF)
async def test_it_refuses_names_that_end_in_a_number(url: str) -> None:
    assert (await failure_of(url)).failure in {Failure.BAD_ADDRESS, Failure.NOT_PUBLIC}


async def test_it_refuses_names_that_lead_there(echo: Echo) -> None:
    url = f"https://localhost:{echo.port}/"
    assert (await failure_of(url)).failure is Failure.NOT_PUBLIC
    with pytest.raises(Unanswered) as raised:
        await look_up(url)
    assert raised.value.failure is Failure.NOT_PUBLIC
    assert echo.connections == 0


@pytest.mark.parametrize(
    "url", ["", "example.com", "ftp://example.com/", "https:///x", "https://a:b@example.com/", "https://[x/"]
)
def test_it_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises(Unanswered) as raised:
        check_address(url)
    assert raised.value.failure is Failure.BAD_ADDRESS


def test_it_wants_https() -> None:
    for url in ("http://example.com/", "http://93.184.216.34/"):
        with pytest.raises(Unanswered) as raised:
            check_address(url)
        assert raised.value.failure is Failure.NOT_HTTPS
    check_address("https://example.com/hooks")
    check_address("https://93.184.216.34/")


async def test_it_calls_the_address_that_it_looked_at(echo: Echo, home_allowed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere a moment later (DNS rebinding) is asked once, and what was looked at is called."""
    asked: list[str] = []
    look = outward._Resolver.resolve

    async def counted(self: outward._Resolver, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        asked.append(host)
        return await look(self, host, port, family)

    monkeypatch.setattr(outward._Resolver, "resolve", counted)
    await call("POST", f"http://localhost:{echo.port}/")
    assert asked == ["localhost"]


async def test_an_excepted_network_is_called_by_http_too(echo: Echo, home_allowed: None) -> None:
    for host in ("127.0.0.1", "localhost"):
        reply = await call("POST", f"http://{host}:{echo.port}/x?a=1", headers={"x-hook": "1"}, body=b"hello")
        assert (reply.status, reply.body, reply.headers["x-word"]) == (200, b"hello", "Yes")
    assert [(a.method, a.query, a.headers["x-hook"]) for a in echo.asked] == [("POST", {"a": "1"}, "1")] * 2


async def test_it_follows_no_redirect(echo: Echo, home_allowed: None) -> None:
    echo.status = 302
    assert (await call("GET", echo.url)).status == 302
    assert len(echo.asked) == 1


async def test_failures_say_whether_the_other_side_may_have_acted(echo: Echo, home_allowed: None) -> None:
    echo.vices.extend([Vice.HANG_AFTER, Vice.RESET_AFTER])
    slow = await failure_of(echo.url, seconds=0.3)
    broken = await failure_of(echo.url)
    echo.refuse()
    gone = await failure_of(echo.url)
    nobody = await failure_of("https://nobody.invalid/")
    assert [(e.failure, e.may_have_arrived) for e in (slow, broken, gone, nobody)] == [
        (Failure.TIMED_OUT, True),
        (Failure.UNREACHABLE, True),
        (Failure.UNREACHABLE, False),
        (Failure.UNKNOWN_HOST, False),
    ]


async def test_an_answer_without_end_is_not_read_to_the_end(echo: Echo, home_allowed: None) -> None:
    echo.size = outward.MOST + 1
    assert (await failure_of(echo.url)).failure is Failure.TOO_LARGE
    echo.size = outward.MOST
    assert len((await call("GET", echo.url)).body) == outward.MOST
