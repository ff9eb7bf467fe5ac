"""Browsers and portals for walks through the whole thing."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.e2e.running import Running, ten_in_the_morning

QUIET = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
"""Switches that keep Chromium from talking to anybody but us."""


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    names = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=next(filter(None, names), None), args=[*QUIET, *as_root])
        yield browser
        await browser.close()


@pytest.fixture
async def empty_portal() -> AsyncIterator[Running]:
    """A portal on its first day, at ten in the morning."""
    running = Running()
    try:
        running.set_clock(ten_in_the_morning())
        running.start()
        await running.ready()
        yield running
    finally:
        print(await running.story())  # pytest shows it when the test failed
        running.close()


@pytest.fixture(scope="package")
async def demo_portal() -> AsyncIterator[Running]:
    """A portal with the demo in it, at ten in the morning. One for all walks that only add to it: to fill it takes a while."""
    running = Running()
    try:
        running.set_clock(ten_in_the_morning())
        running.start("--demo")
        await running.ready()
        yield running
    finally:
        running.close()
