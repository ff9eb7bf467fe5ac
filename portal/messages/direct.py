"""Messages that answer something: the invitation, and the link that somebody asked for.

They belong to no plan, and neither cap nor gap counts them. Emails go at any hour, texts outside quiet hours.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal.messages.facts import ApplicationFacts
from portal.messages.rules import (
    HOLDS,
    NoSlot,
    Planned,
    Slot,
    after_quiet,
    channels,
    choose_channel,
    quiet_ends,
    track_of,
    why_ended,
)
from portal.messages.words import Channel, Reason, State, Track, Wish

INVITE = "invite"
ONE_LINK_IN = timedelta(minutes=5)
"""Who asks again within this time is answered by the link that is under way."""


class Kind(msgspec.Struct, frozen=True):
    """What an answer is like."""

    track: Track
    wish: Wish
    why: str
    latest: timedelta
    """A message that could not go for so long has lost its sense."""


INVITATION = Kind(Track.INVITE, Wish.BY_ROLE, "At once: the invitation", timedelta(days=7))
LINK = Kind(Track.LINK, Wish.EMAIL, "At once: they asked for their link", timedelta(days=1))


def direct(facts: ApplicationFacts, now: datetime) -> list[Planned]:
    """The invitation and the links that this application calls for. Empty when `rules.why_ended` says why nothing goes."""
    if why_ended(facts, now):
        return []
    return [*_invite(facts, now), *_links(facts, now)]


def link_key(event_id: UUID) -> str:
    return f"link:{event_id}"


def _invite(facts: ApplicationFacts, now: datetime) -> list[Planned]:
    if not facts.invite or track_of(facts.stage) is not Track.NEVER_STARTED:
        return []
    return [_answer(INVITE, INVITATION, facts.invited_at or facts.created_at, facts, now)]


def _links(facts: ApplicationFacts, now: datetime) -> list[Planned]:
    planned: list[Planned] = []
    answered: datetime | None = None
    for event_id, at in facts.requests:
        planned.append(_answer(link_key(event_id), LINK, at, facts, now))
        if answered is not None and at - answered < ONE_LINK_IN:
            twice = {"state": State.SKIPPED, "code": Reason.ALREADY_ANSWERED, "reason": "They had just asked for it"}
            planned[-1] = msgspec.structs.replace(planned[-1], **twice)
        else:
            answered = at
    return planned


def _answer(key: str, kind: Kind, at: datetime, facts: ApplicationFacts, now: datetime) -> Planned:
    """One message due at `at`, unless something stands in its way."""
    try:
        channel, note = choose_channel(kind.wish, facts)
        slot = _when(channel, at, kind, facts, now)
    except NoSlot as no:
        channel, slot, state, reason = channels(kind.wish, facts)[0], Slot(at, no.code), no.state, no.reason
    else:
        state, reason = State.SCHEDULED, f"{kind.why}{slot.moved}{note}"
        if facts.hold is not None:
            slot, state, reason = Slot(slot.at, facts.hold), State.HELD, HOLDS[facts.hold]
    return Planned(step_key=key, track=kind.track, channel=channel, due_at=slot.at, state=state, code=slot.code, reason=reason)


def _when(channel: Channel, at: datetime, kind: Kind, facts: ApplicationFacts, now: datetime) -> Slot:
    """Raises `NoSlot`."""
    if at < now - kind.latest:
        raise NoSlot(Reason.MISSED, "Its time had passed")
    allowed = at if channel is Channel.EMAIL else after_quiet(max(at, now), facts)
    if allowed <= max(at, now):
        return Slot(at, Reason.AT_ONCE)
    return Slot(allowed, Reason.QUIET_HOURS, f"; texts wait, {quiet_ends(facts)}")
