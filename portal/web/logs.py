"""Logs: one line each on stderr, for people on a terminal and as JSON everywhere else.

Nobody logs what people wrote, their addresses or their tokens. Database errors quote rows: that part is cut off here.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any

import structlog

DETAIL = re.compile(r"\n(DETAIL|CONTEXT|HINT):.*")
TALKATIVE = ("dramatiq", "asyncio", "httpx", "urllib3")


def configure() -> None:
    """Set up structlog and the standard library's logging for this process. Later calls change nothing more."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        cut_details,
    ]
    renderer = _renderer()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: Lines(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class Lines(structlog.WriteLogger):
    """Writes what it can. A full disk, or whoever read our lines and died, must not end the work that they tell of."""

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def cut_details(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out what PostgreSQL tells of rows and values beside its message."""
    for name in ("error", "exception", "event"):
        if isinstance(event.get(name), str):
            event[name] = DETAIL.sub("", event[name])
    return event


def _renderer() -> structlog.typing.Processor:
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(ensure_ascii=False)
