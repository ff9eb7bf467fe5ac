"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import JSONB, UUID, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class ApiAnswer(Table, db=DB, tablename="api_answer"):
    """What a request with an Idempotency-Key was answered; not yet, while `status` is empty."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    key_id = UUID(default=None)
    word = Bytea()
    fingerprint = Bytea()
    status = Integer(null=True, default=None)
    body = Text(null=True, default=None)
    started_at = Timestamptz(default=None)


class MergeFieldMap(Table, db=DB, tablename="merge_field_map"):
    """How a workspace's applicant system writes its merge fields."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    system = Text()
    fields = JSONB()
    member_id = UUID(null=True, default=None)
    updated_at = Timestamptz(default=None)
