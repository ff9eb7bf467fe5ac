"""A plan played through: what somebody who stopped now would hear, and when."""

from datetime import datetime
from uuid import UUID

import msgspec

from portal.interviews.questions import count_of
from portal.jobs.deadlines import deadline_for
from portal.jobs.jobs import InterviewKind, Job
from portal.messages import texts
from portal.messages.facts import ApplicationFacts, Known
from portal.messages.plans import Plan
from portal.messages.quiet import QuietHours
from portal.messages.rules import Planned
from portal.messages.schedule import schedule
from portal.messages.words import NUDGES, Track

NOBODY = UUID(int=0)


class Rehearsed(msgspec.Struct, frozen=True):
    """One nudge as it would be, and its title."""

    planned: Planned
    title: str


async def rehearse(job: Job, plan: Plan, quiet: QuietHours, now: datetime) -> dict[Track, list[Rehearsed]]:
    """For each track, the nudges to somebody at the job's place who can be reached by email and text."""
    questions = await count_of(job.id)
    rehearsed = {}
    for track in NUDGES:
        facts = sample(
            now, track=track, role_type=job.role_type, zone=job.timezone, quiet=quiet, deadline_at=deadline_for(job, now)
        )
        known = somebody(job, facts, questions)
        rehearsed[track] = [
            Rehearsed(one, texts.title(texts.kind_of(track, one.step_key, plan), known, one.due_at))
            for one in schedule(facts, plan, now)
        ]
    return rehearsed


def sample(
    now: datetime, *, track: Track, role_type: str, zone: str, quiet: QuietHours, deadline_at: datetime | None
) -> ApplicationFacts:
    """Somebody who came by themselves, stopped at `now`, and can be reached by email and text."""
    return ApplicationFacts(
        stage="captured" if track is Track.NEVER_STARTED else "started",
        role_type=role_type,
        job_closed=False,
        erased=False,
        hold=None,
        invite=False,
        created_at=now,
        invited_at=None,
        captured_at=now,
        active_at=now,
        deadline_at=deadline_at,
        snoozed_until=None,
        zones=(zone,),
        quiet=quiet,
        unreachable={},
    )


def somebody(job: Job, facts: ApplicationFacts, questions: int) -> Known:
    """A person without a name, who has answered nothing yet."""
    return Known(
        application_id=NOBODY,
        workspace_id=job.workspace_id,
        job_id=job.id,
        candidate_name="",
        email="",
        phone="",
        job_title=job.title,
        workspace_name=job.workspace_name,
        brand_color=job.brand_color,
        privacy_url=job.privacy_url,
        minutes=job.minutes,
        questions=questions,
        left=questions,
        external=job.interview_kind is InterviewKind.EXTERNAL,
        timezone=job.timezone,
        facts=facts,
    )
