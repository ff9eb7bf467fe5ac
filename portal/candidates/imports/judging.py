"""What would become of each row: a verdict and the reason for it, before anything is made."""

from datetime import datetime
from typing import NamedTuple

from portal import db
from portal.candidates.arrivals import Arrival, Door, IntakeRefused
from portal.candidates.by_hand import Invite, invited, said
from portal.candidates.columns import Field, details_of, values_of
from portal.candidates.imports.keeping import Import
from portal.candidates.imports.rows import Verdict
from portal.candidates.intake import Foreseen, Result, foresee
from portal.jobs.jobs import Job

BATCH = 500
VERDICTS = {Result.CREATED: Verdict.NEW, Result.JOINED: Verdict.JOINED, Result.UNCHANGED: Verdict.THERE}


class Judgement(NamedTuple):
    verdict: Verdict
    reason: str
    email: str | None
    external_id: str | None


async def judge(it: Import, job: Job, now: datetime) -> None:
    """The next rows of an import whose lock the caller holds."""
    rows = await next_rows(it, "TRUE", BATCH)
    if rows:
        outcomes = await foresee([arrival_of(it, job, row["cells"]) for row in rows], now=now)
        await _save(it, rows, await _without_doubles(it, rows, outcomes))
    last = rows[-1]["number"] if rows else it.rows
    state = "judging" if len(rows) == BATCH else "review"
    await db.run("UPDATE candidate_import SET place = $2, state = $3 WHERE id = $1", it.id, last, state)


async def next_rows(it: Import, which: str, most: int) -> list[db.Row]:
    """Those that the work of the present state has still to do. `which` is SQL of ours."""
    return await db.rows(
        f"SELECT * FROM import_row WHERE workspace_id = $1 AND import_id = $2 AND number > $3 AND {which} "
        "ORDER BY number LIMIT $4",
        it.workspace_id,
        it.id,
        it.place,
        most,
    )


def arrival_of(it: Import, job: Job, cells: list[str]) -> Arrival:
    values = values_of(it.fields, cells)
    arrival = Arrival(
        job=job,
        door=Door.FILE,
        name=values.get(Field.NAME, ""),
        email=values.get(Field.EMAIL, ""),
        phone=values.get(Field.PHONE, ""),
        language=values.get(Field.LANGUAGE, ""),
        timezone=values.get(Field.TIMEZONE, ""),
        external_id=values.get(Field.EXTERNAL_ID, ""),
        note=values.get(Field.NOTE, ""),
        metadata=details_of(it.fields, it.heads, cells),
        member_id=it.member_id,
    )
    return invited(arrival, Invite(it.invite))


def reason_of(refused: IntakeRefused) -> str:
    return " ".join(refused.errors.values())


async def _without_doubles(it: Import, rows: list[db.Row], outcomes: list[Foreseen | IntakeRefused]) -> list[Judgement]:
    people = [outcome.person for outcome in outcomes if isinstance(outcome, Foreseen)]
    emails = await _earlier(it, "email", [person.email for person in people if person.email])
    ids = await _earlier(it, "external_id", [person.external_id for person in people if person.external_id])
    judged = []
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, IntakeRefused):
            judged.append(Judgement(Verdict.FAULT, reason_of(outcome), None, None))
            continue
        email, external_id = outcome.person.email, outcome.person.external_id
        before = emails.get(email or "") or ids.get(external_id or "")
        judged.append(_judged(outcome, before))
        for known, mark in ((emails, email), (ids, external_id)):
            if mark:
                known.setdefault(mark, row["line"])
    return judged


def _judged(outcome: Foreseen, before: int | None) -> Judgement:
    person = outcome.person
    differs = [what.sentence for what in outcome.differs]
    if before is not None:
        return Judgement(Verdict.DOUBLE, f"The same person as in row {before:,}.", person.email, person.external_id)
    reason = said(outcome.result, differs, outcome.known_as)
    return Judgement(VERDICTS[outcome.result], reason, person.email, person.external_id)


async def _earlier(it: Import, column: str, marks: list[str]) -> dict[str, int]:
    """In which row each of these stands first, of the rows that are judged. `column` is a word of ours."""
    found = await db.rows(
        f"SELECT DISTINCT ON ({column}) {column} AS mark, line FROM import_row WHERE workspace_id = $1 AND import_id = $2 "
        f"AND number <= $3 AND {column} = ANY($4::text[]) ORDER BY {column}, number",
        it.workspace_id,
        it.id,
        it.place,
        marks,
    )
    return {row["mark"]: row["line"] for row in found}


async def _save(it: Import, rows: list[db.Row], judged: list[Judgement]) -> None:
    await db.run(
        "UPDATE import_row SET verdict = new.verdict, reason = new.reason, email = new.email, external_id = new.external_id "
        "FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[]) "
        "AS new (number, verdict, reason, email, external_id) WHERE import_id = $1 AND import_row.number = new.number "
        "AND import_row.number > $7",
        it.id,
        [row["number"] for row in rows],
        [one.verdict.value for one in judged],
        [one.reason for one in judged],
        [one.email for one in judged],
        [one.external_id for one in judged],
        it.place,
    )
