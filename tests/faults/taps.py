"""People who tap links, and remember what they were answered."""

import asyncio
import random
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

from tests.clicks.agents import PEOPLE
from tests.faults.system import Web
from tests.faults.wire import BROKEN, Said, Wire

CONNECTIONS = 3
"""To each web server, each waiting for its answer before it taps again."""
PAUSE = (0.005, 0.045)
"""Seconds between two taps of one connection: about two hundred taps a second in all, since the machine has other work."""
AFTER_BROKEN = 0.1
PATIENCE = 20.0
AGENTS = [said for _, said in PEOPLE] + ["curl/8.7.1", "python-requests/2.32.3"]
CLICK = re.compile(r"[?&]click=([0-9a-f-]{36})")


class Link(NamedTuple):
    id: UUID
    path: str


class Answered(NamedTuple):
    """A 302 that arrived: this click must be counted, once."""

    click: UUID
    link: UUID
    web: str
    launch: int
    epoch: int
    at: float
    """Seconds since 1970."""


class Refused(NamedTuple):
    """A known link that did not redirect although its web server was there."""

    web: str
    launch: int
    at: float
    why: str


class Taps:
    """Everybody who taps, from `begin` to `end`."""

    def __init__(self, webs: Sequence[Web], links: Sequence[Link], seed: int) -> None:
        self._webs, self._links = webs, links
        self._random = random.Random(seed)
        self._tasks: list[asyncio.Task[None]] = []
        self._over = False
        self.answered: list[Answered] = []
        self.refused: list[Refused] = []
        self.cut_off = 0
        """Taps on a web server that was being killed, frozen or started: nobody promised them anything."""

    def begin(self) -> None:
        self._tasks = [asyncio.create_task(self._tap_on(web)) for web in self._webs for _ in range(CONNECTIONS)]

    async def end(self) -> None:
        """Let everybody have the answer they wait for."""
        self._over = True
        await asyncio.gather(*self._tasks)

    async def _tap_on(self, web: Web) -> None:
        wire, epoch = None, -1
        while not self._over:
            if wire is not None and epoch != web.epoch:
                wire.close()
                wire = None
            promised, epoch, launch = web.steady, web.epoch, web.launches
            link = self._random.choice(self._links)
            try:
                async with asyncio.timeout(PATIENCE):
                    wire = wire or await Wire.to(web.port)
                    self._note(await wire.get(link.path, self._random.choice(AGENTS)), link, web, launch, epoch)
            except BROKEN as error:
                self._note_broken(error, web, launch, promised and epoch == web.epoch)
                if wire is not None:
                    wire.close()
                    wire = None
                await asyncio.sleep(AFTER_BROKEN)
            await asyncio.sleep(self._random.uniform(*PAUSE))
        if wire is not None:
            with suppress(*BROKEN):
                wire.close()

    def _note(self, said: Said, link: Link, web: Web, launch: int, epoch: int) -> None:
        found = CLICK.search(said.headers.get("location", ""))
        if said.status == 302 and found:
            self.answered.append(Answered(UUID(found[1]), link.id, web.name, launch, epoch, time.time()))
        else:
            words = re.sub(rb"<[^>]*>|\s+", b" ", said.body).decode(errors="replace")
            self.refused.append(Refused(web.name, launch, time.time(), f"{said.status} for {link.path}: {words[:200]}"))

    def _note_broken(self, error: BaseException, web: Web, launch: int, promised: bool) -> None:
        if promised:
            self.refused.append(Refused(web.name, launch, time.time(), repr(error)))
        else:
            self.cut_off += 1
