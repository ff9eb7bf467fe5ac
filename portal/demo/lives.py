"""One candidate at one job: who they are, and what happened so far."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.candidates.applications import LIVE, Stage
from portal.candidates.events import EventKind
from portal.candidates.intake import Door
from portal.demo import story
from portal.demo.dice import Dice, id_at
from portal.demo.taps import Tap
from portal.messages.facts import ApplicationFacts
from portal.messages.words import Arm, Channel, State, Track


@dataclass(frozen=True)
class Event:
    id: UUID
    kind: EventKind
    at: datetime
    data: dict[str, Any]
    by_member: bool = False


@dataclass(frozen=True)
class Answer:
    question: int
    """Its place in the job's interview, from 0."""
    value: dict[str, Any]
    at: datetime


@dataclass
class Letter:
    """One message, sent or not."""

    id: UUID
    link_id: UUID
    step_key: str
    track: Track
    channel: Channel
    due: datetime
    state: State
    reason_code: str
    reason: str
    planned: datetime
    facts: ApplicationFacts
    """As they were when it was planned."""
    left: int
    """Questions that had no answer then."""
    ended: datetime | None = None
    lease: datetime | None = None
    """Until when a worker has it in hand."""
    opened: datetime | None = None
    """When its link brought the person back."""


@dataclass
class Life:
    key: str
    """Names the person among all of the demo."""
    id: UUID
    candidate_id: UUID
    personal_link_id: UUID
    job: story.Job
    name: str
    email: str
    phone: str | None
    """Given together with the consent to texts."""
    language: str
    door: Door
    arrived: datetime
    deadline: datetime | None
    perseverance: float
    """How likely this person goes on from one question to the next."""
    tap: Tap | None = None
    """What brought them, if they came by themselves."""
    unreachable: set[Channel] = field(default_factory=set)
    stage: Stage = field(init=False)
    started: datetime | None = None
    completed: datetime | None = None
    ended: datetime | None = None
    active: datetime = field(init=False)
    events: list[Event] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.active = self.arrived
        self.stage = Stage.INVITED if self.invited else Stage.CAPTURED
        if self.invited:
            self.note(EventKind.INVITED, self.arrived, by_member=self.door is Door.FORM, door=self.door.value)
        else:
            self.note(EventKind.CAPTURED, self.arrived)

    @property
    def arm(self) -> Arm:
        """Whether they are among those who get no nudges: a draw that moves nobody else's chances."""
        held_out = Dice("arm", self.key).happens(story.PLAN.holdout_percent / 100)
        return Arm.HELD_OUT if held_out else Arm.NUDGED

    @property
    def invited(self) -> bool:
        """Whether somebody else gave their name."""
        return self.door is not Door.LANDING

    @property
    def left(self) -> int:
        """Questions without an answer."""
        return len(self.job.questions) - len(self.answers)

    @property
    def under_way(self) -> bool:
        return self.stage in LIVE

    def note(self, kind: EventKind, at: datetime, *, by_member: bool = False, **data: Any) -> Event:
        """One more line of the timeline, which is told in the order of its times."""
        self.events.append(Event(id_at(at, "event", self.key, len(self.events)), kind, at, data, by_member))
        return self.events[-1]
