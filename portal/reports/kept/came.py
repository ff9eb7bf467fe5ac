"""What is known of the click that brought somebody, noted with them once late clicks have come in: pages that filter by it need
not look for each person's click."""

from datetime import datetime

from portal import db
from portal.reports.kept.touches import AT_ONCE, SETTLED_AFTER
from portal.reports.scope import CAME, CLICK_OF_PERSON, COLUMN

NOTED = f"coalesce((SELECT ARRAY[{', '.join(COLUMN[name] for name in CAME)}] FROM ({CLICK_OF_PERSON}) c), '{{}}')"


async def settle(now: datetime) -> int:
    """Note it of people who came long enough ago; of how many. A click's app and device never change, whatever its verdict."""
    return await db.run(
        f"UPDATE application a SET came = {NOTED} WHERE a.id IN (SELECT id FROM application "
        "WHERE created_at < $1 AND came IS NULL ORDER BY created_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)",
        now - SETTLED_AFTER,
        AT_ONCE,
    )
