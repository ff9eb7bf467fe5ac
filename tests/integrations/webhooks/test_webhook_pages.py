"""Pages of webhooks, as an admin meets them."""

from uuid import UUID

import httpx

from portal import db
from portal.integrations.webhooks import endpoints, publishing
from portal.integrations.webhooks.endpoints import Made
from portal.integrations.webhooks.kinds import CHOICES
from portal.web.paging import PAGE_SIZE
from tests.cast import NOW, Northgate, post
from tests.doubles.customer import BUSY, Customer
from tests.integrations.webhooks.conftest import HOUR, happen, only_delivery, send

PATH = "/app/settings/webhooks"


async def test_without_one_the_page_says_how_to_begin(admin: httpx.AsyncClient) -> None:
    page = (await admin.get(PATH)).text
    assert "No webhooks yet" in page and f'href="{PATH}/new"' in page and f'href="{PATH}/events"' in page


async def test_adding_one_shows_its_secret_and_waits_for_the_first_event(
    admin: httpx.AsyncClient, northgate: Northgate, customer: Customer
) -> None:
    form = {"url": customer.url, "description": "Warehouse", "kinds": ["interview.completed", "link.first_click"]}
    answer = await post(admin, PATH, form)
    assert answer.status_code == 303
    page = (await admin.get(answer.headers["location"])).text
    [made] = await endpoints.list_endpoints(northgate.id)
    assert made.kinds == ["interview.completed", "link.first_click"]
    assert (await endpoints.secret_of(northgate.id, made.id)) in page
    assert "Nothing was sent yet" in page and "Warehouse" in (await admin.get(PATH)).text


async def test_a_wrong_form_says_why_and_keeps_what_was_typed(admin: httpx.AsyncClient) -> None:
    answer = await post(admin, PATH, {"url": "https://192.168.1.7/hook", "description": "Our shed", "kinds": "link.first_click"})
    assert answer.status_code == 422
    assert "inside a private network" in answer.text
    for kept in ('value="https://192.168.1.7/hook"', 'value="Our shed"', 'value="link.first_click" checked'):
        assert kept in answer.text


async def test_the_log_shows_what_was_sent_and_what_came_back(
    admin: httpx.AsyncClient, northgate: Northgate, made: Made, application_id: UUID, customer: Customer
) -> None:
    await happen(northgate.id, application_id)
    customer.refusals.append(BUSY)
    await send()
    row = await only_delivery()
    here = f"{PATH}/{made.endpoint.id}"
    log = (await admin.get(here)).text
    assert "candidate.captured" in log and "It answered 503" in log and "It has taken nothing since" in log
    opened = (await admin.get(f"{here}/deliveries/{row['id']}")).text
    assert "ana.duarte@example.com" in opened and "&#34;error&#34;: &#34;busy&#34;" in opened and str(row["event_id"]) in opened
    part = await admin.get(here, headers={"HX-Request": "true"})
    assert "<html" not in part.text and "candidate.captured" in part.text
    assert "None of these" in (await admin.get(here, params={"state": "delivered"})).text
    assert "candidate.captured" in (await admin.get(here, params={"state": "nonsense"})).text


async def test_a_long_log_has_pages(admin: httpx.AsyncClient, northgate: Northgate, made: Made, application_id: UUID) -> None:
    for _ in range(PAGE_SIZE + 1):
        await happen(northgate.id, application_id)
    await publishing.publish(NOW)
    second = (await admin.get(f"{PATH}/{made.endpoint.id}", params={"page": "2"})).text
    assert second.count("data-item") == 1 and f"of {PAGE_SIZE + 1} deliveries" in second


async def test_what_failed_is_sent_again_by_a_button(
    admin: httpx.AsyncClient, northgate: Northgate, made: Made, application_id: UUID, customer: Customer
) -> None:
    await happen(northgate.id, application_id)
    await publishing.publish(NOW)
    await db.run("UPDATE webhook_delivery SET tries = 9")
    customer.refusals.append(BUSY)
    await send()
    here, delivery_id = f"{PATH}/{made.endpoint.id}", (await only_delivery())["id"]
    assert (await post(admin, f"{here}/deliveries/{delivery_id}/replay")).status_code == 303
    assert (await only_delivery())["state"] == "waiting"
    await db.run("UPDATE webhook_delivery SET state = 'failed', next_at = NULL, ended_at = now() - interval '2 hours'")
    await post(admin, f"{here}/replay", {"since": "1"})
    assert (await only_delivery())["state"] == "failed"
    await post(admin, f"{here}/replay", {"since": "24"})
    assert (await only_delivery())["state"] == "waiting"


async def test_one_can_be_disabled_deleted_and_brought_back(admin: httpx.AsyncClient, northgate: Northgate, made: Made) -> None:
    here = f"{PATH}/{made.endpoint.id}"
    await post(admin, f"{here}/disable")
    page = (await admin.get(here)).text
    assert "Disabled since" in page and f"{here}/enable" in page and f"{here}/test" not in page
    await post(admin, f"{here}/enable")
    await post(admin, f"{here}/delete")
    assert (await admin.get(here)).status_code == 404 and "No webhooks yet" in (await admin.get(PATH)).text
    await post(admin, f"{here}/bring-back")
    assert (await admin.get(here)).status_code == 200


async def test_rotating_and_changing_keep_what_waits(
    admin: httpx.AsyncClient, northgate: Northgate, made: Made, application_id: UUID, customer: Customer
) -> None:
    await happen(northgate.id, application_id)
    await publishing.publish(NOW)
    here = f"{PATH}/{made.endpoint.id}"
    await post(admin, f"{here}/edit", {"url": customer.url + "/new", "kinds": "interview.started"})
    await post(admin, f"{here}/rotate")
    assert "The secret before it signs too" in (await admin.get(here)).text
    customer.keys["/new"] = await endpoints.secret_of(northgate.id, made.endpoint.id)
    await send(NOW + HOUR)
    assert len(customer.heard) == 1 and customer.forged == 0


async def test_all_payloads_are_shown_with_how_to_check_them(admin: httpx.AsyncClient) -> None:
    page = (await admin.get(f"{PATH}/events")).text
    for word in (*CHOICES, "ping", "standardwebhooks", "WebhookVerificationError", "webhook-id", "Retry-After"):
        assert word in page
