"""What holds for every message alike: who may be written to at all, by which channel, and outside which hours."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from portal.messages import quiet
from portal.messages.facts import ApplicationFacts
from portal.messages.words import Channel, Reason, State, Track, Wish

BREATH = timedelta(hours=1)
"""Between a message by hand and what the person got before it, and the nudge that follows, for whichever job."""
TRACKS = {"invited": Track.NEVER_STARTED, "captured": Track.NEVER_STARTED, "started": Track.UNFINISHED}
ORDERS = {"professional": (Channel.EMAIL, Channel.SMS), "shift": (Channel.SMS, Channel.EMAIL)}
"""Which channel a role prefers: HeyMilo's guide, "Inviting Candidates To Interview"."""

ENDED = {
    "completed": (Reason.FINISHED, "They have finished"),
    "expired": (Reason.EXPIRED, "The deadline has passed"),
    "withdrawn": (Reason.WITHDRAWN, "The application was withdrawn"),
    "disqualified": (Reason.DISQUALIFIED, "The application was turned down"),
}
OBSTACLES = {
    Reason.NO_EMAIL: "No email address given",
    Reason.NO_PHONE: "No mobile number given",
    Reason.NO_CONSENT: "No consent to texts",
    Reason.SUPPRESSED: "This address must not be written to",
}
HOLDS = {
    Reason.COMMUNICATIONS_OFF: "Communications are switched off",
    Reason.JOB_DRAFT: "The job is a draft",
}
CHANNEL_WORDS = {Channel.EMAIL: "email", Channel.SMS: "text"}


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it should be: ``scheduled``, ``held`` or ``skipped``."""

    step_key: str
    track: Track
    channel: Channel
    due_at: datetime
    state: State
    code: Reason
    reason: str


class Slot(msgspec.Struct, frozen=True):
    """A time, the code of what decided it, and how that reads behind the message's own reason."""

    at: datetime
    code: Reason = Reason.ON_TIME
    moved: str = ""


class NoSlot(Exception):
    """The message can't go as things are."""

    def __init__(self, code: Reason, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    @property
    def state(self) -> State:
        """Held when a change elsewhere may yet let it go."""
        return State.HELD if self.code is Reason.NO_HOUR_FITS else State.SKIPPED


def track_of(stage: str) -> Track | None:
    """The track of nudges that somebody at `stage` is on."""
    return TRACKS.get(stage)


def why_ended(facts: ApplicationFacts, now: datetime) -> tuple[Reason, str] | None:
    """Why nothing at all may go to this person any more."""
    if facts.erased:
        return Reason.ERASED, "Their data was erased"
    if facts.stage in ENDED:
        return ENDED[facts.stage]
    if facts.deadline_at is not None and facts.deadline_at <= now:
        return Reason.EXPIRED, "The deadline has passed"
    if facts.job_closed:
        return Reason.JOB_CLOSED, "The job is closed"
    return None


def channels(wish: Wish, facts: ApplicationFacts) -> Sequence[Channel]:
    """The channels to try, best first."""
    return ORDERS[facts.role_type] if wish is Wish.BY_ROLE else (Channel(wish.value),)


def choose_channel(wish: Wish, facts: ApplicationFacts) -> tuple[Channel, str]:
    """The channel, and a note when it is not the best. Raises `NoSlot` when none can be used."""
    order = channels(wish, facts)
    best = order[0]
    if best not in facts.unreachable:
        return best, ""
    obstacle = OBSTACLES[facts.unreachable[best]]
    for channel in order:
        if channel not in facts.unreachable:
            return channel, f"; by {CHANNEL_WORDS[channel]}: {obstacle[0].lower()}{obstacle[1:]}"
    raise NoSlot(facts.unreachable[best], obstacle)


def after_quiet(at: datetime, facts: ApplicationFacts) -> datetime:
    """`at`, or the end of the quiet hours that it lies in. Raises `NoSlot` when no hour suits all places."""
    allowed = quiet.next_allowed(at, facts.quiet, facts.zones)
    if allowed is None:
        raise NoSlot(Reason.NO_HOUR_FITS, f"No hour of the day suits all places where they may be ({places(facts)})")
    return allowed


def quiet_ends(facts: ApplicationFacts) -> str:
    return f"quiet hours end at {facts.quiet.end:%H:%M} ({places(facts)})"


def quiet_begins(facts: ApplicationFacts) -> str:
    return f"quiet hours begin at {facts.quiet.begin:%H:%M} ({places(facts)})"


def places(facts: ApplicationFacts) -> str:
    return ", ".join(facts.zones)
