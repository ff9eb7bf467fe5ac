"""An applicant system's message: its link copied, tapped as the system sent it, and what the recruiter sees when it was wrong."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import answer, laptop, make_job, phone, set_up
from tests.e2e.running import Running, wait_for

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(300)]

SENT = {"{{CANDIDATE_NAME}}": "Ana Duarte", "{{CANDIDATE_EMAIL_ADDRESS}}": "ana%2Bnew@example.com", "{{APPLICATION_ID}}": "8812"}
"""What the system puts in; it knows no number, and leaves that field as it is written."""


async def test_a_filled_link_helps_and_an_unfilled_one_is_shown(empty_portal: Running, chromium: Browser) -> None:
    async with laptop(chromium) as recruiter:
        await set_up(recruiter, await empty_portal.setup_link())
        job = await make_job(recruiter, empty_portal)
        link = await copied_link(recruiter, job)
        assert link.endswith("external_id={{APPLICATION_ID}}&name={{CANDIDATE_NAME}}")
        for token, value in SENT.items():
            link = link.replace(token, value)
        async with phone(chromium, scripts=False) as page:
            await page.goto(link)
            assert "/apply/" in page.url
            assert not [word for word in ("Ana", "example.com", "8812", "CANDIDATE") if word in page.url]
            await expect(page.get_by_label("Full name")).to_have_value("Ana Duarte")
            await expect(page.get_by_label("Email")).to_have_value("ana+new@example.com")
            await expect(page.get_by_label("Mobile", exact=True)).to_have_value("")
            await page.get_by_role("button", name="Start the interview").tap()
            await answer(page, 1)

        await wait_for(lambda: is_told(recruiter, job), "the fault on the Share page")
        await recruiter.get_by_role("link", name="Look what arrives").click()
        await try_it(recruiter, link)
        await recruiter.get_by_role("button", name="It is mended").click()
        await expect(recruiter.get_by_text("Marked as mended")).to_be_visible()
        assert not await is_told(recruiter, job)
        assert await empty_portal.count("event WHERE data ->> 'external_id' = '8812' AND data ->> 'system' = 'greenhouse'") == 1


async def copied_link(page: Page, job: str) -> str:
    """Make the link on the recipe's page and copy it with its button."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(f"{job}/share")
    await page.get_by_role("link", name="Choose the system").click()
    await page.get_by_role("link", name="Greenhouse").click()
    await page.get_by_role("button", name="Make the link").click()
    await page.locator("#link").get_by_role("button", name="Copy").click()
    await expect(page.locator("#link .copy")).to_contain_text("Copied")
    copied = str(await page.evaluate("navigator.clipboard.readText()"))
    assert copied == await page.locator("#recipe-link").text_content()
    return copied


async def is_told(page: Page, job: str) -> bool:
    await page.goto(f"{job}/share")
    return await page.get_by_text("{{CANDIDATE_PHONE}} stands where the mobile number should be").count() == 1


async def try_it(page: Page, link: str) -> None:
    await page.get_by_label("A link as it arrived").fill(link)
    await page.get_by_role("button", name="Show what arrives").click()
    await expect(page.get_by_role("row", name="Mobile number")).to_contain_text("Not replaced")
    await expect(page.get_by_role("group", name="What a candidate sees").get_by_label("Full name")).to_have_value("Ana Duarte")
