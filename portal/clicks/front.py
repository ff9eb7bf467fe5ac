"""The redirect: a plain ASGI callable in front of everything else, since candidates touch it first.

1. The address's first part is looked up in memory, else in the database (`targets`).
2. Who asks is read from the headers; their network address goes into a daily hash and nowhere else (`asked`, `visitors`).
3. The hit goes into the journal and is awaited (`journal`).
4. Only then the answer: a redirect, a card for a crawler, or a page that says why there is none (`answers`).
"""

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from redis.exceptions import RedisError

from portal import clock, db, patience
from portal.accounts import sessions
from portal.clicks import agents, answers, carried, targets
from portal.clicks.answers import Answer
from portal.clicks.asked import Asked, read_request
from portal.clicks.hits import Hit, Kind, Outcome
from portal.clicks.journal import Journal
from portal.clicks.lookups import Lookups
from portal.clicks.replaying import FAILURES
from portal.clicks.snapshot import Snapshot
from portal.clicks.targets import Standing, TargetCache, Unreachable
from portal.clicks.visitors import Salts
from portal.links import domains
from portal.links.domains import KnownHosts, Served
from portal.links.slugs import LONGEST, RESERVED, SHAPE, is_token
from portal.settings import settings

log = structlog.get_logger()

COPIED_WITH_IT = ".,;:!?)]}>'\"*_"
"""What sticks to an address that was copied out of a sentence."""
LONGEST_PATH = LONGEST + 20
READS = frozenset({"GET", "HEAD"})
HTTP: Final = ScopeType.HTTP
CLICK: Final = Kind.CLICK.value
REDIRECTED: Final = Outcome.REDIRECTED
"""Looked up once: Python 3.11 takes long to find a member of an enum."""
STAFF_LIMIT = 0.25
SALTS_EVERY, SALTS_RETRY = 600.0, 5.0
SALTS_AT_START, SALTS_LIMIT = 1.0, 3.0
HOSTS_AT_START, HOSTS_EVERY = 1.0, 1.0


class Engine:
    """What a process needs to answer taps."""

    def __init__(self) -> None:
        self.snapshot = Snapshot(settings().data_dir)
        self.cache = TargetCache(Lookups().read, self.snapshot.find)
        self.salts = Salts()
        self.hosts = KnownHosts()
        self.journal = Journal(settings().database_url, settings().data_dir / "spool")

    async def open(self) -> None:
        await self.journal.open()
        # Without a database no salt can be had or shared, and visitors go uncounted, as they do for a process whose salts have
        # run out. None is kept on the disk instead: what promises to be forgotten in two days should stand in one place.
        fine = await self._load_salts(SALTS_AT_START)
        await asyncio.wait({patience.start(self.hosts.find())}, timeout=HOSTS_AT_START)
        self._loops = [
            patience.start(targets.listen(self.cache, self.snapshot, self.hosts, hears=self.cache.hear)),
            patience.start(self._keep_hosts()),
            patience.start(self._keep_salts(fine)),
            patience.start(self.snapshot.keep()),
        ]

    async def close(self) -> None:
        await patience.stop(self._loops)
        await self.snapshot.close()
        await self.journal.close()

    async def _keep_salts(self, fine: bool) -> None:
        while True:
            await asyncio.sleep(SALTS_EVERY if fine else SALTS_RETRY)
            fine = await self._load_salts(SALTS_LIMIT)

    async def _keep_hosts(self) -> None:
        """Beside the requests: none of them waits for the database to say which hosts there are."""
        while True:
            try:
                await self.hosts.find()
            except Exception as error:  # what was known last serves
                log.warning("hosts not read", error=repr(error))
            await asyncio.sleep(HOSTS_EVERY)

    async def _load_salts(self, limit: float) -> bool:
        try:
            await patience.within(limit, self.salts.load(clock.now()))
        except (*FAILURES, RuntimeError) as error:
            log.warning("visitors not counted", error=repr(error))
            return False
        return True


_engine: Engine | None = None


async def open() -> None:  # noqa: A001 - read as front.open()
    """Make this process ready. `db` and `redis` are open; either may be away. Raises `RuntimeError` when it is open already."""
    global _engine
    if _engine is not None:
        raise RuntimeError("front.open() has been called")
    _engine = Engine()
    await _engine.open()


async def close() -> None:
    """Waits until every hit is safe."""
    global _engine
    if _engine is not None:
        await _engine.close()
        _engine = None


def engine() -> Engine:
    """This process's. Raises `RuntimeError` before `open`."""
    if _engine is None:
        raise RuntimeError("front.open() has not been called")
    return _engine


