"""What comes in, and what becomes of it: whatever is sent, however often, in whatever order, and whoever is away."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal import clock, db
from portal.integrations import outward
from portal.integrations.ats import connections, deliveries, processing, their_jobs
from portal.integrations.ats.system import Sent
from portal.integrations.ats.words import State
from portal.messages.suppression import is_suppressed
from portal.messages.words import Channel
from tests.cast import NOW, Northgate, add_job
from tests.doubles.ats import Person, Post, ashby, greenhouse, lever, smartrecruiters, workable
from tests.doubles.server import Vice
from tests.integrations.ats_way import ANA, DOUBLES, FETCHED, allow_home, candidates, connect, connect_api, deliver, log, work_off

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
APIS: dict[str, Any] = {"lever": lever.Api, "ashby": ashby.Api, "workable": workable.Api, "smartrecruiters": smartrecruiters.Api}
KNOWN = [(ANA.name, ANA.email, "+447700900123")]


@pytest.fixture
def client(stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    """Any machine on the net, and APIs on this one."""
    allow_home(monkeypatch)
    monkeypatch.setattr(outward, "SECONDS", 0.5)
    return stranger


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Lever's API, or that of the system that a test names."""
    with APIS[getattr(request, "param", "lever")](ANA) as double:
        yield double


def at_once(system: str, person: Person = ANA, delivery: str = "delivery-1") -> Post:
    """Signed at this moment, since the edge asks the clock."""
    post: Post = DOUBLES[system].created(person, clock.now(), delivery)
    return post


def removal(system: str, person: Person = ANA, delivery: str = "delivery-2") -> Post:
    post: Post = DOUBLES[system].removed(person, clock.now(), delivery)
    return post


async def due() -> int:
    return await work_off(clock.now())


# ---- The whole way --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", list(DOUBLES))
async def test_who_applies_there_is_a_candidate_here_and_who_is_removed_is_not(
    client: httpx.AsyncClient, northgate: Northgate, system: str
) -> None:
    with APIS.get(system, lever.Api)(ANA) as double:
        needs = {"api_key": double.known.key, "api_url": double.url} if system in FETCHED else {}
        connection = await connect(northgate, system, **needs)
        assert await deliver(client, connection, at_once(system)) == 200
        assert await candidates(northgate.id) == []  # the request keeps it, and no more
        await due()
        assert await candidates(northgate.id) == KNOWN
        found = await db.row("SELECT stage, door, invite FROM application")
        assert found is not None and tuple(found) == ("invited", "ats", False)
        assert await deliver(client, connection, removal(system)) == 200
        await due()
    assert await candidates(northgate.id) == []
    assert await log(connection) == [("done", "created"), ("done", "erased")]
    assert await db.value("SELECT count(*) FROM ats_delivery WHERE body <> ''") == 0
    assert await db.value("SELECT title FROM ats_job") == ANA.job_title


async def test_an_unsigned_one_needs_its_address_alone(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "plain", job_id=None)
    form = {"name": ANA.name, "email": ANA.email, "job_id": northgate.job_slug}
    assert (await client.post(connection.url, data=form)).status_code == 200
    await due()
    assert [row[1] for row in await candidates(northgate.id)] == [ANA.email]
    assert await db.value("SELECT job_id FROM application") == northgate.job_id


async def test_they_are_invited_at_once_where_that_is_wanted(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "ashby", invite=True)
    await deliver(client, connection, at_once("ashby"))
    await due()
    assert await db.value("SELECT invite FROM application")


async def test_what_comes_twice_is_done_once(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "greenhouse")
    statuses = await asyncio.gather(*(deliver(client, connection, at_once("greenhouse")) for _ in range(8)))
    assert statuses == [200] * 8
    await asyncio.gather(due(), due(), due())
    assert await deliver(client, connection, at_once("greenhouse")) == 200
    assert await due() == 0
    assert await log(connection) == [("done", "created")]


# ---- Who is not believed --------------------------------------------------------------------------------------------------


