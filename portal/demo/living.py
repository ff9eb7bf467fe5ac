"""How a life goes: sitting down, getting up, being nudged, coming back. The nudges follow the portal's own rules.

What happens is told in the order of its times, each step from what went before. So a life that is told until noon begins like the
same life told until midnight.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from portal.candidates.applications import Stage
from portal.candidates.events import EventKind
from portal.demo import story
from portal.demo.answers import SECONDS, answer_to
from portal.demo.dice import Dice, id_at
from portal.demo.lives import Letter, Life
from portal.messages.direct import INVITE, direct
from portal.messages.facts import ApplicationFacts, Done
from portal.messages.fates import NO_ANSWER
from portal.messages.quiet import QuietHours
from portal.messages.rules import ENDED, Planned
from portal.messages.schedule import schedule
from portal.messages.words import Channel, Reason, State

STARTS = 0.8
"""How many go on to the first question at once."""
COMES_BACK = {Channel.EMAIL: 0.17, Channel.SMS: 0.28}
"""How many follow the link of a message."""
ACCEPTS = 0.62
"""How many follow the link of an invitation."""
LEAVES = 0.09
"""How many would withdraw or be turned down, if they had not finished by then."""
FATES = {
    Channel.EMAIL: {State.DELIVERED: 940, State.SENT: 25, State.BOUNCED: 16, State.FAILED: 10, State.UNKNOWN: 9},
    Channel.SMS: {State.DELIVERED: 930, State.SENT: 30, State.FAILED: 28, State.UNKNOWN: 12},
}
TROUBLE = {
    State.BOUNCED: (Reason.REFUSED, "The address does not exist"),
    State.FAILED: (Reason.REFUSED, "Refused by the provider: the recipient can't be reached"),
    State.UNKNOWN: (Reason.NO_ANSWER, NO_ANSWER),
}
EVENTS = {
    Stage.COMPLETED: EventKind.COMPLETED,
    Stage.EXPIRED: EventKind.EXPIRED,
    Stage.WITHDRAWN: EventKind.WITHDRAWN,
    Stage.DISQUALIFIED: EventKind.WITHDRAWN,
}
SETTLES = timedelta(seconds=10)
"""After which what became of a message is known. Those of the last seconds are left to the planner and the worker."""
QUIET = QuietHours(begin=story.QUIET_FROM, end=story.QUIET_UNTIL)
ZONES = (story.TIMEZONE,)

Happening = tuple[datetime, Callable[[], None]]


class Living:
    """Lives one life, from its arrival until it ends, or until `until`."""

    def __init__(self, life: Life, until: datetime) -> None:
        self._life, self._until = life, until
        self._dice = Dice("life", life.key)
        self._back: tuple[datetime, Letter] | None = None
        """When they will be back, and which message brings them."""
        self._sits = False
        """Whether `until` falls into a sitting: then nothing comes after it."""
        leaves, later, turned_down = self._dice.happens(LEAVES), self._dice.delay(30 * 3600), self._dice.happens(0.4)
        self._leaves = life.arrived + later if leaves else None
        self._end = Stage.DISQUALIFIED if turned_down else Stage.WITHDRAWN

    def live(self) -> None:
        """Fill the life with what happens."""
        life = self._life
        if not life.invited and self._dice.happens(STARTS):
            self._sit_down(life.arrived + self._dice.delay(12))
        while life.under_way and not self._sits and (ahead := [one for one in self._ahead() if one[0] < self._until]):
            _, happen = min(ahead, key=lambda one: one[0])
            happen()

    def _ahead(self) -> list[Happening]:
        """What comes next of each kind, as things stand."""
        life, found = self._life, self._messages()
        if self._back is not None:
            found.append((self._back[0], self._come_back))
        if self._leaves is not None:
            at = max(self._leaves, life.active + timedelta(minutes=1))
            found.append((at, partial(self._leave, self._end, at, by_member=self._end is Stage.DISQUALIFIED)))
        if life.deadline is not None:
            found.append((life.deadline, partial(self._leave, Stage.EXPIRED, life.deadline)))
        return found

    # ---- At the questions

    def _sit_down(self, at: datetime) -> None:
        """Answer from where it was left, until the end, or until they get up."""
        life = self._life
        for place in range(len(life.answers), len(life.job.questions)):
            at += self._dice.delay(SECONDS[life.job.questions[place].kind])
            if self._too_late(at):
                return
            self._answer(place, at)
            if not self._dice.happens(life.perseverance) and place + 1 < len(life.job.questions):
                return
        if not self._too_late(at + timedelta(seconds=1)):
            self._finish(at + timedelta(seconds=1))

    def _too_late(self, at: datetime) -> bool:
        self._sits = at >= self._until
        return self._sits or (self._life.deadline is not None and at >= self._life.deadline)

    def _answer(self, place: int, at: datetime) -> None:
        life, questions = self._life, self._life.job.questions
        if life.started is None:
            life.started, life.stage = at, Stage.STARTED
            life.note(EventKind.STARTED, at)
        life.answers.append(answer_to(questions[place], place, at, self._dice))
        life.active = at
        data: dict[str, Any] = {"number": place + 1, "prompt": questions[place].prompt, "of": len(questions)}
        if place + 1 < len(questions):
            data |= {"next_number": place + 2, "next_prompt": questions[place + 1].prompt}
        life.note(EventKind.ANSWERED, at, **data)

    def _finish(self, at: datetime) -> None:
        self._leave(Stage.COMPLETED, at)
        self._life.completed = self._life.active = at

    def _leave(self, stage: Stage, at: datetime, *, by_member: bool = False) -> None:
        """End the application; what was still planned is cancelled, with the reason."""
        life = self._life
        code, reason = ENDED[stage]
        for planned in schedule(self._facts(), story.PLAN, life.active):
            if planned.due_at > at or planned.code is Reason.HELD_OUT:
                letter = self._letter(planned, planned.state)
                if planned.state is not State.SKIPPED:
                    letter.state, letter.reason_code, letter.reason = State.CANCELLED, code.value, reason
                letter.ended = at
        life.stage = stage
        life.ended = None if stage is Stage.COMPLETED else at
        life.note(EVENTS[stage], at, by_member=by_member)

    # ---- Messages

    def _messages(self) -> list[Happening]:
        """The invitation, and the nudges, that have not gone yet."""
        life, facts = self._life, self._facts()
        asked = max([life.active, *(letter.due for letter in life.letters)])
        planned = schedule(facts, story.PLAN, asked)
        if not any(letter.step_key == INVITE for letter in life.letters):
            planned += direct(facts, life.arrived)
        return [
            (one.due_at, partial(self._send, one))
            for one in planned
            if one.state is State.SCHEDULED and one.due_at < self._until - SETTLES
        ]

    def _send(self, planned: Planned) -> None:
        comes_back = ACCEPTS if planned.step_key == INVITE else COMES_BACK[planned.channel]
        letter = self._letter(planned, self._dice.weighted(FATES[planned.channel]))
        returns, later = self._dice.happens(comes_back), self._dice.delay(40 * 60, spread=1.1)
        if letter.state in TROUBLE:
            code, letter.reason = TROUBLE[letter.state]
            letter.reason_code, letter.ended = code.value, planned.due_at + timedelta(seconds=2)
        if letter.state is State.BOUNCED:
            self._life.unreachable.add(letter.channel)
        elif letter.state is not State.FAILED and returns and (self._back is None or letter.due + later < self._back[0]):
            self._back = letter.due + later, letter

    def _come_back(self) -> None:
        if self._back is not None:
            at, letter = self._back
            letter.opened, self._back = at, None
            self._sit_down(at + self._dice.delay(6))

    def _letter(self, planned: Planned, state: State) -> Letter:
        life = self._life
        letter = Letter(
            id=id_at(life.active, "message", life.key, planned.step_key),
            link_id=id_at(life.active, "link", life.key, planned.step_key),
            step_key=planned.step_key,
            track=planned.track,
            channel=planned.channel,
            due=planned.due_at,
            state=state,
            reason_code=planned.code.value,
            reason=planned.reason,
            planned=life.active,
            facts=self._facts(),
            left=life.left,
        )
        life.letters.append(letter)
        return letter

    def _facts(self) -> ApplicationFacts:
        return facts_of(self._life)


def facts_of(life: Life) -> ApplicationFacts:
    """What the portal's rules would know of it."""
    return ApplicationFacts(
        stage=life.stage,
        role_type=life.job.role_type,
        job_closed=False,
        erased=False,
        hold=None,
        invite=life.invited,
        created_at=life.arrived,
        invited_at=life.arrived if life.invited else None,
        captured_at=None if life.invited else life.arrived,
        active_at=life.active,
        deadline_at=life.deadline,
        snoozed_until=None,
        zones=ZONES,
        quiet=QUIET,
        unreachable=_obstacles(life),
        arm=life.arm,
        done=tuple(Done(one.step_key, one.due, one.state is not State.FAILED) for one in life.letters if one.step_key != INVITE),
    )


def _obstacles(life: Life) -> dict[Channel, Reason]:
    found = dict.fromkeys(life.unreachable, Reason.SUPPRESSED)
    return found if life.phone else found | {Channel.SMS: Reason.NO_PHONE}
