"""The worker: `python -m workers`. One process, eight threads, one event loop in which the actors run."""

import logging
import signal
import threading
import time

from workers.starting import start

THREADS = 8
"""Each a coroutine that mostly waits. Calls of other systems may take half a minute: threads must be left for what is quick."""
PREFETCH = 32
"""Messages taken from a queue ahead: Dramatiq's own two a thread leave the threads waiting."""
IDLE = 100
"""Milliseconds between two looks into an empty queue."""
GRACE = 5_000
"""Milliseconds that actors get to end. What they leave is claimed again, or becomes unknown."""


class Once(logging.Filter):
    """Lets the same line of a logger pass once a minute: a Redis that is away is worth one, not one a second."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        passes = now - self._last.get(str(record.msg), -60.0) >= 60
        if passes:
            self._last[str(record.msg)] = now
        return passes


def main() -> None:
    start()
    for handler in logging.getLogger().handlers:
        handler.addFilter(Once())
    work()


def work() -> None:
    """Until SIGTERM or SIGINT."""
    import dramatiq.worker

    from workers import actors
    from workers.broker import broker

    dramatiq.worker.CONSUMER_RESTART_DELAY_SECS = 1
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    worker = dramatiq.Worker(actors.ingest.broker, worker_threads=THREADS, worker_timeout=IDLE)
    worker.queue_prefetch = PREFETCH
    worker.start()
    stop.wait()
    worker.stop(timeout=GRACE)
    broker.close()


if __name__ == "__main__":
    main()
