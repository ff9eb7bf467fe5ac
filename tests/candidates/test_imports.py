"""Files of people: read whatever wrote them, looked through, run, stopped, undone."""

import asyncio
import contextlib
import csv
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal import db
from portal.accounts.access import SignedIn
from portal.candidates.by_hand import Invite
from portal.candidates.columns import Field, guess
from portal.candidates.imports import files, judging, keeping, reading, running, undoing, work
from portal.candidates.imports.files import contents_of
from portal.candidates.imports.keeping import Import, State
from portal.candidates.imports.rows import Verdict, counts_of, faults_of, rows_of
from portal.jobs.jobs import get_job
from portal.messages.sent import sent_to
from portal.web.exports import as_csv, as_xlsx
from portal.web.forms import Invalid
from portal.web.missing import Missing
from portal.web.spreadsheets import Unreadable
from tests.cast import NOW, Northgate, insert

HEAD = ["Full name", "E-mail", "Mobile", "Candidate ID", "Team", "CV"]
PDF = b"%PDF-1.7\n1 0 obj << >> endobj\n%%EOF"


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def keep(northgate: Northgate, content: bytes, name: str = "people.csv") -> UUID:
    job = await get_job(northgate.id, northgate.job_id)
    return await keeping.keep(job, name, pieces(content), member_id=northgate.recruiter.id, now=NOW)


async def step(times: int = 1000) -> None:
    for _ in range(times):
        if not await work.work(NOW, sent_to):
            return


async def look(northgate: Northgate, content: bytes, name: str = "people.csv") -> Import:
    """Kept, read and judged."""
    import_id = await keep(northgate, content, name)
    await step()
    return await found(northgate, import_id)


async def found(northgate: Northgate, import_id: UUID) -> Import:
    return await keeping.get_import(northgate.id, northgate.job_id, import_id)


async def run(northgate: Northgate, it: Import, invite: Invite = Invite.COPY) -> Import:
    job = await get_job(northgate.id, northgate.job_id)
    assert await keeping.run(northgate.id, it.id, job, invite, NOW)
    await step()
    return await found(northgate, it.id)


async def verdicts(it: Import) -> list[tuple[int, str | None]]:
    return [(row.line, row.verdict) for row in await rows_of(it.workspace_id, it.id, None)]


async def counted(*tables: str) -> list[int]:
    return [await db.value(f"SELECT count(*) FROM {table}") for table in tables]


def people(count: int, start: int = 0) -> list[list[str]]:
    return [[f"Person {n}", f"p{n}@example.com", "", f"id-{n}", "Nights", ""] for n in range(start, start + count)]


def packed(**contents: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return made.getvalue()


# ---- Reading ---------------------------------------------------------------------------------------------------------

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0'=+-@\t"), max_size=12).map(lambda text: text.strip())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3).filter(any), min_size=1, max_size=6),
    mark=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@example(rows=[["Zoë 'Z'", 'say "hi"', "a;b,c|d"]], mark=";", line_end="\r\n", encoding="utf-16-le", quoting=csv.QUOTE_MINIMAL)
def test_what_a_programme_wrote_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], mark: str, line_end: str, encoding: str, quoting: Any
) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=mark, lineterminator=line_end, quoting=quoting).writerows([["name", "email", "phone"], *rows])
    path = tmp_path_factory.mktemp("in") / "file"
    path.write_bytes(written.getvalue().encode(encoding))

    read = [one.cells for one in contents_of(path) if isinstance(one, files.Row)]
    assert [[cell.strip() for cell in cells] for cells in read] == [["name", "email", "phone"], *rows]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.binary(max_size=400), start=st.sampled_from([b"", b"email\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xfe"]))
def test_any_bytes_are_rows_or_one_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes, start: bytes) -> None:
    path = tmp_path_factory.mktemp("in") / "file"
    path.write_bytes(start + content)
    if start == b"\xd0\xcf\x11\xe0":
        return  # a process of its own for each; one is tried below
    try:
        list(contents_of(path))
    except Unreadable as why:
        assert str(why).endswith(".")


