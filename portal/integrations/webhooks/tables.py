"""What webhooks keep. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import JSONB, UUID, Integer, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class WebhookEndpoint(Table, db=DB, tablename="webhook_endpoint"):
    """Where a customer's server listens."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    url = Text()
    description = Text()
    kinds = JSONB()
    secret = Text()
    old_secret = Text(null=True, default=None)
    old_secret_until = Timestamptz(null=True, default=None)
    last_success_at = Timestamptz(null=True, default=None)
    failing_since = Timestamptz(null=True, default=None)
    paused_until = Timestamptz(null=True, default=None)
    disabled_at = Timestamptz(null=True, default=None)
    why_disabled = Text()
    deleted_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class WebhookDelivery(Table, db=DB, tablename="webhook_delivery"):
    """One event for one endpoint."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    endpoint_id = UUID(default=None)
    event_id = UUID(default=None)
    application_id = UUID(null=True, default=None)
    kind = Text()
    body = Text()
    state = Text()
    tries = Integer()
    next_at = Timestamptz(null=True, default=None)
    status = Integer(null=True, default=None)
    error = Text()
    created_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)


class WebhookAttempt(Table, db=DB, tablename="webhook_attempt"):
    """One call of an endpoint, and what it said."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    delivery_id = UUID(default=None)
    at = Timestamptz(default=None)
    milliseconds = Integer()
    status = Integer(null=True, default=None)
    error = Text()
    answer = Text()


class WebhookNotice(Table, db=DB, tablename="webhook_notice"):
    """An email to an admin about an endpoint that was disabled."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    endpoint_id = UUID(default=None)
    member_id = UUID(default=None)
    why = Text()
    state = Text()
    made_at = Timestamptz(default=None)
    handed_over_at = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
