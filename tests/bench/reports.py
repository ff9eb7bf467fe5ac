"""The pages of figures at very many clicks, beside the sign-in page as a stranger gets it."""

import asyncio
import os
import statistics
import time
from datetime import UTC, datetime

import httpx

from portal import redis
from portal.accounts import sessions
from portal.settings import settings
from tests.bench.web import Server, application
from tests.bench.years import Year

PLAIN = "/app/sign-in"
PAGES = (
    PLAIN,
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


def run(year: Year, rounds: int) -> None:
    os.environ["DATABASE_URL"] = year.url
    settings.cache_clear()
    with application("portal.app:create_app") as server:
        taken = asyncio.run(_measure(server, year, rounds))
    _report(taken, year.clicks)


async def _measure(server: Server, year: Year, rounds: int) -> dict[str, list[float]]:
    """Seconds that each page took, one after the other, in turn."""
    await redis.open(settings().redis_url)
    cookies = {sessions.cookie_name(): await sessions.begin(year.member.id, now=datetime.now(UTC))}
    taken: dict[str, list[float]] = {page: [] for page in PAGES}
    base = f"http://127.0.0.1:{server.port}"
    places = {"job": year.jobs[0], "campaign": year.campaign_id, "channel": year.channels[0], "link": year.links[0]}
    async with (
        httpx.AsyncClient(base_url=base, cookies=cookies, timeout=60) as member,
        httpx.AsyncClient(base_url=base, timeout=60) as stranger,
    ):
        for number in range(rounds * A_ROUND + 2):
            for page in PAGES:
                seconds = await _get(stranger if page == PLAIN else member, page.format(**places))
                if number >= 2:  # the first fill the caches
                    taken[page].append(seconds)
    await redis.close()
    return taken


async def _get(client: httpx.AsyncClient, path: str) -> float:
    began = time.perf_counter()
    answer = await client.get(path)
    seconds = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return seconds


def _report(taken: dict[str, list[float]], clicks: int) -> None:
    print(f"figures at {clicks:,} clicks: {len(taken[PLAIN])} times each, in turn; medians, and ratios to the sign-in page")
    for page, seconds in taken.items():
        ratios = [one / plain for one, plain in zip(seconds, taken[PLAIN], strict=True)]
        print(f"  {page:48} {statistics.median(seconds) * 1000:8.1f} ms  {statistics.median(ratios):6.1f}")
