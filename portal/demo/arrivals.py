"""Who became a candidate: some of those who tapped and landed, and those whom members, files and other systems brought."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.candidates.intake import Door
from portal.demo import story
from portal.demo.dice import Dice, id_at
from portal.demo.lives import Life
from portal.demo.people import People
from portal.demo.sources import Source
from portal.demo.taps import Clock, Tap, Visit

BROUGHT = {Door.FORM: 46, Door.FILE: 38, Door.API: 22, Door.ATS: 24}
FRIDAY = 4


@dataclass
class Arrivals:
    """Whoever arrives until today ends, told in the same order whatever the time is: names are given out in that order."""

    clock: Clock
    deadlines: Mapping[str, datetime | None]
    """The fixed deadline of each job, by slug."""
    people: People = field(default_factory=lambda: People(Dice("people")))

    def by_link(self, source: Source, visits: list[Visit]) -> Iterator[Life]:
        """Those who gave name and email after a tap on the link of `source`."""
        job = story.JOB[source.job]
        for visit in visits:
            if visit.arrived is not None:
                yield self._life(visit.key, job, Door.LANDING, visit.arrived, perseverance=source.completes, tap=visit.taps[0])

    def brought(self) -> Iterator[Life]:
        """Those whom somebody else added, in office hours of the last weeks."""
        for door, count in BROUGHT.items():
            for number in range(count):
                key = f"{door}/{number}"
                dice = Dice("brought", key)
                arrived = self.clock.at(self._working_day(dice.whole(0, 45)), dice.between(9, 17))
                yield self._life(key, dice.one_of(story.ALWAYS_OPEN), door, arrived, perseverance=0.88)

    def imported(self) -> Iterator[Life]:
        """Those whom one file brought, all at once."""
        for number in range(story.CARER_FILE.people):
            arrived = self.clock.at(story.CARER_FILE.days_ago, story.CARER_FILE.hour) + timedelta(milliseconds=40 * number)
            yield self._life(f"import/{number}", story.CARER, Door.FILE, arrived, perseverance=0.8)

    def _working_day(self, ago: int) -> int:
        """That day, or the Friday before it."""
        return ago + max(0, self.clock.weekday(ago) - FRIDAY)

    def _life(
        self, key: str, job: story.Job, door: Door, arrived: datetime, *, perseverance: float, tap: Tap | None = None
    ) -> Life:
        name, email = self.people.meet()
        return Life(
            key=key,
            id=id_at(arrived, "application", key),
            candidate_id=id_at(arrived, "candidate", key),
            personal_link_id=id_at(arrived, "link", key),
            job=job,
            name=name,
            email=email,
            phone=self.people.phone() if Dice("phone", key).happens(job.phone_share) else None,
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
