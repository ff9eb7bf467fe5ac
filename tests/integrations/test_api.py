"""What programs do with the API: each of its promises, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from portal import db
from tests.cast import NOW, Northgate, add_application, add_candidate

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
        page = answer.json()
        found += page["data"]
        assert page["has_more"] == (page["next_cursor"] is not None)
        if not page["has_more"]:
            return found
        cursor = {"starting_after": page["next_cursor"]}


# ---- Jobs -----------------------------------------------------------------------------------------------------------------


async def test_a_job_is_made_published_changed_and_closed(api: httpx.AsyncClient) -> None:
    wanted = {"title": "Day nurse", "interview_kind": "external", "external_url": "https://interviews.example.com/day"}
    made = await api.post("/api/v1/jobs", json=wanted)
    assert made.status_code == 201, made.text
    job = made.json()
    assert (job["status"], job["timezone"], job["country"], job["slug"]) == ("draft", "Europe/London", "GB", "day-nurse")
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
    wanted[1] = {"channel": "facebook/ad", "label": "Blue"}
    made = await api.post(f"{path}/bulk", json={"data": wanted})
    assert made.status_code == 201, made.text
    assert [link["channel"] for link in made.json()["data"]] == ["instagram/bio", "facebook/ad"]
    assert [link["label"] for link in await pages(api, path, channel="facebook/ad")] == ["Blue"]
    assert await pages(api, path, campaign_id=campaign["id"], status="active") == made.json()["data"][:1]
    assert [one["name"] for one in await pages(api, "/api/v1/campaigns")] == ["Spring nurses"]


async def test_channels_are_listed_as_links_name_them(api: httpx.AsyncClient) -> None:
    found = [one["channel"] for one in await pages(api, "/api/v1/channels", limit=7)]
    assert "instagram/bio" in found
    assert len(found) == len(set(found)) > 20
