from datetime import timedelta

import msgspec
import pytest

from portal.jobs.jobs import InterviewKind, Job, Status, get_job
from portal.jobs.next_steps import Step, next_steps
from tests.cast import NOW, Northgate


@pytest.fixture
async def job(northgate: Northgate) -> Job:
    return await get_job(northgate.id, northgate.job_id)


def steps(job: Job, *, questions: int = 3, links: int = 2, stuck: int = 0) -> list[Step]:
    return [step.step for step in next_steps(job, questions=questions, links=links, stuck=stuck, now=NOW)]


async def test_a_job_that_runs_asks_for_nothing(job: Job) -> None:
    assert steps(job) == []


async def test_an_interview_without_questions_comes_before_the_links(job: Job) -> None:
    assert steps(job, questions=0, links=0) == [Step.ADD_QUESTIONS, Step.MAKE_LINKS]


async def test_an_interview_elsewhere_needs_no_questions(job: Job) -> None:
    assert steps(msgspec.structs.replace(job, interview_kind=InterviewKind.EXTERNAL), questions=0) == []


async def test_a_draft_is_published_once_it_has_questions(job: Job) -> None:
    draft = msgspec.structs.replace(job, status=Status.DRAFT)
    assert steps(draft, questions=0) == [Step.ADD_QUESTIONS]
    assert steps(draft) == [Step.PUBLISH]


@pytest.mark.parametrize(("hours", "asks"), [(73, False), (71, True), (-1, True)])
async def test_a_deadline_is_named_when_it_is_near_or_over(job: Job, hours: int, asks: bool) -> None:
    near = msgspec.structs.replace(job, deadline_at=NOW + timedelta(hours=hours))
    assert steps(near) == ([Step.MOVE_DEADLINE] if asks else [])


async def test_people_who_are_stuck_are_counted(job: Job) -> None:
    found = next_steps(job, questions=3, links=2, stuck=1, now=NOW)
    assert [(step.step, step.text) for step in found] == [(Step.SEE_STUCK, "1 person stopped on the way.")]


async def test_a_closed_job_only_asks_whether_to_open_it_again(job: Job) -> None:
    closed = msgspec.structs.replace(job, status=Status.CLOSED)
    assert steps(closed, questions=0, links=0, stuck=5) == [Step.REOPEN]


async def test_a_closed_job_whose_deadline_is_over_needs_a_later_one_first(job: Job) -> None:
    over = msgspec.structs.replace(job, status=Status.CLOSED, deadline_at=NOW - timedelta(hours=1))
    found = next_steps(over, questions=3, links=2, stuck=0, now=NOW)
    assert [(step.step, step.post) for step in found] == [(Step.REOPEN, False)]
