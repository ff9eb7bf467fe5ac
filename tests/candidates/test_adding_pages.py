"""Adding people by the line, and inviting those who wait for it."""

from typing import Any

import httpx
import pytest

from portal import db
from portal.candidates.intake import Arrival, Door, take_in
from portal.jobs.jobs import get_job
from portal.links.personal import personal_url
from portal.messages.facts import load
from portal.messages.plans import DEFAULT
from portal.messages.schedule import schedule
from tests.cast import NOW, Northgate, post

FIVE = """Ana Duarte <ana@example.com>, +44 7700 900123
Ben Okoro\tben@example.com
Cy Dee; cy@example
"Silva, Rui" <rui@example.com>
ANA@example.com, Ana Duarte"""


@pytest.fixture
async def lines(northgate: Northgate) -> str:
    """Where they are added. Pages ask the real clock, so the job stays open."""
    await db.run("UPDATE job SET deadline_at = NULL WHERE id = $1", northgate.job_id)
    return f"/app/jobs/{northgate.job_id}/candidates/add/lines"


async def test_lines_are_judged_while_they_are_typed_and_nothing_is_made(recruiter: httpx.AsyncClient, lines: str) -> None:
    page = (await post(recruiter, f"{lines}/look", {"lines": FIVE})).text

    assert "4 lines can be added, 1 can’t yet" in page
    for words in ("Rui Silva", "rui@example.com", "+44 7700 900123", "like name@example.com", "At this job already"):
        assert words in page
    assert await db.value("SELECT count(*) FROM candidate") == 0


async def test_good_lines_go_ahead_and_bad_ones_stay_as_they_were_typed(recruiter: httpx.AsyncClient, lines: str) -> None:
    answer = await post(recruiter, lines, {"lines": FIVE, "invite": "now"})

    assert answer.status_code == 422
    assert "Cy Dee; cy@example</textarea>" in answer.text
    assert "3 people added" in answer.text
    made = await db.rows(
        "SELECT name, phone, invite, personal_link_id FROM application JOIN candidate ON candidate.id = candidate_id"
    )
    assert {(row["name"], row["phone"]) for row in made} == {
        ("Ana Duarte", "+447700900123"),
        ("Ben Okoro", None),
        ("Rui Silva", None),
    }
    for row in made:
        assert row["invite"]
        assert answer.text.count(personal_url(row["personal_link_id"])) == 2, "to copy alone, and with all"


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "at least one person"), ("\n".join(f"P {n}, p{n}@example.com" for n in range(201)), "Upload them as a file")],
)
async def test_no_lines_and_too_many_say_what_to_do(recruiter: httpx.AsyncClient, lines: str, text: str, said: str) -> None:
    answer = await post(recruiter, lines, {"lines": text})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert await db.value("SELECT count(*) FROM candidate") == 0


async def test_what_was_added_for_later_waits_until_somebody_invites(recruiter: httpx.AsyncClient, lines: str) -> None:
    await post(recruiter, lines, {"lines": "Ana Duarte, ana@example.com\nBen Okoro, ben@example.com", "invite": "later"})
    home = lines.removesuffix("/add/lines")
    listed = (await recruiter.get(f"{home}?uninvited=1")).text
    assert "Ana Duarte" in listed and "Invite all 2" in listed

    await post(recruiter, f"{home}/invite", {"uninvited": "1", "q": "ana"})
    invited = await db.rows("SELECT name, invite, invite_later FROM application JOIN candidate ON candidate.id = candidate_id")
    assert {tuple(row) for row in invited} == {("Ana Duarte", True, False), ("Ben Okoro", False, True)}

    ben = await db.value("SELECT id FROM application WHERE NOT invite")
    assert f"/app/candidates/{ben}/invite" in (await recruiter.get(f"/app/candidates/{ben}")).text
    await post(recruiter, f"/app/candidates/{ben}/invite")
    await post(recruiter, f"/app/candidates/{ben}/invite")
    assert await db.value("SELECT count(*) FROM event WHERE application_id = $1 AND kind = 'invite_wanted'", ben) == 1
    assert "Invite asked for" in (await recruiter.get(f"/app/candidates/{ben}")).text


@pytest.mark.parametrize(
    ("change", "waits"), [({"invite_later": True}, True), ({}, False), ({"invite_later": True, "invite": True}, False)]
)
async def test_nobody_is_nudged_before_they_were_invited(northgate: Northgate, change: dict[str, Any], waits: bool) -> None:
    job = await get_job(northgate.id, northgate.job_id)
    taken = await take_in(Arrival(job=job, door=Door.FORM, name="Ana", email="ana@example.com", **change), now=NOW)
    known = await load(taken.application_id)
    assert known is not None

    planned = schedule(known.facts, DEFAULT, NOW)
    assert planned
    assert {one.code.value == "not_invited" for one in planned} == {waits}
