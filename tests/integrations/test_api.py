"""What programs do with the API: each of its promises, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.types import ASGIApp

from portal import db
from portal.accounts.keys import Scope
from portal.integrations.api import page
from portal.links.personal import find_personal
from portal.web.limits import Limit
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_job, add_link, insert
from tests.integrations.conftest import program

ANA = {"name": "Ana Duarte", "email": "ana.duarte@example.com"}
PROBLEM = "application/problem+json"


def said(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem that an answer holds, which must be this one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["code"], found["type"]) == (status, code, "about:blank")
    return found


def fields(problem: dict[str, Any]) -> list[str]:
    return [error["field"] for error in problem["errors"]]


async def pages(api: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """A whole list, followed from page to page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = await api.get(path, params={**query, **cursor})
        assert answer.status_code == 200, answer.text
        part = answer.json()
        found += part["data"]
        assert part["has_more"] == (part["next_cursor"] is not None)
        if not part["has_more"]:
            return found
        cursor = {"starting_after": part["next_cursor"]}


# ---- Jobs -----------------------------------------------------------------------------------------------------------------


async def test_a_job_is_made_published_changed_and_closed(api: httpx.AsyncClient) -> None:
    wanted = {"title": "Day nurse", "interview_kind": "external", "external_url": "https://interviews.example.com/day"}
    made = await api.post("/api/v1/jobs", json=wanted)
    assert made.status_code == 201, made.text
    job = made.json()
    assert (job["status"], job["timezone"], job["country"], job["slug"]) == ("draft", "Europe/London", "GB", "day-nurse")
    assert job["language"] == "en"
    home = f"/api/v1/jobs/{job['id']}"
    assert (await api.post(f"{home}/publish")).json()["status"] == "open"
    changed = await api.patch(home, json={"description": "Four days a week.", "deadline_days": 14})
    assert changed.json() == job | {"status": "open", "description": "Four days a week.", "deadline_days": 14}
    closed = (await api.post(f"{home}/close")).json()
    assert closed["status"] == "closed"
    assert closed["closed_at"]
    said(await api.post(f"{home}/publish"), 409, "conflict")
    assert (await api.post(f"{home}/reopen")).json()["status"] == "open"
    assert (await api.get(home)).json()["status"] == "open"


async def test_a_deadline_is_kept_to_the_second_and_moves_the_people_under_way(api: httpx.AsyncClient, home: Northgate) -> None:
    person = await add_application(home.id, home.job_id, await add_candidate(home.id), deadline_at=None)
    moment = (datetime.now(UTC) + timedelta(days=9)).replace(microsecond=0)
    path = f"/api/v1/jobs/{home.job_id}"
    assert (await api.patch(path, json={"deadline": moment.isoformat()})).json()["deadline"] == f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    assert await db.value("SELECT deadline_at FROM application WHERE id = $1", person) == moment
    assert (await api.patch(path, json={"pay": "£22"})).json()["deadline"] == f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    assert (await api.patch(path, json={"deadline": None})).json()["deadline"] is None
    assert fields(said(await api.patch(path, json={"deadline": NOW.isoformat()}), 422, "invalid")) == ["deadline"]


async def test_an_interview_without_questions_is_not_published(api: httpx.AsyncClient, home: Northgate) -> None:
    job = (await api.post("/api/v1/jobs", json={"title": "Day nurse"})).json()
    said(await api.post(f"/api/v1/jobs/{job['id']}/publish"), 409, "conflict")
    assert len(await pages(api, f"/api/v1/jobs/{home.job_id}/questions")) == 3


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["title"]),
        ({"title": ""}, ["title"]),
        ({"title": 5}, ["title"]),
        ({"title": "Nurse", "salary": "much"}, ["salary"]),
        ({"title": "Nurse", "timezone": "Mars/Olympus"}, ["timezone"]),
        ({"title": "Nurse", "interview_kind": "external"}, ["external_url"]),
        ({"title": "Nurse", "deadline": "2400-01-01T00:00:00Z"}, ["deadline"]),
        ({"title": "Nurse", "deadline": "2026-13-01"}, ["deadline"]),
        ({"title": "Nu\0rse"}, ["title"]),
        ({"title": "Nurse", "minutes": 500, "country": "GB"}, ["minutes"]),
    ],
)
async def test_each_field_that_cannot_be_used_is_named(api: httpx.AsyncClient, body: dict[str, object], wrong: list[str]) -> None:
    assert fields(said(await api.post("/api/v1/jobs", json=body), 422, "invalid")) == wrong
    assert await db.value("SELECT count(*) FROM job") == 1


