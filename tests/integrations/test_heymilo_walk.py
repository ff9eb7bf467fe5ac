"""From a tap on a story to a finish at HeyMilo, and what members see of it."""

import re
from datetime import timedelta

import httpx
import pytest

from portal import db
from portal.clicks.ingest import ingest_batch
from portal.integrations.heymilo import api
from portal.messages import planning
from portal.reports.figures import channel_table
from portal.reports.scope import Scope
from portal.settings import settings
from tests.cast import NOW, Northgate, add_channel, add_link, post
from tests.doubles.heymilo import HeyMiloDouble
from tests.doubles.server import Vice
from tests.integrations.heymilo_there import POSTING, add_ana, heymilo, there, work
from tests.interviews.way import hidden, set_clock, stage, typed

__all__ = ["heymilo", "there"]

KEY = "/app/settings/heymilo"


@pytest.fixture(autouse=True)
def ten(stores: None) -> None:
    set_clock(NOW)


async def test_it_goes_from_a_tap_to_a_finish_there(
    northgate: Northgate, there: HeyMiloDouble, stranger: httpx.AsyncClient
) -> None:
    await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig-story")
    tap = await stranger.get("/nurse-ig-story", headers={"user-agent": PHONE})
    page = await stranger.get(tap.headers["location"])
    assert "question" not in page.text
    came = await stranger.post(f"/apply/{northgate.job_slug}", data=hidden(page.text) | typed())
    interview = came.headers["location"]
    assert "Open the interview" in (await stranger.get(interview)).text
    await planning.replan_stale(NOW + timedelta(minutes=1))
    assert await pending() > 0

    await work(NOW + timedelta(seconds=30))
    person = there.people[0]
    going = await stranger.post(f"{interview}/go")
    assert going.headers["refresh"] == f"0; url={person.url}"
    assert await stage() == "captured"

    for status, step, event in (
        ("in_progress", "in_progress", "interview_started"),
        ("completed", "completed", "interview_completed"),
    ):
        there.move(person, status, step)
        await there.call_back(stranger, person, event)
        await work(NOW + timedelta(minutes=2))
    await planning.replan_stale(NOW + timedelta(minutes=3))
    assert await pending() == 0
    assert "Thank you, Ana." in (await stranger.get(interview)).text

    while await ingest_batch(NOW + timedelta(minutes=3)):
        pass
    day = NOW.date()
    table = await channel_table(Scope(workspace_id=northgate.id, timezone="Europe/London", start=day, end=day))
    (row,) = table.channels
    shown = row.figures
    assert (shown.clicks, shown.landed, shown.captured, shown.started, shown.completed) == (1, 1, 1, 1, 1)


PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1"


async def pending() -> int:
    return int(await db.value("SELECT count(*) FROM message WHERE state IN ('scheduled', 'claimed')"))


async def test_while_heymilo_is_down_people_are_told_and_go_on_with_one_tap(
    northgate: Northgate, there: HeyMiloDouble, stranger: httpx.AsyncClient
) -> None:
    there.refuse()
    page = (await stranger.get(f"/apply/{northgate.job_slug}")).text
    came = await stranger.post(f"/apply/{northgate.job_slug}", data=hidden(page) | typed())
    answer = await stranger.post(f"{came.headers['location']}/go")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "Your name and email are saved" in answer.text
    assert "Try again" in answer.text
    await planning.replan_stale(NOW + timedelta(minutes=1))
    assert await pending() > 0
    there.listen()
    assert (await stranger.post(f"{came.headers['location']}/go")).headers["refresh"].endswith(there.people[0].url)


# ---- Members


async def test_the_key_is_kept_checked_and_never_shown(admin: httpx.AsyncClient, heymilo: HeyMiloDouble) -> None:
    assert (await post(admin, KEY, {"key": "with a space"})).status_code == 422
    await post(admin, KEY, {"key": heymilo.key})
    page = (await admin.get(KEY)).text
    assert "HeyMilo knows this key: it has 2 interviewers." in page
    assert heymilo.key not in page
    assert heymilo.key not in str(await db.value("SELECT key_sealed FROM heymilo_account"))

    await post(admin, KEY, {"key": "hm_wrong"})
    page = (await admin.get(KEY)).text
    assert "HeyMilo does not know this API key." in page
    assert "HeyMilo is left in peace for a moment" in page
    await post(admin, f"{KEY}/check")
    assert len(heymilo.asked) == 3
    await post(admin, f"{KEY}/forget")
    assert await db.value("SELECT count(*) FROM heymilo_account") == 0


