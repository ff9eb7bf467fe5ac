"""Putting the demo together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.accounts.passwords import hash_password
from portal.clicks import partitions
from portal.clicks.scanners import MAIL_NETWORKS
from portal.clicks.verdicts import Verdict
from portal.demo import story
from portal.demo.arrivals import Arrivals
from portal.demo.book import Book
from portal.demo.cast import Casting
from portal.demo.hits import Hits, returns
from portal.demo.lives import Life
from portal.demo.living import Living
from portal.demo.present import ask_for_links
from portal.demo.records import Records
from portal.demo.sources import SOURCES, Source
from portal.demo.taps import DAYS, Clock, Visit, staff_on, visits_on
from portal.links import countdown
from portal.messages.planning import replan_stale


@dataclass(frozen=True)
class Loaded:
    lines: list[str]
    """What to tell whoever asked for the demo."""


async def load(sign_ins: list[tuple[str, str, str]], now: datetime) -> Loaded:
    """Write the demo into an empty database, whole or not at all; then plan what is still to come."""
    hashes = [await hash_password(password) for _, _, password in sign_ins]
    book = Book()
    Telling(book, Clock(now, ZoneInfo(story.TIMEZONE)), sign_ins, hashes).tell()
    await partitions.make(months_of(now))
    await book.write()
    await countdown.first_taps(first_taps(book))
    clicks, applications = len(book.rows["click"]), len(book.rows["application"])
    # A start of the worker would do it too; so there is something to look forward to without one.
    await replan_stale(now, limit=applications)
    return Loaded([f"The demo is loaded: {clicks:,} clicks and {applications:,} applications of the last {DAYS} days."])


def first_taps(book: Book) -> dict[UUID, datetime]:
    """When a person tapped each link first."""
    taps: dict[UUID, datetime] = {}
    for click in book.rows["click"]:
        if click["verdict"] == Verdict.PERSON:
            taps[click["link_id"]] = min(click["at"], taps.get(click["link_id"], click["at"]))
    return taps


def months_of(now: datetime) -> Sequence[date]:
    """The months that clicks of the demo lie in."""
    return sorted({partitions.month_of(now - timedelta(days=ago)) for ago in range(DAYS + 3)})


class Telling:
    """The story, told into a book."""

    def __init__(self, book: Book, clock: Clock, sign_ins: list[tuple[str, str, str]], hashes: list[str]) -> None:
        casting = Casting(book, clock)
        self.book, self._clock = book, clock
        self._cast = casting.everybody(sign_ins, hashes)
        self._deadlines = {job.slug: casting.deadline_of(job) for job in story.JOBS}

    def tell(self) -> None:
        """Everything that has happened."""
        hits, records = Hits(self.book, self._cast.workspace_id, self._clock), Records(self.book, self._cast)
        for source, visits in self._visits.items():
            staff = staff_on(source, self._cast.links[source.slug], self._clock)
            everybody = chain(staff, (tap for visit in visits for tap in visit.taps))
            hits.write(everybody, self._cast.jobs[source.job], mailed=source.channel[0] in MAIL_NETWORKS)
        for life in self.lives():
            records.keep(life)
            hits.write(returns(life), self._cast.jobs[life.job.slug], mailed=True)
        hits.sum_up()

    def lives(self) -> list[Life]:
        """Everybody who has arrived, with what happened to them."""
        arrivals = Arrivals(self._clock, self._deadlines)
        everybody = [*arrivals.brought(), *arrivals.imported()]
        for source, visits in self._visits.items():
            everybody += arrivals.by_link(source, visits)
        arrived = [life for life in everybody if life.arrived < self._until(life.job)]
        for life in arrived:
            Living(life, self._until(life.job)).live()
        ask_for_links(arrived, self._clock.now)
        return arrived

    @cached_property
    def _visits(self) -> dict[Source, list[Visit]]:
        return {source: list(visits_on(source, self._cast.links[source.slug], self._clock)) for source in SOURCES}

    def _until(self, job: story.Job) -> datetime:
        """Until when people could go on."""
        return min(self._clock.now, self._clock.at(*job.draft_since)) if job.draft_since else self._clock.now
