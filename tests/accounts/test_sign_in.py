"""The door: sign-in and sign-out, as a browser meets them."""

import httpx
import pytest
from litestar.types import ASGIApp

from portal import clock, db, redis
from portal.accounts import members, passwords, sessions
from portal.accounts.access import Role
from portal.accounts.pages import local_target
from portal.settings import settings
from tests.cast import NOW, Northgate, csrf, post, sign_in
from tests.conftest import PUBLIC_URL, browser

PASSWORD = "walnut river tram"


@pytest.fixture
async def jo(northgate: Northgate) -> str:
    """The email of a recruiter who has a password."""
    await members.set_password(northgate.id, northgate.recruiter.id, PASSWORD)
    return northgate.recruiter.email


async def knock(client: httpx.AsyncClient, email: str, password: str, **more: str) -> httpx.Response:
    return await post(client, "/app/sign-in", {"email": email, "password": password} | more)


def token_of(client: httpx.AsyncClient) -> str | None:
    return client.cookies.get(sessions.cookie_name())


async def test_looking_at_the_sign_in_page_makes_no_session_and_writes_nothing(stranger: httpx.AsyncClient) -> None:
    page = await stranger.get("/app/sign-in")
    assert page.status_code == 200
    assert "Sign in" in page.text
    assert token_of(stranger) is None
    assert await redis.client().keys("*") == []


async def test_the_right_password_opens_the_page_that_was_wanted(stranger: httpx.AsyncClient, jo: str) -> None:
    sent = await stranger.get("/app/settings/password?x=1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/app/sign-in?next=%2Fapp%2Fsettings%2Fpassword%3Fx%3D1")
    page = await stranger.get(sent.headers["location"])
    assert 'value="/app/settings/password?x=1"' in page.text
    entered = await knock(stranger, jo.upper(), PASSWORD, next="/app/settings/password?x=1")
    assert (entered.status_code, entered.headers["location"]) == (303, "/app/settings/password?x=1")
    assert (await stranger.get("/app/settings/password")).status_code == 200


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: httpx.AsyncClient, jo: str) -> None:
    entered = await knock(stranger, jo, PASSWORD)
    [cookie] = [c for c in entered.headers.get_list("set-cookie") if c.startswith(sessions.cookie_name())]
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}


@pytest.mark.parametrize("wrong", ["unknown", "password", "disabled"])
async def test_all_refusals_read_the_same(stranger: httpx.AsyncClient, northgate: Northgate, jo: str, wrong: str) -> None:
    if wrong == "disabled":
        await members.disable(northgate.id, northgate.recruiter.id, by=northgate.admin.id, now=NOW)
    email = "nobody@northgate.example" if wrong == "unknown" else jo
    page = await knock(stranger, email, "something else" if wrong == "password" else PASSWORD)
    assert page.status_code == 422
    assert page.text.count("That email address and password don&#39;t open an account.") == 1
    assert f'value="{email}"' in page.text
    assert PASSWORD not in page.text
    assert token_of(stranger) is None


async def test_a_form_left_empty_says_what_is_missing(stranger: httpx.AsyncClient) -> None:
    page = await knock(stranger, "", "")
    assert page.status_code == 422
    assert "Give your email address." in page.text
    assert "Give your password." in page.text


async def test_a_planted_token_is_replaced(stranger: httpx.AsyncClient, jo: str) -> None:
    stranger.cookies.set(sessions.cookie_name(), "ab" * 32)
    entered = await knock(stranger, jo, PASSWORD)
    cookie = httpx.Cookies()
    cookie.extract_cookies(entered)
    assert cookie.get(sessions.cookie_name()) not in {None, "ab" * 32}
    assert await sessions.member_of(f"{sessions.cookie_name()}={'ab' * 32}", clock.now()) is None


async def test_signing_in_again_ends_the_session_before(app: ASGIApp, jo: str) -> None:
    async with browser(app) as client:
        await knock(client, jo, PASSWORD)
        first = token_of(client)
        await knock(client, jo, PASSWORD)
        second = token_of(client)
    assert first != second
    assert await sessions.member_of(f"{sessions.cookie_name()}={first}", clock.now()) is None
    assert await sessions.member_of(f"{sessions.cookie_name()}={second}", clock.now()) is not None


