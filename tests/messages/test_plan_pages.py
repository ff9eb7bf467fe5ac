"""The editor of plans: what it shows, what it takes, what it says of mistakes, and what follows for those who wait."""

import html
import re
from datetime import time, timedelta
from typing import Any

import httpx
import pytest

from portal import db
from portal.messages import planning
from portal.messages.plans import DEFAULT, plan_for
from portal.messages.quiet import QuietHours
from portal.messages.words import Track
from tests.cast import NOW, Northgate, add_job, post
from tests.messages.conftest import AFTER_3H, Life
from tests.messages.test_pages import text_of

HTMX = {"HX-Request": "true"}
SETTINGS = "/app/settings/nudges"


def fields(page: httpx.Response) -> dict[str, str]:
    """The plan's form as it stands on a page."""
    [form] = re.findall(r'<form class="form plan-form".*?</form>', page.text, re.S)
    found = {}
    for tag in re.findall(r"<input [^>]*>", form):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if attributes.get("type") not in {"checkbox", "radio"} or " checked" in tag:
            found[attributes["name"]] = html.unescape(attributes.get("value", ""))
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        found[name] = (re.findall(r'value="([^"]*)" selected', options) or [""])[0]
    return {name: value for name, value in found.items() if name != "_csrf_token"}


def words_of(answer: httpx.Response) -> str:
    """What there is to read, whatever the status."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def path_of(northgate: Northgate) -> str:
    return f"/app/jobs/{northgate.job_id}/nudges"


async def open_form(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    return fields(await client.get(path))


async def save(client: httpx.AsyncClient, path: str, changes: dict[str, str]) -> httpx.Response:
    """The form of `path` as it stands, with changes, sent."""
    return await post(client, path, (await open_form(client, path)) | changes)


async def keys(northgate: Northgate) -> list[str]:
    return [step.key for step in (await plan_for(northgate.id, northgate.job_id)).steps]


async def test_a_jobs_plan_is_shown_on_a_time_line(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    page = await recruiter.get(path_of(northgate))
    text = text_of(page)
    assert "Somebody who starts now and stops" in text and "1 Email “Three questions left”" in text
    assert "3 h after they stopped" in text
    assert page.text.count('class="plan-line"') == 2 and page.text.count('class="night"') > 4


async def test_who_may_not_change_it_reads_it(northgate: Northgate, viewer: httpx.AsyncClient) -> None:
    page = await viewer.get(path_of(northgate))
    assert "4 nudges a person" in text_of(page) and "08:00 to 21:00 where they are" in text_of(page)
    assert "plan-form" not in page.text
    assert (await post(viewer, path_of(northgate), {"most": "1"})).status_code == 403


async def test_the_plan_of_a_job_that_is_over_says_so(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    await db.run("UPDATE job SET status = 'closed', deadline_at = $2 WHERE id = $1", northgate.job_id, NOW - timedelta(days=400))
    page = text_of(await recruiter.get(path_of(northgate)))
    assert "nobody is nudged any more" in page and "the deadline has passed" in page


async def test_a_job_without_a_deadline_says_which_reminder_it_leaves_out(
    northgate: Northgate, recruiter: httpx.AsyncClient
) -> None:
    await db.run("UPDATE job SET deadline_at = NULL WHERE id = $1", northgate.job_id)
    assert "24 h before the deadline: this job has none" in text_of(await recruiter.get(path_of(northgate)))


async def test_saving_unchanged_makes_the_same_plan_the_jobs_own(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    answer = await save(recruiter, path_of(northgate), {})
    assert answer.status_code == 303
    assert await plan_for(northgate.id, northgate.job_id) == DEFAULT
    assert await db.value("SELECT job_id FROM nudge_plan") == northgate.job_id


async def test_all_of_a_plan_is_kept(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    changes = {"most": "2", "gap_hours": "30", "age_days": "9", "quiet": "own", "quiet_from": "18:30", "quiet_until": "09:15"}
    await save(recruiter, path_of(northgate), changes | {"holdout_percent": "10", "never_started-0-channel": "sms"})
    plan = await plan_for(northgate.id, northgate.job_id)
    assert (plan.most, plan.gap, plan.age, plan.holdout_percent) == (2, timedelta(hours=30), timedelta(days=9), 10)
    assert plan.quiet == QuietHours(begin=time(18, 30), end=time(9, 15)) and plan.stop_on_reply
    assert plan.steps[0].channel == "sms"
    page = text_of(await recruiter.get(path_of(northgate)))
    assert "its own" in page and "Use the workspace's plan again" in page


async def test_the_workspaces_plan_holds_where_no_job_has_its_own(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    own = await add_job(northgate.id)
    await save(recruiter, f"/app/jobs/{own}/nudges", {"most": "7"})
    await save(recruiter, SETTINGS, {"most": "1", "quiet_from": "20:00"})
    assert ((await plan_for(northgate.id, northgate.job_id)).most, (await plan_for(northgate.id, own)).most) == (1, 7)
    assert await db.value("SELECT quiet_from FROM workspace WHERE id = $1", northgate.id) == time(20)
    assert (await plan_for(northgate.id, northgate.job_id)).quiet is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"most": "x"}, "Give a whole number, from 0 to 20."),
        ({"gap_hours": "0"}, "Give a whole number of hours, from 1 to 720."),
        ({"age_days": "400"}, "Give a whole number of days, from 1 to 365."),
        ({"holdout_percent": "51"}, "Give a whole number, from 0 to 50."),
        ({"quiet": "own", "quiet_from": "25:00"}, "Give a time like 21:00."),
        ({"quiet": "own", "quiet_from": "08:00"}, "Quiet hours must begin and end at different times."),
        ({"never_started-0-hours": ""}, "Give a whole number of hours, from 1 to 8,760."),
        ({"never_started-0-anchor": "moon"}, "Choose from when the hours count."),
        ({"never_started-0-channel": "pigeon"}, "Choose email, text or by role."),
        ({"never_started-0-hours": "24"}, "Another step has this time already: give another one, or remove this."),
        ({"unfinished-2-hours": "721"}, "Nobody is nudged after 720 hours: the plan ends 30 days after their last sign of life."),
    ],
)
async def test_a_mistake_is_said_beside_its_field(
    northgate: Northgate, recruiter: httpx.AsyncClient, changes: dict[str, str], sentence: str
) -> None:
    answer = await save(recruiter, path_of(northgate), changes)
    assert answer.status_code == 422 and words_of(answer).count(sentence) == 2
    assert await db.value("SELECT count(*) FROM nudge_plan") == 0
    shown = fields(answer)
    assert all(shown[name] == value for name, value in changes.items() if "-anchor" not in name and "-channel" not in name)


async def test_a_form_that_nobody_was_shown_is_no_fault_of_ours(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    odd = {"never_started-0-hours": "3", "never_started-0-key": "'; --", "never_started-3-hours": "5", "quiet": "\x00"}
    assert (await post(recruiter, path_of(northgate), odd)).status_code == 422
    assert (await post(recruiter, f"{path_of(northgate)}/draft", odd | {"do": "remove:never_started:²"})).status_code == 422


@pytest.mark.parametrize(
    ("do", "hours"),
    [
        ("add:never_started", ["3", "24", "72", "24", "48"]),
        ("remove:never_started:1", ["3", "72", "24"]),
        ("up:never_started:2", ["3", "72", "24", "24"]),
        ("up:never_started:0", ["3", "24", "72", "24"]),
        ("remove:never_started:99", ["3", "24", "72", "24"]),
        ("remove:moon:0", ["3", "24", "72", "24"]),
    ],
)
async def test_steps_are_added_moved_and_removed_without_javascript(
    northgate: Northgate, recruiter: httpx.AsyncClient, do: str, hours: list[str]
) -> None:
    page = await post(recruiter, f"{path_of(northgate)}/draft", await open_form(recruiter, path_of(northgate)) | {"do": do})
    assert page.status_code == 200 and page.text.startswith("<!doctype html>")
    shown = fields(page)
    assert [shown[name] for name in shown if re.fullmatch(r"never_started-\d-hours", name)] == hours
    assert await db.value("SELECT count(*) FROM nudge_plan") == 0


async def test_the_preview_follows_what_is_typed(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    typed = await open_form(recruiter, path_of(northgate)) | {"unfinished-0-hours": "5"}
    answer = await post(recruiter, f"{path_of(northgate)}/draft", typed, headers=HTMX | {"HX-Target": "plan-preview"})
    assert "5 h after they stopped" in text_of(answer) and "Nothing is saved yet" in text_of(answer)
    assert "plan-form" not in answer.text and "<html" not in answer.text


async def test_own_quiet_hours_are_applied_in_the_preview(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    quiet = {"quiet": "own", "quiet_from": "00:00", "quiet_until": "23:00"}
    typed = await open_form(recruiter, path_of(northgate)) | quiet
    page = text_of(await post(recruiter, f"{path_of(northgate)}/draft", typed))
    assert "quiet hours end at 23:00" in page


async def test_the_editor_proposes_to_hold_out_a_tenth(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    page = await recruiter.get(path_of(northgate))
    assert "Hold out 10 %" in text_of(page) and fields(page)["holdout_percent"] == "0"
    after = await post(recruiter, f"{path_of(northgate)}/draft", fields(page) | {"do": "holdout"})
    assert fields(after)["holdout_percent"] == "10" and "Hold out 10 %" not in text_of(after)


async def test_a_step_keeps_its_key_when_its_hours_change(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    before = await keys(northgate)
    await save(recruiter, path_of(northgate), {"never_started-0-hours": "6", "unfinished-3-hours": "48"})
    assert await keys(northgate) == before
    typed = await open_form(recruiter, path_of(northgate))
    extra = {"never_started-4-key": "", "never_started-4-hours": "3", "never_started-4-anchor": "after"}
    await post(recruiter, path_of(northgate), typed | extra | {"never_started-4-channel": "email"})
    assert [key for key in await keys(northgate) if key not in before] == ["never-started-3h-2"]


async def test_a_step_that_was_sent_is_not_sent_again_because_its_hours_were_edited(
    northgate: Northgate, recruiter: httpx.AsyncClient, life: Life
) -> None:
    assert await life.tick(AFTER_3H) == 1
    await save(recruiter, path_of(northgate), {"never_started-0-hours": "6"})
    assert await planning.mark_changed(AFTER_3H) == 1
    later = AFTER_3H + timedelta(hours=4)
    assert await life.tick(later) == 0
    assert (await life.message("3h"))["state"] == "sent"
    assert len(await life.messages()) == 4


async def test_saving_marks_those_who_wait_and_only_them(northgate: Northgate, recruiter: httpx.AsyncClient, life: Life) -> None:
    await life.plan()
    await save(recruiter, path_of(northgate), {"never_started-0-hours": "6"})
    assert await planning.anything_stale() is False, "not in the request"
    assert await planning.mark_changed(NOW) == 1
    await life.plan()
    assert (await life.message("3h"))["due_at"] == NOW + timedelta(hours=6)
    assert await planning.mark_changed(NOW) == 0


async def test_a_job_can_follow_the_workspaces_plan_again_and_that_can_be_undone(
    northgate: Northgate, recruiter: httpx.AsyncClient, life: Life
) -> None:
    await save(recruiter, path_of(northgate), {"most": "2", "quiet": "own", "quiet_from": "18:00"})
    own = await plan_for(northgate.id, northgate.job_id)
    await post(recruiter, f"{path_of(northgate)}/give-up")
    assert await plan_for(northgate.id, northgate.job_id) == DEFAULT
    page = await recruiter.get(path_of(northgate))
    [undo] = re.findall(r'action="([^"]+/take-back[^"]+)"', page.text)
    await post(recruiter, html.unescape(undo))
    assert await plan_for(northgate.id, northgate.job_id) == own
    assert await planning.mark_changed(NOW) == 0 and await planning.anything_stale(), "the life was stale already"


async def test_nothing_but_the_jobs_own_old_plan_is_taken_back(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    other = await add_job(northgate.id)
    await save(recruiter, f"/app/jobs/{other}/nudges", {"most": "2"})
    await post(recruiter, f"/app/jobs/{other}/nudges/give-up")
    page = await recruiter.get(f"/app/jobs/{other}/nudges")
    [undo] = re.findall(r'action="[^"]+/take-back\?([^"]+)"', page.text)
    assert (await post(recruiter, f"{path_of(northgate)}/take-back?{html.unescape(undo)}")).status_code == 404
    assert (await post(recruiter, f"{path_of(northgate)}/take-back?plan=made-up")).status_code == 404


async def test_an_outsider_changes_no_plan(northgate: Northgate, elsewhere: httpx.AsyncClient) -> None:
    sent: dict[str, Any] = {"most": "1"}
    for way in ("", "/draft", "/give-up", "/take-back"):
        assert (await post(elsewhere, f"{path_of(northgate)}{way}", sent)).status_code == 404
    await save(elsewhere, SETTINGS, {"most": "1"})
    assert (await plan_for(northgate.id, northgate.job_id)).most == DEFAULT.most


async def test_a_marketer_sees_no_plan(northgate: Northgate, marketer: httpx.AsyncClient) -> None:
    assert [(await marketer.get(path)).status_code for path in (path_of(northgate), SETTINGS)] == [403, 403]


async def test_both_tracks_can_be_emptied(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    typed = {name: value for name, value in (await open_form(recruiter, path_of(northgate))).items() if "-" not in name}
    assert (await post(recruiter, path_of(northgate), typed)).status_code == 303
    plan = await plan_for(northgate.id, northgate.job_id)
    assert plan.track(Track.NEVER_STARTED) == plan.track(Track.UNFINISHED) == []
    assert "the plan has no step for them" in text_of(await recruiter.get(path_of(northgate)))
