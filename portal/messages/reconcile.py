"""Messages of which nobody knows whether they left: what can be found out about them, and what follows.

A callback settles most (`callbacks`). A text that no callback speaks of is looked for at its provider, twice and at least
`BETWEEN` apart. If it is there, it was sent. If it is not, it never left, and goes once more: put back once in its life. The
proof rests on this:

- The provider lists what it has taken by recipient, and we find ours by its personal link, which no other message holds.
- The first look is `fates.SILENCE` or more after the hand-over, the last one `BETWEEN` later: a list may lag behind, by how much
  nobody promises.
- No request of ours is still on its way by then: a provider gets `delivery.PATIENCE`, and a worker that was held up before its
  call sends nothing after `delivery.STALE`.
- The provider keeps bodies readable. Where an account has them blotted out, `Provider.find` must raise `Uncertain`.

Emails can't be looked for. One is sent again only where the workspace says after how long a silence, and once.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

import structlog

from portal import db
from portal.candidates.events import EventKind
from portal.links.personal import personal_url
from portal.messages import fates, providers
from portal.messages.fates import MOST_ATTEMPTS, Fate, handed_from, settle
from portal.messages.lattice import may_become
from portal.messages.providers import Found, Provider, Searching, Sought
from portal.messages.words import Reason, State

log = structlog.get_logger()

BETWEEN = timedelta(minutes=10)
"""Between two looks for the same text."""
LOOKS = 2
"""So many looks in vain prove that a text never left."""
EARLIER = timedelta(minutes=5)
"""By so much clocks may differ."""
PATIENCE = 15.0
"""Seconds that a provider gets to answer."""
BATCH = 50
WHOLE = 40.0
"""Seconds for all that is looked for in one go."""

LATE = (
    "state = 'unknown' AND channel = 'sms' AND to_address <> '' AND handed_over_at <= $1 "
    "AND (looked_at IS NULL OR looked_at <= $2)"
)
"""Without an address (of somebody whose data was erased) there is nothing to look for."""
SILENT = (
    "m.state = 'unknown' AND m.channel = 'email' AND m.looks = 0 AND s.resend_after_minutes > 0 "
    "AND m.handed_over_at <= $1::timestamptz - make_interval(mins => s.resend_after_minutes)"
)
SOURCE = "message m JOIN sender s ON s.workspace_id = m.workspace_id"

Carriers = Callable[[str], Provider]


async def anything_unknown(now: datetime) -> bool:
    """Whether there is anything to look for, or to send again."""
    found: bool = await db.value(
        f"SELECT EXISTS (SELECT FROM message WHERE {LATE}) OR EXISTS (SELECT FROM {SOURCE} WHERE {SILENT.replace('$1', '$3')})",
        now - fates.SILENCE,
        now - BETWEEN,
        now,
    )
    return found


async def look_for_texts(now: datetime, carriers: Carriers = providers.carrier, limit: int = BATCH) -> int:
    """Ask providers for texts whose fate is unknown, at most `limit` of them; of how many something was learnt.

    A provider that can't be asked is left alone until the next time.
    """
    settled, silent = 0, set[str]()
    end = asyncio.get_running_loop().time() + WHOLE
    for row in await _take(now, limit):
        if row["provider"] in silent or asyncio.get_running_loop().time() > end:
            continue
        try:
            provider = carriers(row["provider"])
            if not hasattr(provider, "find"):  # nobody to ask, such as the outbox: that is no fault
                continue
            found = await _ask(cast(Searching, provider), row)
        except Exception as error:  # whatever it is, it proves nothing
            log.warning("texts not looked for", provider=row["provider"], error=repr(error))
            silent.add(row["provider"])
        else:
            await (_adopt(row, found, now) if found else _miss(row, now))
            settled += 1
    return settled


async def resend_silent(now: datetime, limit: int = BATCH) -> int:
    """Put emails back that nothing was heard of for as long as their workspace says; how many. Each one once."""
    silent = await db.rows(
        f"SELECT m.id, m.workspace_id, m.application_id, m.channel, m.subject, m.attempts, s.resend_after_minutes FROM {SOURCE} "
        f"WHERE {SILENT} ORDER BY m.handed_over_at LIMIT $2",
        now,
        limit,
    )
    for row in silent:
        minutes = row["resend_after_minutes"]
        await _once_more(row, Reason.TRY_AGAIN, f"Nothing was heard of it for {minutes} minutes: it goes once more", now)
    return len(silent)


async def _take(now: datetime, limit: int) -> list[db.Row]:
    """Texts to look for now, marked as looked for: whoever else looks at the same time takes others."""
    return await db.rows(
        f"""
        UPDATE message SET looked_at = $3 WHERE id = ANY(ARRAY(
          SELECT id FROM message WHERE {LATE} ORDER BY looked_at NULLS FIRST, handed_over_at LIMIT $4 FOR UPDATE SKIP LOCKED))
        RETURNING id, workspace_id, application_id, channel, subject, attempts, looks, provider, to_address, from_address,
          link_id, handed_over_at
        """,
        now - fates.SILENCE,
        now - BETWEEN,
        now,
        limit,
    )


async def _ask(provider: Searching, row: db.Row) -> Found | None:
    """Raises what the provider raises, and `TimeoutError`."""
    sought = Sought(
        to_address=row["to_address"],
        from_address=row["from_address"],
        link=personal_url(row["link_id"]),
        not_before=row["handed_over_at"] - EARLIER,
    )
    return await asyncio.wait_for(provider.find(sought), PATIENCE)


async def _adopt(row: db.Row, found: Found, now: datetime) -> None:
    """It was sent, and is what the provider says of it."""
    state = State(found.state)
    if state is State.FAILED:
        fate = Fate(
            state=state,
            tells=EventKind.MESSAGE_FAILED,
            code=Reason.UNDELIVERED,
            reason=f"The provider could not deliver it: {found.error}",
            error=found.error,
            provider_id=found.provider_id,
        )
    else:
        fate = Fate(state=state, tells=EventKind.MESSAGE_SENT, provider_id=found.provider_id)
    await settle(handed_from(row), fate, may_become(state), now)


async def _miss(row: db.Row, now: datetime) -> None:
    """It is not there. After `LOOKS` it goes once more, and after as many again it has failed."""
    looks = row["looks"] + 1
    if looks == LOOKS and row["attempts"] < MOST_ATTEMPTS:
        await _once_more(row, Reason.NOT_SENT, "It never left: its provider does not know it. It goes once more", now)
    elif looks >= LOOKS * 2 or (looks >= LOOKS and row["attempts"] >= MOST_ATTEMPTS):
        fate = Fate(
            state=State.FAILED,
            tells=EventKind.MESSAGE_FAILED,
            code=Reason.NOT_SENT,
            reason="It never left: its provider does not know it",
            looks=1,
        )
        await settle(handed_from(row), fate, [State.UNKNOWN.value], now, attempt=row["attempts"])
    else:
        await db.run("UPDATE message SET looks = looks + 1 WHERE id = $1 AND state = 'unknown'", row["id"])


async def _once_more(row: db.Row, code: Reason, reason: str, now: datetime) -> None:
    fate = Fate(state=State.SCHEDULED, tells=EventKind.MESSAGE_RETRIED, code=code, reason=reason, retry_at=now, looks=1)
    await settle(handed_from(row), fate, [State.UNKNOWN.value], now, attempt=row["attempts"])
