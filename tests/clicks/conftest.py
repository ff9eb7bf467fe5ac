"""The redirect as candidates meet it, with a link to tap."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp

from tests.cast import Northgate, add_channel, add_link
from tests.clicks.agents import INSTAGRAM
from tests.conftest import browser


@dataclass
class Tapped:
    """One link of Northgate Care, and a client that taps like somebody in Instagram."""

    client: httpx.AsyncClient
    workspace_id: UUID
    link_id: UUID
    slug: str

    async def tap(self, path: str = "", method: str = "GET", **headers: str) -> httpx.Response:
        sent = {"user-agent": INSTAGRAM} | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path or f"/{self.slug}", headers=sent)


@pytest.fixture
async def tapped(app: ASGIApp, northgate: Northgate) -> AsyncIterator[Tapped]:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig-story")
    async with browser(app) as client:
        yield Tapped(client, northgate.id, link_id, "nurse-ig-story")