async def test_signing_out_ends_the_session_and_takes_the_cookie(recruiter: httpx.AsyncClient) -> None:
    token = token_of(recruiter)
    gone = await post(recruiter, "/app/sign-out")
    assert (gone.status_code, gone.headers["location"]) == (303, "/app/sign-in")
    assert await sessions.member_of(f"{sessions.cookie_name()}={token}", clock.now()) is None
    assert "You are signed out." in (await recruiter.get("/app/sign-in")).text
    assert (await recruiter.get("/app/settings")).status_code == 303


async def test_signing_out_needs_a_form(recruiter: httpx.AsyncClient) -> None:
    assert (await recruiter.get("/app/sign-out")).status_code == 405
    assert (await recruiter.post("/app/sign-out")).status_code == 403
    assert (await recruiter.get("/app/settings")).status_code == 200


async def test_who_is_signed_in_is_led_past_the_sign_in_page(recruiter: httpx.AsyncClient) -> None:
    page = await recruiter.get("/app/sign-in?next=/app/settings")
    assert (page.status_code, page.headers["location"]) == (303, "/app/settings")


async def test_the_front_door_is_the_list_of_jobs(recruiter: httpx.AsyncClient) -> None:
    page = await recruiter.get("/app")
    assert (page.status_code, page.headers["location"]) == (303, "/app/jobs")


async def test_guessing_is_slowed_down_and_the_email_is_kept(stranger: httpx.AsyncClient, jo: str) -> None:
    answers = [await knock(stranger, jo, f"wrong-{n}") for n in range(9)]
    assert [a.status_code for a in answers] == [422] * 8 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "That was tried too often. Wait 2 minutes" in answers[-1].text
    assert f'value="{jo}"' in answers[-1].text
    assert (await knock(stranger, jo, PASSWORD)).status_code == 429
    assert (await knock(stranger, "somebody@else.example", "wrong")).status_code == 422


