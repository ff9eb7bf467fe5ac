"""The redirect, as a tap meets it."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp

from portal import clock, db
from portal.accounts.access import SignedIn
from portal.clicks import front, landings
from portal.clicks.front import key_of
from portal.links import domains, history, personal
from portal.settings import settings
from tests.cast import Northgate, add_application, add_candidate, add_channel, add_link, sign_in
from tests.clicks.agents import INSTAGRAM
from tests.clicks.conftest import Tapped
from tests.conftest import browser

FACEBOOK = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"


async def hits() -> list[db.Row]:
    return await db.rows("SELECT * FROM click_journal ORDER BY at, id")


async def test_a_tap_is_written_down_and_led_to_the_landing_page(tapped: Tapped) -> None:
    answer = await tapped.tap(
        accept_language="de-AT,de;q=0.9", referer="https://l.instagram.com/?u=1", sec_fetch_site="cross-site"
    )
    (hit,) = await hits()
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/apply/night-nurse-leeds?click={hit['id']}&via=nurse-ig-story"
    assert (hit["link_id"], hit["kind"], hit["outcome"], hit["method"]) == (tapped.link_id, "click", "redirected", "GET")
    assert (hit["language"], hit["referrer_host"], hit["staff"]) == ("de-at", "l.instagram.com", False)
    assert len(hit["visitor"]) == 16
    assert hit["id"].version == 7


async def test_a_redirect_is_kept_by_nobody_and_says_nothing_to_the_next_page(tapped: Tapped) -> None:
    answer = await tapped.tap()
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-length"] == "0"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


async def test_no_address_is_written_down(tapped: Tapped) -> None:
    await tapped.tap(x_forwarded_for="203.0.113.77")
    (hit,) = await hits()
    assert "192.0.2.1" not in str(dict(hit))
    assert "203.0.113.77" not in str(dict(hit))


@pytest.mark.parametrize(
    "path", ["/NURSE-IG-Story", "/nurse-ig-story/", "/nurse-ig-story.", "/nurse-ig-story)", "/nurse-ig-story?utm_source=ig"]
)
async def test_what_happens_to_addresses_on_their_way_is_forgiven(tapped: Tapped, path: str) -> None:
    assert (await tapped.tap(path)).status_code == 302


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/", ""),
        ("/app", ""),
        ("/APP/", ""),
        ("/app/jobs", ""),
        ("/apply/nurse", ""),
        ("/static/x.css", ""),
        ("/favicon.ico", ""),
        ("/robots.txt", ""),
        ("/wp-login.php", ""),
        ("/i", ""),
        ("/" + "x" * 200, ""),
        ("/nurse", "nurse"),
        ("/Nurse/", "nurse"),
        ("//nurse", ""),
        ("/nurse//", ""),
    ],
)
def test_only_short_single_free_addresses_are_taken(path: str, key: str) -> None:
    assert key_of(path) == key


async def test_everything_else_reaches_the_application(tapped: Tapped) -> None:
    assert (await tapped.client.get("/health")).json() == {"status": "ok"}
    assert (await tapped.client.get("/nothing/here")).status_code == 404
    assert (await tapped.client.post("/nurse-ig-story")).status_code in {403, 404, 405}
    assert await hits() == []


async def test_head_gets_the_headers_of_the_redirect(tapped: Tapped) -> None:
    answer = await tapped.tap(method="HEAD")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/apply/night-nurse-leeds?click=")
    assert answer.content == b""
    assert [hit["method"] for hit in await hits()] == ["HEAD"]


async def test_a_crawler_gets_a_card_and_a_person_in_the_app_does_not(tapped: Tapped) -> None:
    answer = await tapped.tap(user_agent=FACEBOOK)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<meta property="og:title" content="Night nurse">' in answer.text
    assert '<meta property="og:description" content="Leeds · £21 an hour">' in answer.text
    assert '<meta property="og:site_name" content="Northgate Care">' in answer.text
    assert '<meta property="og:url" content="http://portal.test/nurse-ig-story">' in answer.text
    assert '<meta property="og:locale" content="en_GB">' in answer.text
    assert [hit["outcome"] for hit in await hits()] == ["card"]
    assert (await tapped.tap()).status_code == 302


async def test_the_card_says_what_the_link_says_else_what_the_job_says(tapped: Tapped, northgate: Northgate) -> None:
    await db.run("UPDATE job SET card_title = 'Nurses wanted', card_text = 'Tonight <b>'")
    front.engine().cache.expire_all()
    assert 'content="Nurses wanted"' in (await tapped.tap(user_agent=FACEBOOK)).text
    await db.run("UPDATE link SET card_title = 'Spring: \"nurses\"'")
    front.engine().cache.expire_all()
    card = (await tapped.tap(user_agent=FACEBOOK)).text
    assert 'content="Spring: &#34;nurses&#34;"' in card
    assert "Tonight &lt;b&gt;" in card


@pytest.mark.parametrize(
    ("change", "status", "words", "outcome"),
    [
        (
            "UPDATE job SET status = 'closed', closed_at = created_at",
            410,
            "Northgate Care no longer takes applications",
            "closed",
        ),
        ("UPDATE job SET deadline_at = '2026-01-01'", 410, "This job is closed", "closed"),
        ("UPDATE job SET status = 'draft'", 404, "not open yet", "not_open"),
        ("UPDATE link SET expires_at = '2026-01-01'", 410, "This link has ended", "expired"),
        ("UPDATE link SET starts_at = '2100-01-01'", 404, "not open yet", "not_started"),
        ("UPDATE link SET paused_at = created_at", 404, "This link is paused", "paused"),
        ("UPDATE link SET archived_at = created_at", 410, "no longer in use", "archived"),
    ],
)
async def test_a_link_that_does_not_lead_on_says_why_and_the_hit_is_kept(
    tapped: Tapped, change: str, status: int, words: str, outcome: str
) -> None:
    await db.run("UPDATE job SET deadline_at = '2100-01-01'")
    await db.run(change)
    answer = await tapped.tap()
    assert answer.status_code == status
    assert words in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    (hit,) = await hits()
    assert (hit["outcome"], hit["link_id"]) == (outcome, tapped.link_id)


async def test_an_address_that_nobody_made_gets_a_page_that_helps(tapped: Tapped) -> None:
    answer = await tapped.tap("/nurse-ig-stroy")
    assert answer.status_code == 404
    assert "This link leads nowhere" in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    (hit,) = await hits()
    assert (hit["slug"], hit["link_id"], hit["outcome"]) == ("nurse-ig-stroy", None, "unknown")


@pytest.mark.parametrize("path", ["/%00", "/nurse_ig", "/%F0%9F%98%80", "/<script>", "/a b", "/-", "/%ff%fe"])
async def test_nonsense_gets_the_same_page_and_is_not_kept(tapped: Tapped, path: str) -> None:
    assert (await tapped.tap(path)).status_code == 404
    assert await hits() == []


async def test_a_personal_link_leads_to_its_interview_also_when_the_job_has_closed(tapped: Tapped, northgate: Northgate) -> None:
    application_id = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id))
    link_id = await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id)
    token = personal.token_of(link_id)
    await db.run("UPDATE job SET status = 'closed', closed_at = created_at")
    answer = await tapped.tap(f"/{token.upper()}")
    (hit,) = await hits()
    assert answer.headers["location"] == f"/i/{token}?click={hit['id']}"
    assert hit["link_id"] == link_id
    assert token not in str(dict(hit))
    card = (await tapped.tap(f"/{token}", user_agent=FACEBOOK)).text
    assert "og:url" not in card
    assert "Ana" not in card


async def test_a_token_that_opens_nothing_is_not_kept(tapped: Tapped) -> None:
    token = personal.token_of(UUID(int=1))
    assert (await tapped.tap(f"/{token}")).status_code == 404
    assert [hit["slug"] for hit in await hits()] == [""]


@pytest.mark.parametrize(
    ("name", "value"),
    [("sec_purpose", "prefetch;prerender"), ("purpose", "prefetch"), ("x_purpose", "preview"), ("x_moz", "prefetch")],
)
async def test_what_fetches_early_is_noted(tapped: Tapped, name: str, value: str) -> None:
    assert (await tapped.tap(**{name: value})).status_code == 302
    assert [hit["purpose"] for hit in await hits()] == [value]


async def test_a_members_own_tap_is_noted_and_an_outsiders_is_not(
    tapped: Tapped, northgate: Northgate, outsider: SignedIn
) -> None:
    await tapped.tap()
    await sign_in(tapped.client, northgate.recruiter)
    await tapped.tap()
    await sign_in(tapped.client, outsider)
    await tapped.tap()
    assert [hit["staff"] for hit in await hits()] == [False, True, False]


async def test_the_same_person_is_one_visitor_a_day_and_not_told_the_next(tapped: Tapped) -> None:
    now = clock.now()
    await tapped.tap()
    await tapped.tap()
    await tapped.tap(user_agent="Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/127.0.0.0 Mobile Safari/537.36")
    salts = front.engine().salts
    first, second, other = [hit["visitor"] for hit in await hits()]
    assert first == second != other
    link = await front.engine().cache.find(tapped.slug)
    assert link is not None
    days = [link.day(now) + timedelta(days=n) for n in (0, 1)]
    assert len({salts.visitor(day, link.link.workspace_id, "192.0.2.1", "x") for day in days}) == 2
    assert len({salts.visitor(days[0], UUID(int=n), "192.0.2.1", "x") for n in (1, 2)}) == 2


async def test_a_thousand_taps_at_once_are_each_written_down_once(tapped: Tapped) -> None:
    first = await tapped.tap()  # the link is known then: a thousand at once may keep the first look-up waiting for too long
    answers = [first, *await asyncio.gather(*(tapped.tap() for _ in range(1000)))]
    carried = {answer.headers["location"].partition("click=")[2].partition("&")[0] for answer in answers}
    assert len(carried) == 1001
    assert carried == {str(hit["id"]) for hit in await hits()}


async def test_a_landing_is_written_down_beside_its_click(tapped: Tapped) -> None:
    await tapped.tap()
    (click,) = await hits()
    await landings.record(click_id=click["id"], link_id=tapped.link_id, at=clock.now())
    landing = (await hits())[-1]
    assert (landing["kind"], landing["click_id"], landing["link_id"]) == ("landing", click["id"], tapped.link_id)


async def test_a_known_link_redirects_while_the_database_is_away_and_the_hit_comes_later(tapped: Tapped, app: ASGIApp) -> None:
    await tapped.tap()
    engine = front.engine()
    assert engine.journal._connection is not None
    engine.journal._database_url, url = "postgresql://postgres@127.0.0.1:1/nothing", engine.journal._database_url
    engine.journal._connection.terminate()
    await db.close()
    try:
        answers = [await tapped.tap() for _ in range(5)]
        unknown = await tapped.tap("/never-seen")
    finally:
        await db.open(settings().database_url)
    assert [answer.status_code for answer in answers] == [302] * 5
    assert (unknown.status_code, unknown.headers["retry-after"]) == (503, "5")
    engine.journal._database_url = url
    async with asyncio.timeout(20):
        while len(await hits()) < 6:
            await asyncio.sleep(0.05)
    assert {str(hit["id"]) for hit in await hits()} >= {
        answer.headers["location"].partition("click=")[2].partition("&")[0] for answer in answers
    }


async def test_a_process_that_starts_while_the_database_is_away_comes_up(app: ASGIApp) -> None:
    await front.close()
    await db.close()
    try:
        await front.open()
        async with browser(app) as client:
            assert (await client.get("/nurse")).status_code == 503
    finally:
        await db.open(settings().database_url)


async def test_visitors_are_counted_soon_after_an_outage_at_the_start(tapped: Tapped, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "SALTS_RETRY", 0.05)
    await front.close()
    await db.close()
    try:
        await front.open()
    finally:
        await db.open(settings().database_url)
    async with asyncio.timeout(20):
        while front.engine().salts.visitor(clock.now().date(), tapped.link_id, "192.0.2.1", "x") is None:
            await asyncio.sleep(0.05)
    await tapped.tap()
    assert (await hits())[-1]["visitor"] is not None


async def test_two_links_of_one_job_are_told_apart(tapped: Tapped, northgate: Northgate) -> None:
    other = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id, code="x", placement="bio"), "nurse-x")
    await tapped.tap("/nurse-x")
    await tapped.tap()
    assert [hit["link_id"] for hit in await hits()] == [other, tapped.link_id]


async def test_phones_of_one_ipv6_network_are_one_household(tapped: Tapped, app: ASGIApp) -> None:
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"):
        transport = httpx.ASGITransport(app=app, client=(address, 1))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://portal.test") as client:
            await client.get("/nurse-ig-story")
    first, second, third = [hit["visitor"] for hit in await hits()]
    assert first == second != third


async def led(tapped: Tapped, target_url: str) -> httpx.Response:
    await history.change(tapped.workspace_id, tapped.link_id, {"target_url": target_url}, by=None, now=clock.now())
    front.engine().cache.expire_all()
    return await tapped.tap()


async def test_a_link_leads_to_another_website_with_the_workspaces_words_and_says_nothing_of_the_click(tapped: Tapped) -> None:
    answer = await led(tapped, "https://example.com/jobs?id=7")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("https://example.com/jobs?id=7&utm_source=instagram&utm_medium=story")
    (hit,) = await hits()
    assert str(hit["id"]) not in answer.headers["location"]


async def test_a_link_to_all_open_jobs_takes_its_click_along(tapped: Tapped) -> None:
    answer = await led(tapped, "/jobs")
    (hit,) = await hits()
    word = tapped.workspace_id.hex[-12:]
    assert answer.headers["location"] == f"/jobs/{word}?click={hit['id']}&via=nurse-ig-story"
    assert (await tapped.client.get(answer.headers["location"])).status_code == 200


async def test_a_link_that_leads_elsewhere_outlives_its_job(tapped: Tapped) -> None:
    await db.run("UPDATE job SET status = 'closed', closed_at = $1", clock.now())
    assert (await led(tapped, "https://example.com/")).status_code == 302


async def on(tapped: Tapped, host: str, path: str = "/nurse-ig-story") -> int:
    return (await tapped.client.get(path, headers={"host": host, "user-agent": INSTAGRAM})).status_code


async def test_links_work_at_the_workspaces_own_domain_and_at_no_other(tapped: Tapped, outsider: SignedIn) -> None:
    assert await on(tapped, "anything.example") == 302  # nobody has a domain: all hosts are served
    assert await domains.add(tapped.workspace_id, "go.northgate.example", now=clock.now())
    assert await domains.add(outsider.workspace_id, "go.elsewhere.example", now=clock.now())
    front.engine().hosts.expire_all()
    await front.engine().hosts.find()
    assert await on(tapped, "go.northgate.example") == 302
    assert await on(tapped, "portal.test") == 302
    assert await on(tapped, "go.elsewhere.example") == 404
    assert await on(tapped, "anything.example") == 404
    assert await on(tapped, "anything.example", "/health") == 200
    assert await on(tapped, "go.northgate.example", "/app/sign-in") == 404
    assert await on(tapped, "portal.test", "/app/sign-in") == 200


async def test_a_hit_on_somebody_elses_domain_is_not_written_down(tapped: Tapped, outsider: SignedIn) -> None:
    await domains.add(outsider.workspace_id, "go.elsewhere.example", now=clock.now())
    front.engine().hosts.expire_all()
    await front.engine().hosts.find()
    await on(tapped, "go.elsewhere.example")
    assert await hits() == []
