"""What can become of a delivery, and why: values that pages show."""

from enum import StrEnum


class State(StrEnum):
    WAITING = "waiting"
    """To be looked into, now or later."""
    HELD = "held"
    """A member has to do something first."""
    DONE = "done"
    IGNORED = "ignored"
    """There is nothing to do."""
    FAILED = "failed"
    REFUSED = "refused"
    """Nobody knows who sent it. Its body is not kept."""


class Reason(StrEnum):
    NEW = "new"
    AGAIN = "again"
    """A member had it looked into once more."""
    # Their API, which is asked again until `processing.PATIENCE` is over.
    API_AWAY = "api_away"
    API_BUSY = "api_busy"
    BROKEN = "broken"
    """A fault of ours."""
    # What a member can mend.
    NO_JOB = "no_job"
    JOB_NOT_OPEN = "job_not_open"
    NO_API_KEY = "no_api_key"
    API_KEY_REFUSED = "api_key_refused"
    BAD_API_ADDRESS = "bad_api_address"
    # What is over.
    CREATED = "created"
    JOINED = "joined"
    KNOWN = "known"
    ERASED = "erased"
    NOBODY = "nobody"
    """Removed there, and never seen here. It is remembered."""
    MERGED = "merged"
    HUSHED = "hushed"
    PING = "ping"
    HANDSHAKE = "handshake"
    OTHER_EVENT = "other_event"
    UNREADABLE = "unreadable"
    NO_PERSON = "no_person"
    REMOVED_THERE = "removed_there"
    JOB_IGNORED = "job_ignored"
    UNSIGNED_REMOVAL = "unsigned_removal"
    NOT_THERE = "not_there"
    API_REFUSED = "api_refused"
    NO_ADDRESS = "no_address"
    NOT_USABLE = "not_usable"
    # Why it is not believed.
    UNSET = "unset"
    """No secret was set yet."""
    NO_SIGNATURE = "no_signature"
    BAD_SIGNATURE = "bad_signature"
    TOO_OLD = "too_old"


STATES = {
    State.WAITING: "Waiting",
    State.HELD: "Needs you",
    State.DONE: "Done",
    State.IGNORED: "Nothing to do",
    State.FAILED: "Failed",
    State.REFUSED: "Refused",
}
SENTENCES = {
    Reason.NEW: "Just came in.",
    Reason.AGAIN: "It is looked into once more.",
    Reason.API_AWAY: "The system's API could not be reached. It is tried again.",
    Reason.API_BUSY: "The system's API asked for a pause. It is tried again.",
    Reason.BROKEN: "Something went wrong on our side. It is tried again; the server's log says more.",
    Reason.NO_JOB: "No job is chosen for it. Choose one, and it goes on.",
    Reason.JOB_NOT_OPEN: "The job takes nobody now. Open it or choose another, then have this looked into again.",
    Reason.NO_API_KEY: "It names a person by number only, and there is no API key to ask who that is. Give one, and it goes on.",
    Reason.API_KEY_REFUSED: "The system's API refused the key, or the key may not read candidates. Give another, and it goes on.",
    Reason.BAD_API_ADDRESS: "The address of the API can't be called. Correct it, and this goes on.",
    Reason.CREATED: "A new candidate.",
    Reason.JOINED: "A known candidate, with a new application.",
    Reason.KNOWN: "That candidate had an application at this job already.",
    Reason.ERASED: "Removed there, and so erased here.",
    Reason.NOBODY: "Removed there; nobody of that number is known here.",
    Reason.MERGED: "Merged there with another: both are one person.",
    Reason.HUSHED: "They are not to be emailed, it says, and are not.",
    Reason.PING: "A test: the connection works.",
    Reason.HANDSHAKE: "The system asked whether this address listens, and was answered.",
    Reason.OTHER_EVENT: "This kind of event changes nothing here.",
    Reason.UNREADABLE: "It is not JSON of the shape that this system sends.",
    Reason.NO_PERSON: "It does not say whom it is about.",
    Reason.REMOVED_THERE: "That person has been removed there.",
    Reason.JOB_IGNORED: "Nobody of this job is taken in: that is how you set it.",
    Reason.UNSIGNED_REMOVAL: "Nobody is erased on the word of a system that signs nothing.",
    Reason.NOT_THERE: "The system's API knows no such person.",
    Reason.API_REFUSED: "The system's API did not understand the question. Is its address right?",
    Reason.NO_ADDRESS: "The person has no email address there.",
    Reason.NOT_USABLE: "What is known of the person there can't be used.",
    Reason.UNSET: "No secret was set yet, so nothing can be believed.",
    Reason.NO_SIGNATURE: "It was not signed.",
    Reason.BAD_SIGNATURE: "The signature does not fit. Is the secret the same there and here?",
    Reason.TOO_OLD: "It was signed too long ago.",
}
AFTER_A_KEY = (Reason.NO_API_KEY, Reason.API_KEY_REFUSED, Reason.BAD_API_ADDRESS)
"""What a new API key or address may mend."""
