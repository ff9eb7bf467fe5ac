"""When an application's nudges go, and why, or why not: a pure function of the facts, the plan and the time.

Steps are placed one after another in the order of their times, at least the plan's gap apart, outside quiet hours, with an hour
or more left before the deadline. Each gets a reason that a person can read.

A member may skip a step or have it go now, against the plan; not even that goes in quiet hours, nor after the deadline.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from portal.messages import quiet, spread
from portal.messages.facts import ApplicationFacts
from portal.messages.plans import Plan, Step
from portal.messages.rules import (
    BREATH,
    HOLDS,
    NoSlot,
    Planned,
    Slot,
    after_quiet,
    channels,
    choose_channel,
    quiet_begins,
    quiet_ends,
    track_of,
    why_ended,
)
from portal.messages.spread import LEAST_LEFT
from portal.messages.words import Anchor, Arm, Override, Reason, State

LATE = timedelta(hours=16)
"""A nudge that could not go within this time after its own goes no more: longer than a night, shorter than a day."""
MORNING = timedelta(hours=2)
"""After a night: what waited for its end has its place within half an hour, and is sent some time after that."""


class Wanted(msgspec.Struct, frozen=True):
    """A step, and when it would go if nothing stood in its way. `by_hand`: a member said when."""

    step: Step
    at: datetime
    by_hand: bool = False

    @property
    def is_reminder(self) -> bool:
        return self.step.anchor is Anchor.BEFORE_DEADLINE and not self.by_hand


class Taken(msgspec.Struct, frozen=True):
    """A nudge that has its place, before all that are placed after it."""

    at: datetime
    is_reminder: bool


class Case(msgspec.Struct, frozen=True):
    """One application at one time under one plan."""

    facts: ApplicationFacts
    plan: Plan
    now: datetime


def schedule(facts: ApplicationFacts, plan: Plan, now: datetime) -> list[Planned]:
    """The nudges still to come, in the order of their times, with those that are left out and why.

    Empty when the person is on no track, or `rules.why_ended` says why nothing goes. What was done counts for cap and gap.
    """
    if track_of(facts.stage) is None or why_ended(facts, now):
        return []
    case = Case(facts, plan, now)
    wishes, taken = _wishes(case), _taken(case)
    placed = []
    for place, wish in enumerate(wishes):
        later = [other for other in wishes[place + 1 :] if _objection(case, other) is None]
        planned = _plan(case, wish, later, taken)
        placed.append(planned)
        if planned.state is not State.SKIPPED:
            taken.append(Taken(planned.due_at, wish.is_reminder))
    return placed


def anchor(facts: ApplicationFacts) -> datetime:
    """From when hours count: the last thing the person did, or was sent, that put them on their track."""
    if facts.stage == "started":
        return facts.active_at
    return max((at for at in (facts.invited_at, facts.captured_at) if at is not None), default=facts.created_at)


def words(step: Step, facts: ApplicationFacts) -> str:
    """Why the step is there: "24 h after they stopped"."""
    if step.anchor is Anchor.BEFORE_DEADLINE:
        return f"{step.hours} h before the deadline"
    if facts.stage == "started":
        return f"{step.hours} h after they stopped"
    return f"{step.hours} h after {'they gave their name' if facts.stage == 'captured' else 'the invitation'}"


def _wishes(case: Case) -> list[Wanted]:
    """The steps of the person's track that are still to be done: those that a member sends, then in the order of their times."""
    gone = {done.step_key for done in case.facts.done}
    track = track_of(case.facts.stage)
    wishes = [_wish(step, case.facts) for step in case.plan.steps if step.track is track and step.key not in gone]
    return sorted((wish for wish in wishes if wish is not None), key=lambda wish: (not wish.by_hand, wish.at, wish.step.key))


def _wish(step: Step, facts: ApplicationFacts) -> Wanted | None:
    """None: it counts from a deadline that there is not."""
    override, since = facts.overrides.get(step.key, (None, None))
    if override is Override.NOW and since is not None:
        return Wanted(step, since, by_hand=True)
    at = _own_time(step, facts)
    return Wanted(step, at) if at is not None else None


def _taken(case: Case) -> list[Taken]:
    """What has gone out, in order."""
    reminders = {step.key for step in case.plan.steps if step.anchor is Anchor.BEFORE_DEADLINE}
    done = [Taken(done.at, done.step_key in reminders) for done in case.facts.done if done.counts]
    return sorted(done, key=lambda one: one.at)


