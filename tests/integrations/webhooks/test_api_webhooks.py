"""Webhooks over the API: made by a program, heard by its server."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.types import ASGIApp

from portal import db
from portal.accounts.keys import Scope
from portal.candidates.events import EventKind
from portal.integrations import outward
from portal.integrations.webhooks.endpoints import MOST, Made
from portal.settings import settings
from tests.cast import Northgate
from tests.doubles.customer import BUSY, Customer
from tests.integrations.conftest import program
from tests.integrations.test_api import fields, pages, said
from tests.integrations.webhooks.conftest import happen, send

PATH = "/api/v1/webhooks"
KINDS = ["candidate.captured", "interview.started"]


async def test_a_program_makes_a_webhook_hears_with_its_secret_changes_it_and_deletes_it(
    api: httpx.AsyncClient, home: Northgate, customer: Customer, application_id: UUID
) -> None:
    made = await api.post(PATH, json={"url": f"{customer.url}/hook", "kinds": KINDS, "description": "Warehouse"})
    assert made.status_code == 201, made.text
    webhook = made.json()
    customer.keys["/hook"] = customer.keys["/moved"] = webhook.pop("secret")
    here = f"{PATH}/{webhook['id']}"
    assert (webhook["kinds"], webhook["status"], webhook["description"]) == (KINDS, "new", "Warehouse")
    assert (await api.get(here)).json() == webhook
    assert await pages(api, PATH) == [webhook]

    await happen(home.id, application_id)
    await send()
    assert [one.body["type"] for one in customer.heard] == ["candidate.captured"]
    assert (await api.get(here)).json()["status"] == "fine"

    changed = (await api.patch(here, json={"url": f"{customer.url}/moved", "kinds": ["interview.started"]})).json()
    assert (changed["url"], changed["kinds"]) == (f"{customer.url}/moved", ["interview.started"])
    assert changed["description"] == "Warehouse"
    customer.refusals.append(BUSY)
    await happen(home.id, application_id, EventKind.STARTED)
    await happen(home.id, application_id, EventKind.COMPLETED)
    await send()

    waiting, delivered = await pages(api, f"{here}/deliveries")
    assert (waiting["kind"], waiting["status"], waiting["tries"]) == ("interview.started", "waiting", 1)
    assert (waiting["http_status"], "503" in waiting["error"], waiting["ended_at"]) == (503, True, None)
    assert waiting["next_at"] > waiting["created_at"]
    assert (delivered["event_id"], delivered["status"]) == (customer.heard[0].id, "delivered")
    assert (delivered["http_status"], delivered["error"], delivered["next_at"]) == (200, "", None)
    assert await pages(api, f"{here}/deliveries", status="delivered") == [delivered]

    assert (await api.delete(here)).json()["id"] == webhook["id"]
    assert await pages(api, PATH) == []
    for answer in (await api.get(here), await api.delete(here), await api.get(f"{here}/deliveries")):
        said(answer, 404, "not_found")


async def test_the_secret_comes_again_with_the_same_idempotency_key_alone(api: httpx.AsyncClient, customer: Customer) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first, again = [await api.post(PATH, json={"url": customer.url, "kinds": KINDS}, headers=headers) for _ in range(2)]
    assert (again.status_code, again.content, again.headers["idempotency-replayed"]) == (201, first.content, "true")
    secret = first.json()["secret"]
    assert secret.startswith("whsec_")
    [webhook] = await pages(api, PATH)
    assert "secret" not in webhook and secret not in (await api.patch(f"{PATH}/{webhook['id']}", json={})).text
    for table in ("api_answer", "webhook_endpoint"):
        assert secret not in str(await db.rows(f"SELECT t::text FROM {table} t"))


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"url": "https://192.168.1.7/hook"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "http://example.com/hook"}, "url"),
        ({"url": "ftp://example.com"}, "url"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["candidate.captured", "ping"]}, "kinds[1]"),
        ({"description": "x" * 121}, "description"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
async def test_what_cannot_be_used_is_one_clear_problem_made_or_changed(
    api: httpx.AsyncClient, made: Made, monkeypatch: pytest.MonkeyPatch, body: dict[str, Any], wrong: str
) -> None:
    before = (await api.get(f"{PATH}/{made.endpoint.id}")).json()
    monkeypatch.setattr(outward, "settings", settings)  # no private network is excepted any more
    wanted = {"url": "https://example.com/hook", "kinds": KINDS} | body
    for answer in (await api.post(PATH, json=wanted), await api.patch(f"{PATH}/{made.endpoint.id}", json=body)):
        assert fields(said(answer, 422, "invalid")) == [wrong]
    assert await pages(api, PATH) == [before]


async def test_a_description_can_be_changed_while_the_host_is_away(api: httpx.AsyncClient, made: Made) -> None:
    await db.run("UPDATE webhook_endpoint SET url = 'https://away.invalid/hook'")
    changed = await api.patch(f"{PATH}/{made.endpoint.id}", json={"description": "  Our   shed "})
    assert (changed.status_code, changed.json()["description"]) == (200, "Our shed")
    refused = await api.patch(f"{PATH}/{made.endpoint.id}", json={"url": "https://away.invalid/other"})
    assert fields(said(refused, 422, "invalid")) == ["url"]


async def test_deliveries_and_webhooks_come_page_by_page(
    api: httpx.AsyncClient, home: Northgate, customer: Customer, made: Made, application_id: UUID
) -> None:
    for _ in range(5):
        await happen(home.id, application_id, EventKind.STARTED)
    await send()
    found = await pages(api, f"{PATH}/{made.endpoint.id}/deliveries", limit=2)
    assert len({one["id"] for one in found}) == 5
    assert {one["event_id"] for one in found} == set(customer.ids())
    assert [one["id"] for one in found] == sorted((one["id"] for one in found), reverse=True)
    wanted = {"url": customer.url, "kinds": KINDS}
    later = [(await api.post(PATH, json=wanted)).json()["id"] for _ in range(MOST - 1)]
    assert [one["id"] for one in await pages(api, PATH, limit=7)] == [*reversed(later), str(made.endpoint.id)]
    assert fields(said(await api.post(PATH, json=wanted), 422, "invalid")) == ["url"]


async def test_only_a_key_for_webhooks_opens_them_and_it_opens_nothing_else(
    app: ASGIApp, home: Northgate, made: Made, customer: Customer
) -> None:
    others = [scope for scope in Scope if scope is not Scope.WEBHOOKS]
    here = f"{PATH}/{made.endpoint.id}"
    async with program(app, home.id, *others) as other, program(app, home.id, Scope.WEBHOOKS) as own:
        for method, path in (("GET", PATH), ("POST", PATH), ("GET", here), ("PATCH", here), ("DELETE", here)):
            body = {"url": customer.url, "kinds": KINDS} if method in {"POST", "PATCH"} else None
            assert "webhooks" in said(await other.request(method, path, json=body), 403, "scope_missing")["detail"]
        said(await other.get(f"{here}/deliveries"), 403, "scope_missing")
        said(await own.get("/api/v1/jobs"), 403, "scope_missing")
        assert len(await pages(own, PATH)) == 1


async def test_another_workspace_finds_changes_and_deletes_nothing(
    api: httpx.AsyncClient, foreign: httpx.AsyncClient, home: Northgate, made: Made, application_id: UUID
) -> None:
    await happen(home.id, application_id)
    await send()
    here = f"{PATH}/{made.endpoint.id}"
    before = (await api.get(here)).json()
    assert await pages(foreign, PATH) == []
    for answer in (
        await foreign.get(here),
        await foreign.get(f"{here}/deliveries"),
        await foreign.patch(here, json={"description": "Taken"}),
        await foreign.delete(here),
    ):
        said(answer, 404, "not_found")
    assert (await api.get(here)).json() == before
