"""The list of systems, with how far each recipe is."""

from collections import Counter
from uuid import UUID

import msgspec

from portal.clicks.faults import open_faults
from portal.integrations.recipes.merge_fields import filled_systems
from portal.integrations.recipes.systems import SYSTEMS, System
from portal.links.ats_links import ats_links


class Listed(msgspec.Struct, frozen=True):
    system: System
    fields: int
    """Merge fields that are known."""
    links: int
    faults: int


async def systems_at(workspace_id: UUID, job_id: UUID | None = None) -> list[Listed]:
    """All systems; links and faults of the job, or of the workspace. Those with a link come first."""
    own = await filled_systems(workspace_id)
    made = await ats_links(workspace_id, job_id=job_id)
    links = Counter(found.system for found in made)
    wrong = Counter(fault.system for fault in await open_faults(workspace_id, [found.link.id for found in made]))
    listed = [Listed(s, own.get(s.key, len(s.fields)), links[s.key], wrong[s.key]) for s in SYSTEMS]
    return sorted(listed, key=lambda one: not one.links)