class RedirectFront:
    """Answers short links itself and hands everything else to `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await answer_to(scope) if scope["type"] == HTTP else None
        if answer is None:
            await self.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        body = b"" if scope["method"] == "HEAD" else answer.body  # type: ignore[typeddict-item]
        await send({"type": "http.response.body", "body": body, "more_body": False})


async def answer_to(scope: HTTPScope) -> Answer | None:
    """None for what is neither a link nor at a host where it is not served."""
    host = host_of(scope)
    if host and domains.served(engine().hosts.known, host, scope["path"]) is Served.NOTHING:
        return answers.stopped(Outcome.UNKNOWN, None)
    key = key_of(scope["path"]) if scope["method"] in READS else ""
    return await respond(key, scope, host) if key else None


def key_of(path: str) -> str:
    """The slug or token that `path` asks for; empty when it is none of ours: several parts, a reserved word, too long."""
    if len(path) > LONGEST_PATH:
        return ""
    key = path[1:].removesuffix("/").rstrip(COPIED_WITH_IT).lower()
    return "" if key in RESERVED or not key or "/" in key or "." in key else key


def host_of(scope: HTTPScope) -> str:
    """As the request names it. Empty, for "it does not matter", where no workspace has a domain of its own."""
    hosts = engine().hosts.known
    if hosts is None or not hosts.owners:
        return ""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "") or "unnamed"


async def respond(key: str, scope: HTTPScope, host: str) -> Answer:
    """Look up, write down, answer."""
    now = clock.now()
    standing = engine().cache.peek(key, now)
    if standing is None:
        found = await _search(key, str(scope["method"]), now)
        if isinstance(found, Answer):
            return found
        standing = found
    target, outcome, asked = standing.target, standing.outcome, read_request(scope)
    if host and not domains.serves_link(engine().hosts.known, host, target.link.workspace_id):
        return answers.stopped(Outcome.UNKNOWN, None)
    staff = await _is_staff(asked.cookie, target.link.workspace_id, now) if asked.cookie else False
    if outcome is REDIRECTED and agents.wants_card(asked.user_agent) and asked.method == "GET":
        outcome = Outcome.CARD
    hit = _hit(standing, asked, outcome, now, staff=staff)
    await engine().journal.append(hit)
    if outcome is REDIRECTED:
        filled = carried.parcel(asked.about_them, now) if asked.about_them else ""
        return answers.redirect(target.location(hit.id, filled))
    return answers.card(target) if outcome is Outcome.CARD else answers.stopped(outcome, target)


async def _search(key: str, method: str, now: datetime) -> Standing | Answer:
    """What an address that is not in memory leads to; or the answer when it leads nowhere."""
    if not SHAPE.fullmatch(key):
        return answers.stopped(Outcome.UNKNOWN, None)
    try:
        target = await engine().cache.find(key)
    except Unreachable:
        return answers.away()
    if target is None:
        await engine().journal.append(_unknown_hit(key, method, now))
        return answers.stopped(Outcome.UNKNOWN, None)
    return target.standing(now)


def _hit(standing: Standing, asked: Asked, outcome: Outcome, now: datetime, *, staff: bool) -> Hit:
    target = standing.target
    link = target.link
    return Hit(
        id=db.new_id(),
        at=now,
        kind=CLICK,
        link_id=link.link_id,
        slug="" if link.kind == "personal" else target.key,
        outcome=outcome,
        method=asked.method,
        staff=staff,
        user_agent=asked.user_agent,
        referrer_host=asked.referrer_host,
        query=asked.query,
        purpose=asked.purpose,
        sec_fetch=asked.sec_fetch,
        language=asked.language,
        visitor=engine().salts.visitor(standing.day, link.workspace_id, asked.address, asked.user_agent),
    )


def _unknown_hit(key: str, method: str, now: datetime) -> Hit:
    """Only the address is kept, and not even that if it may be somebody's secret."""
    slug = "" if is_token(key) else key
    return Hit(id=db.new_id(), at=now, kind=CLICK, slug=slug, outcome=Outcome.UNKNOWN.value, method=method)


async def _is_staff(cookie: str, workspace_id: UUID, now: datetime) -> bool:
    """Whether a member of the link's own workspace taps. Nobody waits for the answer for long."""
    if sessions.token_in(cookie) is None:
        return False
    try:
        member = await patience.within(STAFF_LIMIT, sessions.member_of(cookie, now))
    except (RedisError, *FAILURES) as error:
        log.debug("staff not known", error=repr(error))
        return False
    return member is not None and member.workspace_id == workspace_id
