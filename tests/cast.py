"""The people and things that tests are about: two workspaces, the four roles, and an outsider.

Northgate Care is ours: `admin`, `recruiter`, `marketer`, `viewer`. `outsider` is the admin of another workspace.
Everything here is put into the database directly, so that a test of one room needs no other room to work.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp

from portal import crypto, db
from portal.accounts.access import Role, SignedIn

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday, ten in the morning in London. Tests that move the time start here."""


async def insert(table: str, **values: Any) -> UUID:
    """Put one row into `table`; its id."""
    values.setdefault("id", db.new_id())
    names = ", ".join(values)
    marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await db.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())
    made: UUID = values["id"]
    return made


async def add_workspace(name: str = "Northgate Care", **changes: Any) -> UUID:
    plain = {
        "timezone": "Europe/London",
        "country": "GB",
        "language": "en",
        "brand_color": "#0f766e",
        "privacy_url": "",
        "quiet_from": time(21),
        "quiet_until": time(8),
        "created_at": NOW,
    }
    return await insert("workspace", name=name, **(plain | changes))


async def add_member(workspace_id: UUID, role: Role, name: str, email: str) -> SignedIn:
    member_id = await insert(
        "member", workspace_id=workspace_id, name=name, email=email, role=role.value, password_hash="", created_at=NOW
    )
    home = await db.row("SELECT name, timezone FROM workspace WHERE id = $1", workspace_id)
    assert home is not None
    return SignedIn(
        id=member_id,
        workspace_id=workspace_id,
        name=name,
        email=email,
        role=role,
        workspace_name=home["name"],
        timezone=home["timezone"],
    )


async def add_job(workspace_id: UUID, **changes: Any) -> UUID:
    plain = {
        "slug": f"night-nurse-{db.new_id().hex[-8:]}",
        "title": "Night nurse",
        "location": "Leeds",
        "pay": "£21 an hour",
        "summary": "Four nights a week.",
        "role_type": "professional",
        "status": "open",
        "interview_kind": "built_in",
        "external_url": "",
        "minutes": 8,
        "deadline_at": NOW + timedelta(days=10),
        "timezone": "Europe/London",
        "country": "GB",
        "language": "en",
        "card_title": "",
        "card_text": "",
        "created_at": NOW,
    }
    return await insert("job", workspace_id=workspace_id, **(plain | changes))


async def add_question(workspace_id: UUID, job_id: UUID, position: int, kind: str, prompt: str, **changes: Any) -> UUID:
    plain = {"help": "", "options": [], "required": True, "created_at": NOW}
    return await insert(
        "question", workspace_id=workspace_id, job_id=job_id, position=position, kind=kind, prompt=prompt, **(plain | changes)
    )


async def add_channel(workspace_id: UUID, **changes: Any) -> UUID:
    plain = {
        "network": "instagram",
        "placement": "story",
        "network_name": "Instagram",
        "placement_name": "Story",
        "code": "ig-story",
        "hint": "",
        "own": False,
        "created_at": NOW,
    }
    return await insert("channel", workspace_id=workspace_id, **(plain | changes))


PLAIN_LINK = {"token_version": 1, "label": "", "target_url": "", "note": "", "card_title": "", "card_text": "", "created_at": NOW}


async def add_link(workspace_id: UUID, job_id: UUID, channel_id: UUID, slug: str, **changes: Any) -> UUID:
    values = PLAIN_LINK | {"channel_id": channel_id, "slug": slug} | changes
    return await insert("link", workspace_id=workspace_id, job_id=job_id, kind="channel", **values)


async def add_candidate(
    workspace_id: UUID, name: str = "Ana Duarte", email: str = "ana.duarte@example.com", **changes: Any
) -> UUID:
    plain = {"name": name, "email": email, "language": "en", "timezone": "", "metadata": {}, "created_at": NOW}
    return await insert("candidate", workspace_id=workspace_id, **(plain | changes))


