"""A recruiter edits a plan: what it does is seen while it is typed, and it can be given up and taken back."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from portal.demo import SIGN_INS
from tests.e2e.people import LAPTOP, PHONE
from tests.e2e.running import Running
from tests.e2e.test_pages import faults_everywhere

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(300)]
RECRUITER = next(sign_in for sign_in in SIGN_INS if sign_in[0] == "recruiter")


@pytest.fixture
async def plan_page(demo_portal: Running, chromium: Browser) -> AsyncIterator[Page]:
    """The nudges of the job Night nurse."""
    context = await chromium.new_context(viewport=LAPTOP, locale="en-GB", reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(f"{demo_portal.url}/app/sign-in")
    await page.get_by_label("Email").fill(RECRUITER[1])
    await page.get_by_label("Password").fill(RECRUITER[2])
    await page.locator("main form button[type=submit]").first.click()
    await page.get_by_role("link", name=re.compile("Night nurse")).first.click()
    await page.get_by_role("link", name="Nudges", exact=True).click()
    yield page
    await context.close()


async def test_a_plan_is_edited_seen_saved_given_up_and_taken_back(plan_page: Page) -> None:
    preview = plan_page.locator("#plan-preview")
    first = plan_page.locator("[name='unfinished-0-hours']")
    await first.fill("5")
    await expect(preview.locator(".why", has_text="5 h after they stopped").first).to_be_visible()
    await expect(preview.get_by_text("Nothing is saved yet")).to_be_visible()
    await expect(first).to_be_focused()

    await first.fill("five")
    await expect(preview.get_by_text("Give a whole number of hours")).to_be_visible()
    await first.fill("5")
    await expect(preview.get_by_text("Give a whole number of hours")).to_have_count(0)

    await plan_page.locator("#add-unfinished").click()
    added = plan_page.locator("[name='unfinished-4-hours']")
    await expect(added).to_be_focused()
    await added.fill("30")
    await plan_page.get_by_role("button", name="Move step 5 up").last.click()
    await expect(plan_page.locator("[name='unfinished-3-hours']")).to_have_value("30")
    await plan_page.get_by_role("button", name="Remove step 2").first.click()
    await expect(plan_page.locator("[name='never_started-3-hours']")).to_have_count(0)
    assert await faults_everywhere(plan_page) == []
    await plan_page.set_viewport_size(PHONE)
    assert await faults_everywhere(plan_page) == []
    await plan_page.set_viewport_size(LAPTOP)

    await plan_page.get_by_role("button", name="Save as this job's own plan").click()
    await expect(plan_page.get_by_text("Saved. Whoever is waiting")).to_be_visible()
    await plan_page.get_by_role("button", name="Use the workspace's plan again").click()
    await expect(plan_page.locator("[name='unfinished-0-hours']")).to_have_value("3")
    await plan_page.get_by_role("button", name="Undo").first.click()
    await expect(plan_page.locator("[name='unfinished-0-hours']")).to_have_value("5")
