"""How fast, and whether at all: rates that all workers share over Redis, and a breaker for each provider.

Rates: emails count for each provider, texts for each number or Messaging Service that they come from. Without Redis each process
keeps a quarter of the rate to itself: slower, and with at most four workers never too fast. A provider that is asked too often
answers 429, which is no harm: the message waits.

The breaker opens after `FAILURES` failures in a row, wherever they were met, or at once when the provider does not know our key.
While it is open nothing is handed over, so that messages wait instead of becoming unknown one by one. When its time is over one
message goes as a probe; if that fails too, it opens for twice as long. What Redis loses is forgotten: the next failures bring it
back.

Nothing here looks at the calendar: keys in Redis expire by themselves, and locally the machine's steady clock is asked.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, TypeVar

import msgspec
import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits import strategies as local_strategies
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import MemoryStorage
from redis.asyncio import Redis

from portal import redis
from portal.messages.providers import (
    Accepted,
    Carrier,
    Later,
    Letter,
    Provider,
    Refused,
    SenderUnusable,
    TooMany,
    Uncertain,
    Unreachable,
    Unusable,
    carrier,
)
from portal.settings import settings

T = TypeVar("T")
log = structlog.get_logger()

FAILURES = 5
"""In a row, after which a provider counts as failing."""
MEMORY = 900
"""Seconds after which failures and openings are forgotten."""
FIRST, LONGEST = 30.0, 600.0
"""Seconds that the breaker stays open the first time, and at most."""
KEY_PAUSE = 300.0
"""Seconds after which a key that was wrong is tried again."""
PROBE = 30.0
"""Seconds that a probe may take."""
PAUSE = 15.0
"""Seconds for which a sender waits after a 429 that does not say how long, and up to half as much again by chance."""
LOCAL_SHARE = 4
"""Of the rate, one part in so many is what a process takes without Redis."""
WITHIN = 0.5
"""Seconds that Redis gets to answer."""
RETREAT = 5.0
"""Seconds for which a Redis that did not answer is not asked again."""
NO_LIMIT = {"outbox"}

CALLS = "pace:calls"
"""Counted where all processes see it: messages leave from workers, and web is asked for figures."""


class Standing(msgspec.Struct, frozen=True):
    """Whether a provider is used now. `seconds`: until it is tried again. `reason`: what it said last."""

    is_open: bool
    seconds: float = 0.0
    reason: str = ""


CLOSED = Standing(False)


async def wait_turn(provider: str, sender: str) -> float:
    """0, and the turn is taken; or the seconds after which to ask again, which differ for those who ask at the same time.

    `sender`: the number, service or address that it comes from. Never raises.
    """
    if provider in NO_LIMIT:
        return 0.0
    if pause := await _paused(provider, sender):
        return pause
    key = f"{provider}:{sender}" if provider == "twilio" else provider
    rate = settings().sms_per_second if provider == "twilio" else settings().email_per_second
    return await _shared(lambda client: _turn_shared(client, key, rate), lambda: _turn_local(key, rate / LOCAL_SHARE))


async def breaker(provider: str, sender: str = "") -> Standing:
    """Whether `provider` is used now, and for that sender; to be asked by whoever is about to hand it a message. When an open
    breaker's time is over, the first one who asks is told that it is closed, and others that it is open until that probe has
    ended. Never raises."""
    if provider in NO_LIMIT:
        return CLOSED
    if sender and (held := await paused(provider, sender)).is_open:
        return held
    return await _shared(lambda client: _ask(client, provider), lambda: _local(provider).ask(time.monotonic()))


async def standing(provider: str) -> Standing:
    """The same to look at, for pages: it takes no probe. Never raises."""
    return await _shared(lambda client: _read(client, provider), lambda: _local(provider).read(time.monotonic()))


async def paused(provider: str, sender: str) -> Standing:
    """Whether this sender has to wait, and why; for pages. Never raises."""
    seconds = await _paused(provider, sender)
    if not seconds:
        return CLOSED
    reason = await _shared(lambda client: _text(client, _key("pause", provider, sender)), _nothing)
    return Standing(True, seconds, reason)


# ---- What providers said ---------------------------------------------------------------------------------------------------


class Watched:
    """A provider whose answers the breaker and the rates hear of."""

    def __init__(self, inner: Carrier) -> None:
        self.inner = inner

    @property
    def name(self) -> str:
        return self.inner.name

    async def send(self, outgoing: Letter) -> Accepted:
        try:
            accepted = await self.inner.send(outgoing)
        except Exception as error:
            await heard(self.name, outgoing.from_address, error)
            raise
        except asyncio.CancelledError:  # whoever waited has lost patience
            await heard(self.name, outgoing.from_address, Uncertain("it took too long"))
            raise
        await heard(self.name, outgoing.from_address, None)
        return accepted


async def heard(provider: str, sender: str, error: Exception | None) -> None:
    """Learn from how a call ended. Never raises."""
    outcome = "accepted" if error is None else type(error).__name__
    await _shared(lambda client: client.hincrby(CALLS, f"{provider} {outcome}", 1), _nothing)
    if provider in NO_LIMIT:
        return
    if isinstance(error, TooMany):
        await pause(provider, sender, str(error), error.seconds or PAUSE)
    elif isinstance(error, SenderUnusable):
        await pause(provider, sender, str(error), KEY_PAUSE)
    elif isinstance(error, Unusable):
        await _failed(provider, str(error), KEY_PAUSE)
    elif isinstance(error, Uncertain | Unreachable) or not isinstance(error, Later | Refused | None):
        await _failed(provider, str(error), 0)
    elif not isinstance(error, Later):  # taken, or refused for what it is: the provider works
        await _worked(provider)


async def calls() -> dict[tuple[str, str], int]:
    """Messages handed to providers by all processes, by provider and what came of it, since Redis was last emptied. Never
    raises."""
    counted = await _shared(lambda client: client.hgetall(CALLS), lambda: {})
    return {_provider_and_outcome(name): int(n) for name, n in counted.items()}


def _provider_and_outcome(name: bytes | str) -> tuple[str, str]:
    provider, _, outcome = (name.decode() if isinstance(name, bytes) else name).partition(" ")
    return provider, outcome


async def pause(provider: str, sender: str, reason: str, seconds: float) -> None:
    """Let this sender rest, and a little longer by chance, so that nobody comes back at the same moment. Never raises."""
    longer = seconds * random.uniform(1, 1.5)  # noqa: S311 - no secret
    _pauses[provider, sender] = time.monotonic() + longer
    await _shared(lambda client: client.set(_key("pause", provider, sender), reason, px=int(longer * 1000)), _nothing)


async def _failed(provider: str, reason: str, at_least: float) -> None:
    _local(provider).fail(time.monotonic(), reason, at_least)
    log.warning("provider fails", provider=provider, reason=reason)
    await _shared(lambda client: _fail(client, provider, reason, at_least), _nothing)


async def _worked(provider: str) -> None:
    _locals.pop(provider, None)
    await _shared(
        lambda client: client.delete(*(_key(word, provider) for word in ("failures", "openings", "open", "probe"))), _nothing
    )


def forget() -> None:
    """Forget what this process has learned by itself; for tests."""
    global _away_until
    _locals.clear()
    _pauses.clear()
    _memory.storage.reset()
    _away_until = 0.0


# ---- With Redis ------------------------------------------------------------------------------------------------------------


def _key(word: str, provider: str, sender: str = "") -> str:
    return f"pace:{word}:{provider}" + (f":{sender}" if sender else "")


async def _fail(client: Redis, provider: str, reason: str, at_least: float) -> None:
    failures = int(await client.incr(_key("failures", provider)))
    await client.expire(_key("failures", provider), MEMORY)
    is_probe = await client.exists(_key("openings", provider))
    if not at_least and failures < FAILURES and not is_probe:
        return
    if await client.exists(_key("open", provider)):
        return  # calls that were under way when it opened
    openings = int(await client.incr(_key("openings", provider)))
    await client.expire(_key("openings", provider), MEMORY)
    await client.set(_key("open", provider), reason, px=int(_length(openings, at_least) * 1000))
    await client.delete(_key("probe", provider))


async def _ask(client: Redis, provider: str) -> Standing:
    reason, openings = await client.mget(_key("open", provider), _key("openings", provider))
    if reason or not openings:
        return await _read(client, provider) if reason else CLOSED
    if await client.set(_key("probe", provider), "1", nx=True, px=int(PROBE * 1000)):
        return CLOSED
    return Standing(True, await _left(client, _key("probe", provider)), "It failed, and is being tried again.")


async def _read(client: Redis, provider: str) -> Standing:
    key = _key("open", provider)
    reason = await _text(client, key)
    return Standing(True, await _left(client, key), reason) if reason else CLOSED


async def _text(client: Redis, key: str) -> str:
    held = await client.get(key)
    return held.decode() if isinstance(held, bytes) else held or ""


async def _left(client: Redis, key: str) -> float:
    return max(await client.pttl(key), 1) / 1000


async def _paused(provider: str, sender: str) -> float:
    async def ask(client: Redis) -> float:
        return max(await client.pttl(_key("pause", provider, sender)), 0) / 1000

    return await _shared(ask, lambda: max(_pauses.get((provider, sender), 0) - time.monotonic(), 0))


async def _turn_shared(client: Redis, key: str, rate: float) -> float:
    if await _limiter(client).hit(_item(rate), "turn", key):
        return 0.0
    # Those who are turned away are counted, so that each of them is told another second.
    count = int(await client.incr(_key("waiting", key)))
    if count == 1:
        await client.pexpire(_key("waiting", key), max(int(1000 / rate), 1000))
    return count / rate


@lru_cache(1)
def _limiter(client: Redis) -> MovingWindowRateLimiter:
    """On the pool of `client`, which may be another one after a restart of the stores."""
    pool: Any = client.connection_pool  # the library's hints leave it out, its manual does not
    return MovingWindowRateLimiter(RedisStorage("redis://", implementation="redispy", key_prefix="pace", connection_pool=pool))


# ---- Without Redis ---------------------------------------------------------------------------------------------------------


class Local:
    """The breaker of one process."""

    def __init__(self) -> None:
        self.failures = self.openings = 0
        self.until = self.probing = 0.0
        self.reason = ""

    def fail(self, now: float, reason: str, at_least: float) -> None:
        self.failures += 1
        if now < self.until or (not at_least and self.failures < FAILURES and not self.openings):
            return
        self.openings += 1
        self.until, self.probing, self.reason = now + _length(self.openings, at_least), 0.0, reason

    def ask(self, now: float) -> Standing:
        if now < self.until or not self.openings:
            return self.read(now)
        if now < self.probing:
            return Standing(True, self.probing - now, self.reason)
        self.probing = now + PROBE
        return CLOSED

    def read(self, now: float) -> Standing:
        return Standing(True, self.until - now, self.reason) if now < self.until else CLOSED


_locals: dict[str, Local] = {}
_pauses: dict[tuple[str, str], float] = {}
_memory = local_strategies.MovingWindowRateLimiter(MemoryStorage())
_away_until = 0.0


def _local(provider: str) -> Local:
    return _locals.setdefault(provider, Local())


def _turn_local(key: str, rate: float) -> float:
    item = _item(rate)
    if _memory.hit(item, "turn", key):
        return 0.0
    return float(item.multiples) * random.uniform(1, 2)  # noqa: S311 - no secret


def _item(rate: float) -> RateLimitItem:
    """`rate` a second as so many in so many whole seconds."""
    whole = Fraction(rate).limit_denominator(60)
    return RateLimitItemPerSecond(max(whole.numerator, 1), whole.denominator if whole.numerator else 60)


def _length(openings: int, at_least: float) -> float:
    return max(min(FIRST * 2.0 ** (openings - 1), LONGEST), at_least)


async def _shared(ask: Callable[[Redis], Awaitable[T]], otherwise: Callable[[], T]) -> T:
    """What Redis says; `otherwise` when it does not answer, or has not lately."""
    global _away_until
    if time.monotonic() >= _away_until:
        try:
            return await asyncio.wait_for(ask(redis.client()), WITHIN)
        except Exception as error:  # whatever it is: messages must go on
            _away_until = time.monotonic() + RETREAT
            log.warning("pace without Redis", error=repr(error))
    return otherwise()


def _nothing() -> str:
    return ""


@cache
def provider(name: str) -> Provider:
    """The provider of that name, of whom it is heard how it fares. One for each process, which keeps its connections.

    One that lacks its key exists all the same: it raises `Unusable`, so that messages wait for the key.
    """
    return Watched(carrier(name))


def forget_providers() -> None:
    """Make providers anew, after settings have changed; for tests."""
    carrier.cache_clear()
    provider.cache_clear()
