"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class ClickJournal(Table, db=DB, tablename="click_journal"):
    """Hits as they come, before a verdict. Written by COPY, emptied by a worker."""

    id = UUID(primary_key=True, default=None)
    at = Timestamptz(default=None)
    kind = Text()
    link_id = UUID(null=True, default=None)
    click_id = UUID(null=True, default=None)
    slug = Text()
    outcome = Text()
    method = Text()
    staff = Boolean()
    user_agent = Text()
    referrer_host = Text()
    query = Text()
    purpose = Text()
    sec_fetch = Text()
    language = Text()
    visitor = Bytea(null=True, default=None)


class Click(Table, db=DB, tablename="click"):
    """One hit on a link, with its verdict. Partitioned by month of `at`."""

    id = UUID(primary_key=True, default=None)
    at = Timestamptz(default=None)
    day = Date(default=None)
    workspace_id = UUID(default=None)
    link_id = UUID(default=None)
    mailed = Boolean()
    outcome = Text()
    verdict = Text()
    reason = Text()
    rules = Integer()
    method = Text()
    app = Text()
    device = Text()
    system = Text()
    language = Text()
    referrer_host = Text()
    user_agent = Text()
    purpose = Text()
    sec_fetch = Text()
    parameters = JSONB()
    visitor = Bytea(null=True, default=None)


class Landing(Table, db=DB, tablename="landing"):
    """The first time the page behind a click was shown."""

    id = UUID(primary_key=True, default=None)
    at = Timestamptz(default=None)
    workspace_id = UUID(default=None)
    job_id = UUID(default=None)
    link_id = UUID(default=None)
    click_id = UUID(default=None)
    verdict = Text()


class ClickHourly(Table, db=DB, tablename="click_hourly"):
    """Clicks per link, hour (UTC) and verdict."""

    workspace_id = UUID(primary_key=True, default=None)
    link_id = UUID(default=None)
    hour = Timestamptz(default=None)
    verdict = Text()
    clicks = BigInt()


class ClickDaily(Table, db=DB, tablename="click_daily"):
    """Clicks per link, day of the workspace, dimension and value."""

    workspace_id = UUID(primary_key=True, default=None)
    link_id = UUID(default=None)
    day = Date(default=None)
    dimension = Text()
    value = Text()
    clicks = BigInt()


class ClickMix(Table, db=DB, tablename="click_mix"):
    """Clicks on all links of a workspace, job or campaign, by day, channel, and all that is known of them at once. Kept by
    triggers on clicks and landings."""

    workspace_id = UUID(primary_key=True, default=None)
    owner_id = UUID(default=None)
    kind = Text()
    verdict = Text()
    day = Date(default=None)
    channel_id = UUID(null=True, default=None)
    reason = Text()
    app = Text()
    device = Text()
    system = Text()
    language = Text()
    referrer = Text()
    clicks = BigInt()
    landed = BigInt()
    hours = Array(base_column=Integer())


class VisitorSalt(Table, db=DB, tablename="visitor_salt"):
    """The secret of a day; deleted after 48 hours."""

    day = Date(primary_key=True, default=None)
    salt = Bytea(default=b"")
    created_at = Timestamptz(default=None)


class VisitorDay(Table, db=DB, tablename="visitor_day"):
    """Who was counted as a visitor of a link on a day; deleted with the salt."""

    link_id = UUID(primary_key=True, default=None)
    day = Date(default=None)
    visitor = Bytea(default=b"")


class OrphanHit(Table, db=DB, tablename="orphan_hit"):
    """Hits on slugs that nobody made."""

    slug = Text(primary_key=True)
    day = Date(default=None)
    hits = BigInt()
    last_at = Timestamptz(default=None)


class OrphanSeen(Table, db=DB, tablename="orphan_seen"):
    """Which of them were counted, for two days."""

    id = UUID(primary_key=True, default=None)
    at = Timestamptz(default=None)


class PrefillFault(Table, db=DB, tablename="prefill_fault"):
    """A merge field that arrived as it is written, by link and field."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    link_id = UUID(default=None)
    field = Text()
    token = Text()
    taps = BigInt()
    first_at = Timestamptz(default=None)
    last_at = Timestamptz(default=None)
    clean = BigInt()
    mended_at = Timestamptz(null=True, default=None)


class ClickRetention(Table, db=DB, tablename="click_retention"):
    """From when on clicks are kept: the latest line counts."""

    kept_from = Date(primary_key=True, default=None)
