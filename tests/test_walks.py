"""Rules that hold for every page, tried on every page there is: new ones are walked without being named here."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, get
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp

from portal import crypto, db
from portal.accounts import setup
from portal.accounts.access import ALLOWED, Permission, Role, SignedIn
from portal.accounts.keys import Scope, make_key
from portal.app import litestar_app
from portal.integrations.ats import connections
from portal.integrations.heymilo import postings
from portal.interviews import hooks
from portal.interviews.external import proof_of
from portal.links.personal import token_of
from portal.reports import weekly_stop
from tests import cast
from tests.cast import NOW, Northgate
from tests.conftest import browser

PUBLIC_MEMBER_PATHS = {"/app/sign-in", "/app/sign-out", "/app/setup/{token}"}
"""All pages below /app that need nobody signed in."""
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
LOGS = {"click_journal", "landing", "migration"}
"""Tables that a GET may append to, and the migrations' own."""
JOB = "vellum-nurse"
SECRETS = ("Northgate", "Vellum", "vellum", "Ana Duarte", "ana.duarte", "Mara Lind", "Jo Park", "RN-4411")
"""Words that only Northgate's people may read."""
PERSONAL = ("Ana Duarte", "ana.duarte", "RN-4411", "Is it Ana")
"""And of them only those who may see candidates."""


@dataclass(frozen=True)
class World:
    """One of everything, at Northgate Care."""

    northgate: Northgate
    application_id: UUID
    candidate_id: UUID
    link_id: UUID
    personal_link_id: UUID
    message_id: UUID
    member_id: UUID
    channel_id: UUID
    campaign_id: UUID
    upload_id: UUID
    domain_id: UUID
    picture_id: UUID
    reply_id: UUID
    suppression_id: UUID
    blast_id: UUID
    import_id: UUID
    resume_id: UUID
    key_id: UUID
    fault_id: UUID
    endpoint_id: UUID
    connection_id: UUID
    secret_id: UUID
    mapped_id: UUID
    ats_delivery_id: UUID
    delivery_id: UUID


@pytest.fixture
async def world(northgate: Northgate) -> World:
    home, job_id = northgate.id, northgate.job_id
    await db.run("UPDATE job SET title = 'Vellum nurse', slug = $2 WHERE id = $1", job_id, JOB)
    channel_id = await cast.add_channel(home, own=True)
    campaign_id = await cast.insert(
        "campaign", workspace_id=home, name="Northgate in spring", code="in-spring", notes="", created_at=NOW
    )
    link_id = await cast.add_link(home, job_id, channel_id, "vellum-story", campaign_id=campaign_id)
    candidate_id = await cast.add_candidate(home)
    application_id = await cast.add_application(
        home, job_id, candidate_id, link_id=link_id, stage="started", started_at=NOW, answered=1, plan_stale=False
    )
    await cast.insert(
        "answer",
        workspace_id=home,
        application_id=application_id,
        question_id=northgate.question_ids[0],
        prompt="What is your registration number?",
        value={"value": "RN-4411"},
        answered_at=NOW,
    )
    await cast.insert(
        "event", workspace_id=home, application_id=application_id, kind="captured", at=NOW, data={}, published_at=NOW
    )
    endpoint_id = await add_endpoint(home)
    connection_id = await add_connection(home)
    ats = {"workspace_id": home, "connection_id": connection_id}
    other = await cast.add_member(home, Role.VIEWER, "Lee Sand", "lee@northgate.example")
    return World(
        northgate=northgate,
        application_id=application_id,
        candidate_id=candidate_id,
        link_id=link_id,
        personal_link_id=await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id),
        message_id=await add_message(home, application_id),
        member_id=other.id,
        channel_id=channel_id,
        campaign_id=campaign_id,
        upload_id=await add_upload(home),
        domain_id=await cast.insert("domain", workspace_id=home, host="go.northgate.example", preferred=False, created_at=NOW),
        picture_id=await cast.insert(
            "picture", workspace_id=home, content=b"", type="image/png", width=1, height=1, created_at=NOW
        ),
        reply_id=await add_reply(home, application_id),
        blast_id=await add_blast(home),
        import_id=await add_import(home, job_id),
        resume_id=await cast.insert(
            "resume",
            workspace_id=home,
            candidate_id=candidate_id,
            name="ana.duarte.pdf",
            size=8,
            digest=bytes(32),
            content=b"%PDF-1.7",
            created_at=NOW,
        ),
        key_id=await add_key(home),
        fault_id=await add_fault(home, link_id),
        endpoint_id=endpoint_id,
        delivery_id=await add_delivery(home, endpoint_id, application_id),
        connection_id=connection_id,
        secret_id=await cast.insert("ats_secret", **ats, sealed=crypto.seal("ats secret", "s", now=NOW), created_at=NOW),
        mapped_id=await cast.insert(
            "ats_job", **ats, their_id="4711", title="Vellum nurse at Northgate", ignored=False, seen_at=NOW
        ),
        ats_delivery_id=await add_ats_delivery(home, connection_id, application_id),
        suppression_id=await cast.insert(
            "suppression",
            workspace_id=home,
            channel="email",
            address_hash=crypto.address_hash("ana.duarte@example.com"),
            address="ana.duarte@example.com",
            reason="by_hand",
            source="Mara Lind",
            created_at=NOW,
        ),
    )


