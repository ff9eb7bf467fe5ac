"""The first run: one workspace, one admin, once."""

import asyncio

import httpx
import pytest

from portal import db
from portal.accounts import passwords, setup
from portal.accounts.workspaces import get_workspace, list_workspaces
from portal.web.forms import Invalid
from tests.cast import NOW, Northgate, post

TYPED = {
    "name": "Northgate  Care ",
    "timezone": "Europe/Berlin",
    "country": "DE",
    "member_name": "Mara Lind",
    "email": "Mara@Northgate.example",
    "password": "walnut river tram",
}


async def link() -> str:
    found = await setup.setup_link()
    assert found is not None
    return found


async def count(table: str) -> int:
    return int(await db.value(f"SELECT count(*) FROM {table}"))


async def test_the_link_leads_to_a_workspace_its_admin_and_the_first_job(stranger: httpx.AsyncClient) -> None:
    address = await link()
    assert (await stranger.get(address)).status_code == 200
    answer = await post(stranger, address, TYPED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/app/jobs/new")
    [(workspace_id, name)] = await list_workspaces()
    workspace = await get_workspace(workspace_id)
    assert (name, workspace.timezone, workspace.country) == ("Northgate Care", "Europe/Berlin", "DE")
    member = await db.row("SELECT * FROM member")
    assert member is not None
    assert (member["email"], member["role"], member["name"]) == ("mara@northgate.example", "admin", "Mara Lind")
    assert await passwords.verify(member["password_hash"], TYPED["password"])
    assert (await stranger.get("/app/settings/members")).status_code == 200


async def test_the_link_works_once(stranger: httpx.AsyncClient) -> None:
    address = await link()
    await post(stranger, address, TYPED)
    await post(stranger, "/app/sign-out")
    again = await post(stranger, address, TYPED | {"email": "eve@elsewhere.example"})
    assert (again.status_code, again.headers["location"]) == (303, "/app/sign-in")
    assert (await stranger.get(address)).headers["location"] == "/app/sign-in"
    assert await setup.setup_link() is None
    assert (await count("workspace"), await count("member")) == (1, 1)


async def test_there_is_no_link_where_there_is_a_workspace(northgate: Northgate) -> None:
    assert await setup.setup_link() is None


@pytest.mark.parametrize("token", ["a" * 26, "ä" * 26, "x"])
async def test_another_token_opens_nothing(stranger: httpx.AsyncClient, token: str) -> None:
    assert (await stranger.get(f"/app/setup/{token}")).status_code == 404
    assert (await post(stranger, f"/app/setup/{token}", TYPED)).status_code == 404
    assert await count("workspace") == 0


async def test_two_tabs_make_one_workspace() -> None:
    def make(name: str) -> asyncio.Task[object]:
        values = {key: value for key, value in TYPED.items() if key not in {"name", "email"}}
        return asyncio.create_task(setup.make_first_workspace(name=name, email=f"{name}@x.example", **values, now=NOW))

    ends = await asyncio.gather(*(make(f"tab{n}") for n in range(4)), return_exceptions=True)
    assert sum(isinstance(end, setup.AlreadySetUp) for end in ends) == 3
    assert sum(isinstance(end, tuple) for end in ends) == 1
    assert (await count("workspace"), await count("member")) == (1, 1)


async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(stranger: httpx.AsyncClient) -> None:
    page = await post(stranger, await link(), TYPED | {"name": " ", "member_name": "", "email": "mara", "password": "short"})
    assert page.status_code == 422
    for sentence in ("organisation&#39;s name", "Give your name", "name@example.com", "at least 10 characters"):
        assert sentence in page.text
    assert 'value="mara"' in page.text
    assert '<option value="DE" selected>' in page.text
    assert "short" not in page.text
    assert await count("workspace") == 0


async def test_a_time_zone_from_nowhere_is_refused(stranger: httpx.AsyncClient) -> None:
    page = await post(stranger, await link(), TYPED | {"timezone": "Mars/Olympus"})
    assert page.status_code == 422
    assert "Choose a time zone" in page.text


async def test_neither_is_made_when_one_cannot_be(northgate: Northgate) -> None:
    values = {"name": "Elsewhere", "member_name": "Olu", "password": "walnut river tram"}
    with pytest.raises(Invalid, match="already a member"):
        await setup.create_workspace(**values, email=northgate.admin.email, now=NOW)
    assert await count("workspace") == 1
