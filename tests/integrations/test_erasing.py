"""Who is erased leaves counts, and a hash of their addresses, and nothing else."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from portal import crypto, db
from portal.candidates.applications import get_application, restore
from portal.candidates.consents import record_consent
from portal.candidates.events import EventKind, add_event
from portal.candidates.intake import Arrival, Door, Result, take_in
from portal.integrations import erasing
from portal.jobs.jobs import get_job
from portal.links.personal import find_even_replaced, replace_personal_link, token_of
from portal.messages import planning
from portal.messages.preferences import Wishes, open_preferences, save
from portal.messages.suppression import Cause, is_suppressed, suppress
from portal.messages.words import Channel
from tests.cast import NOW, Northgate, add_application, add_candidate, add_job, insert
from tests.test_walks import add_delivery, add_endpoint, add_import, add_message, add_reply

EMAIL, PHONE, LATER = "ana.duarte@example.com", "+447700900123", NOW + timedelta(hours=1)
KEPT_BY_DESIGN = {"click_journal", "migration", "member", "workspace"}


@pytest.fixture
async def ana(northgate: Northgate) -> UUID:
    """Ana Duarte, of whom every room knows something; her id."""
    candidate_id = await add_candidate(northgate.id, phone=PHONE, metadata={"note": "Ana of Leeds"}, timezone="Europe/Lisbon")
    values = {"system": "greenhouse", "external_id": "ats-4711", "candidate_id": candidate_id, "created_at": NOW}
    await db.run(
        f"INSERT INTO candidate_identity (workspace_id, {', '.join(values)}) VALUES ($1, $2, $3, $4, $5)",
        northgate.id,
        *values.values(),
    )
    for job_id, stage in ((northgate.job_id, "started"), (await add_job(northgate.id, slug="other"), "completed")):
        times = {"started_at": NOW, "completed_at": NOW if stage == "completed" else None}
        application_id = await add_application(northgate.id, job_id, candidate_id, stage=stage, answered=1, **times)
        await tell_all(northgate, application_id, candidate_id)
    return candidate_id


async def tell_all(northgate: Northgate, application_id: UUID, candidate_id: UUID) -> None:
    home = northgate.id
    await insert(
        "answer",
        workspace_id=home,
        application_id=application_id,
        question_id=northgate.question_ids[0],
        prompt="What is your registration number?",
        value={"value": "RN-4411"},
        answered_at=NOW,
    )
    await add_event(home, application_id, EventKind.REPLIED, NOW, {"text": "Ana Duarte here", "channel": "sms"})
    await add_event(home, application_id, EventKind.DEADLINE_EXTENDED, NOW, {"until": NOW.isoformat()})
    message_id = await add_message(home, application_id)
    said = f"Hello Ana Duarte, {EMAIL}, {PHONE}"
    await db.run(
        "UPDATE message SET to_address = $2, subject = $3, body_text = $3, body_html = $3, error = $3 WHERE id = $1",
        message_id,
        EMAIL,
        said,
    )
    if not await db.value("SELECT count(*) FROM reply"):
        await add_reply(home, application_id)
    link_id = await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id)
    await db.run("UPDATE link SET note = 'Ana Duarte', label = 'Ana Duarte' WHERE id = $1", link_id)
    await insert(
        "blast",
        workspace_id=home,
        channel="email",
        subject="Dear Ana Duarte",
        body="Ana Duarte, are you there?",
        button="",
        filter={"application": str(application_id)},
        state="done",
        chosen=1,
        written=1,
        created_at=NOW,
        ended_at=NOW,
    )
    await tell_outside(northgate, application_id)
    await came_by_file(northgate, candidate_id)
    await record_consent(
        workspace_id=home, candidate_id=candidate_id, channel="sms", address=PHONE, wording="Yes", page="/apply", now=NOW
    )


async def tell_outside(northgate: Northgate, application_id: UUID) -> None:
    """What other systems were told, and what they answered."""
    delivery_id = await add_delivery(northgate.id, await add_endpoint(northgate.id), application_id)
    tried = {"at": NOW, "milliseconds": 12, "status": 200, "error": "", "answer": "Welcome, Ana Duarte"}
    await insert("webhook_attempt", workspace_id=northgate.id, delivery_id=delivery_id, **tried)
    await db.run(
        "INSERT INTO heymilo_interview (application_id, workspace_id, job_id, posting_id, interview_id, interview_url, "
        "attempts, problem, status, made_at) "
        "SELECT id, workspace_id, job_id, 'p', 'hm-77', 'https://x.example/hm-77', 1, '', 'pending', $2 "
        "FROM application WHERE id = $1",
        application_id,
        NOW,
    )


async def came_by_file(northgate: Northgate, candidate_id: UUID) -> None:
    import_id = await add_import(northgate.id, northgate.job_id)
    await db.run("UPDATE import_row SET candidate_id = $2, email = $3 WHERE import_id = $1", import_id, candidate_id, EMAIL)
    content = b"Ana Duarte, nurse"
    await insert(
        "resume",
        workspace_id=northgate.id,
        candidate_id=candidate_id,
        name="Ana.pdf",
        size=len(content),
        digest=db.new_id().bytes * 2,
        content=content,
        created_at=NOW,
    )


async def everything() -> str:
    """All that stands in any table."""
    tables = await db.rows(
        "SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    return "\n".join([str(await db.value(f"SELECT string_agg(t::text, ' ') FROM {row['name']} t")) for row in tables])


async def erase(northgate: Northgate, candidate_id: UUID) -> bool:
    return await erasing.erase(northgate.id, candidate_id, source="Removed in Greenhouse", now=LATER)


async def test_nothing_that_is_kept_says_who_they_were(northgate: Northgate, ana: UUID) -> None:
    words = ("Ana", "Duarte", EMAIL, PHONE, "RN-4411", "ats-4711", "hm-77", "Leeds", "Lisbon")
    before = await everything()
    assert [word for word in words if word not in before] == []
    await db.run("UPDATE job SET location = '' ")
    assert await erase(northgate, ana)
    after = await everything()
    assert [word for word in words if word in after] == []


async def test_counts_stay(northgate: Northgate, ana: UUID) -> None:
    await erase(northgate, ana)
    found = await db.rows("SELECT stage, answered, started_at, ended_at FROM application ORDER BY stage")
    assert [tuple(row) for row in found] == [("completed", 1, NOW, None), ("withdrawn", 1, NOW, LATER)]
    assert await db.value("SELECT count(*) FROM message") == 2
    assert await db.value("SELECT count(*) FROM event WHERE kind = 'withdrawn'") == 1
    hashes = await db.rows("SELECT channel, address_hash, address, reason FROM suppression ORDER BY channel")
    assert [tuple(row) for row in hashes] == [
        ("email", crypto.address_hash(EMAIL), "", "erased"),
        ("sms", crypto.address_hash(PHONE), "", "erased"),
    ]


async def test_a_readable_address_on_the_list_becomes_a_hash(northgate: Northgate, ana: UUID) -> None:
    await suppress(northgate.id, Channel.EMAIL, EMAIL, cause=Cause.COMPLAINED, source="SendGrid", now=NOW)
    await erase(northgate, ana)
    assert await db.value("SELECT count(*) FROM suppression WHERE address <> ''") == 0


async def test_no_address_that_they_were_given_opens_anything(
    northgate: Northgate, ana: UUID, stranger: httpx.AsyncClient
) -> None:
    link_id = await db.value("SELECT personal_link_id FROM application WHERE job_id = $1", northgate.job_id)
    await replace_personal_link(workspace_id=northgate.id, link_id=link_id, now=NOW)
    assert (await stranger.get(f"/i/{token_of(link_id, 2)}")).status_code == 200
    await erase(northgate, ana)
    for version in (1, 2, 3):
        token = token_of(link_id, version)
        assert (await stranger.get(f"/i/{token}")).status_code == 404
        assert (await stranger.get(f"/p/{token}")).status_code == 404
        assert version == 3 or await find_even_replaced(token) is None


async def test_no_message_goes_out(northgate: Northgate, ana: UUID) -> None:
    await erase(northgate, ana)
    await planning.replan_stale(LATER, limit=10)
    assert {row["state"] for row in await db.rows("SELECT state FROM message")} <= {"cancelled", "skipped"}


async def test_done_twice_or_at_the_same_time_it_is_done_once(northgate: Northgate, ana: UUID) -> None:
    assert await asyncio.gather(*(erase(northgate, ana) for _ in range(4))) == [True] * 4
    before = await db.value("SELECT erased_at FROM candidate")
    assert await erasing.erase(northgate.id, ana, source="", now=LATER + timedelta(days=1))
    assert await db.value("SELECT erased_at FROM candidate") == before == LATER
    assert await db.value("SELECT count(*) FROM event WHERE kind = 'withdrawn'") == 1


async def test_what_is_told_of_them_afterwards_goes_too(northgate: Northgate, ana: UUID) -> None:
    await erase(northgate, ana)
    assert await erasing.sweep(LATER) == 0
    application_id = await db.value("SELECT id FROM application LIMIT 1")
    await add_event(northgate.id, application_id, EventKind.MESSAGE_SENT, LATER, {"title": "Ana, are you there?"})
    await db.run("UPDATE message SET error = $1", f"550 no such user {EMAIL}")
    assert await erasing.sweep(LATER) == 1
    assert await erasing.sweep(LATER) == 0
    assert EMAIL not in await everything()
    assert await db.value("SELECT count(*) FROM event WHERE data <> '{}'") == 0


async def test_nobody_elses_are_touched(northgate: Northgate, ana: UUID, outsider: Any) -> None:
    ben = await add_candidate(northgate.id, "Ben Okoye", "ben@example.com", phone=PHONE)
    application_id = await add_application(northgate.id, northgate.job_id, ben)
    event = await add_event(northgate.id, application_id, EventKind.INVITED, NOW, {"note": "Ben"})
    assert not await erasing.erase(outsider.workspace_id, ana, source="", now=NOW)
    assert not await erasing.erase(northgate.id, db.new_id(), source="", now=NOW)
    await erase(northgate, ana)
    assert await db.value("SELECT name FROM candidate WHERE id = $1", ben) == "Ben Okoye"
    assert await db.value("SELECT stage FROM application WHERE id = $1", application_id) == "captured"
    assert await db.value("SELECT data FROM event WHERE id = $1", event) == {"note": "Ben"}


async def test_a_timeline_can_be_emptied_for_the_erased_alone_and_changed_for_nobody(northgate: Northgate, ana: UUID) -> None:
    for data in ({}, {"text": "other"}):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await db.run("UPDATE event SET data = $1", data)
    await erase(northgate, ana)
    for change in ('data = \'{"text": "other"}\'', "kind = 'other'", "at = now()"):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await db.run(f"UPDATE event SET {change}")


async def test_their_page_can_still_be_looked_at(northgate: Northgate, ana: UUID, recruiter: httpx.AsyncClient) -> None:
    application_id = await db.value("SELECT id FROM application WHERE job_id = $1", northgate.job_id)
    await erase(northgate, ana)
    assert (await get_application(northgate.id, application_id)).shown_name == "Erased"
    page = await recruiter.get(f"/app/candidates/{application_id}")
    assert page.status_code == 200 and "Deadline moved" in page.text and EMAIL not in page.text
    assert "Their data was erased" in page.text and "Bring back" not in page.text
    assert not await restore(northgate.id, application_id, now=LATER)
    assert (await recruiter.get("/app/candidates")).status_code == 200
    assert (await recruiter.get("/app/messages/replies")).status_code == 200


async def test_who_comes_back_is_somebody_new_and_is_written_to_after_their_own_yes(northgate: Northgate, ana: UUID) -> None:
    await erase(northgate, ana)
    job = await get_job(northgate.id, northgate.job_id)
    taken = await take_in(Arrival(job=job, door=Door.LANDING, name="Ana Duarte", email=EMAIL), now=LATER)
    assert (taken.result, taken.candidate_id == ana) == (Result.CREATED, False)
    assert await is_suppressed(northgate.id, Channel.EMAIL, EMAIL)
    mine = await open_preferences(token_of(taken.personal_link_id), LATER)
    wishes = Wishes(wanted={Channel.EMAIL: True}, language=mine.language, timezone=mine.timezone)
    await save(mine, wishes, wording="", page="", now=LATER)
    assert not await is_suppressed(northgate.id, Channel.EMAIL, EMAIL)
    assert json.dumps([row["data"] for row in await db.rows("SELECT data FROM event WHERE kind = 'opted_in'")]) != "[]"
