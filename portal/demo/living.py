"""How a life goes: sitting down, getting up, being nudged, coming back. The nudges follow the portal's own rules."""

from datetime import datetime, timedelta
from typing import Any

from portal.candidates.applications import Stage
from portal.candidates.events import EventKind
from portal.demo import story
from portal.demo.answers import SECONDS, answer_to
from portal.demo.dice import Dice
from portal.demo.lives import Letter, Life
from portal.demo.taps import Clock
from portal.messages.direct import INVITE, direct
from portal.messages.facts import ApplicationFacts, Done
from portal.messages.fates import NO_ANSWER
from portal.messages.plans import DEFAULT
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
QUIET = QuietHours(begin=story.QUIET_FROM, end=story.QUIET_UNTIL)
ZONES = (story.TIMEZONE,)


class Living:
    """Lives lives, one after another."""

    def __init__(self, clock: Clock, dice: Dice) -> None:
        self._clock = clock
        self._dice = dice

    def live(self, life: Life) -> None:
        """Fill `life` with what happens from its arrival until it ends, or until now."""
        if life.invited:
            self._invite(life)
        elif self._dice.happens(STARTS):
            self._sit_down(life, life.arrived + self._dice.delay(12))
        while life.under_way and (planned := self._next_nudge(life)) is not None:
            self._send(life, planned, COMES_BACK[planned.channel])
        self._end(life)

    # ---- At the questions

    def _sit_down(self, life: Life, at: datetime) -> None:
        """Answer from where it was left, until the end, or until they get up."""
        for place in range(len(life.answers), len(life.job.questions)):
            question = life.job.questions[place]
            at += self._dice.delay(SECONDS[question.kind])
            if self._too_late(life, at):
                return
            self._answer(life, place, at)
            if not self._dice.happens(life.perseverance) and place + 1 < len(life.job.questions):
                return
        self._finish(life, at + timedelta(seconds=1))

    def _answer(self, life: Life, place: int, at: datetime) -> None:
        questions = life.job.questions
        if life.started is None:
            life.started, life.stage = at, Stage.STARTED
            life.note(EventKind.STARTED, at)
        life.answers.append(answer_to(questions[place], place, at, self._dice))
        life.active = at
        data: dict[str, Any] = {"number": place + 1, "prompt": questions[place].prompt, "of": len(questions)}
        if place + 1 < len(questions):
            data |= {"next_number": place + 2, "next_prompt": questions[place + 1].prompt}
        life.note(EventKind.ANSWERED, at, **data)

    def _finish(self, life: Life, at: datetime) -> None:
        self._leave(life, Stage.COMPLETED, at)
        life.completed = life.active = at

    def _leave(self, life: Life, stage: Stage, at: datetime, *, by_member: bool = False) -> None:
        """End the application; what was still planned is cancelled, with the reason."""
        code, reason = ENDED[stage]
        for planned in schedule(self._facts(life), DEFAULT, life.active):
            if planned.due_at > at:
                cancelled = planned.state is not State.SKIPPED
                letter = self._letter(life, planned, planned.state)
                if cancelled:
                    letter.state, letter.reason_code, letter.reason = State.CANCELLED, code.value, reason
                letter.ended = at
        life.stage = stage
        life.ended = None if stage is Stage.COMPLETED else at
        life.note(EVENTS[stage], at, by_member=by_member)

    def _end(self, life: Life) -> None:
        """Some withdraw or are turned down; for others the deadline passes."""
        if not life.under_way:
            return
        later = life.active + self._dice.delay(30 * 3600)
        if not self._too_late(life, later) and self._dice.happens(0.05):
            turned_down = self._dice.happens(0.4)
            self._leave(life, Stage.DISQUALIFIED if turned_down else Stage.WITHDRAWN, later, by_member=turned_down)
        elif life.deadline is not None and life.deadline < self._clock.now:
            self._leave(life, Stage.EXPIRED, life.deadline)

    def _too_late(self, life: Life, at: datetime) -> bool:
        return at >= self._clock.now or (life.deadline is not None and at >= life.deadline)

    # ---- Messages

    def _invite(self, life: Life) -> None:
        for planned in direct(self._facts(life), life.arrived):
            if planned.state is State.SCHEDULED and planned.due_at < self._clock.now:
                self._send(life, planned, ACCEPTS)

    def _next_nudge(self, life: Life) -> Planned | None:
        """What goes out next, if that was before now."""
        asked = max([life.active, *(letter.due for letter in life.letters)])
        planned = (p for p in schedule(self._facts(life), DEFAULT, asked) if p.state is State.SCHEDULED)
        first = min(planned, key=lambda p: p.due_at, default=None)
        return first if first is not None and first.due_at < self._clock.now else None

    def _send(self, life: Life, planned: Planned, comes_back: float) -> None:
        letter = self._letter(life, planned, self._dice.weighted(FATES[planned.channel]))
        if letter.state in TROUBLE:
            code, letter.reason = TROUBLE[letter.state]
            letter.reason_code, letter.ended = code.value, planned.due_at + timedelta(seconds=2)
        if letter.state is State.BOUNCED:
            life.unreachable.add(letter.channel)
        elif letter.state is not State.FAILED and self._dice.happens(comes_back):
            self._come_back(life, letter)

    def _come_back(self, life: Life, letter: Letter) -> None:
        at = letter.due + self._dice.delay(40 * 60, spread=1.1)
        if not self._too_late(life, at):
            letter.opened = at
            self._sit_down(life, at + self._dice.delay(6))

    def _letter(self, life: Life, planned: Planned, state: State) -> Letter:
        letter = Letter(
            id=self._dice.id_at(life.active),
            link_id=self._dice.id_at(life.active),
            step_key=planned.step_key,
            track=planned.track,
            channel=planned.channel,
            due=planned.due_at,
            state=state,
            reason_code=planned.code.value,
            reason=planned.reason,
            planned=life.active,
            facts=self._facts(life),
            left=life.left,
        )
        life.letters.append(letter)
        return letter

    def _facts(self, life: Life) -> ApplicationFacts:
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
            unreachable=self._obstacles(life),
            done=tuple(Done(letter.step_key, letter.due) for letter in life.letters if letter.step_key != INVITE),
        )

    def _obstacles(self, life: Life) -> dict[Channel, Reason]:
        found = dict.fromkeys(life.unreachable, Reason.SUPPRESSED)
        return found if life.phone else found | {Channel.SMS: Reason.NO_PHONE}
