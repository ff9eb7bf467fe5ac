"""A workspace's settings."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from litestar.types import ASGIApp

from portal import changes, redis
from portal.accounts.access import SignedIn
from portal.accounts.workspaces import get_workspace, is_https, switch_communications
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, post, sign_in
from tests.conftest import browser

TYPED = {
    "name": "Northgate Homes",
    "timezone": "America/New_York",
    "country": "US",
    "language": "en",
    "brand_color": "#7C3AED",
    "privacy_url": "https://northgate.example/privacy",
}


async def test_an_admin_changes_the_settings(admin: httpx.AsyncClient, northgate: Northgate, outsider: SignedIn) -> None:
    answer = await post(admin, "/app/settings", TYPED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/app/settings")
    now = await get_workspace(northgate.id)
    assert {name: getattr(now, name) for name in TYPED} == TYPED | {"brand_color": "#7c3aed"}
    assert (await get_workspace(outsider.workspace_id)).name == "Elsewhere Ltd"
    page = await admin.get("/app/settings")
    assert "Settings saved." in page.text
    assert "Settings saved." not in (await admin.get("/app/settings")).text
    assert page.text.count("Northgate Homes") >= 2


async def test_other_processes_hear_of_the_change(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    async with redis.client().pubsub() as heard:
        await heard.subscribe(changes.CHANNEL)
        await post(admin, "/app/settings", TYPED)
        async with asyncio.timeout(5):
            while (said := await heard.get_message(ignore_subscribe_messages=True, timeout=1)) is None:
                pass
    assert said["data"] == f"workspace:{northgate.id}".encode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": " "}, "Give the organisation&#39;s name."),
        ({"name": "x" * 121}, "Use at most 120 characters"),
        ({"timezone": "Mars/Olympus"}, "Choose a time zone from the list."),
        ({"country": "XX"}, "Choose a country from the list."),
        ({"language": "tlh"}, "Choose a language from the list."),
        ({"brand_color": "red"}, "Give the colour as #"),
        ({"brand_color": '#0f766e"><script>'}, "Give the colour as #"),
        ({"privacy_url": "http://northgate.example"}, "beginning with https://"),
        ({"privacy_url": "javascript:alert(1)"}, "beginning with https://"),
    ],
)
async def test_what_cannot_be_used_is_said_and_changes_nothing(
    admin: httpx.AsyncClient, northgate: Northgate, change: dict[str, str], sentence: str
) -> None:
    before = await get_workspace(northgate.id)
    page = await post(admin, "/app/settings", TYPED | change)
    assert (page.status_code, sentence in page.text) == (422, True)
    assert "<script>" not in page.text.partition("<body")[2]
    assert 'value="US" selected' in page.text or "country" in change
    assert await get_workspace(northgate.id) == before


@pytest.mark.parametrize("role", ["recruiter", "marketer", "viewer"])
async def test_others_read_the_settings_and_change_nothing(app: ASGIApp, northgate: Northgate, role: str) -> None:
    before = await get_workspace(northgate.id)
    async with browser(app) as client:
        await sign_in(client, getattr(northgate, role))
        page = await client.get("/app/settings")
        assert page.status_code == 200
        assert "Northgate Care" in page.text
        assert 'action="/app/settings' not in page.text
        assert (await post(client, "/app/settings", TYPED)).status_code == 403
        assert (await post(client, "/app/settings/communications", {"on": "no"})).status_code == 403
    assert await get_workspace(northgate.id) == before


async def test_all_messages_are_switched_off_and_on(admin: httpx.AsyncClient, northgate: Northgate, outsider: SignedIn) -> None:
    assert (await post(admin, "/app/settings/communications", {"on": "no"})).status_code == 303
    assert (await get_workspace(northgate.id)).communications_off_at is not None
    assert (await get_workspace(outsider.workspace_id)).communications_off_at is None
    assert "No message goes to any candidate" in (await admin.get("/app/settings")).text
    await post(admin, "/app/settings/communications", {"on": "yes"})
    assert (await get_workspace(northgate.id)).communications_off_at is None
    assert "go out as planned" in (await admin.get("/app/settings")).text


async def test_switching_off_twice_keeps_the_first_time(northgate: Northgate) -> None:
    await switch_communications(northgate.id, on=False, now=NOW)
    await switch_communications(northgate.id, on=False, now=NOW + timedelta(hours=1))
    assert (await get_workspace(northgate.id)).communications_off_at == NOW


async def test_the_colour_is_shown_with_letters_that_can_be_read(recruiter: httpx.AsyncClient) -> None:
    light = await recruiter.get("/app/settings/color", params={"brand_color": "#ffee00"})
    dark = await recruiter.get("/app/settings/color", params={"brand_color": "#0F766E"})
    assert ('fill="#ffee00"' in light.text, 'fill="#000000"' in light.text) == (True, True)
    assert ('fill="#0f766e"' in dark.text, 'fill="#ffffff"' in dark.text) == (True, True)
    assert (await recruiter.get("/app/settings/color", params={"brand_color": "red"})).status_code == 404


async def test_a_workspace_that_is_not_there_is_missing(northgate: Northgate) -> None:
    with pytest.raises(Missing):
        await get_workspace(northgate.job_id)


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("https://northgate.example/privacy?x=1#y", True),
        ("https://sub.northgate.example", True),
        ("HTTPS://northgate.example", True),
        ("http://northgate.example", False),
        ("https://localhost", False),
        ("https://user@northgate.example", False),
        ("https://", False),
        ("https://[::1", False),
        ("northgate.example", False),
        ("https://northgate.example/a b", False),
        ("javascript:alert(1)//https://x.example", False),
    ],
)
def test_only_whole_https_addresses_are_taken(text: str, fine: bool) -> None:
    assert is_https(text) == fine
