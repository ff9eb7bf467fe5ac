"""The list of open jobs, for the one link of a profile."""

from datetime import timedelta

import httpx

from portal import db
from portal.accounts.access import SignedIn
from portal.interviews.open_jobs import open_jobs
from portal.links import bio, history
from tests.cast import NOW, Northgate, add_channel, add_job, add_link, add_question


async def test_the_list_has_the_jobs_that_take_people_and_no_others(northgate: Northgate, outsider: SignedIn) -> None:
    external = await add_job(northgate.id, title="Cook", interview_kind="external", external_url="https://x.example")
    for changes in ({"status": "draft"}, {"status": "closed"}, {"deadline_at": NOW - timedelta(days=1)}, {}):
        await add_job(northgate.id, title="Not yet", **changes)
    theirs = await add_job(outsider.workspace_id)
    await add_question(outsider.workspace_id, theirs, 1, "short_text", "Why?")
    assert {job.id for job in await open_jobs(northgate.id, NOW)} == {northgate.job_id, external}


async def test_each_entry_keeps_the_link_by_which_people_came(stranger: httpx.AsyncClient, northgate: Northgate) -> None:
    await db.run("UPDATE job SET deadline_at = NULL")
    elsewhere = await add_job(northgate.id, title="Closed", status="closed")
    link_id = await add_link(northgate.id, elsewhere, await add_channel(northgate.id), "northgate-jobs", target_url="/jobs")
    click_id = db.new_id()
    answer = await stranger.get(f"{bio.path_of(northgate.id)}?click={click_id}&via=northgate-jobs")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "<script" not in answer.text
    assert len(answer.content) < 10_000
    assert "Night nurse" in answer.text
    assert "Leeds · £21 an hour" in answer.text
    assert "About 8 minutes" in answer.text
    entry = f"/apply/{northgate.job_slug}?click={click_id}&amp;via=northgate-jobs"
    assert f'href="{entry}"' in answer.text
    assert await db.value("SELECT count(*) FROM click_journal WHERE kind = 'landing' AND link_id = $1", link_id) == 1
    landed = (await stranger.get(entry.replace("&amp;", "&"))).text
    assert f'value="{click_id}"' in landed
    form = {"name": "Ana Duarte", "email": "ana@example.com", "click": str(click_id), "via": "northgate-jobs"}
    assert (await stranger.post(f"/apply/{northgate.job_slug}", data=form)).status_code == 303
    row = await db.row("SELECT job_id, link_id FROM application")
    assert row is not None
    assert (row["job_id"], row["link_id"]) == (northgate.job_id, link_id)


async def test_a_link_of_another_workspace_is_not_believed(
    stranger: httpx.AsyncClient, northgate: Northgate, outsider: SignedIn
) -> None:
    theirs = outsider.workspace_id
    await add_link(theirs, await add_job(theirs), await add_channel(theirs), "theirs")
    answer = await stranger.get(f"{bio.path_of(northgate.id)}?click={db.new_id()}&via=theirs")
    assert "via=" not in answer.text
    assert await db.value("SELECT count(*) FROM click_journal") == 0


async def test_jobs_alone_is_understood_where_one_workspace_can_be_meant(
    stranger: httpx.AsyncClient, northgate: Northgate
) -> None:
    assert (await stranger.get("/jobs")).status_code == 200


async def test_jobs_alone_is_the_domains_own_or_nobodys(
    stranger: httpx.AsyncClient, northgate: Northgate, outsider: SignedIn
) -> None:
    await db.run("INSERT INTO domain VALUES ($1, $2, 'go.northgate.example', false, $3)", db.new_id(), northgate.id, NOW)
    assert (await stranger.get("/jobs")).status_code == 404
    own = await stranger.get("/jobs", headers={"host": "go.northgate.example:8000"})
    assert own.status_code == 200
    assert "Northgate Care" in own.text
    assert (await stranger.get("/jobs/0123456789ab")).status_code == 404
    assert (await stranger.get(f"{bio.path_of(outsider.workspace_id)}")).status_code == 200


async def test_who_came_before_a_link_was_led_elsewhere_still_counts_for_it(
    stranger: httpx.AsyncClient, northgate: Northgate
) -> None:
    other = await add_job(northgate.id)
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    address = f"/apply/{northgate.job_slug}?click={db.new_id()}&via=nurse"
    await history.change(northgate.id, link_id, {"job_id": other}, by=None, now=NOW)
    assert 'value="nurse"' in (await stranger.get(address)).text
