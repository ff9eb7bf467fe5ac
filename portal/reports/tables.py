"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Date, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class WeeklyReport(Table, db=DB, tablename="weekly_report"):
    """The week's figures, for a member who wants them by email."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    member_id = UUID(default=None)
    week = Date(default=None)
    subject = Text()
    body_text = Text()
    body_html = Text()
    state = Text()
    made_at = Timestamptz(default=None)
    handed_over_at = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)


class ClickSumDaily(Table, db=DB, tablename="click_sum_daily"):
    """Clicks on all links of a workspace, job, channel or campaign. Kept by triggers on the rollups."""

    workspace_id = UUID(primary_key=True, default=None)
    owner_id = UUID(default=None)
    kind = Text()
    dimension = Text()
    day = Date(default=None)
    value = Text()
    clicks = BigInt()


class ClickSumHourly(Table, db=DB, tablename="click_sum_hourly"):
    """The same by hour (UTC) and verdict."""

    workspace_id = UUID(primary_key=True, default=None)
    owner_id = UUID(default=None)
    hour = Timestamptz(default=None)
    verdict = Text()
    clicks = BigInt()


class ClickTotal(Table, db=DB, tablename="click_total"):
    """What people did on a channel link, or in a channel, until the end of a day."""

    workspace_id = UUID(primary_key=True, default=None)
    owner_id = UUID(default=None)
    day = Date(default=None)
    clicks = BigInt()
    visitors = BigInt()
    landed = BigInt()


class PersonTotal(Table, db=DB, tablename="person_total"):
    """How many people came until the end of a day, and how far they got: of a workspace or job, by what brought them."""

    workspace_id = UUID(primary_key=True, default=None)
    owner_id = UUID(default=None)
    source = Text()
    day = Date(default=None)
    people = BigInt()
    captured = BigInt()
    started = BigInt()
    completed = BigInt()
    returned = BigInt()
    finished = BigInt()
    """Those who completed of the people of this day alone."""
    times = Array(base_column=Integer())
    """Of each step how many people took how long: see `durations`."""
    zones = Array(base_column=Text())
    zoned = Array(base_column=Integer())
    """Of each time zone how many people named it."""


class PersonFolded(Table, db=DB, tablename="person_folded"):
    """Until when a workspace's totals are there."""

    workspace_id = UUID(primary_key=True, default=None)
    until = Date(default=None)


class PersonStale(Table, db=DB, tablename="person_stale"):
    """When somebody came of whom something has changed since."""

    id = BigInt(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    at = Timestamptz(default=None)


class PersonFold(Table, db=DB, tablename="person_fold"):
    """What is known of the people of a day, or of several days, with one value of a dimension: see `person_folds`."""

    workspace_id = UUID(primary_key=True, default=None)
    owner_id = UUID(default=None)
    dimension = Text()
    value = Text()
    day = Date(default=None)
    days = Integer(default=1)
    parts = JSONB()


class PersonBlock(Table, db=DB, tablename="person_block"):
    """Days and blocks of days of which that is known, and right."""

    workspace_id = UUID(primary_key=True, default=None)
    day = Date(default=None)
    days = Integer(default=1)


class ClickFold(Table, db=DB, tablename="click_fold"):
    """What is known of a day's clicks, or of several days', with one value of a dimension: see `click_folds`."""

    workspace_id = UUID(primary_key=True, default=None)
    owner_id = UUID(default=None)
    dimension = Text()
    value = Text()
    day = Date(default=None)
    days = Integer(default=1)
    parts = JSONB()


class ClickBlock(Table, db=DB, tablename="click_block"):
    """Days and blocks of days of which that is known, and right."""

    workspace_id = UUID(primary_key=True, default=None)
    day = Date(default=None)
    days = Integer(default=1)


class MixFold(Table, db=DB, tablename="mix_fold"):
    """Clicks of several days by all that is known of them at once: see `mix_folds`."""

    workspace_id = UUID(primary_key=True, default=None)
    owner_id = UUID(default=None)
    kind = Text()
    verdict = Text()
    day = Date(default=None)
    days = Integer(default=16)
    channel_id = UUID(null=True, default=None)
    reason = Text()
    app = Text()
    device = Text()
    system = Text()
    language = Text()
    referrer = Text()
    clicks = BigInt()
    landed = BigInt()
    hours = Numeric()
    by_day = Numeric()
    """Many counts side by side in one number."""
