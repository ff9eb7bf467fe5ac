"""A marketer makes a whole campaign in one action: with few clicks, with keys alone, and without scripts."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from portal.demo import SIGN_INS
from tests.e2e.people import LAPTOP, PHONE, phone
from tests.e2e.running import Running
from tests.e2e.test_pages import faults_everywhere

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(300)]
MARKETER = next(sign_in for sign_in in SIGN_INS if sign_in[0] == "marketer")


async def enter(context: BrowserContext, portal: Running) -> Page:
    page = await context.new_page()
    await page.goto(f"{portal.url}/app/sign-in")
    await page.get_by_label("Email").fill(MARKETER[1])
    await page.get_by_label("Password").fill(MARKETER[2])
    await page.locator("main form button[type=submit]").first.click()
    await page.goto(f"{portal.url}/app/links")
    return page


@pytest.fixture
async def marketer(demo_portal: Running, chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport=LAPTOP, locale="en-GB", reduced_motion="reduce")
    yield await enter(context, demo_portal)
    await context.close()


async def test_twelve_links_take_fewer_than_eight_clicks(marketer: Page) -> None:
    clicks = 0

    async def click(place: Locator) -> None:
        nonlocal clicks
        clicks += 1
        await place.click()

    await click(marketer.get_by_role("link", name="New campaign"))
    await marketer.keyboard.type("Winter push")
    await click(marketer.get_by_label("Night nurse"))
    await click(marketer.get_by_label("Warehouse operative"))
    await click(marketer.get_by_role("button", name="Look at the links"))
    assert await faults_everywhere(marketer) == []
    await click(marketer.get_by_role("button", name="Make 12 links"))
    await expect(marketer.get_by_text("12 links made.").first).to_be_visible()
    assert clicks < 8
    assert await marketer.locator(".link-row").count() == 12
    await marketer.set_viewport_size(PHONE)
    assert await faults_everywhere(marketer) == []


async def test_keys_alone_will_do(marketer: Page) -> None:
    async def go_to(place: Locator) -> None:
        for _ in range(80):
            if await place.evaluate("element => element === document.activeElement"):
                return
            await marketer.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to {place}")

    await go_to(marketer.get_by_role("link", name="New campaign"))
    await marketer.keyboard.press("Enter")
    await expect(marketer.get_by_label("Name", exact=True)).to_be_focused()
    await marketer.keyboard.type("Keys")
    await go_to(marketer.get_by_label("Night nurse"))
    await marketer.keyboard.press("Space")
    await marketer.keyboard.press("Enter")
    await expect(marketer.get_by_role("heading", name="6 new links for Keys")).to_be_visible()
    first = marketer.locator("[name='slug:0']")
    await go_to(first)
    await marketer.keyboard.type("keys-alone")
    await marketer.keyboard.press("Enter")
    await expect(marketer.get_by_text("6 links made.").first).to_be_visible()
    await expect(marketer.get_by_text(re.compile("/keys-alone$")).first).to_be_visible()


async def test_no_script_is_needed(demo_portal: Running, chromium: Browser) -> None:
    context = await chromium.new_context(viewport=PHONE, locale="en-GB", java_script_enabled=False)
    try:
        page = await enter(context, demo_portal)
        await page.get_by_role("link", name="New campaign").click()
        await page.get_by_label("Name", exact=True).fill("Plain")
        await page.get_by_label("Night nurse").check()
        await page.get_by_role("button", name="Look at the links").click()
        await page.locator("[name='slug:1']").fill("app")
        await page.get_by_role("button", name="Make 6 links").click()
        await expect(page.get_by_text("The portal uses this address itself.").first).to_be_visible()
        await page.locator("[name='slug:1']").fill("plain-story")
        await page.get_by_role("button", name="Make 6 links").click()
        await expect(page.get_by_text("6 links made.").first).to_be_visible()
    finally:
        await context.close()


async def test_taps_are_seen_on_an_open_page_that_nobody_reloads(marketer: Page, demo_portal: Running, chromium: Browser) -> None:
    """The view stays as it is: its order, the open channel, and where the keyboard is."""
    table, tile = marketer.locator("#channel-rows"), marketer.locator("#funnel .tile-number").first
    await marketer.goto(f"{demo_portal.url}/app/figures?sort=completed&period=7")
    await table.locator("a[aria-expanded]", has_text="Story").click()
    opened = table.locator("a[aria-expanded=true]")
    await opened.focus()
    link = await table.locator("tr.quiet a[href*='/figures']").first.get_attribute("href")
    short = await marketer.request.get(f"{demo_portal.url}{str(link).removesuffix('/figures')}")
    found = re.search(rf'data-copy="({re.escape(demo_portal.url)}/[\w-]+)"', await short.text())
    assert found is not None
    before = int((await tile.inner_text()).replace(",", ""))
    async with phone(chromium) as candidate:
        await candidate.goto(found[1])
    await expect(tile).to_have_text(f"{before + 1:,}")
    await expect(table.locator("tfoot tr").first.locator("td").first).to_have_text(f"{before + 1:,}")
    await expect(opened).to_be_focused()
    await expect(table.locator("th[aria-sort]")).to_have_text(re.compile("Completed"))
    exported = await marketer.request.get(f"{demo_portal.url}/app/figures/export/channels.csv?period=7")
    assert f"Sum,All links,,{before + 1}," in await exported.text()
