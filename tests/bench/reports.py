"""The pages of figures at very many clicks, beside the sign-in page as a stranger gets it."""

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx

from portal import redis
from portal.accounts import sessions
from portal.settings import settings
from tests.bench.views import every
from tests.bench.web import Server, application
from tests.bench.years import Year

PLAIN = "/app/sign-in"
PAGES = (
    *(f"/app/figures?period={period}" for period in ("today", "7", "30", "90", "all")),
    "/app/figures?compare=1",
    "/app/figures?open={channel}",
    "/app/jobs/{job}/figures",
    "/app/jobs/{job}/figures?period=all",
    "/app/figures?campaign={campaign}",
    "/app/figures?channel={channel}",
    "/app/links/{link}/figures",
    "/app/links/{link}/figures?period=all",
    "/app/figures?device=phone",
    "/app/figures?device=phone&period=all",
    "/app/jobs/{job}/figures?device=phone&period=all",
    "/app/figures?channel={channel}&device=phone&period=all",
    "/app/links/{link}/figures?device=phone",
    "/app/figures?zone=Europe/Dublin&period=all",
    "/app/figures?zone=Europe/Dublin&device=phone&period=all",
    "/app/figures?verdict=preview&period=all",
    "/app/figures?device=phone&app=Instagram&period=7",
    "/app/figures?device=phone&app=Instagram",
    "/app/figures?device=phone&app=Instagram&period=all",
    "/app/figures?device=phone&language=en&period=all",
    "/app/figures?verdict=preview&device=phone&period=all",
    "/app/figures?channel={channel}&device=phone&app=Instagram&period=all",
    "/app/figures?open={channel}&device=phone&app=Instagram&period=all",
    "/app/jobs/{job}/figures?campaign={campaign}&device=phone",
    "/app/figures/hits",
    "/app/links",
    "/app/campaigns",
    "/app/jobs",
)
A_ROUND = 10
BAR = 10
"""How many times as long as the sign-in page no view may take."""


def run(year: Year, rounds: int) -> None:
    os.environ["DATABASE_URL"] = year.url
    settings.cache_clear()
    places = {"job": year.jobs[0], "campaign": year.campaign_id, "channel": year.channels[0], "link": year.links[0]}
    with application("portal.app:create_app") as server:
        print(
            f"figures at {year.clicks:,} clicks; medians, and ratios to the sign-in page, which is asked just before", flush=True
        )
        pages, views = ([page.format(**places) for page in some] for some in (PAGES, every()))
        _report(asyncio.run(_measure(server, year, pages, rounds * A_ROUND))[1], len(pages))
        first, again = asyncio.run(_measure(server, year, views, 2 * rounds))
    over, at_first = (sum(_medians(times)[1] > BAR for times in taken.values()) for taken in (again, first))
    print(f"of {len(views):,} views, {over} take more than {BAR} times as long ({at_first} when first looked at); the slowest:")
    _report(again, SLOWEST)


SLOWEST = 30
Taken = dict[str, list[tuple[float, float]]]
"""Seconds that each page took, and the sign-in page before it."""


async def _measure(server: Server, year: Year, pages: Sequence[str], times: int) -> tuple[Taken, Taken]:
    """Of the first look at each page, and of those after it."""
    await redis.open(settings().redis_url)
    cookies = {sessions.cookie_name(): await sessions.begin(year.member.id, now=datetime.now(UTC))}
    first, again = dict[str, list[tuple[float, float]]](), dict[str, list[tuple[float, float]]]()
    base = f"http://127.0.0.1:{server.port}"
    async with (
        httpx.AsyncClient(base_url=base, cookies=cookies, timeout=60) as member,
        httpx.AsyncClient(base_url=base, timeout=60) as stranger,
    ):
        await _get(stranger, PLAIN)
        for page in pages:
            taken = [(await _get(stranger, PLAIN), await _get(member, page)) for _ in range(times + 1)]
            first[page], again[page] = [taken[0][::-1]], [pair[::-1] for pair in taken[1:]]
    await redis.close()
    return first, again


async def _get(client: httpx.AsyncClient, path: str) -> float:
    began = time.perf_counter()
    answer = await client.get(path)
    seconds = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return seconds


def _report(taken: Taken, most: int) -> None:
    """As they stand, or the slowest."""
    pages = {page: _medians(times) for page, times in taken.items()}
    shown = list(pages) if most >= len(pages) else sorted(pages, key=lambda page: -pages[page][1])[:most]
    for page in shown:
        seconds, ratio = pages[page]
        print(f"  {seconds * 1000:8.1f} ms  {ratio:6.1f}  {page}")


def _medians(times: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(seconds for seconds, _ in times), statistics.median(seconds / plain for seconds, plain in times)
