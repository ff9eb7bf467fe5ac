"""The main pages as everybody may use them: read aloud, in the dark, on a small phone."""

import re
from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page

from portal.demo import SIGN_INS
from tests.e2e.people import LAPTOP, PHONE
from tests.e2e.running import Running

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(300)]
SERIOUS = {"serious", "critical"}
MEMBER_PAGES = (
    "/app/jobs",
    "/app/jobs/new",
    "{job}",
    "{job}/share",
    "{job}/candidates",
    "{job}/candidates/add",
    "{job}/candidates/add/lines",
    "{job}/candidates/imports",
    "{job}/interview",
    "{job}/nudges",
    "{job}/figures",
    "{job}/settings",
    "/app/candidates",
    "{candidate}",
    "/app/links",
    "/app/links/upload",
    "/app/campaigns",
    "/app/campaigns/new",
    "{campaign}",
    "{campaign}/grid",
    "{campaign}/edit",
    "/app/figures",
    "/app/messages",
    "{message}",
    "/app/settings",
    "/app/settings/members",
    "/app/settings/utm",
    "/app/settings/keys",
    "/schema",
)


@pytest.fixture(scope="module")
async def signed_in(demo_portal: Running, chromium: Browser) -> AsyncIterator[BrowserContext]:
    """The demo's admin."""
    context = await chromium.new_context(viewport=LAPTOP, locale="en-GB", reduced_motion="reduce")
    page = await context.new_page()
    _, email, password = SIGN_INS[0]
    await page.goto(f"{demo_portal.url}/app/sign-in")
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.locator("main form button[type=submit]").first.click()
    await page.wait_for_url("**/app/jobs")
    await page.close()
    yield context
    await context.close()


@pytest.fixture(scope="module")
async def places(demo_portal: Running, signed_in: BrowserContext) -> dict[str, str]:
    """Addresses of one job, one candidate, one campaign and one message of the demo."""
    page = await signed_in.new_page()
    found = {}
    lists = {
        "job": "/app/jobs",
        "candidate": "/app/candidates",
        "message": "/app/messages?tab=sent",
        "campaign": "/app/campaigns",
    }
    for name, listed in lists.items():
        await page.goto(demo_portal.url + listed)
        found[name] = str(await page.locator("a[data-item]").first.get_attribute("href"))
    await page.close()
    return found


@pytest.mark.parametrize("path", MEMBER_PAGES)
async def test_a_members_page_is_accessible_and_fits(
    demo_portal: Running, signed_in: BrowserContext, places: dict[str, str], path: str
) -> None:
    page = await signed_in.new_page()
    try:
        answer = await page.goto(demo_portal.url + path.format(**places))
        assert answer is not None
        assert answer.status == 200
        wrong = await faults_by_light(page)
        await page.set_viewport_size(PHONE)
        wrong += await faults_by_light(page)
        assert wrong == []
        assert await sideways(page) == 0
    finally:
        await page.close()


async def test_the_candidates_pages_are_accessible_and_fit(demo_portal: Running, chromium: Browser) -> None:
    context = await chromium.new_context(viewport=PHONE, is_mobile=True, has_touch=True, locale="en-GB")
    page = await context.new_page()
    try:
        wrong = []
        for path in ("/app/sign-in", "/nobody-made-this", "/apply/nobody-made-this", "/i/" + "a" * 26, "/nurse-ig-bio"):
            await page.goto(demo_portal.url + path)
            wrong += await faults_everywhere(page)
        await page.get_by_role("button", name="Start the interview").click()
        wrong += await faults_everywhere(page)
        await page.get_by_label("Full name").fill("Ana Duarte")
        await page.get_by_label("Email").fill("ana.duarte.of.the.test@example.com")
        await page.get_by_role("button", name="Start the interview").click()
        await page.get_by_text(re.compile("Question 1 of")).first.wait_for()
        wrong += await faults_everywhere(page)
        await page.get_by_role("button", name="Save and come back later").click()
        await page.get_by_label("Your link").wait_for()
        wrong += await faults_everywhere(page)
        assert wrong == []
    finally:
        await context.close()


async def faults_everywhere(page: Page) -> list[str]:
    """What is wrong with the page that is shown, and whether it can be pushed sideways."""
    found = await faults_by_light(page)
    return found if await sideways(page) == 0 else [*found, f"{page.url} is wider than the phone"]


STILL = """new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
  Promise.allSettled(document.getAnimations().map(one => one.finished)).then(() => done()))))"""
"""Waits for colours that change slowly: half-way there they have too little contrast."""


async def faults_by_light(page: Page) -> list[str]:
    """What axe calls serious, by day and by night."""
    found = []
    for light in ("light", "dark"):
        await page.emulate_media(color_scheme="light" if light == "light" else "dark")
        await page.evaluate(STILL)
        results = await Axe().run(page)
        for fault in results.response["violations"]:
            if fault["impact"] in SERIOUS:
                nodes = [node["html"][:120] for node in fault["nodes"][:3]]
                found.append(f"{page.url} ({light}): {fault['id']}: {nodes}")
    return found


async def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
