"""The pictures of cards, drawn when first asked for, one at a time, and kept for the crawlers that come next.

One post shared widely is fetched by many crawlers at once: they wait for the same drawing. What is kept is bounded and this
process's own; to lose it costs one drawing.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from portal import patience
from portal.clicks import cards, pictures
from portal.clicks.cards import Shown

MOST = 200
"""Pictures kept: 3 to 40 kilobytes each."""

_hand = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")


class Gallery:
    """Pictures by name. `find` says what a picture shows, or raises; `draw` is run outside of the event loop."""

    def __init__(
        self,
        find: Callable[[str], Awaitable[Shown]] = cards.find_shown,
        draw: Callable[[Shown], bytes] = pictures.draw,
        most: int = MOST,
    ) -> None:
        self._find, self._draw, self._most = find, draw, most
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._drawing: dict[str, asyncio.Task[bytes]] = {}

    async def png(self, name: str) -> bytes:
        """The picture called `name`. Raises `Missing`, and what the database raises.

        A name fits one content only, so one that is kept is right, even when no page gives it any more.
        """
        if kept := self._kept.get(name):
            self._kept.move_to_end(name)
            return kept
        task = self._drawing.get(name)
        if task is None:
            task = self._drawing[name] = patience.start(self._make(name))
            task.add_done_callback(lambda _: self._drawing.pop(name, None))
        # Whoever goes away meanwhile leaves the drawing to those who wait on.
        await asyncio.wait({task})
        return task.result()

    async def _make(self, name: str) -> bytes:
        what = await self._find(name)
        png = await asyncio.get_running_loop().run_in_executor(_hand, self._draw, what)
        self._kept[name] = png
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return png


gallery = Gallery()
"""This process's."""