async def add_upload(workspace_id: UUID) -> UUID:
    content = b"job,channel,label\nVellum nurse,instagram/bio,Northgate"
    return await cast.insert("link_upload", workspace_id=workspace_id, name="Northgate.csv", content=content, created_at=NOW)


async def add_import(workspace_id: UUID, job_id: UUID) -> UUID:
    """Looked through, not run yet."""
    values = {"name": "Northgate.csv", "size": 1, "state": "review", "fault": "", "heads": ["Email"], "fields": ["email"]}
    made = await cast.insert(
        "candidate_import", workspace_id=workspace_id, job_id=job_id, invite="copy", rows=1, place=1, created_at=NOW, **values
    )
    await db.run(
        "INSERT INTO import_row (import_id, workspace_id, number, source, line, cells, verdict, reason) "
        "VALUES ($1, $2, 1, '', 2, $3, 'fault', 'Ana Duarte is known')",
        made,
        workspace_id,
        ["ana.duarte@example.com"],
    )
    return made


async def add_key(workspace_id: UUID) -> UUID:
    values = {"name": "Northgate's site", "digest": crypto.digest("nobody knows"), "ending": "11ab", "scopes": ["read"]}
    return await cast.insert("api_key", workspace_id=workspace_id, created_at=NOW, **values)


async def add_blast(workspace_id: UUID) -> UUID:
    values = {"channel": "email", "subject": "Northgate", "body": "Vellum", "button": "", "filter": {}, "state": "running"}
    return await cast.insert("blast", workspace_id=workspace_id, chosen=1, written=0, created_at=NOW, **values)


async def add_fault(workspace_id: UUID, link_id: UUID) -> UUID:
    values = {"field": "name", "token": "{{vellum_name}}", "taps": 1, "first_at": NOW, "last_at": NOW, "clean": 0}
    return await cast.insert("prefill_fault", workspace_id=workspace_id, link_id=link_id, **values)


async def add_endpoint(workspace_id: UUID) -> UUID:
    sealed = crypto.seal("webhook secret", "whsec_Tm9ydGhnYXRl", now=NOW)
    texts = {"url": "https://vellum.example/hook", "description": "Northgate's", "secret": sealed, "why_disabled": ""}
    kinds = ["candidate.captured"]
    return await cast.insert("webhook_endpoint", workspace_id=workspace_id, kinds=kinds, created_at=NOW, **texts)


