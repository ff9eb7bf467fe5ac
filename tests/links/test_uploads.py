"""Lists of links that come in: looked through, then made."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.links import sheets, uploads
from portal.links.slugs import SlugFault
from portal.links.uploads import Verdict
from portal.web.exports import as_csv
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_channel, add_job, add_link, insert

HEAD = ["Job", "Channel", "Link", "Campaign", "Label", "Target", "Note"]


async def looked(workspace_id: UUID, *rows: list[str]) -> uploads.DryRun:
    return await uploads.look(workspace_id, as_csv(HEAD, rows))


async def keep(northgate: Northgate, *rows: list[str]) -> UUID:
    return await uploads.keep(northgate.id, as_csv(HEAD, rows), "links.csv", member_id=northgate.marketer.id, now=NOW)


async def make(northgate: Northgate, upload_id: UUID) -> int:
    return await uploads.make(northgate.id, upload_id, member_id=northgate.marketer.id, now=NOW)


@pytest.mark.parametrize("job", ["Night nurse", "NIGHT  NURSE", "night-nurse-leeds", "Night nurse, Leeds", "{id}"])
@pytest.mark.parametrize("channel", ["Instagram Story", "Instagram · Story", "instagram/story", "IG-Story"])
async def test_jobs_and_channels_are_known_by_several_names(northgate: Northgate, job: str, channel: str) -> None:
    found = await looked(northgate.id, [job.format(id=northgate.job_id), channel])
    assert [(row.verdict, row.planned and row.planned.slug) for row in found.rows] == [(Verdict.FRESH, "night-nurse-ig-story")]


async def test_each_row_has_its_verdict_and_reason(northgate: Northgate, outsider: SignedIn) -> None:
    await add_job(northgate.id, title="Porter", slug="porter-york")
    await add_job(northgate.id, title="Porter", slug="porter-hull")
    await add_job(northgate.id, title="Cook", status="closed", closed_at=NOW)
    await add_job(outsider.workspace_id, title="Pilot")
    await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "there")
    await insert("campaign", workspace_id=northgate.id, name="Spring", code="spring-2027", notes="", created_at=NOW)
    found = await looked(
        northgate.id,
        ["Night nurse", "ig-story"],
        ["Night nurse", "ig-bio", "https://portal.test/Spring-Bio/", "SPRING", "A", "", "Pinned"],
        ["Night nurse", "ig-bio", "", "spring-2027", "a"],
        ["Night nurse", "ig-post", "app"],
        ["Night nurse", "ig-dm", "there"],
        ["Night nurs", "ig-dm"],
        ["", "ig-dm"],
        ["Night nurse", "myspace"],
        ["Porter", "ig-dm"],
        ["porter-hull", "ig-dm"],
        ["Cook", "ig-dm"],
        ["Pilot", "ig-dm"],
        ["Night nurse", "x-bio", "", "Autumn"],
        ["Night nurse", "x-bio", "", "", "x" * 61],
        ["Night nurse", "x-bio", "", "", "", "http://127.0.0.1/"],
        ["Night nurse", "x-bio", "", "", "", "https://careers.example.com/a b"],
        ["Night nurse", "x-bio", "", "", "", "https://careers.example.com/ü"],
    )
    assert [(row.line.number, row.verdict) for row in found.rows if row.verdict != Verdict.FAULT] == [
        (2, Verdict.THERE),
        (3, Verdict.FRESH),
        (11, Verdict.FRESH),
        (18, Verdict.FRESH),
    ]
    reasons = {row.line.number: row.reason for row in found.of(Verdict.FAULT)}
    assert reasons[4].startswith("Row 3 is for the same")
    assert (reasons[5], reasons[6]) == (SlugFault.RESERVED, SlugFault.TAKEN)
    assert reasons[7] == "There is no job “Night nurs”. Did you mean “Night nurse”?"
    assert reasons[8] == "Say which job."
    assert reasons[9].startswith("There is no channel “myspace”.")
    assert reasons[10] == "2 jobs are called so. Write porter-hull or porter-york instead."
    assert "closed" in reasons[12]
    assert reasons[13] == "There is no job “Pilot”."
    assert reasons[14].startswith("There is no campaign")
    assert "60 characters" in reasons[15]
    assert all(reasons[row].startswith("Target: ") for row in (16, 17))
    planned = found.rows[1].planned
    assert planned is not None
    assert (planned.slug, planned.wanted.label, planned.wanted.note) == ("spring-bio", "A", "Pinned")


async def test_all_rows_without_a_fault_are_made_once(northgate: Northgate) -> None:
    upload_id = await keep(northgate, ["Night nurse", "ig-bio"], ["Night nurse", "nowhere"], ["Night nurse", "x-bio", "own"])
    assert await db.value("SELECT count(*) FROM link") == 0
    counts = await asyncio.gather(*(make(northgate, upload_id) for _ in range(3)))
    assert sorted(counts) == [0, 0, 2]
    assert {r["slug"] for r in await db.rows("SELECT slug FROM link")} == {"night-nurse-ig-bio", "own"}
    again = await keep(northgate, ["Night nurse", "ig-bio"], ["Night nurse", "x-bio", "other"])
    assert await make(northgate, again) == 0, "another list with the same links finds them there"


async def test_a_target_comes_along_in_letters_that_a_header_can_carry(northgate: Northgate) -> None:
    upload_id = await keep(northgate, ["Night nurse", "ig-bio", "", "", "", "https://careers.example.com/ü"])
    await make(northgate, upload_id)
    assert await db.value("SELECT target_url FROM link") == "https://careers.example.com/%C3%BC"


async def test_what_is_left_out_comes_back_with_the_reasons(northgate: Northgate) -> None:
    found = await looked(
        northgate.id, ["Night nurse", "ig-bio"], ["Nurse", "ig-bio", "spare", "b", "c", "d", "e", "one too many"]
    )
    head, rows = uploads.faults(found)
    assert head == [*HEAD, "", "reason"]
    assert [row[:2] + row[-2:] for row in rows] == [["Nurse", "ig-bio", "one too many", found.rows[1].reason]]
    mended = as_csv(head, [["Night nurse", "x-bio", *row[2:3], *[""] * 6] for row in rows])
    assert [row.verdict for row in (await uploads.look(northgate.id, mended)).rows] == [Verdict.FRESH]


async def test_nobody_reaches_a_list_of_another_workspace(northgate: Northgate, outsider: SignedIn) -> None:
    upload_id = await keep(northgate, ["Night nurse", "ig-bio"])
    with pytest.raises(Missing):
        await uploads.get_upload(outsider.workspace_id, upload_id)
    with pytest.raises(Missing):
        await uploads.make(outsider.workspace_id, upload_id, member_id=outsider.id, now=NOW)
    assert await make(northgate, upload_id) == 1


async def test_lists_are_forgotten_after_a_day(northgate: Northgate) -> None:
    upload_id = await keep(northgate, ["Night nurse", "ig-bio"])
    assert await uploads.forget_old(NOW + timedelta(hours=24)) == 0
    assert await uploads.forget_old(NOW + timedelta(hours=24, seconds=1)) == 1
    with pytest.raises(Missing):
        await uploads.get_upload(northgate.id, upload_id)


async def test_the_largest_list_is_made(northgate: Northgate) -> None:
    upload_id = await keep(northgate, *(["Night nurse", "ig-ad", "", "", f"Ad {n}"] for n in range(sheets.MOST_ROWS)))
    assert await make(northgate, upload_id) == sheets.MOST_ROWS
