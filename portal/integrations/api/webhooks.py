"""Webhooks: where a customer's server listens, and what was sent there."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from portal import db
from portal.accounts.keys import Scope
from portal.integrations.api.operations import Call, Operation, operation
from portal.integrations.api.paging import Listing, Moment, Page, Paging
from portal.integrations.api.problems import invalid
from portal.integrations.webhooks import deliveries, endpoints
from portal.integrations.webhooks.deliveries import DeliveryState
from portal.integrations.webhooks.endpoints import LONGEST_DESCRIPTION, LONGEST_URL, Endpoint, Health, Wanted, Why
from portal.integrations.webhooks.kinds import CHOICES, Kind

Address = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_URL,
        description="Begins with https:// and leads to a public address.",
        examples=["https://example.com/hooks"],
    ),
]
Description = Annotated[str, Meta(max_length=LONGEST_DESCRIPTION, description="A name for your team.", examples=["Warehouse"])]
# Said here and not as an enum: the kinds of questions have that name in the schema.
Chosen = Annotated[str, Meta(extra_json_schema={"enum": [kind.value for kind in CHOICES]})]
Told = Annotated[str, Meta(extra_json_schema={"enum": [kind.value for kind in Kind]})]
Kinds = Annotated[list[Chosen], Meta(min_length=1, max_length=len(CHOICES), description="What it hears of.")]


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server of yours listens."""

    id: UUID
    url: str
    description: str
    kinds: list[Chosen]
    status: Health
    """`new`: nothing was sent yet; `disabled`: it hears nothing until an admin enables it in the settings."""
    why_disabled: Why | None
    """`gone`: it answered 410; `failing`: it had taken nothing for days."""
    disabled_at: Moment | None
    failing_since: Moment | None
    """The first failure after the last success."""
    last_success_at: Moment | None
    created_at: Moment


class MadeWebhook(Webhook, frozen=True, kw_only=True):
    """A webhook with its secret."""

    secret: str
    """Signs what is sent (Standard Webhooks). The API says it this once; admins find it in the settings."""


class NewWebhook(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A webhook to make."""

    url: Address
    kinds: Kinds
    description: Description = ""


class WebhookChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to be different. What is left out stays."""

    url: Address | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET
    description: Description | UnsetType = UNSET


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one webhook."""

    id: UUID
    event_id: UUID
    """The `webhook-id` that your server sees, the same at each try."""
    kind: Told
    status: DeliveryState
    """`forgotten`: the candidate was erased before it was sent."""
    tries: int
    http_status: int | None
    """What the last try was answered, if it was."""
    error: str
    """What was wrong with the last try, in words."""
    created_at: Moment
    next_at: Moment | None
    """When the next try is due."""
    ended_at: Moment | None


class DeliveryQuery(Paging, forbid_unknown_fields=True, kw_only=True):
    status: DeliveryState | UnsetType = UNSET


@operation("GET", "/webhooks", Scope.WEBHOOKS, "List webhooks")
async def list_webhooks(call: Call, query: Paging) -> Page[Webhook]:
    """The newest first, without their secrets."""
    listing = Listing(endpoints.COLUMNS, "webhook_endpoint", "id")
    listing.only("workspace_id = {}", call.workspace_id)
    listing.only("deleted_at IS NULL")
    return await listing.page(query, lambda row: _webhook(msgspec.convert(dict(row), Endpoint)))


@operation("POST", "/webhooks", Scope.WEBHOOKS, "Make a webhook", status=201)
async def make_webhook(call: Call, body: NewWebhook) -> MadeWebhook:
    """It hears of what happens from now on. The address is looked up, and nothing is sent there yet."""
    _check_kinds(body.kinds)
    made = await endpoints.create(call.workspace_id, msgspec.convert(body, Wanted, from_attributes=True), now=call.now)
    return MadeWebhook(**msgspec.structs.asdict(_webhook(made.endpoint)), secret=made.secret)


@operation("GET", "/webhooks/{webhook_id}", Scope.WEBHOOKS, "Get a webhook")
async def get_webhook(call: Call, webhook_id: UUID) -> Webhook:
    return _webhook(await endpoints.get_endpoint(call.workspace_id, webhook_id))


@operation("PATCH", "/webhooks/{webhook_id}", Scope.WEBHOOKS, "Change a webhook")
async def change_webhook(call: Call, webhook_id: UUID, body: WebhookChange) -> Webhook:
    """What waits goes to a new address too. The secret stays."""
    _check_kinds([] if body.kinds is UNSET else body.kinds)
    sent = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}
    lock = "SELECT FROM webhook_endpoint WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE"
    async with db.transaction():
        await db.run(lock, call.workspace_id, webhook_id)
        before = await endpoints.get_endpoint(call.workspace_id, webhook_id)
        kept = msgspec.convert(before, Wanted, from_attributes=True)
        after = await endpoints.change(call.workspace_id, webhook_id, msgspec.structs.replace(kept, **sent))
    return _webhook(after)


@operation("DELETE", "/webhooks/{webhook_id}", Scope.WEBHOOKS, "Delete a webhook")
async def delete_webhook(call: Call, webhook_id: UUID) -> Webhook:
    """Nothing goes there any more. The answer is what it was."""
    return _webhook(await endpoints.delete(call.workspace_id, webhook_id, now=call.now))


@operation("GET", "/webhooks/{webhook_id}/deliveries", Scope.WEBHOOKS, "List the deliveries of a webhook")
async def list_deliveries(call: Call, webhook_id: UUID, query: DeliveryQuery) -> Page[Delivery]:
    """The newest first, for 30 days after their end."""
    await endpoints.get_endpoint(call.workspace_id, webhook_id)
    listing = Listing(deliveries.COLUMNS, "webhook_delivery", "id")
    listing.only("workspace_id = {}", call.workspace_id)
    listing.only("endpoint_id = {}", webhook_id)
    listing.only("state = {}", query.status)
    return await listing.page(query, lambda row: _delivery(msgspec.convert(dict(row), deliveries.Delivery)))


def _check_kinds(kinds: Sequence[str]) -> None:
    """Raises `Refusal` naming each that nobody can choose."""
    sentence = f"Choose one of {', '.join(CHOICES)}."
    if errors := {f"kinds[{number}]": sentence for number, kind in enumerate(kinds) if kind not in CHOICES}:
        raise invalid(errors)


def _webhook(endpoint: Endpoint) -> Webhook:
    same = {name: getattr(endpoint, name) for name in Webhook.__struct_fields__ if name != "status"}
    return Webhook(**same, status=endpoint.health)


def _delivery(found: deliveries.Delivery) -> Delivery:
    same = {name: getattr(found, name) for name in Delivery.__struct_fields__ if hasattr(found, name)}
    return Delivery(**same | {"status": found.state, "http_status": found.status})


operations: list[Operation] = [list_webhooks, make_webhook, get_webhook, change_webhook, delete_webhook, list_deliveries]
