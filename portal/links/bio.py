"""The address of a workspace's list of open jobs, for the one link that a profile has.

The host alone does not say whose jobs are meant: several workspaces may share the public one. So links lead to `path_of`,
which holds a word made from the workspace's id, right on every host and for ever; ``/jobs`` alone is understood where
only one workspace can be meant.
"""

from uuid import UUID

from portal import db

LETTERS = 12
"""Of the id's random end (RFC 9562, 5.7): 48 bits, not to be met by chance."""


def path_of(workspace_id: UUID) -> str:
    return f"/jobs/{workspace_id.hex[-LETTERS:]}"


async def workspace_of(word: str) -> UUID | None:
    """Whose list ``/jobs/{word}`` is."""
    found: UUID | None = await db.value("SELECT id FROM workspace WHERE right(id::text, $2) = $1", word.lower(), LETTERS)
    return found


async def only_workspace(host: str) -> UUID | None:
    """Whose list ``/jobs`` is: that of the workspace whose domain `host` is, or of the only workspace there is."""
    owner: UUID | None = await db.value("SELECT workspace_id FROM domain WHERE host = $1", host.lower())
    if owner is not None:
        return owner
    found = await db.rows("SELECT id FROM workspace LIMIT 2")
    return found[0]["id"] if len(found) == 1 else None