async def test_a_signature_that_does_not_fit_is_refused_and_noted_without_its_body(
    client: httpx.AsyncClient, northgate: Northgate
) -> None:
    connection = await connect(northgate, "greenhouse")
    post = at_once("greenhouse")
    assert await deliver(client, connection, post._replace(body=post.body + b" ")) == 401
    assert await deliver(client, connection, Post({}, post.body)) == 401
    assert await log(connection) == [("refused", "bad_signature"), ("refused", "no_signature")]
    assert await db.value("SELECT count(*) FROM ats_delivery WHERE body <> '' OR event <> '' OR delivery_key IS NOT NULL") == 0
    assert await deliver(client, connection, post) == 200  # the true one is not taken for a repetition
    health = (await deliveries.health_of(northgate.id, clock.now()))[connection.id]
    assert (health.count(State.REFUSED), health.refused_since) == (2, False)


async def test_a_flood_of_them_does_not_fill_the_log(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "greenhouse")
    for _ in range(deliveries.REFUSED.burst + 5):
        await deliveries.receive(connection, Sent({}, b"{}"), now=NOW)
    assert len(await log(connection)) == deliveries.REFUSED.burst


async def test_old_ones_and_those_before_there_is_a_secret_are_refused(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "generic")
    assert await deliver(client, connection, DOUBLES["generic"].created(ANA, NOW - DAY, "delivery-1")) == 401
    for secret in await connections.list_secrets(connection, NOW):
        await connections.end_secret(connection, secret.id)
    assert await deliver(client, connection, at_once("generic")) == 401
    assert await log(connection) == [("refused", "too_old"), ("refused", "unset")]


async def test_addresses_that_nobody_made_lead_nowhere(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "plain")
    for url in (connection.url[:-1], connection.url.replace("/plain/", "/ashby/"), connection.url.replace("plain", "nobody")):
        answer = await client.post(url, json={"email": ANA.email})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    await connections.replace_address(connection)
    assert (await client.post(connection.url, json={"email": ANA.email})).status_code == 404
    renewed = await connections.get_connection(northgate.id, connection.id)
    assert (await client.post(renewed.url, json={"email": ANA.email})).status_code == 200
    await connections.remove(renewed, now=NOW)
    assert (await client.post(renewed.url, json={"email": ANA.email})).status_code == 404


async def test_a_body_without_end_is_not_read(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "plain")
    assert (await client.post(connection.url, content=b"x" * 1_000_001)).status_code == 413
    assert await log(connection) == []


async def test_two_secrets_hold_while_one_is_exchanged(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "greenhouse")
    await connections.add_secret(connection, "the next one", end_others=True, now=NOW)
    assert len(await connections.secrets_of(connection, NOW)) == 2
    assert await connections.secrets_of(connection, NOW + connections.OVERLAP) == ["the next one"]
    sealed = await db.rows("SELECT sealed FROM ats_secret")
    assert all("the next one" not in row["sealed"] and greenhouse.SECRET not in row["sealed"] for row in sealed)
    await connections.forget_old(NOW + connections.OVERLAP)
    assert await db.value("SELECT count(*) FROM ats_secret") == 1


async def test_smartrecruiters_hears_its_own_word_back(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "smartrecruiters")
    answer = await client.post(connection.url, headers={"X-Hook-Secret": "abc-123"})
    assert (answer.status_code, answer.headers["x-hook-secret"]) == (200, "abc-123")
    assert (await client.get(connection.url, headers={"X-Hook-Secret": "abc-123"})).headers["x-hook-secret"] == "abc-123"
    assert (await client.head(connection.url)).status_code == 200
    assert await deliver(client, connection, Post({"X-Hook-Secret": "a b"}, b"")) == 401
    assert await log(connection) == [("ignored", "handshake"), ("refused", "no_signature")]
    other = await connect(northgate, "greenhouse")
    assert "x-hook-secret" not in (await client.post(other.url, headers={"X-Hook-Secret": "abc-123"})).headers


