"""The candidate's way with JavaScript off and cookies refused."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import answer, asked, channel_row, finished, give_name, laptop, make_job, make_links, phone, set_up
from tests.e2e.running import Running, wait_for

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(300)]


async def test_a_candidate_needs_neither_scripts_nor_cookies(empty_portal: Running, chromium: Browser) -> None:
    async with laptop(chromium) as recruiter:
        await set_up(recruiter, await empty_portal.setup_link())
        job = await make_job(recruiter, empty_portal)
        links = await make_links(recruiter, job, "instagram/story")
        async with phone(chromium, scripts=False) as page:
            cookies = watch_cookies(page)
            await page.goto(links["instagram/story"])
            await give_name(page)
            await answer(page, 1)
            await page.get_by_role("link", name="Back", exact=True).tap()
            await answer(page, 1)
            await asked(page, 2)
            await page.reload()
            await answer(page, 2)
            own = await come_back_later(page)
            await page.goto(own)
            await answer(page, 3)
            await answer(page, 4)
            await finished(page)
            assert cookies == []
            assert await page.context.cookies() == []
        await wait_for(lambda: completed(recruiter, job), "the recruiter's table")
    assert await empty_portal.count("application") == 1
    assert await empty_portal.count("answer") == 4


async def test_a_double_tap_makes_one_application(empty_portal: Running, chromium: Browser) -> None:
    async with laptop(chromium) as recruiter:
        await set_up(recruiter, await empty_portal.setup_link())
        job = await make_job(recruiter, empty_portal)
        links = await make_links(recruiter, job, "instagram/story")
        async with phone(chromium, scripts=False) as page:
            await page.goto(links["instagram/story"])
            await page.get_by_label("Full name").fill("Ana Duarte")
            await page.get_by_label("Email").fill("ana.duarte@example.com")
            await page.get_by_role("button", name="Start the interview").dblclick()
            await expect(page.get_by_text("Question 1 of 4").first).to_be_visible()
    assert await empty_portal.count("application") == 1
    assert await empty_portal.count("candidate") == 1


def watch_cookies(page: Page) -> list[str]:
    """Fills up with the addresses that try to set a cookie. Without any there is nothing that a browser could refuse."""
    tries: list[str] = []
    page.on("response", lambda response: tries.append(response.url) if "set-cookie" in response.headers else None)
    return tries


async def come_back_later(page: Page) -> str:
    """Stop on purpose; the link to go on with."""
    await page.get_by_role("button", name="Save and come back later").click()
    return await page.get_by_label("Your link").input_value()


async def completed(page: Page, job: str) -> bool:
    return (await channel_row(page, job, "Instagram · Story"))[:6] == ["1"] * 6
