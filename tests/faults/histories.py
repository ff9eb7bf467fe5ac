"""Histories of people who are written to while workers die and providers misbehave. The same seed gives the same ones.

Many people live through the same days at once, each with a fate of their own; time is made up, and days pass in seconds. What
providers accepted is the oracle: nothing that the portal says of itself is believed.

A worker is killed by what carries its message (`Doomed`), or by cancelling it in the middle of its hand-over: nothing after that
point is done, as with `kill -9`. That the database then rolls back what was not committed is its own promise; `test_messages`
kills real processes.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from portal import db, redis
from portal.links.personal import personal_url
from portal.messages import delivery, fates, planning, providers, reconcile
from portal.messages.providers import Accepted, Letter, Provider
from portal.messages.quiet import QuietHours, is_quiet
from portal.messages.suppression import Cause, suppress
from portal.messages.words import Channel
from portal.settings import settings
from tests.cast import NOW, add_application, add_candidate, add_job, add_workspace, insert
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.server import Vice
from tests.doubles.twilio import TwilioDouble

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAYS = timedelta(days=2)
PACES = (MINUTE / 3, MINUTE, 3 * MINUTE, 11 * MINUTE, HOUR, 3 * HOUR)
"""Between two looks of the clock."""
CALM = [11 * MINUTE] * 12 + [HOUR] * 44
"""At the end nothing goes wrong any more: time for all that was put off."""
ZONE = "Europe/London"
LINK = re.compile(r"/([a-z2-7]{26})\b")
HANGS: list[Vice] = [Vice.HANG_AFTER, Vice.HANG_BEFORE]
VICES: list[Vice] = [vice for vice in Vice if vice not in HANGS]
"""Hanging takes real time: `Histories.hangs` of them are thrown in."""


class Kill(StrEnum):
    """Where a worker dies."""

    BEFORE_CLAIM = "before the claim"
    AFTER_CLAIM = "after the claim"
    HANDING_OVER = "somewhere in the hand-over"
    AFTER_HAND_OVER = "after the hand-over"
    AFTER_ACCEPTANCE = "after the provider's answer"
    AFTER_RECORDING = "after recording"


class Killed(BaseException):
    """Nothing in the portal catches this."""


class Doomed:
    """Carries as `inner` does, in a worker that dies before or after."""

    def __init__(self, inner: Provider, kill: Kill | None) -> None:
        self.inner, self.kill = inner, kill

    @property
    def name(self) -> str:
        return self.inner.name

    async def send(self, outgoing: Letter) -> Accepted:
        if self.kill in {Kill.AFTER_HAND_OVER, Kill.HANDING_OVER}:
            raise Killed
        try:
            accepted = await self.inner.send(outgoing)
        finally:
            if self.kill is Kill.AFTER_ACCEPTANCE:
                raise Killed
        return accepted


@dataclass
class Person:
    id: UUID
    """Of the application."""
    candidate_id: UUID
    phone: str
    email: str
    silent_from: datetime | None = None
    """When they finished or wanted to hear no more, by whichever came first."""
    why: str = ""


@dataclass
class Histories:
    """What happened, and what was wrong with it."""

    seed: int
    people: list[Person] = field(default_factory=list)
    kills: Counter[Kill] = field(default_factory=Counter)
    vices: Counter[Vice] = field(default_factory=Counter)
    hangs: int = 3
    off: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When communications were switched off."""
    texts: list[tuple[datetime, str, str]] = field(default_factory=list)
    """When a text was accepted, to whom, and by which link's token."""
    emails: list[tuple[datetime, str, str]] = field(default_factory=list)
    states: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        states = ", ".join(f"{count} {channel} {state}" for (channel, state), count in sorted(self.states.items()))
        lines = [
            f"{len(self.people)} histories, PORTAL_FAULTS_SEED={self.seed}: {len(self.texts)} texts and {len(self.emails)} "
            f"emails accepted, {self.kills.total()} kills, {self.vices.total()} vices; {states}"
        ]
        return "\n".join([*lines, *self.problems])


