"""The same POST, sent twice, does its work once."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.types import ASGIApp

from portal import db
from portal.integrations.api import candidates, once
from portal.integrations.api.once import KEPT, LEASE
from tests.cast import Northgate
from tests.integrations.conftest import program

JOB = {"title": "Day nurse"}
ANA = {"name": "Ana Duarte", "email": "ana.duarte@example.com"}


def word() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def jobs() -> int:
    return int(await db.value("SELECT count(*) FROM job WHERE title = 'Day nurse'"))


async def make_older(by: timedelta) -> None:
    await db.run("UPDATE api_answer SET started_at = started_at - $1::interval", by)


async def test_the_answer_is_replayed(api: httpx.AsyncClient) -> None:
    headers = word()
    first = await api.post("/api/v1/jobs", json=JOB, headers=headers)
    again = await api.post("/api/v1/jobs", json=JOB, headers=headers)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert await jobs() == 1
    assert (await api.post("/api/v1/jobs", json=JOB)).status_code == 201
    assert await jobs() == 2


async def test_ten_at_once_are_one(api: httpx.AsyncClient, home: Northgate) -> None:
    headers, path = word(), f"/api/v1/jobs/{home.job_id}/candidates"
    answers = await asyncio.gather(*(api.post(path, json=ANA, headers=headers) for _ in range(10)))
    codes = Counter(answer.status_code for answer in answers)
    assert set(codes) <= {201, 409}
    assert codes[201] >= 1
    for answer in answers:
        if answer.status_code == 409:
            assert (answer.json()["code"], answer.headers["retry-after"]) == ("idempotency_in_progress", "1")
    bodies = {answer.content for answer in answers if answer.status_code == 201}
    assert len(bodies) == 1
    assert (await api.post(path, json=ANA, headers=headers)).content in bodies
    assert await db.value("SELECT count(*) FROM application") == 1
    assert await db.value("SELECT count(*) FROM event") == 1


async def test_another_request_with_the_same_key_is_refused(app: ASGIApp, api: httpx.AsyncClient, home: Northgate) -> None:
    headers = word()
    assert (await api.post("/api/v1/jobs", json=JOB, headers=headers)).status_code == 201
    for path, body in (("/api/v1/jobs", JOB | {"pay": "£20"}), ("/api/v1/campaigns", {"name": "Day nurse"})):
        answer = await api.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    async with program(app, home.id) as other:
        assert (await other.post("/api/v1/jobs", json=JOB, headers=headers)).status_code == 201


async def test_a_refusal_is_replayed_too(api: httpx.AsyncClient, home: Northgate) -> None:
    headers, path = word(), f"/api/v1/jobs/{home.job_id}/candidates"
    await api.post(f"/api/v1/jobs/{home.job_id}/close")
    first = await api.post(path, json=ANA, headers=headers)
    await api.post(f"/api/v1/jobs/{home.job_id}/reopen")
    again = await api.post(path, json=ANA, headers=headers)
    assert (first.status_code, again.status_code, again.json()) == (409, 409, first.json())
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotency-replayed"] == "true"


async def test_an_error_of_ours_is_not_kept_and_leaves_nothing(
    api: httpx.AsyncClient, home: Northgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, path = word(), f"/api/v1/jobs/{home.job_id}/candidates"

    def broken(*args: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(candidates, "_added", broken)
        assert (await api.post(path, json=ANA, headers=headers)).status_code == 500
    assert await db.value("SELECT count(*) FROM candidate") == 0
    assert (await api.post(path, json=ANA, headers=headers)).status_code == 201


async def test_who_died_at_it_holds_the_place_for_a_while(api: httpx.AsyncClient, home: Northgate) -> None:
    headers = word()
    await api.post("/api/v1/jobs", json=JOB, headers=headers)
    await db.run("UPDATE api_answer SET status = NULL, body = NULL")
    answer = await api.post("/api/v1/jobs", json=JOB, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")
    await make_older(LEASE)
    assert (await api.post("/api/v1/jobs", json=JOB | {"pay": "£1"}, headers=headers)).json()["code"] == "idempotency_key_reused"
    assert (await api.post("/api/v1/jobs", json=JOB, headers=headers)).status_code == 201


async def test_after_a_day_it_is_forgotten(api: httpx.AsyncClient) -> None:
    headers = word()
    await api.post("/api/v1/jobs", json=JOB, headers=headers)
    await make_older(KEPT - timedelta(minutes=1))
    assert await once.forget_old(datetime.now(UTC)) == 0
    assert "idempotency-replayed" in (await api.post("/api/v1/jobs", json=JOB, headers=headers)).headers
    await make_older(timedelta(minutes=2))
    again = await api.post("/api/v1/jobs", json=JOB | {"pay": "£20"}, headers=headers)
    assert (again.status_code, "idempotency-replayed" in again.headers) == (201, False)
    await make_older(KEPT)
    assert await once.forget_old(datetime.now(UTC)) == 1


async def test_neither_the_key_nor_the_answer_can_be_read_in_the_table(api: httpx.AsyncClient, home: Northgate) -> None:
    headers = word()
    added = (await api.post(f"/api/v1/jobs/{home.job_id}/candidates", json=ANA, headers=headers)).json()
    kept = await db.value("SELECT a::text FROM api_answer a")
    assert not [said for said in (headers["Idempotency-Key"], added["personal_url"], added["application_id"]) if said in kept]
    assert UUID(added["application_id"])


@pytest.mark.parametrize("bad", ["", "two words", "x" * 256, "é"])
async def test_a_key_that_cannot_be_one_is_refused(api: httpx.AsyncClient, bad: str) -> None:
    answer = await api.post("/api/v1/jobs", json=JOB, headers={b"Idempotency-Key": bad.encode()})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert await jobs() == 0
