"""Waiting for something, but not for ever."""

import asyncio
from collections.abc import Coroutine, Iterable
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


def start(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """`work` in a task of its own, outside of any transaction of the caller. Its failure is never "not retrieved"."""
    task = asyncio.get_running_loop().create_task(work, context=Context())
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return task


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. Raises `TimeoutError` after `seconds`, and what `work` raises.

    `work` is then left alone, not cancelled: to cancel a query, asyncpg must talk to the very server that doesn't answer.
    """
    task = start(work)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        raise TimeoutError
    return task.result()


async def stop(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel `tasks` until they have ended: a library may turn the first cancellation into an error of its own, which a loop
    that survives errors then survives."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)
