"""Sixty days of hits on the channel links: people first, then everything that only looks like them.

The crowd of a link is always the same: as many people, the same people. The day of loading decides only where their days and
weekends lie; the hour cuts away what has not happened yet.
"""

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.clicks.agents import WANTS_CARD, kind_of
from portal.clicks.hits import Hit, Kind, Outcome
from portal.demo import agents
from portal.demo.dice import Dice, id_at
from portal.demo.sources import MADE_AT, Source, pull

DAYS = 60
"""Today and those before it."""
AGAIN = 0.13
"""How many people tap a second time the same day."""
LANDS = 0.93
"""How many who tap wait until the page is there."""


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
    landed: datetime | None = None
    """When the page behind it was there; None for those who did not wait."""
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
class Visit:
    """One person on one link on one day."""

    key: str
    """Names the person among all."""
    taps: tuple[Tap, ...]
    """The person's first one; then their second, and those of the programmes that came along."""
    arrived: datetime | None
    """When they gave name and email, if they did."""


@dataclass(frozen=True)
class Clock:
    """The present, and the days at the workspace's place."""

    now: datetime
    zone: ZoneInfo

    @cached_property
    def midnight(self) -> datetime:
        """At which today began."""
        return self.now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def at(self, ago: int, hours: float = 0) -> datetime:
        """That hour of the wall clock, so many days ago, as UTC."""
        return (self.midnight - timedelta(days=ago) + timedelta(hours=hours)).astimezone(UTC)

    def weekday(self, ago: int) -> int:
        """Monday is 0."""
        return (self.midnight - timedelta(days=ago)).weekday()

    def same_day(self, one: datetime, other: datetime) -> bool:
        """On the same day, both here and in UTC: visitors are told apart by day."""
        return one.astimezone(self.zone).date() == other.astimezone(self.zone).date() and one.date() == other.date()


def visits_on(source: Source, link_id: UUID, clock: Clock) -> Iterator[Visit]:
    """Everybody who taps that link until today ends, in no order. What lies after `clock.now` has not happened yet."""
    for part, days in (("past", range(1, DAYS)), ("today", range(1))):
        crowd = sum(pull(source, ago, hour, None) for ago in days for hour in range(24))
        hours = Hours(source, clock, days)
        for number in range(Dice("crowd", source.slug, part).count(crowd)):
            yield _visit(source, link_id, f"{source.slug}/{part}/{number}", hours)


def staff_on(source: Source, link_id: UUID, clock: Clock) -> Iterator[Tap]:
    """Those who made the link try it."""
    dice = Dice("staff", source.slug)
    for number in range(dice.whole(1, 3)):
        at = clock.at(min(source.since, DAYS - 1), MADE_AT + 1) + dice.delay(1800, spread=1)
        agent = dice.one_of(agents.PEOPLE["desk"])
        yield Tap(id_at(at, "staff", source.slug, number), at, link_id, agent, "en-gb", "", dice.octets(16), staff=True)


class Hours:
    """When people tap one link within some days."""

    def __init__(self, source: Source, clock: Clock, days: Sequence[int]) -> None:
        self.clock = clock
        self._cells = [(ago, hour) for ago in reversed(days) for hour in range(24)]
        self._sums = list(accumulate(pull(source, ago, hour, clock.weekday(ago)) for ago, hour in self._cells))

    def moment(self, share: float) -> datetime:
        """Until when that share (0 to 1) of all have come."""
        wanted = share * self._sums[-1]
        cell = min(bisect(self._sums, wanted), len(self._cells) - 1)
        before = self._sums[cell - 1] if cell else 0.0
        ago, hour = self._cells[cell]
        return self.clock.at(ago, hour + min((wanted - before) / (self._sums[cell] - before), 0.999_999))


def _visit(source: Source, link_id: UUID, key: str, hours: Hours) -> Visit:
    mix, dice = agents.MIXES[source.mix], Dice("visit", key)
    at = hours.moment(dice.between(0, 1))
    agent = dice.one_of(agents.PEOPLE[dice.weighted(mix.people)])
    person = Tap(
        id=id_at(at, "tap", key),
        at=at,
        link_id=link_id,
        agent=agent,
        language=dice.weighted(agents.LANGUAGES),
        referrer=dice.one_of(mix.referrers),
        visitor=dice.octets(16),
        landed=_landed(at, dice),
    )
    arrived = person.landed + dice.delay(41) if person.landed is not None and dice.happens(source.captures) else None
    return Visit(key, (person, *_again(person, key, hours.clock, dice), *_company(source, person, key, dice)), arrived)


def _landed(at: datetime, dice: Dice) -> datetime | None:
    return at + dice.delay(1.1, spread=0.4) if dice.happens(LANDS) else None


def _again(person: Tap, key: str, clock: Clock, dice: Dice) -> Iterator[Tap]:
    """Some tap twice on a day."""
    if not dice.happens(AGAIN):
        return
    later = person.at + dice.delay(5 * 60, spread=1.2)
    landed = _landed(later, dice)
    if clock.same_day(person.at, later):
        yield replace(person, id=id_at(later, "again", key), at=later, landed=landed)


def _company(source: Source, person: Tap, key: str, dice: Dice) -> Iterator[Tap]:
    """What fetches the link besides people, some seconds before or after them."""
    mix = agents.MIXES[source.mix]
    if dice.happens(source.prefetches):
        at = person.at - timedelta(seconds=2)
        yield replace(person, id=id_at(at, "prefetch", key), at=at, landed=None, purpose="prefetch;prerender")
    at = person.at - dice.delay(40)
    families = (
        (source.previews, agents.PREVIEWS[mix.preview]),
        (source.scanners, agents.GATEWAYS),
        (source.bots, agents.BOTS),
    )
    for number, (share, family) in enumerate(families):
        if dice.happens(min(share, 1)):
            agent = dice.one_of(family)
            yield Tap(id_at(at, "programme", key, number), at, person.link_id, agent, "", "", dice.octets(16))
