"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class Question(Table, db=DB, tablename="question"):
    """One question of a job's interview."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    job_id = UUID(default=None)
    position = Integer()
    kind = Text()
    prompt = Text()
    help = Text()
    options = JSONB()
    required = Boolean()
    archived_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class Answer(Table, db=DB, tablename="answer"):
    """What was answered, and the question as it stood then."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    application_id = UUID(default=None)
    question_id = UUID(default=None)
    prompt = Text()
    value = JSONB()
    answered_at = Timestamptz(default=None)


class ExternalInterview(Table, db=DB, tablename="external_interview"):
    """How a job's interview elsewhere tells of itself."""

    job_id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    return_finishes = Boolean()
    hook_digest = Bytea(null=True, default=None)
    secret_sealed = Text()


class InterviewCall(Table, db=DB, tablename="interview_call"):
    """One thing that was heard at a job's hook."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    job_id = UUID(default=None)
    message_id = Text()
    event = Text()
    application_id = UUID(null=True, default=None)
    outcome = Text()
    received_at = Timestamptz(default=None)
