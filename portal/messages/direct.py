"""Messages that belong to no plan: the invitation, the link that somebody asked for, the word that they have more time, and what
members write by hand.

Neither cap nor gap holds them back. Emails go at any hour, texts outside quiet hours. What is written by hand leaves an hour
between itself and whatever went to the person before.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal.messages import spread
from portal.messages.facts import ApplicationFacts, ToWrite
from portal.messages.rules import (
    BREATH,
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
from portal.messages.words import Channel, Override, Reason, State, Track, Wish

INVITE = "invite"
ONE_LINK_IN = timedelta(minutes=5)
"""Who asks again within this time is answered by the link that is under way."""


class Kind(msgspec.Struct, frozen=True):
    """What a message of this sort is like."""

    track: Track
    wish: Wish
    why: str
    latest: timedelta
    """A message that could not go for so long has lost its sense."""
    code: Reason = Reason.AT_ONCE


INVITATION = Kind(Track.INVITE, Wish.BY_ROLE, "At once: the invitation", timedelta(days=7))
LINK = Kind(Track.LINK, Wish.EMAIL, "At once: they asked for their link", timedelta(days=1))
MORE_TIME = Kind(Track.LINK, Wish.BY_ROLE, "At once: they were given more time", timedelta(days=1))
BY_HAND = "Written by hand"
BY_HAND_LATEST = timedelta(days=2)


def direct(facts: ApplicationFacts, now: datetime) -> list[Planned]:
    """All that this application calls for beside its plan. Empty when `rules.why_ended` says why nothing goes."""
    if why_ended(facts, now):
        return []
    return [*_invite(facts, now), *_links(facts, now), *_more_time(facts, now), *_by_hand(facts, now)]


def link_key(event_id: UUID) -> str:
    return f"link:{event_id}"


def extension_key(extension_id: UUID) -> str:
    return f"extension:{extension_id}"


def blast_key(blast_id: UUID) -> str:
    return f"blast:{blast_id}"


def _invite(facts: ApplicationFacts, now: datetime) -> list[Planned]:
    if not facts.invite or track_of(facts.stage) is not Track.NEVER_STARTED:
        return []
    return [_message(INVITE, INVITATION, facts.invited_at or facts.created_at, facts, now)]


def _links(facts: ApplicationFacts, now: datetime) -> list[Planned]:
    planned: list[Planned] = []
    answered: datetime | None = None
    for event_id, at in facts.requests:
        planned.append(_message(link_key(event_id), LINK, at, facts, now))
        if answered is not None and at - answered < ONE_LINK_IN:
            twice = {"state": State.SKIPPED, "code": Reason.ALREADY_ANSWERED, "reason": "They had just asked for it"}
            planned[-1] = msgspec.structs.replace(planned[-1], **twice)
        else:
            answered = at
    return planned


def _more_time(facts: ApplicationFacts, now: datetime) -> list[Planned]:
    if facts.more_time is None:
        return []
    extension_id, at = facts.more_time
    return [_message(extension_key(extension_id), MORE_TIME, at, facts, now)]


def _by_hand(facts: ApplicationFacts, now: datetime) -> list[Planned]:
    """One an hour: each leaves the hour before it to what went, or is to go, before."""
    planned: list[Planned] = []
    last = facts.last_written_at
    for blast in sorted(facts.blasts, key=lambda one: (one.at, one.step_key)):
        planned.append(_one_by_hand(blast, last, facts, now))
        if planned[-1].state is State.SCHEDULED:
            last = max(planned[-1].due_at, now)
    return planned


def _one_by_hand(blast: ToWrite, last: datetime | None, facts: ApplicationFacts, now: datetime) -> Planned:
    kind = Kind(Track.MANUAL, blast.channel, BY_HAND, BY_HAND_LATEST, Reason.BY_HAND)
    planned = _message(blast.step_key, kind, blast.at, facts, now, not_before=last + BREATH if last else None)
    if blast.stopped:
        return msgspec.structs.replace(planned, state=State.CANCELLED, code=Reason.BLAST_STOPPED, reason="It was stopped")
    return planned


def _message(
    key: str, kind: Kind, at: datetime, facts: ApplicationFacts, now: datetime, *, not_before: datetime | None = None
) -> Planned:
    """One message due at `at`, unless something stands in its way."""
    try:
        channel, note = choose_channel(kind.wish, facts)
        _refuse_skipped(key, facts)
        slot = _when(channel, at, kind, facts, now, not_before=not_before)
    except NoSlot as no:
        channel, slot, state, reason = channels(kind.wish, facts)[0], Slot(at, no.code), no.state, no.reason
    else:
        if slot.code is Reason.QUIET_HOURS:
            slot = msgspec.structs.replace(slot, at=spread.after_night(slot.at, key, facts))
        state, reason = State.SCHEDULED, f"{kind.why}{slot.moved}{note}"
        if facts.hold is not None:
            slot, state, reason = Slot(slot.at, facts.hold), State.HELD, HOLDS[facts.hold]
    return Planned(step_key=key, track=kind.track, channel=channel, due_at=slot.at, state=state, code=slot.code, reason=reason)


def _refuse_skipped(key: str, facts: ApplicationFacts) -> None:
    """Raises `NoSlot` for what a member skipped."""
    wish = facts.overrides.get(key)
    if wish is not None and wish[0] is Override.SKIP:
        raise NoSlot(Reason.SKIPPED_BY_MEMBER, "A member skipped it")


def _when(
    channel: Channel, at: datetime, kind: Kind, facts: ApplicationFacts, now: datetime, *, not_before: datetime | None
) -> Slot:
    """Raises `NoSlot`."""
    if at < now - kind.latest:
        raise NoSlot(Reason.MISSED, "Its time had passed")
    start = Slot(at, kind.code)
    if not_before is not None and not_before > max(at, now):
        start = Slot(not_before, Reason.JUST_WRITTEN_TO, "; an hour after what they were sent before")
    elif not_before is not None and not_before > at:
        start = Slot(not_before, kind.code)
    allowed = start.at if channel is Channel.EMAIL else after_quiet(max(start.at, now), facts)
    if allowed <= max(start.at, now):
        return start
    return Slot(allowed, Reason.QUIET_HOURS, f"{start.moved}; texts wait, {quiet_ends(facts)}")