async def add_delivery(workspace_id: UUID, endpoint_id: UUID, application_id: UUID) -> UUID:
    return await cast.insert(
        "webhook_delivery",
        workspace_id=workspace_id,
        endpoint_id=endpoint_id,
        event_id=db.new_id(),
        application_id=application_id,
        kind="candidate.captured",
        body='{"data": {"candidate": {"name": "Ana Duarte"}}}',
        state="failed",
        tries=10,
        error="It answered 500.",
        created_at=NOW,
        ended_at=NOW,
    )


async def add_connection(workspace_id: UUID) -> UUID:
    made = db.new_id()
    values = {"system": "plain", "name": "Northgate", "key_version": 1, "api_key": "", "api_url": "", "invite": False}
    digest = crypto.digest(connections.token_of(made, 1))
    return await cast.insert("ats_connection", id=made, workspace_id=workspace_id, key_digest=digest, created_at=NOW, **values)


async def add_ats_delivery(workspace_id: UUID, connection_id: UUID, application_id: UUID) -> UUID:
    times = dict.fromkeys(("since", "next_at", "received_at", "ended_at"), NOW)
    said = {"event": "candidate.created", "state": "done", "reason": "created", "note": "", "body": '{"name": "Ana Duarte"}'}
    return await cast.insert(
        "ats_delivery",
        workspace_id=workspace_id,
        connection_id=connection_id,
        application_id=application_id,
        delivery_key="1",
        their_job="4711",
        attempts=1,
        **times,
        **said,
    )


async def add_reply(workspace_id: UUID, application_id: UUID) -> UUID:
    return await cast.insert(
        "reply",
        workspace_id=workspace_id,
        application_id=application_id,
        channel="sms",
        provider_id="SM1",
        body="Is it Ana Duarte's registration RN-4411 that you need?",
        is_opt_out=False,
        at=NOW,
    )


async def add_message(workspace_id: UUID, application_id: UUID) -> UUID:
    texts = dict.fromkeys(("subject", "body_text", "body_html", "provider", "provider_id", "error"), "")
    return await cast.insert(
        "message",
        workspace_id=workspace_id,
        application_id=application_id,
        step_key="unfinished-3h",
        track="unfinished",
        channel="email",
        state="scheduled",
        reason_code="on_time",
        reason="3 h after they stopped",
        due_at=NOW + timedelta(hours=3),
        attempts=0,
        to_address="",
        created_at=NOW,
        **texts,
    )


# ---- Every route, with its parameters filled ---------------------------------------------------------------------------

FILLED: dict[str, Callable[[World], object]] = {
    "/app/setup/{token}": lambda world: crypto.token("setup"),
    "/hooks/ats/{system}": lambda world: "plain",
    "/hooks/ats/{system}/{key}": lambda world: connections.token_of(world.connection_id, 1),
    "connection_id": lambda world: world.connection_id,
    "secret_id": lambda world: world.secret_id,
    "mapped_id": lambda world: world.mapped_id,
    "/app/settings/ats/{connection_id}/log/{delivery_id}": lambda world: world.ats_delivery_id,
    "/i/{token}": lambda world: token_of(world.personal_link_id),
    "/p/weekly/{token}": lambda world: weekly_stop.stop_token(world.member_id),
    "/p/{token}": lambda world: token_of(world.personal_link_id),
    "/i/{token}/done/{proof}": lambda world: proof_of(world.application_id),
    "/hooks/heymilo/{key}": lambda world: postings.key_of(world.northgate.job_id, "13D77095"),
    "/hooks/interview/{key}": lambda world: hooks.key_of(world.northgate.job_id),
    "/apply/{slug}": lambda world: JOB,
    "/app/links/recipes/{system}": lambda world: "greenhouse",
    "/app/jobs/{job_id}/recipes/{system}": lambda world: "greenhouse",
    "fault_id": lambda world: world.fault_id,
    "application_id": lambda world: world.application_id,
    "blast_id": lambda world: world.blast_id,
    "campaign_id": lambda world: world.campaign_id,
    "candidate_id": lambda world: world.candidate_id,
    "channel_id": lambda world: world.channel_id,
    "delivery_id": lambda world: world.delivery_id,
    "domain_id": lambda world: world.domain_id,
    "endpoint_id": lambda world: world.endpoint_id,
    "file": lambda world: f"{world.northgate.id}-000000000000.css",
    "file_path": lambda world: "img/icon.svg",
    "import_id": lambda world: world.import_id,
    "job_id": lambda world: world.northgate.job_id,
    "link_id": lambda world: world.link_id,
    "member_id": lambda world: world.member_id,
    "message_id": lambda world: world.message_id,
    "picture": lambda world: f"job-{JOB}-{'a' * 26}.png",
    "picture_id": lambda world: world.picture_id,
    "key_id": lambda world: world.key_id,
    "/app/figures/export/{table}": lambda world: "channels.csv",
    "question_id": lambda world: world.northgate.question_ids[0],
    "resume_id": lambda world: world.resume_id,
    "upload_id": lambda world: world.upload_id,
    "reply_id": lambda world: world.reply_id,
    "suppression_id": lambda world: world.suppression_id,
    "word": lambda world: world.northgate.id.hex[-12:],
}
"""By the parameter's name; by the path up to it where the same name means several things."""


