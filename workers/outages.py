"""A store that is away is said once, and once more when it is back; not every second."""

import structlog
from redis.exceptions import RedisError

from portal import db

log = structlog.get_logger()

AWAY = (*db.AWAY, RedisError)
"""What a PostgreSQL or a Redis that does not answer raises. Time-outs are `OSError` too."""

_noted: set[str] = set()


def note(what: str, error: BaseException) -> None:
    """`what` could not be done because a store is away."""
    if what not in _noted:
        _noted.add(what)
        log.warning("a store is away, waiting for it", work=what, error=repr(error))


def over(what: str) -> None:
    """`what` was done."""
    if what in _noted:
        _noted.discard(what)
        log.info("the store is back", work=what)
