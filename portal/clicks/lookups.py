"""Asking the database for links: those that are asked for while a question is under way share the next one.

A question costs nearly the same for a hundred links as for one, and with very many links in use each has to be asked for again
every half minute.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from portal import patience
from portal.clicks.targets import Target, find_targets

LIMIT = 2.0
"""Seconds for a question: those who wait for the next one must not wait for a connection that hangs."""
AT_ONCE = 200

Found = dict[str, Target]


class Lookups:
    """The questions of one process. `find` asks the database."""

    def __init__(self, find: Callable[[Sequence[str]], Coroutine[Any, Any, Found]] = find_targets) -> None:
        self._find = find
        self._waiting: dict[str, asyncio.Future[Target | None]] = {}
        self._busy = False

    async def read(self, key: str) -> Target | None:
        """What `key` leads to, as the database has it from now on. Raises what that raises, and `TimeoutError`."""
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        if not self._busy:
            self._busy = True
            patience.start(self._run())
        return await asyncio.shield(answer)

    async def _run(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[:AT_ONCE]
            answers = {key: self._waiting.pop(key) for key in keys}
            try:
                found = await patience.within(LIMIT, self._find(keys))
            except Exception as error:  # whatever it was, those who asked must hear of it
                _fail(answers.values(), error)
            else:
                for key, answer in answers.items():
                    answer.set_result(found.get(key))
        self._busy = False


def _fail(answers: Iterable[asyncio.Future[Target | None]], error: Exception) -> None:
    for answer in answers:
        answer.set_exception(error)
        answer.exception()  # nobody may be waiting any more
