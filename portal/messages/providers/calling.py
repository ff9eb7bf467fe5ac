"""Calling SDKs that block: in threads of their own, with a time-out, and with one question answered: has anything left us?"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TypeVar

from portal.messages.providers import Uncertain, Unreachable

T = TypeVar("T")

PATIENCE = 12.0
"""Seconds to connect, and again for each read. Less than what delivery grants, so that we say why."""
THREADS = 8
"""Calls that a process has under way at most to one provider; others wait. One that hangs does not hold up another."""


async def in_thread(provider: str, call: Callable[[], T]) -> T:
    """The result of `call`, in one of the provider's threads. Raises what it raises."""
    return await asyncio.get_running_loop().run_in_executor(_threads(provider), call)


def sort_out(error: Exception, name: str) -> Unreachable | Uncertain:
    """What a failure of the connection to `name` (as people know it) means for the message."""
    if never_left(error):
        return Unreachable(f"{name} could not be reached")
    return Uncertain(f"{name} did not answer ({type(error).__name__})")


def never_left(error: BaseException) -> bool:
    """Whether the connection was never made: refused, no such host, no time to connect, a certificate that is not theirs.

    Requests hides urllib3's reason inside of its own exceptions.
    """
    from requests.exceptions import ConnectTimeout
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

    # An SSLError while reading can't be told from one of the handshake by its class; only bad certificates are surely early.
    early = (ConnectTimeout, NewConnectionError, ConnectTimeoutError)
    return any(
        isinstance(one, early) or (isinstance(one, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(one))
        for one in _inside(error)
    )


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds of a ``Retry-After``, in either of its forms (RFC 9110, 10.2.3). A date is held against the answer's own
    ``Date``: their clock and ours may differ."""
    text = headers.get("Retry-After") or ""
    try:
        seconds = float(text) if not text[:1].isalpha() else _between(headers.get("Date") or "", text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None


def _between(begin: str, end: str) -> float:
    """Raises `ValueError`, also where one date has a zone and the other none."""
    try:
        return (parsedate_to_datetime(end) - parsedate_to_datetime(begin)).total_seconds()
    except TypeError as error:
        raise ValueError(str(error)) from None


def _inside(error: BaseException) -> Iterator[BaseException]:
    yield error
    for inner in (*error.args, getattr(error, "reason", None)):
        if isinstance(inner, BaseException):
            yield from _inside(inner)


@cache
def _threads(provider: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix=provider)
