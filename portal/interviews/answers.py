"""Answers: reading what was typed, keeping it, showing it."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.candidates import applications
from portal.candidates.events import EventKind, add_event
from portal.candidates.timeline import ShownAnswer
from portal.interviews.questions import Kind, Question
from portal.web.forms import Form

Value = str | bool | int | float | list[str] | None
"""What is kept under ``value``: text, number, yes or no, or the chosen options; None for a question that was passed over."""

FIELD = "answer"
PLAIN_NUMBER = re.compile(r"[-−]?\d{1,9}([.,]\d{1,2})?")
GROUPED_NUMBER = re.compile(r"[-−]?\d{1,3}([.,]\d{3}){1,2}")
"""A thousand as people write it: 1,000 in London, 1.000 in Berlin."""
LONGEST = {Kind.SHORT_TEXT: 300, Kind.LONG_TEXT: 5000}
MISSING = {
    Kind.SHORT_TEXT: "Write an answer.",
    Kind.LONG_TEXT: "Write an answer.",
    Kind.ONE_OF: "Choose one of these.",
    Kind.SEVERAL_OF: "Choose at least one of these.",
    Kind.YES_NO: "Choose yes or no.",
    Kind.NUMBER: "Enter a number.",
}
YES, NO = "yes", "no"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where in the interview a question stands, when it was answered."""

    number: int
    of: int
    next_number: int | None = None
    next_prompt: str | None = None
    """Of the first question that is still without an answer."""


def read_answer(question: Question, form: Form) -> Value:
    """What was answered, None if nothing was. Whether something must be is the caller's to ask. Raises `Invalid`."""
    match question.kind:
        case Kind.SHORT_TEXT:
            value: Value = form.text(FIELD, longest=LONGEST[question.kind]) or None
        case Kind.LONG_TEXT:
            value = form.long_text(FIELD, longest=LONGEST[question.kind]) or None
        case Kind.SEVERAL_OF:
            value = _several(question, form)
        case Kind.NUMBER:
            value = _number(form)
        case Kind.ONE_OF | Kind.YES_NO:
            value = _one(question, form)
    form.check()
    return value


def missing(question: Question) -> str:
    """The sentence for an answer that is not there."""
    return MISSING[question.kind]


def text_of(value: Value) -> str:
    """An answer as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return ", ".join(value) if isinstance(value, list) else str(value)


async def answers_of(workspace_id: UUID, application_id: UUID) -> dict[UUID, Value]:
    """By question; also those to questions that are no longer asked."""
    found = await db.rows(
        "SELECT question_id, value FROM answer WHERE workspace_id = $1 AND application_id = $2", workspace_id, application_id
    )
    return {row["question_id"]: row["value"].get("value") for row in found}


async def answers_shown(workspace_id: UUID, application_id: UUID) -> list[ShownAnswer]:
    """In the order of the interview, questions that are no longer asked included; what was passed over is left out."""
    found = await db.rows(
        "SELECT answer.prompt, answer.value, answer.answered_at FROM answer JOIN question ON question.id = answer.question_id "
        "WHERE answer.workspace_id = $1 AND answer.application_id = $2 ORDER BY question.position, question.id",
        workspace_id,
        application_id,
    )
    return [
        ShownAnswer(prompt=row["prompt"], text=text_of(row["value"].get("value")), answered_at=row["answered_at"])
        for row in found
        if row["value"].get("value") is not None
    ]


async def save_answer(
    workspace_id: UUID, application_id: UUID, question: Question, value: Value, place: Place, *, now: datetime
) -> bool:
    """Keep an answer and all that follows from it, together. False, and nothing, if the application has ended meanwhile."""
    async with db.transaction():
        if not await _still_open(workspace_id, application_id, now):
            return False
        await applications.start(workspace_id, application_id, now=now)
        if await _put(workspace_id, application_id, question, value, now):
            data = {k: v for k, v in msgspec.structs.asdict(place).items() if v is not None}
            await add_event(workspace_id, application_id, EventKind.ANSWERED, now, {**data, "prompt": question.prompt})
        await _count(workspace_id, application_id, now)
    return True


async def forget(workspace_id: UUID, application_ids: Sequence[UUID]) -> None:
    """What was answered is known no more; how many answers there were, the application says. In the caller's transaction."""
    await db.run("DELETE FROM answer WHERE workspace_id = $1 AND application_id = ANY($2)", workspace_id, list(application_ids))


async def _still_open(workspace_id: UUID, application_id: UUID, now: datetime) -> bool:
    """Holds the application's row to the end of the transaction: a finish in another tab waits, or was first."""
    return bool(
        await db.value(
            "SELECT true FROM application WHERE workspace_id = $1 AND id = $2 "
            "AND stage IN ('invited', 'captured', 'started') AND (deadline_at IS NULL OR deadline_at > $3) FOR UPDATE",
            workspace_id,
            application_id,
            now,
        )
    )


async def _put(workspace_id: UUID, application_id: UUID, question: Question, value: Value, now: datetime) -> bool:
    """Whether that was news: the same answer sent again is not."""
    put = await db.value(
        "INSERT INTO answer (id, workspace_id, application_id, question_id, prompt, value, answered_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (application_id, question_id) DO UPDATE "
        "SET prompt = excluded.prompt, value = excluded.value, answered_at = excluded.answered_at "
        "WHERE answer.value <> excluded.value RETURNING id",
        db.new_id(),
        workspace_id,
        application_id,
        question.id,
        question.prompt,
        {"value": value},
        now,
    )
    return put is not None


async def _count(workspace_id: UUID, application_id: UUID, now: datetime) -> None:
    await db.run(
        "UPDATE application SET active_at = $3, plan_stale = true, answered = "
        "(SELECT count(*) FROM answer JOIN question ON question.id = answer.question_id "
        "WHERE answer.application_id = $2 AND question.archived_at IS NULL) WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        application_id,
        now,
    )


def _one(question: Question, form: Form) -> Value:
    typed = form.raw(FIELD)
    options = [YES, NO] if question.kind is Kind.YES_NO else question.options
    if typed and typed not in options:
        form.wrong(FIELD, MISSING[question.kind])
    if question.kind is Kind.YES_NO:
        return typed == YES if typed else None
    return typed or None


def _several(question: Question, form: Form) -> Value:
    typed = form.list(FIELD)
    if not set(typed) <= set(question.options):
        form.wrong(FIELD, "These options have changed. Choose again.")
    return [option for option in question.options if option in typed] or None


def _number(form: Form) -> Value:
    typed = form.text(FIELD, longest=30).replace(" ", "")
    if not typed:
        return None
    if GROUPED_NUMBER.fullmatch(typed):
        typed = typed.replace(",", "").replace(".", "")
    elif not PLAIN_NUMBER.fullmatch(typed):
        form.wrong(FIELD, "Enter a number in digits, like 3 or 2.5.")
        return None
    number = float(typed.replace(",", ".").replace("−", "-"))
    return int(number) if number.is_integer() else number