# ---- Links ----------------------------------------------------------------------------------------------------------------


async def test_a_link_is_made_once_and_leads_somewhere_at_once(api: httpx.AsyncClient, home: Northgate) -> None:
    path = f"/api/v1/jobs/{home.job_id}/links"
    assert (await api.get("/nurse-bio")).status_code == 404
    made = await api.post(path, json={"channel": "instagram/bio", "slug": "nurse-bio"})
    assert made.status_code == 201, made.text
    link = made.json()
    assert (link["slug"], link["url"], link["channel"]) == ("nurse-bio", "http://portal.test/nurse-bio", "instagram/bio")
    assert UUID(link["id"])
    again = await api.post(path, json={"channel": "instagram/bio"})
    assert (again.status_code, again.json()) == (200, link)
    said(await api.post(path, json={"channel": "instagram/bio", "slug": "other"}), 409, "conflict")
    said(await api.post(path, json={"channel": "instagram/story", "slug": "nurse-bio"}), 422, "invalid")
    assert (await api.get("/nurse-bio")).status_code == 302


async def test_many_links_are_made_together_or_not_at_all(api: httpx.AsyncClient, home: Northgate) -> None:
    path = f"/api/v1/jobs/{home.job_id}/links"
    campaign = (await api.post("/api/v1/campaigns", json={"name": "Spring nurses", "starts_on": "2026-03-01"})).json()
    wanted = [{"channel": "instagram/bio", "campaign_id": campaign["id"]}, {"channel": "nowhere/at-all", "slug": "x!"}]
    assert fields(said(await api.post(f"{path}/bulk", json={"data": wanted}), 422, "invalid")) == ["data[1].channel"]
    wanted[1] = {"channel": "facebook/ad", "slug": "x!"}
    assert fields(said(await api.post(f"{path}/bulk", json={"data": wanted}), 422, "invalid")) == ["data[1].slug"]
    assert await pages(api, path) == []
    await api.post(path, json={"channel": "facebook/ad", "label": "Red"})
    wanted[1] = {"channel": "facebook/ad", "label": "Red", "slug": "red-nurses"}
    assert fields(said(await api.post(f"{path}/bulk", json={"data": wanted}), 409, "conflict")) == ["data[1].slug"]
    assert [link["label"] for link in await pages(api, path)] == ["Red"]
    wanted[1] = {"channel": "facebook/ad", "label": "Blue"}
    made = await api.post(f"{path}/bulk", json={"data": wanted})
    assert made.status_code == 201, made.text
    assert [link["channel"] for link in made.json()["data"]] == ["instagram/bio", "facebook/ad"]
    assert [link["label"] for link in await pages(api, path, channel="facebook/ad")] == ["Blue", "Red"]
    assert await pages(api, path, campaign_id=campaign["id"], status="active") == made.json()["data"][:1]
    assert [one["name"] for one in await pages(api, "/api/v1/campaigns")] == ["Spring nurses"]


async def test_channels_are_listed_as_links_name_them(api: httpx.AsyncClient) -> None:
    found = [one["channel"] for one in await pages(api, "/api/v1/channels", limit=7)]
    assert "instagram/bio" in found
    assert len(found) == len(set(found)) > 20


# ---- Candidates -----------------------------------------------------------------------------------------------------------


