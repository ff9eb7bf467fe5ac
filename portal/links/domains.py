"""A workspace's own short domains, and what each host is served.

Links work on all of a workspace's domains and on the public host; the preferred domain stands in the addresses that are
copied. Members' pages, sign-in and machines' addresses live on the public host alone.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from portal import changes, db
from portal.settings import settings
from portal.web.forms import Form
from portal.web.missing import Missing

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?:{LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
MOST = 20
FOR_MEMBERS = frozenset({"app", "api", "hooks", "schema"})
"""First parts of addresses that only the public host has."""
EVERYWHERE = frozenset({"health", "ready", "metrics"})
"""First parts of addresses that every host has: machines ask for them by whatever name they know."""
FRESH = 30.0
"""Seconds after which the database is asked again."""


class Domain(msgspec.Struct, frozen=True):
    id: UUID
    host: str
    preferred: bool
    created_at: datetime


class Served(StrEnum):
    """What a request gets, by the host that it came to."""

    ALL = "all"
    """It came to the public host, or nobody knows yet which hosts there are."""
    CANDIDATES = "candidates"
    """It came to a workspace's domain: that workspace's links, and candidates' pages."""
    NOTHING = "nothing"
    """The host is nobody's, or this address is not for it: 404."""


class Hosts(msgspec.Struct, frozen=True):
    """The hosts that are served, and whose they are."""

    public: str
    owners: Mapping[str, UUID]


def bare(host: str) -> str:
    """A `Host` header without port and in small letters; of ``[::1]:8000`` what stands in the brackets."""
    host = host.strip().lower().rstrip(".")
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def served(hosts: Hosts | None, host: str, path: str) -> Served:
    """What `path` is on `host`, as the header names it. While nobody could ask the database, and where no workspace has a domain,
    all is served: a link that works matters more."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    if first in EVERYWHERE or hosts is None or not hosts.owners or bare(host) == hosts.public:
        return Served.ALL
    if bare(host) not in hosts.owners or first in FOR_MEMBERS:
        return Served.NOTHING
    return Served.CANDIDATES


def serves_link(hosts: Hosts | None, host: str, workspace_id: UUID) -> bool:
    """Whether this workspace's links work on `host`."""
    return hosts is None or not hosts.owners or bare(host) == hosts.public or hosts.owners.get(bare(host)) == workspace_id


async def read_hosts() -> Hosts:
    """From the database, which may raise."""
    found = await db.rows("SELECT host, workspace_id FROM domain")
    return Hosts(public_host(), {row["host"]: row["workspace_id"] for row in found})


class KnownHosts:
    """`Hosts`, kept for a while; what was known last serves while the database is away. `clock` counts seconds.

    It hears of changes as the other caches do (`drop`, `expire_all`).
    """

    def __init__(
        self, read: Callable[[], Awaitable[Hosts]] = read_hosts, clock: Callable[[], float] = time.monotonic, retry: float = 2.0
    ) -> None:
        self._read, self._clock, self._retry = read, clock, retry
        self._hosts: Hosts | None = None
        self._fresh_until = 0.0

    @property
    def known(self) -> Hosts | None:
        """What was known last, without asking."""
        return self._hosts

    async def find(self) -> Hosts | None:
        """None if nobody could be asked so far. Raises nothing that means that the database is away."""
        if self._clock() < self._fresh_until:
            return self._hosts
        # Whoever comes meanwhile takes what is known, rather than ask as well.
        self._fresh_until = self._clock() + self._retry
        try:
            self._hosts = await self._read()
        except db.AWAY:
            return self._hosts
        self._fresh_until = self._clock() + FRESH
        return self._hosts

    def drop(self, message: str) -> None:
        if message.startswith("domain:"):
            self.expire_all()

    def expire_all(self) -> None:
        self._fresh_until = 0.0


def public_host() -> str:
    return urlsplit(settings().public_url).hostname or ""


async def own_hosts() -> set[str]:
    """All that the portal answers to: no link may lead there."""
    return {public_host()} | {row["host"] for row in await db.rows("SELECT host FROM domain")}


async def domains_of(workspace_id: UUID) -> list[Domain]:
    """By name."""
    found = await db.rows(
        "SELECT id, host, preferred, created_at FROM domain WHERE workspace_id = $1 ORDER BY host", workspace_id
    )
    return [Domain(**row) for row in found]


def read_host(form: Form) -> str:
    """The domain that is to be added. Raises `Invalid`."""
    typed = form.raw("host").strip().lower()
    host = bare(urlsplit(typed).netloc if "//" in typed else typed.partition("/")[0])
    if len(host) > 253 or not HOST.fullmatch(host):
        form.wrong("host", "Give a domain or subdomain, such as go.example.com.")
    elif host == public_host():
        form.wrong("host", "The portal lives at this domain already: links work there.")
    form.check()
    return host


async def add(workspace_id: UUID, host: str, *, now: datetime) -> UUID | None:
    """Links work there as soon as its DNS leads here. None if it is somebody's already, this workspace's too, or if there are
    enough of them."""
    domain_id = db.new_id()
    touched = await db.run(
        "INSERT INTO domain (id, workspace_id, host, preferred, created_at) SELECT $1, $2, $3, false, $4 "
        "WHERE (SELECT count(*) FROM domain WHERE workspace_id = $2) < $5 ON CONFLICT DO NOTHING",
        domain_id,
        workspace_id,
        host,
        now,
        MOST,
    )
    await changes.domains_changed()
    return domain_id if touched else None


async def prefer(workspace_id: UUID, domain_id: UUID | None) -> UUID | None:
    """The domain that copied addresses have from now on (None: the public host); which one it was before. Raises `Missing`."""
    async with db.transaction():
        await db.row("SELECT id FROM workspace WHERE id = $1 FOR NO KEY UPDATE", workspace_id)
        before: UUID | None = await db.value("SELECT id FROM domain WHERE workspace_id = $1 AND preferred", workspace_id)
        await db.run("UPDATE domain SET preferred = false WHERE workspace_id = $1 AND preferred", workspace_id)
        if domain_id is not None and not await db.run(
            "UPDATE domain SET preferred = true WHERE workspace_id = $1 AND id = $2", workspace_id, domain_id
        ):
            raise Missing("domain")
    return before


async def remove(workspace_id: UUID, domain_id: UUID) -> str:
    """Links stop working there at once, wherever they were posted; its name. Raises `Missing`."""
    host = await db.value("DELETE FROM domain WHERE workspace_id = $1 AND id = $2 RETURNING host", workspace_id, domain_id)
    if host is None:
        raise Missing("domain")
    await changes.domains_changed()
    return str(host)
