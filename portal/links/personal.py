"""Personal links: a secret that belongs to one application.

The token is grown from the installation's secret, the link's id and a version, so it can be shown again at any time; only
its digest is kept. Raising the version ends the token that was out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from portal import changes, crypto, db
from portal.links.slugs import is_token
from portal.settings import settings
from portal.web.missing import Missing


class PersonalLink(NamedTuple):
    """What a token opens."""

    link_id: UUID
    workspace_id: UUID
    job_id: UUID
    application_id: UUID


def token_of(link_id: UUID, version: int = 1) -> str:
    return crypto.token("personal-link", link_id, version)


def personal_url(link_id: UUID, version: int = 1) -> str:
    """The tracked address: what is copied, and what messages carry."""
    return f"{settings().public_url}/{token_of(link_id, version)}"


def interview_path(link_id: UUID, version: int = 1) -> str:
    """Where it leads."""
    return f"/i/{token_of(link_id, version)}"


async def new_personal_link(*, workspace_id: UUID, job_id: UUID, application_id: UUID, now: datetime) -> UUID:
    """A link of its own for this application; its id. In the caller's transaction."""
    link_id = db.new_id()
    await keep_personal_links(workspace_id, [(link_id, job_id, application_id)], now)
    return link_id


async def keep_personal_links(workspace_id: UUID, links: Iterable[tuple[UUID, UUID, UUID]], now: datetime) -> None:
    """Each (link, job, application) a new link under the id that the caller chose. In the caller's transaction."""
    await db.run_many(
        "INSERT INTO link (id, workspace_id, kind, job_id, application_id, token_digest, token_version, label, target_url, note, "
        "card_title, card_text, created_at) VALUES ($1, $2, 'personal', $3, $4, $5, 1, '', '', '', '', '', $6)",
        [
            (link_id, workspace_id, job_id, application_id, crypto.digest(token_of(link_id)), now)
            for link_id, job_id, application_id in links
        ],
    )


async def find_personal(token: str) -> PersonalLink | None:
    """What `token` opens; None for one that nobody made, or that was replaced. Capitals are forgiven."""
    token = token.strip().lower()
    if not is_token(token):
        return None
    found = await db.row(
        "SELECT id, workspace_id, job_id, application_id FROM link WHERE token_digest = $1 AND archived_at IS NULL",
        crypto.digest(token),
    )
    return PersonalLink(*found) if found else None


async def find_even_replaced(token: str) -> PersonalLink | None:
    """The same, also for a token that was replaced: whoever was written to may always say stop."""
    token = token.strip().lower()
    if not is_token(token):
        return None
    found = await db.row(
        "SELECT id, workspace_id, job_id, application_id FROM link WHERE token_digest = $1", crypto.digest(token)
    )
    return PersonalLink(*found) if found else None


async def replace_personal_link(*, workspace_id: UUID, link_id: UUID, now: datetime) -> int:
    """End the token that is out and grow another; its version. The old one stays known, as that of an archived link. Raises
    `Missing`."""
    async with db.transaction():
        version = await db.value(
            "SELECT token_version FROM link WHERE workspace_id = $1 AND id = $2 AND kind = 'personal' FOR UPDATE",
            workspace_id,
            link_id,
        )
        if version is None:
            raise Missing("link")
        raised = int(version) + 1
        await db.run(
            "UPDATE link SET token_version = $3, token_digest = $4 WHERE workspace_id = $1 AND id = $2",
            workspace_id,
            link_id,
            raised,
            crypto.digest(token_of(link_id, raised)),
        )
        await _keep_replaced(workspace_id, link_id, int(version), now)
    await changes.link_changed(link_id)
    return raised


async def _keep_replaced(workspace_id: UUID, link_id: UUID, version: int, now: datetime) -> None:
    await db.run(
        "INSERT INTO link (id, workspace_id, kind, job_id, application_id, token_digest, token_version, label, target_url, note, "
        "card_title, card_text, archived_at, created_at) "
        "SELECT $3, workspace_id, kind, job_id, application_id, $4, $5, label, target_url, note, card_title, card_text, $6, "
        "created_at FROM link WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        link_id,
        db.new_id(),
        crypto.digest(token_of(link_id, version)),
        version,
        now,
    )


async def end_personal_links(workspace_id: UUID, application_ids: Sequence[UUID]) -> list[UUID]:
    """End every token that was ever given out for these applications, with what their links were called; the links' ids. In the
    caller's transaction; afterwards `changes.link_changed` has to be told of each."""
    found = await db.rows(
        "SELECT id, token_version FROM link WHERE workspace_id = $1 AND kind = 'personal' AND application_id = ANY($2) "
        "ORDER BY id FOR UPDATE",
        workspace_id,
        list(application_ids),
    )
    await db.run_many(
        "UPDATE link SET token_version = $2, token_digest = $3, label = '', note = '' WHERE id = $1",
        [(row["id"], row["token_version"] + 1, crypto.digest(token_of(row["id"], row["token_version"] + 1))) for row in found],
    )
    return [row["id"] for row in found]
