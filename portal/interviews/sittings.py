"""Somebody at their interview: what a personal link opens, where they are in it, and what their answer does."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.candidates import applications
from portal.candidates.addresses import first_name
from portal.candidates.applications import Stage
from portal.interviews.answers import FIELD, Place, Value, answers_of, missing, read_answer, save_answer
from portal.interviews.questions import Question, get_question, questions_of
from portal.jobs.jobs import Job, Status, get_job
from portal.links.personal import PersonalLink, find_personal
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing


class State(StrEnum):
    """What there is to be done, or why nothing is."""

    OPEN = "open"
    EXTERNAL = "external"
    """The interview is elsewhere."""
    COMPLETED = "completed"
    OVER = "over"
    """The deadline has passed."""
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    NOT_YET = "not_yet"
    """The job is a draft, or asks nothing yet."""


class Step(StrEnum):
    """What follows a sent answer."""

    NEXT = "next"
    SAVED = "saved"
    FINISHED = "finished"
    ENDED = "ended"
    """The application had ended before the answer came: nothing was kept."""


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    link: PersonalLink
    job: Job
    stage: Stage
    deadline_at: datetime | None
    name: str
    """What the page may call them, and give to an external interview: empty for a name that they did not give here."""
    email: str
    questions: list[Question]
    answers: dict[UUID, Value]
    state: State

    @property
    def first_name(self) -> str:
        return first_name(self.name)

    @property
    def first_open(self) -> int:
        """Index of the first question that wants an answer; past the last one when none does."""
        return next((n for n, question in enumerate(self.questions) if is_open(question, self.answers)), len(self.questions))

    def index(self, wanted: int | None) -> int:
        """Which question to show: the one asked for (counted from 1), but none beyond the first without an answer."""
        furthest = min(self.first_open, len(self.questions) - 1)
        return furthest if wanted is None else min(max(wanted - 1, 0), furthest)


def is_open(question: Question, answers: Mapping[UUID, Value]) -> bool:
    """Whether it is still to be answered: passed over counts as answered where that is allowed."""
    return question.id not in answers or (question.required and answers[question.id] is None)


async def open_sitting(token: str, now: datetime) -> Sitting:
    """What `token` opens. Raises `Missing` for one that opens nothing."""
    link = await find_personal(token)
    if link is None:
        raise Missing("token")
    job = await get_job(link.workspace_id, link.job_id)
    row = await _facts(link)
    questions = await questions_of(link.workspace_id, link.job_id)
    stage = Stage(row["stage"])
    return Sitting(
        token=token.strip().lower(),
        link=link,
        job=job,
        stage=stage,
        deadline_at=row["deadline_at"],
        name=row["name"] if row["is_their_own"] else "",
        email=row["email"] or "",
        questions=questions,
        answers=await answers_of(link.workspace_id, link.application_id),
        state=_state(stage, row["deadline_at"], job, bool(questions), now),
    )


async def _facts(link: PersonalLink) -> db.Row:
    """A name that was on record before somebody typed its email at the landing page is not shown to whoever that was."""
    row = await db.row(
        "SELECT application.stage, application.deadline_at, candidate.name, candidate.email, "
        "application.door <> 'landing' OR candidate.created_at = application.created_at AS is_their_own "
        "FROM application JOIN candidate ON candidate.id = application.candidate_id "
        "WHERE application.workspace_id = $1 AND application.id = $2 AND candidate.erased_at IS NULL",
        link.workspace_id,
        link.application_id,
    )
    if row is None:
        raise Missing("application")
    return row


def _state(stage: Stage, deadline_at: datetime | None, job: Job, has_questions: bool, now: datetime) -> State:
    if stage is Stage.COMPLETED:
        return State.COMPLETED
    if stage in {Stage.WITHDRAWN, Stage.DISQUALIFIED}:
        return State.WITHDRAWN
    if stage is Stage.EXPIRED or (deadline_at is not None and deadline_at <= now):
        return State.OVER
    if job.status is not Status.OPEN:
        return State.CLOSED if job.status is Status.CLOSED else State.NOT_YET
    if job.is_elsewhere:
        return State.EXTERNAL
    return State.OPEN if has_questions else State.NOT_YET


async def answer(sitting: Sitting, question: Question, form: Form, *, later: bool, now: datetime) -> Step:
    """Keep what was typed, and go on or stop. Raises `Invalid`; then nothing is kept."""
    value = read_answer(question, form)
    if later:
        return await _save_for_later(sitting, question, value, now)
    if value is None and question.required:
        raise Invalid({FIELD: missing(question)})
    async with db.transaction():
        if not await _save(sitting, question, value, now):
            return Step.ENDED
        if await _is_finished(sitting, question):
            await applications.complete(sitting.link.workspace_id, sitting.link.application_id, now=now)
            return Step.FINISHED
    return Step.NEXT


async def find_question(sitting: Sitting, text: str) -> Question | None:
    """The question that a form names: of this job, and even if it was taken out while somebody wrote. None for nonsense."""
    try:
        return await get_question(sitting.link.workspace_id, sitting.link.job_id, UUID(text))
    except (ValueError, Missing):
        return None


async def _save_for_later(sitting: Sitting, question: Question, value: Value, now: datetime) -> Step:
    async with db.transaction():
        if value is not None and not await _save(sitting, question, value, now):
            return Step.ENDED
        saved = await applications.save_for_later(sitting.link.workspace_id, sitting.link.application_id, now=now)
    return Step.SAVED if saved else Step.ENDED


async def _save(sitting: Sitting, question: Question, value: Value, now: datetime) -> bool:
    place = _place(sitting, question)
    return await save_answer(sitting.link.workspace_id, sitting.link.application_id, question, value, place, now=now)


def _place(sitting: Sitting, question: Question) -> Place:
    ids = [q.id for q in sitting.questions]
    open_after = [n for n, q in enumerate(sitting.questions) if is_open(q, sitting.answers) and q.id != question.id]
    following = open_after[0] if open_after else None
    return Place(
        number=ids.index(question.id) + 1 if question.id in ids else 0,
        of=len(ids),
        next_number=None if following is None else following + 1,
        next_prompt=None if following is None else sitting.questions[following].prompt,
    )


async def _is_finished(sitting: Sitting, question: Question) -> bool:
    """The last question was sent and no other is open; asked again now, since another tab or a member may have been busy."""
    workspace_id, application_id = sitting.link.workspace_id, sitting.link.application_id
    questions = await questions_of(workspace_id, sitting.link.job_id)
    answers = await answers_of(workspace_id, application_id)
    was_last = bool(questions) and questions[-1].id == question.id
    return was_last and not any(is_open(q, answers) for q in questions)
