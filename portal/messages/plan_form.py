"""A plan as it is typed: read from the form, changed step by step while it is edited, checked when it is saved.

A step keeps its key whatever is changed about it. So what somebody has got is not sent to them again because its hours were
edited, and a text made for a step stays its text.
"""

import re
from collections.abc import Iterable
from datetime import time, timedelta

import msgspec

from portal.messages.plans import Plan, Step
from portal.messages.quiet import QuietHours
from portal.messages.words import NUDGES, Anchor, Track, Wish
from portal.web.forms import Form

MOST_STEPS = 10
"""On one track."""
HOURS = (1, 8760)
PROPOSED_HOLDOUT = 10
KEY = re.compile(r"[a-z0-9-]{1,60}")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class DraftStep(msgspec.Struct, frozen=True):
    """As typed. `key`: empty for a new one."""

    key: str
    anchor: str
    hours: str
    channel: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A plan as it stands in the form, whether it makes sense or not."""

    most: str
    gap_hours: str
    age_days: str
    own_quiet: bool
    quiet_from: str
    quiet_until: str
    holdout_percent: str
    stop_on_reply: bool
    steps: dict[Track, list[DraftStep]]


NEW = DraftStep("", Anchor.AFTER.value, "48", Wish.BY_ROLE.value)


def draft_of(plan: Plan, quiet: QuietHours) -> Draft:
    """A kept plan, to be edited. `quiet`: the workspace's hours, shown where the plan has none of its own."""
    hours = plan.quiet or quiet
    return Draft(
        most=str(plan.most),
        gap_hours=str(plan.gap // timedelta(hours=1)),
        age_days=str(plan.age.days),
        own_quiet=plan.quiet is not None,
        quiet_from=f"{hours.begin:%H:%M}",
        quiet_until=f"{hours.end:%H:%M}",
        holdout_percent=str(plan.holdout_percent),
        stop_on_reply=plan.stop_on_reply,
        steps={track: [_typed(step) for step in plan.track(track)] for track in NUDGES},
    )


def read_draft(form: Form) -> Draft:
    """What was typed."""
    return Draft(
        most=form.raw("most"),
        gap_hours=form.raw("gap_hours"),
        age_days=form.raw("age_days"),
        own_quiet=form.raw("quiet") == "own",
        quiet_from=form.raw("quiet_from"),
        quiet_until=form.raw("quiet_until"),
        holdout_percent=form.raw("holdout_percent"),
        stop_on_reply=form.checked("stop_on_reply"),
        steps={track: _read_typed(form, track) for track in NUDGES},
    )


def edited(draft: Draft, do: str) -> Draft:
    """`draft` after a button: ``add:{track}``, ``remove:{track}:{n}``, ``up:{track}:{n}`` or ``holdout``."""
    if do == "holdout":
        return msgspec.structs.replace(draft, holdout_percent=str(PROPOSED_HOLDOUT))
    verb, _, rest = do.partition(":")
    name, _, place = rest.partition(":")
    if name not in {track.value for track in NUDGES}:
        return draft
    track = Track(name)
    steps = _changed(draft.steps[track], verb, int(place) if place.isdecimal() and len(place) < 4 else -1)
    return msgspec.structs.replace(draft, steps=draft.steps | {track: steps})


def read_plan(form: Form) -> Plan:
    """Raises `Invalid`, with one sentence for each field."""
    age = form.whole("age_days", wrong="Give a whole number of days, from 1 to 365.", least=1, most=365)
    steps = [step for track in NUDGES for step in _read_steps(form, track, age)]
    plan = Plan(
        most=form.whole("most", wrong="Give a whole number, from 0 to 20.", least=0, most=20),
        gap=timedelta(hours=form.whole("gap_hours", wrong="Give a whole number of hours, from 1 to 720.", least=1, most=720)),
        age=timedelta(days=age),
        steps=tuple(steps),
        quiet=_read_quiet(form),
        holdout_percent=form.whole("holdout_percent", wrong="Give a whole number, from 0 to 50.", least=0, most=50),
        stop_on_reply=form.checked("stop_on_reply"),
    )
    form.check()
    return plan


def as_sent(draft: Draft) -> dict[str, str]:
    """The fields of a form that holds `draft`."""
    plain = {name: value for name, value in msgspec.structs.asdict(draft).items() if isinstance(value, str)}
    plain["quiet"] = "own" if draft.own_quiet else "workspace"
    if draft.stop_on_reply:
        plain["stop_on_reply"] = "on"
    for track, steps in draft.steps.items():
        for place, step in enumerate(steps):
            plain |= {field(track, place, part): value for part, value in msgspec.structs.asdict(step).items()}
    return plain


def added(draft: Draft, do: str) -> str:
    """The field that a button has just added, if it was such a button."""
    verb, _, name = do.partition(":")
    steps = draft.steps.get(Track(name), []) if verb == "add" and name in {track.value for track in NUDGES} else []
    return field(Track(name), len(steps) - 1, "hours") if steps else ""


def field(track: Track, place: int, part: str) -> str:
    """The name of a step's field."""
    return f"{track.value}-{place}-{part}"


def _typed(step: Step) -> DraftStep:
    return DraftStep(step.key, step.anchor.value, str(step.hours), step.channel.value)


def _read_typed(form: Form, track: Track) -> list[DraftStep]:
    """Rows are numbered from 0 without a gap: what comes after one that is missing was never shown."""
    steps: list[DraftStep] = []
    while len(steps) < MOST_STEPS and field(track, len(steps), "hours") in form.values:
        key, anchor, hours, channel = (form.raw(field(track, len(steps), part)) for part in ("key", "anchor", "hours", "channel"))
        steps.append(DraftStep(key, anchor, hours, channel))
    return steps


def _changed(steps: list[DraftStep], verb: str, place: int) -> list[DraftStep]:
    if verb == "add" and len(steps) < MOST_STEPS:
        return [*steps, NEW]
    if verb == "remove" and 0 <= place < len(steps):
        return steps[:place] + steps[place + 1 :]
    if verb == "up" and 0 < place < len(steps):
        return [*steps[: place - 1], steps[place], steps[place - 1], *steps[place + 1 :]]
    return steps


def _read_steps(form: Form, track: Track, age: int) -> list[Step]:
    typed = _read_typed(form, track)
    kept = [one.key for one in typed if KEY.fullmatch(one.key) and one.key.startswith(_name(track))]
    steps: list[Step] = []
    for place, one in enumerate(typed):
        step = _read_step(form, track, place)
        _check_time(form, step, steps, age, field(track, place, "hours"))
        first = one.key in kept and one.key not in (done.key for done in steps)
        key = one.key if first else _new_key(step, [*kept, *(done.key for done in steps)])
        steps.append(msgspec.structs.replace(step, key=key))
    return steps


def _read_step(form: Form, track: Track, place: int) -> Step:
    """Without its key."""
    hours, anchor, channel = (field(track, place, part) for part in ("hours", "anchor", "channel"))
    count = form.whole(
        hours, wrong=f"Give a whole number of hours, from {HOURS[0]} to {HOURS[1]:,}.", least=HOURS[0], most=HOURS[1]
    )
    since = form.choice(anchor, set(Anchor), wrong="Choose from when the hours count.")
    wish = form.choice(channel, set(Wish), wrong="Choose email, text or by role.")
    return Step(
        "",
        track,
        Anchor(since) if since in set(Anchor) else Anchor.AFTER,
        count,
        Wish(wish) if wish in set(Wish) else Wish.BY_ROLE,
    )


def _check_time(form: Form, step: Step, before: Iterable[Step], age: int, name: str) -> None:
    """A step that could never go, or never beside another, is a mistake."""
    if any((step.anchor, step.hours) == (other.anchor, other.hours) for other in before):
        form.wrong(name, "Another step has this time already: give another one, or remove this.")
    if step.anchor is Anchor.AFTER and step.hours > age * 24 and "age_days" not in form.errors:
        form.wrong(name, f"Nobody is nudged after {age * 24:,} hours: the plan ends {age} days after their last sign of life.")


def _new_key(step: Step, taken: list[str]) -> str:
    """``never-started-3h``, ``unfinished-deadline-24h``; with a number behind it where that is taken."""
    before = "deadline-" if step.anchor is Anchor.BEFORE_DEADLINE else ""
    name = f"{_name(step.track)}{before}{step.hours}h"
    return next(key for n in range(1, len(taken) + 2) if (key := name if n == 1 else f"{name}-{n}") not in taken)


def _name(track: Track) -> str:
    return track.value.replace("_", "-") + "-"


def _read_quiet(form: Form) -> QuietHours | None:
    """None: the workspace's."""
    if form.raw("quiet") != "own":
        return None
    begin, end = (_read_clock(form, name) for name in ("quiet_from", "quiet_until"))
    if begin == end and "quiet_from" not in form.errors:
        form.wrong("quiet_until", "Quiet hours must begin and end at different times.")
    return QuietHours(begin=begin, end=end)


def _read_clock(form: Form, name: str) -> time:
    typed = form.raw(name).strip()
    if not CLOCK.fullmatch(typed):
        form.wrong(name, "Give a time like 21:00.")
        return time(0)
    return time.fromisoformat(typed)
