"""An interview that takes place elsewhere, on a phone without JavaScript."""

from html import escape

import pytest
from playwright.async_api import Browser, Page, expect

from tests.doubles.server import Answer, Asked, Double, Vice
from tests.e2e.people import channel_row, finished, laptop, make_job, make_links, phone, set_up
from tests.e2e.running import Running, wait_for

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(300)]


class Elsewhere(Double):
    """Another system's interview: it leads on to a page of its own, which leads back when it is done."""

    def is_sending(self, asked: Asked) -> bool:
        return False

    def answer(self, asked: Asked, vice: Vice | None) -> Answer:
        if asked.path == "/start":
            return Answer(302, None, (("Location", f"http://localhost:{self.port}/talk?{_query(asked)}"),))
        back = escape(asked.query.get("back", ""))
        page = f'<!doctype html><title>Talk</title><h1>Talk to us, {asked.query["n"]}</h1><a href="{back}">I am done</a>'
        return Answer(200, page.encode(), (("Content-Type", "text/html; charset=utf-8"),))


def _query(asked: Asked) -> str:
    return "&".join(f"{name}={value}" for name, value in asked.query.items())


async def test_it_goes_there_and_back_and_counts(empty_portal: Running, chromium: Browser) -> None:
    with Elsewhere() as elsewhere:
        async with laptop(chromium) as recruiter:
            await set_up(recruiter, await empty_portal.setup_link())
            job = await make_job(recruiter, empty_portal)
            links = await make_links(recruiter, job, "instagram/story")
            url = f"{elsewhere.url}/start?n={{name}}&back={{return_url}}"
            await empty_portal.change("UPDATE job SET interview_kind = 'external', external_url = $1", url)
            async with phone(chromium, scripts=False) as page:
                await page.goto(links["instagram/story"])
                await give_name(page)
                await page.get_by_role("button", name="Open the interview").tap()
                await expect(page.get_by_role("heading", name="Talk to us, Ana Duarte")).to_be_visible()
                assert await empty_portal.count("application WHERE stage = 'started'") == 1
                await page.get_by_role("link", name="I am done").tap()
                await page.get_by_role("button", name="I have finished").tap()
                await finished(page)
                assert await page.context.cookies() == []
            await wait_for(lambda: completed(recruiter, job), "the recruiter's table")
        assert all("referer" not in asked.headers for asked in elsewhere.asked if asked.path == "/start")


async def give_name(page: Page) -> None:
    await page.get_by_label("Full name").fill("Ana Duarte")
    await page.get_by_label("Email").fill("ana.duarte@example.com")
    await page.get_by_role("button", name="Start the interview").tap()
    await expect(page.get_by_role("heading", name="Ana, your interview is ready")).to_be_visible()


async def completed(page: Page, job: str) -> bool:
    return (await channel_row(page, job, "Instagram · Story"))[:6] == ["1"] * 6
