"""What people do in their browsers, in their own words."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.e2e.running import Running

PHONE: ViewportSize = {"width": 390, "height": 844}
INSTAGRAM = (
    "Mozilla/5.0 (Linux; Android 15; SM-A256B Build/AP3A.240905.015.A2; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/140.0.7339.51 Mobile Safari/537.36 Instagram 401.0.0.48.79 Android (35/15; 450dpi; 1080x2125; samsung; SM-A256B; "
    "a25x; s5e8825; en_GB; 796871546)"
)
LAPTOP: ViewportSize = {"width": 1280, "height": 900}
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 "
    "Safari/604.1"
)
ADMIN, PASSWORD = "mara@northgate.example", "lantern-orchard-48"
QUESTIONS = (
    ("short_text", "What is your registration number?", ""),
    ("number", "How many nights a week can you work?", ""),
    ("one_of", "When could you start?", "Now\nIn a month\nLater"),
    ("yes_no", "Do you have a driving licence?", ""),
)


@asynccontextmanager
async def phone(chromium: Browser, *, agent: str = INSTAGRAM, scripts: bool = True) -> AsyncIterator[Page]:
    """A candidate's phone that has never been here."""
    context = await chromium.new_context(
        viewport=PHONE, user_agent=agent, is_mobile=True, has_touch=True, java_script_enabled=scripts, locale="en-GB"
    )
    try:
        yield await context.new_page()
    finally:
        await context.close()


@asynccontextmanager
async def laptop(chromium: Browser) -> AsyncIterator[Page]:
    """A member's browser."""
    context = await chromium.new_context(viewport=LAPTOP, locale="en-GB")
    try:
        yield await context.new_page()
    finally:
        await context.close()


# ---- The recruiter


async def set_up(page: Page, link: str) -> None:
    """Make the workspace with the link of the first run; signed in afterwards."""
    await page.goto(link)
    await page.get_by_label("Organisation").fill("Northgate Care")
    await page.get_by_label("Time zone").select_option("Europe/London")
    await page.get_by_label("Country").select_option("GB")
    await page.get_by_label("Your name").fill("Mara Lind")
    await page.get_by_label("Your email address").fill(ADMIN)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Make the workspace").click()
    await page.wait_for_url(re.compile("/app/jobs"))


async def make_job(page: Page, running: Running) -> str:
    """A night nurse's job with four questions, published; its address."""
    await page.goto(f"{running.url}/app/jobs/new")
    await page.get_by_label("Title", exact=True).fill("Night nurse")
    await page.get_by_label("Place", exact=True).fill("Leeds")
    await page.get_by_label("Professional").check()
    await page.get_by_label("Here", exact=True).check()
    await page.get_by_label("Minutes it takes").fill("8")
    await page.get_by_label("Some days after they arrive").check()
    await page.get_by_label("Days after arrival").fill("10")
    await page.get_by_role("button", name="Make job").click()
    await page.wait_for_url("**/interview")
    for number, (kind, prompt, options) in enumerate(QUESTIONS, 1):
        await add_question(page, kind, prompt, options)
        await expect(page.locator("#in-order li")).to_have_count(number)
    await page.reload()
    await page.get_by_role("button", name="Publish the job").first.click()
    await page.wait_for_url(re.compile(r"/app/jobs/[0-9a-f-]{36}$"))
    return page.url


async def add_question(page: Page, kind: str, prompt: str, options: str) -> None:
    form = page.locator("#add-question")
    await form.get_by_label("Question", exact=True).fill(prompt)
    await form.get_by_label("Answer", exact=True).select_option(kind)
    await form.get_by_label("Options").fill(options)
    await form.get_by_label("An answer is needed").check()
    await form.get_by_role("button", name="Add question").click()


async def make_links(page: Page, job: str, *channels: str) -> dict[str, str]:
    """Choose channels on the Share page and make their links; their addresses by channel."""
    await page.goto(f"{job}/share")
    for channel in channels:
        await page.locator(f"input[type=checkbox][value='{channel}']").check()
    await page.get_by_role("button", name=re.compile("^Make")).click()
    await expect(page.locator("[data-copy]").first).to_be_visible()
    await page.goto(f"{job}/share")
    copied = [str(await button.get_attribute("data-copy")) for button in await page.locator("[data-copy]").all()]
    return {channel: next(text for text in copied if channel in CODES and text.endswith(CODES[channel])) for channel in channels}


CODES = {"instagram/story": "-ig-story", "instagram/bio": "-ig-bio", "facebook/ad": "-fb-ad"}


async def channel_row(page: Page, job: str, channel: str) -> list[str]:
    """The cells of a channel in the job's table of figures: clicks, visitors, landed, gave name, started, completed, by nudge,
    rate."""
    await page.goto(f"{job}/figures")
    row = page.locator("#channels tbody tr", has_text=channel)
    return [(await cell.inner_text()).strip() for cell in await row.locator("td").all()] if await row.count() else []


# ---- The candidate


async def give_name(page: Page, *, name: str = "Ana Duarte", email: str = "ana.duarte@example.com") -> None:
    await page.get_by_label("Full name").fill(name)
    await page.get_by_label("Email").fill(email)
    await page.get_by_role("button", name="Start the interview").click()
    await expect(page.get_by_text("Question 1 of 4").first).to_be_visible()


ANSWERS = ("19I4512E", "4", "In a month", "Yes")


async def asked(page: Page, number: int) -> None:
    """Wait until question `number` shows. Before a reload: while the answer is on its way there is no page to load again."""
    await expect(page.get_by_text(f"Question {number} of 4").first).to_be_visible()


async def answer(page: Page, number: int) -> None:
    """Answer question `number` and go on."""
    await asked(page, number)
    kind = QUESTIONS[number - 1][0]
    if kind in {"one_of", "yes_no"}:
        await page.get_by_text(ANSWERS[number - 1], exact=True).tap()
    else:
        await page.locator("[name=answer]").fill(ANSWERS[number - 1])
    await page.get_by_role("button", name="Continue" if number < len(QUESTIONS) else "Finish").click()


async def finished(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Thank you, Ana.")).to_be_visible()
