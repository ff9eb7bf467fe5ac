"""The pages of files of people."""

from uuid import UUID

import httpx
import pytest

from portal import db
from portal.candidates.imports import files, keeping, work
from portal.messages.sent import sent_to
from portal.web.exports import as_csv
from tests.candidates.test_imports import HEAD, PDF, packed, people, step
from tests.cast import NOW, Northgate, add_application, add_candidate, csrf, insert, post


@pytest.fixture
async def home(northgate: Northgate) -> str:
    await db.run("UPDATE job SET deadline_at = NULL WHERE id = $1", northgate.job_id)
    return f"/app/jobs/{northgate.job_id}/candidates/imports"


async def upload(client: httpx.AsyncClient, home: str, content: bytes, name: str = "people.csv") -> httpx.Response:
    data = {"_csrf_token": await csrf(client)}
    return await client.post(home, data=data, files={"file": (name, content, "text/csv")})


async def test_a_file_goes_from_the_door_to_the_list(recruiter: httpx.AsyncClient, home: str, northgate: Northgate) -> None:
    answer = await upload(recruiter, home, as_csv(HEAD, [*people(3), ["Bad", "nobody", "", "", "", ""]]))
    assert answer.status_code == 303
    one = answer.headers["location"]
    assert "Reading the file" in (await recruiter.get(one)).text
    await step()

    page = (await recruiter.get(one)).text
    for words in (
        "3 new candidates",
        "1 row left out",
        "Add 3 candidates",
        "Enter an email address that is whole",
        "p2@example.com",
    ):
        assert words in page
    assert (
        "p2@example.com"
        not in (await recruiter.get(f"{one}?show=fault")).text.split('id="columns"')[1].split("Rows of the file")[1]
    )
    left = await recruiter.get(f"{one}/left-out.csv")
    assert left.text.count("\r\n") == 2 and "nobody" in left.text

    await post(recruiter, f"{one}/run", {"invite": "later"})
    running = (await recruiter.get(one)).text
    assert "People are taken in" in running and "0 of 4" in running
    await step()
    assert (await recruiter.get(f"{one}/progress?seen=running-0")).headers["hx-refresh"] == "true"
    assert await db.value("SELECT count(*) FROM application WHERE invite_later") == 3
    assert "Done" in (await recruiter.get(home)).text

    await post(recruiter, f"{one}/undo")
    await step()
    assert "Undone" in (await recruiter.get(one)).text
    assert await db.value("SELECT count(*) FROM candidate") == 0


async def test_progress_is_told_only_when_something_moved(recruiter: httpx.AsyncClient, home: str) -> None:
    one = (await upload(recruiter, home, as_csv(HEAD, people(2)))).headers["location"]
    assert (await recruiter.get(f"{one}/progress?seen=reading-0")).status_code == 204
    await work.work(NOW, sent_to)
    moved = await recruiter.get(f"{one}/progress?seen=reading-0")
    assert "Looking through the rows" in moved.text and "seen=judging-0" in moved.text


async def test_pasted_rows_are_a_file_too(recruiter: httpx.AsyncClient, home: str) -> None:
    answer = await post(recruiter, home, {"pasted": "Name\tEmail\nAna Duarte\tana@example.com"})
    await step()
    assert "1 new candidate" in (await recruiter.get(answer.headers["location"])).text


@pytest.mark.parametrize("content", [None, b""])
async def test_no_file_and_an_empty_one_are_told(recruiter: httpx.AsyncClient, home: str, content: bytes | None) -> None:
    answer = await post(recruiter, home) if content is None else await upload(recruiter, home, content)
    assert (answer.status_code, 'class="error"' in answer.text) == (422, True)


async def test_a_file_beyond_the_limit_gets_its_sentence(
    recruiter: httpx.AsyncClient, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The route takes more than other pages do, and a little more than it keeps."""
    monkeypatch.setattr(keeping, "MOST_BYTES", 2_000_000)
    assert files.MOST_BYTES == 50_000_000
    answer = await upload(recruiter, home, b"email\n" + b"x" * 2_000_000)
    assert (answer.status_code, "larger than 2 MB" in answer.text) == (422, True)
    assert await db.value("SELECT count(*) FROM import_chunk") == 0


async def test_what_two_columns_say_is_not_guessed(recruiter: httpx.AsyncClient, home: str) -> None:
    one = (await upload(recruiter, home, b"email,other\na@example.com,b@example.com\n")).headers["location"]
    await step()
    await post(recruiter, f"{one}/columns", {"column-0": "email", "column-1": "email"})
    assert "Choose one column for email" in (await recruiter.get(one)).text
    await post(recruiter, f"{one}/columns", {"column-0": "", "column-1": "email"})
    await step()
    assert await db.value("SELECT email FROM import_row") == "b@example.com"


async def test_what_has_been_sent_to_cannot_be_undone(recruiter: httpx.AsyncClient, home: str, northgate: Northgate) -> None:
    one = (await upload(recruiter, home, as_csv(HEAD, people(2)))).headers["location"]
    await step()
    await post(recruiter, f"{one}/run", {"invite": "now"})
    await step()
    made = await db.value("SELECT application_id FROM import_row LIMIT 1")
    names = ("to_address", "subject", "body_text", "body_html", "provider", "provider_id", "error")
    values = {
        "step_key": "invite",
        "track": "invite",
        "channel": "email",
        "state": "sent",
        "reason_code": "at_once",
        "reason": "At once",
    }
    times = dict.fromkeys(("due_at", "handed_over_at", "sent_at", "created_at"), NOW)
    await insert(
        "message",
        workspace_id=northgate.id,
        application_id=made,
        attempts=1,
        **values,
        **times,
        **dict.fromkeys(names, ""),
    )

    await post(recruiter, f"{one}/undo")
    assert "messages have gone to 1 person" in (await recruiter.get(one)).text
    assert await db.value("SELECT count(*) FROM application") == 2


async def test_a_resume_is_saved_and_never_shown_in_place(recruiter: httpx.AsyncClient, home: str) -> None:
    table = as_csv(HEAD, [["Ana Duarte", "ana@example.com", "", "", "", "Ana Duarte.pdf"]])
    one = (await upload(recruiter, home, packed(**{"t.csv": table, "cvs/Ana Duarte.pdf": PDF}), "all.zip")).headers["location"]
    await step()
    await post(recruiter, f"{one}/run", {"invite": "copy"})
    await step()
    application_id, resume_id = await db.value("SELECT id FROM application"), await db.value("SELECT id FROM resume")
    path = f"/app/candidates/{application_id}/resumes/{resume_id}"
    assert path in (await recruiter.get(f"/app/candidates/{application_id}")).text

    answer = await recruiter.get(path)
    assert (answer.content, answer.headers["x-content-type-options"]) == (PDF, "nosniff")
    assert answer.headers["content-disposition"] == 'attachment; filename="ana-duarte.pdf"'


async def test_a_resume_is_found_only_beside_its_own_candidate(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    ana, ben = await add_candidate(northgate.id), await add_candidate(northgate.id, "Ben", "ben@example.com")
    other: UUID = await add_application(northgate.id, northgate.job_id, ben)
    kept = {"name": "a.pdf", "size": 1, "digest": bytes(32), "content": b"%PDF-", "created_at": NOW}
    resume_id = await insert("resume", workspace_id=northgate.id, candidate_id=ana, **kept)
    assert (await recruiter.get(f"/app/candidates/{other}/resumes/{resume_id}")).status_code == 404
