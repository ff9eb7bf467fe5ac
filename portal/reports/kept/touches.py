"""What brought people back to finish: their last touch.

It takes a look at each person's links, messages and taps. So that a page about a year need not take it for everybody, it is noted
some days after they finished, when late clicks have come in.
"""

from datetime import datetime, timedelta

from portal import db
from portal.messages.words import NUDGES, Track

SETTLED_AFTER = timedelta(days=3)
"""By then a web server that was away has given back what it had on its disk, or never will. `unsettle` mends the rest."""
AT_ONCE = 2_000
BROUGHT_BACK = tuple(track.value for track in (*NUDGES, Track.MANUAL))
"""Tracks of messages that remind somebody, written by the plan or by hand."""
LOOKED_UP = f"""
CASE WHEN a.completed_at IS NULL OR NOT EXISTS (
  SELECT FROM message WHERE application_id = a.id AND link_id IS NOT NULL AND track IN {BROUGHT_BACK}
) THEN FALSE ELSE coalesce((
  SELECT EXISTS (SELECT FROM message WHERE link_id = own.id AND track IN {BROUGHT_BACK})
  FROM link own
  CROSS JOIN LATERAL (
    SELECT tap.at FROM click tap
    WHERE tap.link_id = own.id AND tap.verdict = 'person' AND tap.at >= a.created_at AND tap.at <= a.completed_at
    ORDER BY tap.at DESC LIMIT 1
  ) last
  WHERE own.application_id = a.id AND own.kind = 'personal'
  ORDER BY last.at DESC LIMIT 1
), FALSE) END
"""
"""Last touch: of all links that were somebody's own, the one that a person tapped last before the end was in a nudge. The channel
link was tapped before they had any of these. Each look goes by an index, whatever the planner believes."""

UNSETTLED = "completed_at IS NOT NULL AND returned IS NULL"
"""Of `application`: those of whom it is not noted."""
UNTIL = f"""
SELECT (min(created_at) AT TIME ZONE (SELECT timezone FROM workspace WHERE id = $1))::date
FROM (SELECT created_at FROM application WHERE workspace_id = $1 AND {UNSETTLED} OFFSET 0) few
"""
"""Of all who came to workspace $1 before this day it is noted, or nothing has to be; NULL: of everybody. They are few and have an
index of their own: without OFFSET, people would be gone through in the order in which they came, until one is among them."""
RETURNED = f"coalesce(a.returned, {LOOKED_UP})"
"""Of `application a`: whether a nudge brought them back."""


async def settle(now: datetime) -> int:
    """Note it of people who finished long enough ago; of how many."""
    return await db.run(
        f"UPDATE application a SET returned = {LOOKED_UP} WHERE a.id = ANY(ARRAY(SELECT id FROM application "
        "WHERE completed_at < $1 AND returned IS NULL ORDER BY completed_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED))",
        now - SETTLED_AFTER,
        AT_ONCE,
    )


async def unsettle() -> int:
    """Forget what was noted, since clicks of any time may be judged in another way now; of how many people."""
    return await db.run("UPDATE application SET returned = NULL WHERE returned IS NOT NULL")
