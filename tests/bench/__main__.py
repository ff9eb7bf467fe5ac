"""`make bench`: all benchmarks, or those named."""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.bench import imports, ingest, messages, redirect, reports, years
from tests.bench.stores import Stores, stores
from tests.bench.years import Year

NAMES = ("redirect", "ingest", "reports", "messages", "imports")
TOOLS = Path(__file__).with_name("tools.sh")
SIZES = (100_000, 1_000_000)
"""Clicks to begin with, beside those asked for."""


def main() -> int:
    top = argparse.ArgumentParser(prog="make bench ARGS=", description="Figures to be held against each other, never alone.")
    top.add_argument("names", nargs="*", metavar="name", help=f"{', '.join(NAMES)}; all when none is named")
    top.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    top.add_argument("--seconds", type=int, default=3, help="for how many each load of the redirect goes on")
    top.add_argument("--clicks", type=int, default=10_000_000, help="how many there are at most, for ingest and reports")
    top.add_argument("--due", type=int, default=100_000, help="how many messages are due")
    top.add_argument("--keep", type=Path, help="a folder to make the clicks in, or to find those made there before")
    top.add_argument("--rows", type=int, default=100_000, help="how many rows the larger file of people has")
    chosen = top.parse_args()
    names = chosen.names or NAMES
    if unknown := set(names) - set(NAMES):
        top.error(f"there is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(NAMES)}")
    if {"redirect", "imports"} & set(names) and subprocess.run(["sh", TOOLS], check=False).returncode:
        return 2
    if "redirect" in names:
        redirect.run(chosen.rounds, chosen.seconds)
    if {"ingest", "reports"} & set(names):
        with stores(chosen.keep) as used:
            of_years(used, names, chosen.clicks, chosen.rounds, chosen.keep)
    if "messages" in names:
        with stores() as used:
            messages.run(used, chosen.due, chosen.rounds)
    if "imports" in names:
        with stores():
            imports.run(chosen.rows, chosen.rounds, chosen.seconds)
    return 0


def of_years(used: Stores, names: Sequence[str], most: int, rounds: int, keep: Path | None) -> None:
    """What needs very many clicks; the largest database serves both."""
    sizes = sorted({min(size, most) for size in (SIZES if "ingest" in names else ()) + (most,)})
    made = [_year(used, size, keep) for size in sizes]
    if "reports" in names:
        reports.run(made[-1], rounds)
    if "ingest" in names:  # last: what it lets in came all at once
        ingest.run(used, made, rounds)


def _year(used: Stores, size: int, keep: Path | None) -> Year:
    """Made now, or found in `keep`."""
    name = f"clicks_{size}"
    note = keep / f"{name}.json" if keep else None
    if note and note.exists():
        found = msgspec.json.decode(note.read_bytes(), type=Year)
        return msgspec.structs.replace(found, url=used.url_of(name))
    print(f"making {size:,} clicks, which takes minutes", flush=True)
    year = asyncio.run(years.make(used.create_database(name), size, datetime.now(UTC)))
    if note:
        note.write_bytes(msgspec.json.encode(year))
    return year


sys.exit(main())
