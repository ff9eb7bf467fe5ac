"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import UUID, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class NudgePlan(Table, db=DB, tablename="nudge_plan"):
    """When to nudge: a job's plan, or the workspace's default where `job_id` is null."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    job_id = UUID(null=True, default=None)
    most = Integer()
    gap_hours = Integer()
    age_days = Integer()
    created_at = Timestamptz(default=None)


class Step(Table, db=DB, tablename="step"):
    """One entry of a nudge plan."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    plan_id = UUID(default=None)
    key = Text()
    track = Text()
    position = Integer()
    anchor = Text()
    hours = Integer()
    channel = Text()


class Message(Table, db=DB, tablename="message"):
    """One email or text to one candidate."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    application_id = UUID(default=None)
    step_key = Text()
    track = Text()
    channel = Text()
    state = Text()
    reason_code = Text()
    reason = Text()
    due_at = Timestamptz(default=None)
    lease_until = Timestamptz(null=True, default=None)
    attempts = Integer()
    link_id = UUID(null=True, default=None)
    to_address = Text()
    subject = Text()
    body_text = Text()
    body_html = Text()
    provider = Text()
    provider_id = Text()
    error = Text()
    member_id = UUID(null=True, default=None)
    handed_over_at = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class Suppression(Table, db=DB, tablename="suppression"):
    """An address that must not be written to, and why."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    channel = Text()
    address_hash = Bytea(default=b"")
    address = Text()
    reason = Text()
    source = Text()
    created_at = Timestamptz(default=None)
