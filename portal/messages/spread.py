"""Keeping a morning's messages from leaving all in one second: each has its own place in the half hour after quiet hours end.

The place is a hash of application and step, so that planning again gives the same time.
"""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from portal.messages import quiet
from portal.messages.facts import ApplicationFacts

OVER = timedelta(minutes=30)
LEAST_LEFT = timedelta(hours=1)
"""What must be left before the deadline, so that there is time to follow a nudge."""


def share(application_id: UUID, step_key: str) -> timedelta:
    """From nothing to `OVER`, in whole seconds, always the same for one message."""
    drawn = int.from_bytes(hashlib.blake2b(application_id.bytes + step_key.encode(), digest_size=8).digest())
    return timedelta(seconds=drawn % int(OVER.total_seconds()))


def after_night(end: datetime, step_key: str, facts: ApplicationFacts) -> datetime:
    """The message's own place after `end`, the end of quiet hours; `end` itself where its place is quiet again or too near the
    deadline."""
    if facts.application_id is None:
        return end
    at = end + share(facts.application_id, step_key)
    too_late = facts.deadline_at is not None and at > facts.deadline_at - LEAST_LEFT
    return end if too_late or quiet.is_quiet(at, facts.quiet, facts.zones) else at
