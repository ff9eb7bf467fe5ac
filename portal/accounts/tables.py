"""What this room keeps. The database's own rules stand in `portal/migrations`; a test holds both together."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, Integer, Text, Time, Timestamptz
from piccolo.table import Table

from portal.db import DB


class Workspace(Table, db=DB, tablename="workspace"):
    """One hiring organisation."""

    id = UUID(primary_key=True, default=None)
    name = Text()
    timezone = Text()
    country = Text()
    language = Text()
    brand_color = Text()
    privacy_url = Text()
    quiet_from = Time(default=None)
    quiet_until = Time(default=None)
    communications_off_at = Timestamptz(null=True, default=None)
    utm_words = JSONB()
    utm_locked = Boolean()
    logo_id = UUID(null=True, default=None)
    created_at = Timestamptz(default=None)


class Member(Table, db=DB, tablename="member"):
    """A user in a workspace."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    name = Text()
    email = Text()
    role = Text()
    password_hash = Text()
    disabled_at = Timestamptz(null=True, default=None)
    weekly_report = Boolean()
    created_at = Timestamptz(default=None)


class Picture(Table, db=DB, tablename="picture"):
    """A logo, or what apps show beside a shared link."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    content = Bytea()
    type = Text()
    width = Integer()
    height = Integer()
    created_at = Timestamptz(default=None)


class ApiKey(Table, db=DB, tablename="api_key"):
    """A key with which a program acts for a workspace."""

    id = UUID(primary_key=True, default=None)
    workspace_id = UUID(default=None)
    name = Text()
    digest = Bytea()
    ending = Text()
    scopes = JSONB()
    member_id = UUID(null=True, default=None)
    created_at = Timestamptz(default=None)
    last_used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