async def test_one_place_cannot_lock_a_member_out_elsewhere(app: ASGIApp, stranger: httpx.AsyncClient, jo: str) -> None:
    for n in range(12):
        await knock(stranger, jo, f"wrong-{n}")
    transport = httpx.ASGITransport(app=app, client=("198.51.100.7", 50000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as home:
        assert (await knock(home, jo, PASSWORD)).status_code == 303


async def test_one_place_cannot_try_everybody(stranger: httpx.AsyncClient) -> None:
    """However slow the guesses are, what is given back meanwhile is not enough for all of them."""
    codes = [(await knock(stranger, f"p{n}@northgate.example", "guess")).status_code for n in range(70)]
    assert codes[:60] == [422] * 60
    assert 429 in codes[60:]


async def test_no_address_of_a_network_is_kept(stranger: httpx.AsyncClient, jo: str) -> None:
    await knock(stranger, jo, "wrong")
    assert await redis.client().keys("limit:*") != []
    assert [key for key in await redis.client().keys("*") if b"192.0.2" in key or b"northgate" in key] == []


async def test_an_old_hash_is_renewed_on_the_way_in(stranger: httpx.AsyncClient, northgate: Northgate, jo: str) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    await db.run("UPDATE member SET password_hash = $2 WHERE id = $1", northgate.recruiter.id, old)
    assert (await knock(stranger, jo, PASSWORD)).status_code == 303
    new = await db.value("SELECT password_hash FROM member WHERE id = $1", northgate.recruiter.id)
    assert not passwords.is_outdated(new)
    assert await passwords.verify(new, PASSWORD)


async def test_a_member_without_a_password_cannot_sign_in(stranger: httpx.AsyncClient, northgate: Northgate) -> None:
    assert (await knock(stranger, northgate.viewer.email, "nobody's password")).status_code == 422


async def test_a_form_without_its_token_is_refused(stranger: httpx.AsyncClient, jo: str) -> None:
    await csrf(stranger)
    answer = await stranger.post("/app/sign-in", data={"email": jo, "password": PASSWORD})
    assert answer.status_code == 403
    assert token_of(stranger) is None


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
async def test_a_form_from_another_site_is_refused(stranger: httpx.AsyncClient, jo: str, headers: dict[str, str]) -> None:
    answer = await post(stranger, "/app/sign-in", {"email": jo, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]
    assert token_of(stranger) is None


async def test_a_form_of_our_own_is_taken(stranger: httpx.AsyncClient, jo: str) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC_URL}
    assert (await post(stranger, "/app/sign-in", {"email": jo, "password": PASSWORD}, headers=headers)).status_code == 303


@pytest.mark.parametrize("path", ["/app/settings", "/app/settings/password", "/app"])
async def test_following_a_link_from_another_site_is_no_form(recruiter: httpx.AsyncClient, path: str) -> None:
    answer = await recruiter.get(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code in {200, 303}


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/app",
        "//evil.example/app",
        "/\\evil.example",
        "/app\\..\\evil",
        "/application",
        "/apply/nurse",
        "app/jobs",
        "/app\n/jobs",
        "/app/\t",
        "/app/sign-in?next=/app",
        "/app/sign-out",
        "javascript:alert(1)",
        "",
        "/app/" + "a" * 2000,
    ],
)
async def test_a_sign_in_leads_to_pages_of_members_only(stranger: httpx.AsyncClient, jo: str, text: str) -> None:
    assert local_target(text) == "/app"
    assert (await knock(stranger, jo, PASSWORD, next=text)).headers["location"] == "/app"


@pytest.mark.parametrize("text", ["/app", "/app/jobs", "/app?x=1", "/app/candidates?q=ana%20d&page=2", "/app/links#top"])
def test_pages_of_members_are_led_to(text: str) -> None:
    assert local_target(text) == text


async def test_a_fragment_that_needs_a_sign_in_sends_the_whole_page_there(stranger: httpx.AsyncClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"{PUBLIC_URL}/app/settings?x=1"}
    answer = await stranger.get("/app/settings/color?brand_color=%23000000", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["hx-redirect"] == "/app/sign-in?next=%2Fapp%2Fsettings%3Fx%3D1"


async def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(stranger: httpx.AsyncClient) -> None:
    headers = {"Referer": f"{PUBLIC_URL}/app/settings/members/new"}
    answer = await post(stranger, "/app/settings/members", {"name": "Eve"}, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/app/sign-in?next=%2Fapp%2Fsettings%2Fmembers%2Fnew")


async def test_a_disabled_member_is_out_with_the_next_request(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    assert (await recruiter.get("/app/settings")).status_code == 200
    await members.disable(northgate.id, northgate.recruiter.id, by=northgate.admin.id, now=NOW)
    assert (await recruiter.get("/app/settings")).status_code == 303


async def test_a_role_taken_away_is_gone_with_the_next_request(app: ASGIApp, northgate: Northgate) -> None:
    other = await members.add_member(
        workspace_id=northgate.id, name="Ben Ode", email="ben@northgate.example", role=Role.ADMIN, password=PASSWORD, now=NOW
    )
    async with browser(app) as client:
        await sign_in(client, northgate.admin)
        assert (await client.get("/app/settings/members")).status_code == 200
        await members.change_role(northgate.id, northgate.admin.id, Role.VIEWER, by=other)
        assert (await client.get("/app/settings/members")).status_code == 403


async def test_a_demo_shows_its_sign_ins_and_no_other_portal_does(
    stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Look around" not in (await stranger.get("/app/sign-in")).text
    monkeypatch.setenv("PORTAL_DEMO", "1")
    settings.cache_clear()
    try:
        page = await stranger.get("/app/sign-in")
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert "Look around" in page.text
    assert "As recruiter" in page.text


async def test_a_portal_without_a_workspace_says_so(stranger: httpx.AsyncClient, northgate: Northgate) -> None:
    assert "There is no workspace yet" not in (await stranger.get("/app/sign-in")).text
    await db.run("TRUNCATE workspace CASCADE")
    assert "There is no workspace yet" in (await stranger.get("/app/sign-in")).text
