"""The path that everything else serves: from a link made to an interview finished, and what the recruiter sees of it."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import (
    SAFARI,
    answer,
    channel_row,
    finished,
    give_name,
    laptop,
    make_job,
    make_links,
    phone,
    set_up,
)
from tests.e2e.running import Running, wait_for

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(300)]


async def test_a_candidate_who_stopped_halfway_is_nudged_and_finishes_elsewhere(empty_portal: Running, chromium: Browser) -> None:
    async with laptop(chromium) as recruiter:
        await set_up(recruiter, await empty_portal.setup_link())
        job = await make_job(recruiter, empty_portal)
        links = await make_links(recruiter, job, "instagram/story", "facebook/ad")
        async with phone(chromium) as page:
            await page.goto(links["instagram/story"])
            assert "/apply/" in page.url
            await give_name(page)
            await answer(page, 1)
            await answer(page, 2)
            await expect(page.get_by_text("Question 3 of 4").first).to_be_visible()

        empty_portal.set_clock(empty_portal.now() + timedelta(hours=4))
        nudge = await nudge_link(recruiter, empty_portal)
        async with phone(chromium, agent=SAFARI) as other:
            await other.goto(nudge)
            await answer(other, 3)
            await answer(other, 4)
            await finished(other)

        await wait_for(lambda: row_is(recruiter, job, ["1"] * 7), "the recruiter's table")
        assert await channel_row(recruiter, job, "Facebook · Ad") == ["0"] * 7 + ["–"]
        await recruiter.goto(f"{empty_portal.url}/app/messages?tab=sent")
        await expect(recruiter.locator("tbody[data-list] tr")).to_have_count(1)
        await wait_for(lambda: nothing_is_planned(recruiter, empty_portal), "the plan to be empty")


async def nudge_link(page: Page, running: Running) -> str:
    """The link in the one email that has gone out, as the outbox shows it."""

    async def look() -> str:
        await page.goto(f"{running.url}/app/messages?tab=sent")
        mails = page.locator("tbody tr a[data-item]")
        return str(await mails.first.get_attribute("href")) if await mails.count() else ""

    await page.goto(running.url + await wait_for(look, "the nudge"))
    text = await page.locator("pre.as-written").text_content()
    found = re.search(rf"{re.escape(running.url)}/[a-z2-7]{{26}}", text or "")
    assert found, text
    return found[0]


async def nothing_is_planned(page: Page, running: Running) -> bool:
    """Plans follow what candidates do within seconds, and the list says what was so when it was asked."""
    await page.goto(f"{running.url}/app/messages")
    return await page.get_by_text("Nothing is planned").is_visible()


async def row_is(page: Page, job: str, wanted: list[str]) -> bool:
    return (await channel_row(page, job, "Instagram · Story"))[:7] == wanted
