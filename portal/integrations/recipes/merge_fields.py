"""How a workspace's applicant system writes the fields that a link takes along: its own words, or the published ones."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

import msgspec

from portal import db
from portal.clicks.prefill import Field
from portal.clicks.tokens import unreplaced
from portal.integrations.recipes.systems import System
from portal.web.forms import Form

LONGEST = 80
NAMES = {
    Field.NAME: "Full name",
    Field.FIRST_NAME: "First name",
    Field.LAST_NAME: "Last name",
    Field.EMAIL: "Email",
    Field.PHONE: "Mobile number",
    Field.EXTERNAL_ID: "Id of the application",
}
"""In the order in which people think of them."""
NO_FIELD = (
    "Paste the merge field as the system writes it, with its marks, such as {{…}}, {…}, […] or %…%: this reads like a value."
)
NO_ADDRESS = "An address can’t carry an & within a field. Use a merge field without one."
TWICE = "This is the merge field of “{}” too. Each field needs its own."

Fields = Mapping[Field, str]


class MergeFields(msgspec.Struct, frozen=True):
    fields: Fields
    changed_at: datetime | None
    """None: as the system publishes them."""

    @property
    def spaced(self) -> list[str]:
        """Those that end a link in plain text."""
        return [token for token in self.fields.values() if set(token) & set(' #"<>')]


async def merge_fields_of(workspace_id: UUID, system: System) -> MergeFields:
    found = await db.row(
        "SELECT fields, updated_at FROM merge_field_map WHERE workspace_id = $1 AND system = $2", workspace_id, system.key
    )
    if found is None:
        return MergeFields(system.fields, None)
    return MergeFields({Field(name): token for name, token in found["fields"].items()}, found["updated_at"])


async def filled_systems(workspace_id: UUID) -> dict[str, int]:
    """How many fields each system has that the workspace wrote down itself."""
    found = await db.rows("SELECT system, fields FROM merge_field_map WHERE workspace_id = $1", workspace_id)
    return {row["system"]: len(row["fields"]) for row in found}


def read_fields(form: Form) -> dict[Field, str]:
    """Raises `Invalid` naming each field that can't be used."""
    fields: dict[Field, str] = {}
    for field in NAMES:
        token = form.text(field.value, longest=LONGEST)
        if fault := _fault(token, fields):
            form.wrong(field.value, fault)
        if token:
            fields[field] = token
    form.check()
    return fields


async def save_fields(workspace_id: UUID, system: System, fields: Fields, *, member_id: UUID, now: datetime) -> None:
    await db.run(
        "INSERT INTO merge_field_map (id, workspace_id, system, fields, member_id, updated_at) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (workspace_id, system) DO UPDATE SET fields = EXCLUDED.fields, member_id = EXCLUDED.member_id, "
        "updated_at = EXCLUDED.updated_at",
        *(db.new_id(), workspace_id, system.key, {field.value: token for field, token in fields.items()}, member_id, now),
    )


async def forget_fields(workspace_id: UUID, system: System) -> None:
    """Back to those that the system publishes."""
    await db.run("DELETE FROM merge_field_map WHERE workspace_id = $1 AND system = $2", workspace_id, system.key)


def _fault(token: str, before: Fields) -> str:
    """Whatever stands here must be told from somebody's name when it arrives as it is."""
    if not token:
        return ""
    if "&" in token:
        return NO_ADDRESS
    if not unreplaced(quote(token)):
        return NO_FIELD
    same = [NAMES[field] for field, other in before.items() if other == token]
    return TWICE.format(same[0]) if same else ""