class World:
    """One workspace, two doubles, and a clock that runs as it likes."""

    def __init__(self, seed: int, count: int, twilio: TwilioDouble, sendgrid: SendGridDouble) -> None:
        self.chance = random.Random(seed)
        self.found = Histories(seed)
        self.count, self.twilio, self.sendgrid = count, twilio, sendgrid
        self.now = NOW
        self.is_off = False

    async def run(self) -> Histories:
        await self._people()
        end = self.now + DAYS
        while self.now < end:
            await self._lives()
            await self._tick(calm=False)
            self.now += self.chance.choice(PACES)
        await self._switch(off=False)
        for pace in CALM:
            await self._tick(calm=True)
            self.now += pace
        await self._judge()
        return self.found

    # ---- What people do --------------------------------------------------------------------------------------------------

    async def _people(self) -> None:
        self.workspace_id = await add_workspace()
        plan = await insert(
            "nudge_plan", workspace_id=self.workspace_id, most=3, gap_hours=8, age_days=30, created_at=NOW, stop_on_reply=True
        )
        for place, hours in enumerate((3, 12, 26)):
            values = {"key": f"never-started-{hours}h", "track": "never_started", "position": place, "anchor": "after"}
            await insert("step", workspace_id=self.workspace_id, plan_id=plan, hours=hours, channel="by_role", **values)
        jobs = [await add_job(self.workspace_id, role_type=role, deadline_at=None) for role in ("shift", "shift", "professional")]
        for number in range(self.count):
            self.found.people.append(await self._person(number, self.chance.choice(jobs)))

    async def _person(self, number: int, job_id: UUID) -> Person:
        phone, email = f"+4477009{number:05}", f"person.{number}@example.com"
        candidate_id = await add_candidate(self.workspace_id, f"Person {number}", email, phone=phone)
        consent = {"channel": "sms", "given": True, "address": phone, "wording": "Text me.", "page": "/apply", "at": NOW}
        await insert("consent", workspace_id=self.workspace_id, candidate_id=candidate_id, **consent)
        begun = NOW + self.chance.random() * 4 * HOUR
        times = {"captured_at": begun, "active_at": begun, "created_at": begun, "deadline_at": None}
        return Person(await add_application(self.workspace_id, job_id, candidate_id, **times), candidate_id, phone, email)

    async def _lives(self) -> None:
        """A few finish, a few want to hear no more; now and then somebody turns the switch."""
        for person in self.chance.sample(self.found.people, max(self.count // 100, 1)):
            if person.silent_from is None:
                await self._end(person)
        if self.chance.random() < (0.5 if self.is_off else 0.05):
            await self._switch(off=not self.is_off)

    async def _end(self, person: Person) -> None:
        person.silent_from = self.now
        if self.chance.random() < 0.6:
            person.why = "finish"
            await db.run(
                "UPDATE application SET stage = 'completed', started_at = $2, completed_at = $2, plan_stale = true WHERE id = $1",
                person.id,
                self.now,
            )
            return
        person.why = "opt-out"
        for channel, address in ((Channel.SMS, person.phone), (Channel.EMAIL, person.email)):
            await suppress(self.workspace_id, channel, address, cause=Cause.STOP, source="test", now=self.now)

    async def _switch(self, *, off: bool) -> None:
        if off:
            self.switched_at = self.now
        elif self.is_off:
            self.found.off.append((self.switched_at, self.now))
        self.is_off = off
        await db.run(
            "UPDATE workspace SET communications_off_at = $2 WHERE id = $1", self.workspace_id, self.now if off else None
        )

    # ---- What clock and workers do ---------------------------------------------------------------------------------------

    async def _tick(self, *, calm: bool) -> None:
        self._set_clock()
        await redis.client().flushall()  # which may happen at any time
        await planning.mark_changed(self.now)
        await planning.replan_stale(self.now, limit=self.count * 2)
        if not calm and self.chance.random() < 0.1:
            self.found.kills[Kill.BEFORE_CLAIM] += 1
            return
        for message_id in await delivery.claim_due(self.now, 500):
            await self._work(message_id, calm=calm)
        self._note()
        await fates.sweep_unknown(self.now)
        await reconcile.resend_silent(self.now)
        await reconcile.look_for_texts(self.now)

    def _set_clock(self) -> None:
        path = settings().clock_file
        assert path is not None
        path.write_text(str((self.now - datetime.now(self.now.tzinfo)).total_seconds()))
        self.twilio.created_at = self.now

    async def _work(self, message_id: UUID, *, calm: bool) -> None:
        """One worker with one message."""
        kill = None if calm or self.chance.random() < 0.6 else self.chance.choice([*Kill][1:])
        vice = None if calm or self.chance.random() < 0.5 else self._vice()
        for double in (self.twilio, self.sendgrid):
            double.always = vice
        if kill is not None:
            self.found.kills[kill] += 1
        if kill is Kill.AFTER_CLAIM:
            return
        work = delivery.deliver(message_id, self.now, lambda name: Doomed(providers.carrier(name), kill))
        task = asyncio.create_task(work, context=Context())
        if kill is Kill.HANDING_OVER:
            await asyncio.wait({task}, timeout=self.chance.random() * 0.02)
            task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, Killed):
            self.found.problems.append(f"a worker raised {error!r}")

    def _vice(self) -> Vice:
        vice = self.chance.choice(VICES)
        if self.found.hangs and self.chance.random() < 0.05:
            self.found.hangs -= 1
            vice = self.chance.choice(HANGS)
        self.found.vices[vice] += 1
        return vice

    def _note(self) -> None:
        """What the doubles accepted since we last looked."""
        for text in self.twilio.accepted[len(self.found.texts) :]:
            self.found.texts.append((self.now, text.to, _token(text.body)))
        for mail in self.sendgrid.accepted[len(self.found.emails) :]:
            self.found.emails.append((self.now, mail.to, _token(mail.text)))

    # ---- What came of it -------------------------------------------------------------------------------------------------

    async def _judge(self) -> None:
        self._twice("text", self.found.texts)
        self._twice("email", self.found.emails)
        for at, to, _ in (*self.found.texts, *self.found.emails):
            self._after_the_end(at, to)
        quiet = [at for at, *_ in self.found.texts if is_quiet(at, _hours(), [ZONE])]
        self.found.problems += [f"a text at {at}, in quiet hours" for at in quiet]
        await self._rows()

    def _twice(self, what: str, accepted: Sequence[tuple[datetime, str, str]]) -> None:
        """Each step has a link of its own."""
        for token, count in Counter(token for _, _, token in accepted).items():
            if count > 1 or not token:
                self.found.problems.append(f"{count} times the {what} with link {token!r}")

    def _after_the_end(self, at: datetime, to: str) -> None:
        person = next(person for person in self.found.people if to in {person.phone, person.email})
        if person.silent_from is not None and at >= person.silent_from:
            self.found.problems.append(f"a message to {to} at {at}, after their {person.why} at {person.silent_from}")
        if any(begin <= at < end for begin, end in self.found.off):
            self.found.problems.append(f"a message to {to} at {at}, while communications were off")

    async def _rows(self) -> None:
        """Nothing is forgotten, and what the portal calls sent was accepted."""
        accepted = {token for _, _, token in (*self.found.texts, *self.found.emails)}
        for row in await db.rows("SELECT * FROM message ORDER BY id"):
            state, name = row["state"], f"{row['channel']} {row['step_key']} of {row['application_id']}"
            self.found.states[row["channel"], state] += 1
            if state in {"claimed", "handed_over"} or (state == "scheduled" and row["due_at"] <= self.now - HOUR):
                self.found.problems.append(f"forgotten: {name} is {state}, due at {row['due_at']}")
            if state == "unknown" and row["channel"] == "sms":
                self.found.problems.append(f"{name} is still unknown")
            went = row["link_id"] is not None and _token(personal_url(row["link_id"])) in accepted
            if went and state not in {"sent", "delivered", "unknown"}:
                self.found.problems.append(f"{name} went out and is {state}: {row['reason']}")
            if state == "sent" and not went:
                self.found.problems.append(f"{name} is sent and did not go out")


def _token(text: str) -> str:
    """Of the first personal link in `text`."""
    found = LINK.search(text)
    return found.group(1) if found else ""


def _hours() -> QuietHours:
    from datetime import time

    return QuietHours(time(21), time(8))