async def test_a_candidate_is_added_once_however_often_they_come(api: httpx.AsyncClient, home: Northgate) -> None:
    path = f"/api/v1/jobs/{home.job_id}/candidates"
    sent = ANA | {"phone_number": "07700 900123", "invite": True, "external_id": "gh-17", "metadata": {"source": "fair"}}
    added = await api.post(path, json=sent)
    assert added.status_code == 201, added.text
    person = added.json()
    assert (person["result"], person["stage"]) == ("created", "invited")
    opened = await find_personal(person["personal_url"].removeprefix("http://portal.test/"))
    assert str(opened and opened.application_id) == person["application_id"]
    again = await api.post(path, json=ANA)
    assert (again.status_code, again.json()) == (200, person | {"result": "unchanged"})
    other = await add_job(home.id, deadline_at=None)
    assert (await api.post(f"/api/v1/jobs/{other}/candidates", json=ANA)).json()["result"] == "joined"
    found = (await api.get(f"/api/v1/candidates/{person['candidate_id']}")).json()
    assert found["phone_number"] == "+447700900123"
    assert (found["external_id"], found["metadata"]) == ("gh-17", {"source": "fair"})
    assert found["external_ids"] == [{"system": "", "external_id": "gh-17"}]
    assert await pages(api, "/api/v1/candidates", external_id="gh-17") == [found]
    [one] = await pages(api, "/api/v1/applications", job_id=home.job_id)
    assert (one["external_id"], one["name"]) == ("gh-17", "Ana Duarte")
    assert (await api.post(path, json=ANA | {"phone_number": "07700 900999"})).json()["differs"] == ["phone"]
    assert await pages(api, "/api/v1/candidates", email="ANA.duarte@example.com") == [found]
    assert await pages(api, "/api/v1/candidates", external_id="gh-18") == []
    door = await db.row("SELECT door, invite FROM application WHERE id = $1", UUID(person["application_id"]))
    assert tuple(door or ()) == ("api", True)


async def test_a_candidate_that_cannot_be_used_is_named_in_the_words_of_the_api(api: httpx.AsyncClient, home: Northgate) -> None:
    path = f"/api/v1/jobs/{home.job_id}/candidates"
    answer = await api.post(path, json={"name": "Ana", "email": "ana", "phone_number": "12"})
    assert sorted(fields(said(answer, 422, "invalid"))) == ["email", "phone_number"]
    many = {str(number): "x" for number in range(51)}
    assert fields(said(await api.post(path, json=ANA | {"metadata": many}), 422, "invalid")) == ["metadata"]
    assert await db.value("SELECT count(*) FROM candidate") == 0
    await api.post(f"/api/v1/jobs/{home.job_id}/close")
    said(await api.post(path, json=ANA), 409, "job_not_open")


async def test_many_candidates_have_a_result_each(api: httpx.AsyncClient, home: Northgate) -> None:
    path = f"/api/v1/jobs/{home.job_id}/candidates/bulk"
    rows = [ANA, {"name": "Ben", "email": "no address"}, ANA, {"name": "Eve", "email": "eve@example.com"}]
    done = await api.post(path, json={"data": rows})
    assert done.status_code == 200, done.text
    found = done.json()["data"]
    assert [row["result"] for row in found] == ["created", "refused", "unchanged", "created"]
    assert found[0]["personal_url"] == found[2]["personal_url"]
    assert (found[1]["application_id"], found[1]["reason"], fields(found[1])) == (None, "email_wrong", ["email"])
    again = (await api.post(path, json={"data": rows})).json()["data"]
    assert [row["result"] for row in again] == ["unchanged", "refused", "unchanged", "unchanged"]
    said(await api.post(path, json={"data": [ANA] * 1001}), 422, "invalid")
    wrong = said(await api.post(path, json={"data": [ANA, {"name": 5}]}), 422, "invalid")
    assert fields(wrong) == ["data[1].name"]


# ---- Applications ---------------------------------------------------------------------------------------------------------


async def test_an_interview_elsewhere_is_started_and_completed(api: httpx.AsyncClient, home: Northgate) -> None:
    added = (await api.post(f"/api/v1/jobs/{home.job_id}/candidates", json=ANA)).json()
    path = f"/api/v1/applications/{added['application_id']}"
    for move, stage, changed in (
        ("start", "started", True),
        ("start", "started", False),
        ("complete", "completed", True),
        ("complete", "completed", False),
        ("start", "completed", False),
    ):
        answer = await api.post(f"{path}/{move}")
        assert answer.status_code == 200, answer.text
        assert (answer.json()["stage"], answer.json()["changed"]) == (stage, changed)
    kinds = [row["kind"] for row in await db.rows("SELECT kind FROM event ORDER BY id")]
    assert kinds == ["invited", "started", "completed"]
    until = {"until": "2100-01-01T00:00:00Z"}
    said(await api.post(f"{path}/extend", json=until), 409, "conflict")
    assert (await api.post(f"{path}/withdraw")).json()["stage"] == "withdrawn"
    said(await api.post(f"{path}/complete"), 409, "conflict")


