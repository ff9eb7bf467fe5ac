"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import UUID, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class Job(Table, db=DB, tablename="job"):
    """An opening that people are invited to interview for."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    slug = Text()
    title = Text()
    location = Text()
    pay = Text()
    summary = Text()
    role_type = Text()
    status = Text()
    interview_kind = Text()
    external_url = Text()
    minutes = Integer()
    deadline_at = Timestamptz(null=True, default=None)
    deadline_days = Integer(null=True, default=None)
    timezone = Text()
    country = Text()
    language = Text()
    card_title = Text()
    card_text = Text()
    extension_hours = Integer()
    extension_at_once = Boolean()
    created_at = Timestamptz(default=None)
    closed_at = Timestamptz(null=True, default=None)
