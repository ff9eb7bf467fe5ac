"""Own short domains: which hosts serve what, and which address is copied."""

from uuid import UUID, uuid4

import httpx
import pytest
from litestar.types import ASGIApp

from portal import db
from portal.accounts.access import SignedIn
from portal.links import domains, links
from portal.links.domains import Hosts, KnownHosts, Served
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_channel, add_link, post, sign_in
from tests.conftest import browser

OURS, THEIRS = uuid4(), uuid4()
HOSTS = Hosts("portal.test", {"go.northgate.example": OURS, "elsewhere.example": THEIRS})


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("portal.test", "/app/jobs", Served.ALL),
        ("PORTAL.test:8443", "/nurse", Served.ALL),
        ("portal.test.", "/nurse", Served.ALL),
        ("go.northgate.example", "/nurse", Served.CANDIDATES),
        ("go.northgate.example:443", "/apply/nurse", Served.CANDIDATES),
        ("go.northgate.example", "/app/sign-in", Served.NOTHING),
        ("go.northgate.example", "/api/v1/jobs", Served.NOTHING),
        ("go.northgate.example", "/hooks/sendgrid", Served.NOTHING),
        ("evil.example", "/nurse", Served.NOTHING),
        ("evil.example", "/app", Served.NOTHING),
        ("evil.example", "/healthy", Served.NOTHING),
        ("", "/nurse", Served.NOTHING),
        ("10.0.0.7:8000", "/health", Served.ALL),
        ("evil.example", "/ready", Served.ALL),
        ("evil.example", "/metrics", Served.ALL),
        ("portal.test.evil.example", "/nurse", Served.NOTHING),
    ],
)
def test_a_host_serves_what_is_meant_for_it(host: str, path: str, expected: Served) -> None:
    assert domains.served(HOSTS, host, path) is expected


def test_links_work_on_the_public_host_and_on_the_workspaces_own() -> None:
    assert domains.serves_link(HOSTS, "portal.test", OURS)
    assert domains.serves_link(HOSTS, "go.northgate.example:8000", OURS)
    assert not domains.serves_link(HOSTS, "elsewhere.example", OURS)
    assert not domains.serves_link(HOSTS, "evil.example", OURS)


def test_while_nobody_could_ask_the_database_all_is_served() -> None:
    assert domains.served(None, "go.northgate.example", "/nurse") is Served.ALL
    assert domains.serves_link(None, "go.northgate.example", OURS)


async def test_hosts_are_kept_for_a_while_and_through_an_outage() -> None:
    time, answers = [100.0], [HOSTS]
    asked: list[float] = []

    async def read() -> Hosts:
        asked.append(time[0])
        if not answers:
            raise ConnectionRefusedError
        return answers[0]

    known = KnownHosts(read, lambda: time[0])
    assert await known.find() is HOSTS
    time[0] += 29
    assert await known.find() is HOSTS
    assert asked == [100.0]
    answers.clear()
    time[0] += 2
    assert await known.find() is HOSTS, "what was known last"
    time[0] += 1
    assert await known.find() is HOSTS
    assert asked == [100.0, 131.0], "asked again only after a while"
    answers.append(Hosts("portal.test", {}))
    known.drop("link:x")
    known.drop("domain:")
    assert (await known.find() or HOSTS).owners == {}


async def test_an_outage_from_the_beginning_is_not_taken_for_no_domains() -> None:
    async def read() -> Hosts:
        raise ConnectionRefusedError

    assert await KnownHosts(read).find() is None


@pytest.fixture
async def domain_id(northgate: Northgate) -> UUID:
    made = await domains.add(northgate.id, "go.northgate.example", now=NOW)
    assert made
    return made


async def test_the_preferred_domain_stands_in_copied_addresses(northgate: Northgate, domain_id: UUID) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    assert (await links.get_link(northgate.id, link_id)).url == "http://portal.test/nurse"
    assert await domains.prefer(northgate.id, domain_id) is None
    link = await links.get_link(northgate.id, link_id)
    assert (link.url, link.short_url) == ("http://go.northgate.example/nurse", "go.northgate.example/nurse")
    assert await domains.prefer(northgate.id, None) == domain_id


async def test_a_domain_belongs_to_one_workspace(northgate: Northgate, outsider: SignedIn, domain_id: UUID) -> None:
    theirs = outsider.workspace_id
    assert await domains.add(theirs, "go.northgate.example", now=NOW) is None
    with pytest.raises(Missing):
        await domains.prefer(theirs, domain_id)
    with pytest.raises(Missing):
        await domains.remove(theirs, domain_id)
    assert await domains.domains_of(theirs) == []
    assert (await domains.read_hosts()).owners == {"go.northgate.example": northgate.id}
    assert await domains.own_hosts() == {"portal.test", "go.northgate.example"}


async def test_an_admin_adds_switches_and_takes_back(app: ASGIApp, northgate: Northgate) -> None:
    page = "/app/settings/domains"
    async with browser(app) as admin:
        await sign_in(admin, northgate.admin)
        await post(admin, page, {"host": "https://Go.Northgate.example/x"})
        (domain,) = await domains.domains_of(northgate.id)
        assert domain.host == "go.northgate.example"
        told = await post(admin, f"{page}/prefer?domain={domain.id}", follow_redirects=True)
        assert f'action="{page}/prefer?domain="' in told.text, "the way back"
        assert "In copied addresses" in told.text
        gone = await post(admin, f"{page}/{domain.id}/remove", follow_redirects=True)
        assert f'action="{page}/again?host=go.northgate.example"' in gone.text
        await post(admin, f"{page}/again?host=go.northgate.example")
        assert [one.host for one in await domains.domains_of(northgate.id)] == ["go.northgate.example"]


@pytest.mark.parametrize(
    "typed", ["", "localhost", "portal.test", "a b.example", "-x.example", "10.0.0.1", "x" * 300 + ".example"]
)
async def test_what_is_no_domain_is_refused(app: ASGIApp, northgate: Northgate, typed: str) -> None:
    async with browser(app) as admin:
        await sign_in(admin, northgate.admin)
        answer = await post(admin, "/app/settings/domains", {"host": typed})
    assert answer.status_code == 422
    assert await db.value("SELECT count(*) FROM domain") == 0


async def test_only_admins_change_domains(recruiter: httpx.AsyncClient) -> None:
    assert (await recruiter.get("/app/settings/domains")).status_code == 403
