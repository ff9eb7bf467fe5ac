"""The schema is what the API does: requests made up from it, good and bad ones, are answered as it says."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from litestar.types import ASGIApp
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal import db
from portal.integrations.api.pages import OPERATIONS
from tests.cast import Northgate, add_application, add_candidate
from tests.conftest import PUBLIC_URL, browser
from tests.integrations.conftest import program

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
"""Of schemathesis. What fits the schema may still be refused: a campaign that isn't there, a job that is closed."""
EXAMPLES = 6
"""For each operation, of good and of bad requests each."""

Case = schemathesis.Case[Any]
Send = Callable[[Case], httpx.Response]
NEEDS_MORE = {"make_job", "change_job", "make_link", "make_links", "add_candidate", "extend", "funnel"}
"""Operations that no request made up without knowing more than the schema may get done: there is no such channel, say."""


@pytest.fixture
async def ids(home: Northgate) -> dict[str, str]:
    """One of everything, so that requests come past 404."""
    candidate = await add_candidate(home.id)
    application = await add_application(home.id, home.job_id, candidate)
    return {"job_id": str(home.job_id), "candidate_id": str(candidate), "application_id": str(application)}


def sender(app: ASGIApp, loop: asyncio.AbstractEventLoop) -> Send:
    """Sends a case from another thread than the application's."""

    def send(case: Case) -> httpx.Response:
        whole = requests.Request(**case.as_transport_kwargs(base_url=PUBLIC_URL)).prepare()
        headers = {name: str(value) for name, value in whole.headers.items()}
        body = whole.body.encode() if isinstance(whole.body, str) else bytes(whole.body or b"")  # type: ignore[arg-type]
        return asyncio.run_coroutine_threadsafe(_send(str(whole.method), str(whole.url), headers, body), loop).result(30)

    async def _send(method: str, url: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        async with browser(app) as client:
            return await client.request(method, url, headers=headers, content=body)

    return send


async def as_it_was(ids: dict[str, str]) -> None:
    """The job is open and the application under way, whatever the last operation did."""
    await db.run("UPDATE job SET status = 'open', closed_at = NULL WHERE id = $1", UUID(ids["job_id"]))
    await db.run("UPDATE application SET stage = 'captured', ended_at = NULL WHERE id = $1", UUID(ids["application_id"]))


def try_operation(operation: Any, mode: GenerationMode, known: dict[str, str], key: dict[str, str], send: Send) -> set[int]:
    """What was answered. Raises what schemathesis has against an answer."""
    parameters = {name: known[name] for name in known if f"{{{name}}}" in operation.path}
    answered: set[int] = set()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=parameters or None, headers=key))
    def one(case: Case) -> None:
        answer = send(case)
        answered.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    # Where an id is all that is asked for, and that is given, nothing bad can be made up.
    with suppress(Unsatisfiable):
        one()
    return answered


@pytest.mark.parametrize("mode", list(GenerationMode))
async def test_every_answer_is_as_the_schema_says(
    app: ASGIApp, home: Northgate, ids: dict[str, str], mode: GenerationMode
) -> None:
    async with program(app, home.id) as client:
        document = (await client.get("/schema/openapi.json")).json()
    found: list[Any] = [one.ok() for one in schemathesis.openapi.from_dict(document).get_all_operations()]  # type: ignore[union-attr]
    assert len(found) == len(OPERATIONS)
    loop, done = asyncio.get_running_loop(), set()
    for operation in found:
        async with program(app, home.id) as client:  # a key each: they have so many requests a minute
            key = {"Authorization": client.headers["authorization"]}
            answered = await asyncio.to_thread(try_operation, operation, mode, ids, key, sender(app, loop))
        await db.run("UPDATE api_key SET revoked_at = now()")
        await as_it_was(ids)
        done |= {operation.definition.raw["operationId"] for status in answered if status < 300}
    if mode is GenerationMode.POSITIVE:
        assert {operation.name for operation in OPERATIONS} - done <= NEEDS_MORE
    else:
        assert done == set()
