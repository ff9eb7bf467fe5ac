"""Where customers' servers listen: made, changed, disabled, taken away. Every function is scoped to a workspace.

Secrets are kept sealed, since they must be read again to sign. While an endpoint is disabled, what waits for it stays and nothing
new is written; once it is enabled again, what waits goes on.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import crypto, db
from portal.integrations import outward
from portal.integrations.webhooks import signing
from portal.integrations.webhooks.kinds import CHOICES, Kind
from portal.integrations.webhooks.payloads import News, OfTest, body_of
from portal.web.forms import Invalid
from portal.web.missing import Missing

PURPOSE = "webhook secret"
MOST = 20
"""Endpoints of a workspace."""
LONGEST_URL, LONGEST_DESCRIPTION = 2000, 120
BOTH_SIGN = timedelta(hours=24)
"""So long the secret before a rotation signs beside the new one."""
UNDO = timedelta(days=1)
"""So long a deleted endpoint can be brought back."""


class Why(StrEnum):
    """Why an endpoint hears nothing."""

    BY_HAND = "by_hand"
    GONE = "gone"
    """It answered 410 Gone."""
    FAILING = "failing"
    """It has taken nothing for days."""


class Health(StrEnum):
    NEW = "new"
    """Nothing has been sent there yet."""
    FINE = "fine"
    FAILING = "failing"
    DISABLED = "disabled"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed."""

    url: str
    kinds: list[str]
    description: str = ""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    url: str
    description: str
    kinds: list[Kind]
    last_success_at: datetime | None
    failing_since: datetime | None
    paused_until: datetime | None
    disabled_at: datetime | None
    why_disabled: Why | None
    old_secret_until: datetime | None
    created_at: datetime

    @property
    def name(self) -> str:
        return self.description or self.url

    @property
    def health(self) -> Health:
        if self.disabled_at:
            return Health.DISABLED
        if self.failing_since:
            return Health.FAILING
        return Health.FINE if self.last_success_at else Health.NEW


class Made(msgspec.Struct, frozen=True):
    endpoint: Endpoint
    secret: str


COLUMNS = (
    "id, url, description, kinds, last_success_at, failing_since, paused_until, disabled_at, "
    "nullif(why_disabled, '') AS why_disabled, old_secret_until, created_at"
)


async def list_endpoints(workspace_id: UUID) -> list[Endpoint]:
    """The oldest first."""
    found = await db.rows(
        f"SELECT {COLUMNS} FROM webhook_endpoint WHERE workspace_id = $1 AND deleted_at IS NULL ORDER BY created_at, id",
        workspace_id,
    )
    return [_endpoint(row) for row in found]


async def get_endpoint(workspace_id: UUID, endpoint_id: UUID) -> Endpoint:
    """Raises `Missing`."""
    return _endpoint(
        await db.row(
            f"SELECT {COLUMNS} FROM webhook_endpoint WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL",
            workspace_id,
            endpoint_id,
        )
    )


async def create(workspace_id: UUID, wanted: Wanted, *, now: datetime) -> Made:
    """Raises `Invalid` under ``url``, ``kinds`` or ``description``. The address is looked up, and nothing is sent there."""
    checked = await _checked(wanted)
    secret = signing.new_secret()
    async with db.transaction():
        # Who makes one at the same time waits here, so that both are counted.
        await db.value("SELECT id FROM workspace WHERE id = $1 FOR NO KEY UPDATE", workspace_id)
        if len(await list_endpoints(workspace_id)) >= MOST:
            raise Invalid({"url": f"There are {MOST} webhooks already. Delete one first."})
        row = await db.row(
            "INSERT INTO webhook_endpoint (id, workspace_id, url, description, kinds, secret, why_disabled, created_at) "
            f"VALUES ($1, $2, $3, $4, $5, $6, '', $7) RETURNING {COLUMNS}",
            db.new_id(),
            workspace_id,
            checked.url,
            checked.description,
            checked.kinds,
            crypto.seal(PURPOSE, secret, now=now),
            now,
        )
    return Made(_endpoint(row), secret)


async def change(workspace_id: UUID, endpoint_id: UUID, wanted: Wanted) -> Endpoint:
    """What waits goes to the new address. Raises `Missing`, and `Invalid` as `create` does.

    An address that stays is not looked up again: its host may be away just now, and that is no fault of another field's.
    """
    before = await get_endpoint(workspace_id, endpoint_id)
    checked = await _checked(wanted, known=before.url)
    return await _update(
        workspace_id, endpoint_id, "url = $3, description = $4, kinds = $5", checked.url, checked.description, checked.kinds
    )


async def rotate(workspace_id: UUID, endpoint_id: UUID, *, now: datetime) -> str:
    """The new secret. The one before it signs too, for `BOTH_SIGN`. Raises `Missing`."""
    secret = signing.new_secret()
    await _update(
        workspace_id,
        endpoint_id,
        "old_secret = secret, old_secret_until = $4, secret = $3",
        crypto.seal(PURPOSE, secret, now=now),
        now + BOTH_SIGN,
    )
    return secret


