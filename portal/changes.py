"""Telling every process that a link or a job has changed, so that it looks again."""

from uuid import UUID

import structlog
from redis.exceptions import RedisError

from portal import redis

log = structlog.get_logger()

CHANNEL = "portal:changed"
"""Messages are ``slug:{slug}``, ``link:{id}``, ``job:{id}``, ``workspace:{id}`` or ``domain:``."""


async def slugs_made(slugs: list[str]) -> None:
    """Addresses that led nowhere until now."""
    for slug in slugs:
        await _publish(f"slug:{slug}")


async def link_changed(link_id: UUID) -> None:
    await _publish(f"link:{link_id}")


async def job_changed(job_id: UUID) -> None:
    await _publish(f"job:{job_id}")


async def workspace_changed(workspace_id: UUID) -> None:
    """Or something of it that shows in many links, such as a campaign's code."""
    await _publish(f"workspace:{workspace_id}")


async def domains_changed() -> None:
    await _publish("domain:")


async def _publish(text: str) -> None:
    """A Redis that is away delays the change by the caches' half minute, one that is away for us alone by their five minutes;
    it doesn't undo it."""
    try:
        await redis.client().publish(CHANNEL, text)
    except RedisError as error:
        log.warning("change not announced", error=str(error))