async def test_what_changes_nothing_and_what_nobody_can_read_is_kept_with_the_reason(
    client: httpx.AsyncClient, northgate: Northgate
) -> None:
    connection = await connect(northgate, "greenhouse")
    for post in (
        greenhouse.ping("1"),
        greenhouse.moved(ANA, "2"),
        greenhouse.post(["nothing"], greenhouse.SECRET, "3"),
        greenhouse.post({"action": "new_candidate_application", "payload": {}}, greenhouse.SECRET, "4"),
        greenhouse.post({"action": "candidate_anonymized", "payload": {}}, greenhouse.SECRET, "5"),
    ):
        assert await deliver(client, connection, post) == 200
    await due()
    assert [reason for _, reason in await log(connection)] == ["ping", "other_event", "unreadable", "unreadable", "no_person"]


# ---- Which jobs go where ----------------------------------------------------------------------------------------------------


async def test_a_job_that_is_not_chosen_holds_its_people_until_it_is(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "workable", job_id=None)
    await deliver(client, connection, at_once("workable"))
    await due()
    (held,) = (await deliveries.list_deliveries(connection)).lines
    assert (held.state, held.sentence) == ("held", "No job is chosen for “Night nurse” (4711). Choose one, and it goes on.")
    (mapped,) = await their_jobs.jobs_of(connection)
    assert (mapped.name, mapped.held, mapped.job_id) == ("“Night nurse” (4711)", 1, None)
    assert await their_jobs.choose(connection, mapped, northgate.job_id, ignored=False, now=NOW) == 1
    await due()
    assert await candidates(northgate.id) == KNOWN
    assert await log(connection) == [("done", "created")]


async def test_a_job_can_be_left_out(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "workable", job_id=None)
    await deliver(client, connection, at_once("workable"))
    await due()
    (mapped,) = await their_jobs.jobs_of(connection)
    await their_jobs.choose(connection, mapped, None, ignored=True, now=NOW)
    await due()
    assert (await log(connection), await candidates(northgate.id)) == ([("ignored", "job_ignored")], [])


async def test_a_chosen_job_goes_before_the_usual_one_and_a_closed_one_waits(
    client: httpx.AsyncClient, northgate: Northgate
) -> None:
    closed = await add_job(northgate.id, slug="closed", status="closed")
    connection = await connect(northgate, "workable")
    (way,) = await their_jobs.ways(connection, [], NOW)
    assert way.job_id == northgate.job_id
    await deliver(client, connection, at_once("workable"))
    await db.run("UPDATE ats_connection SET job_id = $1", closed)
    await due()
    assert await log(connection) == [("held", "job_not_open")]
    mapped = next(one for one in await their_jobs.jobs_of(connection) if one.their_id)
    await their_jobs.choose(connection, mapped, northgate.job_id, ignored=False, now=NOW)
    await due()
    assert await db.value("SELECT job_id FROM application") == northgate.job_id


# ---- What their API may do --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vice", [Vice.BROKEN_BEFORE, Vice.RESET_BEFORE, Vice.HANG_AFTER, Vice.GIBBERISH, Vice.TOO_MANY])
async def test_an_api_that_is_away_is_asked_again(
    client: httpx.AsyncClient, northgate: Northgate, api: Any, monkeypatch: pytest.MonkeyPatch, vice: Vice
) -> None:
    call = outward.call
    monkeypatch.setattr(outward, "call", lambda *a, **k: call(*a, seconds=0.3, **k))
    connection = await connect_api(northgate, "lever", api)
    await deliver(client, connection, at_once("lever"))
    api.vices.extend([vice] * (2 if vice is Vice.RESET_BEFORE else 1))  # aiohttp asks once more by itself
    assert await due() == 1
    assert (await log(connection))[0] in {("waiting", "api_away"), ("waiting", "api_busy")}
    assert await due() == 0
    assert await work_off(clock.now() + MINUTE) == 1
    assert await candidates(northgate.id) == KNOWN


