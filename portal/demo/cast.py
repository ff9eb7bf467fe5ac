"""The rows that everything else refers to: workspace, members, jobs, questions, channels, campaigns, links."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
from slugify import slugify

from portal.demo import story
from portal.demo.book import Book
from portal.demo.dice import id_at
from portal.demo.sources import CAMPAIGNS, MADE_AT, SOURCES, Source
from portal.demo.taps import DAYS, Clock
from portal.links.catalogue import BY_KEY

PLAIN_LINK = {"label": "", "target_url": "", "note": "", "card_title": "", "card_text": ""}


@dataclass
class Cast:
    """The ids by which the rest is found."""

    workspace_id: UUID
    members: dict[str, UUID] = field(default_factory=dict)
    jobs: dict[str, UUID] = field(default_factory=dict)
    questions: dict[str, list[UUID]] = field(default_factory=dict)
    channels: dict[tuple[str, str], UUID] = field(default_factory=dict)
    campaigns: dict[str, UUID] = field(default_factory=dict)
    links: dict[str, UUID] = field(default_factory=dict)
    """By slug."""


class Casting:
    def __init__(self, book: Book, clock: Clock) -> None:
        self._book, self._clock = book, clock
        self._founded = clock.at(DAYS + 2, 9)
        self.cast = Cast(id_at(self._founded, "workspace"))

    def everybody(self, sign_ins: list[tuple[str, str, str]], hashes: list[str]) -> Cast:
        """Add the rows. `hashes`: of the passwords of `sign_ins`, in the same order."""
        self._book.add("workspace", id=self.cast.workspace_id, created_at=self._founded, **story.WORKSPACE)
        for (role, email, _), password_hash in zip(sign_ins, hashes, strict=True):
            self._member(role, email, password_hash)
        self._plan()
        for job in story.JOBS:
            self._job(job)
        for name in CAMPAIGNS:
            self._campaign(name)
        for source in SOURCES:
            self._link(source)
        return self.cast

    def _member(self, role: str, email: str, password_hash: str) -> None:
        self.cast.members[role] = self._add(
            "member", name=story.MEMBERS[role], email=email, role=role, password_hash=password_hash, disabled_at=None
        )

    def _plan(self) -> None:
        """The workspace's nudges: those that come with the portal, but not for everybody."""
        plan_id = self._add(
            "nudge_plan",
            job_id=None,
            most=story.PLAN.most,
            gap_hours=story.PLAN.gap // timedelta(hours=1),
            age_days=story.PLAN.age.days,
            quiet_from=None,
            quiet_until=None,
            holdout_percent=story.PLAN.holdout_percent,
            stop_on_reply=story.PLAN.stop_on_reply,
        )
        for place, step in enumerate(story.PLAN.steps, 1):
            self._book.add(
                "step",
                id=id_at(self._founded, "step", step.key),
                workspace_id=self.cast.workspace_id,
                plan_id=plan_id,
                key=step.key,
                track=step.track.value,
                position=place,
                anchor=step.anchor.value,
                hours=step.hours,
                channel=step.channel.value,
            )

    def _job(self, job: story.Job) -> None:
        job_id = self.cast.jobs[job.slug] = self._add(
            "job",
            slug=job.slug,
            title=job.title,
            location=job.location,
            pay=job.pay,
            summary=job.summary,
            role_type=job.role_type,
            status="draft" if job.draft_since else "open",
            interview_kind="built_in",
            external_url="",
            minutes=job.minutes,
            deadline_at=self.deadline_of(job),
            deadline_days=job.deadline_days,
            timezone=story.TIMEZONE,
            country="GB",
            language="en",
            card_title=job.card_title,
            card_text=job.card_text,
            closed_at=None,
        )
        self.cast.questions[job.slug] = [self._question(job_id, n, q) for n, q in enumerate(job.questions, 1)]

    def deadline_of(self, job: story.Job) -> datetime | None:
        return self._clock.at(-job.deadline_in_days - 1) - timedelta(minutes=1) if job.deadline_in_days is not None else None

    def _question(self, job_id: UUID, position: int, question: story.Question) -> UUID:
        return self._add(
            "question",
            job_id=job_id,
            position=position,
            kind=question.kind,
            prompt=question.prompt,
            help=question.help,
            options=list(question.options),
            required=question.required,
            archived_at=None,
        )

    def _campaign(self, name: str) -> None:
        first, last, notes = CAMPAIGNS[name]
        self.cast.campaigns[name] = self._add(
            "campaign",
            name=name,
            code=slugify(name),
            starts_on=self._date(first),
            ends_on=self._date(last - 14 if last == 0 else last),
            notes=notes,
            archived_at=None,
        )

    def _date(self, ago: int) -> date:
        return self._clock.at(ago).astimezone(self._clock.zone).date()

    def _link(self, source: Source) -> None:
        channel_id = self._channel(source.channel)
        made = self._clock.at(source.since, MADE_AT)
        self.cast.links[source.slug] = id_at(made, "link", source.slug)
        self._book.add(
            "link",
            id=self.cast.links[source.slug],
            workspace_id=self.cast.workspace_id,
            kind="channel",
            job_id=self.cast.jobs[source.job],
            channel_id=channel_id,
            campaign_id=self.cast.campaigns.get(source.campaign),
            application_id=None,
            slug=source.slug,
            token_digest=None,
            token_version=1,
            member_id=self.cast.members["marketer"],
            created_at=made,
            **(PLAIN_LINK | {"label": source.label}),
        )
        if source.budget:
            self._budget(source, channel_id)

    def _channel(self, key: tuple[str, str]) -> UUID:
        if key not in self.cast.channels:
            entry = msgspec.structs.asdict(BY_KEY["/".join(key)])
            self.cast.channels[key] = self._add("channel", own=False, archived_at=None, **entry)
        return self.cast.channels[key]

    def _budget(self, source: Source, channel_id: UUID) -> None:
        self._book.add(
            "campaign_budget",
            id=id_at(self._founded, "budget", source.slug),
            workspace_id=self.cast.workspace_id,
            campaign_id=self.cast.campaigns[source.campaign],
            channel_id=channel_id,
            amount=Decimal(source.budget),
            currency="GBP",
        )

    def _add(self, table: str, **values: object) -> UUID:
        """A row of the workspace, made on its first day; its id."""
        made = id_at(self._founded, table, len(self._book.rows[table]))
        self._book.add(table, id=made, workspace_id=self.cast.workspace_id, created_at=self._founded, **values)
        return made