async def secret_of(workspace_id: UUID, endpoint_id: UUID) -> str:
    """Empty if it can't be read any more, since the installation's key has changed: then rotate it. Raises `Missing`."""
    sealed = await db.value(
        "SELECT secret FROM webhook_endpoint WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL",
        workspace_id,
        endpoint_id,
    )
    if sealed is None:
        raise Missing("webhook")
    try:
        return crypto.unseal(PURPOSE, sealed)
    except crypto.Unsealable:
        return ""


async def disable(workspace_id: UUID, endpoint_id: UUID, *, why: Why = Why.BY_HAND, now: datetime) -> Endpoint:
    """One that is disabled already stays as it is. Raises `Missing`."""
    return await _update(
        workspace_id,
        endpoint_id,
        "why_disabled = CASE WHEN disabled_at IS NULL THEN $4 ELSE why_disabled END, disabled_at = coalesce(disabled_at, $3)",
        now,
        why.value,
    )


async def enable(workspace_id: UUID, endpoint_id: UUID, *, now: datetime) -> Endpoint:
    """What waits for it goes on at once. Raises `Missing`."""
    async with db.transaction():
        # The deliveries first, as whoever records an answer does: two who wait for each other would both be stuck.
        await db.run(
            "UPDATE webhook_delivery SET next_at = $3 WHERE workspace_id = $1 AND endpoint_id = $2 AND state = 'waiting'",
            workspace_id,
            endpoint_id,
            now,
        )
        free = "disabled_at = NULL, why_disabled = '', failing_since = NULL, paused_until = NULL"
        return await _update(workspace_id, endpoint_id, free)


async def delete(workspace_id: UUID, endpoint_id: UUID, *, now: datetime) -> Endpoint:
    """Nothing goes there any more. It can be brought back for `UNDO`. Raises `Missing`."""
    return await _update(workspace_id, endpoint_id, "deleted_at = $3", now)


async def bring_back(workspace_id: UUID, endpoint_id: UUID) -> Endpoint:
    """One that was deleted. Raises `Missing`."""
    return _endpoint(
        await db.row(
            "UPDATE webhook_endpoint SET deleted_at = NULL WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NOT NULL "
            f"RETURNING {COLUMNS}",
            workspace_id,
            endpoint_id,
        )
    )


async def send_test(workspace_id: UUID, endpoint_id: UUID, *, member_name: str, now: datetime) -> UUID:
    """Write a ``ping``, which goes at once; the delivery's id. Raises `Missing`, and `Invalid` if the endpoint is disabled."""
    endpoint = await get_endpoint(workspace_id, endpoint_id)
    if endpoint.disabled_at:
        raise Invalid({"": "This webhook is disabled. Enable it first."})
    news = News(event_id=db.new_id(), workspace_id=workspace_id, kind=Kind.PING, at=now)
    body = body_of(news, OfTest(webhook_id=endpoint_id, message=f"A test, sent by {member_name}."))
    made: UUID = await db.value(
        "INSERT INTO webhook_delivery (id, workspace_id, endpoint_id, event_id, kind, body, state, tries, next_at, error, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, '', $7) RETURNING id",
        db.new_id(),
        workspace_id,
        endpoint_id,
        news.event_id,
        news.kind.value,
        body,
        now,
    )
    return made


async def _checked(wanted: Wanted, known: str = "") -> Wanted:
    url, description = wanted.url.strip(), " ".join(wanted.description.split())
    kinds = [kind.value for kind in CHOICES if kind.value in wanted.kinds]
    errors = {} if url and url == known else await _fault_of(url)
    if not kinds or set(wanted.kinds) - set(kinds):
        errors["kinds"] = "Choose at least one of these."
    if len(description) > LONGEST_DESCRIPTION:
        errors["description"] = f"Use at most {LONGEST_DESCRIPTION} characters."
    if errors:
        raise Invalid(errors)
    return Wanted(url=url, kinds=kinds, description=description)


async def _fault_of(url: str) -> dict[str, str]:
    if len(url) > LONGEST_URL:
        return {"url": f"Use at most {LONGEST_URL:,} characters."}
    try:
        await outward.look_up(url)
    except outward.Unanswered as refused:
        return {"url": str(refused)}
    return {}


async def _update(workspace_id: UUID, endpoint_id: UUID, change: str, *args: object) -> Endpoint:
    """`change` is SQL of ours, with `args` from $3 on. Raises `Missing`."""
    return _endpoint(
        await db.row(
            f"UPDATE webhook_endpoint SET {change} WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL "
            f"RETURNING {COLUMNS}",
            workspace_id,
            endpoint_id,
            *args,
        )
    )


def _endpoint(row: db.Row | None) -> Endpoint:
    if row is None:
        raise Missing("webhook")
    return msgspec.convert(dict(row), Endpoint)
