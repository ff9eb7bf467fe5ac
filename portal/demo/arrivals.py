"""Who became a candidate: some of those who tapped and landed, and those whom members, files and other systems brought."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.candidates.intake import Door
from portal.demo import story
from portal.demo.dice import Dice
from portal.demo.lives import Life
from portal.demo.people import People
from portal.demo.sources import Source
from portal.demo.taps import Clock, Tap

LANDS = 0.93
"""How many who tap wait until the page is there."""
BROUGHT = {Door.FORM: 46, Door.FILE: 38, Door.API: 22, Door.ATS: 24}


@dataclass
class Arrivals:
    clock: Clock
    dice: Dice
    people: People
    deadlines: Mapping[str, datetime | None]
    """The fixed deadline of each job, by slug."""

    def landed(self, tap: Tap) -> datetime | None:
        """When the page behind a person's tap was there; None for those who did not wait."""
        at = tap.at + self.dice.delay(1.1, spread=0.4)
        return at if self.dice.happens(LANDS) and at < self.clock.now else None

    def by_link(self, source: Source, landings: Mapping[UUID, datetime], taps: list[Tap]) -> Iterator[Life]:
        """Those who gave name and email after a tap on the link of `source`."""
        for tap in taps:
            if tap.first and tap.id in landings and self.dice.happens(source.captures):
                arrived = landings[tap.id] + self.dice.delay(41)
                if arrived < self.clock.now:
                    yield self._life(story.JOB[source.job], Door.LANDING, arrived, source.completes, tap)

    def brought(self) -> Iterator[Life]:
        """Those whom somebody else added, in office hours of the last weeks."""
        for door, count in BROUGHT.items():
            for _ in range(count):
                day = self.clock.midnight - timedelta(days=self.dice.whole(0, 45))
                arrived = (day + timedelta(hours=self.dice.between(9, 17))).astimezone(self.clock.now.tzinfo)
                if arrived < self.clock.now:
                    yield self._life(self.dice.one_of(story.JOBS), door, arrived, 0.88, None)

    def _life(self, job: story.Job, door: Door, arrived: datetime, perseverance: float, tap: Tap | None) -> Life:
        name, email = self.people.meet()
        return Life(
            id=self.dice.id_at(arrived),
            candidate_id=self.dice.id_at(arrived),
            personal_link_id=self.dice.id_at(arrived),
            job=job,
            name=name,
            email=email,
            phone=self.people.phone() if self.dice.happens(job.phone_share) else None,
            language=tap.language[:2] if tap else "en",
            door=door,
            arrived=arrived,
            deadline=self._deadline(job, arrived),
            perseverance=perseverance,
            tap=tap,
        )

    def _deadline(self, job: story.Job, arrived: datetime) -> datetime | None:
        """As `portal.jobs.deadlines.deadline_for` has it."""
        own = arrived + timedelta(days=job.deadline_days) if job.deadline_days is not None else None
        return min((at for at in (self.deadlines[job.slug], own) if at is not None), default=None)
