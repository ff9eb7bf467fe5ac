"""What to do next about a job: the overview says it before anything else."""

from datetime import datetime
from enum import StrEnum

import msgspec

from portal.accounts.access import Permission
from portal.jobs.deadlines import closes_soon, is_past
from portal.jobs.jobs import Job, Status
from portal.web.templating import moment, plural

DEADLINE = "settings#f-deadline_date"


class Step(StrEnum):
    ADD_QUESTIONS = "add questions"
    PUBLISH = "publish"
    MAKE_LINKS = "make links"
    MOVE_DEADLINE = "move the deadline"
    ANSWER_ASKED = "answer who asks for more time"
    SEE_STUCK = "see who is stuck"
    REOPEN = "reopen"


class NextStep(msgspec.Struct, frozen=True):
    step: Step
    text: str
    permission: Permission
    """Who can do it; nobody else is told."""
    href: str = ""
    label: str = ""
    post: bool = False
    """Whether it is done by a button here, rather than on a page."""


def next_steps(job: Job, *, questions: int, links: int, stuck: int, asked: int = 0, now: datetime) -> list[NextStep]:
    """The most pressing first. `questions` and `links` are what the job has; `stuck`, people who stopped on their way; `asked`,
    people who ask for more time."""
    if job.status == Status.CLOSED:
        return [_reopen(job, now)]
    found = [_add_questions(job, questions), _publish(job, questions), _make_links(job, links)]
    found += [_answer_asked(job, asked), _move_deadline(job, now), _see_stuck(job, stuck)]
    return [step for step in found if step is not None]


def is_ready(job: Job, questions: int) -> bool:
    """Whether somebody who came now would find an interview."""
    return job.is_elsewhere or questions > 0


def _address(job: Job, end: str) -> str:
    return f"/app/jobs/{job.id}/{end}"


def _add_questions(job: Job, questions: int) -> NextStep | None:
    if is_ready(job, questions):
        return None
    text = "The interview has no questions yet. Three to six work well."
    return NextStep(Step.ADD_QUESTIONS, text, Permission.EDIT_JOBS, _address(job, "interview"), "Add questions")


def _publish(job: Job, questions: int) -> NextStep | None:
    if job.status != Status.DRAFT or not is_ready(job, questions):
        return None
    text = "This is a draft: its page tells people that it isn't open yet."
    return NextStep(Step.PUBLISH, text, Permission.EDIT_JOBS, _address(job, "publish"), "Publish", post=True)


def _make_links(job: Job, links: int) -> NextStep | None:
    if links:
        return None
    text = "No channel has a link yet, so nobody can find the interview."
    return NextStep(Step.MAKE_LINKS, text, Permission.EDIT_LINKS, _address(job, "share"), "Make links")


def _move_deadline(job: Job, now: datetime) -> NextStep | None:
    if job.deadline_at is None or not (is_past(job, now) or closes_soon(job, now)):
        return None
    at = moment(job.deadline_at, job.timezone)
    text = f"The deadline was {at}: nobody can start any more." if is_past(job, now) else f"The deadline is near: {at}."
    return NextStep(Step.MOVE_DEADLINE, text, Permission.EDIT_JOBS, _address(job, DEADLINE), "Move the deadline")


def _answer_asked(job: Job, asked: int) -> NextStep | None:
    if not asked:
        return None
    text = f"{plural(asked, 'person asks', 'people ask')} for more time."
    return NextStep(Step.ANSWER_ASKED, text, Permission.SEE_CANDIDATES, _address(job, "candidates?asked=1"), "See who")


def _see_stuck(job: Job, stuck: int) -> NextStep | None:
    if not stuck:
        return None
    text = f"{plural(stuck, 'person', 'people')} stopped on the way."
    return NextStep(Step.SEE_STUCK, text, Permission.SEE_CANDIDATES, _address(job, "candidates?stuck=1"), "See who")


def _reopen(job: Job, now: datetime) -> NextStep:
    if is_past(job, now):
        text = "This job is closed and its deadline is over. Set a later one before you open it again."
        return NextStep(Step.REOPEN, text, Permission.EDIT_JOBS, _address(job, DEADLINE), "Move the deadline")
    text = "This job is closed: its page says so, and nobody new comes in."
    return NextStep(Step.REOPEN, text, Permission.EDIT_JOBS, _address(job, "reopen"), "Reopen", post=True)
