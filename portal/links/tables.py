"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, Date, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class Channel(Table, db=DB, tablename="channel"):
    """A place where links are put: a network and a placement."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    network = Text()
    placement = Text()
    network_name = Text()
    placement_name = Text()
    code = Text()
    hint = Text()
    own = Boolean()
    archived_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class Campaign(Table, db=DB, tablename="campaign"):
    """A marketer's named push."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    name = Text()
    code = Text()
    starts_on = Date(null=True, default=None)
    ends_on = Date(null=True, default=None)
    notes = Text()
    archived_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class CampaignBudget(Table, db=DB, tablename="campaign_budget"):
    """What a campaign spends on a channel."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    campaign_id = UUID(default=None)
    channel_id = UUID(default=None)
    amount = Numeric(digits=(12, 2))
    currency = Text()


class Link(Table, db=DB, tablename="link"):
    """A tracked short link, public (channel) or one application's own (personal)."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    kind = Text()
    job_id = UUID(default=None)
    channel_id = UUID(null=True, default=None)
    campaign_id = UUID(null=True, default=None)
    application_id = UUID(null=True, default=None)
    slug = Text(null=True, default=None)
    token_digest = Bytea(null=True, default=None)
    token_version = Integer()
    label = Text()
    target_url = Text()
    note = Text()
    card_title = Text()
    card_text = Text()
    starts_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    paused_at = Timestamptz(null=True, default=None)
    archived_at = Timestamptz(null=True, default=None)
    expires_after_hours = Integer(null=True, default=None)
    first_tap_at = Timestamptz(null=True, default=None)
    tap_published_at = Timestamptz(null=True, default=None)
    card_picture_id = UUID(null=True, default=None)
    member_id = UUID(null=True, default=None)
    system = Text()
    reminders = Text()
    created_at = Timestamptz(default=None)


class LinkChange(Table, db=DB, tablename="link_change"):
    """Who changed what of a link."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    link_id = UUID(default=None)
    member_id = UUID(null=True, default=None)
    at = Timestamptz(default=None)
    what = Text()
    before = JSONB()
    after = JSONB()


class Domain(Table, db=DB, tablename="domain"):
    """A host under which a workspace's links are served."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    host = Text()
    preferred = Boolean()
    created_at = Timestamptz(default=None)


class LinkUpload(Table, db=DB, tablename="link_upload"):
    """A list of links that was looked through and waits to be made."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    member_id = UUID(null=True, default=None)
    name = Text()
    content = Bytea()
    made_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)
