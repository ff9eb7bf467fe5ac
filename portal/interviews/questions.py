"""The questions of a job's interview: make, change, order."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.web.forms import Form
from portal.web.missing import Missing

MOST_QUESTIONS = 50
MOST_OPTIONS = 30
LONGEST_OPTION = 200


class Kind(StrEnum):
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    ONE_OF = "one_of"
    SEVERAL_OF = "several_of"
    YES_NO = "yes_no"
    NUMBER = "number"


WITH_OPTIONS = frozenset({Kind.ONE_OF, Kind.SEVERAL_OF})


class QuestionFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a member may set."""

    kind: Kind
    prompt: str
    help: str
    options: list[str]
    required: bool


class Question(QuestionFields, frozen=True, kw_only=True):
    id: UUID
    job_id: UUID


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"


COLUMNS = "id, job_id, kind, prompt, help, options, required"
IN_ORDER = "workspace_id = $1 AND job_id = $2 AND archived_at IS NULL ORDER BY position, id"


def read_question(form: Form) -> QuestionFields:
    """Raises `Invalid`."""
    kind = form.choice("kind", set(Kind), wrong="Choose a kind of answer.")
    fields = QuestionFields(
        kind=Kind(kind) if kind in set(Kind) else Kind.SHORT_TEXT,
        prompt=form.text("prompt", missing="Write the question.", longest=500),
        help=form.text("help", longest=500),
        options=_options(form) if kind in WITH_OPTIONS else [],
        required=form.checked("required"),
    )
    form.check()
    return fields


def _options(form: Form) -> list[str]:
    """One a line, each once."""
    lines = (" ".join(line.split()) for line in form.long_text("options", longest=10_000).split("\n"))
    options = list(dict.fromkeys(line for line in lines if line))
    if len(options) < 2:
        form.wrong("options", "Write at least two options, one on each line.")
    if len(options) > MOST_OPTIONS:
        form.wrong("options", f"Use at most {MOST_OPTIONS} options; these are {len(options)}.")
    if any(len(option) > LONGEST_OPTION for option in options):
        form.wrong("options", f"Use at most {LONGEST_OPTION} characters for an option.")
    return options


async def questions_of(workspace_id: UUID, job_id: UUID) -> list[Question]:
    """Those that are asked, in order."""
    return [_question(row) for row in await db.rows(f"SELECT {COLUMNS} FROM question WHERE {IN_ORDER}", workspace_id, job_id)]


async def count_of(job_id: UUID) -> int:
    """How many questions a job asks."""
    return int(await db.value("SELECT count(*) FROM question WHERE job_id = $1 AND archived_at IS NULL", job_id))


async def get_question(workspace_id: UUID, job_id: UUID, question_id: UUID) -> Question:
    """Also one that is no longer asked. Raises `Missing`."""
    row = await db.row(
        f"SELECT {COLUMNS} FROM question WHERE workspace_id = $1 AND job_id = $2 AND id = $3", workspace_id, job_id, question_id
    )
    if row is None:
        raise Missing("question")
    return _question(row)


async def add_question(workspace_id: UUID, job_id: UUID, fields: QuestionFields, *, now: datetime) -> UUID | None:
    """At the end of the interview; its id, or None when there are `MOST_QUESTIONS` already. Raises `Missing`."""
    async with db.transaction():
        asked = await _lock(workspace_id, job_id)
        if len(asked) >= MOST_QUESTIONS:
            return None
        question_id = db.new_id()
        await db.run(
            "INSERT INTO question (id, workspace_id, job_id, position, kind, prompt, help, options, required, created_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            question_id,
            workspace_id,
            job_id,
            len(asked) + 1,
            fields.kind.value,
            fields.prompt,
            fields.help,
            fields.options,
            fields.required,
            now,
        )
        await _number(workspace_id, [*asked, question_id])
    return question_id


async def edit_question(workspace_id: UUID, job_id: UUID, question_id: UUID, fields: QuestionFields) -> None:
    """Answers keep the question as it was when they were given. Raises `Missing`."""
    touched = await db.run(
        "UPDATE question SET kind = $4, prompt = $5, help = $6, options = $7, required = $8 "
        "WHERE workspace_id = $1 AND job_id = $2 AND id = $3",
        workspace_id,
        job_id,
        question_id,
        fields.kind.value,
        fields.prompt,
        fields.help,
        fields.options,
        fields.required,
    )
    if not touched:
        raise Missing("question")


async def archive_question(workspace_id: UUID, job_id: UUID, question_id: UUID, *, now: datetime) -> None:
    """It is asked no more; its answers stay. Raises `Missing`."""
    touched = await db.run(
        "UPDATE question SET archived_at = coalesce(archived_at, $4) WHERE workspace_id = $1 AND job_id = $2 AND id = $3",
        workspace_id,
        job_id,
        question_id,
        now,
    )
    if not touched:
        raise Missing("question")


async def restore_question(workspace_id: UUID, job_id: UUID, question_id: UUID) -> None:
    """It is asked again, at its old place. Raises `Missing`."""
    async with db.transaction():
        await _lock(workspace_id, job_id)
        touched = await db.run(
            "UPDATE question SET archived_at = NULL WHERE workspace_id = $1 AND job_id = $2 AND id = $3",
            workspace_id,
            job_id,
            question_id,
        )
        if not touched:
            raise Missing("question")


async def move_question(workspace_id: UUID, job_id: UUID, question_id: UUID, direction: Direction) -> None:
    """One place up or down; at the end it stays. Raises `Missing`."""
    async with db.transaction():
        order = await _lock(workspace_id, job_id)
        if question_id not in order:
            raise Missing("question")
        at = order.index(question_id)
        to = min(max(at + (-1 if direction is Direction.UP else 1), 0), len(order) - 1)
        order.insert(to, order.pop(at))
        await _number(workspace_id, order)


async def _lock(workspace_id: UUID, job_id: UUID) -> list[UUID]:
    """The ids in order, while nobody else changes the order. Raises `Missing`.

    The lock is one that lets candidates come in meanwhile: their rows refer to the job.
    """
    job = await db.value("SELECT 1 FROM job WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", workspace_id, job_id)
    if job is None:
        raise Missing("job")
    return [row["id"] for row in await db.rows(f"SELECT id FROM question WHERE {IN_ORDER}", workspace_id, job_id)]


async def _number(workspace_id: UUID, order: list[UUID]) -> None:
    await db.run(
        "UPDATE question SET position = place FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted (wanted_id, place) "
        "WHERE workspace_id = $1 AND id = wanted_id",
        workspace_id,
        order,
    )


def _question(row: db.Row) -> Question:
    return msgspec.convert(dict(row), Question)
