"""Every view of figures that an address can ask for: places, filters, periods, and an open channel, all with all."""

from collections.abc import Iterator
from itertools import product

PLACES = (
    "/app/figures?",
    "/app/jobs/{job}/figures?",
    "/app/figures?campaign={campaign}",
    "/app/figures?channel={channel}",
    "/app/links/{link}/figures?",
    "/app/jobs/{job}/figures?campaign={campaign}",
    "/app/jobs/{job}/figures?channel={channel}",
    "/app/figures?campaign={campaign}&channel={channel}",
)
FILTERS = (
    "",
    "device=phone",
    "device=phone&app=Instagram",
    "device=phone&language=en",
    "device=phone&app=Instagram&language=en",
    "zone=Europe/Dublin",
    "zone=Europe/Dublin&device=phone",
    "zone=Europe/Dublin&device=phone&app=Instagram",
    "verdict=preview",
    "verdict=preview&device=phone",
    "verdict=preview&device=phone&app=Instagram",
)
PERIODS = ("period=today", "period=7", "period=30", "period=90", "period=all", "period=90&compare=1")
OPENED = ("", "open={channel}")
SHOWN = ("show=rates", "show=times", "show=costs", "sort=completed", "links=all")
HITS = (
    "",
    "device=phone",
    "device=phone&app=Instagram",
    "verdict=person",
    "verdict=person&device=phone",
    "verdict=preview&device=desktop",
    "link={link}",
    "channel={channel}&device=phone",
    "reason=library&job={job}",
    "link={link}&verdict=person&device=phone",
)


def every() -> Iterator[str]:
    for place, *query in product(PLACES, FILTERS, PERIODS, OPENED):
        if "{link}" not in place or not query[-1]:  # a link has no channels to open
            yield _joined(place, *query)
    for shown in SHOWN:
        yield _joined("/app/figures?", "period=all", "open={channel}", shown)
    for hits, period in product(HITS, ("", "period=all")):
        yield _joined("/app/figures/hits?", hits, period)
    yield "/app/figures/lift?period=all"
    yield "/app/jobs/{job}/nudges/lift?period=all"


def _joined(path: str, *query: str) -> str:
    base, _, first = path.partition("?")
    return f"{base}?{'&'.join(part for part in (first, *query) if part)}"
