import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.jobs import jobs
from portal.jobs.jobs import InterviewKind, JobFields, RoleType, Status
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_job

PLAIN = JobFields(
    title="Night nurse",
    location="Leeds",
    pay="£21 an hour",
    summary="Four nights a week.",
    role_type=RoleType.PROFESSIONAL,
    interview_kind=InterviewKind.BUILT_IN,
    external_url="",
    minutes=8,
    deadline_at=NOW + timedelta(days=10),
    deadline_days=None,
    timezone="Europe/London",
    country="GB",
    card_title="",
    card_text="",
)


async def slug_of(job_id: UUID) -> str:
    found: str = await db.value("SELECT slug FROM job WHERE id = $1", job_id)
    return found


async def made(home: Northgate, **changes: object) -> UUID:
    return await jobs.make_job(home.id, msgspec.structs.replace(PLAIN, **changes), now=NOW)


async def test_a_new_job_is_a_draft_in_the_language_of_the_workspace(northgate: Northgate) -> None:
    job = await jobs.get_job(northgate.id, await made(northgate, title="Porter"))
    assert (job.status, job.language, job.created_at, job.workspace_name) == (Status.DRAFT, "en", NOW, "Northgate Care")


async def test_a_job_may_speak_another_language_and_keeps_it(northgate: Northgate) -> None:
    job_id = await made(northgate, language="es")
    assert (await jobs.get_job(northgate.id, job_id)).language == "es"
    await jobs.edit_job(northgate.id, job_id, PLAIN)
    assert (await jobs.get_job(northgate.id, job_id)).language == "es"


async def test_the_slug_is_made_of_title_and_place(northgate: Northgate) -> None:
    assert await slug_of(await made(northgate, title="Ärztin (w/m/d)", location="Köln")) == "arztin-w-m-d-koln"


@pytest.mark.parametrize("title", ["🚑", "!!!"])
async def test_a_title_without_letters_still_gets_a_slug(northgate: Northgate, title: str) -> None:
    assert await slug_of(await made(northgate, title=title, location="")) == "job"


async def test_a_long_title_is_cut_between_words(northgate: Northgate) -> None:
    slug = await slug_of(await made(northgate, title="Assistant " * 12, location="Leeds"))
    assert len(slug) <= 60
    assert set(slug.split("-")) == {"assistant"}


async def test_a_taken_slug_gets_a_number_whoever_has_it(northgate: Northgate, outsider: SignedIn) -> None:
    elsewhere = await jobs.make_job(outsider.workspace_id, PLAIN, now=NOW)
    assert await slug_of(elsewhere) == "night-nurse-leeds-2"
    assert await slug_of(await made(northgate)) == "night-nurse-leeds-3"


async def test_jobs_made_at_the_same_moment_get_different_slugs(northgate: Northgate) -> None:
    ids = await asyncio.gather(*(made(northgate, title="Porter") for _ in range(5)))
    assert len({await slug_of(job_id) for job_id in ids}) == 5


async def test_an_edited_job_keeps_its_slug(northgate: Northgate) -> None:
    changed = msgspec.structs.replace(PLAIN, title="Day nurse", minutes=12)
    await jobs.edit_job(northgate.id, northgate.job_id, changed)
    job = await jobs.get_job(northgate.id, northgate.job_id)
    assert (job.title, job.minutes, job.slug, job.status) == ("Day nurse", 12, "night-nurse-leeds", Status.OPEN)


async def test_closing_keeps_the_time_and_reopening_forgets_it(northgate: Northgate) -> None:
    await jobs.close_job(northgate.id, northgate.job_id, now=NOW)
    closed = await jobs.get_job(northgate.id, northgate.job_id)
    await jobs.reopen_job(northgate.id, northgate.job_id)
    opened = await jobs.get_job(northgate.id, northgate.job_id)
    assert (closed.status, closed.closed_at, opened.status, opened.closed_at) == (Status.CLOSED, NOW, Status.OPEN, None)


async def test_nothing_of_another_workspace_is_found_or_changed(northgate: Northgate, outsider: SignedIn) -> None:
    other = outsider.workspace_id
    for attempt in (
        jobs.get_job(other, northgate.job_id),
        jobs.edit_job(other, northgate.job_id, PLAIN),
        jobs.publish_job(other, northgate.job_id),
        jobs.unpublish_job(other, northgate.job_id),
        jobs.close_job(other, northgate.job_id, now=NOW),
        jobs.reopen_job(other, northgate.job_id),
    ):
        with pytest.raises(Missing):
            await attempt
    assert await jobs.list_jobs(other) == []
    assert (await jobs.get_job(northgate.id, northgate.job_id)).status == Status.OPEN


async def test_a_public_page_finds_its_job_whatever_its_state(northgate: Northgate) -> None:
    await jobs.close_job(northgate.id, northgate.job_id, now=NOW)
    job = await jobs.find_public_job("night-nurse-leeds")
    assert job is not None
    assert (job.id, job.status, job.brand_color) == (northgate.job_id, Status.CLOSED, "#0f766e")
    assert await jobs.find_public_job("no-such-job") is None


async def test_the_list_has_open_jobs_first_and_new_before_old(northgate: Northgate) -> None:
    await add_job(northgate.id, title="Closed", status="closed", closed_at=NOW, created_at=NOW + timedelta(hours=3))
    await add_job(northgate.id, title="Draft", status="draft", created_at=NOW + timedelta(hours=2))
    await add_job(northgate.id, title="Newer", created_at=NOW + timedelta(hours=1))
    assert [job.title for job in await jobs.list_jobs(northgate.id)] == ["Newer", "Night nurse", "Draft", "Closed"]


@pytest.mark.parametrize(
    ("search", "found"), [("nurse", 1), ("NURSE leeds", 1), ("leeds night", 1), ("nurse york", 0), ("100%", 0), ("_", 0), ("", 1)]
)
async def test_every_word_of_a_search_must_be_in_title_or_place(northgate: Northgate, search: str, found: int) -> None:
    assert len(await jobs.list_jobs(northgate.id, search=search)) == found


async def test_the_list_can_be_of_one_status(northgate: Northgate) -> None:
    draft = await add_job(northgate.id, status="draft")
    assert [job.id for job in await jobs.list_jobs(northgate.id, status="draft")] == [draft]
    assert await jobs.list_jobs(northgate.id, status="nonsense") == []


async def test_the_subtitle_says_state_place_length_and_end(northgate: Northgate) -> None:
    job = await jobs.get_job(northgate.id, northgate.job_id)
    assert job.subtitle == "Open · Leeds · about 8 min · until 3 December"
    assert job.place_and_pay == "Leeds · £21 an hour"
    days = msgspec.structs.replace(job, location="", deadline_at=None, deadline_days=1)
    assert days.subtitle == "Open · about 8 min · 1 day from arrival"