async def test_more_time_brings_back_whose_time_was_over(api: httpx.AsyncClient, home: Northgate) -> None:
    over = {"stage": "expired", "ended_at": NOW, "deadline_at": NOW}
    application = await add_application(home.id, home.job_id, await add_candidate(home.id), **over)
    path = f"/api/v1/applications/{application}"
    assert fields(said(await api.post(f"{path}/extend", json={"until": NOW.isoformat()}), 422, "invalid")) == ["until"]
    given = (await api.post(f"{path}/extend", json={"until": "2100-01-01T01:00:00+01:00"})).json()
    assert (given["stage"], given["deadline"], given["changed"]) == ("captured", "2100-01-01T00:00:00Z", True)
    await db.run("UPDATE application SET stage = 'expired', ended_at = $1", NOW)
    said(await api.post(f"{path}/start"), 409, "conflict")
    assert (await api.post(f"{path}/complete")).json()["stage"] == "completed"


async def test_applications_are_found_by_job_stage_channel_and_day(api: httpx.AsyncClient, home: Northgate) -> None:
    story = await add_link(home.id, home.job_id, await add_channel(home.id), "nurse-story")
    ana = await add_application(home.id, home.job_id, await add_candidate(home.id), link_id=story)
    later = {"created_at": NOW + timedelta(days=1), "stage": "invited", "invited_at": NOW, "door": "ats"}
    ben = await add_application(home.id, home.job_id, await add_candidate(home.id, "Ben", "ben@example.com"), **later)

    async def ids(**query: Any) -> list[str]:
        return [one["id"] for one in await pages(api, "/api/v1/applications", **query)]

    assert await ids() == [str(ben), str(ana)]
    assert await ids(job_id=home.job_id, stage="captured") == [str(ana)]
    assert await ids(channel="instagram/story") == [str(ana)]
    assert await ids(created_after=f"{NOW:%Y-%m-%dT%H:%M:%SZ}", created_before=f"{NOW:%Y-%m-%dT%H:%M:%SZ}") == [str(ana)]
    assert await ids(job_id=uuid4()) == []
    one = (await api.get(f"/api/v1/applications/{ana}")).json()
    assert (one["name"], one["source"], one["link_id"]) == ("Ana Duarte", "instagram/story", str(story))
    assert (await api.get(f"/api/v1/applications/{ben}")).json()["source"] == "ats"


async def test_messages_and_answers_of_an_application_are_read(api: httpx.AsyncClient, home: Northgate) -> None:
    application = await add_application(home.id, home.job_id, await add_candidate(home.id))
    texts = dict.fromkeys(("subject", "body_text", "body_html", "provider", "provider_id", "error"), "")
    plan = {"step_key": "unfinished-3h", "track": "unfinished", "channel": "email", "state": "scheduled"}
    why = {"reason_code": "on_time", "reason": "3 h after they stopped", "attempts": 0, "to_address": ""}
    await insert("message", workspace_id=home.id, application_id=application, due_at=NOW, created_at=NOW, **texts, **plan, **why)
    given = {"question_id": home.question_ids[0], "prompt": "Which number?", "value": {"value": "RN-4411"}, "answered_at": NOW}
    await insert("answer", workspace_id=home.id, application_id=application, **given)
    path = f"/api/v1/applications/{application}"
    [message] = await pages(api, f"{path}/messages")
    assert (message["status"], message["channel"], message["reason"]) == ("scheduled", "email", "3 h after they stopped")
    answers = (await api.get(f"{path}/answers")).json()["data"]
    assert [(one["question"], one["answer"]) for one in answers] == [("Which number?", "RN-4411")]


