"""Asking a system's API: politely, and no other address than the one that a member gave."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import msgspec

from portal.integrations import outward
from portal.integrations.ats.words import Reason
from portal.integrations.outward import Failure, Unanswered

WRONG_ADDRESS = {Failure.BAD_ADDRESS, Failure.NOT_HTTPS, Failure.NOT_PUBLIC}
"""What another try won't mend."""
LONGEST_PAUSE = 86_400.0


class Trouble(Exception):
    """There is no answer that can be used. `pause`: seconds that they ask us to wait. `was_asked`: whether they were called."""

    def __init__(self, reason: Reason, note: str = "", pause: float = 0.0, *, was_asked: bool = True) -> None:
        super().__init__(note or reason.value)
        self.reason = reason
        self.note = note
        self.pause = pause
        self.was_asked = was_asked


class Api:
    """The API of one connection."""

    def __init__(self, url: str, key: str, now: datetime) -> None:
        self.url = url.rstrip("/")
        self.key = key
        self.now = now

    @property
    def basic(self) -> dict[str, str]:
        """The key as the name of HTTP Basic, without a password."""
        return {"authorization": f"Basic {base64.b64encode(f'{self.key}:'.encode()).decode()}"}

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    async def get(self, *path: str, headers: Mapping[str, str]) -> Any:
        """The JSON at that path, whose parts are quoted. Raises `Trouble`."""
        return await self._ask("GET", path, headers)

    async def post(self, *path: str, headers: Mapping[str, str], body: object) -> Any:
        """Raises `Trouble`."""
        kind = {"content-type": "application/json"}
        return await self._ask("POST", path, dict(headers) | kind, msgspec.json.encode(body))

    async def _ask(self, method: str, path: tuple[str, ...], headers: Mapping[str, str], body: bytes = b"") -> Any:
        url = "/".join([self.url, *(quote(part, safe="") for part in path)])
        try:
            reply = await outward.call(method, url, headers={"accept": "application/json", **headers}, body=body)
        except Unanswered as unanswered:
            wrong = unanswered.failure in WRONG_ADDRESS
            raise Trouble(Reason.BAD_API_ADDRESS if wrong else Reason.API_AWAY, str(unanswered)) from unanswered
        if reply.status >= 300:
            raise _trouble(reply, self.now)
        try:
            return msgspec.json.decode(reply.body)
        except ValueError as error:
            raise Trouble(Reason.API_AWAY, "It answered with something that is not JSON.") from error


def _trouble(reply: outward.Reply, now: datetime) -> Trouble:
    note = f"It answered {reply.status}."
    pause = _pause(reply.headers.get("retry-after", ""), now)
    match reply.status:
        case 401 | 403:
            return Trouble(Reason.API_KEY_REFUSED, note)
        case 404 | 410:
            return Trouble(Reason.NOT_THERE, note)
        case 429:
            return Trouble(Reason.API_BUSY, note, max(pause, 1.0))
        case status if status >= 500 or status == 408:
            return Trouble(Reason.API_AWAY, note, pause)
        case _:
            return Trouble(Reason.API_REFUSED, note)


def _pause(retry_after: str, now: datetime) -> float:
    """Seconds, from either form of ``Retry-After`` (RFC 9110, 10.2.3)."""
    if retry_after.strip().isdecimal():
        return min(float(retry_after.strip()[:9]), LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_PAUSE)