async def test_only_an_admin_gives_the_key(recruiter: httpx.AsyncClient, heymilo: HeyMiloDouble) -> None:
    assert (await post(recruiter, KEY, {"key": heymilo.key})).status_code == 403


async def test_a_recruiter_chooses_the_interviewer_and_the_hooks_are_registered_once(
    northgate: Northgate, admin: httpx.AsyncClient, heymilo: HeyMiloDouble
) -> None:
    home = f"/app/jobs/{northgate.job_id}/interview/heymilo"
    assert "No key yet" in (await admin.get(home)).text
    await post(admin, KEY, {"key": heymilo.key})
    page = (await admin.get(f"{home}?q=cook")).text
    assert "Cook, day shift" in page
    assert "Night nurse</label>" not in page

    assert (await post(admin, home, {"posting": "nonsense"})).status_code == 422
    assert (await post(admin, home)).status_code == 422
    assert await db.value("SELECT interview_kind FROM job") == "built_in"
    await post(admin, home, {"posting": POSTING})
    await post(admin, f"{home}/hooks")
    hooks = list(heymilo.hooks.values())
    assert sorted(hook["event_type"] for hook in hooks) == ["interview_completed", "interview_started", "report_available"]
    (url,) = {hook["webhook_url"] for hook in hooks}
    assert re.fullmatch(rf"{settings().public_url}/hooks/heymilo/[a-z2-7]{{26}}", url)
    assert url in (await admin.get(home)).text
    assert "at HeyMilo" in (await admin.get(f"/app/jobs/{northgate.job_id}/interview")).text

    await post(admin, home, {"posting": "2AB01177"})
    assert [hook["posting_id"] for hook in heymilo.hooks.values() if hook["is_active"]] == ["2AB01177"] * 3


async def test_when_the_hooks_can_t_be_registered_it_says_what_to_paste_where(
    northgate: Northgate, admin: httpx.AsyncClient, heymilo: HeyMiloDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(admin, KEY, {"key": heymilo.key})
    monkeypatch.setattr(heymilo, "is_sending", lambda asked: asked.path == "/api/v2/webhooks")
    heymilo.vices.append(Vice.BROKEN_BEFORE)
    home = f"/app/jobs/{northgate.job_id}/interview/heymilo"
    await post(admin, home, {"posting": POSTING})
    page = (await admin.get(home)).text
    assert "HeyMilo does not tell us yet what happens there" in page
    assert "paste this address there for the events interview_started, interview_completed, report_available" in page


async def test_the_page_says_who_waits_and_why(northgate: Northgate, there: HeyMiloDouble, recruiter: httpx.AsyncClient) -> None:
    await add_ana(northgate)
    there.vices.append(Vice.BROKEN_BEFORE)
    await work(NOW)
    page = (await recruiter.get(f"/app/jobs/{northgate.job_id}/interview/heymilo")).text
    assert "Ana Duarte</a>" in page
    assert "HeyMilo answered with a fault of its own. Next at 10:00" in page


async def test_while_heymilo_is_down_the_page_says_so(
    northgate: Northgate, there: HeyMiloDouble, recruiter: httpx.AsyncClient
) -> None:
    there.refuse()
    page = await recruiter.get(f"/app/jobs/{northgate.job_id}/interview/heymilo")
    assert page.status_code == 200
    assert "HeyMilo could not be reached." in page.text
    assert api.SECONDS < 1


async def test_the_settings_keep_heymilo_and_offer_it_to_nobody_else(
    northgate: Northgate, there: HeyMiloDouble, recruiter: httpx.AsyncClient
) -> None:
    home = f"/app/jobs/{northgate.job_id}/settings"
    form = {"title": "Night nurse", "role_type": "shift", "interview_kind": "heymilo", "timezone": "Europe/London"}
    form |= {"country": "GB", "minutes": "8", "deadline_kind": "none"}
    assert "By the interviewer that is chosen" in (await recruiter.get(home)).text
    assert (await post(recruiter, home, form)).status_code == 303
    await db.run("UPDATE job SET interview_kind = 'built_in'")
    assert "By the interviewer that is chosen" not in (await recruiter.get(home)).text
    assert (await post(recruiter, home, form)).status_code == 422