@pytest.mark.parametrize("encoding", ["cp1252", "iso8859-15", "mac-roman", "utf-8"])
async def test_names_come_through_in_old_encodings(northgate: Northgate, encoding: str) -> None:
    lines = "\r\n".join(f"José Müller {n};jose{n}@example.com" for n in range(30))
    it = await look(northgate, f"Nombre completo;Correo electrónico\r\n{lines}".encode(encoding))

    assert it.fields == [Field.NAME, Field.EMAIL]
    assert (await rows_of(it.workspace_id, it.id, None))[0].cells[0] == "José Müller 0"


async def test_what_no_language_explains_is_read_as_windows_wrote_it(northgate: Northgate) -> None:
    lines = "\n".join(f"Zoë{n};Müller{n};z{n}@example.com;+4477{n:08};C-{n};Nights;Leeds" for n in range(12000, 14000))
    it = await look(northgate, f"First name;Last name;E-mail;Mobile;Candidate ID;Team;City\n{lines}\n".encode("cp1252"))

    assert (it.state, it.rows) == (State.REVIEW, 2000)
    assert (await rows_of(it.workspace_id, it.id, None))[0].cells[:2] == ["Zoë12000", "Müller12000"]


@pytest.mark.parametrize(
    ("heads", "fields"),
    [
        (["First Name", "Last Name", "E-Mail Address", "Cell"], ["first_name", "last_name", "email", "phone"]),
        (["Vorname", "Nachname", "E-Mail", "Handynummer"], ["first_name", "last_name", "email", "phone"]),
        (["Nombre", "Apellidos", "Correo electrónico", "Móvil"], ["first_name", "last_name", "email", "phone"]),
        (["Prénom", "Nom", "Courriel", "Téléphone"], ["first_name", "name", "email", "phone"]),
        (["Nome", "Email", "Telemóvel", "Idioma"], ["name", "email", "phone", "language"]),
        (["氏名", "メール", "電話", "x"], ["name", "email", "phone", ""]),
    ],
)
def test_columns_are_guessed_from_heads_in_several_languages_and_from_their_cells(heads: list[str], fields: list[str]) -> None:
    rows = [["王小明", "ming@example.com", "+44 7700 900123", "x"]]
    assert guess(heads, rows) == fields


async def test_a_file_without_heads_is_read_too(northgate: Northgate) -> None:
    it = await look(northgate, b"ana@example.com;Ana Duarte;07700 900123\nben@example.com;Ben Okoro;\n")

    assert (it.heads, it.fields[0], it.fields[2]) == (["Column 1", "Column 2", "Column 3"], Field.EMAIL, Field.PHONE)
    assert [row[1] for row in await verdicts(it)] == ["new", "new"]


async def test_a_workbook_is_read_with_what_its_formulas_came_to(northgate: Northgate) -> None:
    it = await look(northgate, as_xlsx("People", HEAD, [*people(2), ["=1+1", "x@example.com", 447700900123, "", "", ""]]))

    assert it.fields == [Field.NAME, Field.EMAIL, Field.PHONE, Field.EXTERNAL_ID, Field.NOTHING, Field.RESUME]
    assert await verdicts(it) == [(2, "new"), (3, "new"), (4, "new")]
    await run(northgate, it)
    assert await db.value("SELECT phone FROM candidate WHERE email = 'x@example.com'") == "+447700900123"