async def test_a_pause_that_they_ask_for_is_kept_by_all_deliveries(
    client: httpx.AsyncClient, northgate: Northgate, api: Any
) -> None:
    connection = await connect_api(northgate, "lever", api)
    api.vices.append(Vice.TOO_MANY_WAIT)
    await deliver(client, connection, at_once("lever"))
    await deliver(client, connection, at_once("lever", replace(ANA, id="4711002"), "delivery-2"))
    assert await due() == 2
    asked = len(api.asked)
    assert asked == 1
    await deliver(client, connection, removal("lever", replace(ANA, id="4711003"), "delivery-3"))
    assert await due() == 1  # which needs no API
    assert await work_off(clock.now() + timedelta(seconds=4)) == 0
    assert len(api.asked) == asked
    assert await work_off(clock.now() + timedelta(seconds=8)) == 1


async def test_after_three_days_it_has_failed_and_can_be_looked_into_once_more(
    client: httpx.AsyncClient, northgate: Northgate, api: Any
) -> None:
    connection = await connect_api(northgate, "lever", api)
    api.always = Vice.BROKEN_BEFORE
    await deliver(client, connection, at_once("lever"))
    now, tries = clock.now(), 0
    while (await log(connection))[0][0] == "waiting":
        tries += await work_off(now)
        now += HOUR
    assert now - clock.now() > timedelta(days=2) and 15 < tries < 40
    (failed,) = (await deliveries.list_deliveries(connection, state=State.FAILED)).lines
    assert failed.sentence == (
        "The system's API could not be reached. It is tried again. It answered 503. It was tried for three days."
    )
    assert (await deliveries.health_of(northgate.id, clock.now()))[connection.id].needs_a_look
    api.always = None
    assert await deliveries.replay(connection, failed.id, now=now)
    assert not await deliveries.replay(connection, failed.id, now=now)
    await work_off(now)
    assert await candidates(northgate.id) == KNOWN
    assert await deliveries.replay(connection, failed.id, now=now)
    await work_off(now)
    assert await log(connection) == [("done", "known")]


@pytest.mark.parametrize("api", list(APIS), indirect=True)
async def test_who_their_api_does_not_know_has_failed(client: httpx.AsyncClient, northgate: Northgate, api: Any) -> None:
    system = next(name for name, kind in APIS.items() if isinstance(api, kind))
    connection = await connect_api(northgate, system, api)
    await deliver(client, connection, at_once(system, replace(ANA, id="nobody", email="")))
    await due()
    assert await log(connection) == [("failed", "no_address" if system == "ashby" else "not_there")]


@pytest.mark.parametrize("api", ["ashby", "workable"], indirect=True)
async def test_what_an_event_leaves_out_is_asked_for(client: httpx.AsyncClient, northgate: Northgate, api: Any) -> None:
    system = next(name for name, kind in APIS.items() if isinstance(api, kind))
    connection = await connect_api(northgate, system, api)
    await deliver(client, connection, at_once(system, replace(ANA, email="")))
    await due()
    assert await candidates(northgate.id) == KNOWN


async def test_without_a_key_or_with_a_wrong_one_people_wait_for_it(
    client: httpx.AsyncClient, northgate: Northgate, api: Any
) -> None:
    connection = await connect(northgate, "lever", api_url=api.url)
    await deliver(client, connection, at_once("lever"))
    for key, reason in (("", "no_api_key"), ("wrong", "api_key_refused")):
        await connections.change(connection, wanted(connection, api_key=key), now=NOW)
        await due()
        assert await log(connection) == [("held", reason)]
    await connections.change(connection, wanted(connection, api_key=api.known.key), now=NOW)
    await due()
    assert await candidates(northgate.id) == KNOWN
    assert api.known.key not in str(await db.row("SELECT * FROM ats_connection"))


