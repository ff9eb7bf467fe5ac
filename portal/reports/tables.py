"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import UUID, Date, Text, Timestamptz
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
