"""What an endpoint may hear of. The words stay for ever: receivers compare them."""

from enum import StrEnum

from portal.candidates.applications import Stage
from portal.candidates.events import EventKind


class Kind(StrEnum):
    CANDIDATE_CAPTURED = "candidate.captured"
    INTERVIEW_STARTED = "interview.started"
    INTERVIEW_COMPLETED = "interview.completed"
    APPLICATION_EXPIRED = "application.expired"
    CANDIDATE_OPTED_OUT = "candidate.opted_out"
    LINK_FIRST_CLICK = "link.first_click"
    PING = "ping"
    """A test. Nobody chooses it: it goes where somebody sends it."""


CHOICES = tuple(kind for kind in Kind if kind is not Kind.PING)
WHEN = {
    Kind.CANDIDATE_CAPTURED: "Somebody gave name and email",
    Kind.INTERVIEW_STARTED: "Somebody began the interview",
    Kind.INTERVIEW_COMPLETED: "Somebody finished the interview",
    Kind.APPLICATION_EXPIRED: "The deadline passed before the interview was finished",
    Kind.CANDIDATE_OPTED_OUT: "Somebody wants no more emails, or no more texts",
    Kind.LINK_FIRST_CLICK: "A person tapped a channel link for the first time",
    Kind.PING: "A member sent a test",
}
OF_EVENT = {
    EventKind.CAPTURED.value: Kind.CANDIDATE_CAPTURED,
    EventKind.STARTED.value: Kind.INTERVIEW_STARTED,
    EventKind.COMPLETED.value: Kind.INTERVIEW_COMPLETED,
    EventKind.EXPIRED.value: Kind.APPLICATION_EXPIRED,
    EventKind.OPTED_OUT.value: Kind.CANDIDATE_OPTED_OUT,
}
"""Which lines of a timeline are told, and as what. The others are marked as published and told to nobody."""
STAGE = {
    Kind.CANDIDATE_CAPTURED: Stage.CAPTURED,
    Kind.INTERVIEW_STARTED: Stage.STARTED,
    Kind.INTERVIEW_COMPLETED: Stage.COMPLETED,
    Kind.APPLICATION_EXPIRED: Stage.EXPIRED,
}
"""The stage that an event reports, wherever the application has got to when it is told."""
