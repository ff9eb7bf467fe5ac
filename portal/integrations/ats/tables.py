"""What is kept of the systems that tell us of candidates. The database's rules stand in `portal/migrations`."""

from piccolo.columns import UUID, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class AtsConnection(Table, db=DB, tablename="ats_connection"):
    """One account at one system that may tell us of candidates."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    system = Text()
    name = Text()
    key_version = Integer()
    key_digest = Bytea(default=b"")
    api_key = Text()
    api_url = Text()
    job_id = UUID(null=True, default=None)
    invite = Boolean()
    wait_until = Timestamptz(null=True, default=None)
    paused_at = Timestamptz(null=True, default=None)
    removed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class AtsSecret(Table, db=DB, tablename="ats_secret"):
    """What deliveries are signed with, sealed."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    connection_id = UUID(default=None)
    sealed = Text()
    ends_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class AtsJob(Table, db=DB, tablename="ats_job"):
    """A job of theirs, and which of ours it goes to."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    connection_id = UUID(default=None)
    their_id = Text()
    title = Text()
    job_id = UUID(null=True, default=None)
    ignored = Boolean()
    seen_at = Timestamptz(default=None)


class AtsPerson(Table, db=DB, tablename="ats_person"):
    """A person of theirs: whose candidate that is here, or that they were removed there."""

    connection_id = UUID(primary_key=True, default=None)
    person_hash = Bytea(default=b"")
    workspace_id = UUID(default=None)
    candidate_id = UUID(null=True, default=None)
    merged_into = Bytea(null=True, default=None)
    quiet = Boolean()
    removed_at = Timestamptz(null=True, default=None)


class AtsDelivery(Table, db=DB, tablename="ats_delivery"):
    """What came, and what became of it."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    connection_id = UUID(default=None)
    delivery_key = Text(null=True, default=None)
    event = Text()
    state = Text()
    reason = Text()
    note = Text()
    body = Text()
    person_hash = Bytea(null=True, default=None)
    their_job = Text(null=True, default=None)
    application_id = UUID(null=True, default=None)
    attempts = Integer()
    since = Timestamptz(default=None)
    next_at = Timestamptz(default=None)
    lease_until = Timestamptz(null=True, default=None)
    received_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
