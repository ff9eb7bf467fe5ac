"""A plan played through: what somebody who stopped now would hear, and when."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal.accounts.workspaces import Workspace
from portal.interviews.questions import count_of
from portal.jobs.deadlines import deadline_for
from portal.jobs.jobs import Job
from portal.messages import texts, zones
from portal.messages.facts import ApplicationFacts, Known
from portal.messages.plan_line import Line, draw
from portal.messages.plans import Plan, Step
from portal.messages.quiet import QuietHours
from portal.messages.rules import Planned
from portal.messages.schedule import schedule
from portal.messages.words import NUDGES, Anchor, Track

NOBODY = UUID(int=0)
A_WEEK = timedelta(days=7)


class Rehearsed(msgspec.Struct, frozen=True):
    """One nudge as it would be, and its title."""

    planned: Planned
    title: str


class Rehearsal(msgspec.Struct, frozen=True):
    """What somebody on one track would hear, as a list and as a picture."""

    nudges: list[Rehearsed]
    line: Line
    undated: list[Step]
    """Steps that count from a deadline that there is not."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Who a plan is played through for: somebody at the job's place, or at the workspace's."""

    job_title: str
    workspace: Workspace
    job_id: UUID = NOBODY
    minutes: int = 8
    questions: int = 5
    external: bool = False
    role_type: str
    zone: str
    deadline_at: datetime | None


async def setting_of(job: Job, workspace: Workspace, now: datetime) -> Setting:
    return Setting(
        job_title=job.title,
        workspace=workspace,
        job_id=job.id,
        minutes=job.minutes,
        questions=await count_of(job.id),
        external=job.is_elsewhere,
        role_type=job.role_type,
        zone=zones.zones_of(
            chosen="", browser="", job=job.timezone if job.location else "", phone="", workspace=workspace.timezone
        )[0],
        deadline_at=deadline_for(job, now),
    )


def any_setting(workspace: Workspace, now: datetime) -> Setting:
    """A job like many: professional, with a week from now."""
    return Setting(
        job_title="the job", workspace=workspace, role_type="professional", zone=workspace.timezone, deadline_at=now + A_WEEK
    )


def rehearse(setting: Setting, plan: Plan, quiet: QuietHours, now: datetime) -> dict[Track, Rehearsal]:
    """For each track, the nudges to somebody who can be reached by email and text. `quiet`: where the plan has none."""
    return {track: _rehearse(setting, plan, plan.quiet or quiet, track, now) for track in NUDGES}


def _rehearse(setting: Setting, plan: Plan, quiet: QuietHours, track: Track, now: datetime) -> Rehearsal:
    deadline = setting.deadline_at
    facts = sample(now, track=track, role_type=setting.role_type, zone=setting.zone, quiet=quiet, deadline_at=deadline)
    known, planned = somebody(setting, facts), schedule(facts, plan, now)
    return Rehearsal(
        nudges=[Rehearsed(one, texts.title(texts.kind_of(track, one.step_key, plan), known, one.due_at)) for one in planned],
        line=draw(planned, quiet, setting.zone, now, deadline),
        undated=[s for s in plan.track(track) if s.anchor is Anchor.BEFORE_DEADLINE and deadline is None],
    )


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


def somebody(setting: Setting, facts: ApplicationFacts) -> Known:
    """A person without a name, who has answered nothing yet."""
    workspace = setting.workspace
    return Known(
        application_id=NOBODY,
        workspace_id=workspace.id,
        job_id=setting.job_id,
        candidate_name="",
        email="",
        phone="",
        job_title=setting.job_title,
        workspace_name=workspace.name,
        brand_color=workspace.brand_color,
        privacy_url=workspace.privacy_url,
        minutes=setting.minutes,
        questions=setting.questions,
        left=setting.questions,
        external=setting.external,
        timezone=setting.zone,
        facts=facts,
    )
