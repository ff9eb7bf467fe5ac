"""Erasing a person: every room forgets what it knows of them, in one transaction.

What stays is counts (an application's stage and times, clicks), and a keyed hash of their addresses, so that nobody writes to
them.
Who comes back later by their own doing is somebody new here; they are written to only after they allow it themselves.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from portal import changes, db
from portal.candidates import erasure
from portal.candidates.erasure import Held
from portal.integrations.ats import forgetting as ats
from portal.integrations.heymilo import making as heymilo
from portal.integrations.webhooks import deliveries as webhooks
from portal.interviews import answers
from portal.links import personal
from portal.messages import forgetting as messages
from portal.messages.words import Channel

LATEST = timedelta(days=7)
"""Providers tell nothing of a message after that."""
LATE = """
SELECT workspace_id, id FROM candidate WHERE erased_at > $1 AND EXISTS (
  SELECT FROM application a WHERE a.candidate_id = candidate.id AND (
    EXISTS (SELECT FROM event WHERE event.application_id = a.id AND data <> '{}')
    OR EXISTS (SELECT FROM message WHERE message.application_id = a.id AND error <> '')))
LIMIT 100
"""


async def erase(workspace_id: UUID, candidate_id: UUID, *, source: str, now: datetime) -> bool:
    """False for one who is not there. Done twice, it is done once. `source`: who asked for it, in words a member can read."""
    async with db.transaction():
        ended = await forget(workspace_id, candidate_id, source=source, now=now)
    await announce(ended or [])
    return ended is not None


async def forget(workspace_id: UUID, candidate_id: UUID, *, source: str, now: datetime) -> list[UUID] | None:
    """The same in the caller's transaction, after which `announce` has to be told of the links that this returns."""
    async with db.transaction():
        held = await erasure.hold(workspace_id, candidate_id)
        if held is None:
            return None
        await messages.forget(workspace_id, held.application_ids, _addresses(held), source=source, now=now)
        await answers.forget(workspace_id, held.application_ids)
        await erasure.forget(workspace_id, candidate_id, held, now=now)
        await ats.forget(workspace_id, candidate_id, held.application_ids)
        await webhooks.forget(workspace_id, held.application_ids, now=now)
        await heymilo.forget(workspace_id, held.application_ids)
        return await personal.end_personal_links(workspace_id, held.application_ids)


async def sweep(now: datetime) -> int:
    """Erase once more of whom something was told afterwards: what became of an email that was on its way says its subject. How
    many. For the clock."""
    late = await db.rows(LATE, now - LATEST)
    for row in late:
        await erase(row["workspace_id"], row["id"], source="", now=now)
    return len(late)


async def announce(link_ids: Iterable[UUID]) -> None:
    """These links lead nowhere any more: processes that remember them look again."""
    for link_id in link_ids:
        await changes.link_changed(link_id)


def _addresses(held: Held) -> list[tuple[Channel, str]]:
    known = ((Channel.EMAIL, held.email), (Channel.SMS, held.phone))
    return [(channel, address) for channel, address in known if address]
