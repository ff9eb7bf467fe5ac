"""The rows of clicks and landings. Each hit is judged and described by the same rules as those of real people."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.clicks.agents import describe
from portal.clicks.verdicts import RULES, Verdict, judge
from portal.demo import rollups
from portal.demo.agents import PEOPLE
from portal.demo.book import Book
from portal.demo.dice import Dice
from portal.demo.lives import Life
from portal.demo.taps import Clock, Tap


def click_row(tap: Tap, workspace_id: UUID) -> dict[str, Any]:
    hit = tap.hit
    verdict, reason = judge(hit)
    app, device, system = describe(hit.user_agent)
    return {
        "id": hit.id,
        "at": hit.at,
        "workspace_id": workspace_id,
        "link_id": hit.link_id,
        "outcome": hit.outcome,
        "verdict": verdict.value,
        "reason": reason.value,
        "rules": RULES,
        "method": hit.method,
        "app": app,
        "device": device,
        "system": system,
        "language": hit.language,
        "referrer_host": hit.referrer_host,
        "user_agent": hit.user_agent,
        "purpose": hit.purpose,
        "sec_fetch": hit.sec_fetch,
        "parameters": {},
        "visitor": hit.visitor,
    }


class Hits:
    """All clicks and landings of the demo, and what the figures' tables say of them."""

    def __init__(self, book: Book, workspace_id: UUID, clock: Clock) -> None:
        self._book, self._workspace_id, self._clock = book, workspace_id, clock

    def click(self, tap: Tap) -> bool:
        """Write one down; whether it was a person."""
        row = click_row(tap, self._workspace_id)
        self._book.rows["click"].append(row)
        return bool(row["verdict"] == Verdict.PERSON)

    def landing(self, tap: Tap, at: datetime, job_id: UUID, landing_id: UUID) -> None:
        self._book.add(
            "landing",
            id=landing_id,
            at=at,
            workspace_id=self._workspace_id,
            job_id=job_id,
            link_id=tap.link_id,
            click_id=tap.id,
            verdict=Verdict.PERSON.value,
        )

    def sum_up(self) -> None:
        """The rollups, once all hits are there."""
        clicks = [rollups.counted(row, self._clock.zone) for row in self._book.rows["click"]]
        for row in rollups.hourly(clicks):
            self._book.add("click_hourly", workspace_id=self._workspace_id, **row)
        for row in rollups.daily(clicks, self._book.rows["landing"]):
            self._book.add("click_daily", workspace_id=self._workspace_id, **row)


def returns(life: Life, dice: Dice) -> Iterator[Tap]:
    """Taps on the links of messages: mail scanners at once, people when they come back."""
    agent = dice.one_of(PEOPLE["phone"])
    for letter in life.letters:
        if letter.opened is not None:
            yield Tap(
                id=dice.id_at(letter.opened),
                at=letter.opened,
                link_id=letter.link_id,
                agent=agent,
                language="en-gb",
                referrer="",
                visitor=dice.octets(16),
                first=True,
            )
