"""Connecting a system, and looking at what it sent."""

import re

import httpx

from portal import clock, db
from portal.integrations.ats import connections, deliveries
from portal.integrations.ats.words import State
from tests.cast import NOW, Northgate, add_job, post
from tests.doubles.ats import greenhouse
from tests.integrations.ats_way import ANA, connect, deliver, work_off

ATS = "/app/settings/ats"
FORM = {"name": "Main account", "job": "", "api_key": "", "api_url": ""}


def text_of(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


async def test_the_first_page_tells_the_one_next_step(admin: httpx.AsyncClient, recruiter: httpx.AsyncClient) -> None:
    page = await admin.get(ATS)
    assert "Nothing is connected yet" in page.text and f"{ATS}/new?system=greenhouse" in page.text
    page = await recruiter.get(ATS)
    assert "An admin can connect it" in page.text and "new?system" not in page.text


async def test_a_connection_is_made_and_says_what_to_do_there(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    made = await post(admin, f"{ATS}/new?system=greenhouse", FORM | {"job": str(northgate.job_id), "invite": "on"})
    assert made.status_code == 303
    page = await admin.get(made.headers["location"])
    (connection,) = await connections.list_connections(northgate.id)
    assert connection.url in page.text and "Dev Center" in page.text
    assert "all that comes in is refused until you add it" in page.text
    assert (connection.job_id, connection.invite) == (northgate.job_id, True)
    added = await post(admin, f"{ATS}/{connection.id}/secrets", {"secret": f" {greenhouse.SECRET}\n"})
    page = await admin.get(added.headers["location"])
    assert "It is not shown again" in page.text and greenhouse.SECRET not in page.text
    assert await connections.secrets_of(connection, clock.now()) == [greenhouse.SECRET]
    assert (await admin.get(f"{ATS}/new?system=nobody")).status_code == 404


async def test_wrong_input_says_what_to_do_and_keeps_the_rest(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    answer = await post(admin, f"{ATS}/new?system=lever", FORM | {"name": "", "api_url": "http://10.0.0.1/", "job": "x"})
    assert answer.status_code == 422
    for sentence in ("Give it a name", "Choose a job from the list", "https://", 'value="http://10.0.0.1/"'):
        assert sentence in answer.text
    connection = await connect(northgate, "lever")
    answer = await post(admin, f"{ATS}/{connection.id}/secrets", {"secret": " "})
    assert (answer.status_code, "Paste the secret" in answer.text) == (422, True)


async def test_a_key_stays_unread_and_goes_to_no_other_address(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "lever", api_key="a-secret-api-key")
    page = await admin.get(f"{ATS}/{connection.id}")
    assert "One is set, and is not shown" in page.text and "a-secret-api-key" not in page.text
    moved = FORM | {"api_url": "https://evil.example.com/v1"}
    answer = await post(admin, f"{ATS}/{connection.id}", moved)
    assert (answer.status_code, "Type the key again" in answer.text) == (422, True)
    assert (await post(admin, f"{ATS}/{connection.id}", FORM | {"api_url": "https://api.lever.co/v1"})).status_code == 303
    assert await connections.api_key_of(connection) == "a-secret-api-key"
    assert (await post(admin, f"{ATS}/{connection.id}", moved | {"api_key": "another"})).status_code == 303
    assert await connections.api_key_of(connection) == "another"


async def test_a_job_is_chosen_beside_what_waits_for_it(
    recruiter: httpx.AsyncClient, stranger: httpx.AsyncClient, northgate: Northgate
) -> None:
    connection = await connect(northgate, "greenhouse", job_id=None)
    await deliver(stranger, connection, greenhouse.created(ANA, NOW, "1"))
    await work_off(clock.now())
    page = await recruiter.get(f"{ATS}/{connection.id}/log")
    assert "No job is chosen for “Night nurse” (4711)" in text_of(page)
    (way,) = set(re.findall(rf"{ATS}/{connection.id}/jobs/[0-9a-f-]+", page.text))
    elsewhere = await add_job((await connect_elsewhere()).workspace_id, slug="elsewhere")
    answer = await post(recruiter, way, {"job": str(elsewhere), "back": "log"})
    assert "Choose a job from the list" in (await recruiter.get(answer.headers["location"])).text
    answer = await post(recruiter, way, {"job": str(northgate.job_id), "back": "log"})
    assert answer.headers["location"] == f"{ATS}/{connection.id}/log"
    assert "1 delivery that waited for it goes on" in (await recruiter.get(answer.headers["location"])).text
    await work_off(clock.now())
    page = await recruiter.get(f"{ATS}/{connection.id}/log?state=done")
    assert "A new candidate." in page.text and ANA.name in page.text


async def connect_elsewhere() -> connections.Connection:
    from tests.cast import add_workspace

    home = await add_workspace("Elsewhere Ltd")
    wanted = connections.Wanted(name="Theirs", job_id=None, invite=False, api_key="", api_url="")
    made = await connections.make(home, "plain", wanted, now=NOW)
    return await connections.get_connection(home, made)


async def test_one_delivery_is_shown_and_looked_into_again(
    admin: httpx.AsyncClient, recruiter: httpx.AsyncClient, stranger: httpx.AsyncClient, northgate: Northgate
) -> None:
    connection = await connect(northgate, "greenhouse")
    await deliver(stranger, connection, greenhouse.created(ANA, NOW, "1"))
    await work_off(clock.now())
    (line,) = (await deliveries.list_deliveries(connection)).lines
    home = f"{ATS}/{connection.id}/log/{line.id}"
    page = await admin.get(home)
    assert "&#34;first_name&#34;: &#34;Ana&#34;" in page.text and "A new candidate." in page.text
    page = await recruiter.get(home)
    assert "first_name" not in page.text and "Admins can see what it said" in page.text
    answer = await post(recruiter, f"{home}/again")
    assert "looked into once more" in (await recruiter.get(answer.headers["location"])).text
    await work_off(clock.now())
    assert "had an application at this job already" in (await recruiter.get(home)).text
    assert await db.value("SELECT count(*) FROM application") == 1
    assert (await post(recruiter, f"{ATS}/{connection.id}/log/again?state=failed")).status_code == 303


async def test_a_connection_is_paused_exchanged_removed_and_brought_back(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "plain")
    home = f"{ATS}/{connection.id}"
    await post(admin, f"{home}/pause?on=1")
    page = await admin.get(home)
    assert "Paused since" in page.text and f"{home}/pause?on=0" in page.text
    await post(admin, f"{home}/pause?on=0")
    await post(admin, f"{home}/new-address")
    assert (await connections.get_connection(northgate.id, connection.id)).url != connection.url
    removed = await post(admin, f"{home}/remove")
    page = await admin.get(removed.headers["location"])
    assert f"{home}/restore" in page.text and (await admin.get(home)).status_code == 404
    await post(admin, f"{home}/restore")
    assert (await admin.get(home)).status_code == 200


async def test_the_list_says_at_a_glance_what_needs_a_look(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, northgate: Northgate
) -> None:
    connection = await connect(northgate, "greenhouse", job_id=None)
    assert "Waits for the first" in (await admin.get(ATS)).text
    await deliver(stranger, connection, greenhouse.ping("1"))
    assert "Works" in (await admin.get(ATS)).text
    await deliver(stranger, connection, greenhouse.created(ANA, NOW, "2"))
    await work_off(clock.now())
    await stranger.post(connection.url, content=b"{}")
    page = text_of(await admin.get(ATS))
    assert "1 needs you" in page and "The last was refused" in page
    page = text_of(await admin.get(f"{ATS}/{connection.id}"))
    assert "1 delivery needs a look" in page and "The last delivery was not believed" in page
    chips = text_of(await admin.get(f"{ATS}/{connection.id}/log"))
    assert all(f"{label}: 1" in chips for label in ("Needs you", "Nothing to do", "Refused"))
    health = (await deliveries.health_of(northgate.id, clock.now()))[connection.id]
    assert health.count(State.HELD) == 1


async def test_long_logs_have_pages(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    connection = await connect(northgate, "plain")
    values = "$1, $2, '', 'ignored', 'ping', '', '', 0, now(), now(), now()"
    columns = "workspace_id, connection_id, event, state, reason, note, body, attempts, since, next_at, received_at"
    await db.run(
        f"INSERT INTO ats_delivery (id, {columns}) SELECT gen_random_uuid(), {values} FROM generate_series(1, 60)",
        northgate.id,
        connection.id,
    )
    page = await admin.get(f"{ATS}/{connection.id}/log")
    assert "1–50 of 60" in page.text
    assert "51–60 of 60" in (await admin.get(f"{ATS}/{connection.id}/log?page=2")).text
