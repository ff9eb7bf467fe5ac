"""The page that says what to paste where, for an interview at an address of a job's own."""

import dataclasses
from html import unescape

import httpx
import pytest

from portal import db
from portal.integrations import outward
from portal.interviews import external, hooks
from portal.settings import settings
from tests.cast import NOW, Northgate, post
from tests.doubles.server import Answer, Asked, Double, Vice
from tests.interviews.way import set_clock

URL = "https://talk.example/x?ref={token}"


@pytest.fixture
async def home(northgate: Northgate) -> str:
    set_clock(NOW)
    await db.run("UPDATE job SET interview_kind = 'external', external_url = $1 WHERE id = $2", URL, northgate.job_id)
    return f"/app/jobs/{northgate.job_id}/interview/elsewhere"


async def test_the_address_is_checked_while_it_is_typed(recruiter: httpx.AsyncClient) -> None:
    answer = await recruiter.get("/app/jobs/interview-address", params={"external_url": "https://x.example/{who}"})
    page = unescape(answer.text)
    assert "Nothing in it says who comes" in page
    assert "{who} means nothing here" in page
    answer = await recruiter.get("/app/jobs/interview-address", params={"external_url": URL})
    assert "Good: it can be told who has finished." in answer.text


async def test_address_and_meaning_of_a_return_are_kept(home: str, recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    page = await post(recruiter, home, {"external_url": "http://nowhere", "return_finishes": "on"})
    assert page.status_code == 422
    assert "http://nowhere" in page.text
    await post(recruiter, home, {"external_url": "https://talk.example/{return_url}"})
    assert await db.value("SELECT external_url FROM job") == "https://talk.example/{return_url}"
    assert not await external.return_finishes(northgate.id, northgate.job_id)
    await post(recruiter, home, {"external_url": URL, "return_finishes": "on"})
    assert await external.return_finishes(northgate.id, northgate.job_id)


async def test_a_job_whose_interview_is_here_says_so(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    page = (await recruiter.get(f"/app/jobs/{northgate.job_id}/interview/elsewhere")).text
    assert "The interview is not elsewhere" in page


class Front(Double):
    """What stands at the portal's public address: it takes the call only if it would be believed."""

    secret = ""

    def is_sending(self, asked: Asked) -> bool:
        return True

    def answer(self, asked: Asked, vice: Vice | None) -> Answer:
        message_id, at, signed = (asked.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        try:
            hooks.check(self.secret, message_id, at, signed, asked.body, now=NOW)
        except hooks.NotBelieved:
            return Answer(403)
        return Answer(404 if vice is Vice.REFUSED else 200)


async def test_the_hook_is_made_shown_tried_and_renewed(
    home: str, recruiter: httpx.AsyncClient, northgate: Northgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(recruiter, f"{home}/test")
    assert "Make the hook first." in (await recruiter.get(home)).text
    await post(recruiter, f"{home}/hook")
    hook = await hooks.hook_of(northgate.id, northgate.job_id)
    assert hook is not None
    page = unescape((await recruiter.get(home)).text)
    assert hook.url in page
    assert hook.secret() in page
    assert "webhook-signature: v1," in page

    await post(recruiter, f"{home}/test")
    assert "could not be called from here" in (await recruiter.get(home)).text
    with Front() as front:
        front.secret = hook.secret()
        allowed = dataclasses.replace(settings(), private_targets=("127.0.0.0/8",), public_url=front.url)
        monkeypatch.setattr(outward, "settings", lambda: allowed)
        monkeypatch.setattr(hooks, "settings", lambda: allowed)
        await post(recruiter, f"{home}/test")
        assert "The hook works" in (await recruiter.get(home)).text
        front.vices.append(Vice.REFUSED)
        await post(recruiter, f"{home}/test")
        assert "answered with 404 instead of 200" in (await recruiter.get(home)).text
        await post(recruiter, f"{home}/hook")
        await post(recruiter, f"{home}/test")
        assert "answered with 403 instead of 200" in (await recruiter.get(home)).text
    await hooks.hear(hook, "msg_9", hooks.Call("completed"), NOW)
    assert "about nobody here" in (await recruiter.get(home)).text
