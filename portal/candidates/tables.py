"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from portal.db import DB


class Candidate(Table, db=DB, tablename="candidate"):
    """A person."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    name = Text()
    email = Text(null=True, default=None)
    phone = Text(null=True, default=None)
    language = Text()
    timezone = Text()
    browser_timezone = Text()
    metadata = JSONB()
    erased_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class CandidateIdentity(Table, db=DB, tablename="candidate_identity"):
    """An id that another system has for a candidate. Key: workspace, system and id."""

    workspace_id = UUID(primary_key=True, default=None)
    system = Text()
    external_id = Text()
    candidate_id = UUID(default=None)
    created_at = Timestamptz(default=None)


class Consent(Table, db=DB, tablename="consent"):
    """A yes or no to being written to, with what was read and where."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    candidate_id = UUID(default=None)
    channel = Text()
    given = Boolean()
    address = Text()
    wording = Text()
    page = Text()
    at = Timestamptz(default=None)


class Application(Table, db=DB, tablename="application"):
    """One candidate at one job."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    job_id = UUID(default=None)
    candidate_id = UUID(default=None)
    stage = Text()
    door = Text()
    link_id = UUID(null=True, default=None)
    click_id = UUID(null=True, default=None)
    personal_link_id = UUID(null=True, default=None)
    invite = Boolean()
    invite_later = Boolean()
    answered = Integer()
    invited_at = Timestamptz(null=True, default=None)
    captured_at = Timestamptz(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    completed_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    active_at = Timestamptz(default=None)
    deadline_at = Timestamptz(null=True, default=None)
    snoozed_until = Timestamptz(null=True, default=None)
    plan_stale = Boolean()
    arm = Text(null=True, default=None)
    arm_at = Timestamptz(null=True, default=None)
    replied_at = Timestamptz(null=True, default=None)
    returned = Boolean(null=True, default=None)
    created_at = Timestamptz(default=None)


class Extension(Table, db=DB, tablename="extension"):
    """Somebody asks for more time."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    application_id = UUID(default=None)
    hours = Integer()
    state = Text()
    asked_at = Timestamptz(default=None)
    decided_at = Timestamptz(null=True, default=None)
    member_id = UUID(null=True, default=None)


class Event(Table, db=DB, tablename="event"):
    """One line of an application's timeline; append-only."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    application_id = UUID(default=None)
    kind = Text()
    at = Timestamptz(default=None)
    member_id = UUID(null=True, default=None)
    data = JSONB()
    published_at = Timestamptz(null=True, default=None)


class CandidateImport(Table, db=DB, tablename="candidate_import"):
    """A file of people on its way in."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    job_id = UUID(default=None)
    member_id = UUID(null=True, default=None)
    name = Text()
    size = Integer()
    state = Text()
    fault = Text()
    heads = JSONB()
    fields = JSONB()
    invite = Text()
    rows = Integer()
    place = Integer()
    created_at = Timestamptz(default=None)
    started_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    forgotten_at = Timestamptz(null=True, default=None)


class ImportChunk(Table, db=DB, tablename="import_chunk"):
    """A piece of the file. Key: import and number."""

    import_id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    number = Integer()
    content = Bytea()


class ImportFile(Table, db=DB, tablename="import_file"):
    """A PDF that came along. Key: import and name."""

    import_id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    name = Text()
    content = Bytea()


class ImportRow(Table, db=DB, tablename="import_row"):
    """A row of the file, with its verdict. Key: import and number."""

    import_id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    number = Integer()
    source = Text()
    line = Integer()
    cells = JSONB()
    verdict = Text()
    reason = Text()
    email = Text(null=True, default=None)
    external_id = Text(null=True, default=None)
    candidate_id = UUID(null=True, default=None)
    application_id = UUID(null=True, default=None)
    made_candidate = Boolean()
    made_application = Boolean()


class Resume(Table, db=DB, tablename="resume"):
    """A PDF that tells of a candidate."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    candidate_id = UUID(default=None)
    import_id = UUID(null=True, default=None)
    name = Text()
    size = Integer()
    digest = Bytea()
    content = Bytea()
    created_at = Timestamptz(default=None)
