"""A candidate with a browser: what they open and send on their way."""

import re
from datetime import datetime
from typing import Any

import httpx

from portal import clock, db
from portal.settings import settings
from tests.cast import Northgate

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def set_clock(at: datetime) -> None:
    """Pages now think that it is `at`."""
    clock_file = settings().clock_file
    assert clock_file is not None
    clock_file.write_text("0")
    clock_file.write_text(str((at - clock.now()).total_seconds()))


def hidden(page: str) -> dict[str, str]:
    return dict(HIDDEN.findall(page))


def typed(**changes: Any) -> dict[str, str]:
    return {"name": "Ana Duarte", "email": "ana.duarte@example.com", "phone": ""} | changes


class Way:
    """From the landing page on."""

    def __init__(self, client: httpx.AsyncClient, northgate: Northgate) -> None:
        self.client = client
        self.apply = f"/apply/{northgate.job_slug}"
        self.interview = ""

    async def land(self, query: str = "") -> str:
        page = await self.client.get(self.apply + query)
        assert page.status_code == 200, page.text
        return page.text

    async def send(self, page: str, **changes: Any) -> httpx.Response:
        return await self.client.post(self.apply, data=hidden(page) | typed(**changes))

    async def start(self, **changes: Any) -> str:
        """Give name and email; the first question's page."""
        answer = await self.send(await self.land(), **changes)
        assert answer.status_code == 303, answer.text
        self.interview = answer.headers["location"]
        return await self.look()

    async def look(self, rest: str = "") -> str:
        page = await self.client.get(self.interview + rest)
        assert page.status_code == 200, page.text
        return page.text

    async def answer(self, page: str, value: object, do: str = "continue") -> httpx.Response:
        data: dict[str, Any] = hidden(page) | {"do": do}
        return await self.client.post(self.interview, data=data | ({} if value is None else {"answer": value}))

    async def go_on(self, page: str, value: object, do: str = "continue") -> str:
        """Answer and see what follows."""
        answer = await self.answer(page, value, do)
        assert answer.status_code == 303, answer.text
        following = await self.client.get(answer.headers["location"])
        assert following.status_code == 200
        return following.text


async def events() -> list[str]:
    return [row["kind"] for row in await db.rows("SELECT kind FROM event ORDER BY at, id")]


async def stage() -> str:
    return str(await db.value("SELECT stage FROM application"))
