"""Putting the demo together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.accounts.passwords import hash_password
from portal.clicks import partitions
from portal.demo import story
from portal.demo.arrivals import Arrivals
from portal.demo.book import Book
from portal.demo.cast import Casting
from portal.demo.dice import Dice
from portal.demo.hits import Hits, returns
from portal.demo.lives import Life
from portal.demo.living import Living
from portal.demo.people import People
from portal.demo.records import Records
from portal.demo.sources import SOURCES
from portal.demo.taps import DAYS, Clock, Tap, taps_on


@dataclass(frozen=True)
class Loaded:
    lines: list[str]
    """What to tell whoever asked for the demo."""


async def load(sign_ins: list[tuple[str, str, str]], now: datetime) -> Loaded:
    """Write the demo into an empty database, whole or not at all."""
    hashes = [await hash_password(password) for _, _, password in sign_ins]
    book = Book()
    Telling(book, Clock(now, ZoneInfo(story.TIMEZONE))).tell(sign_ins, hashes)
    await partitions.make(months_of(now))
    await book.write()
    clicks, applications = len(book.rows["click"]), len(book.rows["application"])
    return Loaded([f"The demo is loaded: {clicks:,} clicks and {applications:,} applications of the last {DAYS} days."])


def months_of(now: datetime) -> Sequence[date]:
    """The months that clicks of the demo lie in."""
    return sorted({partitions.month_of(now - timedelta(days=ago)) for ago in range(DAYS + 3)})


class Telling:
    """The story, told into a book."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book, self._clock, self._dice = book, clock, Dice()

    def tell(self, sign_ins: list[tuple[str, str, str]], hashes: list[str]) -> None:
        casting = Casting(self._book, self._clock, self._dice)
        cast = casting.everybody(sign_ins, hashes)
        deadlines = {job.slug: casting.deadline_of(job) for job in story.JOBS}
        arrivals = Arrivals(self._clock, self._dice, People(self._dice), deadlines)
        hits = Hits(self._book, cast.workspace_id, self._clock)
        lives = list(arrivals.brought())
        for source in SOURCES:
            taps = list(taps_on(source, cast.links[source.slug], self._clock, self._dice))
            landings = self._hit(taps, hits, arrivals, cast.jobs[source.job])
            lives += arrivals.by_link(source, landings, taps)
        living, records = Living(self._clock, self._dice), Records(self._book, cast, self._dice)
        for life in sorted(lives, key=lambda life: life.arrived):
            living.live(life)
            records.keep(life)
            self._hit(self._returns(life), hits, arrivals, cast.jobs[life.job.slug])
        hits.sum_up()

    def _returns(self, life: Life) -> list[Tap]:
        return list(returns(life, self._dice))

    def _hit(self, taps: list[Tap], hits: Hits, arrivals: Arrivals, job_id: UUID) -> dict[UUID, datetime]:
        """Write down all of these; when the people among them landed, by tap."""
        landings: dict[UUID, datetime] = {}
        for tap in taps:
            if hits.click(tap) and (at := arrivals.landed(tap)) is not None:
                landings[tap.id] = at
                hits.landing(tap, at, job_id, self._dice.id_at(at))
        return landings
