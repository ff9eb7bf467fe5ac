"""The page of what candidates wrote back."""

import httpx
import pytest

from portal.messages import replies
from portal.messages.words import Channel
from tests.cast import NOW, Northgate, post
from tests.messages.conftest import Life

PATH = "/app/messages/replies"


@pytest.fixture
async def waiting(life: Life) -> Life:
    """Ana asked something, and somebody wanted no more."""
    await keep(life, "Is it the <b>second</b> floor?", 1)
    await keep(life, "Please stop texting me", 2, is_opt_out=True)
    return life


async def keep(life: Life, body: str, number: int, *, is_opt_out: bool = False) -> str:
    made = await replies.keep(
        life.workspace_id,
        life.id,
        channel=Channel.SMS,
        provider_id=f"SM{number}",
        body=body,
        is_opt_out=is_opt_out,
        seen_at=None,
        now=NOW,
    )
    return str(made)


async def test_replies_stand_there_with_what_can_be_done(waiting: Life, recruiter: httpx.AsyncClient) -> None:
    page = (await recruiter.get(PATH)).text
    assert "Is it the &lt;b&gt;second&lt;/b&gt; floor?" in page
    assert f'href="/app/candidates/{waiting.id}"' in page
    assert page.count("Wanted no more</span>") == 1
    assert page.count("/done") == 2


async def test_how_many_wait_stands_on_every_page(
    waiting: Life, recruiter: httpx.AsyncClient, marketer: httpx.AsyncClient
) -> None:
    assert 'class="nav-count">2<' in (await recruiter.get("/app/jobs")).text
    assert "Replies (2)" in (await recruiter.get("/app/messages")).text
    assert "nav-count" not in (await marketer.get("/app/jobs")).text


async def test_done_can_be_undone(waiting: Life, recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    reply = (await replies.list_replies(northgate.id)).lines[0]
    answer = await post(recruiter, f"{PATH}/{reply.id}/done", {"back": f"{PATH}?show=waiting"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?show=waiting")
    page = (await recruiter.get(PATH)).text
    assert "Dealt with by Jo Park" in page
    assert f'action="{PATH}/{reply.id}/open"' in page
    assert await replies.unseen_count(northgate.id) == 1
    await post(recruiter, f"{PATH}/{reply.id}/open")
    assert await replies.unseen_count(northgate.id) == 2


async def test_done_twice_says_that_it_was_done(waiting: Life, recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    reply = (await replies.list_replies(northgate.id)).lines[0]
    for said in ("Done.", "Somebody had done that already."):
        await post(recruiter, f"{PATH}/{reply.id}/done", {"back": "https://evil.example/"})
        assert said in (await recruiter.get(PATH)).text


async def test_those_that_wait_come_first_and_can_be_had_alone(
    waiting: Life, recruiter: httpx.AsyncClient, northgate: Northgate
) -> None:
    newest = (await replies.list_replies(northgate.id)).lines[0]
    await post(recruiter, f"{PATH}/{newest.id}/done")
    assert [line.seen_at is None for line in (await replies.list_replies(northgate.id)).lines] == [True, False]
    alone = (await recruiter.get(f"{PATH}?show=waiting")).text
    assert newest.body not in alone
    assert (await replies.list_replies(northgate.id, search="second")).total == 1
    assert "Please stop" in (await recruiter.get(f"{PATH}?show=opt-outs", headers={"HX-Request": "true"})).text


async def test_a_viewer_reads_and_presses_nothing(waiting: Life, viewer: httpx.AsyncClient, northgate: Northgate) -> None:
    page = (await viewer.get(PATH)).text
    assert "floor?" in page
    assert "/done" not in page


async def test_without_replies_the_page_says_what_will_stand_there(recruiter: httpx.AsyncClient) -> None:
    page = (await recruiter.get(PATH)).text
    assert "Nobody has written back yet" in page
    assert "nav-count" not in page
    assert "No reply fits" in (await recruiter.get(f"{PATH}?q=nothing&show=nonsense&page=x")).text
