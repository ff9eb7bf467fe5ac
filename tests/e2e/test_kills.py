"""Halfway through the path, web and worker die without warning. The path goes on, and nothing is there twice."""

import contextlib
from datetime import timedelta

import httpx
import pytest
from playwright.async_api import Browser

from tests.e2e.people import answer, asked, channel_row, finished, give_name, laptop, make_job, make_links, phone, set_up
from tests.e2e.running import Running, wait_for
from tests.e2e.test_path import nudge_link

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(300)]
WEB, WORKER = "-m portal serve", "-m workers"


async def test_the_path_goes_on_after_web_and_worker_are_killed(empty_portal: Running, chromium: Browser) -> None:
    async with laptop(chromium) as recruiter:
        await set_up(recruiter, await empty_portal.setup_link())
        job = await make_job(recruiter, empty_portal)
        links = await make_links(recruiter, job, "instagram/story")
        async with phone(chromium) as page:
            await page.goto(links["instagram/story"])
            await give_name(page)
            await answer(page, 1)
            await asked(page, 2)
            empty_portal.kill(WEB)
            empty_portal.kill(WORKER)
            await back(empty_portal)
            await page.reload()
            await answer(page, 2)

        empty_portal.set_clock(empty_portal.now() + timedelta(hours=4))
        empty_portal.kill(WORKER)
        nudge = await nudge_link(recruiter, empty_portal)
        empty_portal.kill(WEB)
        await back(empty_portal)
        async with phone(chromium) as other:
            await other.goto(nudge)
            await answer(other, 3)
            await answer(other, 4)
            await finished(other)

        async def counted() -> bool:
            return (await channel_row(recruiter, job, "Instagram · Story"))[:6] == ["1"] * 6

        await wait_for(counted, "the recruiter's table")
    assert await empty_portal.count("application") == 1
    assert await empty_portal.count("answer") == 4
    assert await empty_portal.count("event WHERE kind = 'completed'") == 1
    assert await empty_portal.count("message WHERE handed_over_at IS NOT NULL") == 1


async def back(running: Running) -> None:
    """Wait until web answers again."""

    async def look() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{running.url}/ready", timeout=2)).status_code == 200
        return False

    await wait_for(look, "web to be back")
