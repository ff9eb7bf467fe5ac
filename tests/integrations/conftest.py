"""Programs with keys, at Northgate Care and elsewhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp

from portal import db
from portal.accounts.access import SignedIn
from portal.accounts.keys import Scope, make_key
from tests.cast import NOW, Northgate
from tests.conftest import browser


@asynccontextmanager
async def program(app: ASGIApp, workspace_id: UUID, *scopes: Scope) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key of these scopes; of all of them, if none is named."""
    secret = await make_key(workspace_id, "A program", scopes or list(Scope), member_id=None, now=NOW)
    async with browser(app, headers={"Authorization": f"Bearer {secret}"}) as client:
        yield client


@pytest.fixture
async def home(northgate: Northgate) -> Northgate:
    """Northgate Care, whose job is open whatever day it is."""
    await db.run("UPDATE job SET deadline_at = NULL WHERE id = $1", northgate.job_id)
    return northgate


@pytest.fixture
async def api(app: ASGIApp, home: Northgate) -> AsyncIterator[httpx.AsyncClient]:
    """A program that may do everything at Northgate Care."""
    async with program(app, home.id) as client:
        yield client


@pytest.fixture
async def marketing(app: ASGIApp, home: Northgate) -> AsyncIterator[httpx.AsyncClient]:
    """A program that makes links and reads figures, and may know nobody's name."""
    async with program(app, home.id, Scope.READ, Scope.LINKS) as client:
        yield client


@pytest.fixture
async def foreign(app: ASGIApp, outsider: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    """A program that may do everything, in another workspace."""
    async with program(app, outsider.workspace_id) as client:
        yield client
