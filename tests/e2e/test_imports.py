"""People come in by the line and as a file: looked through, run while workers die, undone."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from portal.web.exports import as_csv
from tests.e2e.people import laptop, make_job, set_up
from tests.e2e.running import Running, wait_for

pytestmark = [pytest.mark.no_stores, pytest.mark.timeout(300)]
FIVE = """Ana Duarte <ana@example.com>, +44 7700 900123
Ben Okoro\tben@example.com
Cy Dee; cy@example
"Silva, Rui" <rui@example.com>
ANA@example.com, Ana Duarte"""
WORKER = "-m workers"
MANY = 4000


@pytest.fixture
async def recruiter(empty_portal: Running, chromium: Browser) -> AsyncIterator[tuple[Page, str]]:
    """Somebody who has a job to fill, and its address."""
    async with laptop(chromium) as page:
        await set_up(page, await empty_portal.setup_link())
        yield page, await make_job(page, empty_portal)


async def test_people_come_in_by_lines_and_by_file(recruiter: tuple[Page, str], empty_portal: Running) -> None:
    page, job = recruiter
    await paste_five_lines(page, job, empty_portal)
    await look_through_a_file(page, job)

    await page.get_by_label("Only copy the link").check()
    await page.get_by_role("button", name=re.compile(f"Add {MANY:,} candidates")).click()
    await expect(page.get_by_text("People are taken in")).to_be_visible()
    await some_are_in(empty_portal)
    empty_portal.kill(WORKER)
    await page.reload()
    await expect(page.get_by_role("button", name="Undo all of it")).to_be_visible(timeout=120_000)
    assert await empty_portal.count("candidate") == MANY + 3, "nobody twice, nobody lost"
    assert await empty_portal.count("application") == MANY + 3

    await page.get_by_role("button", name="Undo all of it").click()
    await expect(page.get_by_text("Left out before")).to_be_visible(timeout=120_000)
    assert await empty_portal.count("application") == 3
    assert await empty_portal.count("candidate") == 3


async def paste_five_lines(page: Page, job: str, running: Running) -> None:
    await page.goto(f"{job}/candidates")
    await page.get_by_role("link", name="Add candidates").click()
    await page.get_by_role("link", name="Several lines").click()
    await page.get_by_label("A line for each person").fill(FIVE)
    await expect(page.get_by_text("4 lines can be added, 1 can’t yet")).to_be_visible()
    await expect(page.get_by_role("row", name=re.compile("Rui Silva.*rui@example.com.*New"))).to_be_visible()

    await page.get_by_label("Invite later").check()
    await page.get_by_role("button", name="Add candidates").click()
    await expect(page.get_by_role("heading", name="3 people added")).to_be_visible()
    await expect(page.get_by_label("A line for each person")).to_have_value("Cy Dee; cy@example")
    await page.get_by_role("button", name="Copy all links").click()
    links = re.compile(rf"Ana Duarte\t{re.escape(running.url)}/[a-z0-9]{{26}}\nBen Okoro\t")
    await expect(page.locator("#all-links")).to_have_value(links)
    assert await running.count("application WHERE invite_later") == 3


async def look_through_a_file(page: Page, job: str) -> None:
    """With good, bad and double rows, and one who is there already."""
    rows = [[f"Person {n}", f"p{n}@example.com", "Nights"] for n in range(MANY)]
    odd = [["Bad", "nobody", ""], ["Person 1 again", "P1@example.com", ""], ["Ana Duarte", "ana@example.com", ""]]
    await page.get_by_role("link", name="A file").click()
    content = {"name": "people.csv", "mimeType": "text/csv", "buffer": as_csv(["Nombre", "Correo", "Equipo"], [*rows, *odd])}
    await page.locator("input[type=file]").set_input_files(content)  # type: ignore[arg-type]
    await page.get_by_role("button", name="Look through it").click()
    await expect(page.get_by_role("heading", name="Nothing is made yet")).to_be_visible(timeout=60_000)
    await expect(page.get_by_text("4,000 new candidates, 1 here already, 1 double row, 1 row left out")).to_be_visible()
    await page.get_by_role("link", name="Double: 1").click()
    await expect(page.get_by_text("The same person as in row 3.")).to_be_visible()
    await page.get_by_label("What Equipo means").select_option("Keep as a detail")
    await page.get_by_role("button", name="Look through it again").click()
    await expect(page.get_by_role("heading", name="Nothing is made yet")).to_be_visible(timeout=60_000)


async def some_are_in(running: Running) -> None:
    async def look() -> bool:
        return await running.count("application") > 3

    await wait_for(look, "the first of the file")
