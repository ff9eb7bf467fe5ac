"""A recruiter decides what people hear from us, sees who would, and writes to one of them, who wants no more of it."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import SAFARI, answer, give_name, laptop, make_job, make_links, phone, set_up
from tests.e2e.running import Running, wait_for

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(300)]


async def test_from_the_plan_to_one_click_unsubscribe_and_the_timeline_tells_all(
    empty_portal: Running, chromium: Browser
) -> None:
    async with laptop(chromium) as recruiter:
        await set_up(recruiter, await empty_portal.setup_link())
        job = await make_job(recruiter, empty_portal)
        links = await make_links(recruiter, job, "instagram/story")
        async with phone(chromium) as page:
            await page.goto(links["instagram/story"])
            await give_name(page)
            await answer(page, 1)
            await expect(page.get_by_text("Question 2 of 4").first).to_be_visible()

        await edit_plan(recruiter, job)
        await read_who_gets_it(recruiter, job)
        await write_to_ana(recruiter, job)
        unsubscribe = await open_in_outbox(recruiter, empty_portal)

        async with phone(chromium, agent=SAFARI, scripts=False) as other:
            await other.goto(unsubscribe)
            await expect(other.get_by_role("heading", name="No more emails?")).to_be_visible()
            await other.get_by_role("button", name="Stop these emails").click()
            await expect(other.get_by_role("heading", name="You get no more emails from Northgate Care.")).to_be_visible()

        await read_timeline(recruiter, job)


async def edit_plan(page: Page, job: str) -> None:
    await page.goto(f"{job}/nudges")
    await page.locator("[name='unfinished-0-hours']").fill("5")
    await expect(page.locator("#plan-preview .why", has_text="5 h after they stopped").first).to_be_visible()
    await page.get_by_role("button", name="Save as this job's own plan").click()
    await expect(page.get_by_text("Saved. Whoever is waiting")).to_be_visible()


async def read_who_gets_it(page: Page, job: str) -> None:
    """As soon as her nudges are planned by it."""

    async def ana() -> str:
        await page.goto(f"{job}/nudges")
        await page.locator("#plan-preview").get_by_role("link", name="who gets it").first.click()
        await page.wait_for_url(re.compile("/nudges/who"))
        await page.goto(re.sub(r"step=[^&]*", "step=unfinished-3h", page.url))
        row = page.locator("tbody[data-list] tr", has_text="Ana Duarte")
        return await row.inner_text() if await row.count() else ""

    async def planned() -> bool:
        return "5 h after they stopped" in await ana()

    await wait_for(planned, "Ana's nudge in the list of who gets it")
    await expect(page.locator("table").first).to_contain_text("Get it")


async def write_to_ana(page: Page, job: str) -> None:
    await open_ana(page, job)
    await page.get_by_role("link", name="Write to them").click()
    await page.get_by_label("Subject").fill("A word about {{ job }}")
    await page.get_by_label("Message", exact=True).fill("Do you have questions about the interactive interview? {{ left }}.")
    await page.get_by_role("button", name="See how it reads").click()
    await expect(page.locator("#preview")).to_contain_text("Three questions left")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", name="Ana Duarte")).to_be_visible()


async def open_in_outbox(page: Page, running: Running) -> str:
    """The email as it looks there; the address in it that stops emails."""

    async def sent() -> str:
        await page.goto(f"{running.url}/app/messages?tab=sent")
        mail = page.locator("tbody tr a[data-item]", has_text="A word about Night nurse")
        return str(await mail.first.get_attribute("href")) if await mail.count() else ""

    await page.goto(running.url + await wait_for(sent, "the message in the outbox"))
    letter = page.frame_locator("iframe.letter")
    await expect(letter.locator("p", has_text="Do you have questions about the interactive interview?")).to_be_visible()
    text = await page.locator("pre.as-written").text_content()
    found = re.search(rf"{re.escape(running.url)}/p/[a-z2-7]{{26}}/unsubscribe", text or "")
    assert found, text
    return found[0]


async def read_timeline(page: Page, job: str) -> None:
    async def told() -> bool:
        await open_ana(page, job)
        return await page.locator("#next", has_text="must not be written to").count() > 0

    await wait_for(told, "the nudges to be called off")
    past = page.locator("#past")
    for line in ("Started the interview", "A word about Night nurse", "No more emails"):
        await expect(past.get_by_text(line).first).to_be_visible()
    await expect(page.locator("#contact")).to_contain_text("No email: unsubscribed")


async def open_ana(page: Page, job: str) -> None:
    await page.goto(f"{job}/candidates")
    await page.get_by_role("link", name="Ana Duarte").first.click()
    await expect(page.get_by_role("heading", name="Ana Duarte")).to_be_visible()
