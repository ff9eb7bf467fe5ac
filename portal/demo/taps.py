"""Sixty days of hits on the channel links: people first, then everything that only looks like them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.clicks.agents import WANTS_CARD, kind_of
from portal.clicks.hits import Hit, Kind, Outcome
from portal.demo import agents
from portal.demo.dice import Dice
from portal.demo.sources import Source, expected

DAYS = 60
AGAIN = 0.13
"""How many people tap a second time the same day."""


@dataclass(frozen=True)
class Tap:
    """One hit on a link, before it is written as a row."""

    id: UUID
    at: datetime
    link_id: UUID
    agent: str
    language: str
    referrer: str
    visitor: bytes
    first: bool = False
    """Whether this is the person's first on this link and day."""
    purpose: str = ""
    staff: bool = False

    @property
    def hit(self) -> Hit:
        """As the redirect would have written it down."""
        wants_card = kind_of(self.agent) in WANTS_CARD and not self.staff
        return Hit(
            id=self.id,
            at=self.at,
            kind=Kind.CLICK,
            link_id=self.link_id,
            outcome=Outcome.CARD if wants_card else Outcome.REDIRECTED,
            method="GET",
            staff=self.staff,
            user_agent=self.agent,
            referrer_host=self.referrer,
            purpose=self.purpose,
            language=self.language,
            visitor=self.visitor,
        )


@dataclass(frozen=True)
class Clock:
    """The present, and midnight at the workspace's place."""

    now: datetime
    zone: ZoneInfo

    @property
    def midnight(self) -> datetime:
        return self.now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def same_day(self, one: datetime, other: datetime) -> bool:
        """On the same day, both here and in UTC: visitors are told apart by day."""
        return self.local(one).date() == self.local(other).date() and one.date() == other.date()

    def hours(self) -> Iterator[datetime]:
        """Each hour of the story that has begun, as UTC."""
        first = self.now.replace(minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
        return (first + timedelta(hours=n) for n in range(DAYS * 24 + 1))


def taps_on(source: Source, link_id: UUID, clock: Clock, dice: Dice) -> Iterator[Tap]:
    """All hits on one link up to now, in no order."""
    for hour in clock.hours():
        for _ in range(dice.count(expected(source, clock.local(hour), clock.midnight))):
            at = hour + timedelta(seconds=dice.between(0, 3600))
            if at < clock.now:
                yield from _visit(source, link_id, at, clock, dice)
    yield from _staff(link_id, clock, dice, source)


def _visit(source: Source, link_id: UUID, at: datetime, clock: Clock, dice: Dice) -> Iterator[Tap]:
    """One person, who may tap again, and the programmes that came along."""
    mix = agents.MIXES[source.mix]
    agent = dice.one_of(agents.PEOPLE[dice.weighted(mix.people)])
    person = Tap(
        id=dice.id_at(at),
        at=at,
        link_id=link_id,
        agent=agent,
        language=dice.weighted(agents.LANGUAGES),
        referrer=dice.one_of(mix.referrers),
        visitor=dice.octets(16),
        first=True,
    )
    yield person
    if dice.happens(AGAIN):
        later = at + dice.delay(5 * 60, spread=1.2)
        if clock.same_day(at, later) and later < clock.now:
            yield _changed(person, dice, at=later)
    yield from _company(source, person, dice)


def _company(source: Source, person: Tap, dice: Dice) -> Iterator[Tap]:
    """What fetches the link besides people, some seconds before or after them."""
    mix = agents.MIXES[source.mix]
    near = person.at - dice.delay(40)
    if dice.happens(source.prefetches):
        yield _changed(person, dice, at=person.at - timedelta(seconds=2), purpose="prefetch;prerender")
    if dice.happens(min(source.previews, 1)):
        yield _programme(person, dice, near, dice.one_of(agents.PREVIEWS[mix.preview]))
    if dice.happens(source.scanners):
        yield _programme(person, dice, near, dice.one_of(agents.GATEWAYS))
    if dice.happens(source.bots):
        yield _programme(person, dice, near, dice.one_of(agents.BOTS))


def _staff(link_id: UUID, clock: Clock, dice: Dice, source: Source) -> Iterator[Tap]:
    """Those who made the link try it."""
    made = clock.midnight - timedelta(days=min(source.since, DAYS - 1)) + timedelta(hours=9)
    for _ in range(dice.whole(1, 3)):
        at = made.astimezone(clock.now.tzinfo) + dice.delay(1800, spread=1)
        yield Tap(
            id=dice.id_at(at),
            at=at,
            link_id=link_id,
            agent=dice.one_of(agents.PEOPLE["desk"]),
            language="en-gb",
            referrer="",
            visitor=dice.octets(16),
            staff=True,
        )


def _changed(tap: Tap, dice: Dice, *, at: datetime, purpose: str = "") -> Tap:
    """The same person's browser once more."""
    return Tap(
        id=dice.id_at(at),
        at=at,
        link_id=tap.link_id,
        agent=tap.agent,
        language=tap.language,
        referrer=tap.referrer,
        visitor=tap.visitor,
        purpose=purpose,
    )


def _programme(tap: Tap, dice: Dice, at: datetime, agent: str) -> Tap:
    return Tap(
        id=dice.id_at(at),
        at=at,
        link_id=tap.link_id,
        agent=agent,
        language="",
        referrer="",
        visitor=dice.octets(16),
    )