@dataclass(frozen=True)
class Stop:
    """One address and method of the walk."""

    method: str
    pattern: str
    permission: Permission | None
    public: bool
    scope: Scope | None

    @property
    def for_members(self) -> bool:
        return self.pattern == "/app" or self.pattern.startswith("/app/")

    @property
    def names_something(self) -> bool:
        """Of Northgate's; everybody has the same applicant systems."""
        return "{" in self.pattern.replace("{system}", "")

    def path(self, world: World) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: self._fill(found, world), self.pattern)

    def _fill(self, found: re.Match[str], world: World) -> str:
        fill = FILLED.get(self.pattern[: found.end()]) or FILLED.get(found[1])
        assert fill is not None, f"{self.pattern}: say in FILLED what stands for {found[1]!r}"
        return str(fill(world))

    def __str__(self) -> str:
        return f"{self.method} {self.pattern}"


def stops(app: Litestar) -> Iterator[Stop]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is walked by nobody"
        for handler in route.route_handlers:
            for method in sorted(set(handler.http_methods) - {"OPTIONS"}):
                opt = handler.opt
                yield Stop(method, route.path_format, opt.get("permission"), bool(opt.get("public")), opt.get("scope"))


@pytest.fixture
def walk(stores: None) -> list[Stop]:
    found = list(stops(litestar_app()))
    assert len(found) > 40
    return found


ANSWERS = {
    **{"name": "Somebody Else", "email": "else@example.com", "title": "Changed", "role": "admin", "password": "mellow-otter-57"},
    **{"kind": "short_text", "prompt": "Changed?", "direction": "up", "answer": "1", "status": "closed", "minutes": "5"},
    **{"deadline": "2026-12-24", "deadline_on": "2026-12-24", "slug": "changed", "label": "Changed", "note": "Changed"},
    **{"channel": "instagram/bio", "channels": "instagram/bio", "on": "1", "network_name": "Ours", "placement_name": "Door"},
}
"""What a form may hold: enough that something would change if nobody asked who sends it."""


async def send(client: httpx.AsyncClient, stop: Stop, world: World) -> httpx.Response:
    """Go there, with the token that members' forms carry."""
    if stop.method not in UNSAFE:
        return await client.request(stop.method, stop.path(world))
    token = await cast.csrf(client) if "portal_csrf" not in client.cookies else client.cookies["portal_csrf"]
    return await client.request(stop.method, stop.path(world), data=ANSWERS | {"_csrf_token": token})