def _own_time(step: Step, facts: ApplicationFacts) -> datetime | None:
    """None: it counts from a deadline that there is not."""
    if step.anchor is Anchor.AFTER:
        return anchor(facts) + timedelta(hours=step.hours)
    return facts.deadline_at - timedelta(hours=step.hours) if facts.deadline_at is not None else None


def _plan(case: Case, wish: Wanted, later: Sequence[Wanted], taken: Sequence[Taken]) -> Planned:
    facts, step = case.facts, wish.step
    why = "A member sends it now" if wish.by_hand else words(step, facts)
    try:
        if objection := _objection(case, wish):
            raise objection
        channel, note = choose_channel(step.channel, facts)
        slot = _by_hand(case, wish) if wish.by_hand else _slot(case, wish, later, taken)
    except NoSlot as no:
        channel, slot, state, reason = channels(step.channel, facts)[0], Slot(wish.at, no.code), no.state, f"{no.reason} ({why})"
    else:
        state, reason = State.SCHEDULED, f"{why}{slot.moved}{note}"
        if facts.hold is not None:
            slot, state, reason = Slot(slot.at, facts.hold), State.HELD, HOLDS[facts.hold]
    return Planned(
        step_key=step.key, track=step.track, channel=channel, due_at=slot.at, state=state, code=slot.code, reason=reason
    )


def _objection(case: Case, wish: Wanted) -> NoSlot | None:
    """What a member, the comparison or the person has against the step. A member who sends it by hand overrules all of them."""
    facts = case.facts
    if wish.by_hand:
        return None
    wrote_back = case.plan.stop_on_reply and facts.replied_at is not None and facts.replied_at > anchor(facts)
    objections = (
        (facts.overrides.get(wish.step.key, (None,))[0] is Override.SKIP, Reason.SKIPPED_BY_MEMBER, "A member skipped it"),
        (facts.invite_later and facts.stage == "invited", Reason.NOT_INVITED, "They have not been invited yet"),
        (facts.arm is Arm.HELD_OUT, Reason.HELD_OUT, "They get no nudges, so that one can see whether nudges help"),
        (facts.reminded_elsewhere, Reason.REMINDED_ELSEWHERE, "The applicant system by whose message they came reminds them"),
        (wrote_back, Reason.REPLIED, "They wrote back"),
    )
    return next((NoSlot(code, reason) for it_holds, code, reason in objections if it_holds), None)


def _by_hand(case: Case, wish: Wanted) -> Slot:
    """As soon as a member wished it: neither cap nor gap nor age counts. Raises `NoSlot`."""
    facts = case.facts
    slot = Slot(wish.at, Reason.BY_HAND)
    if facts.snoozed_until is not None and facts.snoozed_until > wish.at:
        slot = _snoozed(facts.snoozed_until, facts)
        slot = Slot(slot.at, slot.code, _moved(wish.at, facts, slot.moved))
    slot = _not_in_the_night(_out_of_quiet(slot, wish, facts), wish, case)
    if slot.at < _given_up(case):
        raise NoSlot(Reason.MISSED, "Its time had passed")
    if facts.deadline_at is not None and slot.at >= facts.deadline_at:
        raise NoSlot(Reason.AFTER_DEADLINE, "After the deadline")
    return slot


def _slot(case: Case, wish: Wanted, later: Sequence[Wanted], taken: Sequence[Taken]) -> Slot:
    """The step's place in time. Raises `NoSlot`."""
    facts, most = case.facts, case.plan.most
    if len(taken) >= most:
        raise NoSlot(Reason.CAP, f"{most} {'nudge is' if most == 1 else 'nudges are'} the most for one person")
    slot = _free_slot(wish, _floor(case, taken), facts)
    if slot.at < _given_up(case):
        raise NoSlot(Reason.MISSED, "Its time had passed")
    slot = _not_in_the_night(slot, wish, case)
    if not wish.is_reminder:
        _leave_room(slot.at, later, case)
        if taken and taken[-1].is_reminder and wish.at < taken[-1].at + case.plan.gap:
            raise NoSlot(Reason.TOO_CLOSE, "Too close to the reminder before the deadline")
    _check_end(slot.at, case)
    return slot


def _floor(case: Case, taken: Sequence[Taken]) -> Slot:
    """The earliest that the nudges before it, and the person, allow."""
    facts, gap = case.facts, case.plan.gap
    after_gap = max(one.at for one in taken) + gap if taken else anchor(facts)
    slots = [Slot(after_gap, Reason.GAP, f"{gap / timedelta(hours=1):.0f} h between nudges")]
    if facts.snoozed_until is not None:
        slots.append(_snoozed(facts.snoozed_until, facts))
    if facts.last_by_hand_at is not None:
        slots.append(Slot(facts.last_by_hand_at + BREATH, Reason.JUST_WRITTEN_TO, "an hour after what a member wrote to them"))
    return max(slots, key=lambda slot: slot.at)


