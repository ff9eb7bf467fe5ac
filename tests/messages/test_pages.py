"""What members see of messages."""

import html
import re

import httpx
import pytest
from litestar.types import ASGIApp

from portal import db
from portal.accounts.access import SignedIn
from portal.links import personal
from tests.cast import NOW, Northgate, add_workspace, sign_in
from tests.conftest import browser
from tests.messages.conftest import AFTER_3H, Life, give_phone, new_life


def text_of(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


async def test_the_log_has_a_tab_for_what_is_next_sent_and_not_sent(recruiter: httpx.AsyncClient, life: Life) -> None:
    await life.tick(AFTER_3H)
    page = text_of(await recruiter.get("/app/messages"))
    assert "Next (3)" in page and "Sent (1)" in page and "Not sent (0)" in page
    assert "24 h after they gave their name" in page and "Ana Duarte" in page
    sent = text_of(await recruiter.get("/app/messages?tab=sent"))
    assert "Your interview is ready: Night nurse" in sent


async def test_the_log_is_filtered_by_state_channel_job_and_name(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    ana, ben = await new_life(northgate), await new_life(northgate, email="ben@example.com")
    await db.run("UPDATE candidate SET name = 'Ben Ito' WHERE id = $1", ben.candidate_id)
    await ana.plan()
    assert "Ben Ito" not in text_of(await recruiter.get("/app/messages?q=ana"))
    assert "Ana Duarte" in text_of(await recruiter.get("/app/messages?q=DUARTE%40exam"))
    assert "No message fits" in text_of(await recruiter.get("/app/messages?channel=sms"))
    assert "No message fits" in text_of(await recruiter.get("/app/messages?state=held"))
    assert "No message fits" in text_of(await recruiter.get(f"/app/messages?job={ana.id}"))
    assert "Ana Duarte" in text_of(await recruiter.get(f"/app/messages?job={ana.job_id}"))
    assert "Ana Duarte" in text_of(await recruiter.get("/app/messages?tab=x&state=y&channel=z&job=q&page=w"))


async def test_a_long_log_has_pages(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    for n in range(14):
        life = await new_life(northgate, email=f"ana{n}@example.com")
    await life.plan()
    assert "1–50 of 56" in text_of(await recruiter.get("/app/messages"))
    assert "51–56 of 56" in text_of(await recruiter.get("/app/messages?page=2"))


async def test_typing_a_search_answers_the_list_alone(recruiter: httpx.AsyncClient, life: Life) -> None:
    await life.plan()
    fragment = await recruiter.get("/app/messages?q=ana", headers={"HX-Request": "true"})
    assert "<html" not in fragment.text and "Ana Duarte" in fragment.text


async def test_an_empty_log_says_what_will_stand_there(recruiter: httpx.AsyncClient) -> None:
    assert "Nothing is planned" in text_of(await recruiter.get("/app/messages"))
    assert "Nothing has gone out yet" in text_of(await recruiter.get("/app/messages?tab=sent"))
    assert "Nothing was left out" in text_of(await recruiter.get("/app/messages?tab=not-sent"))


async def test_the_log_says_that_communications_are_off(northgate: Northgate, recruiter: httpx.AsyncClient, life: Life) -> None:
    await db.run("UPDATE workspace SET communications_off_at = $2 WHERE id = $1", northgate.id, NOW)
    await life.plan()
    page = text_of(await recruiter.get("/app/messages"))
    assert "Communications are switched off Nothing goes out since" in page and "Held" in page


async def test_a_sent_email_is_shown_as_it_was_sent(recruiter: httpx.AsyncClient, life: Life) -> None:
    await life.tick(AFTER_3H)
    row = await life.message("3h")
    page = await recruiter.get(f"/app/messages/{row['id']}")
    assert "Why it went" in text_of(page) and "ana.duarte@example.com" in text_of(page)
    assert personal.personal_url(row["link_id"]) in page.text
    frame = await recruiter.get(f"/app/messages/{row['id']}/html")
    assert frame.text == row["body_html"]


async def test_the_email_is_caged(recruiter: httpx.AsyncClient, life: Life) -> None:
    await life.tick(AFTER_3H)
    row = await life.message("3h")
    frame = await recruiter.get(f"/app/messages/{row['id']}/html")
    policy = frame.headers["content-security-policy"]
    assert "default-src 'none'" in policy and policy.endswith("sandbox") and "script" not in policy
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"
    page = await recruiter.get(f"/app/messages/{row['id']}")
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assert "frame-src" not in (await recruiter.get("/app/messages")).headers["content-security-policy"]


async def test_a_planned_message_is_shown_as_it_would_read(recruiter: httpx.AsyncClient, life: Life) -> None:
    await life.stop()
    await life.plan()
    row = await life.message("3h")
    page = text_of(await recruiter.get(f"/app/messages/{row['id']}"))
    assert "How it will read" in page and "Three questions left: Night nurse" in page and "3 h after they stopped." in page
    assert "interactive interview" in (await recruiter.get(f"/app/messages/{row['id']}/html")).text
    assert (await life.message("3h"))["body_text"] == "" and row["link_id"] is None


async def test_a_text_is_shown_with_what_it_costs(recruiter: httpx.AsyncClient, life: Life) -> None:
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", life.job_id)
    await give_phone(life)
    await life.tick(AFTER_3H)
    row = await life.message("3h")
    page = text_of(await recruiter.get(f"/app/messages/{row['id']}"))
    assert "GSM-7: 1 message to pay for" in page and "+447700900123" in page


@pytest.mark.parametrize(
    ("state", "words"),
    [("failed", "Refused"), ("unknown", "No answer from the provider"), ("skipped", "Skipped"), ("cancelled", "Cancelled")],
)
async def test_every_end_has_its_words(recruiter: httpx.AsyncClient, life: Life, state: str, words: str) -> None:
    await life.tick(AFTER_3H)
    await db.run("UPDATE message SET state = $1, ended_at = $2 WHERE state = 'sent'", state, NOW)
    row = await life.message("3h")
    assert words in text_of(await recruiter.get(f"/app/messages/{row['id']}"))


async def test_who_may_only_look_does_not_get_the_key(app: ASGIApp, northgate: Northgate, life: Life) -> None:
    await life.tick(AFTER_3H)
    row = await life.message("3h")
    token = personal.token_of(row["link_id"])
    async with browser(app) as client:
        await sign_in(client, northgate.viewer)
        for path in (f"/app/messages/{row['id']}", f"/app/messages/{row['id']}/html"):
            page = await client.get(path)
            assert page.status_code == 200 and token not in page.text and "their-own-link" in page.text


async def test_marketers_see_no_messages(app: ASGIApp, northgate: Northgate, life: Life) -> None:
    await life.plan()
    row = await life.message("3h")
    async with browser(app) as client:
        await sign_in(client, northgate.marketer)
        paths = [
            "/app/messages",
            f"/app/messages/{row['id']}",
            f"/app/messages/{row['id']}/html",
            f"/app/jobs/{life.job_id}/nudges",
        ]
        assert [(await client.get(path)).status_code for path in paths] == [403] * 4


async def test_an_outsider_finds_nothing(app: ASGIApp, outsider: SignedIn, life: Life) -> None:
    await life.plan()
    row = await life.message("3h")
    async with browser(app) as client:
        await sign_in(client, outsider)
        paths = [f"/app/messages/{row['id']}", f"/app/messages/{row['id']}/html", f"/app/jobs/{life.job_id}/nudges"]
        assert [(await client.get(path)).status_code for path in paths] == [404] * 3
        assert "Ana" not in (await client.get(f"/app/messages?job={life.job_id}")).text


async def test_the_log_counts_only_its_own_workspace(recruiter: httpx.AsyncClient, life: Life) -> None:
    await life.plan()
    await db.run("UPDATE message SET state = 'held'")
    other = await add_workspace("Elsewhere Ltd")
    assert await db.value("SELECT count(*) FROM message WHERE workspace_id = $1", other) == 0
    assert "Next (4)" in text_of(await recruiter.get("/app/messages"))
