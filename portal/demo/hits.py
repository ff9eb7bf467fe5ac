"""The rows of clicks and landings. Each hit is judged and described by the same rules as those of real people."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from portal.clicks import kept
from portal.clicks.kept import Home
from portal.clicks.rollups import Counted
from portal.clicks.verdicts import Verdict
from portal.demo import rollups
from portal.demo.agents import PEOPLE
from portal.demo.book import Book
from portal.demo.dice import Dice, id_at
from portal.demo.lives import Life
from portal.demo.taps import Clock, Tap


class Hits:
    """All clicks and landings of the demo until now, and what the figures' tables say of them."""

    def __init__(self, book: Book, workspace_id: UUID, clock: Clock) -> None:
        self._book, self._workspace_id, self._clock = book, workspace_id, clock
        self._counted: list[Counted] = []

    def write(self, taps: Iterable[Tap], job_id: UUID, *, mailed: bool) -> None:
        """Write down those that have happened, and the landings of the people among them on the page of the job.

        `mailed`: the links travel by mail.
        """
        home, now = Home(self._workspace_id, self._clock.zone, mailed), self._clock.now
        for tap in taps:
            if tap.at < now:
                is_person = self._click(tap, home)
                if is_person and tap.landed is not None and tap.landed < now:
                    self._landing(tap, tap.landed, job_id)

    def _click(self, tap: Tap, home: Home) -> bool:
        """Whether it was a person."""
        click = kept.keep(tap.hit, tap.link_id, home)
        # The book takes what JSON is made of, and no tap of the demo has a query.
        self._book.add("click", **dict(zip(kept.CLICK_COLUMNS, click.row(), strict=True)) | {"parameters": {}})
        self._counted.append(click.counted)
        return click.counted.is_person

    def _landing(self, tap: Tap, at: datetime, job_id: UUID) -> None:
        self._book.add(
            "landing",
            id=id_at(at, "landing", tap.id),
            at=at,
            workspace_id=self._workspace_id,
            job_id=job_id,
            link_id=tap.link_id,
            click_id=tap.id,
            verdict=Verdict.PERSON.value,
        )

    def sum_up(self) -> None:
        """The rollups, once all hits are there."""
        for row in rollups.hourly(self._counted):
            self._book.add("click_hourly", workspace_id=self._workspace_id, **row)
        for row in rollups.daily(self._counted, self._book.rows["landing"]):
            self._book.add("click_daily", workspace_id=self._workspace_id, **row)


def returns(life: Life) -> Iterator[Tap]:
    """Taps on the links of messages. They lead to the interview, past the landing page."""
    agent = Dice("agent", life.key).one_of(PEOPLE["phone"])
    for letter in life.letters:
        if letter.opened is not None:
            yield Tap(
                id=id_at(letter.opened, "return", letter.id),
                at=letter.opened,
                link_id=letter.link_id,
                agent=agent,
                language="en-gb",
                referrer="",
                visitor=Dice("return", letter.id).octets(16),
            )