async def checksums(workspace_id: UUID | None = None) -> dict[str, str]:
    """What stands in every table; only the workspace's rows if one is given."""
    columns = await db.rows(
        "SELECT c.relname AS name, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id') "
        "AS scoped FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    tables = {row["name"]: row["scoped"] for row in columns if row["name"] not in LOGS}
    assert len(tables) > 20
    sums = {}
    for name, scoped in tables.items():
        where = "TRUE"
        if workspace_id is not None and (scoped or name == "workspace"):
            where = f"{'workspace_id' if scoped else 'id'} = '{workspace_id}'"
        sums[name] = str(
            await db.value(f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {name} t WHERE {where}")
        )
    return sums


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


@pytest.fixture
async def foreign(app: ASGIApp, outsider: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    """The admin of another workspace, signed in."""
    async with browser(app) as client:
        yield await cast.sign_in(client, outsider)


# ---- The rules -----------------------------------------------------------------------------------------------------------


async def test_each_member_page_asks_for_a_permission(walk: list[Stop]) -> None:
    open_to_all = {stop.pattern for stop in walk if stop.for_members and stop.public}
    silent = [str(stop) for stop in walk if not stop.public and stop.permission is None and stop.scope is None]
    assert open_to_all == PUBLIC_MEMBER_PATHS
    assert silent == []


async def test_pages_that_need_nobody_are_not_members_pages(walk: list[Stop]) -> None:
    closed = [str(stop) for stop in walk if not stop.for_members and not stop.public and stop.scope is None]
    assert closed == []


async def test_the_api_is_for_keys_alone(walk: list[Stop]) -> None:
    """All of it, and nothing else: no route there is public, or open to members."""
    below = {str(stop) for stop in walk if stop.pattern.startswith("/api")}
    assert below == {str(stop) for stop in walk if stop.scope is not None and not stop.public and stop.permission is None}
    assert len(below) > 20


async def test_the_api_knows_no_cookies(walk: list[Stop], world: World, app: ASGIApp) -> None:
    """So nobody's browser can be led to do anything there, and it needs no token against that."""
    before, wrong = await checksums(), []
    async with browser(app) as client:
        await cast.sign_in(client, world.northgate.admin)
        for stop in walk:
            if stop.scope is None:
                continue
            answer = await client.request(stop.method, stop.path(world), json={})
            if answer.status_code != 401 or answer.headers["www-authenticate"] != "Bearer":
                wrong.append(f"{stop} answered {answer.status_code}")
    assert wrong == []
    assert changed(before, await checksums()) == []


async def test_a_key_opens_what_its_scopes_say(walk: list[Stop], world: World, app: ASGIApp) -> None:
    secrets = {scope: await make_key(world.northgate.id, scope, [scope], member_id=None, now=NOW) for scope in Scope}
    wrong = []
    async with browser(app) as client:
        for scope, secret in secrets.items():
            for stop in walk:
                if stop.scope is None:
                    continue
                headers = {"authorization": f"Bearer {secret}"}
                answer = await client.request(stop.method, stop.path(world), json=ANSWERS, headers=headers)
                if (answer.status_code == 403) is (scope is stop.scope) or answer.status_code in {401, 429}:
                    wrong.append(f"{stop} with {scope} answered {answer.status_code}")
                if scope is not Scope.CANDIDATES_READ:
                    wrong += [f"{stop} with {scope} says {word}" for word in PERSONAL if word in answer.text]
    assert wrong == []


async def test_no_get_of_a_program_changes_anything(walk: list[Stop], world: World, app: ASGIApp) -> None:
    """But for the note, once a minute, that its key was used."""
    secret = await make_key(world.northgate.id, "A program", list(Scope), member_id=None, now=NOW)
    wrong = []
    async with browser(app, headers={"authorization": f"Bearer {secret}"}) as client:
        assert (await client.get("/api/v1/jobs")).status_code == 200
        before = await checksums()
        for stop in walk:
            if stop.scope is None or stop.method != "GET":
                continue
            if (await client.get(stop.path(world))).status_code != 200 or changed(before, await checksums()):
                wrong.append(str(stop))
    assert wrong == []


async def test_a_key_of_another_workspace_is_a_closed_door(
    walk: list[Stop], world: World, outsider: SignedIn, app: ASGIApp
) -> None:
    secret = await make_key(outsider.workspace_id, "Of an outsider", list(Scope), member_id=None, now=NOW)
    before, wrong = await checksums(world.northgate.id), []
    async with browser(app, headers={"authorization": f"Bearer {secret}"}) as client:
        for stop in walk:
            if stop.scope is None:
                continue
            answer = await client.request(stop.method, stop.path(world), json=ANSWERS)
            if stop.names_something and answer.status_code not in {404, 422}:
                wrong.append(f"{stop} answered {answer.status_code}")
            wrong += [f"{stop} says {word}" for word in SECRETS if word in answer.text]
    assert wrong == []
    assert changed(before, await checksums(world.northgate.id)) == []


async def test_another_workspace_is_a_closed_door(walk: list[Stop], world: World, foreign: httpx.AsyncClient) -> None:
    """An outsider who knows every id reads nothing of Northgate's and changes nothing."""
    before, wrong = await checksums(world.northgate.id), []
    for stop in walk:
        if not stop.for_members or stop.public:
            continue
        answer = await send(foreign, stop, world)
        if stop.names_something and answer.status_code not in {403, 404}:
            wrong.append(f"{stop} answered {answer.status_code}")
        wrong += [f"{stop} says {word}" for word in SECRETS if word in answer.text + str(answer.headers)]
        if touched := changed(before, await checksums(world.northgate.id)):
            wrong.append(f"{stop} changed {touched}")
            before = await checksums(world.northgate.id)
    assert wrong == []


async def test_strangers_are_led_to_the_sign_in_page(walk: list[Stop], world: World, stranger: httpx.AsyncClient) -> None:
    before, wrong = await checksums(), []
    for stop in walk:
        if not stop.for_members or stop.public:
            continue
        answer = await send(stranger, stop, world)
        if answer.status_code != 303 or not answer.headers["location"].startswith("/app/sign-in?next="):
            wrong.append(f"{stop} answered {answer.status_code}")
        wrong += [f"{stop} says {word}" for word in SECRETS if word in answer.text]
    assert wrong == []
    assert changed(before, await checksums()) == []


@pytest.mark.parametrize("role", list(Role))
async def test_each_page_is_open_to_the_roles_that_its_permission_names(
    walk: list[Stop], world: World, app: ASGIApp, role: Role
) -> None:
    member: SignedIn = getattr(world.northgate, role.value)
    wrong = []
    async with browser(app) as client:
        for stop in walk:
            if not stop.for_members or stop.permission is None:
                continue
            await cast.sign_in(client, member)
            answer = await send(client, stop, world)
            allowed = role in ALLOWED[stop.permission]
            if (answer.status_code == 403) is allowed or answer.status_code >= 500:
                wrong.append(f"{stop} answered {answer.status_code}")
    assert wrong == []


async def test_no_get_changes_anything(walk: list[Stop], world: World, app: ASGIApp) -> None:
    """It may append to the log of hits, nothing else: mail scanners and previews open every address."""
    wrong = []
    async with browser(app) as member, browser(app) as candidate:
        await cast.sign_in(member, world.northgate.admin)
        before = await checksums()
        for stop in walk:
            if stop.method == "GET":
                answer = await send(member if stop.for_members else candidate, stop, world)
                if touched := changed(before, await checksums()):
                    wrong.append(f"{stop} changed {touched}")
                if answer.status_code >= 500:
                    wrong.append(f"{stop} answered {answer.status_code}")
    assert wrong == []


async def test_a_form_without_its_token_is_refused(walk: list[Stop], world: World, app: ASGIApp) -> None:
    wrong = []
    async with browser(app) as client:
        await cast.sign_in(client, world.northgate.admin)
        before = await checksums()
        for stop in walk:
            if stop.for_members and stop.method in UNSAFE:
                answer = await client.request(stop.method, stop.path(world), data=ANSWERS)
                if answer.status_code != 403:
                    wrong.append(f"{stop} answered {answer.status_code}")
        assert changed(before, await checksums()) == []
    assert wrong == []


async def test_a_form_of_another_site_is_refused(walk: list[Stop], world: World, app: ASGIApp) -> None:
    wrong = []
    async with browser(app, headers={"sec-fetch-site": "cross-site"}) as client:
        await cast.sign_in(client, world.northgate.admin)
        for stop in walk:
            if stop.for_members and stop.method in UNSAFE and (await send(client, stop, world)).status_code != 403:
                wrong.append(str(stop))
    assert wrong == []


async def test_candidates_get_no_cookie(walk: list[Stop], world: World, app: ASGIApp) -> None:
    wrong = []
    for stop in walk:
        if stop.for_members:
            continue
        async with browser(app) as client:
            data = ANSWERS if stop.method in UNSAFE else None
            answer = await client.request(stop.method, stop.path(world), data=data)
            if "set-cookie" in answer.headers:
                wrong.append(f"{stop} sets {answer.headers['set-cookie']}")
    for path in ("/vellum-story", f"/{token_of(world.personal_link_id)}", "/nobody-made-this"):
        async with browser(app) as client:
            assert "set-cookie" not in (await client.get(path)).headers
    assert wrong == []


HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}


EMAILS = {"/app/messages/{message_id}/html"}
"""An email as a mail client shows it, in a frame of one of our pages: with styles in place, in a sandbox that runs nothing."""


def lacking_in_email(answer: httpx.Response) -> list[str]:
    policy = answer.headers.get("content-security-policy", "")
    kept = ("default-src 'none'", "form-action 'none'", "frame-ancestors 'self'", "sandbox")
    return [f"csp {part}" for part in kept if part not in policy] + [word for word in ("script", "allow-") if word in policy]


def lacking(answer: httpx.Response) -> list[str]:
    """The security headers that an answer should have and has not."""
    policy = answer.headers.get("content-security-policy", "")
    missing = [name for name, value in HEADERS.items() if answer.headers.get(name) != value]
    missing += [f"csp {part}" for part in ("default-src 'none'", "frame-ancestors 'none'") if part not in policy]
    missing += [f"csp {word}" for word in ("unsafe-inline", "unsafe-eval", "*") if word in policy]
    return missing + [name for name in ("referrer-policy", "cache-control") if name not in answer.headers]


async def test_every_answer_carries_the_security_headers(walk: list[Stop], world: World, app: ASGIApp) -> None:
    wrong = []
    async with browser(app) as client:
        await cast.sign_in(client, world.northgate.admin)
        for stop in walk:
            answer = await send(client, stop, world)
            found = lacking_in_email(answer) if stop.pattern in EMAILS else lacking(answer)
            wrong += [f"{stop} ({answer.status_code}) lacks {name}" for name in found]
            await cast.sign_in(client, world.northgate.admin)
    assert wrong == []


@get("/app/boom", opt={"public": True})
async def boom() -> None:
    raise RuntimeError("a fault of ours, with a secret in it")


async def test_errors_carry_them_too_and_tell_nothing(world: World) -> None:
    app = litestar_app()
    app.register(boom)
    async with browser(app) as client:
        for method, path, status in (
            ("GET", "/app/nothing-here", 404),
            ("DELETE", "/app/sign-in", 405),
            ("GET", "/app/boom", 500),
        ):
            answer = await client.request(method, path)
            assert answer.status_code in {status, 403}, path
            assert lacking(answer) == [], path
            assert "secret" not in answer.text
            assert "Traceback" not in answer.text


async def test_the_first_runs_link_opens_nothing_once_there_is_a_workspace(world: World, stranger: httpx.AsyncClient) -> None:
    assert await setup.setup_link() is None
    answer = await stranger.get(f"/app/setup/{crypto.token('setup')}")
    assert answer.status_code in {303, 404}
