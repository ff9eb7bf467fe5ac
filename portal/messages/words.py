"""The words of this room: states, tracks, channels and reasons."""

from enum import StrEnum


class State(StrEnum):
    """How far a message is. Which may follow which stands in `lattice`."""

    SCHEDULED = "scheduled"
    CLAIMED = "claimed"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    BOUNCED = "bounced"
    UNKNOWN = "unknown"
    HELD = "held"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


LEFT_US = (State.HANDED_OVER, State.SENT, State.DELIVERED, State.BOUNCED, State.UNKNOWN)
"""States of messages that a person has, or may have, got."""


class Track(StrEnum):
    INVITE = "invite"
    NEVER_STARTED = "never_started"
    UNFINISHED = "unfinished"
    LINK = "link"
    MANUAL = "manual"


NUDGES = (Track.NEVER_STARTED, Track.UNFINISHED)


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class Wish(StrEnum):
    """By which channel a step is to go."""

    BY_ROLE = "by_role"
    EMAIL = "email"
    SMS = "sms"


class Anchor(StrEnum):
    """From where a step's hours are counted."""

    AFTER = "after"
    BEFORE_DEADLINE = "before_deadline"


class Arm(StrEnum):
    """Which half of a comparison an application belongs to."""

    NUDGED = "nudged"
    HELD_OUT = "held_out"


class Override(StrEnum):
    """What a member wants of one message, against its plan: the column `wish`."""

    SKIP = "skip"
    NOW = "now"


class Reason(StrEnum):
    """Why a message goes when it goes, or why it does not."""

    ON_TIME = "on_time"
    QUIET_HOURS = "quiet_hours"
    GAP = "gap"
    SNOOZED = "snoozed"
    AT_ONCE = "at_once"
    BY_HAND = "by_hand"
    SPREAD = "spread"
    TRY_AGAIN = "try_again"
    PROVIDER_DOWN = "provider_down"
    COMMUNICATIONS_OFF = "communications_off"
    JOB_DRAFT = "job_draft"
    NO_HOUR_FITS = "no_hour_fits"
    NO_EMAIL = "no_email"
    NO_PHONE = "no_phone"
    NO_CONSENT = "no_consent"
    SUPPRESSED = "suppressed"
    ERASED = "erased"
    HELD_OUT = "held_out"
    REPLIED = "replied"
    NOT_INVITED = "not_invited"
    REMINDED_ELSEWHERE = "reminded_elsewhere"
    SKIPPED_BY_MEMBER = "skipped_by_member"
    JUST_WRITTEN_TO = "just_written_to"
    BLAST_STOPPED = "blast_stopped"
    TOO_CLOSE = "too_close"
    CAP = "cap"
    TOO_OLD = "too_old"
    MISSED = "missed"
    AFTER_DEADLINE = "after_deadline"
    FINISHED = "finished"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    DISQUALIFIED = "disqualified"
    JOB_CLOSED = "job_closed"
    MOVED_ON = "moved_on"
    NOT_IN_PLAN = "not_in_plan"
    ALREADY_ANSWERED = "already_answered"
    REFUSED = "refused"
    INVALID_ADDRESS = "invalid_address"
    OPTED_OUT = "opted_out"
    UNDELIVERED = "undelivered"
    NOT_SENT = "not_sent"
    NO_ANSWER = "no_answer"
    BROKEN = "broken"
