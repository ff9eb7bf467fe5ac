"""What is kept of HeyMilo. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import UUID, Bytea, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class HeymiloAccount(Table, db=DB, tablename="heymilo_account"):
    """A workspace's key at HeyMilo."""

    workspace_id = UUID(primary_key=True, default=None)
    key_sealed = Text()
    saved_at = Timestamptz(default=None)
    paused_until = Timestamptz(null=True, default=None)
    problem = Text()


class HeymiloPosting(Table, db=DB, tablename="heymilo_posting"):
    """The posting whose interview a job uses."""

    job_id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    posting_id = Text()
    title = Text()
    hook_digest = Bytea(default=None)
    chosen_at = Timestamptz(default=None)
    hooked_at = Timestamptz(null=True, default=None)
    heard_at = Timestamptz(null=True, default=None)
    poll_at = Timestamptz(default=None)


class HeymiloInterview(Table, db=DB, tablename="heymilo_interview"):
    """An application's interview there."""

    application_id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    job_id = UUID(default=None)
    posting_id = Text()
    interview_id = Text(null=True, default=None)
    interview_url = Text()
    asked_at = Timestamptz(null=True, default=None)
    attempts = Integer()
    problem = Text()
    status = Text()
    score = Numeric(null=True, default=None)
    made_at = Timestamptz(null=True, default=None)
    read_at = Timestamptz(null=True, default=None)
    due_at = Timestamptz(null=True, default=None)
    leased_until = Timestamptz(null=True, default=None)
