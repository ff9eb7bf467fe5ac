from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp

from portal import clock, db
from portal.accounts.places import LANGUAGES
from portal.jobs import branding
from portal.jobs.jobs import Job, Status, get_job, list_jobs
from tests.cast import Northgate, add_application, add_candidate, add_job, post, sign_in
from tests.conftest import browser
from tests.jobs.test_job_form import TYPED


def at(northgate: Northgate, end: str = "") -> str:
    return f"/app/jobs/{northgate.job_id}{end}"


async def job_of(northgate: Northgate) -> Job:
    return await get_job(northgate.id, northgate.job_id)


async def test_the_list_shows_jobs_with_their_state(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await add_job(northgate.id, title="Day porter", status="draft")
    page = await recruiter.get("/app/jobs")
    assert page.status_code == 200
    assert all(words in page.text for words in ("Night nurse", "Day porter", "Draft", "Make a job"))


async def test_an_open_job_whose_deadline_is_over_says_so(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await db.run("UPDATE job SET deadline_at = $2 WHERE id = $1", northgate.job_id, datetime(2020, 1, 1, tzinfo=UTC))
    assert "Deadline over" in (await recruiter.get("/app/jobs")).text


async def test_a_search_answers_a_script_with_the_list_alone(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await add_job(northgate.id, title="Day porter")
    page = await recruiter.get("/app/jobs", params={"q": "porter"}, headers={"HX-Request": "true"})
    assert "Day porter" in page.text
    assert "Night nurse" not in page.text
    assert "<html" not in page.text
    assert 'href="/app/jobs?status=draft&amp;q=porter"' in page.text


async def test_a_search_that_finds_nothing_leads_back(recruiter: httpx.AsyncClient) -> None:
    page = await recruiter.get("/app/jobs", params={"q": "<astronaut>"})
    assert "No job fits" in page.text
    assert "&lt;astronaut&gt;" in page.text


async def test_an_empty_workspace_is_led_to_its_first_job(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await db.run("DELETE FROM job WHERE workspace_id = $1", northgate.id)
    page = await recruiter.get("/app/jobs")
    assert "Make your first job" in page.text


async def test_long_lists_have_pages(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    for number in range(50):
        await add_job(northgate.id, title=f"Porter {number}", status="draft")
    first, second = await recruiter.get("/app/jobs"), await recruiter.get("/app/jobs", params={"page": "2"})
    assert 'href="/app/jobs?page=2"' in first.text
    assert first.text.count("data-item") == 50
    assert second.text.count("data-item") == 1


async def test_making_a_job_goes_on_to_its_interview(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    assert (await recruiter.get("/app/jobs/new")).status_code == 200
    answer = await post(recruiter, "/app/jobs/new", TYPED | {"title": "Day porter"})
    made = next(job for job in await list_jobs(northgate.id) if job.title == "Day porter")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/app/jobs/{made.id}/interview")
    assert (made.status, made.slug) == (Status.DRAFT, "day-porter-leeds")


async def test_a_job_is_offered_in_every_language(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await db.run("UPDATE workspace SET language = 'es'")
    page = (await recruiter.get("/app/jobs/new")).text
    assert all(f">{name}</option>" in page for name in LANGUAGES.values())
    assert '<option value="es" selected>' in page
    page = (await recruiter.get(f"/app/jobs/{northgate.job_id}/settings")).text
    assert '<option value="en" selected>' in page


async def test_a_form_that_cannot_be_used_keeps_what_was_typed(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    answer = await post(recruiter, "/app/jobs/new", TYPED | {"title": "", "pay": "£19 & <more>", "minutes": "ten"})
    assert answer.status_code == 422
    assert "Give the job a title" in answer.text
    assert 'value="£19 &amp; &lt;more&gt;"' in answer.text
    assert 'value="ten"' in answer.text
    assert len(await list_jobs(northgate.id)) == 1


async def test_an_empty_form_is_answered_with_sentences(recruiter: httpx.AsyncClient) -> None:
    assert (await post(recruiter, "/app/jobs/new")).status_code == 422


async def test_saving_the_settings_changes_the_job(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    assert (await recruiter.get(at(northgate, "/settings"))).status_code == 200
    answer = await post(recruiter, at(northgate, "/settings"), TYPED | {"title": "Day nurse"})
    assert answer.status_code == 303
    assert (await job_of(northgate)).title == "Day nurse"


async def test_people_under_way_get_the_new_deadline(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    person = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id), plan_stale=False)
    later = {"deadline_kind": "fixed", "deadline_date": f"{clock.now() + timedelta(days=30):%Y-%m-%d}", "deadline_time": "12:00"}
    assert (await post(recruiter, at(northgate, "/settings"), TYPED | later)).status_code == 303
    row = await db.row("SELECT deadline_at, plan_stale FROM application WHERE id = $1", person)
    assert row is not None
    assert (row["deadline_at"], row["plan_stale"]) == ((await job_of(northgate)).deadline_at, True)


async def test_a_draft_without_questions_is_not_published(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    draft = await add_job(northgate.id, status="draft")
    answer = await post(recruiter, f"/app/jobs/{draft}/publish")
    assert answer.headers["location"] == f"/app/jobs/{draft}/interview"
    assert (await get_job(northgate.id, draft)).status == Status.DRAFT


async def test_a_draft_with_questions_is_published(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await db.run("UPDATE job SET status = 'draft' WHERE id = $1", northgate.job_id)
    assert (await post(recruiter, at(northgate, "/publish"))).status_code == 303
    assert (await job_of(northgate)).status == Status.OPEN


async def test_a_published_job_can_go_back_to_draft_and_out_again(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    assert f'action="{at(northgate, "/unpublish")}"' in (await recruiter.get(at(northgate, "/settings"))).text
    await post(recruiter, at(northgate, "/unpublish"))
    assert (await job_of(northgate)).status == Status.DRAFT
    page = await recruiter.get(at(northgate))
    assert "A draft again" in page.text
    assert f'action="{at(northgate, "/publish")}"' in page.text
    await post(recruiter, at(northgate, "/publish"))
    assert (await job_of(northgate)).status == Status.OPEN


async def test_a_closed_job_does_not_go_back_to_draft(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await post(recruiter, at(northgate, "/close"))
    await post(recruiter, at(northgate, "/unpublish"))
    job = await job_of(northgate)
    assert job.status == Status.CLOSED
    assert job.closed_at is not None
    assert "only an open one" in (await recruiter.get(at(northgate))).text


async def test_a_closed_job_can_be_opened_again_at_once(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await post(recruiter, at(northgate, "/close"))
    assert (await job_of(northgate)).status == Status.CLOSED
    page = await recruiter.get(at(northgate))
    assert f'action="{at(northgate, "/reopen")}"' in page.text
    assert "Undo" in page.text
    await post(recruiter, at(northgate, "/reopen"))
    assert (await job_of(northgate)).status == Status.OPEN


async def test_a_closed_job_is_not_opened_by_publishing(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await db.run("UPDATE job SET status = 'closed' WHERE id = $1", northgate.job_id)
    await post(recruiter, at(northgate, "/publish"))
    assert (await job_of(northgate)).status == Status.CLOSED


async def test_the_overview_says_what_to_do_next(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    page = await recruiter.get(at(northgate))
    assert "No channel has a link yet" in page.text
    assert "3 questions" in page.text


async def test_a_marketer_sees_jobs_but_neither_edits_them_nor_is_told_to(
    marketer: httpx.AsyncClient, northgate: Northgate
) -> None:
    await db.run("DELETE FROM question WHERE job_id = $1", northgate.job_id)
    page = await marketer.get(at(northgate))
    assert "Make links" in page.text
    assert "Add questions" not in page.text
    assert (await marketer.get("/app/jobs/new")).status_code == 403
    assert (await post(marketer, at(northgate, "/close"))).status_code == 403
    assert (await job_of(northgate)).status == Status.OPEN


@pytest.mark.parametrize("end", ["", "/settings"])
async def test_an_outsider_finds_no_page_of_the_job(app: ASGIApp, northgate: Northgate, outsider: object, end: str) -> None:
    async with browser(app) as client:
        await sign_in(client, outsider)  # type: ignore[arg-type]
        assert (await client.get(at(northgate, end))).status_code == 404


@pytest.mark.parametrize("end", ["/settings", "/publish", "/unpublish", "/close", "/reopen"])
async def test_an_outsider_changes_nothing(app: ASGIApp, northgate: Northgate, outsider: object, end: str) -> None:
    async with browser(app) as client:
        await sign_in(client, outsider)  # type: ignore[arg-type]
        assert (await post(client, at(northgate, end), TYPED)).status_code == 404
    job = await job_of(northgate)
    assert (job.title, job.status) == ("Night nurse", Status.OPEN)


async def test_the_sheet_with_the_brand_is_public_and_kept_for_ever(stranger: httpx.AsyncClient, northgate: Northgate) -> None:
    sheet = await stranger.get(branding.brand_css_href(northgate.id, "#0f766e"))
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in sheet.headers["cache-control"]
    assert "--brand: #0f766e" in sheet.text
    assert "set-cookie" not in sheet.headers


@pytest.mark.parametrize("name", ["x", "0" * 40, f"{UUID(int=7)}-0123456789ab.css"])
async def test_a_sheet_that_nobody_names_is_not_there(stranger: httpx.AsyncClient, name: str) -> None:
    assert (await stranger.get(f"/brand/{name}")).status_code == 404


async def test_the_sheet_of_an_old_colour_is_gone(stranger: httpx.AsyncClient, northgate: Northgate) -> None:
    assert (await stranger.get(branding.brand_css_href(northgate.id, "#123456"))).status_code == 404


async def test_a_closed_job_is_opened_again_and_not_published(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await post(recruiter, at(northgate, "/close"))
    await post(recruiter, at(northgate, "/publish"))
    assert (await job_of(northgate)).status == Status.CLOSED
    assert "open it again instead" in (await recruiter.get(at(northgate))).text