# ---- Lists ----------------------------------------------------------------------------------------------------------------


async def test_a_list_is_whole_and_stands_still_while_rows_are_added(api: httpx.AsyncClient, home: Northgate) -> None:
    path = f"/api/v1/jobs/{home.job_id}/candidates/bulk"

    async def add(start: int, count: int) -> set[str]:
        rows = [{"name": f"N{n}", "email": f"n{n}@example.com"} for n in range(start, start + count)]
        return {row["application_id"] for row in (await api.post(path, json={"data": rows})).json()["data"]}

    there = await add(0, 25)
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        part = (await api.get("/api/v1/applications", params={"limit": 10, **cursor})).json()
        seen += [one["id"] for one in part["data"]]
        await add(100 + len(seen), 3)
        if not part["has_more"]:
            break
        cursor = {"starting_after": part["next_cursor"]}
    assert len(seen) == len(set(seen)) == 25
    assert set(seen) == there
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "starting_after=x", "limt=5", "limit=5&limit=6", "stage=done"]
)
async def test_a_question_that_cannot_be_answered_is_named(api: httpx.AsyncClient, query: str) -> None:
    [field] = fields(said(await api.get(f"/api/v1/applications?{query}"), 422, "invalid"))
    assert field == query.partition("=")[0]


async def test_letters_that_are_none_find_nobody(api: httpx.AsyncClient, home: Northgate) -> None:
    for query in (
        "candidates?email=%ff",
        "candidates?external_id=%ed%a0%80",
        "applications?channel=%ff",
        "channels?starting_after=%ff",
    ):
        assert (await api.get(f"/api/v1/{query}")).status_code in {200, 422}


# ---- Who may ----------------------------------------------------------------------------------------------------------------


async def test_a_key_without_candidates_never_sees_a_name(marketing: httpx.AsyncClient, home: Northgate) -> None:
    application = await add_application(home.id, home.job_id, await add_candidate(home.id))
    refused = said(await marketing.get(f"/api/v1/applications/{application}"), 403, "scope_missing")
    assert "candidates:read" in refused["detail"]
    said(await marketing.get("/api/v1/candidates"), 403, "scope_missing")
    said(await marketing.post(f"/api/v1/jobs/{home.job_id}/candidates", json=ANA), 403, "scope_missing")
    said(await marketing.post("/api/v1/jobs", json={"title": "Nurse"}), 403, "scope_missing")
    assert (await marketing.post(f"/api/v1/jobs/{home.job_id}/links", json={"channel": "facebook/ad"})).status_code == 201
    assert (await marketing.get(f"/api/v1/jobs/{home.job_id}/funnel")).json()["total"]["captured"] == 1


async def test_a_key_that_only_adds_reads_nothing(app: ASGIApp, home: Northgate) -> None:
    async with program(app, home.id, Scope.CANDIDATES) as form:
        assert (await form.post(f"/api/v1/jobs/{home.job_id}/candidates", json=ANA)).status_code == 201
        for path in ("candidates", "applications", "jobs"):
            said(await form.get(f"/api/v1/{path}"), 403, "scope_missing")


