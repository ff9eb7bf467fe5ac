"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, Integer, Text, Time, Timestamptz
from piccolo.table import Table

from portal.db import DB


class Sender(Table, db=DB, tablename="sender"):
    """Who a workspace's messages come from, and who carries them. Empty providers: the installation decides."""

    workspace_id = UUID(primary_key=True, default=None)
    email_provider = Text()
    sms_provider = Text()
    from_name = Text()
    from_email = Text()
    reply_to = Text()
    sms_from = Text()
    postal_address = Text()
    resend_after_minutes = Integer()
    updated_at = Timestamptz(default=None)


class Template(Table, db=DB, tablename="template"):
    """A text of a workspace's own, for all its jobs or for one. `step_key`: a plan's step, or invite, link, manual."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    job_id = UUID(null=True, default=None)
    step_key = Text()
    channel = Text()
    language = Text()
    variant = Text()
    subject = Text()
    body = Text()
    button = Text()
    member_id = UUID(null=True, default=None)
    updated_at = Timestamptz(default=None)


class Blast(Table, db=DB, tablename="blast"):
    """A message to many, or to one, by hand."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    job_id = UUID(null=True, default=None)
    member_id = UUID(null=True, default=None)
    channel = Text()
    subject = Text()
    body = Text()
    button = Text()
    filter = JSONB()
    state = Text()
    chosen = Integer()
    written = Integer()
    after_id = UUID(null=True, default=None)
    created_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)


class NudgePlan(Table, db=DB, tablename="nudge_plan"):
    """When to nudge: a job's plan, or the workspace's default where `job_id` is null."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    job_id = UUID(null=True, default=None)
    most = Integer()
    gap_hours = Integer()
    age_days = Integer()
    quiet_from = Time(null=True, default=None)
    quiet_until = Time(null=True, default=None)
    holdout_percent = Integer()
    stop_on_reply = Boolean()
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


class PlanChange(Table, db=DB, tablename="plan_change"):
    """A job whose waiting applications are to be planned anew, and how far that has got."""

    workspace_id = UUID(primary_key=True, default=None)
    job_id = UUID(default=None)
    after_id = UUID(default=None)


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
    language = Text()
    variant = Text()
    template_id = UUID(null=True, default=None)
    segments = Integer()
    from_address = Text()
    retry_at = Timestamptz(null=True, default=None)
    blast_id = UUID(null=True, default=None)
    wish = Text()
    wished_at = Timestamptz(null=True, default=None)
    looked_at = Timestamptz(null=True, default=None)
    looks = Integer()
    opened_at = Timestamptz(null=True, default=None)
    opened_by_machine = Boolean()
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


class Callback(Table, db=DB, tablename="callback"):
    """What a provider told us: what is told twice is heard once."""

    provider = Text(primary_key=True)
    event_id = Text()
    message_id = UUID(null=True, default=None)
    kind = Text()
    at = Timestamptz(default=None)
    received_at = Timestamptz(default=None)


class Reply(Table, db=DB, tablename="reply"):
    """What a candidate wrote back."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    application_id = UUID(default=None)
    channel = Text()
    provider_id = Text()
    body = Text()
    is_opt_out = Boolean()
    at = Timestamptz(default=None)
    seen_at = Timestamptz(null=True, default=None)
    member_id = UUID(null=True, default=None)
