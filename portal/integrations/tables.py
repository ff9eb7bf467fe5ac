"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import JSONB, UUID, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class MergeFieldMap(Table, db=DB, tablename="merge_field_map"):
    """How a workspace's applicant system writes its merge fields."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    system = Text()
    fields = JSONB()
    member_id = UUID(null=True, default=None)
    updated_at = Timestamptz(default=None)
