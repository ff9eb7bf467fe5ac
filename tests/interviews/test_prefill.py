"""A form that the link has filled: it helps, it proves nothing, and it stands in no address."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from portal import db
from portal.clicks import carried
from portal.clicks.prefill import Field
from tests.cast import NOW, Northgate, add_candidate, add_channel, add_link
from tests.clicks.agents import INSTAGRAM
from tests.interviews.way import Way, hidden, set_clock

FILLED = "first_name=Ana&last_name=Duarte&email=ana%2Bjobs%40example.com&phone=%2B447700900123&external_id=A-77"


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input class="input"[^>]* name="(\w+)" value="([^"]*)"', page))


@pytest.fixture
async def link(northgate: Northgate) -> str:
    channel = await add_channel(northgate.id, network="ats", placement="email")
    await add_link(northgate.id, northgate.job_id, channel, "nurse-ats", label="Greenhouse", system="greenhouse")
    return "/nurse-ats"


async def arrive(way: Way, address: str) -> httpx.Response:
    """As a phone does: follow what the redirect says."""
    tapped = await way.client.get(address, headers={"user-agent": INSTAGRAM})
    return await way.client.get(tapped.headers["location"])


async def test_who_taps_a_filled_link_finds_the_form_filled(way: Way, link: str) -> None:
    page = await arrive(way, f"{link}?{FILLED}")

    assert fields(page.text) == {"name": "Ana Duarte", "email": "ana+jobs@example.com", "phone": "+447700900123"}
    assert not re.search("Ana|Duarte|example.com|7700|A-77", str(page.url))
    assert "set-cookie" not in page.headers
    assert await db.value("SELECT count(*) FROM candidate") == 0, "nothing is known until they press the button"


async def test_an_address_with_somebodys_data_leads_on_to_one_without(way: Way, link: str) -> None:
    answer = await way.client.get(f"{way.apply}?click=x&via=nurse-ats&Name=Ana&email=ana@example.com&salary=1")
    to = urlsplit(answer.headers["location"])

    assert (answer.status_code, to.path) == (303, way.apply)
    assert list(parse_qs(to.query)) == ["click", "via", "filled"]
    assert answer.content == b""
    assert "set-cookie" not in answer.headers
    page = await way.client.get(answer.headers["location"])
    assert fields(page.text) == {"name": "Ana", "email": "ana@example.com"}


@pytest.mark.parametrize("query", ["name={{name}}", "email=", "phone=%PHONE%&external_id=[m_id]"])
async def test_what_is_no_value_fills_nothing_and_leaves_the_address_too(way: Way, query: str) -> None:
    answer = await way.client.get(f"{way.apply}?{query}")
    assert (answer.status_code, answer.headers["location"]) == (303, way.apply)
    assert fields((await way.client.get(way.apply)).text) == {}


async def test_a_page_that_was_passed_on_is_an_empty_one_after_an_hour(way: Way, link: str) -> None:
    tapped = await way.client.get(f"{link}?{FILLED}", headers={"user-agent": INSTAGRAM})
    set_clock(NOW + timedelta(days=1))
    page = await way.client.get(tapped.headers["location"])
    assert page.status_code == 200
    assert fields(page.text) == {}


async def test_what_they_change_counts_and_the_id_of_the_system_is_noted(
    way: Way, recruiter: httpx.AsyncClient, link: str
) -> None:
    page = await arrive(way, f"{link}?{FILLED}")
    await way.send(page.text, name="Ana Duarte-Lind", email="ana@home.example")

    kept = await db.row("SELECT name, email, phone FROM candidate")
    assert kept is not None
    assert tuple(kept) == ("Ana Duarte-Lind", "ana@home.example", None)
    noted = await db.value("SELECT data FROM event WHERE kind = 'captured'")
    assert (noted["external_id"], noted["system"]) == ("A-77", "greenhouse")
    assert await db.value("SELECT link_id FROM application") == await db.value("SELECT id FROM link WHERE slug = 'nurse-ats'")
    shown = await recruiter.get(f"/app/candidates/{await db.value('SELECT id FROM application')}")
    assert "id by their link: greenhouse A-77" in shown.text


async def test_an_id_in_an_address_names_nobody(way: Way, northgate: Northgate, link: str) -> None:
    ana = await add_candidate(northgate.id)
    values = {"workspace_id": northgate.id, "system": "greenhouse", "external_id": "A-77", "candidate_id": ana, "created_at": NOW}
    await db.run("INSERT INTO candidate_identity VALUES ($1, $2, $3, $4, $5)", *values.values())
    page = await arrive(way, f"{link}?{FILLED}")
    answer = await way.send(page.text, name="Bea Stone", email="bea@example.com")

    assert answer.status_code == 303
    assert await db.value("SELECT count(*) FROM application WHERE candidate_id = $1", ana) == 0
    assert await db.value("SELECT count(*) FROM candidate_identity") == 1


async def test_an_id_without_a_link_of_ours_is_left_away(way: Way) -> None:
    await way.send(await way.land(), external_id="A-77")
    assert "external_id" not in await db.value("SELECT data FROM event WHERE kind = 'captured'")


async def test_what_they_typed_stays_when_something_is_wrong(way: Way, link: str) -> None:
    page = await arrive(way, f"{link}?{FILLED}")
    answer = await way.send(page.text, name="Ana", email="ana")
    assert answer.status_code == 422
    assert fields(answer.text)["email"] == "ana"
    assert hidden(answer.text)["external_id"] == "A-77"


async def test_a_list_of_jobs_passes_it_on(way: Way, northgate: Northgate, link: str) -> None:
    await db.run("UPDATE link SET target_url = '/jobs'")
    page = await arrive(way, f"{link}?{FILLED}")
    (way_in,) = re.findall(r'href="(/apply/[^"]+)"', page.text)
    landed = await way.client.get(way_in.replace("&amp;", "&"))
    assert fields(landed.text)["name"] == "Ana Duarte"


async def test_the_parcel_opens_on_our_pages_alone(way: Way) -> None:
    parcel = carried.seal({Field.NAME: "<b>Ana</b>"}, NOW)
    assert "Ana" not in parcel
    assert (await way.client.get(f"{way.apply}?filled={'x' * 3000}")).status_code == 200