async def test_another_workspace_finds_and_changes_nothing(foreign: httpx.AsyncClient, home: Northgate) -> None:
    candidate = await add_candidate(home.id)
    application = await add_application(home.id, home.job_id, candidate)
    await add_link(home.id, home.job_id, await add_channel(home.id), "nurse-story")
    campaign = await insert("campaign", workspace_id=home.id, name="Ours", code="ours", notes="", created_at=NOW)
    for path in ("jobs", "candidates", "applications", "campaigns"):
        assert await pages(foreign, f"/api/v1/{path}") == []
    job = f"/api/v1/jobs/{home.job_id}"
    for path in (job, f"{job}/links", f"{job}/funnel", f"{job}/questions", f"/api/v1/candidates/{candidate}"):
        said(await foreign.get(path), 404, "not_found")
    said(await foreign.post(f"{job}/candidates", json=ANA), 404, "not_found")
    said(await foreign.post(f"{job}/candidates/bulk", json={"data": [ANA]}), 404, "not_found")
    said(await foreign.post(f"{job}/links", json={"channel": "instagram/bio"}), 404, "not_found")
    said(await foreign.patch(job, json={"title": "Taken"}), 404, "not_found")
    for move in ("publish", "close", "reopen"):
        said(await foreign.post(f"{job}/{move}"), 404, "not_found")
    for move, body in (("start", None), ("complete", None), ("withdraw", None), ("extend", {"until": "2100-01-01T00:00:00Z"})):
        said(await foreign.post(f"/api/v1/applications/{application}/{move}", json=body), 404, "not_found")
    own = (await foreign.post("/api/v1/jobs", json={"title": "Theirs"})).json()
    wanted = {"channel": "instagram/bio", "campaign_id": str(campaign)}
    assert fields(said(await foreign.post(f"/api/v1/jobs/{own['id']}/links", json=wanted), 422, "invalid")) == ["campaign_id"]
    assert await db.value("SELECT count(*) FROM application WHERE stage = 'captured'") == 1
    assert await db.value("SELECT title FROM job WHERE id = $1", home.job_id) == "Night nurse"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer pk_", f"Bearer pk_{'0' * 64}", f"Basic pk_{'0' * 64}", "Bearer \x7f"])
async def test_without_a_key_nothing_opens(stranger: httpx.AsyncClient, home: Northgate, header: str) -> None:
    answer = await stranger.get("/api/v1/jobs", headers={"authorization": header} if header else {})
    said(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_revoked_key_opens_nothing(api: httpx.AsyncClient, home: Northgate) -> None:
    assert (await api.get("/api/v1/jobs")).status_code == 200
    await db.run("UPDATE api_key SET revoked_at = $1", NOW)
    said(await api.get("/api/v1/jobs"), 401, "unauthorized")


async def test_each_key_has_so_many_requests_a_minute(app: ASGIApp, home: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "LIMIT", Limit("api", burst=3, seconds=60))
    async with program(app, home.id) as first, program(app, home.id) as second:
        assert [(await first.get("/api/v1/jobs")).status_code for _ in range(3)] == [200, 200, 200]
        answer = await first.get("/api/v1/jobs")
        said(answer, 429, "rate_limited")
        assert 0 < int(answer.headers["retry-after"]) <= 20
        assert (await second.get("/api/v1/jobs")).status_code == 200


# ---- What is sent ---------------------------------------------------------------------------------------------------------


async def test_only_json_of_a_decent_size_is_read(api: httpx.AsyncClient, home: Northgate) -> None:
    path = f"/api/v1/jobs/{home.job_id}/candidates"
    said(await api.post(path, data=ANA), 415, "unsupported_media_type")
    said(await api.post(path, content=b'{"name": "Ana"}'), 415, "unsupported_media_type")
    headers = {"content-type": "application/json; charset=utf-8"}
    deep = [b"[" * 100_000, *(b'{"metadata": ' + b"[" * depth + b"]" * depth + b"}" for depth in (900, 990))]
    for body in (b"", b"{", b"\xff", b'"\\ud800"', *deep[:1]):
        said(await api.post(path, content=body, headers=headers), 400, "malformed")
    for body in deep[1:]:
        assert (await api.post(path, content=body, headers=headers)).status_code in {400, 422}
    for body in (b"[]", b"null", b"5"):
        assert fields(said(await api.post(path, content=body, headers=headers), 422, "invalid")) == ["body"]
    said(await api.post(path, json=ANA | {"note": "x" * 200_000}), 413, "too_large")
    said(await api.get("/api/v1/nothing"), 404, "not_found")
    said(await api.get("/api/v1/jobs/nothing"), 404, "not_found")
    answer = await api.delete("/api/v1/jobs")
    said(answer, 405, "method_not_allowed")
    assert {"GET", "POST"} <= {method.strip() for method in answer.headers["allow"].split(",")}
    assert await db.value("SELECT count(*) FROM candidate") == 0


async def test_a_database_that_is_away_is_said(api: httpx.AsyncClient, home: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(secret: str, *, now: datetime) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(page, "find_key", away)
    answer = await api.get("/api/v1/jobs")
    said(answer, 503, "service_unavailable")
    assert answer.headers["retry-after"]