async def add_application(workspace_id: UUID, job_id: UUID, candidate_id: UUID, **changes: Any) -> UUID:
    """One that gave name and email just now, with its personal link."""
    plain = {
        "stage": "captured",
        "door": "landing",
        "invite": False,
        "answered": 0,
        "captured_at": NOW,
        "active_at": NOW,
        "deadline_at": NOW + timedelta(days=10),
        "plan_stale": True,
        "created_at": NOW,
    }
    made = await insert("application", workspace_id=workspace_id, job_id=job_id, candidate_id=candidate_id, **(plain | changes))
    link_id = db.new_id()
    digest = crypto.digest(crypto.token("personal-link", link_id, 1))
    values = PLAIN_LINK | {"id": link_id, "application_id": made, "token_digest": digest}
    await insert("link", workspace_id=workspace_id, job_id=job_id, kind="personal", **values)
    await db.run("UPDATE application SET personal_link_id = $2 WHERE id = $1", made, link_id)
    return made


@dataclass
class Northgate:
    """Our workspace with one open job of three questions."""

    id: UUID
    job_id: UUID
    job_slug: str
    question_ids: list[UUID]
    admin: SignedIn
    recruiter: SignedIn
    marketer: SignedIn
    viewer: SignedIn


@pytest.fixture
async def northgate(stores: None) -> Northgate:
    workspace_id = await add_workspace()
    job_id = await add_job(workspace_id, slug="night-nurse-leeds")
    questions = [
        await add_question(workspace_id, job_id, 1, "short_text", "What is your registration number?"),
        await add_question(workspace_id, job_id, 2, "number", "How many nights a week can you work?"),
        await add_question(workspace_id, job_id, 3, "one_of", "When can you start?", options=["Now", "In a month", "Later"]),
    ]
    people = {
        role: await add_member(workspace_id, role, name, f"{role.value}@northgate.example")
        for role, name in zip(Role, ("Mara Lind", "Jo Park", "Sam Reed", "Ida Holm"), strict=True)
    }
    return Northgate(
        id=workspace_id,
        job_id=job_id,
        job_slug="night-nurse-leeds",
        question_ids=questions,
        admin=people[Role.ADMIN],
        recruiter=people[Role.RECRUITER],
        marketer=people[Role.MARKETER],
        viewer=people[Role.VIEWER],
    )


@pytest.fixture
async def outsider(stores: None) -> SignedIn:
    """An admin, of another workspace."""
    return await add_member(await add_workspace("Elsewhere Ltd"), Role.ADMIN, "Olu Outsider", "olu@elsewhere.example")


async def sign_in(client: httpx.AsyncClient, member: SignedIn) -> httpx.AsyncClient:
    """Give `client` a session of `member`, without the sign-in page."""
    from portal.accounts import sessions

    token = await sessions.begin(member.id, now=datetime.now(UTC))
    client.cookies.set(sessions.cookie_name(), token)
    return client


async def csrf(client: httpx.AsyncClient, path: str = "/app/sign-in") -> str:
    """The token that a form of `path` would carry."""
    page = await client.get(path)
    cookie = client.cookies.get("portal_csrf") or ""
    assert cookie, f"{path} set no token: {page.status_code}"
    return cookie


async def post(client: httpx.AsyncClient, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> httpx.Response:
    """Send a member's form, with its token."""
    return await client.post(path, data={"_csrf_token": await csrf(client)} | (data or {}), **kwargs)


@pytest.fixture
async def recruiter(app: ASGIApp, northgate: Northgate) -> AsyncIterator[httpx.AsyncClient]:
    """A recruiter of Northgate Care, signed in."""
    async with signed_in(app, northgate.recruiter) as client:
        yield client


@pytest.fixture
async def admin(app: ASGIApp, northgate: Northgate) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, northgate.admin) as client:
        yield client


@pytest.fixture
async def marketer(app: ASGIApp, northgate: Northgate) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, northgate.marketer) as client:
        yield client


@pytest.fixture
async def viewer(app: ASGIApp, northgate: Northgate) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, northgate.viewer) as client:
        yield client


@pytest.fixture
async def elsewhere(app: ASGIApp, outsider: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    """The admin of another workspace, signed in."""
    async with signed_in(app, outsider) as client:
        yield client


@asynccontextmanager
async def signed_in(app: ASGIApp, member: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    from tests.conftest import browser

    async with browser(app) as client:
        yield await sign_in(client, member)