def locked_zip() -> bytes:
    content = bytearray(packed(**{"people.csv": b"email\na@example.com\n"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\n \n,,\n", "The file is empty"),
        (b"name,email\n", "only a head"),
        (b"\0\0\0\0", "The file is empty"),
        (b"name,email\nAna," + b"x" * 1_000_000 + b"\n", "longer than a million"),
        (b'name,email\nAna,"' + b"x\n" * 100_000, "Row 2 holds a cell of more than 131,072 characters"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x05\x00\xff\xfe\xfd\x81\x8d\x8f", "no table"),
        (b"PK\x03\x04 and no more", "can't be unpacked"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "can't be read"),
        (packed(**{"cv.pdf": PDF}), "There is no table in the ZIP"),
        (packed(**{"people.csv": b"\0" * (files.MOST_UNPACKED + 1)}), "larger than 200 MB"),
        (packed(**{"a": b""} | {f"{n}.csv": b"" for n in range(files.MOST_ENTRIES)}), "10,001 files"),
        (packed(**{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), "workbook can't be read"),
        (locked_zip(), "locked with a password"),
        (b"email\n" + b"a@example.com\n" * 1_001, "more than 1,000 rows"),
    ],
    ids=[
        *(
            "blank",
            "head",
            "nuls",
            "one line",
            "open quote",
            "picture",
            "broken zip",
            "broken book",
            "no table",
            "bomb",
            "many files",
        ),
        *("not a book", "locked", "rows"),
    ],
)
async def test_what_cannot_be_read_is_told_in_a_sentence_and_leaves_nothing(
    northgate: Northgate, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str
) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 1000)
    it = await look(northgate, content)
    assert (it.state, said in it.fault) == (State.FAILED, True), it.fault
    assert await counted("import_row", "import_chunk", "import_file") == [0, 0, 0]
    assert await keeping.discard(northgate.id, it.id)


async def test_empty_and_oversized_files_are_refused_at_the_door(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_BYTES", 3000)
    for content in (b"", b"x" * 3001):
        with pytest.raises(Invalid):
            await keep(northgate, content)
    await db.run("UPDATE job SET status = 'closed'")
    with pytest.raises(Invalid, match="closed"):
        await keep(northgate, b"email\n")
    assert await counted("candidate_import", "import_chunk") == [0, 0]


async def test_nuls_and_long_cells_spoil_only_their_rows(northgate: Northgate) -> None:
    it = await look(northgate, b"name,email,team\nA\0na,a@example.com,x\nBen,ben@example.com," + b"y" * 5000 + b"\n,nobody,\n")
    assert await keeping.choose_columns(northgate.id, it.id, [Field.NAME, Field.EMAIL, Field.DETAIL])
    await step()

    assert await verdicts(it) == [(2, "new"), (3, "fault"), (4, "fault")]
    assert (await rows_of(it.workspace_id, it.id, None))[0].cells == ["Ana", "a@example.com", "x"]
    head, left = await faults_of(it)
    assert head == ["name", "email", "team", "reason"]
    assert "500 characters" in str(left[0][-1])


# ---- Looking through, running ----------------------------------------------------------------------------------------


async def mixed(northgate: Northgate) -> Import:
    """A file with a good, a known, a double and a bad row."""
    known = await look(northgate, as_csv(HEAD, [["Known Person", "known@example.com", "", "", "", ""]]))
    await run(northgate, known)
    rows = [
        ["Ana Duarte", "ana@example.com", "07700 900123", "A-1", "Nights", ""],
        ["Known Person", "KNOWN@example.com", "07700 900124", "", "", ""],
        ["Ana D.", "ana@example.com", "", "", "", ""],
        ["Cy Dee", "cy@example", "12", "", "", ""],
        ["Ana again", "", "", "A-1", "", ""],
    ]
    return await look(northgate, as_csv(HEAD, rows))


async def test_each_row_has_its_verdict_and_reason_before_anything_is_made(northgate: Northgate) -> None:
    it = await mixed(northgate)

    assert it.state is State.REVIEW
    assert await verdicts(it) == [(2, "new"), (3, "there"), (4, "double"), (5, "fault"), (6, "double")]
    reasons = [row.reason for row in await rows_of(it.workspace_id, it.id, None)]
    assert reasons[2] == "The same person as in row 2."
    assert "like name@example.com" in reasons[3] and "country code" in reasons[3]
    assert (await counts_of(it.workspace_id, it.id))[Verdict.FAULT] == 1
    assert await counted("candidate", "application") == [1, 1]


async def test_a_run_takes_in_who_can_be_and_leaves_the_others(northgate: Northgate) -> None:
    it = await run(northgate, await mixed(northgate), Invite.NOW)

    assert (it.state, it.place, it.ended_at) == (State.DONE, 5, NOW)
    assert await verdicts(it) == [(2, "new"), (3, "there"), (4, "double"), (5, "fault"), (6, "double")]
    assert await counted("candidate", "application", "import_chunk") == [2, 2, 0]
    assert await db.value("SELECT phone FROM candidate WHERE email = 'known@example.com'") == "+447700900124"
    doors = await db.rows("SELECT door, invite, data, member_id FROM application JOIN event ON application_id = application.id")
    assert {(row["door"], row["invite"], row["member_id"]) for row in doors} == {("file", True, northgate.recruiter.id)}


async def test_columns_can_be_chosen_and_the_rows_are_judged_anew(northgate: Northgate) -> None:
    it = await look(northgate, b"who,where,reach\nAna,Leeds,ana@example.com\n")
    assert it.fields == [Field.NOTHING, Field.NOTHING, Field.EMAIL]
    assert await keeping.choose_columns(northgate.id, it.id, [Field.NAME, Field.DETAIL, Field.EMAIL])
    await step()
    await run(northgate, await found(northgate, it.id))

    made = await db.row("SELECT name, metadata FROM candidate")
    assert made is not None
    assert (made["name"], made["metadata"]) == ("Ana", {"where": "Leeds"})


async def test_a_zip_brings_several_tables_and_the_resumes_that_their_rows_name(northgate: Northgate) -> None:
    one = as_csv(
        HEAD, [["Ana Duarte", "ana@example.com", "", "", "", r"C:\cvs\Ana.PDF"], ["Ben", "ben@example.com", "", "", "", "no.pdf"]]
    )
    other = as_xlsx("x", ["email", "name", "resume"], [["cy@example.com", "Cy Dee", "fake.pdf"]])
    contents = {
        "one.csv": one,
        "more/other.xlsx": other,
        "cvs/ana.pdf": PDF,
        "fake.pdf": b"<script>",
        "__MACOSX/._one.csv": b"\0",
    }
    it = await look(northgate, packed(**contents), "people.zip")
    assert [(row.source, row.line, row.verdict) for row in await rows_of(it.workspace_id, it.id, None)] == [
        *(("one.csv", 2, "new"), ("one.csv", 3, "new")),
        ("other.xlsx", 2, "new"),
    ]
    assert it.heads == HEAD
    await run(northgate, it)

    kept = await db.rows(
        "SELECT candidate.name, resume.name AS file, content FROM resume JOIN candidate ON candidate.id = candidate_id"
    )
    assert [tuple(row) for row in kept] == [("Ana Duarte", "ana.pdf", PDF)]


async def test_killed_anywhere_it_goes_on_and_nobody_comes_twice(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker dies in the middle of each step: the transaction is gone, and the next one does it."""
    for module in (judging, running, undoing, reading):
        monkeypatch.setattr(module, "BATCH", 7)
    it_id = await keep(northgate, as_csv(HEAD, [*people(40), *people(5)]))
    job = await get_job(northgate.id, northgate.job_id)

    async def dying(times: int) -> None:
        for n in range(times):
            async with asyncio.timeout(None) as limit:
                task = asyncio.create_task(work.work(NOW, sent_to))
                await asyncio.sleep(0.004 * (n % 4))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                limit.reschedule(None)

    await dying(6)
    await step()
    assert (await found(northgate, it_id)).state is State.REVIEW
    await keeping.run(northgate.id, it_id, job, Invite.COPY, NOW)
    await dying(8)
    await asyncio.gather(*(step() for _ in range(3)))

    assert (await found(northgate, it_id)).state is State.DONE
    counts = await counts_of(northgate.id, it_id)
    assert (counts[Verdict.NEW], counts[Verdict.DOUBLE], counts[Verdict.FAULT]) == (40, 5, 0)
    assert await counted("candidate", "application", "event") == [40, 40, 40]


async def test_it_can_be_stopped_and_goes_on_where_it_was(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH", 10)
    it = await look(northgate, as_csv(HEAD, people(35)))
    job = await get_job(northgate.id, northgate.job_id)
    await keeping.run(northgate.id, it.id, job, Invite.LATER, NOW)
    await step(2)
    assert await keeping.stop(northgate.id, it.id, NOW)
    await step()
    assert await counted("application") == [20]

    assert (await run(northgate, it, Invite.LATER)).state is State.DONE
    assert await counted("application") == [35]
    assert await db.value("SELECT bool_and(invite_later) FROM application")


async def test_a_job_that_closes_under_way_stops_it_and_it_goes_on_later(
    northgate: Northgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 10)
    it = await look(northgate, as_csv(HEAD, people(25)))
    await keeping.run(northgate.id, it.id, await get_job(northgate.id, northgate.job_id), Invite.COPY, NOW)
    await step(1)
    await db.run("UPDATE job SET status = 'closed', closed_at = $1", NOW)
    await step()
    stopped = await found(northgate, it.id)
    assert (stopped.state, "closed" in stopped.fault, await counted("application")) == (State.STOPPED, True, [10])

    await db.run("UPDATE job SET status = 'open', closed_at = NULL")
    assert (await run(northgate, it)).fault == ""
    assert await counted("application") == [25]


@pytest.mark.parametrize(("which", "end"), [(judging, State.FAILED), (running, State.STOPPED)])
async def test_a_fault_of_ours_ends_one_file_and_not_those_behind_it(
    northgate: Northgate, monkeypatch: pytest.MonkeyPatch, which: Any, end: State
) -> None:
    first, behind = await keep(northgate, as_csv(HEAD, people(2))), await keep(northgate, as_csv(HEAD, people(2, 5)))
    if which is running:
        await step()
        for one in (first, behind):
            await keeping.run(northgate.id, one, await get_job(northgate.id, northgate.job_id), Invite.COPY, NOW)
    whole = which.next_rows

    async def broken(it: Import, *rest: Any) -> list[db.Row]:
        if it.id == first:
            await db.run("SELECT 1 / 0")
        rows: list[db.Row] = await whole(it, *rest)
        return rows

    monkeypatch.setattr(which, "next_rows", broken)
    for _ in range(6):
        with contextlib.suppress(asyncpg.DivisionByZeroError):
            await step()
    ended = await found(northgate, first)
    assert (ended.state, "our side" in ended.fault) == (end, True)
    assert (await found(northgate, behind)).state is (State.DONE if which is running else State.REVIEW)


# ---- Undoing, forgetting ---------------------------------------------------------------------------------------------


async def test_undone_it_leaves_nothing_but_what_was_touched_and_says_why(northgate: Northgate) -> None:
    before = await look(northgate, as_csv(HEAD, [["Before", "p1@example.com", "", "", "", ""]]))
    await run(northgate, before)
    it = await run(
        northgate,
        await look(
            northgate,
            packed(**{"a.csv": as_csv(HEAD, [*people(6)[:-1], ["P 9", "p9@example.com", "", "", "", "cv.pdf"]]), "cv.pdf": PDF}),
        ),
    )
    ids = {
        row["email"]: row["application_id"]
        for row in await db.rows("SELECT email, application_id FROM import_row WHERE import_id = $1", it.id)
    }
    await db.run("UPDATE application SET stage = 'captured', captured_at = $2 WHERE id = $1", ids["p2@example.com"], NOW)
    await insert("event", workspace_id=northgate.id, application_id=ids["p3@example.com"], kind="replied", at=NOW, data={})
    link = await db.value("SELECT personal_link_id FROM application WHERE id = $1", ids["p4@example.com"])
    hour = {"workspace_id": northgate.id, "link_id": link, "hour": NOW, "verdict": "person", "clicks": 1}
    await db.run(
        "INSERT INTO click_hourly (workspace_id, link_id, hour, verdict, clicks) VALUES ($1, $2, $3, $4, $5)", *hour.values()
    )

    assert await keeping.undo(northgate.id, it.id)
    await step()
    ends = {row.cells[1]: (row.verdict, row.reason) for row in await rows_of(it.workspace_id, it.id, None)}
    assert ends == {
        "p0@example.com": ("undone", ""),
        "p1@example.com": ("there", ends["p1@example.com"][1]),
        "p2@example.com": ("kept", undoing.MOVED),
        "p3@example.com": ("kept", undoing.TOUCHED),
        "p4@example.com": ("kept", undoing.TAPPED),
        "p9@example.com": ("undone", ""),
    }
    assert (await found(northgate, it.id)).state is State.UNDONE
    left = await db.rows("SELECT email FROM candidate ORDER BY email")
    assert [row["email"] for row in left] == [f"p{n}@example.com" for n in (1, 2, 3, 4)]
    assert await counted("application", "resume") == [4, 0]


async def test_whom_a_message_has_reached_stays(northgate: Northgate) -> None:
    it = await run(northgate, await look(northgate, as_csv(HEAD, people(2))))
    one = (await keeping.applications_made(northgate.id, it.id))[0]
    texts = {"reason": "At once"} | dict.fromkeys(
        ("to_address", "subject", "body_text", "body_html", "provider", "provider_id", "error"), ""
    )
    sent = {"step_key": "invite", "track": "invite", "channel": "email", "state": "handed_over", "reason_code": "at_once"}
    times = {"due_at": NOW, "handed_over_at": NOW, "attempts": 1, "created_at": NOW}
    await insert("message", workspace_id=northgate.id, application_id=one, **sent, **times, **texts)

    assert await sent_to(northgate.id, await keeping.applications_made(northgate.id, it.id)) == {one}
    assert await keeping.undo(northgate.id, it.id)
    await step()
    assert sorted(row.reason for row in await rows_of(it.workspace_id, it.id, None)) == ["", undoing.SENT]
    assert await db.value("SELECT id FROM application") == one


async def test_files_are_forgotten_after_a_time(northgate: Northgate) -> None:
    unused = await look(northgate, as_csv(HEAD, people(1)))
    used = await run(northgate, await look(northgate, as_csv(HEAD, people(1))))
    assert await keeping.forget_old(NOW + keeping.UNUSED) == 0
    assert await keeping.forget_old(NOW + keeping.UNUSED + timedelta(seconds=1)) == 1
    with pytest.raises(Missing):
        await found(northgate, unused.id)

    assert await keeping.forget_old(NOW + keeping.KEPT + timedelta(seconds=1)) == 1
    after = await found(northgate, used.id)
    assert (after.can_be_undone, await counted("import_row", "candidate")) == (False, [0, 1])


async def test_nobody_reaches_a_file_of_another_workspace(northgate: Northgate, outsider: SignedIn) -> None:
    it = await look(northgate, as_csv(HEAD, people(1)))
    with pytest.raises(Missing):
        await keeping.get_import(outsider.workspace_id, northgate.job_id, it.id)
    assert not await keeping.stop(outsider.workspace_id, it.id, NOW)
    assert not await keeping.discard(outsider.workspace_id, it.id)
    assert await rows_of(outsider.workspace_id, it.id, None) == []