def wanted(connection: connections.Connection, **changes: Any) -> connections.Wanted:
    kept = {name: getattr(connection, name) for name in ("name", "job_id", "invite", "api_url")}
    return connections.Wanted(**(kept | changes))


async def test_an_address_inside_our_walls_is_not_called(stranger: httpx.AsyncClient, northgate: Northgate) -> None:
    with lever.Api(ANA) as api:
        connection = await connect_api(northgate, "lever", api)
        await deliver(stranger, connection, at_once("lever"))
        await due()
        assert await log(connection) == [("held", "bad_api_address")]
        assert api.connections == 0


# ---- Several hands, and none ------------------------------------------------------------------------------------------------


async def test_a_worker_that_dies_loses_nothing_and_one_that_lingers_does_nothing_twice(
    client: httpx.AsyncClient, northgate: Northgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await connect(northgate, "ashby")
    await deliver(client, connection, at_once("ashby"))
    now = clock.now()
    arrived, lingering = asyncio.Event(), asyncio.Event()
    act = processing._still_ours

    async def linger(claim: processing.Claim) -> bool:
        arrived.set()
        await lingering.wait()
        return await act(claim)

    monkeypatch.setattr(processing, "_still_ours", linger)
    first = asyncio.create_task(processing.work(now))
    await arrived.wait()
    monkeypatch.setattr(processing, "_still_ours", act)
    assert not await processing.work(now)
    assert await processing.work(now + processing.LEASE)
    assert await log(connection) == [("done", "created")]
    before = await db.value("SELECT count(*) FROM event")
    lingering.set()
    assert await first
    assert (await log(connection), await db.value("SELECT count(*) FROM event")) == ([("done", "created")], before)


async def test_one_that_breaks_does_not_hold_up_the_others(
    client: httpx.AsyncClient, northgate: Northgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await connect(northgate, "ashby")
    await deliver(client, connection, at_once("ashby"))
    await deliver(client, connection, at_once("ashby", Person(id="2", email="ben@example.com"), "delivery-2"))
    take, broken = processing._take_in, [True]

    async def breaks_once(*args: Any, **kwargs: Any) -> Any:
        if broken.pop() if broken else False:
            raise RuntimeError("a fault of ours")
        return await take(*args, **kwargs)

    monkeypatch.setattr(processing, "_take_in", breaks_once)
    assert await due() == 2
    assert sorted(await log(connection)) == [("done", "created"), ("waiting", "broken")]


async def test_while_paused_it_is_kept_and_waits(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "ashby")
    await connections.pause(connection, on=True, now=NOW)
    assert await deliver(client, connection, at_once("ashby")) == 200
    assert await due() == 0
    await connections.pause(connection, on=False, now=NOW)
    assert await due() == 1
    assert await candidates(northgate.id) == KNOWN


# ---- Whom it is about --------------------------------------------------------------------------------------------------------


async def test_who_wants_no_email_gets_none(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "greenhouse", invite=True)
    await deliver(client, connection, at_once("greenhouse", replace(ANA, can_email=False)))
    await due()
    assert await candidates(northgate.id) == KNOWN
    assert await is_suppressed(northgate.id, Channel.EMAIL, ANA.email)
    assert not await is_suppressed(northgate.id, Channel.SMS, "+447700900123")


@pytest.mark.parametrize("first", ["created", "moved"])
async def test_who_is_marked_so_later_or_before_gets_none_either(
    client: httpx.AsyncClient, northgate: Northgate, first: str
) -> None:
    connection = await connect(northgate, "greenhouse")
    posts = [at_once("greenhouse"), greenhouse.moved(replace(ANA, can_email=False), "delivery-2")]
    for post in posts if first == "created" else reversed(posts):
        await deliver(client, connection, post)
        await due()
    assert await candidates(northgate.id) == KNOWN
    assert await is_suppressed(northgate.id, Channel.EMAIL, ANA.email)
    assert sorted(reason for _, reason in await log(connection)) == ["created", "hushed"]


async def test_a_number_that_is_none_keeps_nobody_out_but_no_email_does(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "greenhouse")
    await deliver(client, connection, at_once("greenhouse", replace(ANA, phone="ask me")))
    await deliver(client, connection, at_once("greenhouse", replace(ANA, id="2", email=""), "delivery-2"))
    await due()
    assert await candidates(northgate.id) == [(ANA.name, ANA.email, None)]
    assert await log(connection) == [("done", "created"), ("failed", "no_address")]


async def test_who_was_removed_there_before_they_were_heard_of_is_not_taken_in(
    client: httpx.AsyncClient, northgate: Northgate
) -> None:
    connection = await connect(northgate, "greenhouse")
    await deliver(client, connection, removal("greenhouse"))
    await due()
    await deliver(client, connection, at_once("greenhouse"))
    await due()
    assert await log(connection) == [("done", "nobody"), ("ignored", "removed_there")]
    assert await db.value("SELECT count(*) FROM candidate") == 0
    other = await connect(northgate, "greenhouse")  # whose number 4711001 is somebody else
    await deliver(client, other, at_once("greenhouse", replace(ANA, email="ben@example.com")))
    await due()
    assert [row[1] for row in await candidates(northgate.id)] == ["ben@example.com"]


BEN = Person(id="4711002", application="88002", first_name="Ben", last_name="Okoye", email="ben@example.com", phone="")
EVENTS = {
    "ana": lambda: greenhouse.created(ANA, NOW, "ana"),
    "ana again": lambda: greenhouse.created(replace(ANA, job_id="4712"), NOW, "ana again"),
    "ana wants no emails": lambda: greenhouse.moved(replace(ANA, can_email=False), "ana wants no emails"),
    "ben": lambda: greenhouse.created(BEN, NOW, "ben"),
    "ben is gone": lambda: greenhouse.removed(BEN, NOW, "ben is gone"),
    "ben is anonymous": lambda: greenhouse.anonymized(BEN, "ben is anonymous"),
    "ben is carl": lambda: greenhouse.merged(Person(id="4711003"), BEN.id, "ben is carl"),
    "carl": lambda: greenhouse.created(replace(BEN, id="4711003", email="carl@example.com"), NOW, "carl"),
}


@given(order=st.permutations(list(EVENTS)), repeats=st.lists(st.sampled_from(list(EVENTS)), max_size=4), gaps=st.integers(0, 127))
@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_order_and_however_often_it_ends_the_same(
    northgate: Northgate, order: list[str], repeats: list[str], gaps: int
) -> None:
    """Ana is known once, with one application, and not to be emailed; Ben, and Carl who is Ben, are gone."""
    await db.run("DELETE FROM ats_connection")
    await db.run("DELETE FROM candidate")
    await db.run("DELETE FROM suppression")
    connection = await connect(northgate, "greenhouse")
    for number, name in enumerate([*order, *repeats]):
        post = EVENTS[name]()
        headers = {key.lower(): value for key, value in post.headers.items()}
        await deliveries.receive(connection, Sent(headers, post.body), now=NOW)
        if gaps >> (number % 7) & 1:
            await work_off()
    await work_off()
    assert await candidates(northgate.id) == KNOWN
    live = "SELECT count(*) FROM application JOIN candidate ON candidate.id = candidate_id WHERE erased_at IS NULL"
    assert await db.value(live) == 1
    assert await is_suppressed(northgate.id, Channel.EMAIL, ANA.email)
    assert {state for state, _ in await log(connection)} <= {"done", "ignored"}


async def test_old_bodies_and_lines_go(client: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "ashby")
    await deliver(client, connection, at_once("ashby"))
    await due()
    await deliveries.forget_old(clock.now() + deliveries.KEEP_BODIES)
    assert await db.value("SELECT body FROM ats_delivery") == ""
    await deliveries.forget_old(clock.now() + deliveries.KEEP)
    assert await log(connection) == []
    await connections.remove(connection, now=NOW)
    assert await connections.forget_old(NOW + connections.REGRET) == 1
