"""An email to the admins when an endpoint was disabled. Marked as handed over before anybody carries it, as weekly reports are:
one that dies on its way is not sent twice, and the page of webhooks says the same anyway.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from portal import db
from portal.accounts.access import Role
from portal.accounts.colors import text_on
from portal.integrations.webhooks.endpoints import Why
from portal.messages import frame
from portal.messages.pace import provider as provider_named
from portal.messages.providers import Later, Provider, Refused
from portal.messages.senders import sender_of
from portal.messages.words import Channel
from portal.reports.weekly import PATIENCE, Letter
from portal.settings import settings
from portal.web.templating import render

log = structlog.get_logger()

SILENCE = timedelta(minutes=10)
"""After this long without a result, a notice that was handed over is ``unknown``."""
LATE = timedelta(days=2)
"""So long it is still news."""
REASONS = {
    Why.GONE: "It answered 410 Gone, which says that it wants no more.",
    Why.FAILING: "It has taken nothing for three days.",
}


async def write(workspace_id: UUID, endpoint_id: UUID, why: Why, now: datetime) -> None:
    """One notice for each admin, in the caller's transaction."""
    admins = await db.rows(
        "SELECT id FROM member WHERE workspace_id = $1 AND role = $2 AND disabled_at IS NULL", workspace_id, Role.ADMIN.value
    )
    await db.run_many(
        "INSERT INTO webhook_notice (id, workspace_id, endpoint_id, member_id, why, state, made_at) "
        "VALUES ($1, $2, $3, $4, $5, 'waiting', $6)",
        [(db.new_id(), workspace_id, endpoint_id, row["id"], why.value, now) for row in admins],
    )


async def anything_to_tell() -> bool:
    found: bool = await db.value("SELECT EXISTS (SELECT FROM webhook_notice WHERE state IN ('waiting', 'handed_over'))")
    return found


async def send_due(now: datetime, provider: Provider | None = None) -> int:
    """Send what waits, each once; how many were tried. `provider`: who carries them, if not whoever carries the workspace's
    emails. Where one is turned away for now, it and the others wait."""
    await db.run(
        "UPDATE webhook_notice SET state = CASE state WHEN 'waiting' THEN 'failed' ELSE 'unknown' END "
        "WHERE (state = 'handed_over' AND handed_over_at < $1) OR (state = 'waiting' AND made_at < $2)",
        now - SILENCE,
        now - LATE,
    )
    tried = 0
    while (letter := await _take(now)) is not None:
        tried += 1
        sender = await sender_of(letter.workspace_id)
        named = msgspec.structs.replace(letter, from_name=sender.from_name, from_address=sender.from_email)
        if not await _send(named, provider or provider_named(sender.email), now):
            break
    return tried


async def _take(now: datetime) -> Letter | None:
    """The next one, marked as handed over."""
    row = await db.row(
        """
        UPDATE webhook_notice n SET state = 'handed_over', handed_over_at = $1
        FROM member m, workspace w, webhook_endpoint e
        WHERE m.id = n.member_id AND w.id = n.workspace_id AND e.id = n.endpoint_id AND n.id = (
          SELECT id FROM webhook_notice WHERE state = 'waiting' ORDER BY made_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING n.id, n.workspace_id, n.endpoint_id, n.why, m.email, m.name AS reader, w.name AS workspace, w.brand_color,
          e.url, e.description
        """,
        now,
    )
    return _letter(row) if row is not None else None


def _letter(row: db.Row) -> Letter:
    subject = "A webhook was disabled"
    lines = [
        f"Your webhook {row['description'] or row['url']} was disabled. {REASONS[Why(row['why'])]}",
        "Nothing is sent there any more, and nothing new is kept for it. What waits goes on once it is enabled again.",
    ]
    parts = {
        **{"subject": subject, "hello": f"Hello {row['reader']},", "lines": lines, "button": "See what happened"},
        **{"link": f"{settings().public_url}/app/settings/webhooks/{row['endpoint_id']}", "workspace": row["workspace"]},
        **{"why": "You get this because you are an admin.", "privacy_url": "", "brand": row["brand_color"]},
        **{"on_brand": text_on(row["brand_color"])},
        **frame.for_members(),
    }
    return Letter(
        message_id=row["id"],
        workspace_id=row["workspace_id"],
        channel=Channel.EMAIL,
        to_address=row["email"],
        to_name=row["reader"],
        from_name=row["workspace"],
        subject=f"{row['workspace']}: a webhook was disabled",
        text=render("email/frame.txt", **parts),
        html=frame.inline(render("email/frame.html", **parts)),
    )


async def _send(letter: Letter, provider: Provider, now: datetime) -> bool:
    """Whether others may follow."""
    state, more = "sent", True
    try:
        await asyncio.wait_for(provider.send(letter), PATIENCE)
    except Later:
        state, more = "waiting", False
    except Refused:
        state = "failed"
    except Exception as error:  # it may have left all the same
        log.warning("webhook notice uncertain", notice=str(letter.message_id), error=repr(error))
        state = "unknown"
    await db.run(
        "UPDATE webhook_notice SET state = $2, sent_at = $3 WHERE id = $1 AND state IN ('handed_over', 'unknown')",
        letter.message_id,
        state,
        now if state == "sent" else None,
    )
    return more