def _snoozed(until: datetime, facts: ApplicationFacts) -> Slot:
    return Slot(until, Reason.SNOOZED, f"they asked for quiet until {_local(until, facts)}")


def _free_slot(wish: Wanted, floor: Slot, facts: ApplicationFacts) -> Slot:
    """The first time that gap, snooze and quiet hours leave. A reminder before the deadline rather goes earlier than later."""
    if wish.is_reminder:
        if wish.at < anchor(facts):
            raise NoSlot(Reason.MISSED, "Less time than that was left already")
        earlier = quiet.last_allowed(wish.at, facts.quiet, facts.zones)
        if earlier is not None and max(floor.at, anchor(facts)) <= earlier < wish.at:
            return Slot(earlier, Reason.QUIET_HOURS, _moved(wish.at, facts, quiet_begins(facts)))
    start = Slot(floor.at, floor.code, _moved(wish.at, facts, floor.moved)) if floor.at > wish.at else Slot(wish.at)
    return _out_of_quiet(start, wish, facts)


def _out_of_quiet(slot: Slot, wish: Wanted, facts: ApplicationFacts) -> Slot:
    allowed = after_quiet(slot.at, facts)
    if allowed == slot.at:
        return slot
    moved = f"{slot.moved}, {quiet_ends(facts)}" if slot.moved else _moved(wish.at, facts, quiet_ends(facts))
    return Slot(spread.after_night(allowed, wish.step.key, facts), Reason.QUIET_HOURS, moved)


def _given_up(case: Case) -> datetime:
    """What should have gone before this goes no more. In a night, and on the morning after it, it is what it was at its
    beginning: a nudge that waits for the morning is not given up while it waits, nor when it goes."""
    hours, zones = case.facts.quiet, case.facts.zones
    night = next((at for at in (case.now, case.now - MORNING) if quiet.is_quiet(at, hours, zones)), None)
    evening = quiet.last_allowed(night, hours, zones) if night else None
    began = quiet.closes_at(evening, hours, zones) if evening is not None else None
    return (began or case.now) - LATE


def _not_in_the_night(slot: Slot, wish: Wanted, case: Case) -> Slot:
    """What should have gone a while ago goes at once, but never in quiet hours."""
    facts, now = case.facts, case.now
    if slot.at >= now or not quiet.is_quiet(now, facts.quiet, facts.zones):
        return slot
    return _out_of_quiet(Slot(now, slot.code, slot.moved), wish, facts)


def _leave_room(at: datetime, later: Sequence[Wanted], case: Case) -> None:
    """Raises `NoSlot` when a nudge at `at` had better leave room for one that follows it closely."""
    for wish in later:
        if all(channel in case.facts.unreachable for channel in channels(wish.step.channel, case.facts)):
            continue
        if not wish.is_reminder and wish.at <= at:
            raise NoSlot(Reason.TOO_CLOSE, "Too close to the one after it")
        if wish.is_reminder and wish.at - at < case.plan.gap and not _can_wait(wish, at + case.plan.gap, case.facts):
            raise NoSlot(Reason.TOO_CLOSE, "Too close to the reminder before the deadline")


def _can_wait(reminder: Wanted, until: datetime, facts: ApplicationFacts) -> bool:
    """Whether `reminder`, going at `until`, still leaves at least half of the time that it is meant to."""
    allowed = quiet.next_allowed(until, facts.quiet, facts.zones)
    deadline = facts.deadline_at
    return allowed is not None and deadline is not None and allowed <= deadline - timedelta(hours=reminder.step.hours) / 2


def _check_end(at: datetime, case: Case) -> None:
    """Raises `NoSlot` when `at` is too late for this person."""
    deadline = case.facts.deadline_at
    if deadline is not None and at > deadline - LEAST_LEFT:
        raise NoSlot(Reason.AFTER_DEADLINE, "After the deadline" if at >= deadline else "Less than an hour before the deadline")
    if at > anchor(case.facts) + case.plan.age:
        raise NoSlot(Reason.TOO_OLD, f"More than {case.plan.age.days} days after their last sign of life")


def _moved(at: datetime, facts: ApplicationFacts, why: str) -> str:
    return f"; moved from {_local(at, facts)}, {why}"


def _local(at: datetime, facts: ApplicationFacts) -> str:
    return f"{at.astimezone(ZoneInfo(facts.zones[0])):%a %H:%M}"
