"""Taking the people of a file in."""

from datetime import datetime
from uuid import UUID

from portal import db
from portal.candidates import resumes
from portal.candidates.by_hand import said
from portal.candidates.columns import Field, values_of
from portal.candidates.imports.files import resume_name
from portal.candidates.imports.judging import VERDICTS, arrival_of, next_rows, reason_of
from portal.candidates.imports.keeping import Import
from portal.candidates.imports.rows import Verdict
from portal.candidates.intake import IntakeRefused, Result, Taken, refuse_unless_open, take_in_all
from portal.jobs.jobs import Job

BATCH = 500
LARGE = 1000
"""So many new people change what the planner of queries should know of these tables."""
TELL_EVERY = 10_000


async def run(it: Import, job: Job, now: datetime) -> bool:
    """The next rows of an import whose lock the caller holds; whether the planner of queries should look at the tables again.
    Rows that can't be used are left; the others end as the intake says, whatever was foreseen."""
    try:
        refuse_unless_open(job, now)
    except IntakeRefused as closed:
        await db.run(
            "UPDATE candidate_import SET state = 'stopped', fault = $2, ended_at = $3 WHERE id = $1",
            it.id,
            reason_of(closed),
            now,
        )
        return False
    rows = await next_rows(it, "verdict <> 'fault'", BATCH)
    if rows:
        outcomes = await take_in_all([arrival_of(it, job, row["cells"]) for row in rows], now=now)
        await _save(it, rows, outcomes)
        await resumes.attach(it.workspace_id, it.id, _resumes_of(it, rows, outcomes), now)
    is_through = len(rows) < BATCH
    await db.run(
        "UPDATE candidate_import SET place = $2, state = $3, ended_at = $4 WHERE id = $1",
        it.id,
        it.rows if is_through else rows[-1]["number"],
        "done" if is_through else "running",
        now if is_through else None,
    )
    return is_through or rows[-1]["number"] // TELL_EVERY > it.place // TELL_EVERY


async def tell_the_planner(it: Import) -> None:
    """While a large import fills the tables and after it, so that all stays quick until the database looks by itself."""
    made = await db.value("SELECT count(*) FROM import_row WHERE import_id = $1 AND made_application", it.id)
    if made >= LARGE:
        for table in ("candidate", "application", "link", "event", "candidate_identity"):
            await db.run(f"ANALYZE {table}")


def _resumes_of(it: Import, rows: list[db.Row], outcomes: list[Taken | IntakeRefused]) -> list[tuple[UUID, str]]:
    """Candidates, and the names of the files that their rows name."""
    named = [
        (outcome.candidate_id, resume_name(values_of(it.fields, row["cells"]).get(Field.RESUME, "")))
        for row, outcome in zip(rows, outcomes, strict=True)
        if isinstance(outcome, Taken)
    ]
    return [(candidate_id, name) for candidate_id, name in named if name]


async def _save(it: Import, rows: list[db.Row], outcomes: list[Taken | IntakeRefused]) -> None:
    both = list(zip(rows, outcomes, strict=True))
    ends = [_end(row, outcome) for row, outcome in both]
    taken = [outcome if isinstance(outcome, Taken) else None for outcome in outcomes]
    await db.run(
        "UPDATE import_row SET verdict = new.verdict, reason = new.reason, candidate_id = new.candidate_id, "
        "application_id = new.application_id, made_candidate = new.result = 'created', "
        "made_application = new.result IN ('created', 'joined') "
        "FROM unnest($2::int[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[]) "
        "AS new (number, verdict, reason, candidate_id, application_id, result) "
        "WHERE import_id = $1 AND import_row.number = new.number AND import_row.number > $8",
        it.id,
        [row["number"] for row in rows],
        [verdict.value for verdict, _ in ends],
        [reason for _, reason in ends],
        [one.candidate_id if one else None for one in taken],
        [one.application_id if one else None for one in taken],
        [one.result.value if one else "" for one in taken],
        it.place,
    )


def _end(row: db.Row, outcome: Taken | IntakeRefused) -> tuple[Verdict, str]:
    if isinstance(outcome, IntakeRefused):
        return Verdict.FAULT, reason_of(outcome)
    if outcome.result is Result.UNCHANGED and row["verdict"] == Verdict.DOUBLE:
        return Verdict.DOUBLE, row["reason"]
    return VERDICTS[outcome.result], said(outcome.result, [what.sentence for what in outcome.differs])
